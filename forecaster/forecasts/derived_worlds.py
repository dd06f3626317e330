"""Make the forecast of a derived series in every world in which its inputs were drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.forecasts.derived import derive_forecast
from forecaster.forecasts.doubts import with_doubts
from forecaster.forecasts.driver_shift import measure_drivers
from forecaster.forecasts.settings import BASELINE, TREND_ALONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.forecasts.forecast import Forecast
    from forecaster.workspace.derived_series import Resolved


def derive_in_worlds(resolved: Resolved, inputs: Mapping[str, Forecast], world: str) -> Forecast:
    """Return the forecast of a formula, with what drivers of its inputs did to it.

    Parameters
    ----------
    resolved, inputs : as for `derive_forecast`
    world : in which the inputs are forecast

    Raises
    ------
    InputError
        As `derive_forecast`.
    """
    forecast = replace(derive_forecast(resolved, inputs), drivers=None, worlds={})
    if not any(each.worlds for each in inputs.values()):
        return with_doubts(forecast)
    worlds = {}
    others = (name for each in inputs.values() for name in each.worlds)
    for name in dict.fromkeys((TREND_ALONE, BASELINE, world, *others)):
        there = {series: _in_world(each, name) for series, each in inputs.items()}
        worlds[name] = derive_forecast(resolved, there).trajectories
    entry = forecast.history.entry
    shift = measure_drivers(
        entry, forecast.periods, world, worlds,
        theta_index=forecast.theta_index, ess=forecast.report.ess,
    )  # fmt: skip
    return with_doubts(replace(forecast, drivers=shift, worlds=worlds))


def _in_world(forecast: Forecast, world: str) -> Forecast:
    """Return a forecast in a world; the same where no driver moves the series."""
    return replace(forecast, trajectories=forecast.worlds.get(world, forecast.trajectories))
