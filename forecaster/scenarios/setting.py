"""Make a scenario of what is set on the command line, alone or on top of a named one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.workspace.conditions import parse_set
from forecaster.workspace.faults import quoted
from forecaster.workspace.periods import parse_period
from forecaster.workspace.probabilities import Probability
from forecaster.workspace.scenario_beliefs import Forced, Scenario

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from forecaster.workspace.conditions import SetDriver
    from forecaster.workspace.driver_types import DriverBeliefs

HALF_WIDTH = 1e-6
"""A single probability as a range: its 10 and 90% quantiles lie this close to it."""


def with_sets(
    scenario: Scenario | None, texts: Sequence[str], beliefs: DriverBeliefs, *, until: str
) -> Scenario:
    """Return a scenario with drivers set as on the command line; what is set there wins.

    Parameters
    ----------
    scenario : None for the baseline
    texts : as typed, such as 'ban=on@2027-Q1', 'ban=off', 'ban=p=0.3'
    until : horizon of the forecast, by which a driver without a date comes on

    Raises
    ------
    InputError
        If a text is none, names a driver that is not known, or two set the same driver.
    """
    sets = [parse_set(text, [driver.id for driver in beliefs.drivers]) for text in texts]
    names = [each.driver for each in sets]
    for name in names:
        if names.count(name) > 1:
            problem = f"the driver {quoted(name)} is set twice"
            raise InputError(problem=problem, where="--set", fix="keep one of the two")
    base = scenario or _nothing_forced(parse_period(until).end)
    on = [forced for forced in base.on if forced.driver not in names]
    off = [name for name in base.off if name not in names]
    on += [Forced(each.driver, each.start) for each in sets if each.state == "on"]
    off += [each.driver for each in sets if each.state == "off"]
    kept = {name: p for name, p in base.probability.items() if name not in names}
    replaced = {each.driver: _certain(each) for each in sets if each.state == "probability"}
    return replace(
        base,
        id=" + ".join(part for part in (base.id, *texts) if part),
        on=tuple(on),
        off=tuple(off),
        probability={**kept, **replaced},
        where="--set",
    )


def _nothing_forced(by: date) -> Scenario:
    """Return the scenario that leaves every driver to its own probability."""
    return Scenario(
        id="", title="", narrative="", by=by, on=(), off=(), probability={},
        is_exclusive=False, evidence="", essays=(),
    )  # fmt: skip


def _certain(each: SetDriver) -> Probability:
    """Return a probability that is known."""
    assert each.probability is not None
    width = HALF_WIDTH * min(each.probability, 1 - each.probability)
    return Probability(each.probability - width, each.probability + width)
