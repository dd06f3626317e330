"""Print what will be used of a series' prior in natural units, and draw what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.bands import band_ends, quantile_mcse, quantiles
from forecaster.output.chart_points import FanPoints
from forecaster.output.digits import format_value, shown_unit
from forecaster.output.fan_chart import fan_chart
from forecaster.output.layout import WARNING, put, put_lines, put_table
from forecaster.output.plain import safe_text
from forecaster.output.prior_rows import HEADERS, belief_rows
from forecaster.output.sentences import title_of
from forecaster.records import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rich.console import Console

    from forecaster.forecasts.prior_predictive import PriorPaths
    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.footing import Footing
    from forecaster.workspace.series_beliefs import SeriesPrior

    FloatArray = NDArray[np.float64]

COVERAGES = (0.95, 0.8, 0.5)
SHOWN_YEARS = (1, 2, 3, 5, 10)
SHOWN_LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)


@frozen
class PriorView:
    """A prior with what was drawn from it.

    Attributes
    ----------
    paths : None for a derived series, whose prior is that of its inputs
    footing : what a forecast of it would rest on
    notes : what is stated and not used
    """

    entry: SeriesEntry
    prior: SeriesPrior
    paths: PriorPaths | None
    footing: Footing
    notes: tuple[str, ...] = ()


def print_series_prior(view: PriorView, console: Console, *, language: str = "en") -> None:
    """Print family, beliefs with their reasons, the fan of the prior and its quantiles."""
    entry, prior = view.entry, view.prior
    put(console, f"Prior of {title_of(entry, language)} ({safe_text(entry.id)})", style="bold")
    put(console, f"Family {prior.family}: {safe_text(prior.reason)}.")
    put(console, f"Its forecast rests on: {safe_text(view.footing.text)}.")
    put(console)
    if view.paths is None:
        _put_inputs(view, console)
        return
    rows = belief_rows(entry, prior, view.paths)
    cells = [row.cells() for row in rows]
    short = ["", *HEADERS[1:4]], [row[:4] for row in cells]
    put_table(console, list(HEADERS), cells, shorter=short)
    put(console)
    _put_fan(view, view.paths, console)
    put(console, "Reasons:")
    for row in rows:
        said = f" (stated {row.stated})" if row.stated else ""
        put(console, f"{row.name}, {row.unit or 'share'}{said}: {safe_text(row.reason)}", indent=2)
    for note in view.notes:
        put(console, f"warning: {safe_text(note)}", style=WARNING)


def _put_inputs(view: PriorView, console: Console) -> None:
    """Print the formula of a derived series, and where to look for its prior."""
    put(console, f"Formula: {safe_text(view.prior.formula)}")
    put(console, "It has no prior of its own: it follows from those of its inputs.")
    for name in view.footing.inputs:
        put(console, f"forecaster priors show {safe_text(name)}", indent=2)


def _put_fan(view: PriorView, paths: PriorPaths, console: Console) -> None:
    """Print and draw what the prior says of the years after its start."""
    entry, start = view.entry, paths.start
    unit = "times as much" if start.is_relative else shown_unit(entry.kind, entry.unit)
    is_rate = entry.timing == "flow" and entry.kind in ("positive", "count")
    about = f"What it says of the {len(paths.times) - 1} years after {safe_text(start.what)}"
    suffix = f", in {safe_text(unit)}{' a year' if is_rate and not start.is_relative else ''}"
    put(console, f"{about}{suffix if unit else ''}, before any figure is fitted:")
    if view.prior.family in ("composition", "pooled", "jumps", "walk", "custom", "pool"):
        note = f"Drawn as a trend of its own, without what the family {view.prior.family} adds."
        put(console, note, style=WARNING)
    ordered = np.sort(paths.values, axis=0)
    levels = np.array(SHOWN_LEVELS)
    values, errors = quantiles(ordered, levels), quantile_mcse(paths.values, levels)
    kind = "positive" if start.is_relative and entry.kind != "real" else entry.kind
    rows = []
    for year in [y for y in SHOWN_YEARS if y < len(paths.times)]:
        spread = float(values[-1, year] - values[0, year])
        cells = [
            format_value(float(v), kind=kind, unit=unit, mcse=float(e), spread=spread)
            for v, e in zip(values[:, year], errors[:, year], strict=True)
        ]
        rows.append([f"{year} year{'s' if year > 1 else ''}", *cells])
    put_table(console, ["after", *(f"{100 * level:g}%" for level in SHOWN_LEVELS)], rows)
    put(console)
    put_lines(console, fan_chart(prior_fan(paths, ordered, kind=kind, entry=entry), console))
    put(console)


def prior_fan(
    paths: PriorPaths, ordered: FloatArray, *, kind: str, entry: SeriesEntry
) -> FanPoints:
    """Return what the chart of a prior shows.

    Parameters
    ----------
    ordered : the values of `paths`, each column ascending
    """
    start = paths.start
    ends = [quantiles(ordered, np.array(band_ends(coverage))) for coverage in COVERAGES]
    median = quantiles(ordered, np.array([0.5]))[0]
    known = ((float(paths.times[0]), float(median[0])),) if start.sd == 0.0 else ()
    return FanPoints(
        history=known if not start.is_relative else (),
        other_bases=(),
        times=paths.times,
        median=median,
        bands=tuple((c, e[0], e[1]) for c, e in zip(COVERAGES, ends, strict=True)),
        level=None,
        kind=kind,
        unit=entry.unit,
        frequency="year",
        is_stock=entry.timing == "stock",
    )
