"""Keep folds in CSV files, so that a long backtest can be stopped and read again."""

from __future__ import annotations

import csv
from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING, Any

from forecaster.evaluation.figure_scores import FigureScore
from forecaster.evaluation.leave_future_out import Fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_READERS: dict[str, Any] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": lambda text: text == "True",
    "date": date.fromisoformat,
}
_OWN = [field for field in fields(Fold) if field.name != "score"]
_SCORES = fields(FigureScore)


def write_folds(path: Path, folds: Iterable[Fold]) -> None:
    """Write folds to a CSV file, its folder made where needed; complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([field.name for field in (*_OWN, *_SCORES)])
        for fold in folds:
            own = [getattr(fold, field.name) for field in _OWN]
            writer.writerow([*own, *(getattr(fold.score, field.name) for field in _SCORES)])
    part.replace(path)


def read_folds(paths: Sequence[Path]) -> list[Fold]:
    """Return the folds of some files, in the order of the files.

    Raises
    ------
    ValueError
        If a file has other columns than folds have.
    """
    expected = [field.name for field in (*_OWN, *_SCORES)]
    found = []
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            if header != expected:
                raise ValueError(f"{path} holds the columns {header}, not those of folds")
            found += [_fold(row) for row in reader]
    return found


def _fold(cells: Sequence[str]) -> Fold:
    """Return the fold of one row."""
    own = {f.name: _READERS[str(f.type)](cell) for f, cell in zip(_OWN, cells, strict=False)}
    rest = cells[len(_OWN) :]
    score = {f.name: _READERS[str(f.type)](cell) for f, cell in zip(_SCORES, rest, strict=True)}
    return Fold(**own, score=FigureScore(**score))
