"""Lay out tables and lists on a console of any width without ever cutting a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    Grid = tuple[Sequence[str], Sequence[Sequence[str]]]

GAP = 3
"""Columns between two columns of a table."""
WARNING = "#c05a00"
"""Amber that reads on white and on black."""


def put(console: Console, text: str | Text = "", *, style: str = "", indent: int = 0) -> None:
    """Print a paragraph: wrapped at words, long words folded, nothing cut, markup not read."""
    shown = text if isinstance(text, Text) else Text(text, style=style)
    room = max(console.width - indent, 1)
    lines = shown.wrap(console, room, overflow="fold", no_wrap=False)
    for line in lines:
        line.rstrip()
    put_lines(console, [Text(" " * indent).append_text(line) for line in lines])


def put_lines(console: Console, lines: Sequence[Text]) -> None:
    """Print lines that were made to fit, as they are; in one go, which is quicker."""
    joined = Text("\n", end="", no_wrap=True).join(lines)
    console.print(joined, highlight=False, soft_wrap=True, overflow="ignore")


def put_table(
    console: Console,
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    shorter: Grid | None = None,
    left: int = 1,
) -> None:
    """Print a table; where it does not fit, its shorter form, or else a small list for every row.

    Parameters
    ----------
    console
        where to
    headers, rows
        texts; every row as long as the headers
    shorter
        headers and rows that say the same in fewer columns
    left
        how many of the first columns are aligned at their left; the others at their right

    """
    for grid in ((headers, rows), shorter):
        if grid is not None and _put_grid(console, *grid, left=left):
            return
    for row in rows:
        _put_stacked(console, headers, row)


def aligned(text: str, width: int, *, to_left: bool) -> str:
    """Fill a text with blanks to a width in cells; Chinese characters take two."""
    blanks = " " * max(width - cell_len(text), 0)
    return text + blanks if to_left else blanks + text


def _put_grid(
    console: Console, headers: Sequence[str], rows: Sequence[Sequence[str]], *, left: int
) -> bool:
    """Print a table in columns where it fits; say whether it did."""
    widths = [max(cell_len(row[i]) for row in (headers, *rows)) for i in range(len(headers))]
    room = console.width - sum(widths)
    gap = next((g for g in (GAP, 2, 1) if g * (len(widths) - 1) <= room), None)
    if gap is None:
        return False
    lines = []
    for number, row in enumerate((headers, *rows)):
        cells = [
            aligned(cell, width, to_left=column < left)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        style = "bold" if number == 0 else ""
        lines.append(Text((" " * gap).join(cells).rstrip(), style=style))
    put_lines(console, lines)
    return True


def _put_stacked(console: Console, headers: Sequence[str], row: Sequence[str]) -> None:
    """Print one row as a list: its first cell, then 'header: cell' under it."""
    put(console, row[0], style="bold")
    width = max((cell_len(header) for header in headers[1:]), default=0)
    for header, cell in zip(headers[1:], row[1:], strict=True):
        if not cell:
            continue
        if 4 + width + cell_len(cell) <= console.width:
            put(console, f"  {aligned(header, width, to_left=True)}  {cell}")
        else:
            put(console, header, indent=2)
            put(console, cell, indent=4)


def put_wrapped(console: Console, rows: Sequence[Sequence[str]], *, least: int) -> bool:
    """Print a table whose last column may take several lines; say whether it fits.

    Parameters
    ----------
    rows : texts, the headers first
    least : columns that the last one needs at least
    """
    widths = [max(cell_len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    room = console.width - sum(widths) - GAP * len(widths)
    if room < least:
        return False
    lines = []
    for number, row in enumerate(rows):
        style = "bold" if number == 0 else ""
        wrapped = Text(row[-1]).wrap(console, room, overflow="fold") or [Text()]
        for i, part in enumerate(wrapped):
            shown = row[:-1] if i == 0 else [""] * len(widths)
            cells = [aligned(c, w, to_left=True) for c, w in zip(shown, widths, strict=True)]
            line = (" " * GAP).join([*cells, part.plain.rstrip()])
            lines.append(Text(line.rstrip(), style=style))
    put_lines(console, lines)
    return True
