"""Say a forecast, or an answer about a level, in plain sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.output.chart_points import coverage_label
from forecaster.output.digits import format_published, format_value, shown_unit
from forecaster.output.plain import safe_text

if TYPE_CHECKING:
    from forecaster.forecasts.bands import Bands
    from forecaster.forecasts.forecast import Forecast
    from forecaster.workspace.facts import Row, SeriesEntry
    from forecaster.workspace.periods import Period

SENTENCE_COVERAGE = 0.8
"""The band named in a sentence is the one nearest to this coverage."""


_COMMON_WORDS = frozenset(
    (
        *("Adoption", "Average", "Capacity", "Capital", "Combined", "Corporate", "Cumulative"),
        *("Data", "Downloads", "Electricity", "Imports", "Industrial", "Integrated", "Known"),
        *("Largest", "Market", "Median", "Models", "Monthly", "New", "Notable", "Number"),
        *("Output", "Performance", "Power", "Private", "Production", "Rare-earth", "Revenue"),
        *("Best", "Countries", "Disclosed", "Governments", "Months", "Neodymium", "Price"),
        *("Running",),
        *("Sales", "Share", "Shipments", "Total", "Training", "Venture"),
    )
)
"""First words of titles that are no names, so they take a small letter inside a sentence."""


def title_of(entry: SeriesEntry, language: str = "en") -> str:
    """Return the title of a series, safe to show; its id where it has none."""
    title = entry.title_zh if language == "zh" and entry.title_zh else entry.title
    return safe_text(title or entry.id)


def title_inside(entry: SeriesEntry, language: str) -> str:
    """Return the title as it stands inside a sentence."""
    title = title_of(entry, language)
    if title.partition(" ")[0] in _COMMON_WORDS:
        return title[0].lower() + title[1:]
    return title


def say_value(value: float, entry: SeriesEntry, *, mcse: float = 0.0, spread: float = 0.0) -> str:
    """Return a value with its unit: '62%', '812 USD billion'."""
    text = format_value(value, kind=entry.kind, unit=entry.unit, mcse=mcse, spread=spread)
    return with_unit(text, entry)


def say_figure(row: Row, entry: SeriesEntry) -> str:
    """Return a published figure with its unit, in the digits it was published with."""
    return with_unit(
        format_published(row.value, row.printed, kind=entry.kind, unit=entry.unit), entry
    )


def say_source(row: Row) -> str:
    """Return who published a figure, and when."""
    source = row.source
    publisher = f"{safe_text(source.publisher)}, " if source.publisher else ""
    return f"source {safe_text(source.id)} ({publisher}published {source.published})"


def forecast_sentence(forecast: Forecast, bands: Bands, language: str = "en") -> str:
    """Return the answer of a forecast: its last median, with a band.

    A forecast that one figure or none bears begins with saying so.
    """
    entry = forecast.history.entry
    coverage = min(bands.coverages, key=lambda c: (abs(c - SENTENCE_COVERAGE), c))
    last = len(bands.periods) - 1
    texts = band_texts(bands, entry, coverage, last)
    median = with_unit(median_text(bands, entry, last), entry)
    thin = forecast.footing.sentence() if forecast.footing else ""
    return (
        f"{thin} "
        * bool(thin)
        + f"As of {forecast.history.as_of}, {title_inside(entry, language)} is expected to be "
        f"{median} {in_period(bands.periods[last], entry)} "
        f"({coverage_label(coverage)}% band {texts[0]} to {texts[1]})."
    )


def basis_sentence(forecast: Forecast) -> str:
    """Return what the numbers are about: quantity, grid, basis and scenario."""
    return f"About {what_it_is_about(forecast)}; scenario {safe_text(forecast.scenario)}."


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


def what_it_is_about(forecast: Forecast) -> str:
    """Return what the numbers are about."""
    grid = {"year": "annual", "half": "half-yearly", "quarter": "quarterly", "month": "monthly"}
    frequency = grid.get(forecast.periods[0].frequency, "daily")
    basis = on_basis(forecast.history.target_basis)
    if forecast.quantity == "published":
        return f"the published {frequency} figure{basis}"
    return f"the latent level, {frequency}{basis}"


def on_basis(basis: str) -> str:
    """Return ' on basis x', or nothing for the blank basis."""
    return f" on basis {safe_text(basis)}" if basis else ""


def with_unit(text: str, entry: SeriesEntry) -> str:
    """Put the unit after a number."""
    unit = safe_text(shown_unit(entry.kind, entry.unit))
    return f"{text} {unit}" if unit else text


def in_period(period: Period, entry: SeriesEntry) -> str:
    """Return ' in 2028' for a flow, 'at the end of 2028' for a stock."""
    if period.frequency == "day":
        return f"on {period}"
    return f"at the end of {period}" if entry.timing == "stock" else f"in {period}"


def _spread(bands: Bands, step: int) -> float:
    """Return the width of the widest band in one period, unit of the series."""
    return float(bands.values[-1, step] - bands.values[0, step])
