"""Choose between rows of one series and basis that speak of the same time.

Calendar periods are nested or apart, so the periods of a basis form trees:

    2024 ── H1 ── Q1, Q2          Q1 and Q2 cover H1; H1 alone does not cover 2024,
         └─ (H2 missing)          so 2024 is kept, with H1 or its quarters beside it
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forecaster.workspace.facts import QUALITIES, Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

_RANK = {quality: rank for rank, quality in enumerate(QUALITIES)}


def _edition_order(row: Row) -> tuple[date, int, str, str]:
    """Order editions of one publisher, the one that counts last."""
    return row.source.published, -_RANK[row.quality], row.source.id, row.printed


def worse_editions(rows: Sequence[Row]) -> list[tuple[Row, str]]:
    """Return the rows of one basis and period that another one replaces, with the reason."""
    newest: dict[str, Row] = {}
    rejected = []
    for row in sorted(rows, key=_edition_order, reverse=True):
        latest = newest.setdefault(row.source.publisher, row)
        if latest is not row:
            said = f"replaced by a newer edition of the same publisher: {latest.source.id}"
            rejected.append((row, said))
    # `sorted` is stable, so that the latest comes first among equals in quality
    best, *others = sorted(newest.values(), key=lambda row: _RANK[row.quality])
    for row in others:
        better = "of better quality" if row.quality != best.quality else "later"
        rejected.append((row, f"another source is {better}: {best.source.id}"))
    return rejected


def same_moment(rows: Sequence[Row]) -> list[tuple[Row, str]]:
    """Return the rows of a stock that state the same moment as a better or finer row."""
    moments: dict[date, list[Row]] = defaultdict(list)
    for row in rows:
        moments[row.period.end].append(row)
    rejected = []
    for rivals in moments.values():
        finest_first = sorted(rivals, key=lambda row: row.period.start, reverse=True)
        best, *others = sorted(finest_first, key=lambda row: _RANK[row.quality])
        rejected += [(row, f"{best.period} states the same moment") for row in others]
    return rejected


def overlapping(rows: Sequence[Row]) -> list[tuple[Row, str]]:
    """Return the rows of a flow that a whole or its parts replace."""
    roots: list[_Node] = []
    above: list[_Node] = []  # from a root down to the latest node
    for row in sorted(rows, key=lambda row: (row.period.start, -row.period.end.toordinal())):
        while above and not above[-1].row.period.contains(row.period):
            above.pop()
        node = _Node(row)
        (above[-1].parts if above else roots).append(node)
        above.append(node)
    rejected: list[tuple[Row, str]] = []
    for root in roots:
        root.resolve(rejected)
    return rejected


@dataclass
class _Node:
    """A row, and the rows whose periods lie directly inside its own."""

    row: Row
    parts: list[_Node] = field(default_factory=list)

    def resolve(self, rejected: list[tuple[Row, str]]) -> tuple[list[Row], list[Row]]:
        """Return the widest rows kept within this period, and those kept beside them inside."""
        if not self.parts:
            return [self.row], []
        widest: list[Row] = []
        inside: list[Row] = []
        for part in self.parts:
            part_widest, part_inside = part.resolve(rejected)
            widest += part_widest
            inside += part_inside
        if sum(map(_n_days, widest)) < _n_days(self.row):
            return [self.row], widest + inside
        if max(_RANK[row.quality] for row in widest) <= _RANK[self.row.quality]:
            rejected.append((self.row, "its parts are used instead"))
            return widest, inside
        reason = f"{self.row.period} as a whole is of better quality"
        rejected += [(row, reason) for row in widest + inside]
        return [self.row], []


def _n_days(row: Row) -> int:
    """Return the number of days of the period of a row."""
    return (row.period.end - row.period.start).days + 1
