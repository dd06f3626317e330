"""Gather what a fan chart shows: points of the history and the fan, on a common time axis.

A figure stands where its period does: a flow at the middle of its period, a stock at its end.
Figures of other frequencies join only if they measure the same: the annual total of a flow is
the sum of its quarters, but a quarter is no point on a chart of annual totals.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.bands import band_ends
from forecaster.records import frozen
from forecaster.workspace.periods import PER_YEAR, period_at, split_period

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.forecasts.bands import Bands
    from forecaster.forecasts.forecast import Forecast, Reach
    from forecaster.workspace.facts import History, Row, SeriesEntry
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]
    Point = tuple[float, float]


@frozen
class FanPoints:
    """Everything a fan chart draws, in decimal years and the unit of the series.

    Attributes
    ----------
    history : (time, value) of the target basis, by time
    other_bases : (time, value) of other bases in the fit, by time
    times : (n_times,), where the fan stands; it begins at the last figure where there is one
    median : (n_times,)
    bands : (coverage, lower, upper), the widest first; lower and upper are (n_times,)
    level : threshold line, or None
    kind, unit, frequency, is_stock : of the series and its forecast

    """

    history: tuple[Point, ...]
    other_bases: tuple[Point, ...]
    times: FloatArray
    median: FloatArray
    bands: tuple[tuple[float, FloatArray, FloatArray], ...]
    level: float | None
    kind: str
    unit: str
    frequency: str
    is_stock: bool


def fan_points(forecast: Forecast, bands: Bands, *, reach: Reach | None = None) -> FanPoints:
    """Return what the fan chart of a forecast shows."""
    history, entry = forecast.history, forecast.history.entry
    frequency = forecast.periods[0].frequency
    times = np.array([place(period, entry) for period in forecast.periods])
    seen = _figures(history, history.target_basis, frequency)
    others = [b for b in history.bases if b != history.target_basis]
    figures = sorted((place(period, entry), value) for period, value in seen.items())
    # The fan of a latent level has no known beginning; that of the published figure has.
    before = [point for point in figures if point[0] < times[0]]
    anchor = before[-1] if before and forecast.quantity == "published" else None
    window = _window(times)
    return FanPoints(
        history=tuple(p for p in figures if p[0] >= times[0] - window),
        other_bases=_other_points(history, others, frequency, since=times[0] - window),
        times=times if anchor is None else np.concatenate([[anchor[0]], times]),
        median=_anchored(bands.median, anchor),
        bands=tuple(
            (coverage, _anchored(lower, anchor), _anchored(upper, anchor))
            for coverage in sorted(bands.coverages, reverse=True)
            for lower, upper in (bands.band(coverage),)
        ),
        level=None if reach is None else reach.level,
        kind=entry.kind,
        unit=entry.unit,
        frequency=frequency,
        is_stock=entry.timing == "stock",
    )


def place(period: Period, entry: SeriesEntry) -> float:
    """Return where a figure stands on the time axis, decimal years."""
    if entry.timing == "stock":
        return period.end_year
    return (period.start_year + period.end_year) / 2.0


def value_at(fan: FanPoints, values: FloatArray, time: float, *, is_log: bool) -> float:
    """Return a quantile of the fan between its periods, linear on the scale of the axis."""
    shown = np.log(values) if is_log else values
    between = float(np.interp(time, fan.times, shown))
    return float(np.exp(between)) if is_log else between


def coverage_label(coverage: float) -> str:
    """Return a coverage as percent for labels and column names: '80', '97.5'."""
    return f"{round(100.0 * coverage, 9):g}"


def _anchored(values: FloatArray, anchor: Point | None) -> FloatArray:
    """Put the last figure before the fan, where there is one."""
    return values if anchor is None else np.concatenate([[anchor[1]], values])


def _window(times: FloatArray) -> float:
    """Return how many years of history leave the fan at least a third of the width."""
    step = float(times[1] - times[0]) if times.size > 1 else 1.0
    return max(2.0 * float(times[-1] - times[0]), 8.0 * step)


def _other_points(
    history: History, bases: Sequence[str], frequency: str, *, since: float
) -> tuple[Point, ...]:
    """Return the points of bases other than the target, those after `since`."""
    points = [
        (place(period, history.entry), value)
        for basis in bases
        for period, value in _figures(history, basis, frequency).items()
    ]
    return tuple(sorted(point for point in points if point[0] >= since))


def _figures(history: History, basis: str, frequency: str) -> dict[Period, float]:
    """Return the figures of a basis that may stand on a chart of that frequency."""
    entry = history.entry
    rows = [row for row in history.published or history.data if row.basis == basis]
    found = {row.period: row.value for row in rows if row.period.frequency == frequency}
    inside: dict[Period, list[Row]] = defaultdict(list)
    for row in rows:
        whole = period_at(row.period.start, frequency)
        if whole.contains(row.period):
            inside[whole].append(row)
    for whole, parts in inside.items():
        if whole not in found and _make_up(parts, whole):
            found[whole] = _combined([row.value for row in parts], entry)
    if entry.timing == "stock" or entry.kind in ("share", "real"):
        # A level or a ratio compares across frequencies.
        rest = [r for r in rows if not any(r.period.overlaps(period) for period in found)]
        found |= {row.period: row.value for row in rest}
    return found


def _make_up(parts: Sequence[Row], whole: Period) -> bool:
    """Say whether the parts are all the periods of one finer frequency inside the whole."""
    finer = {row.period.frequency for row in parts}
    if len(finer) != 1 or not finer <= PER_YEAR.keys() or whole.frequency not in PER_YEAR:
        return False
    return {row.period for row in parts} == set(split_period(whole, finer.pop()))


def _combined(values: Sequence[float], entry: SeriesEntry) -> float:
    """Return the figure of a whole period from its parts, in order."""
    if entry.timing == "stock":
        return values[-1]
    total = float(sum(values))
    return total / len(values) if entry.kind in ("share", "real") else total


def band_names(bands: Bands) -> tuple[tuple[str, float, float], ...]:
    """Return (label, lower level, upper level) of each band, the narrowest first."""
    return tuple((coverage_label(c), *band_ends(c)) for c in bands.coverages)
