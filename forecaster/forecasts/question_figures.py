"""Look up draws of the figures that a question is about, published ones standing as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.errors import NotYetKnown
from forecaster.forecasts.bands import quantile_mcse, quantiles
from forecaster.forecasts.derived_history import figure_in
from forecaster.forecasts.monte_carlo import share_error
from forecaster.forecasts.question_answer import Chance, Known, Spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.forecasts.derived_history import Known as Published
    from forecaster.forecasts.forecast import Forecast
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]


def published(forecast: Forecast, period: Period) -> Published | None:
    """Return the published figure of a period on the target basis, or None.

    A latent level is never published.
    """
    history = forecast.history
    if forecast.quantity == "latent":
        return None
    rows = [row for row in history.published if row.basis == history.target_basis]
    return figure_in(rows, period, history.entry)


def known_from(figures: Sequence[Published], answer: str | float, note: str = "") -> Known:
    """Return what published figures have decided; it was known once the last was published."""
    rows = [row for figure in figures for row in figure.rows]
    last = max(rows, key=lambda row: (row.source.published, row.source.id))
    return Known(answer, last.source.id, last.source.published, note, is_history=True)


def figure_draws(forecast: Forecast, period: Period) -> FloatArray:
    """Return draws of the figure of one period, (n_draws,), unit of the series.

    Raises
    ------
    NotYetKnown
        If it is neither forecast nor published.
    """
    known = published(forecast, period)
    if known is not None:
        return np.full(len(forecast.trajectories), known.value)
    if period in forecast.periods:
        return np.asarray(forecast.trajectories[:, forecast.periods.index(period)])
    if forecast.quantity == "latent":
        return _last_within(forecast, period)
    raise _no_figure(forecast, period)


def _last_within(forecast: Forecast, period: Period) -> FloatArray:
    """Return the latent level at the end of a period that is longer than the grid's steps."""
    inside = [i for i, each in enumerate(forecast.periods) if period.contains(each)]
    if not inside:
        raise _no_figure(forecast, period)
    levels = np.asarray(forecast.trajectories[:, inside])
    is_stock = forecast.history.entry.timing == "stock"
    return np.asarray(levels[:, -1] if is_stock else levels.mean(axis=1))


def _no_figure(forecast: Forecast, period: Period) -> NotYetKnown:
    """Say that a figure is neither forecast nor published."""
    history = forecast.history
    return NotYetKnown(
        problem=f"the figure of '{history.entry.id}' for {period} is neither published by "
        f"{history.as_of} nor forecast",
        where=f"--as-of {history.as_of}",
        fix=f"ask about a period from {forecast.periods[0]} on, or use another day",
    )


def chances(forecast: Forecast, hits: NDArray[np.bool_]) -> list[Chance]:
    """Return the share of draws that are hits in each column, with its Monte Carlo error.

    Parameters
    ----------
    hits : (n_draws, n_columns), of the draws of the forecast
    """
    errors = share_error(hits, theta_index=forecast.theta_index, ess=forecast.report.ess)
    shares = hits.mean(axis=0)
    return [Chance(float(p), float(e)) for p, e in zip(shares, errors, strict=True)]


def chance(forecast: Forecast, hits: NDArray[np.bool_]) -> Chance:
    """Return the share of draws that are hits; `hits` is (n_draws,)."""
    return chances(forecast, hits[:, None])[0]


def spread(forecast: Forecast, draws: FloatArray, levels: Sequence[float]) -> Spread:
    """Return quantiles of draws, (n_draws,), with their Monte Carlo errors.

    Quantiles of a count whose draws are all whole are whole.
    """
    column, at = draws[:, None], np.array(levels)
    values = quantiles(np.sort(column, axis=0), at)[:, 0]
    errors = quantile_mcse(column, at, theta_index=forecast.theta_index, ess=forecast.report.ess)[
        :, 0
    ]
    if forecast.history.entry.kind in ("count", "cumulative") and np.array_equal(
        draws, np.rint(draws)
    ):
        values = np.rint(values)
    return Spread(tuple(levels), tuple(map(float, values)), tuple(map(float, errors)))


def worst(forecasts: Sequence[Forecast]) -> Forecast:
    """Return the forecast whose effective sample size is least: it bounds joint counts."""
    return min(forecasts, key=lambda each: each.report.ess)
