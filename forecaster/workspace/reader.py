"""Read the facts of a workspace from its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.workspace.entries import read_entries
from forecaster.workspace.facts import Facts, Row, SeriesEntry
from forecaster.workspace.faults import FaultList, did_you_mean, printable, quoted
from forecaster.workspace.folders import SERIES_FILE, SHIPPED, find_workspace
from forecaster.workspace.rows import (
    HISTORY_COLUMNS,
    SOURCES_FILE,
    SourceList,
    hash_facts,
    read_rows,
)
from forecaster.workspace.tables import Table, scan_table
from forecaster.workspace.year_to_date import with_years_to_date

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

__all__ = [
    "SHIPPED",
    "find_workspace",
    "history_files",
    "load_all_facts",
    "load_entries",
    "load_facts",
    "read_file",
    "require_series",
    "scan_history",
]


def read_file(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises
    ------
    InputError
        If there is none, or it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        problem, fix = f"there is no file {quoted(str(path))}", "check its name and folder"
    except IsADirectoryError:
        problem, fix = f"{quoted(str(path))} is a folder, not a file", "name a CSV file in it"
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        problem = f"the file {quoted(str(path))} cannot be read: {reason}"
        fix = "check that it may be read, and its name"
    raise InputError(problem=problem, where=printable(str(path)), fix=fix)


def load_entries(workspace: Path) -> Mapping[str, SeriesEntry]:
    """Read `series.csv` of a workspace.

    Raises
    ------
    InputError
        If the file cannot be read or has faults, all of them at once.
    """
    faults = FaultList()
    entries = read_entries(read_file(workspace / SERIES_FILE), faults)
    faults.raise_any()
    return entries


def load_facts(
    workspace: Path,
    series: Sequence[str],
    *,
    entries: Mapping[str, SeriesEntry] | None = None,
) -> Facts:
    """Read some series: only the history files that mention one of them are parsed.

    Parameters
    ----------
    entries : what `load_entries` returned, where that was asked before

    Raises
    ------
    InputError
        If a series is unknown (the nearest names are offered), a file cannot be read, or lines
        about these series have faults.
    """
    entries = load_entries(workspace) if entries is None else entries
    for name in series:
        require_series(name, entries)
    wanted = with_years_to_date(series, entries)
    marks = [name.encode() for name in series]
    tables = []
    for path in history_files(workspace):
        payload = read_file(path)
        # a file in another encoding mentions nothing, so it must be parsed to be found out
        if any(mark in payload for mark in marks) or b"\0" in payload[:200]:
            tables.append(scan_history(payload, path, only=wanted))
    return _collect(workspace, entries, tables, wanted=wanted)


def load_all_facts(workspace: Path) -> Facts:
    """Read every series of a workspace; same errors as `load_facts`."""
    entries = load_entries(workspace)
    tables = [scan_history(read_file(path), path) for path in history_files(workspace)]
    return _collect(workspace, entries, tables, wanted=frozenset(entries))


def require_series(name: str, entries: Mapping[str, SeriesEntry]) -> None:
    """Check that the workspace has the series.

    Raises
    ------
    InputError
        If it has not; the nearest names are offered.
    """
    if name not in entries:
        fix = did_you_mean(name, entries) or "choose one that 'forecaster list' shows"
        raise InputError(problem=f"there is no series {quoted(name)}", where=SERIES_FILE, fix=fix)


def history_files(workspace: Path) -> list[Path]:
    """Return the history files of a workspace, by name."""
    return sorted((workspace / "history").glob("*.csv"))


def scan_history(payload: bytes, path: Path, *, only: Collection[str] | None = None) -> Table:
    """Read the lines of one history file, all or those about some series."""
    return scan_table(
        payload,
        name=f"history/{path.name}",
        required=HISTORY_COLUMNS[:7],
        optional=HISTORY_COLUMNS[7:],
        only=only,
    )


def _collect(
    workspace: Path,
    entries: Mapping[str, SeriesEntry],
    tables: Iterable[Table],
    *,
    wanted: Collection[str],
) -> Facts:
    """Make facts of the lines about the wanted series."""
    faults = FaultList()
    sources = SourceList(read_file(workspace / SOURCES_FILE))
    rows: dict[str, list[Row]] = {name: [] for name in entries if name in wanted}
    for table in tables:
        for name, found in read_rows(table, entries, sources, faults, wanted=wanted).items():
            rows[name].extend(found)
    faults.raise_any()
    kept = {name: tuple(found) for name, found in rows.items()}
    return Facts(entries, kept, hash_facts(entries, kept))
