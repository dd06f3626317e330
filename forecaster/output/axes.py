"""Lay out the axes of a chart: where the ticks are, on which scale values are shown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forecaster.output.digits import format_number
from forecaster.records import frozen
from forecaster.workspace.periods import PER_YEAR, date_at, period_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.output.chart_points import FanPoints

LOG_SPAN = 12.0
"""A positive series whose chart spans more than this factor gets a log axis."""


@frozen
class Scale:
    """The value axis.

    Attributes
    ----------
    low, high : ends of the axis, unit of the series
    ticks : values with a line of their own, ascending, inside the ends
    labels : text of each tick
    is_log : whether equal distances are equal factors

    """

    low: float
    high: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]
    is_log: bool

    def fraction(self, value: float) -> float:
        """Return how far up the axis a value stands, 0 at the bottom and 1 at the top."""
        if self.is_log:
            if value <= 0.0:
                return -1.0
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def value_scale(fan: FanPoints, *, n_ticks: int) -> Scale:
    """Return the value axis of a fan chart with about `n_ticks` ticks."""
    shown = [value for _, value in fan.history + fan.other_bases]
    shown += [float(end) for _, lower, upper in fan.bands for end in (*lower, *upper)]
    shown += [float(value) for value in fan.median]
    if fan.level is not None:
        shown.append(fan.level)
    low, high = min(shown), max(shown)
    if fan.kind in ("positive", "count", "cumulative") and low > 0.0 and high > LOG_SPAN * low:
        return _log_scale(low, high, n_ticks=n_ticks, unit=fan.unit)
    return _linear_scale(low, high, n_ticks=n_ticks, kind=fan.kind, unit=fan.unit)


def time_ends(fan: FanPoints) -> tuple[float, float]:
    """Return the first and last moment of the time axis, decimal years, with a little room."""
    times = [time for time, _ in fan.history + fan.other_bases]
    times += [float(time) for time in fan.times]
    low, high = min(times), max(times)
    if high == low:
        low, high = low - 0.5, high + 0.5
    room = 0.01 * (high - low)
    return low - room, high + room


def time_ticks(fan: FanPoints, *, n_most: int) -> tuple[tuple[float, str], ...]:
    """Return (decimal year, label) of the ticks on the time axis, at most `n_most` of them."""
    low, high = time_ends(fan)
    if high - low >= 2.5 or fan.frequency == "year":
        return _thinned(_period_ticks("year", low, high, fan.is_stock), n_most=n_most)
    finer = fan.frequency if fan.frequency in PER_YEAR else "month"
    return _thinned(_period_ticks(finer, low, high, fan.is_stock), n_most=n_most)


def _period_ticks(
    frequency: str, low: float, high: float, is_stock: bool
) -> list[tuple[float, str]]:
    """Return a tick where the figure of each period stands."""
    ticks = []
    period = period_at(date_at(low), frequency)
    while period.start_year <= high:
        at = period.end_year if is_stock else (period.start_year + period.end_year) / 2.0
        if low <= at <= high:
            ticks.append((at, str(period)))
        period = period.next()
    return ticks


def _thinned(ticks: list[tuple[float, str]], *, n_most: int) -> tuple[tuple[float, str], ...]:
    """Keep every n-th tick, the last one always among them."""
    if not ticks:
        return ()
    for every in (1, 2, 3, 4, 5, 10, 20, 25, 50, 100):
        kept = ticks[::-1][::every][::-1]
        if len(kept) <= max(n_most, 1):
            return tuple(kept)
    return (ticks[-1],)


def _linear_scale(low: float, high: float, *, n_ticks: int, kind: str, unit: str) -> Scale:
    """Return an axis with round steps whose ends hold everything shown."""
    at_least_zero = kind != "real"
    if high == low:
        room = abs(high) * 0.1 or 1.0
        low, high = low - room, high + room
        if at_least_zero:
            low = max(low, 0.0)
    if at_least_zero and low < 0.35 * high:
        low = 0.0  # a chart that nearly reaches zero should show it
    step = _round_step((high - low) / max(n_ticks - 1, 1))
    bottom, top = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    if kind == "share":
        top = min(top, 1.0)
    count = round((top - bottom) / step)
    ticks = tuple(bottom + step * i for i in range(count + 1) if bottom + step * i <= top + 1e-12)
    return Scale(bottom, top, ticks, tuple(_tick_label(kind, unit, step)(t) for t in ticks), False)


def _round_step(least: float) -> float:
    """Return the least of 1, 2, 2.5, 5 times a power of ten that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(m * power for m in (1.0, 2.0, 2.5, 5.0, 10.0) if m * power >= least * (1 - 1e-9))


def _tick_label(kind: str, unit: str, step: float) -> Callable[[float], str]:
    """Return the writer of tick labels: as many decimals as the step has."""
    shown_step = 100.0 * step if kind == "share" else step

    def label(value: float) -> str:
        """Write one tick."""
        if kind == "share":
            return f"{100.0 * value:.{_decimals(shown_step)}f}%"
        if abs(value) >= 1e6:
            return format_number(value, unit=unit, mcse=_last_digit(step)).replace(" ", " ")
        return f"{value + 0.0:,.{_decimals(shown_step)}f}"

    return label


def _decimals(step: float) -> int:
    """Return how many decimals a round step has, at most nine."""
    return next((n for n in range(10) if math.isclose(round(step, n), step, rel_tol=1e-6)), 9)


def _last_digit(step: float) -> float:
    """Return the power of ten of the last digit of a round step."""
    power = 10.0 ** math.floor(math.log10(step) + 1e-9)
    return power if math.isclose(round(step / power), step / power) else power / 10.0


def _log_scale(low: float, high: float, *, n_ticks: int, unit: str) -> Scale:
    """Return a log axis with ticks at 1, 2, 5 times powers of ten, or fewer on a long span."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for multiples, every in (((1, 2, 5), 1), ((1, 3), 1), ((1,), 1), ((1,), 2), ((1,), 3)):
        powers = range(first, last + 1, every)
        ticks = [float(m) * 10.0**power for power in powers for m in multiples]
        inside = tuple(tick for tick in ticks if low <= tick <= high)
        if len(inside) <= n_ticks and inside:
            break
    labels = tuple(format_number(tick, unit=unit, mcse=_first_digit(tick)) for tick in inside)
    room = (high / low) ** 0.03
    return Scale(low / room, high * room, inside, labels, True)


def _first_digit(tick: float) -> float:
    """Return the power of ten of a tick's only digit."""
    return float(10.0 ** math.floor(math.log10(tick) + 1e-9))
