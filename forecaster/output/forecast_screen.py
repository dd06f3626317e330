"""Print forecasts, and answers about a level, for a reader at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from forecaster.forecasts.bands import band_table
from forecaster.output.chart_points import coverage_label, fan_points
from forecaster.output.digits import format_probability, shown_unit
from forecaster.output.driver_sentences import driver_sentence
from forecaster.output.fan_chart import fan_chart
from forecaster.output.footer import footer_lines, sources_text, vintage_text, warning_lines
from forecaster.output.judgement_sentences import judgement_sentence
from forecaster.output.layout import WARNING, put, put_lines, put_table
from forecaster.output.plain import safe_text
from forecaster.output.prior_sentences import prior_sentence
from forecaster.output.reach_sentences import (
    chance_errors,
    level_text,
    reach_sentences,
    settled_sentences,
)
from forecaster.output.sentences import (
    band_texts,
    basis_sentence,
    forecast_sentence,
    median_text,
    on_basis,
    say_figure,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from forecaster.forecasts.bands import Bands
    from forecaster.forecasts.forecast import Forecast, Reach, Settled

MOST_FIGURES = 12
"""Figures listed under an answer that history has given; 'show' lists all."""


def print_forecasts(
    forecasts: Sequence[Forecast], console: Console, *, language: str = "en"
) -> None:
    """Print each forecast: the sentence, the bands, the fan, the warnings, where it is from."""
    for number, forecast in enumerate(forecasts):
        if number:
            put(console)
            put_lines(console, [_rule(console)])
            put(console)
        bands = band_table(forecast)
        put(console, forecast_sentence(forecast, bands, language), style="bold")
        put(console, basis_sentence(forecast))
        _put_given(console, forecast)
        put(console, judgement_sentence(forecast))
        put(console, driver_sentence(forecast))
        _put_shift(console, forecast)
        put(console)
        put_bands(console, forecast, bands)
        put(console)
        put_lines(console, fan_chart(fan_points(forecast, bands), console))
        put(console)
        _put_warnings(console, forecast)
        _put_footer(console, forecast)


def print_reach(reach: Reach, console: Console, *, language: str = "en") -> None:
    """Print an answer about a level: the sentences, chances by period, bands, fan, footer."""
    forecast = reach.forecast
    bands = band_table(forecast)
    first, *rest = reach_sentences(reach, language)
    put(console, first, style="bold")
    for sentence in rest:
        put(console, sentence)
    _put_given(console, forecast)
    put(console, judgement_sentence(forecast))
    put(console, driver_sentence(forecast))
    _put_shift(console, forecast)
    put(console)
    _put_chances(console, reach)
    put(console)
    put_bands(console, forecast, bands)
    put(console)
    put_lines(console, fan_chart(fan_points(forecast, bands, reach=reach), console))
    put(console)
    _put_warnings(console, forecast)
    _put_footer(console, forecast)


def print_settled(settled: Settled, console: Console, *, language: str = "en") -> None:
    """Print an answer that history has given: the sentences, the figures, where they are from."""
    history = settled.history
    first, *rest = settled_sentences(settled, language)
    put(console, first, style="bold")
    for sentence in rest:
        put(console, sentence)
    put(console)
    rows = [[str(r.period), say_figure(r, history.entry), r.quality] for r in settled.figures]
    put(console, f"Published figures{on_basis(history.target_basis)}:")
    put_table(console, ["period", "figure", "quality"], rows[-MOST_FIGURES:])
    put(console)
    put(console, f"{sources_text(history)}.")
    put(console, f"{vintage_text(history)}.")


def put_bands(console: Console, forecast: Forecast, bands: Bands) -> None:
    """Print the table of bands; on a narrow console each period becomes a small list."""
    headers, rows = bands_cells(forecast, bands)
    unit = shown_unit(forecast.history.entry.kind, forecast.history.entry.unit)
    if unit:
        put(console, f"Values in {safe_text(unit)}.")
    put_table(console, headers, rows, shorter=_shorter_bands(headers, rows))


def bands_cells(forecast: Forecast, bands: Bands) -> tuple[list[str], list[list[str]]]:
    """Return headers and rows of the table of bands, the narrowest band first."""
    entry = forecast.history.entry
    headers = ["period", "median"]
    headers += [f"{coverage_label(coverage)}% band" for coverage in bands.coverages]
    rows = []
    for step, period in enumerate(bands.periods):
        cells = [str(period), median_text(bands, entry, step)]
        for coverage in bands.coverages:
            low, high = band_texts(bands, entry, coverage, step)
            cells.append(f"{low} to {high}")
        rows.append(cells)
    return headers, rows


def chances_cells(reach: Reach) -> tuple[list[str], list[list[str]]]:
    """Return headers and rows of the table of chances by period."""
    side = "at or below" if reach.below else "at or above"
    headers = ["period", "reached by then", "first reached", side]
    first, beyond = chance_errors(reach)
    rows = [
        [
            str(period),
            format_probability(float(reach.by_period[step]), mcse=float(reach.mcse[step])),
            format_probability(float(reach.first_in_period[step]), mcse=float(first[step])),
            format_probability(float(reach.at_or_beyond[step]), mcse=float(beyond[step])),
        ]
        for step, period in enumerate(reach.forecast.periods)
    ]
    never = format_probability(reach.never, mcse=float(reach.mcse[-1]))
    rows.append(["not by then", never, "", ""])
    return headers, rows


def _shorter_bands(headers: list[str], rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Return the table of bands with '30-41%' for '30% to 41%'."""

    def shorter(cell: str) -> str:
        """Join the ends of a band, unless a minus or a word would make that unclear."""
        low, found, high = cell.partition(" to ")
        if not found or not all(
            end.strip("%").replace(",", "").replace(".", "").isdigit() for end in (low, high)
        ):
            return cell
        return f"{low.removesuffix('%')}-{high}"

    short = [headers[0], *(header.removesuffix(" band") for header in headers[1:])]
    return short, [[row[0], *map(shorter, row[1:])] for row in rows]


def _put_given(console: Console, forecast: Forecast) -> None:
    """Print what was taken as seen, where anything was."""
    if forecast.given is None:
        return
    from forecaster.output.given_sentences import given_sentence

    put(console, given_sentence(forecast))


def _put_shift(console: Console, forecast: Forecast) -> None:
    """Print what beliefs that were changed for this run did, where any was."""
    if said := prior_sentence(forecast):
        put(console, said)


def _put_chances(console: Console, reach: Reach) -> None:
    """Print the chances by period."""
    entry = reach.forecast.history.entry
    unit = shown_unit(entry.kind, entry.unit)
    level = f"{level_text(reach.level, entry)} {safe_text(unit)}".rstrip()
    put(console, f"Chance of {level}, by the figures from {reach.forecast.periods[0]} on:")
    headers, rows = chances_cells(reach)
    short = ["period", "by then", "first", "below" if reach.below else "above"]
    put_table(console, headers, rows, shorter=(short, rows))


def _put_warnings(console: Console, forecast: Forecast) -> None:
    """Print the warnings."""
    for warning in warning_lines(forecast):
        put(console, f"warning: {safe_text(warning)}", style=WARNING)


def _put_footer(console: Console, forecast: Forecast) -> None:
    """Print where the numbers come from."""
    for line in footer_lines(forecast):
        put(console, line)


def _rule(console: Console) -> Text:
    """Return a line between two forecasts."""
    glyph = "-" if console.options.ascii_only else "─"
    return Text(glyph * min(console.width, 80), no_wrap=True)
