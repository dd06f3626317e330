"""Check the facts of a workspace: sources, histories, and what `series.csv` says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.errors import Fault, InputError
from forecaster.records import frozen
from forecaster.workspace.beliefs import SERIES_ID
from forecaster.workspace.entries import OPTIONAL, REQUIRED, read_entries
from forecaster.workspace.facts import Facts
from forecaster.workspace.faults import CellError, FaultList, did_you_mean, printable, quoted
from forecaster.workspace.folders import SERIES_FILE
from forecaster.workspace.history import SEED_CLAIM
from forecaster.workspace.reader import history_files, read_file, scan_history
from forecaster.workspace.rows import SOURCES_FILE, SourceList, read_rows
from forecaster.workspace.tables import scan_table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from forecaster.workspace.facts import Row, SeriesEntry

FEW_POINTS = 6
"""Under so many points a `real` series must state its typical change."""


@frozen
class CheckedFacts:
    """What could be read of the facts.

    Attributes
    ----------
    facts : entries and rows without faults of their own
    lines : series -> its line in `series.csv`, of those with faults too
    sources : as listed
    """

    facts: Facts
    lines: Mapping[str, int]
    sources: SourceList


def check_facts(workspace: Path, faults: FaultList) -> CheckedFacts:
    """Note every fault of the facts of a workspace, with its file and line.

    A series of `series.csv` without rows is no fault: it may be forecast from judgements alone.

    Raises
    ------
    InputError
        If `series.csv` or `sources.csv` cannot be read at all, for every rule needs them.
    """
    payload = read_file(workspace / SERIES_FILE)
    entries = read_entries(payload, faults)
    listed = _lines_of(payload)
    sources = SourceList(read_file(workspace / SOURCES_FILE))
    n_before = len(faults)
    _check_ids(listed, faults)
    _check_sources(sources, faults)
    rows = _check_history(workspace, entries, sources, faults, listed=listed)
    by_series: dict[str, list[Row]] = {name: [] for name in entries}
    for row in rows:
        by_series[row.series].append(row)
    if len(faults) == n_before:
        # only now is a basis or period without rows certain to have none
        _check_entries(by_series, entries, listed, faults)
    _check_rows(rows, entries, faults)
    kept = {name: tuple(found) for name, found in by_series.items()}
    return CheckedFacts(Facts(entries, kept, ""), listed, sources)


def _check_ids(lines: Mapping[str, int], faults: FaultList) -> None:
    """Check that every series has an id that formulas and files of beliefs can name."""
    for name, line in lines.items():
        if name and not SERIES_ID.fullmatch(name):
            is_sum = any(sign in name for sign in "=+*/() ")
            problem = f"{quoted(name)} is no id of a series"
            if is_sum:
                fix = "give it an id, and write the formula into priors/series/<id>.toml"
            else:
                fix = "write lower-case letters and digits with single hyphens, as in us-spend"
            error = CellError("no id of a series", problem, fix)
            faults.add_cell(error, file=SERIES_FILE, line=line)


def _lines_of(payload: bytes) -> dict[str, int]:
    """Return the line of each series in `series.csv`."""
    table = scan_table(payload, name=SERIES_FILE, required=REQUIRED, optional=OPTIONAL)
    i = table.columns.index("id")
    return {record[i].strip(): line for line, record in reversed(table.lines)}


def _check_sources(sources: SourceList, faults: FaultList) -> None:
    """Check that every source has its own id, a date, and how certain the date is."""
    i = sources.table.columns.index("source")
    for line, record in sources.table.lines:
        name = record[i].strip()
        first, _ = sources.lines[name]
        if first != line:
            problem = f"the source {quoted(name)} already has line {first}"
            error = CellError("a source listed twice", problem, "keep one of the two lines")
            faults.add_cell(error, file=SOURCES_FILE, line=line)
        try:
            sources.read(record)
        except CellError as unreadable:
            faults.add_cell(unreadable, file=SOURCES_FILE, line=line)


def _check_history(
    workspace: Path,
    entries: Mapping[str, SeriesEntry],
    sources: SourceList,
    faults: FaultList,
    *,
    listed: Collection[str],
) -> list[Row]:
    """Check every history file by itself; return the rows without faults."""
    rows: list[Row] = []
    for path in history_files(workspace):
        try:
            table = scan_history(read_file(path), path)
        except InputError as error:
            faults.extend(error.faults, file=path.name)
            continue
        i = table.columns.index("series")
        for line, record in table.lines:
            if record[i].strip() not in listed:
                faults.add_cell(_unknown_series(record[i], listed), file=table.name, line=line)
        for found in read_rows(table, entries, sources, faults, wanted=entries).values():
            rows.extend(found)
    return rows


def _unknown_series(name: str, listed: Collection[str]) -> CellError:
    """Say that `series.csv` lacks a series."""
    problem = f"the series {quoted(name)} is not in {SERIES_FILE}"
    fix = did_you_mean(name, listed) or f"give it a line in {SERIES_FILE}"
    return CellError("unknown series", problem, fix)


def _check_rows(rows: Iterable[Row], entries: Mapping[str, SeriesEntry], faults: FaultList) -> None:
    """Check the unit of each row, that none is repeated, and that none is a judgement."""
    seen: dict[tuple[str, str, str, str], Row] = {}
    for row in rows:
        key = (row.series, row.basis, str(row.period), row.source.id)
        first = seen.setdefault(key, row)
        found = [*_faults_of_row(row, entries[row.series])]
        if first is not row:
            problem = (
                f"{quoted(row.series)} already has {row.period} on the basis {quoted(row.basis)} "
                f"from {quoted(row.source.id)}, in {first.where}"
            )
            found.append(CellError("a repeated row", problem, "keep one of the two rows"))
        for error in found:
            fault = Fault(error.problem, printable(row.where), error.fix)
            faults.add(error.rule, fault, file=row.where.partition(",")[0])


def _faults_of_row(row: Row, entry: SeriesEntry) -> Iterable[CellError]:
    """Yield what is wrong with a row in the light of its series."""
    if row.unit != entry.unit:
        problem = f"{quoted(row.unit)} is not the unit of {quoted(entry.id)}, {quoted(entry.unit)}"
        yield CellError("another unit", problem, f"convert the value to {quoted(entry.unit)}")
    if not (entry.least is None or row.value >= entry.least) or not (
        entry.most is None or row.value <= entry.most
    ):
        problem = f"{row.printed} is outside the limits of {quoted(entry.id)} in series.csv"
        yield CellError("outside the limits", problem, "correct the value, or the limits")
    is_set_aside = row.basis == SEED_CLAIM or str(row.period) in entry.left_out
    if row.source.published < row.period.end and not (entry.decided or is_set_aside):
        problem = (
            f"the source {quoted(row.source.id)} was published on {row.source.published}, "
            f"before {row.period} ended"
        )
        fix = "move the row to judgements.csv, or set decided = true for figures that are decided"
        yield CellError("a judgement among the observations", problem, fix)


def _check_entries(
    rows: Mapping[str, Sequence[Row]],
    entries: Mapping[str, SeriesEntry],
    lines: Mapping[str, int],
    faults: FaultList,
) -> None:
    """Check that what an entry says of bases and periods is about rows that exist."""
    for name, entry in entries.items():
        found = [*_faults_of_entry(entry, rows[name]), *_faults_of_part(entry, entries, rows)]
        for error in found:
            faults.add_cell(error, file=SERIES_FILE, line=lines[name])


def _faults_of_entry(entry: SeriesEntry, rows: Sequence[Row]) -> Iterable[CellError]:
    """Yield what is wrong with an entry in the light of its rows."""
    bases = {row.basis for row in rows}
    named = [entry.reference_basis, *entry.relations] if rows else []
    for basis in named:
        if basis not in bases:
            problem = f"{quoted(entry.id)} has no rows on the basis {quoted(basis)}"
            fix = did_you_mean(basis, bases) or f"name one of {', '.join(map(quoted, bases))}"
            yield CellError("unknown basis", problem, fix)
    if entry.reference_basis in entry.relations:
        problem = f"{quoted(entry.reference_basis)} is the reference basis and has a relation too"
        yield CellError("relation to itself", problem, "remove the relation")
    existing = {(row.basis, str(row.period)) for row in rows}
    for basis, period in sorted(entry.computed_periods - existing):
        problem = f"{quoted(entry.id)} has no row for {period} on the basis {quoted(basis)}"
        yield CellError("computed period without a row", problem, "remove or correct the period")
    for period in entry.left_out:
        if rows and period not in {known for _, known in existing}:
            problem = f"{quoted(entry.id)} leaves out {period}, for which it has no row"
            yield CellError("left-out period without a row", problem, "remove the period")
    yield from _faults_of_kind(entry, n_points=len({row.period for row in rows}))


def _faults_of_part(
    entry: SeriesEntry, entries: Mapping[str, SeriesEntry], rows: Mapping[str, Sequence[Row]]
) -> Iterable[CellError]:
    """Yield why a series cannot be a part of what its limits name."""
    if not entry.part_of:
        return
    whole = entries.get(entry.part_of)
    if whole is None or whole.id == entry.id:
        problem = (
            f"{quoted(entry.id)} is a part of {quoted(entry.part_of)}, which is no other series"
        )
        fix = did_you_mean(entry.part_of, set(entries) - {entry.id}) or "name another series"
        yield CellError("unknown whole", problem, fix)
        return
    if whole.unit != entry.unit:
        problem = f"{quoted(entry.id)} and its whole {quoted(whole.id)} have different units"
        yield CellError("unit of a whole", problem, "give both the same unit, or drop part-of")
    total = {(row.basis, row.period): row for row in rows[whole.id]}
    for row in rows[entry.id]:
        over = total.get((row.basis, row.period))
        if over is not None and row.value > over.value:
            problem = (
                f"{row.printed} of {row.period} is more than the whole {quoted(whole.id)}, "
                f"{over.printed}"
            )
            yield CellError("a part above its whole", problem, "correct one of the two figures")


def _faults_of_kind(entry: SeriesEntry, *, n_points: int) -> Iterable[CellError]:
    """Yield what an entry lacks for its kind."""
    if entry.counting_error == "poisson" and entry.kind not in ("count", "cumulative"):
        problem = f"{quoted(entry.id)} has a counting error but is of kind {quoted(entry.kind)}"
        yield CellError("counting error", problem, "write 'none'")
    if entry.kind == "real" and entry.typical_change is None and 0 < n_points < FEW_POINTS:
        problem = f"{quoted(entry.id)} has {n_points} points and no typical change"
        fix = "state the size of a usual change in a year in the column 'typical_change'"
        yield CellError("no typical change", problem, fix)
