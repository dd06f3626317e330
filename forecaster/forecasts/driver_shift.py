"""Measure how far drivers moved a forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.settings import BASELINE, TREND_ALONE
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]

_LEVELS = (0.1, 0.5, 0.9)


@frozen
class DriverShift:
    """The last period forecast in several worlds.

    Attributes
    ----------
    series : SeriesEntry
    period : the last one forecast
    scenario : the world of the forecast
    quantiles : world -> its 10, 50 and 90% quantiles, unit of the series: the trend alone, the
        baseline, and the scenario if that is another
    """

    series: SeriesEntry
    period: Period
    scenario: str
    quantiles: Mapping[str, tuple[float, float, float]]

    @property
    def alone(self) -> float:
        """The median without drivers."""
        return self.quantiles[TREND_ALONE][1]

    @property
    def baseline(self) -> float:
        """The median with every driver left to its probability."""
        return self.quantiles[BASELINE][1]


def measure_drivers(
    series: SeriesEntry,
    periods: Sequence[Period],
    scenario: str,
    worlds: Mapping[str, FloatArray],
) -> DriverShift:
    """Return the last period's quantiles in every world.

    Parameters
    ----------
    worlds : world -> (n_draws, n_periods), unit of the series
    """
    found = {}
    for world, drawn in worlds.items():
        last = np.sort(drawn[:, -1])
        low, middle, high = (last[min(int(p * len(last)), len(last) - 1)] for p in _LEVELS)
        found[world] = (float(low), float(middle), float(high))
    return DriverShift(series, periods[-1], scenario, found)
