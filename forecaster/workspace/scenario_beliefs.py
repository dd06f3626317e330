"""Read scenarios, named bundles of drivers set on or off, from `scenarios.toml`."""

from __future__ import annotations

from dataclasses import field, replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from forecaster.errors import FaultyInput
from forecaster.records import frozen
from forecaster.workspace.belief_tables import open_table
from forecaster.workspace.blocks import Block, Gathered, blocks_in
from forecaster.workspace.driver_blocks import own_or_shipped
from forecaster.workspace.driver_relations import require_driver
from forecaster.workspace.faults import quoted
from forecaster.workspace.probabilities import Probability, read_probability
from forecaster.workspace.scenario_rules import check_scenario, contradictions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from forecaster.workspace.driver_types import DriverBeliefs
    from forecaster.workspace.periods import Period

__all__ = ["Forced", "Scenario", "load_scenarios", "require_history"]

SCENARIOS_FILE = "scenarios.toml"
DEFAULT_BY = date(2028, 12, 31)
"""By when a driver without a date has come on, where the scenario does not say."""
FINE_ENOUGH = ("quarter", "month", "day")
_KEYS = (
    "id", "title", "narrative", "by", "exclusive", "on", "off", "probability", "evidence", "essays",
)  # fmt: skip


@frozen
class Forced:
    """A driver that is set on.

    Attributes
    ----------
    start : a quarter, month or day; None: drawn from its own hazard, given that it comes in time
    """

    driver: str
    start: Period | None = None


@frozen
class Scenario:
    """A named bundle of drivers set on or off.

    Attributes
    ----------
    by : the day by which drivers without a date have come on
    probability : driver -> probability that replaces its own
    is_exclusive : whether it is one of a set of scenarios that rule each other out
    where : file and block, for messages
    """

    id: str
    title: str
    narrative: str
    by: date
    on: tuple[Forced, ...]
    off: tuple[str, ...]
    probability: Mapping[str, Probability]
    is_exclusive: bool
    evidence: str
    essays: tuple[str, ...]
    where: str = field(default="", compare=False)


def load_scenarios(workspace: Path, drivers: DriverBeliefs) -> tuple[Scenario, ...]:
    """Read `priors/scenarios.toml` of a workspace; the shipped one belongs to the shipped facts.

    Returns
    -------
    scenarios in file order; none where there is no file

    Raises
    ------
    InputError
        If the file has faults, all of them at once.
    """
    path = own_or_shipped(workspace, SCENARIOS_FILE)
    if path is None:
        return ()
    reader, _ = open_table(path)
    gathered = Gathered()
    top = Block(reader.path, reader.table, title="top level")
    gathered.take(partial(top.only_knows, ("scenario",)))
    found: list[Scenario] = []
    seen: set[str] = set()
    for block in gathered.take(partial(blocks_in, reader, "scenario")) or []:
        scenario = gathered.take(partial(_read_scenario, block, drivers, gathered))
        if scenario is None:
            continue
        if scenario.id in seen:
            problem = f"the scenario {quoted(scenario.id)} is there twice"
            gathered.take(partial(_refuse, block, problem))
        seen.add(scenario.id)
        gathered.faults += check_scenario(scenario, drivers, block)
        found.append(scenario)
    gathered.raise_any()
    return tuple(found)


def require_history(scenario: Scenario, drivers: DriverBeliefs, *, as_of: date) -> None:
    """Check that a scenario does not contradict what is known on a day.

    Raises
    ------
    InputError
        If it does, or its time is over; every contradiction at once.
    """
    if faults := contradictions(scenario, drivers, as_of=as_of):
        raise FaultyInput(faults)


def _refuse(block: Block, problem: str) -> None:
    """Raise that an id is taken."""
    raise block.fault("id", problem, "give it another id")


def _read_scenario(block: Block, drivers: DriverBeliefs, gathered: Gathered) -> Scenario | None:
    """Read one scenario; None where anything in it is at fault, all of which is noted."""
    n_before = len(gathered.faults)
    take = gathered.take
    take(partial(block.only_knows, _KEYS))
    known = drivers.names
    scenario = Scenario(
        id=take(block.id) or "",
        title=take(partial(block.text, "title")) or "",
        narrative=take(partial(block.text, "narrative")) or "",
        by=(take(partial(block.day, "by")) if block.has("by") else None) or DEFAULT_BY,
        on=tuple(take(partial(_read_on, block, known, gathered)) or ()),
        off=tuple(take(partial(_read_off, block, known)) or ()),
        probability=take(partial(_read_probabilities, block, known, gathered)) or {},
        is_exclusive=bool(take(partial(block.truth, "exclusive", default=False))),
        evidence=str(block.find("evidence") or ""),
        essays=take(partial(block.names, "essays")) or (),
    )
    if len(gathered.faults) > n_before:
        return None
    return replace(scenario, where=f"{block.path}, {block.title}")


def _read_on(block: Block, known: Sequence[str], gathered: Gathered) -> list[Forced]:
    """Read `on`: ids, or tables of an id and a date."""
    items = block.find("on")
    if items is None:
        return []
    fix = "write on = ['a', { driver = 'b', date = '2027-Q1' }]"
    if not isinstance(items, list):
        raise block.fault("on", "'on' is not a list of drivers", fix)
    found = []
    for number, item in enumerate(items, start=1):
        if isinstance(item, str):
            item = {"driver": item}  # the short form of the same
        if not isinstance(item, dict):
            raise block.fault("on", f"{item!r} is no driver", fix)
        inner = Block(block.path, item, title=block.title, prefix=f"on {number}.")
        forced = gathered.take(partial(_read_forced, inner, known))
        found += [forced] if forced is not None else []
    return found


def _read_forced(inner: Block, known: Sequence[str]) -> Forced:
    """Read one driver that is set on."""
    inner.only_knows(("driver", "date"))
    driver = require_driver(inner, "driver", inner.text("driver"), known)
    if not inner.has("date"):
        return Forced(driver)
    start = inner.period("date")
    if start.frequency not in FINE_ENOUGH:
        problem = f"{start} is too long for the date of a driver"
        raise inner.fault("date", problem, f"write a quarter such as '{start.start.year}-Q1'")
    return Forced(driver, start)


def _read_off(block: Block, known: Sequence[str]) -> list[str]:
    """Read `off`, a list of ids."""
    return [require_driver(block, "off", name, known) for name in block.names("off")]


def _read_probabilities(
    block: Block, known: Sequence[str], gathered: Gathered
) -> dict[str, Probability]:
    """Read `probability`, a list of tables of an id and a range."""
    like = '{ driver = "d", probability = { "10%" = 0.4, "90%" = 0.6 } }'
    found: dict[str, Probability] = {}
    for inner in block.children("probability", like=like):
        gathered.take(partial(inner.only_knows, ("driver", "probability", "reason")))
        name = gathered.take(partial(inner.text, "driver"))
        stated = gathered.take(partial(read_probability, inner, "probability"))
        if name is None or stated is None:
            continue
        driver = gathered.take(partial(require_driver, inner, "driver", name, known))
        if driver in found:
            problem = f"the probability of {quoted(driver)} is stated twice"
            raise inner.fault("driver", problem, "keep one of the two")
        if driver is not None:
            found[driver] = stated
    return found
