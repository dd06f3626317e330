"""Find the level of a series that the question bank asks about, without reading all of the bank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecaster.records import frozen
from forecaster.workspace.belief_tables import open_table
from forecaster.workspace.driver_blocks import own_or_shipped
from forecaster.workspace.levels import parse_level
from forecaster.workspace.question_bank import QUESTIONS_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from forecaster.workspace.facts import SeriesEntry


@frozen
class AskedLevel:
    """A level that a question asks about.

    Attributes
    ----------
    level : unit of the series
    below : whether it asks about falling to it
    question : id, '' for a level that was typed
    """

    level: float
    below: bool
    question: str = ""


def asked_level(workspace: Path, series: str, entry: SeriesEntry) -> AskedLevel | None:
    """Return the farthest level of a series that an open question asks about; None without one.

    Open is a question without outcome. The farthest is the highest, or the lowest where a question
    asks about falling.

    Raises
    ------
    InputError
        If the file is no TOML, or a level of the series is none.
    """
    path = own_or_shipped(workspace, QUESTIONS_FILE)
    if path is None or series.encode() not in path.read_bytes():
        return None
    reader, _ = open_table(path)
    found = [
        AskedLevel(
            parse_level(str(table["level"]), entry), bool(table.get("below")), str(table["id"])
        )
        for table in reader.table.get("question", [])
        if _asks(table, series)
    ]
    return max(found, key=lambda each: -each.level if each.below else each.level, default=None)


def _asks(table: Any, series: str) -> bool:
    """Say whether a question is open and asks about a level of the series."""
    if not isinstance(table, dict) or table.get("series") != series:
        return False
    return "level" in table and "id" in table and "outcome" not in table
