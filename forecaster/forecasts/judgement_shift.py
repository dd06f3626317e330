"""Measure how far judgements moved the median of a forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]


@frozen
class JudgementShift:
    """What judgements did to the median of one period.

    Attributes
    ----------
    series : SeriesEntry
    n_used, n_left_out : judgements
    period : the last period forecast
    without, with_them : medians, unit of the series
    width_without, width_with : of the 80% band, unit of the series
    """

    series: SeriesEntry
    n_used: int
    n_left_out: int
    period: Period
    without: float
    with_them: float
    width_without: float
    width_with: float


def measure_shift(
    series: SeriesEntry,
    periods: Sequence[Period],
    *,
    without: FloatArray,
    with_them: FloatArray,
    n_used: int,
    n_left_out: int,
) -> JudgementShift:
    """Return how far judgements moved the last period's median.

    Parameters
    ----------
    without, with_them : (n_draws, n_periods), unit of the series
    """
    before, after = (np.sort(drawn[:, -1])[_ranks(len(drawn))] for drawn in (without, with_them))
    return JudgementShift(
        series=series,
        n_used=n_used,
        n_left_out=n_left_out,
        period=periods[-1],
        without=float(before[1]),
        with_them=float(after[1]),
        width_without=float(before[2] - before[0]),
        width_with=float(after[2] - after[0]),
    )


def _ranks(n: int) -> NDArray[np.int64]:
    """Return the ranks of the 10%, 50% and 90% quantiles among n sorted draws."""
    return np.minimum((np.array([0.1, 0.5, 0.9]) * n).astype(np.int64), n - 1)
