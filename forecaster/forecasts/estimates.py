"""Sum up a quantity as a median with bands, and carry changes of a series to natural units."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.sobol import normal_quantile
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from forecaster.workspace.facts import SeriesEntry

    FloatArray = NDArray[np.float64]
    Convert = Callable[[FloatArray], FloatArray]

_LARGEST = 600.0
"""Link values are held below this, so that exp stays finite."""


@frozen
class Estimate:
    """A quantity with its bands.

    Attributes
    ----------
    median : in a natural unit
    bands : (lower, upper) for each coverage of the explanation
    errors : Monte Carlo standard errors of the median, then of both ends of every band
    """

    median: float
    bands: tuple[tuple[float, float], ...]
    errors: tuple[float, ...]


def change_unit(entry: SeriesEntry, at: float | None) -> tuple[str, Convert]:
    """Return the natural unit of a change of the series, and the way from the link scale there.

    Parameters
    ----------
    at : level of a share at which points are meant, a fraction
    """
    if entry.kind == "real":
        return entry.unit, lambda x: x
    if entry.kind != "share" or at is None:
        return "%", lambda x: 100 * np.expm1(np.minimum(x, _LARGEST))
    start = math.log(at / (1 - at))
    return "points", lambda x: 100 * (1 / (1 + np.exp(-np.clip(start + x, -30, 30))) - at)


def _levels(coverages: Sequence[float]) -> FloatArray:
    """Return the quantile levels of the median and of both ends of every band."""
    ends = [level for c in coverages for level in ((1 - c) / 2, (1 + c) / 2)]
    return np.array([0.5, *ends])


def _as_estimate(values: FloatArray, errors: FloatArray) -> Estimate:
    """Return an estimate from the values at `_levels`."""
    median, *ends = (float(value) for value in values)
    bands = tuple(zip(ends[::2], ends[1::2], strict=True))
    return Estimate(median, bands, tuple(float(error) for error in errors))


def exact_estimate(quantile: Convert, coverages: Sequence[float]) -> Estimate:
    """Return the estimate of a quantity that is a rising function of a standard normal one."""
    levels = _levels(coverages)
    return _as_estimate(quantile(normal_quantile(levels)), np.zeros(len(levels)))


def drawn_estimate(draws: FloatArray, coverages: Sequence[float], ess: float) -> Estimate:
    """Return the estimate from draws, with its Monte Carlo errors.

    One error of the quantile at p is half the distance between the quantiles at p plus and minus
    sqrt(p (1 - p) / n): the number of draws below it is binomial.

    Parameters
    ----------
    draws : (n_draws,)
    ess : effective sample size where it is below the number of draws; infinite for draws that
        are evenly spread and have no error
    """
    levels = _levels(coverages)
    reach = np.sqrt(levels * (1 - levels) / min(len(draws), ess)) if math.isfinite(ess) else 0.0
    low, high = np.maximum(levels - reach, 0.0), np.minimum(levels + reach, 1.0)
    below, values, above = np.quantile(draws, [low, levels, high])
    return _as_estimate(values, (above - below) / 2)
