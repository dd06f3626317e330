"""Draw the fans of several scenarios into one terminal chart.

Every scenario has a letter and, where there are colours, a colour. Its median is a line that wears
the letter, its band two dotted edges, and at the right a bar shows the band of the last period:

     │    ⡀ a⠂    ⡠⠔A⠒  ┬
     │ ⠂   ⢀⠔⠊A⠁⡠⠔B⠒⠉   A ┬
     │⢀⡠⠊⠁⡠⠔⠊B⠁⡀ a     ⠂ ┴ B
"""

from __future__ import annotations

import string
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from rich.cells import cell_len
from rich.text import Text

from forecaster.output.axes import time_ends, value_scale
from forecaster.output.canvas import Canvas, Cell
from forecaster.output.chart_frame import (
    ASCII,
    LEVEL,
    UNICODE,
    Plot,
    has_shades,
    rows_with_axis,
    time_axis,
)
from forecaster.output.chart_points import coverage_label
from forecaster.output.digits import format_value
from forecaster.output.fan_chart import MOST_COLUMNS, draw_history, draw_level
from forecaster.output.plain import safe_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from rich.console import Console

    from forecaster.output.chart_points import FanPoints

    FloatArray = NDArray[np.float64]

LETTERS = string.ascii_uppercase
INKS = ("#0072b2", "#b9559b", "#009e73", "#a07900", "#56a0d3", "#7f7f7f")
"""Told apart by who sees few colours, and read on white and on black; then again from the first.

After Okabe and Ito (2008): blue, purple, green, ochre, sky, grey. Orange is that of a level.
"""
MOST_WITH_EDGES = 4
"""More scenarios than this have bars at the right for their bands, and no edges."""
_DOTTED = 5
"""Of the dots of a line, one in so many makes an edge."""
_BAR_COLUMNS = 2


def compare_chart(fans: Mapping[str, FanPoints], console: Console) -> list[Text]:
    """Return the lines of a chart of all scenarios that fits the console.

    Parameters
    ----------
    fans : scenario -> what its fan shows, each with one band; all of one series
    """
    width = min(console.width, MOST_COLUMNS)
    n_rows = max(11, min(24, width // 5 + 4))
    every = _together(list(fans.values()))
    scale = value_scale(every, n_ticks=max(4, n_rows // 3))
    gutter = max(cell_len(label) for label in scale.labels) + 1
    n_bars = len(fans) if _BAR_COLUMNS * len(fans) <= width // 4 else 0
    first, last = time_ends(every)
    glyphs = ASCII if console.options.ascii_only else UNICODE
    n_columns = max(width - gutter - 2 - _BAR_COLUMNS * n_bars, 10)
    plot = Plot(
        fan=every,
        canvas=Canvas(n_rows, n_columns),
        scale=scale,
        first=first,
        last=last,
        in_colour=has_shades(console),
        glyphs=glyphs,
        shades=np.zeros((8 * n_rows, n_columns), dtype=np.int64),
    )
    draw_level(plot)
    draw_history(plot)
    _draw_fans(plot, list(fans.values()))
    rows = rows_with_axis(plot, gutter)
    if n_bars:
        room = gutter + 1 + n_columns
        rows = _with_bars(plot, rows, list(fans.values()), room)
    marks = _legend(plot, list(fans), console, has_bars=bool(n_bars))
    return [*rows, *time_axis(plot, gutter), *marks]


def ink_of(number: int, *, in_colour: bool) -> str:
    """Return the colour of a scenario by its number; the terminal's own where there is none."""
    return INKS[number % len(INKS)] if in_colour else ""


def _together(fans: Sequence[FanPoints]) -> FanPoints:
    """Return the points of all fans, so that the axes hold them."""
    first = fans[0]
    bands = tuple(band for fan in fans for band in fan.bands)
    return replace(first, bands=bands)


def _draw_fans(plot: Plot, fans: Sequence[FanPoints]) -> None:
    """Draw edges under medians, and the first scenario on top."""
    numbered = list(enumerate(fans))[::-1]
    edges = numbered if len(fans) <= MOST_WITH_EDGES else []
    for number, fan in edges:
        for edge in fan.bands[0][1:]:
            _draw_edge(plot, fan.times, edge, number)
    for number, fan in numbered:
        _draw_line(plot, fan, number)
    for number, fan in edges:
        for edge in fan.bands[0][1:]:
            small = LETTERS[number].lower()
            _draw_letters(plot, (fan.times, edge), small, number, n_fans=len(fans))
    for number, fan in numbered:
        _draw_letters(plot, (fan.times, fan.median), LETTERS[number], number, n_fans=len(fans))


def _places(plot: Plot, times: FloatArray, values: FloatArray) -> list[tuple[float, float]]:
    """Return (row, column) of points."""
    return [
        (plot.row(float(value)), plot.column(float(time)))
        for time, value in zip(times, values, strict=True)
    ]


def _draw_edge(plot: Plot, times: FloatArray, values: FloatArray, number: int) -> None:
    """Draw one end of a band as dots."""
    plot.canvas.dots.clear()
    for start, end in pairwise(_places(plot, times, values)):
        for row, column in plot.canvas.line(start, end, every=_DOTTED):
            dots = plot.canvas.braille((row, column))
            _put(plot, row, column, dots if plot.glyphs.dotted else ".", number)


def _draw_line(plot: Plot, fan: FanPoints, number: int) -> None:
    """Draw a median."""
    places = _places(plot, fan.times, fan.median)
    if len(places) == 1:
        places = [(places[0][0], places[0][1] - 0.5), (places[0][0], places[0][1] + 0.5)]
    plot.canvas.dots.clear()
    for start, end in pairwise(places):
        for row, column in plot.canvas.line(start, end):
            dots = plot.canvas.braille((row, column))
            glyph = dots if plot.glyphs.dotted else LETTERS[number]
            _put(plot, row, column, glyph, number, bold=True)


def _draw_letters(
    plot: Plot, line: tuple[FloatArray, FloatArray], letter: str, number: int, *, n_fans: int
) -> None:
    """Put a letter on a line, each scenario at other moments so that none hides another."""
    share = (number + 1) / (n_fans + 1)
    places = _places(plot, *line)
    for start, end in pairwise(places) if len(places) > 1 else [(places[0], places[0])]:
        row, column = (a + share * (b - a) for a, b in zip(start, end, strict=True))
        place = int(row), min(int(column), plot.canvas.n_columns - 1)
        is_small = letter.islower() and plot.canvas.cells[place[0]][place[1]].bold
        if not is_small:  # a median stays whole
            _put(plot, *place, letter, number, bold=letter.isupper())


def _put(plot: Plot, row: int, column: int, glyph: str, number: int, *, bold: bool = False) -> None:
    """Put a glyph of a scenario into a cell."""
    ink = ink_of(number, in_colour=plot.in_colour)
    plot.canvas.cells[row][column] = Cell(glyph, ink, bold=bold)


def _with_bars(
    plot: Plot, rows: Sequence[Text], fans: Sequence[FanPoints], room: int
) -> list[Text]:
    """Return the rows with a bar for each scenario at their right: the band of the last period."""
    found = []
    top, bar, bottom = "┬│┴" if plot.glyphs.dotted else ".|'"
    for row, text in enumerate(rows):
        line = text.copy()
        line.pad_right(max(room - line.cell_len, 0))
        for number, fan in enumerate(fans):
            _, lower, upper = fan.bands[0]
            high, low, middle = (
                int(plot.row(float(values[-1]))) for values in (upper, lower, fan.median)
            )
            glyph = " "
            if high <= row <= low:
                glyph = top if row == high else bottom if row == low else bar
            if row == middle:
                glyph = LETTERS[number]
            ink = ink_of(number, in_colour=plot.in_colour)
            line.append(" ").append(glyph, f"bold {ink}".strip() if glyph.isalpha() else ink)
        line.rstrip()
        found.append(line)
    return found


def _legend(plot: Plot, names: Sequence[str], console: Console, *, has_bars: bool) -> list[Text]:
    """Return what the letters and marks mean, on as many lines as it takes."""
    items = [
        Text()
        .append(LETTERS[number], f"bold {ink_of(number, in_colour=plot.in_colour)}".strip())
        .append(f" {safe_text(name)}")
        for number, name in enumerate(names)
    ]
    label = f"{coverage_label(plot.fan.bands[0][0])}% band"
    items.append(Text("line: median"))
    if len(names) <= MOST_WITH_EDGES:
        items.append(Text(f"dots, small letters: {label}"))
    if has_bars:
        items.append(Text(f"bar: {label} at the end"))
    if plot.fan.history:
        items.append(Text(f"{plot.glyphs.figure} published"))
    if plot.fan.level is not None:
        said = format_value(plot.fan.level, kind=plot.fan.kind, unit=plot.fan.unit)
        items.append(Text().append(plot.glyphs.level * 2, LEVEL).append(f" level {said}"))
    lines = [Text(no_wrap=True)]
    width = min(console.width, MOST_COLUMNS)
    for item in items:
        for part in item.wrap(console, width, overflow="fold"):
            part.rstrip()
            if lines[-1].cell_len and lines[-1].cell_len + 3 + part.cell_len > width:
                lines.append(Text(no_wrap=True))
            lines[-1].append("   " if lines[-1].cell_len else "").append_text(part)
    return lines
