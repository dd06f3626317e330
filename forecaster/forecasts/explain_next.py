"""Say how much narrower a forecast will be once the next figure is published."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.width import link_values
from forecaster.records import frozen

if TYPE_CHECKING:
    from forecaster.forecasts.forecast import Forecast
    from forecaster.workspace.periods import Period


@frozen
class NextDatum:
    """What the next figure is worth for the last one.

    Attributes
    ----------
    period, last : of both
    correlation : of both figures over the draws, link scale
    reduction, error : by what share the 80% band of the last one will shrink on average, with its
        Monte Carlo standard error
    """

    period: Period
    last: Period
    correlation: float
    reduction: float
    error: float


def value_of_next(forecast: Forecast, *, base: float = 0.0) -> NextDatum | None:
    """Return what the next published figure is worth; None where it is the last one itself.

    Of two normal figures with correlation r, the band of one shrinks by 1 - sqrt(1 - r^2) when the
    other is known, whatever its value. Parameters that are learnt with it are in r.

    Parameters
    ----------
    base : what a cumulative series had reached before the forecast
    """
    if len(forecast.periods) < 2:
        return None
    entry = forecast.history.entry
    first, last = (
        link_values(forecast.trajectories[:, step], entry, base=base) for step in (0, -1)
    )
    n = len(first)
    if first.std() == 0 or last.std() == 0:
        return None
    r = float(np.corrcoef(first, last)[0, 1])
    left = math.sqrt(max(1 - r * r, 0.0))
    ess = forecast.report.ess
    effective = min(ess, n) if math.isfinite(ess) else n
    # the standard error of r is (1 - r^2) / sqrt(n), and the reduction changes by r / left of it
    error = abs(r) * left / math.sqrt(effective)
    return NextDatum(forecast.periods[0], forecast.periods[-1], r, 1 - left, error)
