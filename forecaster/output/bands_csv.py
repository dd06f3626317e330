"""Write forecasts as CSV, with a data package beside the file; numbers are written in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.forecasts.bands import band_table
from forecaster.output.chart_points import coverage_label
from forecaster.output.csv_file import csv_line, guarded, write_csv_file
from forecaster.output.datapackage import package_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    from forecaster.forecasts.forecast import Forecast
    from forecaster.output.atomic import Written

    Cells = Sequence[str]

LAYOUTS = ("wide", "long", "draws")
_LABELS = ("series", "scenario", "as_of", "basis")


def write_bands(
    forecasts: Sequence[Forecast], destination: str, *, layout: str = "wide", stdout: TextIO
) -> None:
    """Write the bands or the draws of several series into one CSV.

    Parameters
    ----------
    forecasts
        all with the same coverages
    destination
        a file, replaced whole or not at all, beside which goes
        `<stem>.datapackage.json`; '-' writes to `stdout` without a data package
    layout
        'wide' (a line per period), 'long' (a line per quantile) or 'draws' (a line per
        draw and period; a draw has the same number in every series)
    stdout
        where '-' goes

    Raises
    ------
    InputError
        If the file cannot be written; an existing one is then as it was.
    ValueError
        If the layout is unknown, there is no forecast, or their coverages differ.

    """
    if layout not in LAYOUTS:
        raise ValueError(f"layout {layout!r} is none of {LAYOUTS}")
    if len({tuple(sorted(set(forecast.coverages))) for forecast in forecasts}) != 1:
        raise ValueError("one file needs forecasts with the same coverages")

    def package(name: str, written: Written) -> str:
        """Describe the CSV that has just been written."""
        columns = csv_columns(forecasts, layout=layout)
        return package_text(forecasts, columns, name=name, written=written)

    write_csv_file(
        destination, lambda: csv_chunks(forecasts, layout=layout), package, stdout=stdout
    )


def csv_columns(forecasts: Sequence[Forecast], *, layout: str) -> list[str]:
    """Return the names of the columns."""
    if layout == "long":
        return [*_LABELS, "period", "quantile_level", "value", "unit"]
    if layout == "draws":
        return [*_LABELS, "draw", "period", "value", "unit"]
    labels = [coverage_label(coverage) for coverage in sorted(set(forecasts[0].coverages))]
    ends = [f"{end}_{label}" for label in labels for end in ("lower", "upper")]
    return [*_LABELS, "period", "mean", "median", *ends, "unit"]


def csv_chunks(forecasts: Sequence[Forecast], *, layout: str) -> Iterator[str]:
    """Yield the CSV line by line; the same forecasts give the same bytes."""
    rows = {"wide": _wide_rows, "long": _long_rows, "draws": _draw_rows}[layout]
    yield csv_line(csv_columns(forecasts, layout=layout))
    for forecast in forecasts:
        for row in rows(forecast):
            yield csv_line(row)


def number_text(value: float, *, is_count: bool) -> str:
    """Return a number in full: the shortest text that reads back as the same number."""
    plain = float(value)
    if is_count and plain.is_integer():
        return str(int(plain))
    return repr(plain)


def _wide_rows(forecast: Forecast) -> Iterator[Cells]:
    """Yield a line per period: mean, median and both ends of each band."""
    bands = band_table(forecast)
    columns: list[Any] = [bands.median]
    for coverage in bands.coverages:
        columns.extend(bands.band(coverage))
    is_count, labels, unit = _fixed_cells(forecast)
    for step, period in enumerate(bands.periods):
        mean = "" if bands.mean is None else number_text(bands.mean[step], is_count=False)
        numbers = [number_text(column[step], is_count=is_count) for column in columns]
        yield [*labels, str(period), mean, *numbers, unit]


def _long_rows(forecast: Forecast) -> Iterator[Cells]:
    """Yield a line per period and quantile level."""
    bands = band_table(forecast)
    is_count, labels, unit = _fixed_cells(forecast)
    for step, period in enumerate(bands.periods):
        for level, value in zip(bands.quantile_levels, bands.values[:, step], strict=True):
            number = number_text(value, is_count=is_count)
            yield [*labels, str(period), repr(float(level)), number, unit]


def _draw_rows(forecast: Forecast) -> Iterator[Cells]:
    """Yield a line per draw and period; draws count from 1."""
    is_count, labels, unit = _fixed_cells(forecast)
    periods = [str(period) for period in forecast.periods]
    numbers = forecast.draw_numbers
    if numbers is None:
        numbers = np.arange(1, len(forecast.trajectories) + 1)
    for draw, path in zip(numbers.tolist(), np.asarray(forecast.trajectories), strict=True):
        for period, value in zip(periods, path.tolist(), strict=True):
            yield [*labels, str(draw), period, number_text(value, is_count=is_count), unit]


def _fixed_cells(forecast: Forecast) -> tuple[bool, list[str], str]:
    """Return whether it counts whole things, the cells at the left of every line, and the unit."""
    history = forecast.history
    is_counted = history.entry.kind == "count" or history.entry.counting_error == "poisson"
    labels = [
        guarded(history.entry.id),
        guarded(forecast.scenario),
        history.as_of.isoformat(),
        guarded(history.target_basis),
    ]
    return is_counted, labels, guarded(history.entry.unit)
