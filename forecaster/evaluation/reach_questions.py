"""Pose the questions of a backtest: will a series reach a level within one or two years.

At each half-year's end the last published figure, of period p, gives three levels. The question
about year h is whether any figure after p, up to the one h years after p, is at or above the
level. What is known and what happened come from different facts:

    sort      known at the origin                            outcome
    vintage   rows published by then                         latest edition, same basis
    pseudo    latest edition, periods that ended by then     latest edition, same basis
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.records import frozen
from forecaster.workspace.facts import Facts
from forecaster.workspace.history import known_by
from forecaster.workspace.periods import FREQUENCIES, period_at, periods_from

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from forecaster.workspace.facts import History, Row, SeriesEntry
    from forecaster.workspace.periods import Period

SORTS = ("vintage", "pseudo")
FACTORS = (1.1, 1.5, 2.0)
"""What the last figure is multiplied by; for a share its odds."""
YEARS_AHEAD = (1, 2)
LEAST_POINTS_OF_SERIES = 8
LEAST_POINTS_KNOWN = 4
_DIGITS = 12
"""10 * 1.1 must be 11 and not a little more, or a count of 11 would not reach it."""


@frozen
class ReachQuestion:
    """One question with its answer.

    Attributes
    ----------
    years : ahead of the last figure's period
    factor : of the last figure, or of its odds
    level : unit of the series
    periods : those whose figures can reach it
    reached : what happened
    """

    years: int
    factor: float
    level: float
    periods: tuple[Period, ...]
    reached: bool


@frozen
class Origin:
    """A day on which something new was known, with the questions posed then.

    Attributes
    ----------
    known : published figures of the target basis and question's frequency, by period
    asked : periods that can be asked about, up to the farthest year ahead
    """

    entry: SeriesEntry
    day: date
    basis: str
    known: tuple[Row, ...]
    asked: tuple[Period, ...]
    questions: tuple[ReachQuestion, ...]


def latest_history(
    facts: Facts, series: str, *, least_points: int = LEAST_POINTS_OF_SERIES
) -> History | None:
    """Return all that is known today of a series with enough points, else None.

    None too for a real series without a typical change: half of its origins would have no scale.
    """
    try:
        history = known_by(facts, series, as_of=date.max)
    except InputError:  # nothing of it can be fitted, on any day
        return None
    if history.entry.kind == "real" and history.entry.typical_change is None:
        return None
    on_target = [row for row in history.data if row.basis == history.target_basis]
    return history if len(on_target) >= least_points else None


def as_if_published_at_once(facts: Facts, latest: History) -> Facts:
    """Return facts in which every latest edition was published when its period ended.

    Replaced editions, rows left out and judgements are gone, so none of them can come back.
    """
    rows = tuple(
        replace(row, source=replace(row.source, published=row.period.end))
        for row in latest.published
    )
    return Facts(facts.entries, {latest.entry.id: rows}, facts.hash, facts.notes)


def pose_origins(known_facts: Facts, latest: History) -> Iterator[Origin]:
    """Yield the origins of one series that have something new, and a question with an outcome.

    Parameters
    ----------
    known_facts : what is known on which day: the facts as read, or `as_if_published_at_once`
    latest : resolves the questions, and fixes the target basis
    """
    outcomes = {
        row.period: row.value for row in latest.published if row.basis == latest.target_basis
    }
    previous: Period | None = None
    for day in half_year_ends(latest):
        known = known_figures(known_facts, latest, day)
        if len(known) < LEAST_POINTS_KNOWN or known[-1].period == previous:
            continue
        previous = known[-1].period
        periods = [row.period for row in known]
        questions = tuple(_pose(latest.entry, known[-1].value, periods, outcomes))
        if questions:
            asked = resolution_periods(periods, years=max(YEARS_AHEAD))
            yield Origin(latest.entry, day, latest.target_basis, known, asked, questions)


def half_year_ends(latest: History) -> list[date]:
    """Return every end of a half-year from the first figure's period to the last publication."""
    first = min(row.period.start for row in latest.published)
    last = max(max(row.source.published, row.period.end) for row in latest.published)
    return [half.end for half in periods_from(period_at(first, "half"), until=last)]


def known_figures(facts: Facts, latest: History, day: date) -> tuple[Row, ...]:
    """Return what was known on a day: figures at the frequency most used on the target basis."""
    basis = latest.target_basis
    rows = [row for row in facts.rows[latest.entry.id] if row.basis == basis]
    if sum(row.source.published <= day for row in rows) < LEAST_POINTS_KNOWN:
        return ()
    try:
        history = known_by(facts, latest.entry.id, as_of=day, basis=basis)
    except InputError:  # what was published by then are judgements and claims only
        return ()
    used = Counter(row.period.frequency for row in history.data if row.basis == basis)
    frequency = max(used, key=lambda name: (used[name], -FREQUENCIES.index(name)))
    return tuple(
        row for row in history.published if row.basis == basis and row.period.frequency == frequency
    )


def resolution_periods(known: Sequence[Period], *, years: int) -> tuple[Period, ...]:
    """Return the periods after the last known one in which figures are expected.

    Monthly series that speak of some months only (lists of June and November) are asked about
    those months: the ones seen in the last two years known.

    Parameters
    ----------
    known : of one frequency, in order
    """
    last = known[-1]
    until = period_at(last.start.replace(year=last.start.year + years), last.frequency).end
    periods = periods_from(last.next(), until=until)
    if last.frequency != "month":
        return periods
    months = {period.start.month for period in known if period.start.year >= last.start.year - 1}
    return tuple(period for period in periods if period.start.month in months)


def level_at(entry: SeriesEntry, figure: float, factor: float) -> float | None:
    """Return the figure times the factor, for a share its odds; None where that says nothing."""
    if figure <= 0 or (entry.kind == "share" and figure >= 1):
        return None
    if entry.kind == "share":
        odds = factor * figure / (1 - figure)
        return float(f"{odds / (1 + odds):.{_DIGITS}g}")
    return float(f"{factor * figure:.{_DIGITS}g}")


def _pose(
    entry: SeriesEntry,
    figure: float,
    known: Sequence[Period],
    outcomes: dict[Period, float],
) -> Iterator[ReachQuestion]:
    """Yield the questions whose outcome is known without a gap."""
    for years in YEARS_AHEAD:
        periods = resolution_periods(known, years=years)
        if not periods or any(period not in outcomes for period in periods):
            continue
        highest = max(outcomes[period] for period in periods)
        for factor in FACTORS:
            level = level_at(entry, figure, factor)
            if level is not None:
                yield ReachQuestion(years, factor, level, periods, highest >= level)
