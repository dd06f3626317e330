"""Print answers: a table of many, or a card for one."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from forecaster.forecasts import question_answer as answers
from forecaster.forecasts.question_answer import Known
from forecaster.output.digits import count_of
from forecaster.output.layout import WARNING, put, put_table, put_wrapped
from forecaster.output.plain import safe_text
from forecaster.output.question_text import (
    answer_sentences,
    found_sentences,
    in_unit,
    level_words,
    outcome_sentence,
    probability_text,
    short_answer,
    spread_texts,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from forecaster.forecasts.question_answer import Answer, ByPeriod, Found
    from forecaster.workspace.question_types import Question

LEAST_ROOM = 28
"""Columns that the title of a question needs beside the others."""
MOST_PERIODS = 24
"""Periods told apart on the screen; CSV and JSON have all."""
_COLUMNS = ((0, 1, 2, 3, 4, 5), (0, 1, 2, 3, 4), (0, 2, 3, 4), (0, 3, 4))
"""Of the table, from all columns to the fewest; the last may take several lines."""


def print_answers(found: Sequence[Answer], console: Console) -> None:
    """Print a row for each answer, then what the statuses mean, and how many there are of each."""
    headers = ["id", "type", "status", "answer", "question", "rests on"]
    rows = [headers, *(_cells(answer) for answer in found)]
    for columns in _COLUMNS:
        if put_wrapped(console, [[row[i] for i in columns] for row in rows], least=_room(columns)):
            break
    else:
        for name, _, status, said, title, _ in rows[1:]:
            put(console, f"{name}  {said}", style="bold")
            put(console, title, indent=2)
            put(console, status, indent=2)
    put(console)
    counts = Counter(answer.status for answer in found)
    said = ", ".join(f"{number} {status}" for status, number in counts.items())
    put(console, f"{count_of(len(found), 'question')}: {said}.")
    n_judged = sum(_is_judgement(answer) for answer in found)
    put(console, f"{n_judged} rest more on judgement than on figures, marked *.")
    if counts[answers.DECIDED]:
        day = next(answer.earlier.as_of for answer in found if answer.earlier)
        put(console, f"In brackets behind a decided one: what would have been said, as of {day}.")


def _room(columns: Sequence[int]) -> int:
    """Return the columns that the last column needs."""
    return LEAST_ROOM if len(columns) < len(_COLUMNS[0]) else 2 * LEAST_ROOM


def _cells(answer: Answer) -> list[str]:
    """Return the cells of one row."""
    question = answer.question
    mark = "*" if _is_judgement(answer) else ""
    return [
        safe_text(question.id),
        question.type,
        answer.status,
        short_answer(answer) + mark,
        safe_text(question.title),
        safe_text(answer.rests_on),
    ]


def _is_judgement(answer: Answer) -> bool:
    """Say whether an answer rests more on judgement than on figures."""
    found = answer.found
    if answer.status == answers.DECIDED or found is None:
        return False
    return found.footing.is_judgement or answer.question.is_judgement or found.is_driven


def print_questions(questions: Sequence[Question], console: Console) -> None:
    """Print a row for each question: its type, when it is decided, and what it asks."""
    headers = ["id", "type", "decided on", "question"]
    rows = [headers]
    rows += [
        [safe_text(each.id), each.type, str(each.resolves_on), safe_text(each.title)]
        for each in questions
    ]
    for columns in ((0, 1, 2, 3), (0, 2, 3), (0, 3)):
        if put_wrapped(console, [[row[i] for i in columns] for row in rows], least=LEAST_ROOM):
            break
    else:
        for row in rows[1:]:
            put(console, row[0], style="bold")
            put(console, row[-1], indent=2)
    put(console)
    put(console, f"{count_of(len(questions), 'question')}; 'forecaster ask' answers them.")


def print_question(question: Question, console: Console) -> None:
    """Print what a question asks, how it is decided, and its outcome where one is on record."""
    put(console, f"{safe_text(question.title)} ({safe_text(question.id)})", style="bold")
    about = ", ".join(map(safe_text, question.series)) or "no series"
    put(console, f"Of type {question.type}; about {about}.")
    for line in resolution_lines(question, None):
        put(console, line)
    held = question.outcome
    if held is not None:
        known = Known(held.answer, held.source, held.known_on, held.note)
        put(console, outcome_sentence(known, None))


def print_answer(answer: Answer, console: Console) -> None:
    """Print the card of one question: answer, details, how it is decided, what it rests on."""
    question = answer.question
    put(console, f"{safe_text(question.title)} ({safe_text(question.id)})", style="bold")
    first, *rest = answer_sentences(answer)
    put(console, first, style="bold")
    for sentence in rest:
        put(console, sentence)
    shown = answer.earlier.found if answer.earlier else answer.found
    if answer.found is not None and answer.status == answers.DUE:
        put(console, due_sentence(answer), style=WARNING)
    if shown is not None:
        put_details(console, shown)
        for sentence in found_sentences(shown)[1:] if answer.earlier else []:
            put(console, sentence)
    put(console)
    for line in resolution_lines(question, answer.found):
        put(console, line)
    if answer.rests_on:
        put(console, f"Rests on: {safe_text(answer.rests_on)}.")
    put(console, f"Scenario {safe_text(answer.scenario)}; as of {answer.as_of}.")
    for warning in answer.warnings:
        put(console, f"warning: {safe_text(warning)}", style=WARNING)


def due_sentence(answer: Answer) -> str:
    """Return the warning about a question whose day has passed without an outcome on record."""
    question = answer.question
    return (
        f"{question.id} is due: it was to be decided on {question.resolves_on}, and by "
        f"{answer.as_of} no outcome is on record ({safe_text(question.resolves_by)})"
    )


def put_details(console: Console, found: Found) -> None:
    """Print the table that an answer is more than one number of."""
    entry = found.entry
    if found.times is not None:
        put(console)
        headers, rows = times_cells(found.times)
        put_table(console, headers, rows)
    if found.spread is not None and entry is not None:
        put(console)
        texts = [in_unit(text, entry) for text in spread_texts(found.spread, entry)]
        levels = [f"{100 * level:g}%" for level in found.spread.levels]
        put_table(console, ["quantile", "figure"], list(map(list, zip(levels, texts, strict=True))))
    if found.parts and entry is not None:
        put(console)
        shares = [(part.name, spread_texts(part.share, entry)) for part in found.parts]
        cells = [
            [safe_text(name), low_to[1], f"{low_to[0]} to {low_to[2]}"] for name, low_to in shares
        ]
        put_table(console, ["part", "median", "80% band"], cells)


def times_cells(times: ByPeriod) -> tuple[list[str], list[list[str]]]:
    """Return headers and rows of the table of dates; where there are many, those that tell most."""
    n = len(times.periods)
    step = -(-n // MOST_PERIODS)
    chosen = [k for k in range(n) if (n - 1 - k) % step == 0]
    headers = ["period", "by then"] + ["first then"] * (step == 1)
    rows = []
    for k in chosen:
        cells = [str(times.periods[k]), probability_text(times.by[k])]
        rows.append(cells + [probability_text(times.first[k])] * (step == 1))
    rows.append(["not by then", probability_text(times.never)] + [""] * (step == 1))
    return headers, rows


def resolution_lines(question: Question, found: Found | None) -> list[str]:
    """Return how a question is decided."""
    kind = "the latent level" if question.asks == "latent" else "the published figure"
    about = f"{kind}, " if question.series else ""
    rounding = _rounded(question, found)
    said = [
        f"Decided on {about}{question.resolves_on}; source: {safe_text(question.resolves_by)}"
        + (f"; rounding: {rounding}." if rounding else ".")
    ]
    if question.void_if:
        said.append(f"Void if: {safe_text(question.void_if)}")
    said.append(f"How it is read: {safe_text(question.reason)}")
    if question.essays:
        said.append(f"Asked by: {', '.join(map(safe_text, question.essays))}.")
    return said


def _rounded(question: Question, found: Found | None) -> str:
    """Return the rule of rounding, and where it puts the level."""
    rounding = safe_text(question.rounding)
    if not rounding or found is None or found.applied is None or found.entry is None:
        return rounding
    level = in_unit(level_words(found.applied, found.entry), found.entry)
    return f"{rounding}, so the level counts from {level}"
