"""Say what tells scenarios apart in plain sentences and short cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.output.chart_points import coverage_label
from forecaster.output.driver_sentences import signed
from forecaster.output.plain import safe_text
from forecaster.output.reach_sentences import level_text
from forecaster.output.sentences import (
    SENTENCE_COVERAGE,
    band_texts,
    in_period,
    median_text,
    title_inside,
    what_it_is_about,
    with_unit,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from forecaster.forecasts.bands import Bands
    from forecaster.forecasts.compare import Compared, Comparison, Forcing
    from forecaster.workspace.facts import SeriesEntry


def said_band(bands: Bands) -> float:
    """Return the coverage of the band that tables, chart and sentence show: near 80%."""
    return min(bands.coverages, key=lambda c: (abs(c - SENTENCE_COVERAGE), c))


def comparison_sentence(
    comparison: Comparison, tables: Sequence[Bands], language: str = "en"
) -> str:
    """Return the last median of every scenario, with its band."""
    forecast = comparison.scenarios[0].forecast
    entry, last = forecast.history.entry, len(forecast.periods) - 1
    coverage = said_band(tables[0])
    parts: list[str] = []
    for found, bands in zip(comparison.scenarios, tables, strict=True):
        low, high = band_texts(bands, entry, coverage, last)
        middle = with_unit(median_text(bands, entry, last), entry)
        band = f"{coverage_label(coverage)}% band " if not parts else ""
        parts.append(f"{middle} ({band}{low} to {high}) under {_named(found)}")
    listed = f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]
    footing = forecast.footing.sentence() if forecast.footing else ""
    thin = f"{footing} " if footing else ""
    return (
        f"{thin}As of {forecast.history.as_of}, {title_inside(entry, language)} is expected to be "
        f"{listed} {in_period(forecast.periods[last], entry)}."
    )


def about_sentence(comparison: Comparison) -> str:
    """Return what the numbers are about, and that all scenarios are on one fit."""
    forecast = comparison.scenarios[0].forecast
    about = f"About {what_it_is_about(forecast)}; one fit, the same draws in every scenario."
    if comparison.is_moved:
        return about
    return f"{about} No driver has an effect on it, so all scenarios are the same."


def band_cell(bands: Bands, entry: SeriesEntry, coverage: float, step: int) -> str:
    """Return a median with its band: '91% (67-98%)'; the unit stands above the table."""
    low, high = band_texts(bands, entry, coverage, step)
    return f"{median_text(bands, entry, step)} ({low} to {high})"


def difference_cell(found: Compared, step: int) -> str:
    """Return the difference of one period with its band, without its unit: '+12 (+3 to +20)'."""
    difference = found.difference
    assert difference is not None  # the caller asks only for those that have one
    is_percent = difference.is_relative or found.forecast.history.entry.kind == "share"
    scale = 100.0 if is_percent else 1.0
    values, errors = scale * difference.values[:, step], scale * difference.mcse[:, step]
    low, middle, high = (
        signed(float(value), mcse=float(error), spread=float(values[2] - values[0]))
        for value, error in zip(values, errors, strict=True)
    )
    return f"{middle} ({low} to {high})"


def difference_unit(found: Compared) -> str:
    """Return the unit of a scenario's differences: points of shares, percent of amounts."""
    entry = found.forecast.history.entry
    if entry.kind == "share":
        return "points"
    if found.difference is not None and found.difference.is_relative:
        return "percent"
    return safe_text(entry.unit)


def level_sentence(comparison: Comparison) -> str:
    """Return what the table of chances is about, and who asks."""
    level = comparison.level
    assert level is not None  # the caller asks only where there is one
    forecast = comparison.scenarios[0].forecast
    entry = forecast.history.entry
    text = with_unit(level_text(level.level, entry), entry)
    side = "fallen to" if level.below else "reached"
    asks = f" (asked by {safe_text(level.question)} of the question bank)" if level.question else ""
    return f"Chance of having {side} {text}{asks}, by the figures from {forecast.periods[0]} on:"


def shared_forcings(comparison: Comparison) -> list[Forcing]:
    """Return what all scenarios do to drivers alike."""
    first, *others = comparison.scenarios
    return [each for each in first.forced if all(each in found.forced for found in others)]


def forcing_sentence(found: Compared, shared: Collection[Forcing]) -> str:
    """Return which drivers a scenario forces, but for what all scenarios share."""
    own = [each for each in found.forced if each not in shared]
    parts = []
    for state, words in (("on", "on"), ("off", "off"), ("probability", "other probability")):
        names = [_driver_text(each) for each in own if each.state == state]
        parts += [f"{words} {', '.join(names)}"] if names else []
    said = "; ".join(parts) or "forces nothing" + (" else" if shared else "")
    return f"{_named(found)}: {said}."


def _driver_text(forcing: Forcing) -> str:
    """Return a driver with its date, marked if it acts on what is forecast."""
    date = f" from {forcing.date}" if forcing.date else ""
    return safe_text(f"{forcing.driver}{'*' if forcing.acts else ''}{date}")


def _named(found: Compared) -> str:
    """Return the name of a scenario, safe to show."""
    return safe_text(found.forecast.scenario)
