"""Print scenarios side by side: figures, differences, chances, the chart, what each forces."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.forecasts.bands import band_table
from forecaster.output.chart_points import coverage_label, fan_points
from forecaster.output.compare_chart import LETTERS, compare_chart
from forecaster.output.compare_sentences import (
    about_sentence,
    band_cell,
    comparison_sentence,
    difference_cell,
    difference_unit,
    forcing_sentence,
    level_sentence,
    said_band,
    shared_forcings,
)
from forecaster.output.digits import format_probability, shown_unit
from forecaster.output.footer import footer_lines, warning_lines
from forecaster.output.layout import WARNING, put, put_lines, put_table
from forecaster.output.plain import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from forecaster.forecasts.bands import Bands
    from forecaster.forecasts.compare import Compared, Comparison
    from forecaster.output.chart_points import FanPoints


def print_comparison(comparison: Comparison, console: Console, *, language: str = "en") -> None:
    """Print a comparison: the sentence, tables, chart, forced drivers, warnings, sources."""
    first = comparison.scenarios[0].forecast
    tables = [band_table(found.forecast) for found in comparison.scenarios]
    put(console, comparison_sentence(comparison, tables, language), style="bold")
    put(console, about_sentence(comparison))
    named = zip(LETTERS, comparison.scenarios, strict=False)
    listed = ", ".join(f"{letter} {safe_text(c.forecast.scenario)}" for letter, c in named)
    put(console, f"Scenarios: {listed}.")
    put(console)
    _put_bands(console, comparison, tables)
    put(console)
    _put_differences(console, comparison)
    if comparison.level is not None:
        _put_chances(console, comparison)
    put_lines(console, compare_chart(_fans(comparison, tables), console))
    put(console)
    _put_forced(console, comparison)
    warnings = [line for found in comparison.scenarios for line in warning_lines(found.forecast)]
    for warning in dict.fromkeys(warnings):
        put(console, f"warning: {safe_text(warning)}", style=WARNING)
    for line in footer_lines(first):
        put(console, line)


def _put_bands(console: Console, comparison: Comparison, tables: Sequence[Bands]) -> None:
    """Print median and band of every scenario by period."""
    entry = comparison.scenarios[0].forecast.history.entry
    coverage = said_band(tables[0])
    unit = safe_text(shown_unit(entry.kind, entry.unit))
    within = f", in {unit}" if unit else ""
    put(console, f"Median with its {coverage_label(coverage)}% band{within}:")
    rows = [
        [str(period), *(band_cell(bands, entry, coverage, step) for bands in tables)]
        for step, period in enumerate(tables[0].periods)
    ]
    _put_by_scenario(console, "period", comparison, comparison.scenarios, rows)


def _put_differences(console: Console, comparison: Comparison) -> None:
    """Print what each scenario changes of the reference, on shared draws."""
    others = [found for found in comparison.scenarios if found.difference is not None]
    if not others:
        return
    unit = difference_unit(others[0])
    reference = safe_text(comparison.reference)
    put(console, f"Difference to {reference} with its 80% band, draw by draw, in {unit}:")
    rows = [
        [str(period), *(difference_cell(found, step) for found in others)]
        for step, period in enumerate(others[0].forecast.periods)
    ]
    _put_by_scenario(console, "period", comparison, others, rows)
    put(console)


def _put_chances(console: Console, comparison: Comparison) -> None:
    """Print the chance of having reached the level by each period."""
    put(console, level_sentence(comparison))
    reaches = [found.reach for found in comparison.scenarios if found.reach is not None]
    rows = [
        [
            str(period),
            *(
                format_probability(float(each.by_period[step]), mcse=float(each.mcse[step]))
                for each in reaches
            ),
        ]
        for step, period in enumerate(reaches[0].forecast.periods)
    ]
    _put_by_scenario(console, "by", comparison, comparison.scenarios, rows)
    put(console)


def _put_forced(console: Console, comparison: Comparison) -> None:
    """Print which drivers each scenario forces, what all of them share apart."""
    shared = shared_forcings(comparison)
    for found in comparison.scenarios:
        put(console, forcing_sentence(found, shared))
    if shared:
        mark = {True: "*", False: ""}
        names = ", ".join(safe_text(f"{f.driver}{mark[f.acts]} {f.state}") for f in shared)
        put(console, f"In all of them: {names}.")
    put(console, "A driver marked with * has an effect on what is forecast here.")
    put(console)


def _put_by_scenario(
    console: Console,
    first: str,
    comparison: Comparison,
    shown: Sequence[Compared],
    rows: list[list[str]],
) -> None:
    """Print a table with a column for each scenario shown; on a narrow console by its letter."""
    letters = dict(zip((c.forecast.scenario for c in comparison.scenarios), LETTERS, strict=False))
    names = [each.forecast.scenario for each in shown]
    headers = [first, *(f"{letters[name]} {safe_text(name)}" for name in names)]
    short = [first, *(letters[name] for name in names)]
    put_table(console, headers, rows, shorter=(short, [[*map(_shorter, row)] for row in rows]))


def _shorter(cell: str) -> str:
    """Return '47% 31-64%' for '47% (31% to 64%)'; as it is where a sign would make that unclear."""
    middle, found, band = cell.partition(" (")
    low, _, high = band.removesuffix(")").partition(" to ")
    if not found or set("+-u") & set(low[:1] + high[:1]):
        return cell
    return f"{middle} {low.removesuffix('%')}-{high}"


def _fans(comparison: Comparison, tables: Sequence[Bands]) -> dict[str, FanPoints]:
    """Return what the fan of every scenario shows, each with one band."""

    def fan(found: Compared, bands: Bands) -> FanPoints:
        """Return the fan of one scenario."""
        points = fan_points(found.forecast, bands, reach=found.reach)
        coverage = said_band(bands)
        return replace(points, bands=tuple(b for b in points.bands if b[0] == coverage))

    pairs = zip(comparison.scenarios, tables, strict=True)
    return {found.forecast.scenario: fan(found, bands) for found, bands in pairs}
