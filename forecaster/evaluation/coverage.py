"""Say how often outcomes fell in their bands, and whether that is as often as promised.

A cell is a horizon, alone or with a kind or a length of history. The folds of one series overlap
and share its shocks, so whole series are drawn with replacement (a block bootstrap whose blocks are
series): that gives the standard error of every cell's coverage, and the simultaneous envelope

    nominal +- c x standard error,    c: 95% quantile of the largest |t| over all cells

in which all cells of a calibrated forecast lie together in 95 of 100 histories like these. PIT
values are tested likewise: the largest distance of their distribution function from the diagonal
against the distances of resampled ones from their own mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.evaluation.leave_future_out import Fold

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

N_RESAMPLED = 2000
LEAST_SERIES = 5
"""Cells of fewer series have no standard error worth the name; they are shown, but not judged."""
LENGTHS = ((4, 7), (8, 15), (16, 10_000))
"""Figures known at the origin."""
_GRID = np.linspace(0.05, 0.95, 19)


@frozen
class Cell:
    """Empirical coverage of some folds.

    Attributes
    ----------
    label : what they have in common
    coverage : share of outcomes inside the band
    below, above : shares of outcomes under and over it
    lower, upper : ends of the simultaneous envelope; not numbers where the cell is not judged
    """

    label: str
    n_folds: int
    n_series: int
    coverage: float
    below: float
    above: float
    lower: float
    upper: float

    @property
    def is_inside(self) -> bool | None:
        """Whether the coverage lies in the envelope; None where it is not judged."""
        if np.isnan(self.lower):
            return None
        return bool(self.lower <= self.coverage <= self.upper)


def coverage_cells(
    pits: FloatArray,
    series: Sequence[str],
    cells: Mapping[str, BoolArray],
    *,
    coverage: float,
    rng: np.random.Generator,
) -> tuple[Cell, ...]:
    """Return the empirical coverage of every cell, in one simultaneous envelope.

    Parameters
    ----------
    pits : (n_folds,) probability of a figure below the outcome
    series : (n_folds,) which series each fold is of
    cells : label -> (n_folds,) which folds are in it; empty ones are left out
    coverage : of the central band, nominal
    """
    tail = (1 - coverage) / 2
    inside = (pits >= tail) & (pits <= 1 - tail)
    names, index = np.unique(np.asarray(series), return_inverse=True)
    used = {label: chosen for label, chosen in cells.items() if chosen.any()}
    counts = np.array([np.bincount(index[c], minlength=len(names)) for c in used.values()])
    hits = np.array([np.bincount(index[c & inside], minlength=len(names)) for c in used.values()])
    observed = hits.sum(axis=1) / counts.sum(axis=1)
    n_series = (counts > 0).sum(axis=1)
    errors, largest = _envelope(hits, counts, is_judged=n_series >= LEAST_SERIES, rng=rng)
    found = []
    for k, (label, chosen) in enumerate(used.items()):
        half = largest * errors[k] if n_series[k] >= LEAST_SERIES else np.nan
        found.append(
            Cell(
                label=label,
                n_folds=int(counts[k].sum()),
                n_series=int(n_series[k]),
                coverage=float(observed[k]),
                below=float((pits[chosen] < tail).mean()),
                above=float((pits[chosen] > 1 - tail).mean()),
                lower=float(coverage - half),
                upper=float(coverage + half),
            )
        )
    return tuple(found)


def _envelope(
    hits: FloatArray, counts: FloatArray, *, is_judged: BoolArray, rng: np.random.Generator
) -> tuple[FloatArray, float]:
    """Return the standard error of every cell's coverage, and the 95% quantile of the largest |t|.

    Parameters
    ----------
    hits, counts : (n_cells, n_series)
    """
    n = hits.shape[1]
    times = rng.multinomial(n, np.full(n, 1 / n), size=N_RESAMPLED)
    totals = counts @ times.T
    with np.errstate(invalid="ignore", divide="ignore"):
        resampled = np.where(totals > 0, (hits @ times.T) / totals, np.nan)
    observed = hits.sum(axis=1) / counts.sum(axis=1)
    errors = np.sqrt(np.nanmean((resampled - observed[:, None]) ** 2, axis=1))
    if not is_judged.any():
        return errors, float("nan")
    judged = is_judged & (errors > 0)
    t = np.abs(resampled[judged] - observed[judged, None]) / errors[judged, None]
    return errors, float(np.quantile(np.nanmax(t, axis=0), 0.95))


def standard_cells(folds: Sequence[Fold], *, by: str) -> dict[str, BoolArray]:
    """Return cells of one partition, each crossed with the horizon.

    Parameters
    ----------
    by : 'horizon' alone, or 'kind', 'length' or 'group' beside it
    """
    years = np.array([fold.years for fold in folds])
    labels = np.array([_label(fold, by) for fold in folds])
    return {
        f"{label}{' ' if label else ''}{horizon} y": (labels == label) & (years == horizon)
        for label in dict.fromkeys(sorted(labels.tolist()))
        for horizon in range(1, 6)
    }


def _label(fold: Fold, by: str) -> str:
    """Return what a fold's cell is called beside its horizon."""
    if by == "length":
        low, high = next(ends for ends in LENGTHS if fold.n_known <= ends[1])
        return f"{low:02d}-{high:02d} known," if high < LENGTHS[-1][1] else f"{low}+ known,"
    return {"horizon": "", "kind": fold.kind, "group": fold.group}[by]


@frozen
class PitTest:
    """Whether PIT values are uniform.

    Attributes
    ----------
    distance : largest one of their distribution function from the diagonal
    probability : of so large a distance were they uniform
    fifths : share of values in each fifth
    """

    n: int
    distance: float
    probability: float
    fifths: tuple[float, ...]


def check_pits(pits: FloatArray, series: Sequence[str], *, rng: np.random.Generator) -> PitTest:
    """Test PIT values for uniformity by a bootstrap whose blocks are series.

    Parameters
    ----------
    pits : (n,) of one horizon
    series : (n,)
    """
    names, index = np.unique(np.asarray(series), return_inverse=True)
    below = np.array([np.bincount(index[pits <= u], minlength=len(names)) for u in _GRID])
    counts = np.bincount(index, minlength=len(names))
    observed = below.sum(axis=1) / counts.sum()
    times = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=N_RESAMPLED)
    resampled = (below @ times.T) / (counts @ times.T)
    spread = np.abs(resampled - observed[:, None]).max(axis=0)
    distance = float(np.abs(observed - _GRID).max())
    edges = np.minimum((pits * 5).astype(int), 4)
    return PitTest(
        n=len(pits),
        distance=distance,
        probability=float((1 + (spread >= distance).sum()) / (1 + N_RESAMPLED)),
        fifths=tuple(float((edges == k).mean()) for k in range(5)),
    )


def pool_pits(
    folds: Sequence[Fold], weights: Mapping[str, Mapping[str, float]]
) -> tuple[tuple[Fold, ...], FloatArray]:
    """Return one fold for each figure forecast at one origin, with the PIT of its kind's pool.

    Figures that lack a family of their pool are left out.

    Parameters
    ----------
    weights : kind -> family -> weight
    """
    by_key: dict[tuple[object, ...], dict[str, Fold]] = {}
    for fold in folds:
        by_key.setdefault((fold.series, fold.origin, fold.years), {})[fold.family] = fold
    firsts, pits = [], []
    for found in by_key.values():
        of_kind = weights[next(iter(found.values())).kind]
        if not set(of_kind) <= set(found):
            continue
        firsts.append(found[next(iter(of_kind))])
        pits.append(sum(weight * found[name].score.pit for name, weight in of_kind.items()))
    return tuple(firsts), np.array(pits, dtype=np.float64)
