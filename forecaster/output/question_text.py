"""Say the answer to a question in a few words for a table, and in sentences for a reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.forecasts import question_answer as answers
from forecaster.output.digits import format_error, format_probability, format_value
from forecaster.output.plain import safe_text
from forecaster.output.sentences import on_basis, with_unit

if TYPE_CHECKING:
    from forecaster.forecasts.question_answer import (
        Answer,
        ByPeriod,
        Chance,
        Found,
        Known,
        Spread,
    )
    from forecaster.workspace.facts import SeriesEntry

FRACTION = "fraction"
DIGITS = 6
"""Significant digits of a figure that has been published."""
STATED_DIGITS = 2
LONGEST = 24
"""Letters of an outcome that a table has room for; the card of its question has all."""
_NO_WIDTH = 1e-9
"""A part that is the same in all draws differs by rounding alone."""


def short_answer(answer: Answer) -> str:
    """Return the answer in a few words: '42%', '59% (28% to 83%)', '2026-H2', 'yes (36%)'.

    Of a decided question what would have been said before stands behind the outcome.
    """
    if answer.status == answers.DECIDED and answer.outcome is not None:
        said = _short_found(answer.earlier.found) if answer.earlier else ""
        known = outcome_text(answer.outcome, answer.found)
        if len(known) > LONGEST:
            known = "decided"
        return f"{known} ({said})" if said else known
    return _short_found(answer.found) or "none"


def _short_found(found: Found | None) -> str:
    """Return what was worked out, in a few words; '' for nothing."""
    if found is None:
        return ""
    if found.times is not None and found.chance is not None and not _is_driver(found):
        return _short_times(found.times)
    if found.chance is not None:
        return probability_text(found.chance)
    if found.spread is not None and found.entry is not None:
        values = spread_texts(found.spread, found.entry)
        middle = in_unit(values[len(values) // 2], found.entry)
        return f"{middle} ({values[0]} to {values[-1]})"
    entry = found.entry
    if found.parts and entry is not None:
        return ", ".join(spread_texts(part.share, entry)[1] for part in found.parts)
    return ""


def _is_driver(found: Found) -> bool:
    """Say whether an answer with times is about a driver, whose chance by the end is asked."""
    return found.entry is None


def _short_times(times: ByPeriod) -> str:
    """Return the median date, or that there is none."""
    median = times.median
    return str(median) if median else f"after {times.periods[-1]}"


def outcome_text(known: Known, found: Found | None) -> str:
    """Return what has been decided."""
    if isinstance(known.answer, str):
        return safe_text(known.answer)
    if found is None or found.entry is None:
        return f"{known.answer:.{DIGITS}g}"
    entry = found.entry
    if entry.unit == FRACTION:
        return f"{100 * known.answer:.{DIGITS - 2}g}%"
    return with_unit(f"{known.answer:,.{DIGITS}g}", entry)


def probability_text(chance: Chance) -> str:
    """Return a probability with the digits that its error supports."""
    return format_probability(chance.probability, mcse=chance.mcse)


def spread_texts(spread: Spread, entry: SeriesEntry) -> list[str]:
    """Return quantiles, without their unit, in digits that tell them apart."""
    if not entry.id and entry.kind != "share":  # stated: nobody means a third digit
        return [f"{value:,.{STATED_DIGITS}g}" for value in spread.values]
    width = spread.values[-1] - spread.values[0]
    if width < _NO_WIDTH * abs(spread.values[-1]):
        width = 0.0
    kind = "share" if entry.unit == FRACTION else entry.kind
    return [
        format_value(value, kind=kind, unit=entry.unit, mcse=error, spread=width)
        for value, error in zip(spread.values, spread.mcse, strict=True)
    ]


def in_unit(text: str, entry: SeriesEntry) -> str:
    """Put the unit after a number; fractions carry their percent."""
    return text if entry.unit == FRACTION else with_unit(text, entry)


def answer_sentences(answer: Answer) -> list[str]:
    """Return the answer to one question, the most important first."""
    found = answer.found
    said = []
    if answer.outcome is not None:
        said.append(outcome_sentence(answer.outcome, found))
        if answer.earlier is not None:
            said += [f"Seen from {answer.earlier.as_of}: {each}" for each in _before(answer)]
        return said
    if found is None:
        return [f"As of {answer.as_of} there is no answer: {safe_text(answer.reason)}"]
    said += [f"As of {answer.as_of}: {each}" for each in found_sentences(found)[:1]]
    said += found_sentences(found)[1:]
    return said or [f"As of {answer.as_of} nothing is on record that answers it."]


def _before(answer: Answer) -> list[str]:
    """Return what would have been said of a decided question before."""
    earlier = answer.earlier
    assert earlier is not None
    if earlier.outcome is not None:
        return [f"already decided, {outcome_text(earlier.outcome, earlier.found)}."]
    if earlier.found is None:
        return [safe_text(earlier.reason)]
    return found_sentences(earlier.found)[:1] or ["nothing was on record."]


def outcome_sentence(known: Known, found: Found | None) -> str:
    """Return what has been decided, by whom and since when."""
    who = "Answered by what is published" if known.is_history else "Decided"
    note = f" {safe_text(known.note)}" if known.note else ""
    answer = outcome_text(known, found)
    source = safe_text(known.source)
    return f"{who}: {answer}, source {source}, known on {known.known_on}.{note}"


def found_sentences(found: Found) -> list[str]:
    """Return what was worked out."""
    about = f"{safe_text(found.period)}{on_basis(found.basis)}"
    if found.times is not None and not _is_driver(found):
        return _times_sentences(found.times, on_basis(found.basis))
    said = []
    if found.chance is not None:
        said.append(f"the probability is {_with_error(found.chance)} ({about}).")
        if found.ends is not None:
            low, high = (f"{100 * end:.3g}%" for end in (found.ends.low, found.ends.high))
            said.append(f"At the two ends of what is stated it is {low} and {high}.")
    if found.spread is not None and found.entry is not None:
        said += _spread_sentences(found, found.spread, found.entry, about)
    if found.parts and found.entry is not None:
        entry = found.entry
        parts = [
            f"{safe_text(part.name)} {spread_texts(part.share, entry)[1]}" for part in found.parts
        ]
        said.append(f"{', '.join(parts)} (medians; {about}).")
    return said


def _spread_sentences(found: Found, spread: Spread, entry: SeriesEntry, about: str) -> list[str]:
    """Return a figure with its band, and the chance to be above a level."""
    low, *_, high = spread_texts(spread, entry)
    middle = in_unit(spread_texts(spread, entry)[len(spread.values) // 2], entry)
    said = [f"{middle} is expected (90% band {low} to {high}; {about})."]
    if found.against is not None and found.applied is not None:
        level = in_unit(level_words(found.applied, entry), entry)
        said.append(f"The chance of {level} or more is {_with_error(found.against)}.")
    return said


def _times_sentences(times: ByPeriod, basis: str) -> list[str]:
    """Return when something first happens."""
    never = f"in {_with_error(times.never)} of the draws it does not happen by {times.periods[-1]}"
    if times.median is None:
        return [f"there is no median date: {never}{basis}."]
    return [f"the median date is {times.median}; {never}{basis}."]


def _with_error(chance: Chance) -> str:
    """Return a probability with its Monte Carlo error."""
    if not chance.mcse:
        return probability_text(chance)
    return f"{probability_text(chance)} (Monte Carlo error ±{format_error(chance.mcse)})"


def level_words(level: float, entry: SeriesEntry) -> str:
    """Return a level in all its digits, without its unit."""
    return f"{100 * level:.10g}%" if entry.unit == FRACTION else f"{level:,.10g}"
