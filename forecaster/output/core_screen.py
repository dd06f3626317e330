"""Print in one table what the forecasts of many series rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.output.layout import put, put_wrapped
from forecaster.output.plain import safe_text
from forecaster.output.sentences import title_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.footing import Footing

LEAST_ROOM = 36
"""Columns that the last one needs for its words; with fewer, a list is easier to read."""


def print_footings(
    footings: Mapping[str, Footing],
    entries: Mapping[str, SeriesEntry],
    console: Console,
    *,
    language: str = "en",
) -> None:
    """Print a line a series, the last column saying what its forecast rests on.

    Columns are dropped from the middle until the table fits; on a narrow console each series
    becomes a small list. Words move to the next line; no cell is cut.
    """
    headers = ["series", "title", "kind", "family", "rests on"]
    rows = [
        [
            safe_text(name),
            title_of(entries[name], language),
            f"{entries[name].kind}, {entries[name].timing}",
            footing.family,
            safe_text(footing.text),
        ]
        for name, footing in footings.items()
    ]
    for columns in ((0, 1, 2, 3, 4), (0, 1, 3, 4), (0, 3, 4), (0, 4)):
        chosen = [[row[i] for i in columns] for row in (headers, *rows)]
        if put_wrapped(console, chosen, least=LEAST_ROOM):
            break
    else:
        for name, title, kind, family, rests in rows:
            put(console, name, style="bold")
            put(console, f"{title}; {kind}; {family}", indent=2)
            put(console, rests, indent=2)
    n_thin = sum(footing.is_thin for footing in footings.values())
    put(console)
    put(console, f"{len(rows)} series; {n_thin} rest on one figure or none.")
