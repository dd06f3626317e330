"""Say what the history taught: effects of dated events and parameters, before it and after it.

Estimates are on the link scale inside and in natural units outside: percentage points at a level
for shares, percent for amounts and counts, the series' own unit for real ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.estimates import change_unit, drawn_estimate, exact_estimate
from forecaster.inference.sobol import normal_quantile, sobol_normal
from forecaster.models.regressors import Shape, average, informs
from forecaster.models.static_effects import DRIFT
from forecaster.workspace.beliefs import THETA_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from forecaster.forecasts.estimates import Estimate
    from forecaster.forecasts.single_job import SingleJob
    from forecaster.forecasts.single_run import Drawn
    from forecaster.models.single import SingleModel
    from forecaster.workspace.drivers import Intervention
    from forecaster.workspace.facts import SeriesEntry

    FloatArray = NDArray[np.float64]
    Convert = Callable[[FloatArray], FloatArray]

DRIFT_NAME = "d"
COVERAGES = (0.5, 0.8, 0.95)
_PRIOR_POINTS = 4096
_PRIOR_SEED = 1  # quantiles of a prior must not move with the seed of a forecast
_RATES = {"s_l": " in a year", "s_b": " a year", DRIFT_NAME: " a year"}
"""What follows the unit of a parameter that is a change in time."""
_UNITS = {"tau": "years", "jump_rate": "a year", "cap": "%"}
"""Parameters that are no change of the series."""


@dataclass(frozen=True, slots=True)
class EffectEstimate:
    """What one dated event did to the series, before and after its history.

    Attributes
    ----------
    event : Intervention
    unit : of both estimates, 'percentage points', 'percent' or the series' own
    prior, posterior : of the full effect
    moved : posterior median less prior median, in prior sds, link scale
    variance_removed : share of the prior variance that the history took away, link scale
    is_informed : whether the figures can tell anything about it at all
    last_figure : where the observations end, decimal year
    on_at_last : share of the full effect that is on there
    """

    event: Intervention
    unit: str
    prior: Estimate
    posterior: Estimate
    moved: float
    variance_removed: float
    is_informed: bool
    last_figure: float
    on_at_last: float


@dataclass(frozen=True, slots=True)
class ParameterEstimate:
    """One hyperparameter, or the drift, before and after the history.

    Attributes
    ----------
    name : such as 's_l'
    unit : natural unit of both estimates
    moved : posterior median less prior median, in prior sds of the normal scale
    variance_removed : share of the prior variance there that the history took away
    """

    name: str
    unit: str
    prior: Estimate
    posterior: Estimate
    moved: float
    variance_removed: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the history of one series taught.

    Attributes
    ----------
    entry, as_of : the series, and the day whose knowledge was used
    n_figures : in the fit
    coverages : nominal probabilities of the bands
    at : level at which percentage points are meant, a fraction; None for other kinds
    effects : of the dated events in the fit
    left_out : events that the history cannot bear, each with the reason
    family, weight : whose parameters are shown, and its weight in the forecast
    parameters : of that family
    judgements : sentences on how far judgements moved the median, when that was worked out
    """

    entry: SeriesEntry
    as_of: date
    n_figures: int
    coverages: tuple[float, ...]
    at: float | None
    effects: tuple[EffectEstimate, ...]
    left_out: tuple[tuple[Intervention, str], ...]
    family: str
    weight: float
    parameters: tuple[ParameterEstimate, ...]
    judgements: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())


def explain_single(job: SingleJob, drawn: Drawn) -> Explanation:
    """Return what the history taught a series that was fitted by itself.

    Effects pool the draws of all families, in proportion to their weights; parameters are those of
    the family with the most weight.

    Parameters
    ----------
    job : with its events
    drawn : with the posterior of each family
    """
    family = max(drawn.weights, key=lambda name: drawn.weights[name])
    model, posterior = job.models[family], drawn.posteriors[family]
    history, coverages = job.history, COVERAGES
    first = model.static.first_regressor
    pooled = np.concatenate([p.effects for p in drawn.posteriors.values()], axis=1)
    ess = min(p.report.ess for p in drawn.posteriors.values())
    o = model.observations
    at = _level(job, model, posterior.effects)
    effects = tuple(
        estimate_effect(
            event,
            pooled[first + k],
            starts=o.start,
            ends=o.end,
            coverages=coverages,
            ess=ess,
        )
        for k, event in enumerate(job.events.kept)
    )
    return Explanation(
        entry=history.entry,
        as_of=history.as_of,
        n_figures=len(history.data),
        coverages=coverages,
        at=at,
        effects=effects,
        left_out=job.events.left_out,
        family=family,
        weight=drawn.weights[family],
        parameters=_parameters(model, posterior.theta, posterior.effects[DRIFT], job, at, ess),
        warnings=tuple(history.notes),
    )


def estimate_effect(
    event: Intervention,
    draws: FloatArray,
    *,
    starts: FloatArray,
    ends: FloatArray,
    coverages: Sequence[float],
    ess: float,
) -> EffectEstimate:
    """Return one event's effect before and after the history.

    Parameters
    ----------
    draws : (n_draws,), posterior, link units
    starts, ends : (n_figures,) windows of the observations, decimal years; at least one
    ess : effective sample size of the draws' hyperparameters
    """
    to_natural = np.vectorize(event.stated.to_natural, otypes=[np.float64])
    mean, sd = event.effect.mean, event.effect.sd
    shape = Shape(event.shape, event.start, event.end)
    column = average(shape, starts, ends)
    # where no figure shows a change, only Monte Carlo noise tells the posterior from the prior
    is_informed = bool(informs(column[:, None])[0])
    prior = exact_estimate(lambda z: to_natural(mean + sd * z), coverages)
    posterior = drawn_estimate(to_natural(draws), coverages, ess) if is_informed else prior
    last = ends.max(keepdims=True)
    return EffectEstimate(
        event=event,
        unit=event.stated.unit,
        prior=prior,
        posterior=posterior,
        moved=(float(np.median(draws)) - mean) / sd if is_informed else 0.0,
        variance_removed=1 - float(np.var(draws)) / sd**2 if is_informed else 0.0,
        is_informed=is_informed,
        last_figure=float(last[0]),
        on_at_last=float(average(shape, last, last)[0]),
    )


def _parameters(
    model: SingleModel,
    theta: FloatArray,
    drift: FloatArray,
    job: SingleJob,
    at: float | None,
    ess: float,
) -> tuple[ParameterEstimate, ...]:
    """Return the free hyperparameters of a family, and the drift."""
    entry = job.history.entry
    rng = np.random.default_rng(_PRIOR_SEED)
    prior_theta = model.theta_at(sobol_normal(_PRIOR_POINTS, len(model.names), rng=rng))
    rows = _rows_of(model.names)
    found = [
        estimate_parameter(
            name, prior_theta[row], theta[row], entry=entry, at=at, coverages=COVERAGES, ess=ess
        )
        for name, row in rows.items()
    ]
    mean, sd = model.static.mean[DRIFT], np.atleast_2d(model.static.sd.T).T[DRIFT].max()
    z = normal_quantile((np.arange(_PRIOR_POINTS) + 0.5) / _PRIOR_POINTS)
    found.append(
        estimate_parameter(
            DRIFT_NAME, mean + sd * z, drift, entry=entry, at=at, coverages=COVERAGES, ess=ess
        )
    )
    return tuple(found)


def _rows_of(names: Sequence[str]) -> dict[str, int]:
    """Return the row of theta of each free hyperparameter: the trend's rows first, then others."""
    others = [name for name in names if name not in THETA_NAMES]
    known = (*THETA_NAMES, *others)
    return {name: known.index(name) for name in names}


def estimate_parameter(
    name: str,
    prior: FloatArray,
    posterior: FloatArray,
    *,
    entry: SeriesEntry,
    at: float | None,
    coverages: Sequence[float],
    ess: float,
) -> ParameterEstimate:
    """Return one parameter before and after the history.

    Parameters
    ----------
    name : a hyperparameter, or `DRIFT_NAME`
    prior, posterior : draws, link units or the parameter's own; prior ones evenly spread
    at : level at which percentage points are meant; None but for shares
    """
    unit, convert = _parameter_unit(name, entry, at)
    normal = _normal_scale(name)
    before, after = normal(prior), normal(posterior)
    sd = float(np.std(before))
    return ParameterEstimate(
        name=name,
        unit=unit,
        prior=drawn_estimate(convert(prior), coverages, math.inf),
        posterior=drawn_estimate(convert(posterior), coverages, ess),
        moved=(float(np.median(after)) - float(np.median(before))) / sd,
        variance_removed=1 - float(np.var(after)) / sd**2,
    )


def _normal_scale(name: str) -> Convert:
    """Return the way to the scale on which the parameter's prior is normal."""
    if name == DRIFT_NAME:
        return lambda x: x
    return (lambda x: np.log(x) - np.log1p(-x)) if name == "cap" else np.log


def _parameter_unit(name: str, entry: SeriesEntry, at: float | None) -> tuple[str, Convert]:
    """Return the natural unit of a parameter, and the way there."""
    if name in _UNITS:
        return _UNITS[name], (lambda x: 100 * x) if name == "cap" else (lambda x: x)
    unit, convert = change_unit(entry, at)
    return unit + _RATES.get(name, ""), convert


def _level(job: SingleJob, model: SingleModel, effects: FloatArray) -> float | None:
    """Return the level of a share at which points are meant: its last figure, or the believed."""
    if job.history.entry.kind != "share":
        return None
    on_target = [row.value for row in job.history.data if row.basis == job.history.target_basis]
    between = [value for value in on_target if 0 < value < 1]
    if between:
        return between[-1]
    level = float(np.median(effects[0])) if len(effects) else float(model.static.mean[0])
    return 1 / (1 + math.exp(-level))
