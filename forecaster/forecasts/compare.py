"""Compare scenarios of one series: the same fit, the same draws, and what tells them apart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.answers import count_reach
from forecaster.forecasts.bands import quantile_mcse, quantiles
from forecaster.forecasts.settings import BASELINE, TREND_ALONE
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.forecasts.driver_side import DriverSide
    from forecaster.forecasts.forecast import Forecast, Reach
    from forecaster.forecasts.settings import Settings
    from forecaster.workspace.asked_level import AskedLevel
    from forecaster.workspace.driver_types import DriverBeliefs
    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.scenario_beliefs import Scenario

    FloatArray = NDArray[np.float64]

DIFFERENCE_COVERAGE = 0.8
LEVELS = np.array([0.1, 0.5, 0.9])
"""Lower end, median and upper end of that band."""


@frozen
class Forcing:
    """What a scenario does to drivers.

    Attributes
    ----------
    driver : id
    state : 'on', 'off' or 'probability'
    date : from when on, '' where that is drawn, or does not apply
    acts : whether the driver has an effect on what is forecast
    """

    driver: str
    state: str
    date: str
    acts: bool


@frozen
class Difference:
    """What a scenario changes, draw by draw.

    Attributes
    ----------
    is_relative : whether it is a share of the reference's figure, and not in the series' unit
    values, mcse : (3, n_periods) the 10, 50 and 90% quantiles, and their Monte Carlo errors
    """

    is_relative: bool
    values: FloatArray
    mcse: FloatArray


@frozen
class Compared:
    """One scenario of a comparison.

    Attributes
    ----------
    forecast : under the scenario
    forced : what it does to drivers
    difference : to the reference; None for the reference itself, and where a formula has a value
        in other draws than there
    reach : chances of the level asked about, if any
    """

    forecast: Forecast
    forced: tuple[Forcing, ...]
    difference: Difference | None
    reach: Reach | None


@frozen
class Comparison:
    """Scenarios side by side.

    Attributes
    ----------
    scenarios : in the order asked for
    reference : the scenario that differences are to
    level : asked about, if any
    is_moved : whether any driver moves the series
    """

    scenarios: tuple[Compared, ...]
    reference: str
    level: AskedLevel | None
    is_moved: bool


def compare_worlds(
    forecast: Forecast,
    settings: Settings,
    drivers: DriverSide,
    *,
    entries: Mapping[str, SeriesEntry],
    level: AskedLevel | None,
) -> Comparison:
    """Return the worlds of a forecast side by side.

    Parameters
    ----------
    forecast : with every world of the settings; their draws are shared
    drivers : of the workspace
    entries : of all its series
    """
    asked = settings.each_world
    names = [there.world for there in asked]
    reference = BASELINE if BASELINE in names else names[0]
    worlds = {name: in_world(forecast, name) for name in names}
    series = series_below(forecast, entries)
    found = []
    for there in asked:
        own = worlds[there.world]
        scenario = drivers.scenario(there)
        forced = forcings(scenario, drivers.beliefs, series) if scenario else ()
        difference = None
        if there.world != reference:
            difference = difference_of(own, worlds[reference])
        reach = None if level is None else count_reach(own, level.level, below=level.below)
        found.append(Compared(own, forced, difference, reach))
    return Comparison(tuple(found), reference, level, bool(forecast.worlds))


def in_world(forecast: Forecast, world: str) -> Forecast:
    """Return the forecast in one of its worlds; as it is where no driver moves it."""
    drawn = forecast.worlds.get(world, forecast.trajectories)
    shift = forecast.drivers
    if shift is not None:
        kept = {TREND_ALONE, BASELINE, world}
        tables = (
            {name: found for name, found in table.items() if name in kept}
            for table in (shift.quantiles, shift.errors)
        )
        quantiles_there, errors = tables
        shift = replace(shift, scenario=world, quantiles=quantiles_there, errors=errors)
    return replace(forecast, scenario=world, trajectories=drawn, drivers=shift, worlds={})


def series_below(forecast: Forecast, entries: Mapping[str, SeriesEntry]) -> tuple[str, ...]:
    """Return the series whose drivers move a forecast: itself, those of its formula and wholes."""
    inputs = forecast.footing.inputs if forecast.footing else ()
    names = (forecast.history.entry.id, *inputs)
    wholes = {entries[name].composition for name in names if name in entries} - {""}
    parts = (name for name, entry in entries.items() if entry.composition in wholes)
    return tuple(dict.fromkeys((*names, *parts)))


def difference_of(own: Forecast, reference: Forecast) -> Difference | None:
    """Return what a scenario changes in every draw, by period.

    Of positive amounts it is relative, for it grows with them; of the others in their unit.
    """
    first, second = reference.trajectories, own.trajectories
    if first.shape != second.shape:
        return None
    is_relative = own.history.entry.kind == "positive" and bool((first > 0).all())
    changes = second / first - 1 if is_relative else second - first
    mcse = quantile_mcse(changes, LEVELS, theta_index=own.theta_index, ess=own.report.ess)
    return Difference(is_relative, quantiles(np.sort(changes, axis=0), LEVELS), mcse)


def forcings(
    scenario: Scenario, beliefs: DriverBeliefs, series: Sequence[str]
) -> tuple[Forcing, ...]:
    """Return what a scenario does to drivers, those that act on the series first."""

    def forcing(driver: str, state: str, date: str = "") -> Forcing:
        """Return what it does to one driver."""
        acts = any(effect.series in series for effect in beliefs.of(driver).effects)
        return Forcing(driver, state, date, acts)

    found = [forcing(each.driver, "on", str(each.start or "")) for each in scenario.on]
    found += [forcing(driver, "off") for driver in scenario.off]
    found += [forcing(driver, "probability") for driver in scenario.probability]
    return tuple(sorted(found, key=lambda each: not each.acts))
