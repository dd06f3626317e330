"""Find what is forecast together, and the days on which that can be tried out.

    set       the parts of a composition, or the members of a group
    origin    a year's end at which a new figure of the set was known
    target    of every member known by two figures or more, its figures 1 to 5 years after the last
              one known, of the frequency most used, on the basis that is forecast at the origin

What is known and what happened come from the sources that `reach_questions` names for its sorts.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.evaluation.leave_future_out import YEARS_AHEAD
from forecaster.records import frozen
from forecaster.workspace.compositions import known_composition, parts_of
from forecaster.workspace.history import known_by
from forecaster.workspace.periods import FREQUENCIES, period_at
from forecaster.workspace.pools import pool_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from forecaster.workspace.compositions import Chosen
    from forecaster.workspace.facts import Facts, History, Row, SeriesEntry
    from forecaster.workspace.periods import Period

    Came = Mapping[tuple[str, str, Period], Row]

LEAST_KNOWN = 2
"""Figures that a member must have to be scored: of one, any forecast is little but its prior."""
LEAST_MEMBERS = 2


@frozen
class JointSet:
    """Series that one family forecasts together.

    Attributes
    ----------
    family : 'composition' | 'pooled'
    name : id of the composition; what a group is called in tables
    series : the parts that are chosen, or the members, in order
    """

    family: str
    name: str
    series: tuple[str, ...]


@frozen
class JointOrigin:
    """A day on which something new was known of a set.

    Attributes
    ----------
    basis : target basis of a whole; None where every member has its own
    histories : member -> what was known of it
    known : member -> its figures of the target basis and the frequency most used, by period
    targets : member -> periods to be forecast -> the figure that came; members without any are
        not in it
    """

    day: date
    basis: str | None
    histories: Mapping[str, History]
    known: Mapping[str, tuple[Row, ...]]
    targets: Mapping[str, Mapping[Period, Row]]

    @property
    def until(self) -> Period:
        """The last period to be forecast."""
        return max(period for found in self.targets.values() for period in found)


def composition_sets(
    entries: Mapping[str, SeriesEntry], chosen: Chosen
) -> tuple[tuple[JointSet, ...], tuple[str, ...]]:
    """Return every composition of the table, and the names of those not made of shares.

    Parameters
    ----------
    chosen : composition -> its parts, where not all are
    """
    found, others = [], []
    for name in sorted({entry.composition for entry in entries.values()} - {""}):
        try:
            found.append(JointSet("composition", name, parts_of(entries, name, chosen)))
        except InputError:  # counts, which no family forecasts as parts
            others.append(name)
    return tuple(found), tuple(others)


def pooled_set(entries: Mapping[str, SeriesEntry], name: str, like: str) -> JointSet:
    """Return the group of a series.

    Parameters
    ----------
    name : what it is called in tables
    like : id of one member
    """
    return JointSet("pooled", name, tuple(sorted(pool_names(entries, [like]))))


def as_whole(facts: Facts, name: str, parts: Sequence[str]) -> Facts:
    """Return facts in which some series, and no others, are the parts of a composition."""
    entries = {
        entry.id: replace(
            entry,
            composition=name
            if entry.id in parts
            else ("" if entry.composition == name else entry.composition),
        )
        for entry in facts.entries.values()
    }
    return replace(facts, entries=entries)


def published_at_once(facts: Facts, together: JointSet) -> Facts:
    """Return facts in which the latest edition of every figure appeared when its period ended.

    Replaced editions, rows left out and other series are gone.
    """
    rows = {name: _latest(facts, name) for name in together.series}
    at_once = {
        name: tuple(replace(r, source=replace(r.source, published=r.period.end)) for r in found)
        for name, found in rows.items()
    }
    return replace(facts, rows=at_once)


def joint_origins(
    known_facts: Facts, facts: Facts, together: JointSet, *, chosen: Chosen
) -> Iterator[JointOrigin]:
    """Yield the origins of a set that have a figure to be forecast; at most one a year.

    Parameters
    ----------
    known_facts : what is known on which day: the facts as read, or `published_at_once`
    facts : as read; they say what came
    """
    latest = {name: _latest(facts, name) for name in together.series}
    rows = [row for found in latest.values() for row in found]
    if not rows:
        return
    came = {(row.series, row.basis, row.period): row for row in rows}
    basis = _basis_of_whole(facts, together, chosen)
    last_day = max(max(row.period.end, row.source.published) for row in rows)
    previous: dict[str, int] = {}
    for year in range(min(row.period.start.year for row in rows), last_day.year + 1):
        origin = _look_back(known_facts, together, date(year, 12, 31), basis, came)
        counts = {name: len(found) for name, found in origin.known.items()}
        if origin.targets and counts != previous:
            yield origin
        previous = counts


def _basis_of_whole(facts: Facts, together: JointSet, chosen: Chosen) -> str | None:
    """Return the basis that a composition is forecast on today; None for a group."""
    if together.family != "composition":
        return None
    found = known_composition(facts, together.name, as_of=date.max, chosen=chosen)
    return found.target_basis


def _latest(facts: Facts, series: str) -> tuple[Row, ...]:
    """Return the figures of a series as they are known today, none where nothing can be fitted."""
    try:
        return known_by(facts, series, as_of=date.max).published
    except InputError:
        return ()


def _look_back(
    facts: Facts, together: JointSet, day: date, basis: str | None, came: Came
) -> JointOrigin:
    """Return what was known of a set on a day, with the targets that have come."""
    histories: dict[str, History] = {}
    for name in together.series:
        try:
            histories[name] = known_by(facts, name, as_of=day, basis=basis)
        except InputError:  # nothing was known of it by then
            continue
    frequency = _frequency(histories.values())
    known = {
        name: tuple(
            row
            for row in history.published
            if row.basis == history.target_basis and row.period.frequency == frequency
        )
        for name, history in histories.items()
    }
    targets = {name: _targets(rows, came) for name, rows in known.items()}
    return JointOrigin(
        day=day,
        basis=basis,
        histories=histories,
        known=known,
        targets={
            name: found
            for name, found in targets.items()
            if found and len(histories) >= LEAST_MEMBERS
        },
    )


def _frequency(histories: Iterable[History]) -> str:
    """Return the frequency most used on the target bases, the coarser one on a tie."""
    used = Counter(
        row.period.frequency
        for history in histories
        for row in history.published
        if row.basis == history.target_basis and row.period.frequency != "day"
    )
    return max(used, key=lambda name: (used[name], -FREQUENCIES.index(name)), default="year")


def _targets(known: Sequence[Row], came: Came) -> dict[Period, Row]:
    """Return the figures that came 1 to 5 years after the last one known."""
    if len(known) < LEAST_KNOWN:
        return {}
    row = known[-1]
    start, frequency = row.period.start, row.period.frequency
    ahead = [period_at(start.replace(year=start.year + k), frequency) for k in YEARS_AHEAD]
    keys = [(row.series, row.basis, period) for period in ahead]
    return {key[2]: came[key] for key in keys if key in came}


def thin_out(facts: Facts, origin: JointOrigin) -> tuple[Facts, JointOrigin]:
    """Return facts and an origin in which every second member has its last two figures only.

    Only these are to be forecast: what a group lends to a member is seen where one has little. None
    is where all have only two.
    """
    thin = [name for name, rows in sorted(origin.known.items())[1::2] if len(rows) > LEAST_KNOWN]
    last = {name: origin.known[name][-LEAST_KNOWN:] for name in thin}
    targets = {name: origin.targets[name] for name in thin if name in origin.targets}
    return (
        replace(facts, rows={**facts.rows, **last}),
        replace(origin, known={**origin.known, **last}, targets=targets),
    )
