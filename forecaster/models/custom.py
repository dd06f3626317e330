"""Declare what a model of the user's own is given, and what its forecast must be.

The user writes a function of one argument, a `CustomHistory`, that returns a PyMC model with a
deterministic named `forecast`: one published figure for each period asked for, in the unit of the
series. `inference/custom.py` samples it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.errors import InputError
from forecaster.models.links import LINKS
from forecaster.models.observations import link_observations
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray

    from forecaster.workspace.beliefs import TrendPrior
    from forecaster.workspace.facts import History
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]

FORECAST_NAME = "forecast"
"""The variable of the user's model that is the forecast."""
_ROUNDING = 1e-9
"""How far a share may pass 0 or 1, and an amount 0, by rounding; it is then put back."""


@frozen
class CustomHistory:
    """What a custom model is given: the figures known on the target basis, oldest first.

    Arrays cannot be written to. The link scale is log for kinds positive, count and cumulative,
    logit for shares, and the unit itself for kind real.

    Attributes
    ----------
    series, title, unit, basis : names; shares have the unit 'fraction'
    kind : 'share' | 'positive' | 'count' | 'cumulative' | 'real'
    timing : 'flow', a figure covers its period, or 'stock', it is the state at its end
    as_of : the day whose knowledge this is
    periods : names of the periods of the figures, such as '2024' or '2024-Q3'
    starts, ends : (n,) decimal years at which those periods begin and end
    values : (n,) figures, in `unit`
    link_values : (n,) figures on the link scale; a printed zero as the expected logarithm of an
        amount below the least one printed
    measurement_sd : (n,) error of the figures, link units, from their quality and rounding
    forecast_periods : names of the periods to be forecast
    forecast_starts, forecast_ends : (n_periods,) decimal years
    forecast_sd : measurement error of a figure to come, link units
    """

    series: str
    title: str
    unit: str
    basis: str
    kind: str
    timing: str
    as_of: date
    periods: tuple[str, ...]
    starts: FloatArray
    ends: FloatArray
    values: FloatArray
    link_values: FloatArray
    measurement_sd: FloatArray
    forecast_periods: tuple[str, ...]
    forecast_starts: FloatArray
    forecast_ends: FloatArray
    forecast_sd: float


def describe_history(
    history: History, periods: Sequence[Period], prior: TrendPrior
) -> CustomHistory:
    """Return the record that a custom model is given.

    Parameters
    ----------
    periods : to be forecast
    prior : gives the measurement sd by quality, and the least one

    Raises
    ------
    InputError
        If the series is real and nothing says how much it typically changes.
    """
    entry = history.entry
    rows = [row for row in history.data if row.basis == history.target_basis]
    links, sds = _link_values(history, prior)
    return CustomHistory(
        series=entry.id,
        title=entry.title,
        unit=entry.unit,
        basis=history.target_basis,
        kind=entry.kind,
        timing=entry.timing,
        as_of=history.as_of,
        periods=tuple(str(row.period) for row in rows),
        starts=_fixed([row.period.start_year for row in rows]),
        ends=_fixed([row.period.end_year for row in rows]),
        values=_fixed([row.value for row in rows]),
        link_values=_fixed(links),
        measurement_sd=_fixed(sds),
        forecast_periods=tuple(str(period) for period in periods),
        forecast_starts=_fixed([period.start_year for period in periods]),
        forecast_ends=_fixed([period.end_year for period in periods]),
        forecast_sd=next(
            (sd for row, sd in zip(rows[::-1], sds[::-1], strict=True) if row.value), 0.0
        ),
    )


def _fixed(values: Sequence[float]) -> FloatArray:
    """Return an array that cannot be written to."""
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array


def _link_values(history: History, prior: TrendPrior) -> tuple[list[float], list[float]]:
    """Return figures and measurement sds on the link scale, the target basis alone."""
    entry = history.entry
    rows = [row for row in history.data if row.basis == history.target_basis]
    if entry.kind == "real":  # its errors are in typical changes, which all bases tell
        observations = link_observations(history, prior)
        on_target = observations.basis == observations.target
        return [row.value for row in rows], observations.noise_sd[on_target].tolist()
    # a running total is a model's to read as it likes, so it is not taken apart into increments
    kind = "positive" if entry.kind == "cumulative" else entry.kind
    values = LINKS[kind](rows, entry, prior, 1.0)
    is_rate = kind != "share"
    links = [
        v.z + (math.log(v.end - v.start) if is_rate and v.end > v.start else 0.0) for v in values
    ]
    return links, [max(v.sd, prior.floor_noise) for v in values]


def check_forecast(draws: FloatArray, history: CustomHistory, *, where: str) -> FloatArray:
    """Return the draws as figures of the kind: counts whole, rounding past a limit put back.

    Parameters
    ----------
    draws : (n_draws, n_periods), unit of the series
    where : the user's function, for messages

    Returns
    -------
    (n_draws, n_periods)

    Raises
    ------
    InputError
        If a draw is not finite or is outside the range of the kind, or a running total falls.
    """
    _refuse(~np.isfinite(draws), draws, history, where, "is not finite")
    kind = history.kind
    if kind == "real":
        return draws
    _refuse(draws < -_ROUNDING, draws, history, where, f"is below 0, and a {kind} never is")
    if kind == "share":
        _refuse(draws > 1 + _ROUNDING, draws, history, where, "is above 1, and a share never is")
        return np.clip(draws, 0.0, 1.0)
    draws = np.maximum(draws, 0.0)
    if kind == "count":
        return np.rint(draws)
    if kind == "cumulative":
        last = history.values[-1] if len(history.values) else 0.0
        before = np.column_stack([np.full(len(draws), last), draws[:, :-1]])
        falls = draws < before - _ROUNDING * np.maximum(before, 1.0)
        _refuse(falls, draws, history, where, "falls, and a running total never does")
    return draws


def _refuse(
    wrong: NDArray[np.bool_], draws: FloatArray, history: CustomHistory, where: str, words: str
) -> None:
    """Raise an error that shows the first wrong draw and counts them."""
    if not wrong.any():
        return
    draw, period = (int(index[0]) for index in np.nonzero(wrong))
    raise InputError(
        problem=f"'{FORECAST_NAME}' of {history.forecast_periods[period]} {words}: "
        f"{draws[draw, period]:g} in a draw, {int(wrong.sum())} of {wrong.size} draws in all",
        where=where,
        fix=f"return published figures of '{history.series}', in its unit "
        f"{history.unit or '(none)'}",
    )
