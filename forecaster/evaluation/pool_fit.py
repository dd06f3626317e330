"""Find the weights of every kind's pool, and what the pool is worth on groups it has not seen."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from forecaster.evaluation.stacking import even_weights, fold_table, mixture_log_density, stack
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.evaluation.leave_future_out import Fold

    FloatArray = NDArray[np.float64]

FIT_YEARS = (1.0, 2.0, 3.0)
"""Horizons that weights are found on. At one year a walk does nearly as well as anything, and falls
behind later; figures four and five years ahead overlap so much that few of them are independent."""
EVEN_FOLDS = 20.0
"""Folds' worth of even weights, so that no family is written off by one kind of series."""
LEAST_WEIGHT = 0.1
"""A family below it is left out: it would cost a fit and move nothing."""


@frozen
class PairedDifference:
    """A weighted mean difference of scores, with a standard error that takes series as blocks."""

    mean: float
    error: float
    n_folds: int
    n_series: int

    def __str__(self) -> str:
        """Return it as text."""
        return f"{self.mean:+.3f} +- {self.error:.3f}"


def fit_weights(folds: Sequence[Fold], log_densities: FloatArray) -> FloatArray:
    """Return the weights of families on some folds, none below LEAST_WEIGHT.

    Parameters
    ----------
    folds : (n_folds,)
    log_densities : (n_folds, n_families)
    """
    n = log_densities.shape[1]
    prior = np.full(n, EVEN_FOLDS / n)
    found = stack(log_densities, fold_weights=even_weights(folds), prior=prior)
    kept = found >= LEAST_WEIGHT
    if kept.all():
        return found
    fewer = stack(log_densities[:, kept], fold_weights=even_weights(folds), prior=prior[kept])
    weights = np.zeros(n)
    weights[kept] = fewer
    return weights


def fit_pool(folds: Sequence[Fold], families: Sequence[str]) -> dict[str, float]:
    """Return the weights of the families of one kind's folds.

    Parameters
    ----------
    folds : of one kind, any horizons; those of FIT_YEARS count
    """
    firsts, logs = fold_table([f for f in folds if f.years in FIT_YEARS], families)
    found = fit_weights(firsts, logs)
    return {name: float(w) for name, w in zip(families, found, strict=True) if w > 0}


def leave_groups_out(
    folds: Sequence[Fold], families: Sequence[str]
) -> tuple[tuple[Fold, ...], FloatArray, FloatArray]:
    """Return what pools would have said of groups that had no part in their weights.

    Parameters
    ----------
    folds : of one kind

    Returns
    -------
    firsts : the first family's folds
    log_densities : (n_folds, n_families)
    pooled : (n_folds,) of the pool fitted to the other groups; even weights where there are none
    """
    firsts, logs = fold_table(folds, families)
    groups = np.array([fold.group for fold in firsts])
    can_teach = np.array([fold.years in FIT_YEARS for fold in firsts])
    pooled = np.empty(len(firsts))
    for group in np.unique(groups):
        taught = can_teach & (groups != group)
        weights = np.full(len(families), 1 / len(families))
        if taught.any():
            chosen = [fold for fold, is_taught in zip(firsts, taught, strict=True) if is_taught]
            weights = fit_weights(chosen, logs[taught])
        pooled[groups == group] = mixture_log_density(logs[groups == group], weights)
    return firsts, logs, pooled


def paired_difference(differences: FloatArray, folds: Sequence[Fold]) -> PairedDifference:
    """Return the weighted mean of differences; the folds of a series are taken together.

    Parameters
    ----------
    differences : (n_folds,)
    folds : (n_folds,), weighted by `even_weights`
    """
    weights = even_weights(folds)
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for difference, weight, fold in zip(differences, weights, folds, strict=True):
        sums[fold.series][0] += weight * difference
        sums[fold.series][1] += weight
    table = np.array(list(sums.values()))
    total = table[:, 1].sum()
    mean = table[:, 0].sum() / total
    residuals = table[:, 0] - mean * table[:, 1]
    return PairedDifference(
        mean=float(mean),
        error=float(np.sqrt((residuals**2).sum()) / total),
        n_folds=len(folds),
        n_series=len(sums),
    )


def relative_interval_score(folds: Sequence[Fold], *, family: str, against: str) -> float:
    """Return the geometric mean over series of the ratio of two families' mean interval scores.

    Of the weighted interval score and not of the CRPS, whose mean a draw in the far tail of a
    positive series can decide: such a series has no finite mean.

    Parameters
    ----------
    folds : of any families; figures that one of the two lacks are left out
    """
    scores: dict[str, dict[tuple[object, ...], float]] = {family: {}, against: {}}
    for fold in folds:
        if fold.family in scores:
            scores[fold.family][fold.series, fold.origin, fold.years] = fold.score.wis
    shared = scores[family].keys() & scores[against].keys()
    sums: dict[object, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for key in shared:
        sums[key[0]][0] += scores[family][key]
        sums[key[0]][1] += scores[against][key]
    logs = [np.log(ours / theirs) for ours, theirs in sums.values() if ours > 0 and theirs > 0]
    return float(np.exp(np.mean(logs))) if logs else float("nan")
