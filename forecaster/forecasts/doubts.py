"""Warn of a forecast that says less about the world than it seems to.

- Growth that comes to infinity, or to a cap, at one date whatever the data.
- A last period that rests more on drivers, whose chances and sizes are judgements, than on data:
  they make more than half of its variance on the link scale,

    (Var(with drivers) - Var(trend alone)) / Var(with drivers)  >  1/2

with both on the same draws, figures held a little off the ends of their range.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.question_warnings import fixed_date_warnings
from forecaster.forecasts.settings import TREND_ALONE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.forecasts.forecast import Forecast

    FloatArray = NDArray[np.float64]

MOST_OF_DRIVERS = 0.5
_EDGE = 1e-6
"""Shares are held so far from 0 and 1, where the logit ends."""


def with_doubts(forecast: Forecast) -> Forecast:
    """Return a forecast whose warnings say both, where they hold."""
    said = [*forecast.warnings, *fixed_date_warnings(forecast), *driver_warnings(forecast)]
    return replace(forecast, warnings=tuple(dict.fromkeys(said)))


def driver_warnings(forecast: Forecast) -> list[str]:
    """Return the warning about a forecast that rests more on drivers than on data, if it does."""
    part = share_of_drivers(forecast)
    if part <= MOST_OF_DRIVERS:
        return []
    said = (
        f"drivers, whose chances and sizes are judgements, make {part:.0%} of the variance for "
        f"{forecast.periods[-1]}: it rests more on them than on data"
    )
    return [said]


def share_of_drivers(forecast: Forecast) -> float:
    """Return the part of the last period's variance that drivers make, link scale.

    Returns
    -------
    float, 0 where no driver moves the series, or where drivers make the band no wider
    """
    alone = forecast.worlds.get(TREND_ALONE)
    moved = forecast.worlds.get(forecast.scenario)
    if alone is None or moved is None:
        return 0.0
    kind = forecast.history.entry.kind
    least = _least_positive(moved[:, -1], alone[:, -1])
    with_drivers, without = (
        float(np.var(_on_link(worlds[:, -1], kind, least))) for worlds in (moved, alone)
    )
    if not with_drivers > 0:  # written so that NaN fails too
        return 0.0
    return max(1 - without / with_drivers, 0.0)


def _on_link(values: FloatArray, kind: str, least: float) -> FloatArray:
    """Return figures on the link scale; of counts a half more, as there may be none."""
    if kind == "real":
        return values
    if kind == "count":
        return np.asarray(np.log(values + 0.5))
    if kind == "share":
        held = np.clip(values, _EDGE, 1 - _EDGE)
        return np.asarray(np.log(held) - np.log1p(-held))
    return np.asarray(np.log(np.maximum(values, least)))


def _least_positive(*draws: FloatArray) -> float:
    """Return the least figure above zero among several draws; 1 where there is none."""
    return min((float(each[each > 0].min()) for each in draws if (each > 0).any()), default=1.0)
