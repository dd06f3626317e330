"""Say how far counts over draws are off because the draws are finitely many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]


def share_error(
    hits: NDArray[np.bool_], *, theta_index: NDArray[np.int64] | None, ess: float
) -> FloatArray:
    """Return the Monte Carlo standard error of the share of draws that are hits.

    Draws that share hyperparameters tell apart the two sources of error: paths, of which there
    are as many as draws, and hyperparameters, of which there are `ess` effective ones. Where
    nobody says which draws share theirs, the draws count as independent, but no more of them
    than `ess`.

    Parameters
    ----------
    hits : (n_draws, n_questions)
    theta_index : (n_draws,)
        Draws with the same number share their hyperparameters.
    ess
        Effective sample size of the hyperparameters; not finite means as many as draws.

    Returns
    -------
    error : (n_questions,), at least 1 / (n_draws + 2)
        No hit, or hits only, are no certainty.

    References
    ----------
    One-way random effects analysis of variance, unbalanced groups (Searle, Casella and McCulloch
    1992, ch. 3).
    """
    n_draws = len(hits)
    ess = float(ess) if np.isfinite(ess) else float(n_draws)
    least = 1.0 / (n_draws + 2) ** 2
    share = hits.mean(axis=0)
    # not np.unique, which loads numpy.ma: a tenth of the time of a whole cold forecast
    starts = None if theta_index is None else _group_starts(np.sort(theta_index))
    if theta_index is None or starts is None or len(starts) in (1, n_draws):
        variance = share * (1.0 - share) / min(ess, n_draws)
        return np.asarray(np.sqrt(np.maximum(variance, least)))
    sizes = np.diff(starts, append=n_draws)
    within, between = _mean_squares(hits[np.argsort(theta_index, kind="stable")], starts, sizes)
    typical_size = (n_draws - (sizes**2).sum() / n_draws) / (len(sizes) - 1)
    of_theta = np.maximum(between - within, 0.0) / typical_size
    return np.asarray(np.sqrt(np.maximum(of_theta / ess + within / n_draws, least)))


def _group_starts(ordered: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each run of equal numbers begins."""
    return np.concatenate([[0], np.flatnonzero(np.diff(ordered)) + 1])


def _mean_squares(
    hits: NDArray[np.bool_], starts: NDArray[np.int64], sizes: NDArray[np.int64]
) -> tuple[FloatArray, FloatArray]:
    """Return the mean squares within and between groups that follow each other, (n_questions,)."""
    sums = np.add.reduceat(hits, starts, axis=0, dtype=np.float64)
    in_groups = (sums**2 / sizes[:, None]).sum(axis=0)
    total = sums.sum(axis=0)
    # a hit is its own square, so the sum of squares is the number of hits
    within = (total - in_groups) / (len(hits) - len(sizes))
    between = (in_groups - total**2 / len(hits)) / (len(sizes) - 1)
    return within, between
