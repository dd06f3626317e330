"""Draw bars in terminal cells: shares of a whole, and ranges between two values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

UP, DOWN = "#0072b2", "#d55e00"
"""Blue and vermilion that read on white and on black (Okabe and Ito 2008)."""
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def share_bar(share: float, console: Console, *, width: int) -> Text:
    """Return a bar that fills a share of its width, to an eighth of a cell."""
    held = min(max(share, 0.0), 1.0)
    if console.options.ascii_only:
        return Text("#" * round(held * width), no_wrap=True)
    eighths = round(8 * width * held)
    full, part = divmod(eighths, 8)
    return Text("█" * full + (_EIGHTHS[part] if part else ""), UP, no_wrap=True)


def range_bar(start: float, end: float, *, zero: float, console: Console, width: int) -> Text:
    """Return a bar from one place to another on an axis from 0 to 1, with a mark at zero.

    A bar that goes up is full, one that goes down is shaded, so that both can be told apart
    without colours.

    Parameters
    ----------
    start, end, zero : fractions of the axis
    """
    is_up = end >= start
    low, high = (_cell(value, width) for value in sorted((start, end)))
    full, shaded, mark = ("#", "=", "|") if console.options.ascii_only else ("█", "▒", "│")
    middle = _cell(zero, width)
    line = Text(no_wrap=True)
    for column in range(width):
        if column == middle:
            line.append(mark, "bold")
        elif low <= column <= high:
            line.append(full if is_up else shaded, UP if is_up else DOWN)
        else:
            line.append(" ")
    line.rstrip()
    return line


def _cell(place: float, width: int) -> int:
    """Return the cell of a fraction of the axis."""
    return min(max(int(place * width), 0), width - 1)
