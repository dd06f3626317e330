"""Draw a fan chart as an inline SVG, by hand and without outside resources.

Text and axes take the colour of the surrounding page, so the chart reads on light and on dark.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from forecaster.output.axes import Scale, time_ends, time_ticks, value_scale
from forecaster.output.chart_points import coverage_label, value_at
from forecaster.output.digits import format_value
from forecaster.output.plain import safe_text
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forecaster.output.chart_points import FanPoints

WIDTH, HEIGHT = 760, 380
LEFT, RIGHT, TOP, BOTTOM = 64, 20, 14, 62
"""Room around the plot in pixels, for labels and the legend."""
BAND = "#3b78c2"
LEVEL = "#d2571a"


@frozen
class _Frame:
    """Where values and moments stand, in pixels."""

    scale: Scale
    first: float
    last: float

    def x(self, time: float) -> float:
        """Return pixels from the left."""
        share = (time - self.first) / (self.last - self.first)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Return pixels from the top."""
        share = min(max(self.scale.fraction(value), 0.0), 1.0)
        return TOP + (1.0 - share) * (HEIGHT - TOP - BOTTOM)


def svg_fan_chart(fan: FanPoints, *, label: str) -> str:
    """Return a fan chart as SVG text.

    Parameters
    ----------
    fan
        what it shows
    label
        what a screen reader says of it

    """
    first, last = time_ends(fan)
    frame = _Frame(value_scale(fan, n_ticks=7), first, last)
    marks = [*_axes(fan, frame), *_bands(fan, frame), *_level(fan, frame), *_lines(fan, frame)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(safe_text(label))}" style="max-width:{WIDTH}px;width:100%;'
        'height:auto;font:12px system-ui,sans-serif" fill="currentColor">'
        f"{''.join(marks)}{''.join(_legend(fan))}</svg>"
    )


def _axes(fan: FanPoints, frame: _Frame) -> list[str]:
    """Return grid lines with their labels, and the time axis."""
    marks = []
    for value, label in zip(frame.scale.ticks, frame.scale.labels, strict=True):
        y = frame.y(value)
        marks.append(_line(LEFT, y, WIDTH - RIGHT, y, 'stroke="currentColor" opacity="0.15"'))
        marks.append(_text(LEFT - 8, y + 4, label, anchor="end"))
    bottom = HEIGHT - BOTTOM
    marks.append(_line(LEFT, bottom, WIDTH - RIGHT, bottom, 'stroke="currentColor" opacity="0.5"'))
    for time, label in time_ticks(fan, n_most=11):
        x = frame.x(time)
        marks.append(_line(x, bottom, x, bottom + 5, 'stroke="currentColor" opacity="0.5"'))
        marks.append(_text(x, bottom + 19, label, anchor="middle"))
    return marks


def _bands(fan: FanPoints, frame: _Frame) -> list[str]:
    """Return the bands, laid over each other from the widest to the narrowest."""
    marks = []
    moments = np.linspace(fan.times[0], fan.times[-1], 12 * max(fan.times.size - 1, 1) + 1)
    for _, lower, upper in fan.bands:
        ends = [
            [(m, value_at(fan, end, m, is_log=frame.scale.is_log)) for m in moments]
            for end in (upper, lower)
        ]
        points = _points(frame, [*ends[0], *reversed(ends[1])])
        marks.append(f'<polygon points="{points}" fill="{BAND}" fill-opacity="0.3"/>')
    return marks


def _lines(fan: FanPoints, frame: _Frame) -> list[str]:
    """Return the median and the figures so far."""
    median = _points(frame, zip(fan.times.tolist(), fan.median.tolist(), strict=True))
    line = 'fill="none" stroke-width="2" stroke-linejoin="round"'
    marks = [f'<polyline points="{median}" {line} stroke="currentColor"/>']
    marks.append(f'<polyline points="{_points(frame, fan.history)}" {line} stroke="currentColor"/>')
    few = fan.history if len(fan.history) <= 60 else fan.history[-1:]
    marks += [_dot(frame, point, 'fill="currentColor"') for point in few]
    open_dot = 'fill="none" stroke="currentColor" stroke-width="1.5"'
    return marks + [_dot(frame, point, open_dot) for point in fan.other_bases]


def _level(fan: FanPoints, frame: _Frame) -> list[str]:
    """Return the threshold line with its label."""
    if fan.level is None:
        return []
    y = frame.y(fan.level)
    dashed = f'stroke="{LEVEL}" stroke-width="2" stroke-dasharray="6 4"'
    label = f"level {format_value(fan.level, kind=fan.kind, unit=fan.unit)}"
    return [
        _line(LEFT, y, WIDTH - RIGHT, y, dashed),
        _text(LEFT + 6, y - 6, label, fill=LEVEL),
    ]


def _legend(fan: FanPoints) -> list[str]:
    """Return what the marks mean, in one line at the bottom."""
    marks, x, y = [], float(LEFT), HEIGHT - 14
    opacity = 0.0
    for coverage, _, _ in fan.bands:
        opacity = 1.0 - (1.0 - opacity) * 0.7
        marks.append(
            f'<rect x="{x:g}" y="{y - 10}" width="22" height="11" fill="{BAND}" '
            f'fill-opacity="{opacity:.3g}"/>'
        )
        marks.append(_text(x + 28, y, f"{coverage_label(coverage)}%"))
        x += 78
    line = 'stroke="currentColor" stroke-width="2"'
    marks += [_line(x, y - 4, x + 22, y - 4, line), _text(x + 28, y, "median")]
    x += 92
    marks += [f'<circle cx="{x + 5:g}" cy="{y - 4}" r="3.5"/>', _text(x + 14, y, "published")]
    if fan.other_bases:
        x += 92
        ring = 'fill="none" stroke="currentColor" stroke-width="1.5"'
        marks += [f'<circle cx="{x + 5:g}" cy="{y - 4}" r="3.5" {ring}/>']
        marks.append(_text(x + 14, y, "other bases"))
    return marks


def _points(frame: _Frame, points: Iterable[tuple[float, float]]) -> str:
    """Return coordinates to a tenth of a pixel."""
    return " ".join(f"{frame.x(time):.1f},{frame.y(value):.1f}" for time, value in points)


def _dot(frame: _Frame, point: tuple[float, float], look: str) -> str:
    """Return the mark of one figure."""
    return f'<circle cx="{frame.x(point[0]):.1f}" cy="{frame.y(point[1]):.1f}" r="3.5" {look}/>'


def _line(x1: float, y1: float, x2: float, y2: float, look: str) -> str:
    """Return a straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {look}/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", fill: str = "") -> str:
    """Return a label."""
    colour = f' fill="{fill}"' if fill else ""
    shown = escape(safe_text(text))
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{colour}>{shown}</text>'
