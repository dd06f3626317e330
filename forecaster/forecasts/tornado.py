"""Measure what each driver does to the last figure: forced on, less forced off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.errors import InputError
from forecaster.forecasts.bands import quantile_mcse, quantiles
from forecaster.records import frozen
from forecaster.scenarios.setting import with_sets
from forecaster.workspace.scenario_rules import contradictions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from forecaster.forecasts.driver_worlds import Simulation
    from forecaster.scenarios.worlds import Chance, Worlds
    from forecaster.workspace.driver_types import Driver, DriverBeliefs
    from forecaster.workspace.scenario_beliefs import Scenario

    FloatArray = NDArray[np.float64]

CLEAR = 2.0
"""Standard errors beyond which a change is told."""
_MEDIAN = np.array([0.5])


@frozen
class Bar:
    """What one driver does.

    Attributes
    ----------
    chance : of being on at some time up to the horizon, with nothing forced beyond the scenario
    on, off : medians of the last figure with the driver forced so, unit of the series
    error : Monte Carlo standard error of their difference
    has_judged_chance, has_judged_size : whether its probabilities, or any of its sizes here, are
        judgement
    """

    driver: Driver
    chance: Chance
    on: float
    off: float
    error: float
    has_judged_chance: bool
    has_judged_size: bool

    @property
    def change(self) -> float:
        """On less off, unit of the series."""
        return self.on - self.off

    @property
    def is_clear(self) -> bool:
        """Whether the change is more than chance among the draws."""
        return abs(self.change) > CLEAR * self.error


@frozen
class Tornado:
    """What all drivers with an effect on a series do.

    Attributes
    ----------
    bars : the largest first
    left_out : drivers that cannot be both on and off here, each with the reason
    """

    bars: tuple[Bar, ...]
    left_out: tuple[tuple[str, str], ...]


@frozen
class Forcer:
    """Worlds in which one driver is forced on top of a scenario.

    Attributes
    ----------
    scenario : None for the baseline
    worlds : of the scenario
    as_of : the day whose knowledge is used
    until : horizon, by which a driver without a date has come on
    """

    simulation: Simulation
    scenario: Scenario | None
    worlds: Worlds
    as_of: date
    until: str

    @property
    def beliefs(self) -> DriverBeliefs:
        """What is believed about all drivers."""
        return self.worlds.beliefs

    def forced(self, driver: str, state: str) -> Worlds:
        """Return the worlds with a driver 'on', at its own time but by the horizon, or 'off'.

        Raises
        ------
        InputError
            If the driver cannot be so.
        """
        on = self.worlds.on(driver)[1:]
        if on.all() if state == "on" else not on.any():
            return self.worlds  # it is so in every world as it is
        there = with_sets(self.scenario, (f"{driver}={state}",), self.beliefs, until=self.until)
        if found := contradictions(there, self.beliefs, as_of=self.as_of):
            fault = found[0]
            raise InputError(problem=fault.problem, where=fault.where, fix=fault.fix)
        return self.simulation.worlds(there)


def measure_tornado(
    drivers: Sequence[Driver],
    series: Sequence[str],
    forcer: Forcer,
    last_figure: Callable[[Worlds], FloatArray],
    *,
    ess: float,
) -> Tornado:
    """Return what each driver does to the last figure, all others left as they are.

    Drivers that answer to it do so: what a driver does through others is counted too.

    Parameters
    ----------
    drivers : with an effect on one of `series`
    last_figure : worlds -> (n_draws,) the figure there, unit of the series; the same draws in all
    ess : effective sample size of the parameters
    """
    bars, left_out = [], []
    for driver in drivers:
        try:
            pair = [last_figure(forcer.forced(driver.id, state)) for state in ("on", "off")]
        except InputError as error:
            left_out.append((driver.id, error.faults[0].problem))
            continue
        on, off = (float(quantiles(np.sort(x)[:, None], _MEDIAN)[0, 0]) for x in pair)
        bars.append(
            Bar(
                driver=driver,
                chance=forcer.worlds.chance(np.asarray(forcer.worlds.on(driver.id).any(axis=0))),
                on=on,
                off=off,
                error=_difference_error(*pair, ess=ess),
                has_judged_chance=driver.is_judgement,
                has_judged_size=any(e.is_judgement for e in driver.effects if e.series in series),
            )
        )
    return Tornado(tuple(sorted(bars, key=lambda bar: -abs(bar.change))), tuple(left_out))


def _difference_error(on: FloatArray, off: FloatArray, *, ess: float) -> float:
    """Return the error of the difference of two medians on shared draws.

    A draw moves a median by whether it lies below it, so only draws that lie on different sides of
    the two medians tell on the difference.
    """
    medians = [float(np.median(x)) for x in (on, off)]
    signs = np.array(
        [(x < middle) * _slope(x, ess) for x, middle in zip((on, off), medians, strict=True)]
    )
    n = min(ess, len(on)) if np.isfinite(ess) else len(on)
    return float((signs[0] - signs[1]).std() / n**0.5)


def _slope(draws: FloatArray, ess: float) -> float:
    """Return by how much the median moves for a share of draws below it."""
    mcse = float(quantile_mcse(draws[:, None], _MEDIAN, ess=ess)[0, 0])
    n = min(ess, len(draws)) if np.isfinite(ess) else len(draws)
    return 2 * mcse * float(n**0.5)
