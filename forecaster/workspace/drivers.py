"""Read the drivers that have happened, and choose the events that a history can bear.

A driver has dated events with sources; each of its past effects belongs to one of them, and moves
one series with a shape in time. The size is stated in natural units and carried to the link scale,
where it is a normal prior:

    percentage points x at a level p    logit(p + x) - logit(p)
    percent x                           log(1 + x)
    the series' own unit                x
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.errors import Fault, FaultyInput, InputError
from forecaster.records import frozen
from forecaster.workspace.belief_tables import Normal, TableReader, open_table
from forecaster.workspace.blocks import Block, blocks_in
from forecaster.workspace.driver_blocks import (
    DRIVERS_FILE,
    SourceIds,
    own_or_shipped,
    read_series,
    read_source,
)
from forecaster.workspace.driver_text import cut_at_headers, has_block, parse_drivers
from forecaster.workspace.faults import quoted
from forecaster.workspace.stated_sizes import StatedSize, read_size

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.periods import Period

SHAPES = ("step", "ramp", "window")
FIGURES_PER_EVENT = 4
"""A series takes one event for so many figures; each free jump lowers the fitted volatility."""
_EFFECT_KEYS = ("date", "series", "shape", "lag", "quarters", "until", "size", "reason")


@frozen
class Intervention:
    """What one driver that has happened did to one series.

    Attributes
    ----------
    driver, title, actors : of the driver
    dated : when it happened, as precisely as known
    series : id of the series that it moved
    shape : 'step' | 'ramp' | 'window'
    start : decimal year at which the effect begins
    end : decimal year at which a ramp is full or a window is over; infinite for a step, and for a
        window that is not known to end
    until : when a window was ended, where that is a dated event of its own
    effect : prior of the full effect, link units
    stated : the size as it was written
    source : id of sources.csv, or of a seed claim
    """

    driver: str
    title: str
    actors: tuple[str, ...]
    dated: Period
    series: str
    shape: str
    start: float
    end: float
    until: Period | None
    effect: Normal
    stated: StatedSize
    reason: str
    source: str


@frozen
class ChosenEvents:
    """The events that enter a fit, and those that do not, each with the reason in words."""

    kept: tuple[Intervention, ...] = ()
    left_out: tuple[tuple[Intervention, str], ...] = ()


def load_interventions(
    workspace: Path,
    entries: Mapping[str, SeriesEntry],
    *,
    only: Collection[str] | None = None,
) -> tuple[Intervention, ...]:
    """Read `priors/drivers.toml` of a workspace; the shipped one belongs to the shipped facts.

    Parameters
    ----------
    entries : every series of the workspace
    only : ids of series; a file that mentions none of them is not parsed at all

    Raises
    ------
    InputError
        If the file has faults: the first of every driver, all of them at once.
    """
    path = own_or_shipped(workspace, DRIVERS_FILE)
    if path is None:
        return ()
    blocks = _blocks(path, only)
    if not blocks and only is None:
        fix = "write [[driver]] before each"
        raise TableReader(path, {}).fault("driver", "there is no list of drivers", fix)
    sources = SourceIds(workspace)
    faults: list[Fault] = []
    found: list[Intervention] = []
    seen: set[str] = set()
    for block in blocks:
        try:
            name = str(block.find("id"))
            if name in seen:
                problem = f"the driver {quoted(name)} is there twice"
                raise block.fault("id", problem, "give it another id")
            seen.add(name)
            found += read_past_effects(block, entries, sources)
        except InputError as error:
            faults.extend(error.faults)
    if faults:
        raise FaultyInput(faults)
    return tuple(found if only is None else (event for event in found if event.series in only))


def choose_events(
    interventions: Sequence[Intervention], series: str, *, as_of: date, n_figures: int
) -> ChosenEvents:
    """Return the events that a fit of one series may use.

    Those that happened before the as-of day; a window whose end was not known by then is still on.
    Of more than one for every four figures, those with the widest priors stay.

    Parameters
    ----------
    n_figures : observations known by the as-of day
    """
    known = [
        _as_known(event, as_of)
        for event in interventions
        if event.series == series and event.dated.end < as_of
    ]
    most = n_figures // FIGURES_PER_EVENT
    widest_first = sorted(known, key=lambda event: -event.effect.sd)  # stable: file order on ties
    kept = widest_first[:most]
    reason = (
        f"{n_figures} figures bear at most {most} dated event{'' if most == 1 else 's'}, "
        "and those with wider priors come first"
    )
    return ChosenEvents(
        kept=tuple(event for event in known if event in kept),
        left_out=tuple((event, reason) for event in known if event not in kept),
    )


def _as_known(event: Intervention, as_of: date) -> Intervention:
    """Return the event as it was known on a day."""
    if event.until is not None and event.until.end >= as_of:
        return replace(event, end=math.inf, until=None)
    return event


def has_future_effects(workspace: Path, series: Collection[str]) -> bool:
    """Say whether a driver will move one of the series, at the cost of reading the file's text.

    A file that is not written in the usual style is taken to do so.
    """
    path = own_or_shipped(workspace, DRIVERS_FILE)
    text = None if path is None else _text_of(path)
    if text is None:
        return path is not None
    stretches = cut_at_headers(text)
    return stretches is None or has_block(stretches, "[[driver.effect]]", series)


def _blocks(path: Path, only: Collection[str] | None) -> list[Block]:
    """Return the drivers of a file, or those of them that have moved one of the series."""
    text = None if only is None else _text_of(path)
    if text is not None and only is not None and not any(series in text for series in only):
        return []
    stretches = None if text is None else cut_at_headers(text)
    if only is not None and stretches is not None:
        found = parse_drivers(stretches, "[[driver.past_effect]]", only)
        if found is not None:
            return [Block(path, table, title=f"[[driver]] {k}") for k, table in found]
    return blocks_in(open_table(path)[0], "driver")


def _text_of(path: Path) -> str | None:
    """Return the text of a file; None for one that only the parser can say what is wrong with."""
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def read_past_effects(
    block: Block, entries: Mapping[str, SeriesEntry], sources: Container[str]
) -> list[Intervention]:
    """Read what one driver has done so far; nothing where it has no `[[driver.past_effect]]`.

    Raises
    ------
    InputError
        At the first fault.
    """
    effects = block.children("past_effect", like="[[driver.past_effect]]")
    if not effects:
        return []
    block.id()
    source = read_source(block, sources)
    actors = block.names("actors", least=0 if block.has("actors") else 1)
    dates = _verified_dates(block)
    found: list[Intervention] = []
    for effect in effects:
        event = _read_effect(effect, block, entries, dates)
        if any((event.series, event.dated) == (other.series, other.dated) for other in found):
            problem = f"a second effect on {quoted(event.series)}"
            raise effect.fault("series", problem, "keep one effect on each series")
        found.append(replace(event, source=source, actors=actors))
    return found


def _verified_dates(block: Block) -> list[str]:
    """Return the dates of the events of a driver that may have effects, as they are written."""
    events = block.children("event", like="[[driver.event]]")
    return [str(event.find("date")) for event in events if event.find("verified") is not False]


def _read_effect(
    block: Block, driver: Block, entries: Mapping[str, SeriesEntry], dates: Sequence[str]
) -> Intervention:
    """Read one effect; source and actors are those of the driver."""
    block.only_knows(_EFFECT_KEYS)
    entry = read_series(block, entries)
    shape = block.word("shape", SHAPES)
    dated = block.period("date")
    if str(block.find("date")) not in dates:
        problem = f"no verified event of the driver has the date '{dated}'"
        fix = f"use {' or '.join(map(quoted, dates))}" if dates else "add its [[driver.event]]"
        raise block.fault("date", problem, fix)
    lag = block.number("lag", least=0.0) / 4 if block.has("lag") else 0.0
    start = _middle(dated) + lag
    end, until = _read_end(block, shape, start=start, lag=lag)
    stated, effect = read_size(block, entry, reason=block.text("reason"))
    return Intervention(
        driver=driver.text("id"),
        title=driver.text("title"),
        actors=(),
        dated=dated,
        series=entry.id,
        shape=shape,
        start=start,
        end=end,
        until=until,
        effect=effect,
        stated=stated,
        reason=effect.reason,
        source="",
    )


def _middle(period: Period) -> float:
    """Return the middle of a period, the best guess of a day within it."""
    return (period.start_year + period.end_year) / 2


def _read_end(block: Block, shape: str, *, start: float, lag: float) -> tuple[float, Period | None]:
    """Return where a ramp is full or a window over, and the dated end of a window."""
    allowed = {"step": (), "ramp": ("quarters",), "window": ("quarters", "until")}[shape]
    given = [key for key in ("quarters", "until") if block.has(key)]
    for key in given:
        if key not in allowed:
            raise block.fault(key, f"a {shape} has no '{key}'", f"remove '{key}'")
    if len(given) > 1:
        raise block.fault("until", "both 'quarters' and 'until' are given", "keep one of them")
    if shape == "ramp" and not given:
        raise block.fault("quarters", "a ramp needs 'quarters'", "say over how many it grows")
    if given == ["quarters"]:
        return start + block.number("quarters", least=0.1) / 4, None
    if not given:
        return math.inf, None
    until = block.period("until")
    end = _middle(until) + lag
    if not end > start:
        raise block.fault(
            "until", f"the window ends at {until}, before it begins", "use a later one"
        )
    return end, until
