"""Draw a fan chart in shaded cells for the terminal.

With colours the bands are painted to an eighth of a cell. Without them (NO_COLOR, a pipe, a
terminal of 16 colours) each band has its own glyph. Nothing relies on the colour of the
terminal's background: what lies on a band brings its own paper, the rest is in the terminal's ink.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from rich.cells import cell_len

from forecaster.output.axes import time_ends, value_scale
from forecaster.output.canvas import Canvas, Cell
from forecaster.output.chart_frame import (
    ASCII,
    LEVEL,
    UNICODE,
    Plot,
    band_colour,
    band_glyph,
    has_shades,
    legend,
    rows_with_axis,
    time_axis,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rich.console import Console
    from rich.text import Text

    from forecaster.output.axes import Scale
    from forecaster.output.chart_points import FanPoints

MOST_COLUMNS = 140
"""Wider than this a chart gets flat, not clearer."""

ON_BANDS = "#ffffff"
LEVEL_ON_BANDS = "#8c1d04", "#ffb27a"
"""The level's line on a pale and on a dark band."""

_EIGHTHS = " ▁▂▃▄▅▆▇█"


def fan_chart(fan: FanPoints, console: Console) -> list[Text]:
    """Return the lines of a fan chart that fits the console.

    Raises
    ------
    ValueError
        If a value on it is not finite.

    """
    width = min(console.width, MOST_COLUMNS)
    n_rows = max(9, min(22, width // 5 + 3))
    scale = value_scale(fan, n_ticks=max(4, n_rows // 3))
    gutter = max(cell_len(label) for label in scale.labels) + 1
    n_columns = max(width - gutter - 2, 10)
    first, last = time_ends(fan)
    glyphs = ASCII if console.options.ascii_only else UNICODE
    plot = Plot(
        fan=fan,
        canvas=Canvas(n_rows, n_columns),
        scale=scale,
        first=first,
        last=last,
        in_colour=has_shades(console) and glyphs is UNICODE,
        glyphs=glyphs,
        shades=_shades(fan, scale, n_rows=n_rows, n_columns=n_columns),
    )
    _paint_bands(plot)
    draw_level(plot)
    _draw_median(plot)
    draw_history(plot)
    return [*rows_with_axis(plot, gutter), *time_axis(plot, gutter), *legend(plot, width)]


def _shades(fan: FanPoints, scale: Scale, *, n_rows: int, n_columns: int) -> NDArray[np.int64]:
    """Return how many bands hold each eighth of a cell, (8 n_rows, n_columns), from the top."""
    first, last = time_ends(fan)
    moments = first + (np.arange(n_columns) + 0.5) / n_columns * (last - first)
    half_column = 0.5 * (last - first) / n_columns
    inside = (moments >= fan.times[0] - half_column) & (moments <= fan.times[-1] + half_column)
    heights = 1.0 - (np.arange(8 * n_rows) + 0.5) / (8 * n_rows)
    shades = np.zeros((8 * n_rows, n_columns), dtype=np.int64)
    for _, lower, upper in fan.bands:
        # a straight line on the axis is one in fractions of it, whatever its scale
        low, high = (
            np.interp(moments, fan.times, [scale.fraction(value) for value in end.tolist()])
            for end in (lower, upper)
        )
        low = np.minimum(low, high - 0.125 / n_rows)  # a thin band must not vanish
        shades += (heights[:, None] >= low) & (heights[:, None] <= high) & inside
    return shades


def _paint_bands(plot: Plot) -> None:
    """Shade every cell by the narrowest band that holds it."""
    painted: dict[bytes, Cell] = {}
    for row in range(plot.canvas.n_rows):
        eighths = plot.shades[8 * row : 8 * row + 8][::-1].T
        for column in np.flatnonzero(eighths.any(axis=1)):
            key = eighths[column].tobytes()
            if key not in painted:
                painted[key] = _band_cell(plot, eighths[column].tolist())
            plot.canvas.cells[row][column] = painted[key]


def _band_cell(plot: Plot, shades: list[int]) -> Cell:
    """Return a cell from the shades of its eighths, from the bottom up."""
    n_bands = len(plot.fan.bands)
    if not plot.in_colour:
        shade = _commonest(shades)
        return Cell(band_glyph(shade - 1, n_bands, plot.glyphs) if shade else " ")
    colours = ["", *(band_colour(rank, n_bands) for rank in range(n_bands))]
    bottom = shades[0]
    if len(set(shades)) == 2 and shades[-1] != bottom != 0:
        filled = next(i for i, shade in enumerate(shades) if shade != bottom)
        return Cell(_EIGHTHS[filled], colours[bottom], colours[shades[-1]])
    # No glyph fills more than half a cell from its top, and reverse video, which could paint the
    # terminal's own background from below, is not the same in every terminal: so halves it is.
    lower, upper = _commonest(shades[:4]), _commonest(shades[4:])
    if lower == upper:
        return Cell(" ", "", colours[lower])
    if upper == 0:
        return Cell("▄", colours[lower])
    return Cell("▀", colours[upper], colours[lower])


def _commonest(shades: list[int]) -> int:
    """Return the shade that most eighths have, the narrower band's on a tie."""
    return max(set(shades), key=lambda shade: (shades.count(shade), shade))


def _paper(plot: Plot, column: int, height: float) -> tuple[str, int]:
    """Return the colour under a mark at that height, in rows, and the shade, 0 outside."""
    shade = int(plot.shades[int(8 * height), column])
    if shade == 0 or not plot.in_colour:
        return "", shade
    return band_colour(shade - 1, len(plot.fan.bands)), shade


def draw_level(plot: Plot) -> None:
    """Draw the threshold across the whole chart."""
    if plot.fan.level is None:
        return
    height = plot.row(plot.fan.level)
    row = int(height)
    for column in range(plot.canvas.n_columns):
        paper, shade = _paper(plot, column, height)
        ink = LEVEL
        if shade and plot.in_colour:
            ink = LEVEL_ON_BANDS[int(2 * shade > len(plot.fan.bands) + 1)]
        elif plot.canvas.cells[row][column].glyph != " " and column % 2:
            continue  # the glyph of the band must stay readable under the line
        plot.canvas.cells[row][column] = Cell(plot.glyphs.level, ink, paper, bold=True)


def _draw_median(plot: Plot) -> None:
    """Draw the median through the fan."""
    fan, canvas = plot.fan, plot.canvas
    ends = [
        (plot.row(float(value)), plot.column(float(time)))
        for time, value in zip(fan.times, fan.median, strict=True)
    ]
    if len(ends) == 1:
        ends = [(ends[0][0], ends[0][1] - 0.5), (ends[0][0], ends[0][1] + 0.5)]
    for start, end in pairwise(ends):
        for row, column in canvas.line(start, end):
            paper, _ = _paper(plot, column, row + 0.5)
            paper = paper or (band_colour(0, 2) if plot.in_colour else "")
            if plot.in_colour:
                ink = ON_BANDS if paper != band_colour(0, 2) else "#10325e"
                canvas.cells[row][column] = Cell(canvas.braille((row, column)), ink, paper)
            else:
                canvas.cells[row][column] = Cell(plot.glyphs.median, bold=True)


def draw_history(plot: Plot) -> None:
    """Draw the figures so far, joined by a line."""
    fan, canvas = plot.fan, plot.canvas
    ends = [(plot.row(value), plot.column(time)) for time, value in fan.history]
    canvas.dots.clear()
    for start, end in pairwise(ends):
        for row, column in canvas.line(start, end):
            glyph = canvas.braille((row, column)) if plot.glyphs.dotted else "."
            canvas.write(row, column, glyph)
    for time, value in fan.other_bases:
        canvas.write(int(plot.row(value)), int(plot.column(time)), plot.glyphs.other)
    if len(ends) > canvas.n_columns // 4:
        ends = ends[-1:]  # marks closer than this would hide the line
    for height, column_at in ends:
        column = min(int(column_at), canvas.n_columns - 1)
        # On the terminal's own paper, even where the fan begins: its ink is not ours to choose.
        canvas.cells[int(height)][column] = Cell(plot.glyphs.figure, bold=True)
