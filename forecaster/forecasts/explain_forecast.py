"""Hold what a forecast rests on: what its width comes from, and what would change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.bands import quantile_mcse, quantiles
from forecaster.records import frozen

if TYPE_CHECKING:
    from forecaster.evaluation.forecast_sensitivity import ForecastSensitivity
    from forecaster.forecasts.explain_goal import GoalExplained
    from forecaster.forecasts.explain_next import NextDatum
    from forecaster.forecasts.forecast import Forecast
    from forecaster.forecasts.tornado import Tornado
    from forecaster.forecasts.width import WidthShare

_LEVELS = np.array([0.1, 0.5, 0.9])


@frozen
class LastBand:
    """Median and 80% band of the last figure.

    Attributes
    ----------
    low, median, high : unit of the series
    errors : Monte Carlo standard errors of the three
    """

    low: float
    median: float
    high: float
    errors: tuple[float, float, float]


@frozen
class Prior:
    """How the forecast answers to its prior.

    Attributes
    ----------
    found : of the fit of one family
    family : whose
    is_own_fit : whether the forecast uses that fit, and not a joint one
    """

    found: ForecastSensitivity
    family: str
    is_own_fit: bool


@frozen
class Outlook:
    """What the forecast of one series rests on.

    Attributes
    ----------
    forecast : in its scenario, judgements heeded
    last : its last figure
    without_judgements : the same without them; None where none enters
    shares : of the variance of the last figure, before judgements are heeded
    next_datum : None where the next figure is the last one
    tornado : None where no driver has an effect
    prior : None where it cannot be told
    goal : None where none was asked for
    """

    forecast: Forecast
    last: LastBand
    without_judgements: LastBand | None
    shares: tuple[WidthShare, ...]
    next_datum: NextDatum | None
    tornado: Tornado | None
    prior: Prior | None
    goal: GoalExplained | None


def last_band(forecast: Forecast) -> LastBand:
    """Return median and 80% band of the last figure of a forecast."""
    last = forecast.trajectories[:, -1:]
    low, median, high = quantiles(np.sort(last, axis=0), _LEVELS)[:, 0].tolist()
    mcse = quantile_mcse(last, _LEVELS, theta_index=forecast.theta_index, ess=forecast.report.ess)
    first, middle, third = mcse[:, 0].tolist()
    return LastBand(low, median, high, (first, middle, third))
