"""Plan which figures a forecast is about, and of which stretches of time each one is made.

The figure of a period may be partly known. Of four quarters, two published:

    2026      |--Q1--||--Q2--||--Q3--||--Q4--|
              published       to be drawn, one unit (one publication) each

Units are cut at the edges of the grid on which the level is drawn (quarters, or months where
months are in use). Stretches that begin before the posterior's end are kept by the filter.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.records import frozen
from forecaster.workspace.periods import (
    FREQUENCIES,
    PER_YEAR,
    Period,
    date_at,
    parse_period,
    period_at,
    periods_from,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from forecaster.models.observations import Observations
    from forecaster.workspace.facts import History, Row

TOLERANCE = 1e-6
"""Years; far below a day."""


@frozen
class Stretch:
    """A piece of time over which the level is averaged, or at whose end it is taken.

    Attributes
    ----------
    length : years; 0 for a level taken at a point
    kept : index into the posterior's kept windows, or None
    step : index of the step after the posterior's end, when not kept
    """

    length: float
    kept: int | None
    step: int


@frozen
class Unit:
    """One figure as it is published: known already, or drawn with one error of observation."""

    length: float
    known: float | None
    stretches: tuple[Stretch, ...] = ()


@frozen
class Plan:
    """What is to be drawn.

    Attributes
    ----------
    periods : periods forecast
    units : for each period, the units that make it up
    kept : windows (start, end), or points, that the filter must keep, decimal years
    end : where the posterior ends and steps begin
    step_length : years
    n_steps : how many steps to the horizon
    base : last published total of a cumulative series, else 0
    is_latent : whether figures are of the latent level and not as published
    """

    periods: tuple[Period, ...]
    units: tuple[tuple[Unit, ...], ...]
    kept: tuple[tuple[float, float], ...]
    end: float
    step_length: float
    n_steps: int
    base: float
    is_latent: bool


def plan_forecast(
    history: History,
    observations: Observations,
    *,
    until: str,
    latent: bool,
    per_year: int | None = None,
    end: float | None = None,
) -> Plan:
    """Return the plan of a forecast from the end of the history to `until`.

    Parameters
    ----------
    until : a period; its frequency is the frequency of the figures (a year asks for annual ones)
    latent : ask for the latent level on the finest grid in use instead
    per_year : steps a year, where the series shares its grid with others; by default its own
    end : where the posterior ends, where it shares that with others; a time on the grid

    Raises
    ------
    InputError
        If `until` is no period, a single day, or not after the last published figure.
    """
    last = parse_until(until)
    on_target = [row for row in history.published if row.basis == history.target_basis]
    newest = max(on_target, key=lambda row: (row.period.end, -row.period.length), default=None)
    _check_newest(history, newest, last)
    per_year = per_year or steps_per_year(history, last)
    frequency = last.frequency
    if latent:
        frequency = next(name for name in FREQUENCIES if PER_YEAR.get(name) == per_year)
    # without a figure the period under way is the first that nobody has told of
    first_day = history.as_of if newest is None else date_at(newest.period.end_year)
    first = period_at(first_day, frequency)
    if last.end < first.end:
        raise InputError(
            problem=f"nothing is left to forecast of '{history.entry.id}' by {last}",
            where=f"--as-of {history.as_of}",
            fix=f"ask for {first} or a later period",
        )
    periods = periods_from(first, until=last.end)
    if end is None:
        end = end_on_grid(observations, per_year)
    cutter = Cutter(end, per_year)
    units = _units(history, periods, newest, cutter, [] if latent else on_target)
    return Plan(
        periods=periods,
        units=units,
        kept=tuple(cutter.kept),
        end=end,
        step_length=1 / per_year,
        n_steps=cutter.n_steps,
        base=newest.value if newest and history.entry.kind == "cumulative" else 0.0,
        is_latent=latent,
    )


def _check_newest(history: History, newest: Row | None, last: Period) -> None:
    """Check that the newest figure suits a forecast up to the end of `last`.

    Raises
    ------
    InputError
        If a running total has none, or it is not before that.
    """
    if newest is None and history.entry.kind == "cumulative":
        raise InputError(
            problem=f"'{history.entry.id}' is a running total without a figure to start from",
            where=f"--as-of {history.as_of}",
            fix="give it a figure, or declare it 'positive' in series.csv",
        )
    if newest is not None and last.end <= newest.period.end:
        raise InputError(
            problem=f"nothing is left to forecast of '{history.entry.id}' by {last}",
            where=f"its last figure is of {newest.period} ({newest.where})",
            fix=f"ask for a period that ends after {newest.period.end}",
        )


def _units(
    history: History,
    periods: Sequence[Period],
    newest: Row | None,
    cutter: Cutter,
    known: Sequence[Row],
) -> tuple[tuple[Unit, ...], ...]:
    """Return the units of every period, by what a figure of the series is made of."""
    native = _native_frequency(history, periods[0].frequency)
    if history.entry.kind == "cumulative":
        assert newest is not None  # plan_forecast has refused running totals without a start
        starts = [newest.period.end_year, *(period.end_year for period in periods[:-1])]
        return tuple(
            tuple(_native_units(start, period.end_year, cutter, native))
            for start, period in zip(starts, periods, strict=True)
        )
    if history.entry.timing == "stock":
        return tuple((Unit(0.0, None, (cutter.point(p.end_year),)),) for p in periods)
    return tuple(_units_of(period, known, cutter, native) for period in periods)


def parse_until(text: str) -> Period:
    """Read the last period of a forecast.

    Raises
    ------
    InputError
        If the text is no period, or a single day.
    """
    try:
        period = parse_period(text)
    except ValueError as error:
        raise InputError(
            problem=f"{error}",
            where="--until or --by",
            fix="write a year, half, quarter or month, such as 2030, 2027-H1, 2027-Q4 or 2027-06",
        ) from error
    if period.frequency == "day":
        raise InputError(
            problem=f"'{text}' is a single day",
            where="--until or --by",
            fix=f"write the month, '{text[:7]}', or a quarter, half or year",
        )
    return period


def end_on_grid(observations: Observations, per_year: int) -> float:
    """Return the first time of the grid by which everything was observed, decimal years."""
    return math.ceil(float(observations.end.max()) * per_year - TOLERANCE) / per_year


def steps_per_year(history: History, last: Period) -> int:
    """Return the steps a year: the finest frequency in use, at least quarters, at most months."""
    frequencies = {row.period.frequency for row in history.data} | {last.frequency}
    return 12 if frequencies & {"month", "day"} else 4


def _native_frequency(history: History, frequency: str) -> str:
    """Return the frequency at which the target basis is published, no coarser than asked for."""
    rows = [row for row in history.data if row.basis == history.target_basis]
    if not rows:
        return frequency
    newest = max(rows, key=lambda row: (row.period.end, row.period.length))
    native = newest.period.frequency if newest.period.frequency != "day" else "month"
    return max(native, frequency, key=FREQUENCIES.index)


class Cutter:
    """Cut stretches of time at the grid, and collect those that the filter must keep."""

    def __init__(self, end: float, per_year: int) -> None:
        self.end = end
        self.per_year = per_year
        self.kept: list[tuple[float, float]] = []
        self.n_steps = 0

    def point(self, time: float) -> Stretch:
        """Return the stretch at whose end the level is taken."""
        if time <= self.end + TOLERANCE:
            return self.keep(time, time)
        step = self._step(time - 1 / self.per_year, time).step
        # no length: a stock is a level, not an amount gathered over the step
        return Stretch(0.0, None, step)

    def cut(self, start: float, end: float) -> tuple[Stretch, ...]:
        """Return the stretches between two times."""
        edges = [start]
        k = math.floor(start * self.per_year + TOLERANCE) + 1
        while k / self.per_year < end - TOLERANCE:
            edges.append(k / self.per_year)
            k += 1
        edges.append(end)
        return tuple(
            self.keep(a, b) if a < self.end - TOLERANCE else self._step(a, b)
            for a, b in pairwise(edges)
        )

    def keep(self, start: float, end: float) -> Stretch:
        """Return a stretch whose value the filter must keep, decimal years."""
        window = (start, end)
        if window not in self.kept:
            self.kept.append(window)
        return Stretch(end - start, self.kept.index(window), -1)

    def _step(self, start: float, end: float) -> Stretch:
        step = round((start - self.end) * self.per_year)
        self.n_steps = max(self.n_steps, step + 1)
        return Stretch(end - start, None, step)


def _units_of(
    period: Period, published: Sequence[Row], cutter: Cutter, native: str
) -> tuple[Unit, ...]:
    """Return the units of one period: what is published of it, then the rest in native periods."""
    inside = [row for row in published if period.contains(row.period)]
    chosen: list[Row] = []
    for row in sorted(inside, key=lambda r: (-r.period.length, r.period.start)):
        if not any(row.period.overlaps(other.period) for other in chosen):
            chosen.append(row)
    units = [Unit(row.period.length, row.value) for row in chosen]
    for start, stop in open_spans(period, (row.period for row in chosen)):
        units += _native_units(start, stop, cutter, native)
    return tuple(units)


def open_spans(period: Period, taken: Iterable[Period]) -> Iterator[tuple[float, float]]:
    """Yield the times within a period that others leave open, in order; some may be empty."""
    time = period.start_year
    spans = sorted((one.start_year, one.end_year) for one in taken)
    for start, stop in [*spans, (period.end_year, period.end_year)]:
        yield time, start
        time = max(time, stop)


def _native_units(start: float, end: float, cutter: Cutter, native: str) -> list[Unit]:
    """Return the units between two times, cut where native periods begin."""
    pieces = native_pieces(start, end, native)
    return [Unit(stop - time, None, cutter.cut(time, stop)) for time, stop in pieces]


def native_pieces(start: float, end: float, native: str) -> Iterator[tuple[float, float]]:
    """Yield the times between two, cut where native periods begin; none where end is not later."""
    per_year = PER_YEAR[native]
    time = start
    while time < end - TOLERANCE:
        stop = min((math.floor(time * per_year + TOLERANCE) + 1) / per_year, end)
        yield time, stop
        time = stop
