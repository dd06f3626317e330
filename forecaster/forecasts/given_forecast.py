"""Put the draws in which what is given holds into forecasts, beside those without it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from forecaster.forecasts.driver_shift import measure_drivers
from forecaster.forecasts.given import draw_conditioned, split_conditions
from forecaster.forecasts.given_fits import Fits
from forecaster.forecasts.given_shift import GivenShift
from forecaster.forecasts.settings import TREND_ALONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.forecasts.forecast import Forecast
    from forecaster.forecasts.given import Split
    from forecaster.forecasts.given_chunks import Conditioned
    from forecaster.forecasts.given_sources import Source
    from forecaster.workspace.conditions import Given
    from forecaster.workspace.derived_series import Resolved

    FloatArray = NDArray[np.float64]

_MOST_DRIVERS = 3
_CLEAR = 3.0
"""Standard errors by which a driver's chance must move to be told."""


class Forecasts(Fits, Protocol):
    """What makes forecasts under settings without conditions; `pipeline.Run` is one."""

    def jointly(self, series: Sequence[str]) -> dict[str, Forecast]:
        """Return forecasts of several series on one draw axis."""

    def computed(self, target: str, resolved: Resolved, inputs: Mapping[str, Forecast]) -> Forecast:
        """Return the forecast of a formula from the joint forecasts of its inputs."""


def forecast_given(
    conditions: Sequence[Given], targets: Sequence[str], fits: Forecasts, world: str
) -> list[Forecast]:
    """Return forecasts of series and formulas where the conditions hold, on one draw axis.

    Parameters
    ----------
    fits : under settings without conditions
    world : what the conditioned world is called

    Raises
    ------
    InputError
        If a condition is decided against, too rare, or cannot be drawn.
    UnreliableFit
        If a fit is not certified and that is not allowed.
    """
    split = split_conditions(conditions, fits)
    formulas = {target: fits.resolved(target) for target in targets}
    below = {target: r.series if r else (target,) for target, r in formulas.items()}
    series = list(dict.fromkeys(name for names in below.values() for name in names))
    is_one = len(series) == 1 and formulas[targets[0]] is None
    plain = {series[0]: fits.forecast(series[0])} if is_one else fits.jointly(series)
    if split.is_open:
        drawn = draw_conditioned(split, series, fits)
        found = {name: _conditioned(each, drawn, split, world) for name, each in plain.items()}
    else:
        found = {name: _unchanged(each, split) for name, each in plain.items()}
    made = []
    for target, resolved in formulas.items():
        if resolved is None:
            made.append(found[target])
            continue
        forecast = fits.computed(target, resolved, found)
        if split.is_open:
            without = fits.computed(target, resolved, plain)
            forecast = _retold(forecast, without, found[resolved.series[0]], world)
        made.append(forecast)
    return made


def _unchanged(forecast: Forecast, split: Split) -> Forecast:
    """Return a forecast with the word that what is given was known anyway."""
    told = " and ".join(f"'{text}'" for text in split.decided)
    said = f"{told} is known already by {forecast.history.as_of}: it changes nothing"
    return replace(forecast, warnings=(*forecast.warnings, said))


def _conditioned(forecast: Forecast, drawn: Conditioned, split: Split, world: str) -> Forecast:
    """Return the forecast of a series in the draws in which the conditions hold."""
    name = forecast.history.entry.id
    source: Source = next(each for each in drawn.sources if name in each.histories)
    columns = [source.periods[name].index(period) for period in forecast.periods]
    figures = drawn.figures[name][:, columns]
    worlds = forecast.worlds or {TREND_ALONE: forecast.trajectories}
    worlds = {**worlds, forecast.scenario: forecast.trajectories, world: figures}
    given = _shift(forecast, drawn, split, figures)
    report = replace(
        forecast.report,
        ess=min(forecast.report.ess, given.ess),
        diagnostics={**forecast.report.diagnostics, **_diagnostics(given)},
    )
    notes = _unchanged(forecast, split).warnings if split.decided else forecast.warnings
    found = replace(
        forecast,
        scenario=world,
        trajectories=figures,
        worlds=worlds,
        report=report,
        manifest=replace(forecast.manifest, given=_record(given)),
        theta_index=None,  # draws are repeated as often as they weigh
        given=given,
        warnings=notes,
        drivers=None,
    )
    if forecast.drivers is None:
        return found
    entry = forecast.history.entry
    shift = measure_drivers(entry, forecast.periods, world, worlds, ess=report.ess)
    return replace(found, drivers=shift)


def _shift(forecast: Forecast, drawn: Conditioned, split: Split, figures: FloatArray) -> GivenShift:
    """Return what the conditions did to the last median, and how likely they were.

    Parameters
    ----------
    figures : (n_draws, n_periods) in the draws in which they hold, unit of the series
    """
    certified = drawn.certified
    return GivenShift(
        conditions=(
            *(condition.seen.text for condition in split.figures),
            *(seen.text for seen in split.states),
        ),
        decided=split.decided,
        chance=certified.probability,
        error=certified.error,
        n_drawn=drawn.n_drawn,
        ess=certified.ess,
        k_hat=certified.k_hat,
        is_exact=drawn.is_exact,
        period=forecast.periods[-1],
        without=float(np.median(forecast.trajectories[:, -1])),
        with_them=float(np.median(figures[:, -1])),
        drivers=_moved_drivers(drawn),
    )


def _retold(forecast: Forecast, without: Forecast, one: Forecast, world: str) -> Forecast:
    """Return the forecast of a formula with what the conditions did to the formula itself."""
    assert one.given is not None  # its inputs are conditioned
    given = replace(
        one.given,
        period=forecast.periods[-1],
        without=float(np.median(without.trajectories[:, -1])),
        with_them=float(np.median(forecast.trajectories[:, -1])),
    )
    return replace(forecast, given=given, scenario=world)


def _moved_drivers(drawn: Conditioned) -> tuple[tuple[str, float, float], ...]:
    """Return the drivers whose chance of being on at the end moved most."""
    worlds, after = drawn.worlds, drawn.resampled_worlds
    if worlds is None or after is None:
        return ()
    before_on, after_on = (each.states[:, -1].mean(axis=1) for each in (worlds, after))
    spread = np.sqrt(np.maximum(before_on * (1 - before_on), 1e-12))
    error = spread * math.sqrt(1 / worlds.n_draws + 1 / drawn.certified.ess)
    moved = np.abs(after_on - before_on)
    order = np.argsort(-moved, kind="stable")
    clear = [i for i in order.tolist() if moved[i] > _CLEAR * error[i]]
    names = worlds.drivers
    return tuple((names[i], float(before_on[i]), float(after_on[i])) for i in clear[:_MOST_DRIVERS])


def _diagnostics(given: GivenShift) -> dict[str, float]:
    """Return what certifies the conditioning; no k-hat of weights without a tail."""
    k_hat = {"given_k_hat": given.k_hat} if math.isfinite(given.k_hat) else {}
    return k_hat | {
        "given_chance": given.chance,
        "given_chance_error": given.error,
        "given_ess": given.ess,
        "given_draws": float(given.n_drawn),
    }


def _record(given: GivenShift) -> dict[str, Any]:
    """Return what a manifest says of the conditions."""
    return {
        "conditions": list(given.conditions),
        "chance": given.chance,
        "chance_error": given.error,
        "ess": given.ess,
        "draws": given.n_drawn,
    }
