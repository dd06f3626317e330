"""Measure how far drivers moved a forecast."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.bands import quantile_mcse, quantiles
from forecaster.forecasts.settings import BASELINE, TREND_ALONE
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]

_LEVELS = np.array([0.1, 0.5, 0.9])
_WIDEST = np.array([0.025, 0.975])
"""Ends of the widest band that is printed by default; digits of all numbers hang on its width."""


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
    errors : world -> Monte Carlo standard errors of its quantiles
    spreads : world -> width of its 95% band
    """

    series: SeriesEntry
    period: Period
    scenario: str
    quantiles: Mapping[str, tuple[float, float, float]]
    errors: Mapping[str, tuple[float, float, float]]
    spreads: Mapping[str, float]

    @property
    def alone(self) -> float:
        """The median without drivers."""
        return self.quantiles[TREND_ALONE][1]

    @property
    def baseline(self) -> float:
        """The median with every driver left to its probability."""
        return self.quantiles[BASELINE][1]

    @property
    def difference_error(self) -> float:
        """Monte Carlo standard error of baseline less alone, as if their draws were not shared."""
        return math.hypot(self.errors[TREND_ALONE][1], self.errors[BASELINE][1])


def measure_drivers(
    series: SeriesEntry,
    periods: Sequence[Period],
    scenario: str,
    worlds: Mapping[str, FloatArray],
    *,
    theta_index: NDArray[np.int64] | None = None,
    ess: float = math.inf,
) -> DriverShift:
    """Return the last period's quantiles in every world.

    Parameters
    ----------
    worlds : world -> (n_draws, n_periods), unit of the series
    theta_index, ess : of the draws, as in `share_error`
    """
    found, errors, spreads = {}, {}, {}
    for world, drawn in worlds.items():
        last = drawn[:, -1:]
        ordered = np.sort(last, axis=0)
        # of a formula some worlds may have fewer draws than others
        index = theta_index if theta_index is not None and len(theta_index) == len(last) else None
        mcse = quantile_mcse(last, _LEVELS, theta_index=index, ess=ess)
        low, high = quantiles(ordered, _WIDEST)[:, 0]
        found[world] = _three(quantiles(ordered, _LEVELS))
        errors[world] = _three(mcse)
        spreads[world] = float(high - low)
    return DriverShift(series, periods[-1], scenario, found, errors, spreads)


def _three(column: FloatArray) -> tuple[float, float, float]:
    """Return the numbers of a column of three."""
    low, middle, high = column[:, 0].tolist()
    return low, middle, high
