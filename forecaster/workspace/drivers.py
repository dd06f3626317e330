"""Read the drivers that have happened, and choose the events that a history can bear.

A driver is dated and sourced; each of its effects moves one series with a shape in time. The size
is stated in natural units and carried to the link scale, where it is a normal prior:

    percentage points x at a level p    logit(p + x) - logit(p)
    percent x                           log(1 + x)
    the series' own unit                x
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forecaster.errors import Fault, FaultyInput, InputError
from forecaster.workspace.belief_tables import SHIPPED_PRIORS, Normal, open_table
from forecaster.workspace.driver_blocks import DriverBlock, EffectBlock
from forecaster.workspace.faults import did_you_mean, quoted
from forecaster.workspace.reader import SHIPPED
from forecaster.workspace.stated_sizes import StatedSize, read_size

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.periods import Period

DRIVERS_FILE = "drivers.toml"
SHAPES = ("step", "ramp", "window")
FIGURES_PER_EVENT = 4
"""A series takes one event for so many figures; each free jump lowers the fitted volatility."""
_DRIVER_KEYS = ("id", "title", "date", "actors", "source", "effect")
_EFFECT_KEYS = ("series", "shape", "lag", "quarters", "until", "size", "reason")


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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
    path = _drivers_file(workspace)
    if path is None:
        return ()
    if only is not None and not _mentions(path, only):
        return ()
    reader, _ = open_table(path)
    blocks = reader.find("driver")
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise reader.fault("driver", "there is no list of drivers", "write [[driver]] before each")
    is_known_source = _SourceIds(workspace)
    faults: list[Fault] = []
    found: list[Intervention] = []
    seen: set[str] = set()
    for number, block in enumerate(blocks, start=1):
        try:
            found += _read_driver(DriverBlock(path, block, number), entries, is_known_source, seen)
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


def _drivers_file(workspace: Path) -> Path | None:
    """Return the workspace's own file, or the shipped one where the facts are the shipped ones.

    A workspace stands alone: the shipped drivers are about series that it need not have.
    """
    own = workspace / "priors" / DRIVERS_FILE
    if own.is_file():
        return own
    shipped = SHIPPED_PRIORS / DRIVERS_FILE
    is_shipped = workspace.resolve() == SHIPPED.resolve()
    return shipped if is_shipped and shipped.is_file() else None


def _mentions(path: Path, series: Collection[str]) -> bool:
    """Say whether a file names one of the series; one that cannot be read is for the parser."""
    try:
        payload = path.read_bytes()
    except OSError:
        return True
    return any(name.encode() in payload for name in series)


class _SourceIds:
    """The ids that a driver may name as its source, looked up without parsing the files."""

    def __init__(self, workspace: Path) -> None:
        self._paths = [workspace / "sources.csv", workspace / "claims.csv"]
        self._payloads: list[bytes] = []

    def __contains__(self, name: str) -> bool:
        mark = b"\n" + name.encode() + b","
        if any(mark in payload for payload in self._payloads):
            return True
        while self._paths:
            path = self._paths.pop(0)
            self._payloads.append(path.read_bytes() if path.is_file() else b"")
            if mark in self._payloads[-1]:
                return True
        return False


def _read_driver(
    block: DriverBlock, entries: Mapping[str, SeriesEntry], sources: _SourceIds, seen: set[str]
) -> list[Intervention]:
    """Read one driver with its effects."""
    block.only_knows(block.keys(), _DRIVER_KEYS)
    name = block.text("id")
    if name in seen:
        raise block.fault("id", f"the driver {quoted(name)} is there twice", "give it another id")
    seen.add(name)
    source = block.text("source")
    if source not in sources:
        problem = f"the source {quoted(source)} is not known"
        raise block.fault("source", problem, "name an id of sources.csv or claims.csv")
    actors = block.find("actors")
    if not isinstance(actors, list) or not all(isinstance(actor, str) for actor in actors):
        raise block.fault("actors", "'actors' is not a list of names", "write ['A', 'B']")
    found: list[Intervention] = []
    for effect in block.effects():
        event = _read_effect(effect, block, entries)
        if any(event.series == other.series for other in found):
            problem = f"a second effect on {quoted(event.series)}"
            raise effect.fault("series", problem, "keep one effect on each series")
        found.append(replace(event, source=source, actors=tuple(actors)))
    return found


def _read_effect(
    block: EffectBlock, driver: DriverBlock, entries: Mapping[str, SeriesEntry]
) -> Intervention:
    """Read one effect; source and actors are those of the driver."""
    block.only_knows(block.keys(), _EFFECT_KEYS)
    series, shape = block.text("series"), block.text("shape")
    if series not in entries:
        fix = did_you_mean(series, entries) or "choose one that 'forecaster list' shows"
        raise block.fault("series", f"there is no series {quoted(series)}", fix)
    if shape not in SHAPES:
        fix = did_you_mean(shape, SHAPES) or f"use {', '.join(SHAPES)}"
        raise block.fault("shape", f"the shape {quoted(shape)} is not known", fix)
    dated = driver.period("date")
    lag = block.quarters("lag", least=0.0) if block.has("lag") else 0.0
    start = _middle(dated) + lag
    end, until = _read_end(block, shape, start=start, lag=lag)
    stated, effect = read_size(block, entries[series], reason=block.text("reason"))
    return Intervention(
        driver=driver.text("id"),
        title=driver.text("title"),
        actors=(),
        dated=dated,
        series=series,
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


def _read_end(
    block: EffectBlock, shape: str, *, start: float, lag: float
) -> tuple[float, Period | None]:
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
        return start + block.quarters("quarters", least=0.1), None
    if not given:
        return math.inf, None
    until = block.period("until")
    end = _middle(until) + lag
    if not end > start:
        raise block.fault(
            "until", f"the window ends at {until}, before it begins", "use a later one"
        )
    return end, until
