"""Read any CSV file with a period and a value column as a series of its own."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from forecaster.errors import Fault, InputError
from forecaster.workspace.cells import check_value, read_number, read_period, read_word
from forecaster.workspace.facts import KINDS, QUALITIES, Facts, Row, SeriesEntry, Source
from forecaster.workspace.faults import CellError, FaultList, printable, quoted
from forecaster.workspace.history import ASSUMED
from forecaster.workspace.reader import read_file
from forecaster.workspace.rows import hash_facts
from forecaster.workspace.tables import Table, scan_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

REQUIRED = ("period", "value")
OPTIONAL = ("unit", "basis", "quality", "source", "note")
STDIN = "standard input"


def read_bare(path: str, *, kind: str, stdin: BinaryIO) -> Facts:
    """Read a file, or the standard input when the path is `-`, as the facts of one series.

    The series is named after the file, is a stock, and has the unit that the file states or none.
    A row counts as known from the last day of its period. Lines out of order are sorted, which
    the notes say.

    Raises
    ------
    InputError
        If the file cannot be read, holds no rows, or lines have faults: all of them at once.
    ValueError
        If `kind` is not one of KINDS.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}; one of {KINDS}")
    name = STDIN if path == "-" else path
    payload = stdin.read() if path == "-" else read_file(Path(path))
    table = scan_table(payload, name=name, required=REQUIRED, optional=OPTIONAL)
    if not table.lines:
        raise InputError(
            problem="the file has a header and no lines below it",
            where=printable(name),
            fix="give it at least one line with a period and a value",
        )
    series = "stdin" if path == "-" else Path(path).stem
    rows = _read_rows(table, series=series, kind=kind)
    return _facts_of(rows, series=series, kind=kind)


def _facts_of(rows: Sequence[Row], *, series: str, kind: str) -> Facts:
    """Make up the entry of the series and sort its rows."""
    newest = max(rows, key=lambda row: row.period.end)
    entry = SeriesEntry(
        id=series,
        title=series,
        title_zh=series,
        unit=rows[0].unit,
        kind=kind,
        timing="stock",
        reference_basis=newest.basis,
    )
    in_order = tuple(sorted(rows, key=_by_basis_and_time))
    notes = []
    if any(first.period > second.period for first, second in pairwise(rows)):
        notes.append("the lines were not in order of time; they were sorted")
    others = sorted({row.basis for row in rows} - {newest.basis})
    if others:
        named = ", ".join(map(quoted, others))
        notes.append(f"only the basis {quoted(newest.basis)} is used, and not {named}")
    entries, by_series = {series: entry}, {series: in_order}
    return Facts(entries, by_series, hash_facts(entries, by_series), {series: tuple(notes)})


def _by_basis_and_time(row: Row) -> tuple[str, object, int]:
    """Order rows by basis, then by time with the wider period first."""
    return row.basis, row.period.start, -row.period.end.toordinal()


def _read_rows(table: Table, *, series: str, kind: str) -> list[Row]:
    """Make rows of the lines of a file.

    Raises
    ------
    FaultyInput
        If any line has a fault, or two lines are about the same time.
    """
    faults = FaultList()
    rows: list[Row] = []
    line_numbers: dict[int, int] = {}
    for line, record in table.lines:
        cells = table.cells_of(record)
        try:
            row = _read_row(cells, series=series, kind=kind, where=f"{table.name}, line {line}")
        except CellError as error:
            faults.add_cell(error, file=table.name, line=line)
        else:
            rows.append(row)
            line_numbers[id(row)] = line
    _note_other_units(rows, faults, file=table.name)
    _note_overlaps(rows, line_numbers, faults, file=table.name)
    if kind == "cumulative":
        _note_falls(rows, faults, file=table.name)
    faults.raise_any()
    return rows


def _read_row(cells: dict[str, str], *, series: str, kind: str, where: str) -> Row:
    """Make a row of one line's cells."""
    period = read_period(cells["period"])
    value = read_number(cells["value"], share=kind == "share")
    check_value(value, printed=cells["value"], kind=kind)
    said_by = cells["source"] or "file"
    return Row(
        series=series,
        period=period,
        value=value,
        printed=cells["value"],
        unit=cells["unit"],
        basis=cells["basis"],
        quality=read_word(cells["quality"] or "reported", QUALITIES, what="quality"),
        source=Source(said_by, said_by, said_by, period.end, ASSUMED, ""),
        note=cells["note"],
        where=where,
    )


def _note_other_units(rows: Iterable[Row], faults: FaultList, *, file: str) -> None:
    """Note every row whose unit is not that of the first."""
    first = None
    for row in rows:
        first = first or row
        if row.unit != first.unit:
            problem = f"the unit {quoted(row.unit)} is not {quoted(first.unit)}, that of the first"
            fault = Fault(problem, printable(row.where), "keep to one unit in a file")
            faults.add("two units", fault, file=file)


def _note_overlaps(
    rows: Sequence[Row], line_numbers: dict[int, int], faults: FaultList, *, file: str
) -> None:
    """Note every pair of lines of a basis that are about the same time."""
    widest: Row | None = None  # the row so far that reaches furthest
    for row in sorted(rows, key=_by_basis_and_time):
        if widest is not None and row.basis == widest.basis and row.period.overlaps(widest.period):
            fault = _same_time(widest, row, line_numbers, file=file)
            rule = "a repeated period" if row.period == widest.period else "periods that overlap"
            faults.add(rule, fault, file=file)
        else:
            widest = row


def _same_time(first: Row, second: Row, line_numbers: dict[int, int], *, file: str) -> Fault:
    """Say that two lines are about the same time."""
    lines = sorted((line_numbers[id(first)], line_numbers[id(second)]))
    where = f"{printable(file)}, lines {lines[0]} and {lines[1]}"
    if first.period == second.period:
        return Fault(f"the period {first.period} stands there twice", where, "keep one of the two")
    problem = f"the periods {first.period} and {second.period} overlap"
    return Fault(problem, where, "keep the whole or its parts, not both")


def _note_falls(rows: Sequence[Row], faults: FaultList, *, file: str) -> None:
    """Note every row of a cumulative series that lies below an earlier one."""
    for first, second in pairwise(sorted(rows, key=_by_basis_and_time)):
        if first.basis == second.basis and second.value < first.value:
            problem = (
                f"a cumulative series never falls, but {second.period} has {second.printed} "
                f"after {first.printed} in {first.period}"
            )
            fix = "correct the value, or read the file with --kind positive"
            faults.add("a fall", Fault(problem, printable(second.where), fix), file=file)
