"""Find stated probabilities that no hazard can give, of one driver or of exclusive ones."""

from __future__ import annotations

from itertools import combinations, permutations
from typing import TYPE_CHECKING

from forecaster.errors import Fault
from forecaster.workspace.driver_chances import Chances, chances_of
from forecaster.workspace.driver_reader import quarter_of
from forecaster.workspace.faults import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forecaster.workspace.driver_types import Driver, Exclusion

_TOO_MUCH = 1.0 + 1e-9
_FIX = "lower the probability of one, let one end sooner, or remove the exclusion"


def find_impossible(
    drivers: Sequence[Driver], exclusions: Sequence[Exclusion], *, where: str
) -> list[Fault]:
    """Return the stated probabilities that no hazards could give.

    Parameters
    ----------
    where : the file, for messages
    """
    faults: list[Fault] = []
    chances: dict[str, Chances] = {}
    excluded = {name for each in exclusions for name in (each.first, each.second)}
    for number, driver in enumerate(drivers, start=1):
        # what is off and starts by a day can have any probability, if nothing excludes it
        if driver.id not in excluded and not _is_bound(driver):
            continue
        found = chances_of(driver)
        if isinstance(found, Chances):
            chances[driver.id] = found
        else:
            faults.append(_out_of_reach(driver, found, f"{where}, [[driver]] {number}"))
    by_id = {driver.id: driver for driver in drivers}
    for names in _groups(exclusions):
        if all(name in chances for name in names):
            fault = _too_much_together([by_id[name] for name in names], chances)
            if fault is not None:
                place = _place_of(names, exclusions)
                faults.append(Fault(fault[0], f"{where}, {place}, key 'drivers'", fault[1]))
    return faults


def _is_bound(driver: Driver) -> bool:
    """Say whether how a driver ends bounds the probability that is stated for its start."""
    return driver.start is not None and (driver.is_on or driver.start.is_in_force)


def _out_of_reach(driver: Driver, bounds: tuple[float, float], place: str) -> Fault:
    """Say that a probability lies outside what any start hazard gives."""
    assert driver.start is not None
    low, high = bounds
    said = "in force on" if driver.start.is_in_force else "started again by"
    problem = (
        f"{quoted(driver.id)} cannot be {said} {driver.start.by} with probability "
        f"{driver.start.probability.mean:.2g}: with its end it lies between {low:.2g} "
        f"and {high:.2g}"
    )
    fix = "state a probability between them, or another [driver.end]"
    return Fault(problem, f"{place}, key 'start.probability'", fix)


def _groups(exclusions: Sequence[Exclusion]) -> list[tuple[str, ...]]:
    """Return the sets of two or more drivers of which every pair excludes each other."""
    pairs = {frozenset((each.first, each.second)) for each in exclusions}
    names = list(dict.fromkeys(name for each in exclusions for name in (each.first, each.second)))
    groups: list[tuple[str, ...]] = [
        pair for pair in combinations(names, 2) if frozenset(pair) in pairs
    ]
    larger = groups
    while larger:
        larger = [
            (*group, name)
            for group in larger
            for name in names[names.index(group[-1]) + 1 :]
            if all(frozenset((name, other)) in pairs for other in group)
        ]
        groups = groups + larger
    return groups


def _too_much_together(
    drivers: Sequence[Driver], chances: Mapping[str, Chances]
) -> tuple[str, str] | None:
    """Return problem and fix of exclusive drivers that take more than the whole probability.

    They are added up on the days for which probabilities are stated, and before the first quarter;
    in between, when each comes on is left to the simulation.
    """
    names = " and ".join(quoted(driver.id) for driver in drivers)
    alone = [chances[driver.id] for driver in drivers]
    stated = [quarter_of(driver.start.by) for driver in drivers if driver.start is not None]
    for quarter in sorted({*stated, min(each.first_quarter for each in alone) - 1}):
        on_at = [each.on_at(quarter) for each in alone]
        if sum(on_at) > _TOO_MUCH:
            said = " + ".join(f"{each:.2f}" for each in on_at)
            problem = (
                f"the exclusive drivers {names} cannot be on with probabilities {said} = "
                f"{sum(on_at):.2f} at the end of {_text(quarter)}"
            )
            return problem, _FIX
    for driver, other in permutations(drivers, 2):
        if problem := _no_room(driver, chances[other.id], quoted(other.id)):
            return problem, _FIX
    return None


def _no_room(driver: Driver, other: Chances, name: str) -> str:
    """Return the problem of a driver that must start while one that excludes it is still on."""
    start = driver.start
    if start is None or start.is_in_force or driver.is_on or not other.is_on:
        return ""
    # it can start from the quarter after the first in which the other is off
    n_quarters = quarter_of(start.by) - other.first_quarter
    room = 1.0 - (1.0 - other.end_hazard) ** max(n_quarters, 0)
    if start.probability.mean <= room:
        return ""
    return (
        f"{quoted(driver.id)} cannot start by {start.by} with probability "
        f"{start.probability.mean:.2f}: it is excluded while {name} is on, which ends in time "
        f"with probability {room:.2f}"
    )


def _text(quarter: int) -> str:
    """Return a quarter as it is written: 2028-Q4."""
    return f"{quarter // 4}-Q{quarter % 4 + 1}"


def _place_of(names: Sequence[str], exclusions: Sequence[Exclusion]) -> str:
    """Return the first exclusion that is about two of the drivers."""
    number = next(
        k
        for k, each in enumerate(exclusions, start=1)
        if each.first in names and each.second in names
    )
    return f"[[exclusion]] {number}"
