"""Read what questions ask, one reader for each type."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.records import frozen
from forecaster.workspace.driver_relations import require_driver
from forecaster.workspace.faults import printable, quoted
from forecaster.workspace.levels import parse_level
from forecaster.workspace.probabilities import read_probability
from forecaster.workspace.question_types import (
    Ask,
    Crossing,
    DriverAsked,
    EventAsked,
    Numeric,
    Part,
    Ranking,
    Shares,
    Stated,
    Threshold,
)
from forecaster.workspace.stated_sizes import read_quantiles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from forecaster.workspace.blocks import Block, Gathered
    from forecaster.workspace.driver_types import DriverBeliefs
    from forecaster.workspace.targets import Target, Targets

FREQUENCIES = {"year": "year", "half-year": "half", "quarter": "quarter"}
_FRACTION = "fraction"


@frozen
class Bank:
    """What questions may name, and where faults are noted."""

    targets: Targets
    drivers: DriverBeliefs
    gathered: Gathered


def read_target(block: Block, key: str, text: str, bank: Bank) -> Target:
    """Return the series or formula under a key."""
    place = f"{printable(str(block.path))}, {block.title}, key '{block.prefix}{key}'"
    return bank.targets.find(text, place=place)


def read_level(block: Block, key: str, target: Target) -> tuple[float, str]:
    """Return a level in the unit of its series, and as it was written."""
    value = block.find(key)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number and not (isinstance(value, str) and value.strip()):
        fix = f"write a level in quotes, such as {key} = '40%' or '200bn'"
        raise block.fault(key, f"'{key}' is missing", fix)
    text = repr(value) if is_number else value
    try:
        return parse_level(text, target.entry), text
    except InputError as error:
        fault = error.faults[0]
        raise block.fault(key, fault.problem, fault.fix) from None


def _threshold(block: Block, bank: Bank) -> Threshold:
    """Read a question about a level by a date."""
    target = read_target(block, "series", block.text("series"), bank)
    level, text = read_level(block, "level", target)
    if block.has("period") == block.has("until"):
        problem = "both 'period' and 'until' are given" if block.has("until") else "it has no time"
        fix = "keep 'period' for that figure, or 'until' for any figure up to it"
        raise block.fault("period", problem, fix)
    if block.has("period") and block.has("from"):
        raise block.fault("from", "a single period has no 'from'", "remove 'from'")
    first = block.period("from") if block.has("from") else None
    until = block.period("until") if block.has("until") else None
    if first is not None and until is not None and first.start > until.end:
        raise block.fault("from", f"{first} comes after {until}", "use an earlier one")
    return Threshold(
        target=target,
        level=level,
        level_text=text,
        below=block.truth("below", default=False),
        period=block.period("period") if block.has("period") else None,
        first=first,
        until=until,
    )


def _numeric(block: Block, bank: Bank) -> Numeric:
    """Read a question about a figure."""
    if block.has("series") == block.has("stated"):
        problem = "it has both 'series' and 'stated'" if block.has("series") else "it has no series"
        fix = "keep 'series', or 'stated' for what no series has"
        raise block.fault("series", problem, fix)
    if block.has("stated"):
        if block.has("against"):
            problem = "'against' is a level of a series, and there is none"
            raise block.fault("against", problem, "remove 'against'")
        stated = Stated(read_quantiles(block, "stated"), block.text("unit"))
        return Numeric(None, block.period("period"), None, "", stated)
    target = read_target(block, "series", block.text("series"), bank)
    against, text = read_level(block, "against", target) if block.has("against") else (None, "")
    return Numeric(target, block.period("period"), against, text, None)


def _crossing(block: Block, bank: Bank) -> Crossing:
    """Read a question about a date of crossing."""
    target = read_target(block, "series", block.text("series"), bank)
    level, text = read_level(block, "level", target)
    return Crossing(
        target=target,
        level=level,
        level_text=text,
        below=block.truth("below", default=False),
        until=block.period("until"),
        frequency=FREQUENCIES[block.word("frequency", FREQUENCIES, default="year")],
    )


def _ranking(block: Block, bank: Bank) -> Ranking:
    """Read a question about ranks."""
    first = read_target(block, "first", block.text("first"), bank)
    others = [read_target(block, "others", name, bank) for name in block.names("others", least=1)]
    growth_from = block.period("growth_from") if block.has("growth_from") else None
    period = block.period("period")
    if growth_from is not None and not growth_from.start < period.start:
        problem = f"growth from {growth_from} to {period} goes back in time"
        raise block.fault("growth_from", problem, "use an earlier one")
    if growth_from is None:
        _check_units(block, "others", [first, *others])
    if len({target.text for target in (first, *others)}) <= len(others):
        raise block.fault("others", "a series is ranked twice", "name each once")
    rank = block.number("rank") if block.has("rank") else 1.0
    if not (rank.is_integer() and 1 <= rank <= len(others) + 1):
        fix = f"write a whole number from 1 to {len(others) + 1}"
        raise block.fault("rank", f"'rank' is {rank:g} among {len(others) + 1} series", fix)
    return Ranking(
        first=first,
        others=tuple(others),
        period=period,
        rank=int(rank),
        at_least=block.truth("at_least", default=False),
        growth_from=growth_from,
    )


def _shares(block: Block, bank: Bank) -> Shares:
    """Read a question about how a whole divides."""
    blocks = block.children("parts", like='{ name = "A", series = "id" }')
    rest = block.text("rest") if block.has("rest") else ""
    if len(blocks) + bool(rest) < 2:
        problem = "a whole has two parts or more"
        raise block.fault("parts", problem, "write parts = [{ name = 'A', series = 'id' }, ...]")
    parts = [bank.gathered.take(partial(_part, each, bank)) for each in blocks]
    found = tuple(part for part in parts if part is not None)
    names = [part.name for part in found] + [rest] * bool(rest)
    if len(set(names)) < len(names):
        raise block.fault("parts", "two parts have one name", "give each a name of its own")
    if len({part.target is None for part in found}) > 1:
        problem = "some parts have a series, others are stated"
        raise block.fault("parts", problem, "state all of them, or give each a series")
    _check_units(block, "parts", [part.target for part in found if part.target is not None])
    return Shares(found, rest, block.period("period"))


def _part(block: Block, bank: Bank) -> Part:
    """Read one part of a whole."""
    block.only_knows(("name", "series", "stated"))
    name = block.text("name")
    if block.has("series") == block.has("stated"):
        problem = f"the part {quoted(name)} has not one of 'series' and 'stated'"
        raise block.fault("series", problem, "give it a series, or quantiles under 'stated'")
    if block.has("series"):
        return Part(name, read_target(block, "series", block.text("series"), bank), None)
    quantiles = read_quantiles(block, "stated")
    for _, value in quantiles:
        if not 0 < value < 1:
            problem = f"{value:g} is no share of a whole"
            raise block.fault("stated", problem, "write fractions between 0 and 1")
    return Part(name, None, Stated(quantiles, _FRACTION))


def _check_units(block: Block, key: str, targets: Sequence[Target]) -> None:
    """Check that figures can be compared."""
    for target in targets[1:]:
        units = targets[0].entry.unit, target.entry.unit
        if units[0] != units[1]:
            problem = (
                f"{quoted(targets[0].text)} is in {quoted(units[0])}, "
                f"{quoted(target.text)} in {quoted(units[1])}"
            )
            raise block.fault(key, problem, "compare figures in one unit")


def _driver(block: Block, bank: Bank) -> DriverAsked:
    """Read a question about a driver."""
    name = require_driver(block, "driver", block.text("driver"), bank.drivers.names)
    asks_for = block.word("asks_for", ("started", "in_force"))
    if asks_for == "in_force":
        for key in ("from", "until"):
            if block.has(key):
                raise block.fault(key, f"a state on a day has no '{key}'", f"remove '{key}'")
        return DriverAsked(name, asks_for, None, None, block.day("on"))
    if block.has("on"):
        raise block.fault("on", "a start by a day has no 'on'", "write 'until' in its place")
    driver = bank.drivers.by_id.get(name)  # one with faults of its own is told elsewhere
    first = None if driver is None else driver.assessed_on
    first = block.day("from") if block.has("from") else first
    until = block.day("until")
    if first is not None and not first < until:
        raise block.fault("until", f"{until} is not after {first}", "use a later one")
    return DriverAsked(name, asks_for, first, until, None)


def _event(block: Block, bank: Bank) -> EventAsked:
    """Read a question about something that is no driver."""
    by = block.day("by")
    given = [key for key in ("driver", "given_on", "given_off") if block.has(key)]
    if block.has("probability"):
        if given:
            problem = f"it has both 'probability' and '{given[0]}'"
            fix = "keep 'probability', or 'driver' with 'given_on' and 'given_off'"
            raise block.fault(given[0], problem, fix)
        return EventAsked(by, read_probability(block, "probability"), "", None, None)
    if not given:
        fix = 'write probability = { "10%" = 0.1, "90%" = 0.3 }'
        raise block.fault("probability", "it has no probability", fix)
    name = require_driver(block, "driver", block.text("driver"), bank.drivers.names)
    given_on, given_off = (read_probability(block, key) for key in ("given_on", "given_off"))
    return EventAsked(by, None, name, given_on, given_off)


READERS: Mapping[str, tuple[Callable[[Block, Bank], Ask], tuple[str, ...]]] = {
    "threshold": (_threshold, ("series", "level", "below", "period", "until", "from")),
    "numeric": (_numeric, ("series", "period", "against", "stated", "unit")),
    "crossing": (_crossing, ("series", "level", "below", "until", "frequency")),
    "ranking": (_ranking, ("first", "others", "period", "rank", "at_least", "growth_from")),
    "shares": (_shares, ("parts", "rest", "period")),
    "driver": (_driver, ("driver", "asks_for", "from", "until", "on")),
    "event": (_event, ("probability", "by", "driver", "given_on", "given_off")),
}
"""Type -> its reader, and the keys that it has beside those of every question."""
