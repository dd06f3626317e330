"""Say a forecast, or an answer about a level, in plain sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.output.chart_points import coverage_label
from forecaster.output.digits import (
    format_error,
    format_probability,
    format_published,
    format_value,
    shown_unit,
)
from forecaster.output.plain import safe_text

if TYPE_CHECKING:

    from forecaster.forecasts.bands import Bands
    from forecaster.forecasts.forecast import Forecast, Reach
    from forecaster.workspace.facts import History, Row, SeriesEntry
    from forecaster.workspace.periods import Period

SENTENCE_COVERAGE = 0.8
"""The band named in a sentence is the one nearest to this coverage."""


def title_of(entry: SeriesEntry, language: str = "en") -> str:
    """Return the title of a series, safe to show; its id where it has none."""
    title = entry.title_zh if language == "zh" and entry.title_zh else entry.title
    return safe_text(title or entry.id)


def say_value(
    value: float, entry: SeriesEntry, *, mcse: float = 0.0, spread: float = 0.0
) -> str:
    """Return a value with its unit: '62%', '812 USD billion'."""
    text = format_value(value, kind=entry.kind, unit=entry.unit, mcse=mcse, spread=spread)
    return _with_unit(text, entry)


def say_figure(row: Row, entry: SeriesEntry) -> str:
    """Return a published figure with its unit, in the digits it was published with."""
    return _with_unit(
        format_published(row.value, row.printed, kind=entry.kind, unit=entry.unit), entry
    )


def say_source(row: Row) -> str:
    """Return who published a figure, and when."""
    source = row.source
    publisher = f"{safe_text(source.publisher)}, " if source.publisher else ""
    return f"source {safe_text(source.id)} ({publisher}published {source.published})"


def forecast_sentence(forecast: Forecast, bands: Bands, language: str = "en") -> str:
    """Return the answer of a forecast: its last median, with a band."""
    entry = forecast.history.entry
    coverage = min(bands.coverages, key=lambda c: (abs(c - SENTENCE_COVERAGE), c))
    last = len(bands.periods) - 1
    texts = band_texts(bands, entry, coverage, last)
    median = _with_unit(median_text(bands, entry, last), entry)
    return (
        f"As of {forecast.history.as_of}, {title_of(entry, language)} is expected to be "
        f"{median} {_in_period(bands.periods[last], entry)} "
        f"({coverage_label(coverage)}% band {texts[0]} to {texts[1]})."
    )


def basis_sentence(forecast: Forecast) -> str:
    """Return what the numbers are about: quantity, grid, basis and scenario."""
    return f"About {_what(forecast)}; scenario {safe_text(forecast.scenario)}."


def median_text(bands: Bands, entry: SeriesEntry, step: int) -> str:
    """Return the median of one period, without its unit."""
    return format_value(
        float(bands.median[step]), kind=entry.kind, unit=entry.unit,
        mcse=float(bands.mcse[bands.index(0.5), step]), spread=_spread(bands, step),
    )  # fmt: skip


def band_texts(bands: Bands, entry: SeriesEntry, coverage: float, step: int) -> tuple[str, str]:
    """Return both ends of a band in one period, without their unit."""
    ends = zip(bands.band(coverage), bands.band_mcse(coverage), strict=True)
    low, high = (
        format_value(
            float(value[step]), kind=entry.kind, unit=entry.unit, mcse=float(mcse[step]),
            spread=_spread(bands, step),
        )
        for value, mcse in ends
    )  # fmt: skip
    return low, high


def reach_sentences(reach: Reach, language: str = "en") -> list[str]:
    """Return the answer about a level; what history has already passed comes first."""
    forecast, entry = reach.forecast, reach.forecast.history.entry
    sentences = passed_sentences(reach, language)
    on_target = [r for r in reach.passed if r.basis == forecast.history.target_basis]
    if on_target:
        return [*sentences, _still_sentence(reach)]
    verb = "falls to" if reach.below else "reaches"
    by = _by_period(forecast.periods[-1])
    answer = (
        f"As of {forecast.history.as_of}, the chance that {title_of(entry, language)} {verb} "
        f"{say_level(reach)}{' or less' if reach.below else ''} {by} is "
        f"{format_probability(float(reach.by_period[-1]), mcse=float(reach.mcse[-1]))} "
        f"(Monte Carlo error ±{format_error(float(reach.mcse[-1]))}); about {_what(forecast)}."
    )
    return [*sentences, answer, first_crossing_sentence(reach)]


def passed_sentences(reach: Reach, language: str = "en") -> list[str]:
    """Return what history says of the level already, or nothing where it was not passed."""
    if not reach.passed:
        return []
    history = reach.forecast.history
    entry, target = history.entry, history.target_basis
    ordered = sorted(reach.passed, key=lambda r: (r.basis != target, r.period.end, r.period.start))
    first = ordered[0]
    verb = "fell to" if reach.below else "reached"
    where = "Already passed" if first.basis == target else "Already passed, but on another basis"
    said_first = (
        f"{where}: as of {history.as_of}, {title_of(entry, language)} {verb} {say_level(reach)}"
        f"{' or less' if reach.below else ''} in {first.period} with {say_figure(first, entry)}"
        f"{_on_basis(first.basis)}, {say_source(first)}."
    )
    sentences = [said_first]
    latest = latest_figures(history)
    own = latest.get(target)
    if own is not None and own.period != first.period:
        sentences.append(f"The latest figure{_on_basis(target)} is {_figure(own, entry)}.")
    others = [row for basis, row in latest.items() if basis not in (target, first.basis)]
    if others:
        said = ", ".join(f"{_figure(r, entry)}{_on_basis(r.basis)}" for r in others)
        sentences.append(f"The latest figures of other bases: {said}.")
    return sentences


def latest_figures(history: History) -> dict[str, Row]:
    """Return the newest known figure of every basis, the fitted bases first.

    Figures of rows that were left out of the fit count too, but neither a figure published
    before its period ended nor one taken from an essay.
    """
    known = [
        out.row
        for out in history.left_out
        if out.row.source.published <= history.as_of
        and (history.entry.decided or out.row.source.published >= out.row.period.end)
        and out.row.basis != "seed-claim"
        and out.row.basis not in history.bases
    ]
    latest: dict[str, Row] = {}
    for row in (*history.data, *known):
        newest = latest.get(row.basis)
        if newest is None or _recency(row) > _recency(newest):
            latest[row.basis] = row
    return {basis: latest[basis] for basis in sorted(latest, key=lambda b: b not in history.bases)}


def first_crossing_sentence(reach: Reach) -> str:
    """Return when the level is first reached in the median draw, or that it is not."""
    never = format_probability(reach.never)
    last = reach.forecast.periods[-1]
    crossed = np.flatnonzero(reach.by_period >= 0.5)
    if crossed.size == 0:
        return f"No median date: in {never} of the draws it does not happen by {last}."
    return (
        f"The median date of the first crossing is {reach.forecast.periods[int(crossed[0])]}; "
        f"in {never} of the draws it does not happen by {last}."
    )


def say_level(reach: Reach) -> str:
    """Return the level asked about, with its unit, in as many digits as it has."""
    entry = reach.forecast.history.entry
    return _with_unit(level_text(reach.level, entry), entry)


def level_text(level: float, entry: SeriesEntry) -> str:
    """Return a level as the user gave it, without its unit."""
    return format_published(level, f"{level:.12g}", kind=entry.kind, unit=entry.unit)


def _still_sentence(reach: Reach) -> str:
    """Return the chance that the next figures are still at or beyond a level already passed."""
    forecast = reach.forecast
    direction = "at or below" if reach.below else "at or above"
    draws = forecast.trajectories.shape[0]
    beyond = [float(chance) for chance in reach.at_or_beyond]
    errors = [(chance * (1.0 - chance) / draws) ** 0.5 for chance in beyond]
    said = [
        f"{format_probability(chance, mcse=error)} for {period}"
        for chance, error, period in zip(beyond, errors, forecast.periods, strict=True)
    ]
    shown = ", ".join(said if len(said) <= 3 else [*said[:2], said[-1]])
    figures = "the next figure is" if len(said) == 1 else "the next figures are"
    return (
        f"The chance that {figures} still {direction} {say_level(reach)}: {shown} "
        f"(Monte Carlo error at most ±{format_error(max(errors))}); about {_what(forecast)}."
    )


def _what(forecast: Forecast) -> str:
    """Return what the numbers are about."""
    grid = {"year": "annual", "half": "half-yearly", "quarter": "quarterly", "month": "monthly"}
    frequency = grid.get(forecast.periods[0].frequency, "daily")
    basis = _on_basis(forecast.history.target_basis)
    if forecast.quantity == "published":
        return f"the published {frequency} figure{basis}"
    return f"the latent level, {frequency}{basis}"


def _on_basis(basis: str) -> str:
    """Return ' on basis x', or nothing for the blank basis."""
    return f" on basis {safe_text(basis)}" if basis else ""


def _figure(row: Row, entry: SeriesEntry) -> str:
    """Return a figure and its period."""
    return f"{say_figure(row, entry)} ({row.period})"


def _with_unit(text: str, entry: SeriesEntry) -> str:
    """Put the unit after a number."""
    unit = safe_text(shown_unit(entry.kind, entry.unit))
    return f"{text} {unit}" if unit else text


def _in_period(period: Period, entry: SeriesEntry) -> str:
    """Return ' in 2028' for a flow, 'at the end of 2028' for a stock."""
    if period.frequency == "day":
        return f"on {period}"
    return f"at the end of {period}" if entry.timing == "stock" else f"in {period}"


def _by_period(period: Period) -> str:
    """Return 'by end-2027' or 'by 2027-Q4'."""
    return f"by end-{period}" if period.frequency == "year" else f"by {period}"


def _spread(bands: Bands, step: int) -> float:
    """Return the width of the widest band in one period, unit of the series."""
    return float(bands.values[-1, step] - bands.values[0, step])


def _recency(row: Row) -> tuple[object, ...]:
    """Order figures by period, longer ones before their last part, then by publication."""
    return (row.period.end, -row.period.start.toordinal(), row.source.published)


