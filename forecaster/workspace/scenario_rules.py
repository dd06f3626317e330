"""Check that a scenario does not contradict itself, what drivers can do, or what has happened."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.errors import Fault
from forecaster.workspace.driver_bounds import find_impossible
from forecaster.workspace.driver_types import state_known
from forecaster.workspace.faults import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from forecaster.errors import InputError
    from forecaster.workspace.blocks import Block
    from forecaster.workspace.driver_types import DriverBeliefs
    from forecaster.workspace.scenario_beliefs import Scenario


def check_scenario(scenario: Scenario, drivers: DriverBeliefs, block: Block) -> list[Fault]:
    """Return every contradiction in a scenario that can be seen without an as-of day.

    Parameters
    ----------
    block : that it was read from, for messages
    """
    found = [
        *_twice(scenario, block),
        *_exclusive(scenario, drivers, block),
        *_probabilities(scenario, drivers, block),
    ]
    faults = [fault for error in found for fault in error.faults]
    return faults + contradictions(scenario, drivers) + _bounds(scenario, drivers)


def _twice(scenario: Scenario, block: Block) -> Iterator[InputError]:
    """Yield what a driver is told more than once."""
    on = [forced.driver for forced in scenario.on]
    for name in dict.fromkeys(name for name in on if on.count(name) > 1):
        yield block.fault("on", f"the driver {quoted(name)} is on twice", "name it once")
    for name in dict.fromkeys(scenario.off):
        if scenario.off.count(name) > 1:
            yield block.fault("off", f"the driver {quoted(name)} is off twice", "name it once")
        if name in on:
            problem = f"the driver {quoted(name)} is set both on and off"
            yield block.fault("off", problem, "remove it from 'on' or from 'off'")
    for name in scenario.probability:
        if name in on or name in scenario.off:
            said = "on" if name in on else "off"
            problem = f"the driver {quoted(name)} is set {said} and has a probability"
            yield block.fault("probability", problem, f"remove it from '{said}' or here")


def _exclusive(scenario: Scenario, drivers: DriverBeliefs, block: Block) -> Iterator[InputError]:
    """Yield drivers set on that rule each other out."""
    on = [forced.driver for forced in scenario.on]
    for each in drivers.exclusions:
        if each.first in on and each.second in on:
            problem = f"{quoted(each.first)} and {quoted(each.second)} are never on together"
            yield block.fault("on", problem, "set one of them off")


def _probabilities(
    scenario: Scenario, drivers: DriverBeliefs, block: Block
) -> Iterator[InputError]:
    """Yield probabilities of drivers that have none to replace."""
    for name in scenario.probability:
        if name in drivers.by_id and drivers.of(name).start is None:
            problem = f"the driver {quoted(name)} has no start, so no probability to replace"
            yield block.fault("probability", problem, "remove it, or set the driver off")


def _bounds(scenario: Scenario, drivers: DriverBeliefs) -> list[Fault]:
    """Return what cannot hold once the scenario's probabilities stand for the drivers' own."""
    if not scenario.probability:
        return []
    changed = []
    for driver in drivers.drivers:
        start, stated = driver.start, scenario.probability.get(driver.id)
        if start is not None and stated is not None:
            driver = replace(driver, start=replace(start, probability=stated))
        # a driver that is set off leaves all its room to those that it excludes
        if driver.id not in scenario.off:
            changed.append(driver)
    found = find_impossible(changed, drivers.exclusions, where="")
    where = f"{scenario.where}, key 'probability'"
    return [Fault(fault.problem, where, "state a lower one here") for fault in found]


def contradictions(
    scenario: Scenario, drivers: DriverBeliefs, *, as_of: date | None = None
) -> list[Fault]:
    """Return how a scenario contradicts what has happened before a day.

    Parameters
    ----------
    as_of : that day; where it is left out, the day on which each driver was assessed
    """
    found: list[tuple[str, str, str]] = []
    if as_of is not None and scenario.by <= as_of:
        problem = f"the scenario {quoted(scenario.id)} is set by {scenario.by}, which is past"
        found.append(("by", problem, f"use a later 'by' than {as_of}, or an earlier --as-of"))
    for forced in scenario.on:
        if forced.driver not in drivers.by_id:
            continue
        driver, start = drivers.of(forced.driver), forced.start
        day = as_of or driver.assessed_on
        if start is not None and start.end <= day and not state_known(driver, day):
            problem = f"{quoted(driver.id)} is set on in {start}, but it was off until {day}"
            found.append(("on", problem, "use a later date, or add its event to drivers.toml"))
        if start is not None and start.start > scenario.by:
            problem = f"{quoted(driver.id)} is set on in {start}, after {scenario.by}"
            found.append(("on", problem, "use an earlier date, or a later 'by'"))
        if start is None and as_of is None and scenario.by <= day and not driver.is_on:
            problem = f"{quoted(driver.id)} cannot come on by {scenario.by}: it was off on {day}"
            found.append(("by", problem, "use a later 'by'"))
    for name in scenario.off:
        if name not in drivers.by_id:
            continue
        driver = drivers.of(name)
        day = as_of or driver.assessed_on
        if driver.kind == "event" and state_known(driver, day):
            problem = f"{quoted(name)} is set off, but it has happened before {day} and stays"
            found.append(("off", problem, "remove it from 'off', or use an earlier --as-of"))
    return [Fault(problem, f"{scenario.where}, key '{key}'", fix) for key, problem, fix in found]
