"""Choose, of all judgements about a series, those that a forecast may use, and say why not others.

The rules, in their order:

    policy targets, talk about the present, conditions      no forecasts
    bounds, and values that the link scale cannot hold      no central value
    a basis that is not declared comparable                 another quantity
    the figure is published, or is itself an observation    resolved
    several statements of one house about one figure        the newest counts
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from forecaster.records import frozen
from forecaster.workspace.faults import quoted
from forecaster.workspace.judgements import LeftOutJudgement
from forecaster.workspace.publishers import house_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from forecaster.workspace.facts import History, Row, SeriesEntry
    from forecaster.workspace.judgements import Judgement
    from forecaster.workspace.periods import Period

_EDGE = re.compile(
    r"(?:.*; )?(?:more than|less than|exceeds|at least|at most|up to|as much as|nearly)\b"
)
_TARGET = re.compile(r"\b(?:policy )?target\b")


@frozen
class SiftedJudgements:
    """The judgements that a forecast uses, and those that it leaves out.

    Attributes
    ----------
    used : the oldest first
    left_out : in the order of the rules
    """

    used: tuple[Judgement, ...]
    left_out: tuple[LeftOutJudgement, ...]


def sift_judgements(
    judgements: Sequence[Judgement],
    entry: SeriesEntry,
    history: History | None,
    *,
    first_time: float | None = None,
) -> SiftedJudgements:
    """Return the judgements that may enter a forecast of a series, and the others with reasons.

    Parameters
    ----------
    judgements : made by the as-of date
    history : what was known on the as-of date; None for a series without figures
    first_time : decimal years where the model begins; periods that start before are left out
    """
    sieve = _Sieve(list(judgements))
    sieve.set_aside(_reason_no_forecast)
    sieve.set_aside(lambda judgement: _reason_no_value(judgement, entry))
    sieve.set_aside(lambda judgement: _reason_of_basis(judgement, entry, history))
    if history is not None:
        sieve.set_aside(lambda judgement: _reason_resolved(judgement, history))
    if first_time is not None:
        sieve.set_aside(lambda judgement: _reason_too_early(judgement, entry, first_time))
    sieve.keep_newest()
    return SiftedJudgements(tuple(sieve.judgements), tuple(sieve.left_out))


def reason_unusable(judgement: Judgement, entry: SeriesEntry) -> str:
    """Return why a statement is no forecast with a central value, or nothing."""
    return _reason_no_forecast(judgement) or _reason_no_value(judgement, entry)


class _Sieve:
    """Judgements that are still in, and those that fell out."""

    def __init__(self, judgements: list[Judgement]) -> None:
        self.judgements = judgements
        self.left_out: list[LeftOutJudgement] = []

    def set_aside(self, reason_against: Callable[[Judgement], str]) -> None:
        """Drop every judgement against which there is a reason."""
        kept = []
        for judgement in self.judgements:
            if reason := reason_against(judgement):
                self.left_out.append(LeftOutJudgement(judgement, reason))
            else:
                kept.append(judgement)
        self.judgements = kept

    def keep_newest(self) -> None:
        """Keep the newest statement of each house about each period."""
        newest = {(j.publisher, j.period): j for j in sorted(self.judgements, key=_by_day)}
        self.set_aside(lambda j: _reason_replaced(j, newest[j.publisher, j.period]))


def _by_day(judgement: Judgement) -> tuple[date, bool, str]:
    """Order statements of one house about one period, the one that counts last."""
    return judgement.made_on, judgement.value is not None, judgement.id


def _reason_no_forecast(judgement: Judgement) -> str:
    """Return why a statement is no forecast, or nothing."""
    is_target = judgement.series.endswith("-target") or _TARGET.search(judgement.by)
    if is_target or "policy target" in judgement.note:
        return "a policy target is no forecast"
    if "question threshold" in judgement.note:
        return "the threshold of a question is no forecast"
    if judgement.kind == "executive" and judgement.period.start <= judgement.made_on:
        return "an executive's word about the present is no forecast"
    if _beyond_basis(judgement).startswith("if "):
        return f"it holds only {_beyond_basis(judgement)}"
    return ""


def _beyond_basis(judgement: Judgement) -> str:
    """Return the note without the basis at its beginning."""
    first, _, rest = judgement.note.partition("; ")
    return rest if first.startswith("basis ") else judgement.note


def _reason_no_value(judgement: Judgement, entry: SeriesEntry) -> str:
    """Return why a statement has no central value on the link scale, or nothing."""
    low, value, high = judgement.low, judgement.value, judgement.high
    # a central value that is also the only end of the range is that end
    is_end = (low is None) != (high is None) and value in (None, low, high)
    if is_end:
        return "it gives only a bound, no central value"
    numbers = [number for number in (low, value, high) if number is not None]
    if not numbers:
        return "it gives no value"
    if entry.kind == "share" and not all(0 < number < 1 for number in numbers):
        return "a share of exactly 0% or 100% has no finite odds"
    if entry.kind in ("positive", "count", "cumulative") and min(numbers) <= 0:
        return "an amount of zero has no logarithm"
    return ""


def is_edge(judgement: Judgement) -> bool:
    """Say whether the central value was said as an edge: 'more than 470', 'as much as 725'."""
    has_range = judgement.low is not None and judgement.high is not None
    return not has_range and _EDGE.match(_beyond_basis(judgement)) is not None


def _reason_of_basis(judgement: Judgement, entry: SeriesEntry, history: History | None) -> str:
    """Return why the basis of a statement stays out, or nothing."""
    declared = [entry.reference_basis, *entry.relations]
    if history is not None:
        declared = (
            [*history.bases, *declared] if history.target_basis in declared else [*history.bases]
        )
    if not judgement.basis or judgement.basis in declared:
        return ""
    comparable = quoted(history.target_basis if history else entry.reference_basis)
    return f"the basis {quoted(judgement.basis)} is not declared comparable with {comparable}"


def _reason_resolved(judgement: Judgement, history: History) -> str:
    """Return why the figures known make a statement history, or nothing."""
    basis = judgement.basis or history.target_basis
    rows = [row for row in history.published if row.basis == basis]
    if outcome := published_figure(judgement.period, rows, history.entry):
        row = outcome[0]
        figure = f"{row.printed} ({row.source.id})" if len(outcome) == 1 else "by its parts"
        return f"resolved: the figure of {judgement.period} was published, {figure}"
    if later := [row for row in rows if row.period.start > judgement.period.end]:
        return f"{judgement.period} is over, and the figure of {later[-1].period} is known"
    for row in history.data:
        is_same = house_of(row.source.publisher) == judgement.publisher
        if is_same and row.period == judgement.period:
            return f"the same house's figure of {row.period} is an observation"
    return ""


def published_figure(period: Period, rows: Sequence[Row], entry: SeriesEntry) -> tuple[Row, ...]:
    """Return the row, or the rows of a flow, that state the figure of a period; none if unknown.

    Parameters
    ----------
    rows : of one basis, the best edition of each period
    """
    whole = [row for row in rows if row.period == period]
    if whole:
        return (whole[0],)
    if entry.timing == "stock" or entry.kind == "cumulative":
        return tuple(row for row in rows if row.period.end == period.end)[:1]
    inside = sorted((row for row in rows if period.contains(row.period)), key=_longest_first)
    chosen: list[Row] = []
    for row in inside:
        if not any(row.period.overlaps(other.period) for other in chosen):
            chosen.append(row)
    covered = sum((row.period.end - row.period.start).days + 1 for row in chosen)
    return tuple(chosen) if covered == (period.end - period.start).days + 1 else ()


def _longest_first(row: Row) -> tuple[float, date]:
    """Order rows so that a whole comes before its parts."""
    return -row.period.length, row.period.start


def _reason_too_early(judgement: Judgement, entry: SeriesEntry, first_time: float) -> str:
    """Return why a period lies before the model begins, or nothing."""
    period = judgement.period
    start = period.end_year if entry.timing == "stock" else period.start_year
    return "" if start >= first_time - 1e-6 else f"{period} begins before the history does"


def _reason_replaced(judgement: Judgement, newest: Judgement) -> str:
    """Return which newer statement of the same house replaces one, or nothing."""
    if judgement is newest:
        return ""
    said = (judgement.low, judgement.value, judgement.high)
    if said == (newest.low, newest.value, newest.high):
        return f"another write-up of the same statement counts: {newest.id}"
    return f"replaced by a newer statement of the same house: {newest.id}"
