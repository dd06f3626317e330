"""Decode a CSV file into lines of named cells."""

from __future__ import annotations

import codecs
import csv
import io
from typing import TYPE_CHECKING

from forecaster.errors import Fault, InputError
from forecaster.records import frozen
from forecaster.workspace.faults import FaultList, nearest_names, printable, quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence


@frozen
class Table:
    """A CSV file with its header checked.

    Attributes
    ----------
    name : of the file, for messages
    columns : as in the header
    absent : optional columns that the file lacks
    lines : (line number, one raw cell per column), blank lines left out
    """

    name: str
    columns: tuple[str, ...]
    absent: tuple[str, ...]
    lines: list[tuple[int, list[str]]]

    def cells_of(self, record: Sequence[str]) -> dict[str, str]:
        """Return the cells of a line by column, without blanks around them."""
        cells = dict(zip(self.columns, map(str.strip, record), strict=True))
        cells.update(dict.fromkeys(self.absent, ""))
        return cells


def read_table(
    payload: bytes, *, name: str, required: Sequence[str], optional: Sequence[str]
) -> list[tuple[int, dict[str, str]]]:
    """Read a CSV file into (line number, cells by column) pairs.

    Cells lose the blanks around them. An optional column that the file lacks reads as blank.
    A header without lines below it gives an empty list.

    Raises
    ------
    FaultyInput
        If the header or lines do not fit; all faults at once, at most three lines of a sort.
    InputError
        If the file is empty or not UTF-8.
    """
    table = scan_table(payload, name=name, required=required, optional=optional)
    return [(line, table.cells_of(record)) for line, record in table.lines]


def scan_table(
    payload: bytes,
    *,
    name: str,
    required: Sequence[str],
    optional: Sequence[str],
    only: Collection[str] | None = None,
) -> Table:
    """Read a CSV file into raw lines, the quick form of `read_table`; same errors.

    With `only`, lines whose first required column holds another value are checked, not kept.
    """
    faults = FaultList()
    records = _records(decode(payload, name=name), name=name, faults=faults)
    _, header = next(records, (1, []))
    faults.raise_any()
    columns = tuple(cell.strip() for cell in header)
    _check_header(columns, name=name, required=required, optional=optional, faults=faults)
    faults.raise_any()
    lines = []
    key = columns.index(required[0])
    for line, record in records:
        if len(record) == len(columns):
            if only is not None and record[key].strip() not in only:
                continue
            # most lines start with a value, which spares looking at every cell of a large file
            if record[0] or any(map(str.strip, record)):
                lines.append((line, record))
        elif any(map(str.strip, record)):
            fault = _ragged(record, columns, where=f"{printable(name)}, line {line}")
            faults.add("not as many cells as the header", fault, file=name)
    faults.raise_any()
    return Table(name, columns, tuple(c for c in optional if c not in columns), lines)


def _ragged(record: Sequence[str], columns: Sequence[str], *, where: str) -> Fault:
    """Say that a line has more or fewer cells than the header."""
    return Fault(
        f"the line has {len(record)} cells, the header has {len(columns)}",
        where,
        "put a value that holds a comma into double quotes, and leave no cell out",
    )


def _records(text: str, *, name: str, faults: FaultList) -> Iterator[tuple[int, list[str]]]:
    """Yield (number of its first line, cells) for each record; a quoted cell may hold newlines."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    first_line = 1
    try:
        for record in reader:
            if record:
                yield first_line, record
            first_line = reader.line_num + 1
    except csv.Error:
        problem = "a double quote is opened and not closed, or closed inside a value"
        fix = 'put the whole value into double quotes, and write a quote inside it as ""'
        where = f"{printable(name)}, line {first_line}"
        faults.add("quotes", Fault(problem, where, fix), file=name)


def _check_header(
    columns: tuple[str, ...],
    *,
    name: str,
    required: Sequence[str],
    optional: Sequence[str],
    faults: FaultList,
) -> None:
    """Note unknown, double and missing columns; a misspelt one is offered the nearest name."""
    where = f"{printable(name)}, line 1"
    missing = [column for column in required if column not in columns]
    if missing and (mark := _other_separator(columns)):
        problem = f"the columns are separated by {mark}, not by commas"
        fault = Fault(problem, where, "separate the columns by commas")
        faults.add("separator", fault, file=name)
        return
    if len(missing) == len(required) and any(c.replace(".", "").isdigit() for c in columns):
        problem = "the first line holds figures and not the names of the columns"
        fix = f"write this line above it: {','.join(required)}"
        faults.add("no header", Fault(problem, where, fix), file=name)
        return
    known = [*required, *optional]
    for column in dict.fromkeys(columns):
        if column not in known:
            near = nearest_names(column, [k for k in known if k not in columns], n=1)
            missing = [m for m in missing if m not in near]
            fix = f"remove it; known are {', '.join(known)}"
            if near:
                fix = f"rename it to {quoted(near[0])}"
            problem = f"unknown column {quoted(column)}" if column else "a column has no name"
            faults.add("unknown column", Fault(problem, where, fix), file=name)
        elif columns.count(column) > 1:
            problem = f"the column {quoted(column)} stands in the header twice"
            faults.add("double column", Fault(problem, where, "remove one of them"), file=name)
    for column in missing:
        problem = f"the column {quoted(column)} is missing"
        fix = f"name it in the first line, which reads {quoted(','.join(columns))}"
        faults.add("missing column", Fault(problem, where, fix), file=name)


def _other_separator(columns: tuple[str, ...]) -> str:
    """Return the name of the mark that separates the columns when it is not the comma."""
    marks = {";": "semicolons", "\t": "tabs", "|": "bars", "，": "full-width commas"}
    header = ",".join(columns)
    return next((word for mark, word in marks.items() if mark in header), "")


def decode(payload: bytes, *, name: str) -> str:
    """Decode UTF-8, with or without a byte order mark.

    Raises
    ------
    InputError
        If the file is empty, in another encoding (which is named), or holds NUL bytes.
    """
    if not payload.removeprefix(codecs.BOM_UTF8).strip():
        raise InputError(
            problem="the file is empty",
            where=printable(name),
            fix="give it a header line and at least one line of figures",
        )
    if encoding := _wide_encoding(payload):
        raise _encoding_error(encoding, name=name)
    if b"\0" in payload:
        raise InputError(
            problem="the file holds NUL bytes, so it is not a text file",
            where=f"{printable(name)}, line {_line_of(payload, payload.index(0))}",
            fix="export it again as CSV (UTF-8)",
        )
    try:
        return payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if _looks_like_gbk(payload):
            raise _encoding_error("GB18030", name=name) from None
        raise InputError(
            problem=f"the byte 0x{payload[error.start]:02X} is not UTF-8",
            where=f"{printable(name)}, line {_line_of(payload, error.start)}",
            fix="save the file again as UTF-8; it may be in Latin-1 or Windows-1252",
        ) from None


def _line_of(payload: bytes, offset: int) -> int:
    """Return the number of the line that holds the byte."""
    return payload.count(b"\n", 0, offset) + 1


def _encoding_error(encoding: str, *, name: str) -> InputError:
    """Say which encoding was found, with the order that converts the file."""
    shown = "GBK (GB18030)" if encoding == "GB18030" else encoding
    return InputError(
        problem=f"the file is in {shown}, not in UTF-8",
        where=printable(name),
        fix=f"save it as UTF-8, for instance: iconv -f {encoding} -t UTF-8 FILE > NEWFILE",
    )


def _wide_encoding(payload: bytes) -> str:
    """Return 'UTF-16' or 'UTF-32' by the byte order mark or by every other byte being zero."""
    if payload.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return "UTF-32"
    if payload.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    head = payload[:2000]
    for byte_order, encoding in ((1, "UTF-16LE"), (0, "UTF-16BE")):
        halves = head[byte_order::2], head[1 - byte_order :: 2]
        # digits, commas and letters dominate any table, so most upper halves are zero
        if halves[0].count(0) > 0.4 * len(head) / 2 and halves[1].count(0) == 0:
            return encoding
    return ""


def _looks_like_gbk(payload: bytes) -> bool:
    """Say whether the bytes read as GB18030, whose Chinese characters are pairs of high bytes."""
    try:
        payload.decode("gb18030")
    except UnicodeDecodeError:
        return False
    runs = payload.translate(bytes(32 if byte < 0x80 else byte for byte in range(256))).split()
    n_even = sum(len(run) % 2 == 0 for run in runs)
    return n_even * 2 > len(runs)
