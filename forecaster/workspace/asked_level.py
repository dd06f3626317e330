"""Find the level of a series that the question bank asks about, without reading all of the bank."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from forecaster.records import frozen
from forecaster.workspace.belief_tables import open_table
from forecaster.workspace.driver_blocks import own_or_shipped
from forecaster.workspace.levels import parse_level
from forecaster.workspace.question_bank import QUESTIONS_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from forecaster.workspace.facts import SeriesEntry

_HEADER = re.compile(r"^\[\[question\]\][ \t]*$", re.MULTILINE)


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
    if path is None:
        return None
    found = [
        AskedLevel(
            parse_level(str(table["level"]), entry), bool(table.get("below")), str(table["id"])
        )
        for table in _tables(path, series)
        if _asks(table, series)
    ]
    return max(found, key=lambda each: -each.level if each.below else each.level, default=None)


def _tables(path: Path, series: str) -> list[Any]:
    """Return the questions that may be about a series; only these are parsed, which is quicker.

    Raises
    ------
    InputError
        If the file is no TOML.
    """
    _, *blocks = _HEADER.split(path.read_text(encoding="utf-8"))
    named = [block for block in blocks if f'"{series}"' in block]
    try:
        return [tomllib.loads(f"[[question]]\n{block}")["question"][0] for block in named]
    except tomllib.TOMLDecodeError:
        reader, _ = open_table(path)  # says where the fault is
        return list(reader.table.get("question", []))


def _asks(table: Any, series: str) -> bool:
    """Say whether a question is open and asks about a level of the series."""
    if not isinstance(table, dict) or table.get("series") != series:
        return False
    return "level" in table and "id" in table and "outcome" not in table
