"""Find the file of drivers, and what its blocks may name: sources and series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.workspace.faults import did_you_mean, quoted
from forecaster.workspace.folders import SHIPPED_PRIORS
from forecaster.workspace.reader import SHIPPED

if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from pathlib import Path

    from forecaster.workspace.blocks import Block
    from forecaster.workspace.facts import SeriesEntry

DRIVERS_FILE = "drivers.toml"


def own_or_shipped(workspace: Path, name: str) -> Path | None:
    """Return the workspace's own file, or the shipped one where the facts are the shipped ones.

    A workspace stands alone: shipped drivers, scenarios and questions are about series that it need
    not have. None where there is no file.
    """
    own = workspace / "priors" / name
    if own.is_file():
        return own
    shipped = SHIPPED_PRIORS / name
    is_shipped = workspace.resolve() == SHIPPED.resolve()
    return shipped if is_shipped and shipped.is_file() else None


class SourceIds:
    """The ids that a block may name as its source: the first cells of lines, read when asked for.

    A quoted cell may run over lines, so a piece of one may pass for an id; a fault in these files
    is told by their own reader.
    """

    def __init__(self, workspace: Path) -> None:
        self._paths = [workspace / "sources.csv", workspace / "claims.csv"]
        self._found: set[bytes] = set()

    def __contains__(self, name: object) -> bool:
        sought = str(name).encode()
        while sought not in self._found and self._paths:
            path = self._paths.pop(0)
            lines = path.read_bytes().splitlines()[1:] if path.is_file() else []
            self._found.update(line.partition(b",")[0] for line in lines)
        return sought in self._found


def read_source(block: Block, sources: Container[str]) -> str:
    """Return the source of a block, an id of sources.csv or claims.csv.

    Raises
    ------
    InputError
        If it is missing or not known.
    """
    source = block.text("source")
    if source not in sources:
        problem = f"the source {quoted(source)} is not known"
        raise block.fault("source", problem, "name an id of sources.csv or claims.csv")
    return source


def read_series(block: Block, entries: Mapping[str, SeriesEntry]) -> SeriesEntry:
    """Return the entry of the series that a block names.

    Raises
    ------
    InputError
        If there is none; the nearest names are offered.
    """
    series = block.text("series")
    if series not in entries:
        fix = did_you_mean(series, entries) or "choose one that 'forecaster list' shows"
        raise block.fault("series", f"there is no series {quoted(series)}", fix)
    return entries[series]
