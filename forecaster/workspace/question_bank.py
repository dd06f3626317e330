"""Read the bank of questions from `questions.toml`, with every rule of the file checked."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from forecaster.workspace.belief_tables import open_table
from forecaster.workspace.blocks import Block, Gathered, blocks_in
from forecaster.workspace.driver_blocks import SourceIds, own_or_shipped, read_source
from forecaster.workspace.faults import printable, quoted
from forecaster.workspace.periods import parse_period
from forecaster.workspace.question_asks import READERS, Bank
from forecaster.workspace.question_types import (
    Ask,
    Crossing,
    DriverAsked,
    EventAsked,
    Numeric,
    Outcome,
    Part,
    Question,
    Ranking,
    Shares,
    Stated,
    Threshold,
    first_moment,
    targets_of,
)
from forecaster.workspace.targets import Target, Targets

if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from datetime import date
    from pathlib import Path

    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.driver_types import DriverBeliefs
    from forecaster.workspace.facts import SeriesEntry

__all__ = [
    "Ask",
    "Crossing",
    "DriverAsked",
    "EventAsked",
    "Numeric",
    "Outcome",
    "Part",
    "Question",
    "Ranking",
    "Shares",
    "Stated",
    "Target",
    "Threshold",
    "load_questions",
]

QUESTIONS_FILE = "questions.toml"
_KEYS = (
    "id", "title", "essays", "type", "asks", "resolves_by", "resolves_on", "rounding", "void_if",
    "basis", "judgement", "reason", "outcome",
)  # fmt: skip
_OUTCOME_KEYS = ("answer", "source", "known_on", "note")
_YES_OR_NO = ("threshold", "ranking", "driver", "event")


def load_questions(
    workspace: Path,
    entries: Mapping[str, SeriesEntry],
    drivers: DriverBeliefs,
    *,
    beliefs: Beliefs | None = None,
) -> tuple[Question, ...]:
    """Read `priors/questions.toml` of a workspace; the shipped one belongs to the shipped facts.

    Parameters
    ----------
    entries : every series of the workspace
    beliefs : where they were read before; formulas over derived series need them

    Returns
    -------
    questions in file order; none where there is no file

    Raises
    ------
    InputError
        If the file has faults, all of them at once.
    """
    path = own_or_shipped(workspace, QUESTIONS_FILE)
    if path is None:
        return ()
    reader, _ = open_table(path)
    gathered = Gathered()
    top = Block(reader.path, reader.table, title="top level")
    gathered.take(partial(top.only_knows, ("question",)))
    bank = Bank(Targets(workspace, entries, beliefs=beliefs), drivers, gathered)
    sources = SourceIds(workspace)
    found: list[Question] = []
    seen: set[str] = set()
    for block in gathered.take(partial(blocks_in, reader, "question")) or []:
        question = _read_question(block, bank, sources)
        name = str(block.find("id"))
        if name in seen:
            gathered.take(partial(_refuse, block, name))
        seen.add(name)
        if question is not None:
            found.append(question)
    gathered.raise_any()
    return tuple(found)


def _refuse(block: Block, name: str) -> None:
    """Raise that an id is taken."""
    raise block.fault("id", f"the question {quoted(name)} is there twice", "give it another id")


def _read_question(block: Block, bank: Bank, sources: Container[str]) -> Question | None:
    """Read one question; None where anything in it is at fault, all of which is noted."""
    n_before = len(bank.gathered.faults)
    take = bank.gathered.take
    name = take(block.id)
    kind = take(partial(block.word, "type", tuple(READERS)))
    ask = None
    if kind is not None:
        read, keys = READERS[kind]
        take(partial(block.only_knows, (*_KEYS, *keys)))
        ask = take(partial(read, block, bank))
    texts = {key: str(block.find(key) or "") for key in ("rounding", "void_if", "basis")}
    title, resolves_by, reason = (
        take(partial(block.text, key)) for key in ("title", "resolves_by", "reason")
    )
    resolves_on = take(partial(block.day, "resolves_on"))
    asks = take(partial(block.word, "asks", ("published", "latent"), default="published"))
    judgement = take(partial(block.truth, "judgement", default=True))
    essays = take(partial(block.names, "essays"))
    outcome = None
    if block.has("outcome") and kind is not None:
        outcome = take(partial(_read_outcome, block, kind, sources))
    take(partial(_check_basis, block, texts["basis"], ask))
    take(partial(_check_resolution, block, ask, resolves_on))
    if len(bank.gathered.faults) > n_before or ask is None or resolves_on is None:
        return None
    return Question(
        id=name or "",
        title=title or "",
        type=kind or "",
        ask=ask,
        asks=asks or "",
        resolves_by=resolves_by or "",
        resolves_on=resolves_on,
        is_judgement=bool(judgement),
        reason=reason or "",
        essays=essays or (),
        outcome=outcome,
        where=f"{printable(str(block.path))}, {block.title}",
        **texts,
    )


def _check_basis(block: Block, basis: str, ask: Ask | None) -> None:
    """Check that every series of a question has its basis."""
    if not basis or ask is None:
        return
    targets = targets_of(ask)
    if not targets:
        raise block.fault("basis", "it names no series, so it has no basis", "remove 'basis'")
    for target in targets:
        bases = [target.entry.reference_basis, *target.entry.relations]
        if target.is_formula:
            problem = f"{quoted(target.text)} is a formula, which has no basis of its own"
            raise block.fault("basis", problem, "remove 'basis'")
        if basis not in bases:
            known = ", ".join(quoted(each) for each in bases if each)
            fix = f"use {known}" if known else "remove 'basis'"
            problem = f"the series {quoted(target.text)} has no basis {quoted(basis)}"
            raise block.fault("basis", problem, fix)


def _check_resolution(block: Block, ask: Ask | None, resolves_on: date | None) -> None:
    """Check that a question does not resolve before its time begins."""
    first = None if ask is None else first_moment(ask)
    if resolves_on is not None and first is not None and resolves_on < first:
        problem = f"it resolves on {resolves_on}, before its time, which begins on {first}"
        raise block.fault("resolves_on", problem, "use a later day")


def _read_outcome(block: Block, kind: str, sources: Container[str]) -> Outcome:
    """Read `[question.outcome]`."""
    inner = block.inner("outcome")
    inner.only_knows(_OUTCOME_KEYS)
    return Outcome(
        answer=_read_answer(inner, kind),
        source=read_source(inner, sources),
        known_on=inner.day("known_on"),
        note=str(inner.find("note") or ""),
    )


def _read_answer(inner: Block, kind: str) -> str | float:
    """Return the answer, in the form that suits the type of the question."""
    if kind == "numeric" and not isinstance(inner.find("answer"), str):
        return inner.number("answer")
    answer = inner.text("answer")
    if kind in _YES_OR_NO and answer not in ("yes", "no"):
        raise inner.fault("answer", f"{quoted(answer)} is neither yes nor no", "write yes or no")
    if kind == "crossing":
        try:
            parse_period(answer)
        except ValueError:
            problem = f"{quoted(answer)} is not a period"
            raise inner.fault("answer", problem, "write '2025-H2', '2025-Q4' or '2025'") from None
    return answer
