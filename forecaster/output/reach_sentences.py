"""Say how likely a level is reached, and whether history has passed it, in plain sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.monte_carlo import share_error
from forecaster.output.digits import format_error, format_probability, format_published
from forecaster.output.sentences import (
    on_basis,
    say_figure,
    say_source,
    title_inside,
    what_it_is_about,
    with_unit,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.forecasts.forecast import Reach, Settled
    from forecaster.workspace.facts import History, Row, SeriesEntry
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]


def reach_sentences(reach: Reach, language: str = "en") -> list[str]:
    """Return the answer about a level; what history has already passed comes first."""
    forecast, entry = reach.forecast, reach.forecast.history.entry
    sentences = passed_sentences(
        forecast.history, reach.passed, reach.level, below=reach.below, language=language
    )
    on_target = [r for r in reach.passed if r.basis == forecast.history.target_basis]
    if on_target:
        return [*sentences, _still_sentence(reach)]
    verb = "falls to" if reach.below else "reaches"
    by = _by_period(forecast.periods[-1])
    error = float(reach.mcse[-1])
    answer = (
        f"As of {forecast.history.as_of}, the chance that {title_inside(entry, language)} {verb} "
        f"{say_level(reach.level, entry)}{' or less' if reach.below else ''} {by} is "
        f"{format_probability(float(reach.by_period[-1]), mcse=error)} "
        f"(Monte Carlo error ±{format_error(error)}); about {what_it_is_about(forecast)}."
    )
    return [*sentences, answer, first_crossing_sentence(reach)]


def settled_sentences(settled: Settled, language: str = "en") -> list[str]:
    """Return the answer that history has given."""
    history = settled.history
    entry, target = history.entry, history.target_basis
    sentences = passed_sentences(
        history, settled.passed, settled.level, below=settled.below, language=language
    )
    if not settled.is_reached:
        nearest = (min if settled.below else max)(settled.figures, key=lambda row: row.value)
        verb = "fallen to" if settled.below else "reached"
        kind = "lowest" if settled.below else "highest"
        answer = (
            f"As of {history.as_of}, {title_inside(entry, language)} had not {verb} "
            f"{say_level(settled.level, entry)} {_by_period(settled.by)}{on_basis(target)}: its "
            f"{kind} figure was {_figure(nearest, entry)}, {say_source(nearest)}."
        )
        sentences = [answer, *sentences]
    return [
        *sentences,
        f"Every figure up to {settled.by} is published; ask for a later period to see a forecast.",
    ]


def passed_sentences(
    history: History,
    passed: Sequence[Row],
    level: float,
    *,
    below: bool,
    language: str = "en",
) -> list[str]:
    """Return what history says of the level already, or nothing where it was not passed."""
    if not passed:
        return []
    entry, target = history.entry, history.target_basis
    ordered = sorted(passed, key=lambda r: (r.basis != target, r.period.end, r.period.start))
    first = ordered[0]
    verb = "fell to" if below else "reached"
    where = "Already passed" + ("" if first.basis == target else ", but on another basis")
    said_first = (
        f"{where}: as of {history.as_of}, {title_inside(entry, language)} {verb} "
        f"{say_level(level, entry)}{' or less' if below else ''} in {first.period} "
        f"with {say_figure(first, entry)}{on_basis(first.basis)}, {say_source(first)}."
    )
    sentences = [said_first]
    latest = latest_figures(history)
    own = latest.get(target)
    if own is not None and own != first:
        sentences.append(f"The latest figure{on_basis(target)} is {_figure(own, entry)}.")
    others = [row for basis, row in latest.items() if basis != target and row != first]
    if others:
        said = ", ".join(f"{_figure(r, entry)}{on_basis(r.basis)}" for r in others)
        sentences.append(f"The latest figures of other bases: {said}.")
    return sentences


def latest_figures(history: History) -> dict[str, Row]:
    """Return the newest published figure of every basis, the fitted bases first.

    A basis that stays out of the fit counts too: it may say otherwise.
    """
    latest: dict[str, Row] = {}
    for row in history.published or history.data:
        newest = latest.get(row.basis)
        if newest is None or _recency(row) > _recency(newest):
            latest[row.basis] = row
    return {basis: latest[basis] for basis in sorted(latest, key=lambda b: b not in history.bases)}


def first_crossing_sentence(reach: Reach) -> str:
    """Return when the level is first reached in the median draw, or that it is not."""
    never = format_probability(reach.never, mcse=float(reach.mcse[-1]))
    last = reach.forecast.periods[-1]
    crossed = np.flatnonzero(reach.by_period >= 0.5)
    if crossed.size == 0:
        return f"No median date: in {never} of the draws it does not happen by {last}."
    return (
        f"The median date of the first crossing is {reach.forecast.periods[int(crossed[0])]}; "
        f"in {never} of the draws it does not happen by {last}."
    )


def chance_errors(reach: Reach) -> tuple[FloatArray, FloatArray]:
    """Return the Monte Carlo errors of `first_in_period` and `at_or_beyond`, (n_periods,) each."""
    forecast = reach.forecast
    draws = forecast.trajectories
    beyond = draws <= reach.level if reach.below else draws >= reach.level
    reached = np.logical_or.accumulate(beyond, axis=1)
    first = np.diff(reached.astype(np.int8), axis=1, prepend=0) == 1
    errors = share_error(
        np.hstack([first, beyond]), theta_index=forecast.theta_index, ess=forecast.report.ess
    )
    return errors[: draws.shape[1]], errors[draws.shape[1] :]


def say_level(level: float, entry: SeriesEntry) -> str:
    """Return the level asked about, with its unit, in as many digits as it has."""
    return with_unit(level_text(level, entry), entry)


def level_text(level: float, entry: SeriesEntry) -> str:
    """Return a level as the user gave it, without its unit."""
    return format_published(level, f"{level:.12g}", kind=entry.kind, unit=entry.unit)


def _still_sentence(reach: Reach) -> str:
    """Return the chance that the next figures are still at or beyond a level already passed."""
    forecast = reach.forecast
    level = say_level(reach.level, forecast.history.entry)
    direction = "at or below" if reach.below else "at or above"
    beyond = [float(chance) for chance in reach.at_or_beyond]
    errors = [float(error) for error in chance_errors(reach)[1]]
    said = [
        f"{format_probability(chance, mcse=error)} for {period}"
        for chance, error, period in zip(beyond, errors, forecast.periods, strict=True)
    ]
    shown = ", ".join(said if len(said) <= 3 else [*said[:2], said[-1]])
    figures = "the next figure is" if len(said) == 1 else "the next figures are"
    return (
        f"The chance that {figures} still {direction} {level}: {shown} "
        f"(Monte Carlo error at most ±{format_error(max(errors))}); "
        f"about {what_it_is_about(forecast)}."
    )


def _figure(row: Row, entry: SeriesEntry) -> str:
    """Return a figure and its period."""
    return f"{say_figure(row, entry)} ({row.period})"


def _by_period(period: Period) -> str:
    """Return 'by end-2027' or 'by 2027-Q4'."""
    return f"by end-{period}" if period.frequency == "year" else f"by {period}"


def _recency(row: Row) -> tuple[object, ...]:
    """Order figures by period, longer ones before their last part, then by publication."""
    return (row.period.end, -row.period.start.toordinal(), row.source.published)
