"""Sum up how joint families forecast, beside the same series alone.

Folds come in pairs, one of the joint family and one of the series alone, of the same figure at the
same origin. Members of a set share its shocks, and the folds of one series overlap, so a difference
has two standard errors: with series as blocks, and with the origins of each set as blocks. The
larger one is nearer the truth, and both are too small where few sets stand behind them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.evaluation.coverage import coverage_cells
from forecaster.evaluation.joint_folds import ALONE
from forecaster.evaluation.stacking import even_weights
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.evaluation.coverage import Cell
    from forecaster.evaluation.leave_future_out import Fold

    FloatArray = NDArray[np.float64]
    Pair = tuple[Fold, Fold]

LENGTHS = ((2, 3), (4, 7), (8, 10_000))
"""Figures of a member known at the origin."""


@frozen
class JointDifference:
    """How much a joint family's score differs from that of the series alone.

    Attributes
    ----------
    mean : of joint less alone; weighted by `even_weights`
    by_series, by_origin : standard errors, not numbers where there is one block only
    ratio : of the two weighted means
    """

    mean: float
    by_series: float
    by_origin: float
    ratio: float
    n_figures: int
    n_series: int
    n_origins: int


def pair_up(folds: Sequence[Fold]) -> tuple[list[Pair], int]:
    """Return joint folds with those of the series alone, and how many pairs are left out.

    Left out are figures of which one fit was not certified: a forecast would be refused.

    Returns
    -------
    pairs : (joint, alone)
    n_refused : int
    """
    alone = {_key(fold): fold for fold in folds if fold.family == ALONE}
    pairs = [(fold, alone[_key(fold)]) for fold in folds if fold.family != ALONE]
    kept = [(joint, other) for joint, other in pairs if joint.is_reliable and other.is_reliable]
    return kept, len(pairs) - len(kept)


def _key(fold: Fold) -> tuple[object, ...]:
    """Return what the two folds of one figure have in common."""
    return fold.group, fold.series, fold.origin, fold.years


def joint_difference(
    pairs: Sequence[Pair], score: Callable[[Fold], float]
) -> JointDifference | None:
    """Return the mean difference of a score; None where no pair has one.

    Parameters
    ----------
    score : of a fold; pairs in which one is not finite are left out
    """
    values = np.array([[score(joint), score(alone)] for joint, alone in pairs]).reshape(-1, 2)
    finite = np.isfinite(values).all(axis=1)
    if not finite.any():
        return None
    joint = [pair[0] for pair, is_kept in zip(pairs, finite, strict=True) if is_kept]
    values, weights = values[finite], even_weights(joint)
    differences = values[:, 0] - values[:, 1]
    series = [fold.series for fold in joint]
    origins = [f"{fold.group} {fold.origin}" for fold in joint]
    return JointDifference(
        mean=float(np.average(differences, weights=weights)),
        by_series=blocked_error(differences, weights, series),
        by_origin=blocked_error(differences, weights, origins),
        ratio=float((weights @ values[:, 0]) / (weights @ values[:, 1])),
        n_figures=len(joint),
        n_series=len(set(series)),
        n_origins=len(set(origins)),
    )


def blocked_error(values: FloatArray, weights: FloatArray, blocks: Sequence[str]) -> float:
    """Return the standard error of a weighted mean whose values are independent between blocks.

        sqrt(B / (B - 1) sum_b (sum_{i in b} w_i (x_i - mean))^2) / sum_i w_i

    Not a number for B = 1.

    Parameters
    ----------
    values, weights : (n,)
    blocks : (n,) the name of each value's block
    """
    names, index = np.unique(np.asarray(blocks), return_inverse=True)
    n = len(names)
    if n < 2:
        return float("nan")
    mean = np.average(values, weights=weights)
    sums = np.bincount(index, weights=weights * (values - mean), minlength=n)
    return float(np.sqrt(n / (n - 1) * (sums**2).sum()) / weights.sum())


def joint_cells(
    folds: Sequence[Fold],
    labels: Mapping[str, Callable[[Fold], bool]],
    *,
    coverage: float,
    blocks: str = "series",
    rng: np.random.Generator,
) -> dict[tuple[str, int], Cell]:
    """Return the empirical coverage by label and horizon, in one simultaneous envelope.

    Parameters
    ----------
    folds : of one forecast each
    labels : label -> whether a fold belongs to it
    blocks : 'series', or 'origin' for the origins of each set
    """
    names = [f.series if blocks == "series" else f"{f.group} {f.origin}" for f in folds]
    keys = {f"{label} {k} y": (label, k) for label in labels for k in range(1, 6)}
    cells = {
        text: np.array([labels[label](f) and f.years == k for f in folds], dtype=bool)
        for text, (label, k) in keys.items()
    }
    pits = np.array([fold.score.pit for fold in folds])
    found = coverage_cells(pits, names, cells, coverage=coverage, rng=rng)
    return {keys[cell.label]: cell for cell in found}


def length_of(n_known: int) -> str:
    """Return what a history of so many figures is called."""
    low, high = next(ends for ends in LENGTHS if n_known <= ends[1])
    return f"{low}-{high} figures known" if high < LENGTHS[-1][1] else f"{low}+ figures known"
