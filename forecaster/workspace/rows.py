"""Make rows, with their sources, of the lines of history files."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import fields
from typing import TYPE_CHECKING

from forecaster.workspace.cells import check_value, read_date, read_number, read_period, read_word
from forecaster.workspace.facts import QUALITIES, Row, SeriesEntry, Source
from forecaster.workspace.faults import CellError, did_you_mean, quoted
from forecaster.workspace.tables import Table, scan_table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from forecaster.workspace.faults import FaultList

SOURCES_FILE = "sources.csv"
SOURCE_COLUMNS = ("source", "title", "publisher", "published", "published_is", "url")
HISTORY_COLUMNS = ("series", "period", "value", "unit", "basis", "quality", "source", "note")
CERTAINTIES = ("stated", "inferred", "recalled")


class SourceList:
    """The lines of `sources.csv`, each made a `Source` when a row first asks for it."""

    def __init__(self, payload: bytes) -> None:
        self.table = scan_table(
            payload, name=SOURCES_FILE, required=SOURCE_COLUMNS[:5], optional=("url",)
        )
        i = self.table.columns.index("source")
        self.lines: dict[str, tuple[int, list[str]]] = {}
        for line, cells in self.table.lines:
            self.lines.setdefault(cells[i].strip(), (line, cells))
        self._found: dict[str, Source] = {}

    def find(self, name: str) -> Source:
        """Return the source of that id.

        Raises
        ------
        CellError
            If `sources.csv` has no such line, or its line has a fault.
        """
        if name not in self._found:
            if name not in self.lines:
                fix = did_you_mean(name, self.lines) or f"add it to {SOURCES_FILE}"
                problem = f"the source {quoted(name)} is not in {SOURCES_FILE}"
                raise CellError("unknown source", problem, fix)
            line, record = self.lines[name]
            try:
                self._found[name] = self.read(record)
            except CellError as error:
                problem = f"the source {quoted(name)} has a fault in {SOURCES_FILE}, line {line}"
                problem += f": {error.problem}"
                raise CellError("a source with a fault", problem, error.fix) from None
        return self._found[name]

    def read(self, record: list[str]) -> Source:
        """Make a source of one line's cells.

        Raises
        ------
        CellError
            If its date or the certainty of the date cannot be read.
        """
        cells = self.table.cells_of(record)
        return Source(
            id=cells["source"],
            title=cells["title"],
            publisher=cells["publisher"],
            published=read_date(cells["published"]),
            published_is=read_word(cells["published_is"], CERTAINTIES, what="certainty of a date"),
            url=cells["url"],
        )


def read_rows(
    table: Table,
    entries: Mapping[str, SeriesEntry],
    sources: SourceList,
    faults: FaultList,
    *,
    wanted: Collection[str],
) -> dict[str, list[Row]]:
    """Make rows of the lines about the wanted series; lines with faults are noted instead."""
    rows: dict[str, list[Row]] = defaultdict(list)
    i = table.columns.index("series")
    for line, record in table.lines:
        name = record[i].strip()
        if name not in wanted:
            continue
        cells = table.cells_of(record)
        try:
            row = _read_row(cells, entries[name], sources, f"{table.name}, line {line}")
        except CellError as error:
            faults.add_cell(error, file=table.name, line=line)
        else:
            rows[row.series].append(row)
    return rows


def _read_row(cells: Mapping[str, str], entry: SeriesEntry, sources: SourceList, where: str) -> Row:
    """Make a row of one line's cells."""
    value = read_number(cells["value"], share=entry.kind == "share")
    check_value(value, printed=cells["value"], kind=entry.kind)
    return Row(
        series=entry.id,
        period=read_period(cells["period"]),
        value=value,
        printed=cells["value"],
        unit=cells["unit"],
        basis=cells["basis"],
        quality=read_word(cells["quality"], QUALITIES, what="quality"),
        source=sources.find(cells["source"]),
        note=cells["note"],
        where=where,
    )


def hash_facts(entries: Mapping[str, SeriesEntry], rows: Mapping[str, Sequence[Row]]) -> str:
    """Return the sha256 of the rows and of the entries they belong to, in any order of lines."""
    digest = hashlib.sha256()
    for name in sorted(rows):
        digest.update(_entry_text(entries[name]).encode())
        for text in sorted(map(_row_text, rows[name])):
            digest.update(text.encode())
    return digest.hexdigest()


def _entry_text(entry: SeriesEntry) -> str:
    """Return all that an entry says, with its sets in order."""
    said = {each.name: getattr(entry, each.name) for each in fields(entry)}
    said["computed_periods"] = sorted(entry.computed_periods)
    said["relations"] = dict(entry.relations)
    said["left_out"] = sorted(entry.left_out.items())
    return repr(said) + "\n"


def _row_text(row: Row) -> str:
    """Return all that a row says, but not where it stands."""
    said = (
        row.series, str(row.period), row.printed, row.unit, row.basis, row.quality, row.note,
        row.source.id, row.source.title, row.source.publisher, row.source.published.isoformat(),
        row.source.published_is, row.source.url,
    )  # fmt: skip
    return repr(said) + "\n"
