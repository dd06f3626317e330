"""Read one `[[driver]]`: what it is, how it starts and ends, what has happened, what it does."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from forecaster.records import frozen
from forecaster.workspace.driver_blocks import read_series, read_source
from forecaster.workspace.driver_types import (
    GROUPS,
    Driver,
    Effect,
    End,
    PastEvent,
    Start,
    state_by_events,
)
from forecaster.workspace.effect_sizes import SHAPES, read_effect_size
from forecaster.workspace.faults import quoted
from forecaster.workspace.probabilities import read_probability

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from forecaster.workspace.blocks import Block, Gathered
    from forecaster.workspace.facts import SeriesEntry

LONGEST_TITLE = 90
KINDS = ("event", "state")
_KEYS = (
    "id", "title", "summary", "actors", "group", "source", "essays", "assessed_on",
    "on_when_assessed", "judgement", "class", "start", "end", "event", "past_effect", "effect",
)  # fmt: skip
_START_KEYS = ("probability", "by", "in_force_on", "reason")
_END_KEYS = ("probability", "within_quarters", "reason")
_EVENT_KEYS = ("date", "ended", "title", "source", "verified", "note", "moment")
_EFFECT_KEYS = (
    "series", "shape", "lag", "quarters", "persists", "size", "in_history", "judgement", "reason",
)  # fmt: skip
_QUARTERS = {"step": "none", "ramp": "needed", "pulse": "needed", "cap": "none"}
"""Whether a shape has 'quarters'; where it is not named they may be left out."""


@frozen
class Known:
    """What a driver may name.

    Attributes
    ----------
    entries : series id -> entry
    derived : ids of series that are computed from others
    sources : ids of sources and claims
    """

    entries: Mapping[str, SeriesEntry]
    derived: Container[str]
    sources: Container[str]


def quarter_of(day: date) -> int:
    """Return the quarter that holds a day, counted through the years: 4 year + (quarter - 1)."""
    return 4 * day.year + (day.month - 1) // 3


def read_driver(block: Block, known: Known, gathered: Gathered) -> Driver | None:
    """Read one driver; None where anything in it is at fault, all of which is noted."""
    n_before = len(gathered.faults)
    take = gathered.take
    take(partial(block.only_knows, _KEYS))
    name = take(block.id)
    title = take(partial(_read_title, block))
    start = take(partial(_read_start, block)) if block.has("start") else None
    end = take(partial(_read_end, block)) if block.has("end") else None
    events = [
        take(partial(_read_event, each, known)) for each in _children(block, "event", gathered)
    ]
    is_on = take(partial(block.truth, "on_when_assessed"))
    default = float(bool(is_on) or any(event and event.is_verified for event in events))
    effects = [
        take(partial(_read_effect, each, known, driver=name or "", in_history=default))
        for each in _children(block, "effect", gathered)
    ]
    driver = Driver(
        id=name or "",
        title=title or "",
        summary=take(partial(block.text, "summary")) or "",
        actors=take(partial(_read_actors, block)) or (),
        group=take(partial(block.word, "group", GROUPS)) or "",
        source=take(partial(read_source, block, known.sources)) or "",
        essays=take(partial(block.names, "essays")) or (),
        assessed_on=take(partial(block.day, "assessed_on")) or date.max,
        is_on=bool(is_on),
        is_judgement=bool(take(partial(block.truth, "judgement", default=True))),
        kind=take(partial(block.word, "class", KINDS)) or "",
        start=start,
        end=end,
        events=tuple(event for event in events if event is not None),
        effects=tuple(effect for effect in effects if effect is not None),
    )
    if len(gathered.faults) == n_before:
        take(partial(_check_whole, block, driver))
    return driver if len(gathered.faults) == n_before else None


def _children(block: Block, key: str, gathered: Gathered) -> list[Block]:
    """Return the inner blocks of a driver; none where they are no list, which is noted."""
    return gathered.take(partial(block.children, key, like=f"[[driver.{key}]]")) or []


def _read_title(block: Block) -> str:
    """Return a title that fits on a line."""
    title = block.text("title")
    if len(title) >= LONGEST_TITLE:
        problem = f"the title has {len(title)} characters, and {LONGEST_TITLE - 1} are the most"
        raise block.fault("title", problem, "shorten it; 'summary' has room for more")
    return title


def _read_actors(block: Block) -> tuple[str, ...]:
    """Return the actors, which may be none but not be left out."""
    if not block.has("actors"):
        raise block.fault("actors", "'actors' is not a list of names", "write ['A', 'B']")
    return block.names("actors")


def _read_start(block: Block) -> Start:
    """Read `[driver.start]`."""
    inner = block.inner("start")
    inner.only_knows(_START_KEYS)
    given = [key for key in ("by", "in_force_on") if inner.has(key)]
    if len(given) != 1:
        problem = "both 'by' and 'in_force_on' are given" if given else "the start has no date"
        fix = "keep 'by' for a start by then, or 'in_force_on' for a state on that day"
        raise inner.fault("by", problem, fix)
    return Start(
        probability=read_probability(inner, "probability"),
        by=inner.day(given[0]),
        is_in_force=given == ["in_force_on"],
        reason=inner.text("reason"),
    )


def _read_end(block: Block) -> End:
    """Read `[driver.end]`."""
    inner = block.inner("end")
    inner.only_knows(_END_KEYS)
    return End(
        probability=read_probability(inner, "probability"),
        within_quarters=inner.quarters("within_quarters", least=1.0),
        reason=inner.text("reason"),
    )


def _read_event(block: Block, known: Known) -> PastEvent:
    """Read one `[[driver.event]]`."""
    block.only_knows(_EVENT_KEYS)
    dated = block.period("date")
    ended = block.period("ended") if block.has("ended") else None
    is_moment = block.truth("moment", default=False)
    if ended is not None and is_moment:
        problem = "a moment has no end, for it leaves the driver as it was"
        raise block.fault("ended", problem, "remove 'ended', or moment = true")
    if ended is not None and ended.end < dated.start:
        problem = f"it ended in {ended}, before it began in {dated}"
        raise block.fault("ended", problem, "use a later one")
    return PastEvent(
        date=dated,
        ended=ended,
        title=block.text("title"),
        source=read_source(block, known.sources),
        is_verified=block.truth("verified", default=True),
        is_moment=is_moment,
        note=str(block.find("note") or ""),
    )


def _read_effect(block: Block, known: Known, *, driver: str, in_history: float) -> Effect:
    """Read one `[[driver.effect]]`.

    Parameters
    ----------
    in_history : where the effect says nothing of it
    """
    block.only_knows(_EFFECT_KEYS)
    entry = read_series(block, known.entries)
    if entry.id in known.derived:
        problem = f"{quoted(entry.id)} is computed from other series, which would undo the effect"
        raise block.fault("series", problem, "put the effect on a series of its formula")
    shape = block.word("shape", SHAPES)
    reason = block.text("reason")
    size, link = read_effect_size(block, entry, shape, reason=reason)
    weight = block.number("in_history") if block.has("in_history") else in_history
    if not 0 <= weight <= 1:
        problem = f"'in_history' is {weight:g}"
        raise block.fault("in_history", problem, "write a part between 0 and 1")
    persists = block.truth("persists", default=False)
    if persists and shape == "pulse":
        problem = "a pulse goes back by itself, so it cannot persist"
        raise block.fault("persists", problem, "remove 'persists', or use a step")
    return Effect(
        driver=driver,
        series=entry.id,
        shape=shape,
        lag=block.quarters("lag", least=0.0) if block.has("lag") else 0.0,
        quarters=_read_quarters(block, shape),
        persists=persists,
        size=size,
        link=link,
        in_history=weight,
        is_judgement=block.truth("judgement", default=True),
        reason=reason,
    )


def _read_quarters(block: Block, shape: str) -> float | None:
    """Return 'quarters' of a shape that has them."""
    need = _QUARTERS.get(shape, "")
    if not block.has("quarters"):
        if need == "needed":
            until = "it is full" if shape == "ramp" else "it is gone"
            fix = f"say over how many quarters until {until}"
            raise block.fault("quarters", f"a {shape} needs 'quarters'", fix)
        return None
    if need == "none":
        raise block.fault("quarters", f"a {shape} has no 'quarters'", "remove 'quarters'")
    return block.quarters("quarters", least=0.1)


def _check_whole(block: Block, driver: Driver) -> None:
    """Check what only the parts of a driver together can break."""
    _check_switches(block, driver)
    start = driver.start
    key = "start.in_force_on" if start is not None and start.is_in_force else "start.by"
    if start is not None and quarter_of(start.by) <= quarter_of(driver.assessed_on):
        problem = f"{start.by} is not in a later quarter than 'assessed_on', {driver.assessed_on}"
        raise block.fault(key, problem, "use a date in a later quarter")
    if start is not None and start.is_in_force and driver.end is None:
        problem = "what never ends is in force once it has started"
        raise block.fault(key, problem, "write 'by' in its place, or add [driver.end]")
    _check_history(block, driver)
    seen: set[tuple[str, str, float]] = set()
    for number, effect in enumerate(driver.effects, start=1):
        if (effect.series, effect.shape, effect.lag) in seen:
            problem = f"a second {effect.shape} on {quoted(effect.series)} after the same lag"
            raise block.fault(f"effect {number}.series", problem, "put the two into one")
        seen.add((effect.series, effect.shape, effect.lag))


def _check_switches(block: Block, driver: Driver) -> None:
    """Check that class, state, start and end suit each other."""
    if driver.kind == "event" and driver.end is not None:
        problem = "an event stays once it has happened, so it has no end"
        raise block.fault("end", problem, "remove [driver.end], or write class = 'state'")
    if driver.kind == "event" and driver.is_on and driver.start is not None:
        problem = "an event happens once, and this one is on already"
        raise block.fault("start", problem, "remove [driver.start], or write class = 'state'")
    if not driver.is_on and driver.start is None:
        problem = "the driver is off and can never start"
        raise block.fault("start", problem, "add [driver.start] with its probability")
    if driver.kind == "state" and driver.start is None and driver.end is None:
        problem = "a state that can neither start nor end switches nothing"
        raise block.fault("class", problem, "add [driver.end], or write class = 'event'")


def _check_history(block: Block, driver: Driver) -> None:
    """Check that what has happened leads to the state on the day of the assessment."""
    day = driver.assessed_on
    # an event of that very month may have come before or after the day
    states = {state_by_events(driver, each) for each in (day, _after_month(day))}
    if driver.is_on in states or None in states:
        return
    said, found = ("on", "off") if driver.is_on else ("off", "on")
    problem = f"it is {said} on {driver.assessed_on}, but its events leave it {found}"
    fix = "correct 'on_when_assessed', 'ended' of an event, or mark what passed moment = true"
    raise block.fault("on_when_assessed", problem, fix)


def _after_month(day: date) -> date:
    """Return the first day of the next month."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
