"""Estimate how the innovations of different series move together.

What is still to come moves series together: ratios, rankings and conditions across series need a
joint draw. The correlation is that of what surprised the series before, pulled to a block prior.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from forecaster.workspace.facts import SeriesEntry

    FloatArray = NDArray[np.float64]
    Residuals = Mapping[tuple[date, date], float]
    """(first day, last day) of a period -> standardised one-step-ahead residual."""

SAME_GROUP = 0.3
SAME_REGION = 0.15
PSEUDO_OBSERVATIONS = 20.0
"""Weight of the block prior, in pairs of residuals."""
LARGEST_RESIDUAL = 3.0
"""Residuals are cut here, so that one break in two histories does not decide alone."""
LEAST_EIGENVALUE = 1e-3


@frozen
class Coupling:
    """How forward innovations of series are correlated.

    Attributes
    ----------
    series : ids in alphabetical order
    correlation : (n_series, n_series), positive definite, ones on the diagonal
    """

    series: tuple[str, ...]
    correlation: FloatArray

    def of(self, series: Collection[str]) -> Coupling:
        """Return the coupling among some of the series; raises ValueError for one not in it."""
        missing = sorted(set(series) - set(self.series))
        if missing:
            raise ValueError(f"series not in the coupling: {missing}")
        chosen = [i for i, name in enumerate(self.series) if name in series]
        names = tuple(self.series[i] for i in chosen)
        return Coupling(names, self.correlation[np.ix_(chosen, chosen)])

    def record(self) -> dict[str, list[str] | list[list[float]]]:
        """Return it as plain lists for a manifest, four digits each."""
        rounded = [[round(float(number), 4) for number in row] for row in self.correlation]
        return {"series": list(self.series), "correlation": rounded}


def uncoupled(series: Collection[str]) -> Coupling:
    """Return the coupling of series that have nothing to do with one another."""
    return Coupling(tuple(sorted(series)), np.eye(len(series)))


def estimate_coupling(
    residuals: Mapping[str, Residuals], entries: Mapping[str, SeriesEntry]
) -> Coupling:
    """Estimate how innovations are correlated, from what surprised several series at once.

    For each pair the correlation about zero of the residuals of equal periods, n of them, is
    pulled to its prior p by 20 pseudo-observations: (n r + 20 p) / (n + 20).

    Parameters
    ----------
    residuals : series -> residuals, empty where there are none
    entries : series -> entry; a series without one has prior correlation 0 with all others

    Raises
    ------
    ValueError
        If a residual is not finite.
    """
    names = tuple(sorted(residuals))
    prior = block_prior([entries.get(name) for name in names])
    periods = sorted({period for name in names for period in residuals[name]})
    column = {period: k for k, period in enumerate(periods)}
    found = np.zeros((len(names), len(periods)))
    is_there = np.zeros_like(found)
    for i, name in enumerate(names):
        for period, residual in residuals[name].items():
            if not math.isfinite(residual):
                raise ValueError(f"the residual of {name!r} over {period} is {residual}")
            found[i, column[period]] = residual
            is_there[i, column[period]] = 1.0
    found = np.clip(found, -LARGEST_RESIDUAL, LARGEST_RESIDUAL)
    n_shared = is_there @ is_there.T
    squares = found**2 @ is_there.T  # of the first of a pair, over the periods that both have
    spread = np.sqrt(squares * squares.T)
    measured = np.divide(found @ found.T, spread, out=np.zeros_like(spread), where=spread > 0)
    # pairs that never moved tell nothing
    weight = np.where(spread > 0, n_shared, 0.0)
    pulled = (weight * measured + PSEUDO_OBSERVATIONS * prior) / (weight + PSEUDO_OBSERVATIONS)
    return Coupling(names, make_positive_definite(pulled))


def block_prior(entries: Sequence[SeriesEntry | None]) -> FloatArray:
    """Return prior correlations: 0.3 in a group, 0.15 in a region, the larger where both hold.

    The larger and not the sum: 0.3 was measured within groups whose members mostly share their
    region too, so that the region is in it already.
    """
    n = len(entries)
    prior = np.eye(n)
    for i, one in enumerate(entries):
        for j in range(i):
            other = entries[j]
            if one is None or other is None:
                continue
            in_group = one.group != "" and one.group == other.group
            in_region = one.region != "" and one.region == other.region
            prior[i, j] = prior[j, i] = SAME_GROUP if in_group else SAME_REGION * in_region
    return prior


def make_positive_definite(correlation: FloatArray) -> FloatArray:
    """Return the matrix with small and negative eigenvalues raised, and a diagonal of ones.

    Pairs estimated one by one need not fit together, nor need the blocks of the prior (over all
    shipped series its least eigenvalue is -1.02). Raising eigenvalues moves no correlation there
    by more than 0.04; pulling the whole matrix to the identity would halve each one.
    """
    symmetric = (correlation + correlation.T) / 2
    values, vectors = np.linalg.eigh(symmetric)
    if len(values) == 0 or values[0] >= LEAST_EIGENVALUE:
        np.fill_diagonal(symmetric, 1.0)
        return np.asarray(symmetric)
    raised = (vectors * np.maximum(values, LEAST_EIGENVALUE)) @ vectors.T
    scale = 1 / np.sqrt(np.diag(raised))
    scaled = raised * scale * scale[:, None]
    np.fill_diagonal(scaled, 1.0)
    return np.asarray((scaled + scaled.T) / 2)
