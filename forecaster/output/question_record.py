"""Turn answers into records for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecaster.output.question_text import answer_sentences

if TYPE_CHECKING:
    from forecaster.forecasts.question_answer import Answer, Chance, Found, Known, Spread
    from forecaster.workspace.question_types import Question


def answer_record(answer: Answer) -> dict[str, Any]:
    """Return an answer as plain lists, numbers and texts, in full precision.

    Keys: those of `question_record`; `status`, `as_of`, `scenario`, `sentences`, `answer` (null
    where there is none), `outcome` (null where none was known), `earlier` (of a decided question
    the answer of a day before), `rests_on`, `is_judgement`, `reason` and `warnings`.
    """
    found = answer.found
    judged = answer.question.is_judgement or bool(found and found.footing.is_judgement)
    return {
        **question_record(answer.question),
        "status": answer.status,
        "as_of": answer.as_of.isoformat(),
        "scenario": answer.scenario,
        "sentences": answer_sentences(answer),
        "answer": None if found is None else _found_record(found),
        "outcome": None if answer.outcome is None else _known_record(answer.outcome),
        "earlier": None if answer.earlier is None else answer_record(answer.earlier),
        "rests_on": answer.rests_on,
        "is_judgement": judged,
        "reason": answer.reason,
        "warnings": list(answer.warnings),
    }


def question_record(question: Question) -> dict[str, Any]:
    """Return what a question asks, and how it is decided."""
    return {
        "id": question.id,
        "title": question.title,
        "type": question.type,
        "asks": question.asks,
        "series": list(question.series),
        "resolves_by": question.resolves_by,
        "resolves_on": question.resolves_on.isoformat(),
        "rounding": question.rounding,
        "void_if": question.void_if,
        "how_it_is_read": question.reason,
        "essays": list(question.essays),
    }


def _found_record(found: Found) -> dict[str, Any]:
    """Return what was worked out; what a type does not have is left out."""
    record: dict[str, Any] = {"period": found.period, "basis": found.basis}
    if found.entry is not None:
        record["unit"] = found.entry.unit
    if found.applied is not None:
        record["counts_from"] = found.applied
    if found.chance is not None:
        record |= _chance(found.chance)
    if found.against is not None:
        record["against"] = _chance(found.against)
    if found.spread is not None:
        record["quantiles"] = _spread(found.spread)
    if found.parts:
        record["parts"] = [{"name": part.name, **_spread(part.share)} for part in found.parts]
    if found.ends is not None:
        record |= {"low_end": found.ends.low, "high_end": found.ends.high}
    times = found.times
    if times is not None:
        record["never"] = _chance(times.never)
        record["median_period"] = str(times.median) if times.median else None
        record["periods"] = [
            {"period": str(period), "by": _chance(by), "first": _chance(first)}
            for period, by, first in zip(times.periods, times.by, times.first, strict=True)
        ]
    return record


def _chance(chance: Chance) -> dict[str, float]:
    """Return a probability and its error."""
    return {"probability": chance.probability, "mcse": chance.mcse}


def _spread(spread: Spread) -> dict[str, list[float]]:
    """Return quantiles and their errors."""
    return {
        "levels": list(spread.levels),
        "values": list(spread.values),
        "mcse": list(spread.mcse),
    }


def _known_record(known: Known) -> dict[str, Any]:
    """Return what has been decided."""
    return {
        "answer": known.answer,
        "source": known.source,
        "known_on": known.known_on.isoformat(),
        "note": known.note,
        "is_history": known.is_history,
    }
