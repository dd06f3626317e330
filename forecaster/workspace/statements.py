"""Check the files of statements: judgements of experts, claims of essays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.workspace.cells import (
    check_value,
    read_date,
    read_number,
    read_period,
    read_word,
)
from forecaster.workspace.faults import CellError, FaultList, did_you_mean, nearest_names, quoted
from forecaster.workspace.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.rows import SourceList

JUDGEMENTS_FILE = "judgements.csv"
CLAIMS_FILE = "claims.csv"
JUDGEMENT_COLUMNS = (
    "id", "series", "about_period", "value_low", "value", "value_high", "unit", "made_on",
    "by", "by_kind", "source", "note", "outcome_value", "outcome_source",
)  # fmt: skip
CLAIM_COLUMNS = (
    "id", "seed", "kind", "entity", "quantity", "period", "value_low", "value", "value_high",
    "unit", "english", "quote", "flag", "series",
)  # fmt: skip
EXPERT_KINDS = (
    "academic", "bank", "company-guidance", "executive", "government", "press", "research-house",
)  # fmt: skip

_MISSPELT = 0.95
"""Likeness from which an unlisted series is taken for a misspelt one; one letter in twenty."""


def check_statements(
    workspace: Path,
    entries: Mapping[str, SeriesEntry],
    sources: SourceList,
    faults: FaultList,
    *,
    listed: Collection[str],
) -> None:
    """Check `judgements.csv` and `claims.csv` where the workspace has them.

    Judgements may be about series that `series.csv` does not list: nothing else need be known
    of them. A claim is tied only to a series that is listed.

    Parameters
    ----------
    entries : series id -> entry, for the lines of `series.csv` without faults
    listed : every series id of `series.csv`
    """
    for line, cells in _lines(workspace / JUDGEMENTS_FILE, JUDGEMENT_COLUMNS, faults):
        for error in _faults_of_judgement(cells, entries, sources, listed=listed):
            faults.add_cell(error, file=JUDGEMENTS_FILE, line=line)
    for line, cells in _lines(workspace / CLAIMS_FILE, CLAIM_COLUMNS, faults):
        for error in _faults_of_claim(cells, listed):
            faults.add_cell(error, file=CLAIMS_FILE, line=line)


def _lines(
    path: Path, columns: tuple[str, ...], faults: FaultList
) -> list[tuple[int, dict[str, str]]]:
    """Return the lines of a file whose ids are unique, or none where there is no such file."""
    if not path.exists():
        return []
    try:
        lines = read_table(path.read_bytes(), name=path.name, required=columns, optional=())
    except InputError as error:
        faults.extend(error.faults, file=path.name)
        return []
    first_lines: dict[str, int] = {}
    for line, cells in lines:
        first = first_lines.setdefault(cells["id"], line)
        if first != line:
            problem = f"the id {quoted(cells['id'])} already has line {first}"
            repeated = CellError("a repeated id", problem, "give each line an id of its own")
            faults.add_cell(repeated, file=path.name, line=line)
    return lines


def _faults_of_judgement(
    cells: Mapping[str, str],
    entries: Mapping[str, SeriesEntry],
    sources: SourceList,
    *,
    listed: Collection[str],
) -> Iterable[CellError]:
    """Yield what is wrong with one judgement."""
    for check in (
        lambda: read_period(cells["about_period"]),
        lambda: read_date(cells["made_on"]),
        lambda: read_word(cells["by_kind"], EXPERT_KINDS, what="kind of expert"),
        lambda: sources.find(cells["source"]),
        lambda: cells["outcome_source"] and sources.find(cells["outcome_source"]),
    ):
        try:
            check()
        except CellError as error:
            yield error
    entry = entries.get(cells["series"])
    if entry is None and cells["series"] not in listed:
        if near := nearest_names(cells["series"], listed, n=1, likeness=_MISSPELT):
            problem = f"the series {quoted(cells['series'])} looks misspelt"
            yield CellError("a misspelt series", problem, f"did you mean {quoted(near[0])}?")
    elif entry is not None and not _is_same_unit(cells["unit"], entry.unit):
        problem = f"{quoted(cells['unit'])} is not the unit of {quoted(entry.id)}"
        yield CellError("another unit", problem, f"convert the values to {quoted(entry.unit)}")
    names = ("value_low", "value", "value_high", "outcome_value")
    yield from _faults_of_values(cells, names, kind=entry.kind if entry else "real")


def _is_same_unit(stated: str, unit: str) -> bool:
    """Say whether a statement is in the unit of its series; FLOP/s are operations per second."""
    return stated in (unit, unit.replace("OP/s", "FLOP/s"))


def _faults_of_values(
    cells: Mapping[str, str], names: tuple[str, ...], *, kind: str
) -> Iterable[CellError]:
    """Yield the numbers that cannot be read or be, and a range whose ends are not in order."""
    values: dict[str, float] = {}
    for name in names:
        try:
            if cells[name]:
                values[name] = read_number(cells[name], share=kind == "share")
                check_value(values[name], printed=cells[name], kind=kind)
        except CellError as error:
            yield error
    in_order = [values[name] for name in names[:3] if name in values]
    if in_order != sorted(in_order):
        stated = ", ".join(cells[name] for name in names[:3] if cells[name])
        problem = f"the values {stated} are not in order of size"
        yield CellError("order of values", problem, "write low, central and high values in order")


def _faults_of_claim(cells: Mapping[str, str], listed: Collection[str]) -> Iterable[CellError]:
    """Yield what is wrong with one claim."""
    if cells["series"] and cells["series"] not in listed:
        problem = f"the series {quoted(cells['series'])} is not in series.csv"
        fix = did_you_mean(cells["series"], listed) or "leave it blank where there is none"
        yield CellError("unknown series", problem, fix)
    yield from _faults_of_values(cells, ("value_low", "value", "value_high"), kind="real")
