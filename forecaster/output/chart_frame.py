"""Frame a terminal chart: its axes, its legend, the glyphs and colours of its marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from forecaster.output.axes import Scale, time_ticks
from forecaster.output.chart_points import coverage_label
from forecaster.output.digits import format_value
from forecaster.records import frozen

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rich.console import Console

    from forecaster.output.canvas import Canvas
    from forecaster.output.chart_points import FanPoints

OUTER, INNER = (158, 193, 230), (32, 84, 153)
"""Blue of the widest and of the narrowest band; the others lie between."""
LEVEL = "#d2571a"
"""Orange that reads on white and on black."""


@frozen
class Glyphs:
    """What the marks look like.

    Attributes
    ----------
    shades : from the widest band to the narrowest
    dotted : whether lines are drawn in braille dots

    """

    shades: str
    median: str
    level: str
    figure: str
    other: str
    axis: str
    dotted: bool


UNICODE = Glyphs("░▒▓", "━", "╌", "●", "○", "│└─┴", True)
ASCII = Glyphs(".:#", "=", "-", "o", "x", "|+-+", False)


@dataclass(slots=True)
class Plot:
    """A canvas with its axes.

    Attributes
    ----------
    shades : (8 n_rows, n_columns), from the top; 0 outside the fan, else how many bands hold
        this eighth of a cell
    """

    fan: FanPoints
    canvas: Canvas
    scale: Scale
    first: float
    last: float
    in_colour: bool
    glyphs: Glyphs
    shades: NDArray[np.int64]

    def column(self, time: float) -> float:
        """Return where a moment stands, in columns."""
        return (time - self.first) / (self.last - self.first) * self.canvas.n_columns

    def row(self, value: float) -> float:
        """Return where a value stands, in rows from the top."""
        share = min(max(self.scale.fraction(value), 0.0), 1.0)
        return min((1.0 - share) * self.canvas.n_rows, self.canvas.n_rows - 1e-6)

    def moment(self, column: int) -> float:
        """Return the moment at the middle of a column."""
        return self.first + (column + 0.5) / self.canvas.n_columns * (self.last - self.first)


def has_shades(console: Console) -> bool:
    """Say whether the console shows enough colours to tell the bands apart by them."""
    return console.color_system in ("256", "truecolor") and not console.no_color


def band_colour(rank: int, n_bands: int) -> str:
    """Return the colour of a band, rank 0 being the widest."""
    share = 0.5 if n_bands == 1 else rank / (n_bands - 1)
    mixed = [round(a + (b - a) * share) for a, b in zip(OUTER, INNER, strict=True)]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def band_glyph(rank: int, n_bands: int, glyphs: Glyphs = UNICODE) -> str:
    """Return the glyph of a band, rank 0 being the widest."""
    if n_bands == 1:
        return glyphs.shades[1]
    return glyphs.shades[round(rank / (n_bands - 1) * (len(glyphs.shades) - 1))]


def rows_with_axis(plot: Plot, gutter: int) -> list[Text]:
    """Return the rows of the chart with the value axis at their left."""
    labels: dict[int, str] = {}
    for value, label in zip(plot.scale.ticks, plot.scale.labels, strict=True):
        labels.setdefault(int(plot.row(value)), label)
    lines = []
    for row in range(plot.canvas.n_rows):
        label = labels.get(row, "")
        mark = "┤" if label and plot.glyphs.dotted else plot.glyphs.axis[0]
        line = Text(" " * (gutter - 1 - cell_len(label)) + label + " " + mark, no_wrap=True)
        lines.append(line.append_text(plot.canvas.text(row)))
    return lines


def time_axis(plot: Plot, gutter: int) -> list[Text]:
    """Return the time axis: a line with marks, and the labels under it."""
    n_columns = plot.canvas.n_columns
    corner, dash, mark = plot.glyphs.axis[1:2], plot.glyphs.axis[2:3], plot.glyphs.axis[3:4]
    marks, labels = [dash] * n_columns, [" "] * (n_columns + 1)
    widest = 7 if plot.fan.frequency in ("quarter", "half", "month") else 4
    free_from = 0
    for time, label in time_ticks(plot.fan, n_most=max(2, n_columns // (widest + 3))):
        at = min(int(plot.column(time)), n_columns - 1)
        start = min(max(at - len(label) // 2, 0), len(labels) - len(label))
        if start >= free_from:
            marks[at] = "┬" if mark == "┴" else mark
            labels[start : start + len(label)] = list(label)
            free_from = start + len(label) + 1
    under = Text(" " * gutter + " " + "".join(labels).rstrip(), no_wrap=True)
    return [Text(" " * gutter + corner + "".join(marks), no_wrap=True), under]


def legend(plot: Plot, width: int) -> list[Text]:
    """Return what the marks mean, on as many lines as it takes."""
    items = [_band_item(plot, rank) for rank in range(len(plot.fan.bands))]
    items.append(Text(f"{plot.glyphs.median} median"))
    if plot.fan.history:
        items.append(Text(f"{plot.glyphs.figure} published"))
    if plot.fan.other_bases:
        items.append(Text(f"{plot.glyphs.other} other bases"))
    if plot.fan.level is not None:
        label = format_value(plot.fan.level, kind=plot.fan.kind, unit=plot.fan.unit)
        items.append(Text().append(plot.glyphs.level * 2, LEVEL).append(f" level {label}"))
    lines = [Text(no_wrap=True)]
    for item in items:
        if lines[-1].cell_len and lines[-1].cell_len + 3 + item.cell_len > width:
            lines.append(Text(no_wrap=True))
        lines[-1].append("   " if lines[-1].cell_len else "").append_text(item)
    return lines


def _band_item(plot: Plot, rank: int) -> Text:
    """Return the legend of one band."""
    n_bands = len(plot.fan.bands)
    label = f" {coverage_label(plot.fan.bands[rank][0])}%"
    if plot.in_colour:
        return Text().append("██", band_colour(rank, n_bands)).append(label)
    return Text(band_glyph(rank, n_bands, plot.glyphs) * 2).append(label)
