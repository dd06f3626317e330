"""Answer a question about one series: a level by a date, a figure, a date of crossing.

What is published stands as it is; what is not is counted on the draws of the series' own forecast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.derived_history import Known as Published
from forecaster.forecasts.question_answer import LEVELS, ByPeriod, Footing, Found, Known
from forecaster.forecasts.question_figures import (
    chance,
    chances,
    figure_draws,
    known_from,
    published,
    spread,
)
from forecaster.forecasts.question_levels import applied_level, is_beyond, rounding_step
from forecaster.forecasts.question_warnings import fixed_date_warnings
from forecaster.workspace.periods import period_at, periods_from

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.forecasts.forecast import Forecast
    from forecaster.workspace.periods import Period
    from forecaster.workspace.question_types import Crossing, Numeric, Question, Threshold

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]


def answer_threshold(question: Question, ask: Threshold, forecast: Forecast) -> Found:
    """Return the chance that the figure of a period, or any in a span, is at or beyond a level.

    Raises
    ------
    InputError
        If a figure asked about is neither published nor forecast.
    """
    step = rounding_step(question.rounding, ask.target.entry)
    periods = span(ask, forecast)
    known = {period: figure for period in periods if (figure := published(forecast, period))}
    reached = [
        figure
        for figure in known.values()
        if is_beyond(np.array(figure.value), ask.level, step, below=ask.below)
    ]
    decided = None
    if reached:
        decided = known_from(reached[:1], "yes")
    elif len(known) == len(periods):
        decided = known_from(list(known.values()), "no")
    draws = np.stack([figure_draws(forecast, period) for period in periods], axis=1)
    hits = is_beyond(draws, ask.level, step, below=ask.below).any(axis=1)
    return Found(
        footing=footing_of([forecast]),
        period=str(periods[0]) if len(periods) == 1 else f"{periods[0]} to {periods[-1]}",
        basis=forecast.history.target_basis,
        chance=None if decided else chance(forecast, np.asarray(hits)),
        applied=applied_level(ask.level, step, below=ask.below),
        entry=ask.target.entry,
        decided=decided,
        warnings=series_warnings([forecast]),
    )


def span(ask: Threshold, forecast: Forecast) -> tuple[Period, ...]:
    """Return the periods whose figures count, in order.

    Without a first one these are the periods that end after the as-of day. A latent level is
    looked at on the grid of the forecast.
    """
    if ask.period is not None:
        return (ask.period,)
    last = ask.until
    assert last is not None  # the reader of questions wants one of the two
    frequency = last.frequency
    start = forecast.history.as_of if ask.first is None else ask.first.start
    first = period_at(start, frequency)
    if forecast.quantity == "latent":
        inside = [p for p in forecast.periods if p.end >= start and p.end <= last.end]
        return tuple(inside) or (last,)
    return periods_from(first, until=last.end)


def answer_numeric(question: Question, ask: Numeric, forecast: Forecast) -> Found:
    """Return quantiles of a figure, and the chance that it is at or above a level.

    Raises
    ------
    InputError
        If the figure is neither published nor forecast.
    """
    assert ask.target is not None  # stated figures are answered elsewhere
    entry = ask.target.entry
    figure = published(forecast, ask.period)
    draws = figure_draws(forecast, ask.period)
    against = None
    step = rounding_step(question.rounding, entry)
    if ask.against is not None and figure is None:
        against = chance(forecast, is_beyond(draws, ask.against, step, below=False))
    return Found(
        footing=footing_of([forecast]),
        period=str(ask.period),
        basis=forecast.history.target_basis,
        spread=None if figure else spread(forecast, draws, LEVELS),
        against=against,
        applied=None if ask.against is None else applied_level(ask.against, step, below=False),
        entry=entry,
        decided=None if figure is None else known_from([figure], figure.value),
        warnings=series_warnings([forecast]),
    )


def answer_crossing(question: Question, ask: Crossing, forecast: Forecast) -> Found:
    """Return when a level is first reached, by the periods asked for.

    Raises
    ------
    InputError
        If no period asked about is forecast.
    """
    step = rounding_step(question.rounding, ask.target.entry)
    decided = _passed(ask, forecast, step)
    times = None if decided else _times(ask, forecast, step)
    return Found(
        footing=footing_of([forecast]),
        period=f"by {ask.until}",
        basis=forecast.history.target_basis,
        chance=times.by[-1] if times else None,
        times=times,
        applied=applied_level(ask.level, step, below=ask.below),
        entry=ask.target.entry,
        decided=decided,
        warnings=series_warnings([forecast]),
    )


def _passed(ask: Crossing, forecast: Forecast, step: float) -> Known | None:
    """Return the first period whose published figure is at or beyond the level, if one is."""
    history = forecast.history
    if forecast.quantity == "latent":
        return None
    ends = [row.period for row in history.published if row.basis == history.target_basis]
    for period in sorted({period_at(each.end, ask.frequency) for each in ends}):
        figure = published(forecast, period)
        if figure is None and (history.entry.timing == "stock" or _is_total(forecast)):
            figure = _newest_within(forecast, period)
        if figure and is_beyond(np.array(figure.value), ask.level, step, below=ask.below):
            return known_from([figure], str(period))
    return None


def _is_total(forecast: Forecast) -> bool:
    """Say whether the series is a running total, which is as high as it has ever been."""
    return forecast.history.entry.kind == "cumulative"


def _newest_within(forecast: Forecast, period: Period) -> Published | None:
    """Return the last figure within a period under way."""
    history = forecast.history
    rows = [
        row
        for row in history.published
        if row.basis == history.target_basis and period.contains(row.period)
    ]
    if not rows:
        return None
    newest = max(rows, key=lambda row: (row.period.end, row.period.start))
    return Published(newest.value, (newest,))


def _times(ask: Crossing, forecast: Forecast, step: float) -> ByPeriod:
    """Count first crossings on whole paths."""
    inside = [i for i, period in enumerate(forecast.periods) if period.end <= ask.until.end]
    if not inside:
        figure_draws(forecast, ask.until)  # which says what is missing
    draws = np.asarray(forecast.trajectories[:, inside])
    beyond = is_beyond(draws, ask.level, step, below=ask.below)
    reached = np.logical_or.accumulate(beyond, axis=1)
    told = [period_at(forecast.periods[i].end, ask.frequency) for i in inside]
    last = [k for k, period in enumerate(told) if k + 1 == len(told) or told[k + 1] != period]
    return by_period(forecast, tuple(told[k] for k in last), np.asarray(reached[:, last]))


def by_period(forecast: Forecast, periods: Sequence[Period], reached: BoolArray) -> ByPeriod:
    """Return when something first happens.

    Parameters
    ----------
    reached : (n_draws, n_periods), whether it has happened by the end of each
    """
    first = np.diff(reached.astype(np.int8), axis=1, prepend=0) == 1
    return ByPeriod(
        periods=tuple(periods),
        by=tuple(chances(forecast, reached)),
        first=tuple(chances(forecast, first)),
        never=chance(forecast, ~reached[:, -1]),
    )


def footing_of(forecasts: Sequence[Forecast]) -> Footing:
    """Return what forecasts rest on; a judgement where none of them has a figure."""
    texts = [forecast.footing.text for forecast in forecasts if forecast.footing]
    has_figures = any(forecast.history.data for forecast in forecasts)
    return Footing("; ".join(dict.fromkeys(texts)), not has_figures)


def series_warnings(forecasts: Sequence[Forecast]) -> tuple[str, ...]:
    """Return what a reader must know of the forecasts below an answer, each thing once."""
    said: list[str] = []
    for forecast in forecasts:
        said += forecast.warnings
        said += fixed_date_warnings(forecast)
    return tuple(dict.fromkeys(said))
