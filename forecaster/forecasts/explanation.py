"""Compare what was believed of effects and parameters with what a history taught.

Estimates are on the link scale inside and in natural units outside: percentage points at a level
for shares, percent for amounts and counts, the series' own unit for real ones.
"""

from __future__ import annotations

import math
from dataclasses import field
from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.estimates import change_unit, drawn_estimate, exact_estimate
from forecaster.models.regressors import Shape, average, informs
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from forecaster.forecasts.estimates import Estimate
    from forecaster.workspace.drivers import Intervention
    from forecaster.workspace.facts import History, SeriesEntry

    FloatArray = NDArray[np.float64]
    Convert = Callable[[FloatArray], FloatArray]

DRIFT_NAME = "d"
COVERAGES = (0.5, 0.8, 0.95)
PRIOR_POINTS = 4096
PRIOR_SEED = 1  # quantiles of a prior must not move with the seed of a forecast
_RATES = {
    "s_l": " in a year",
    "s_b": " a year",
    "s_f_l": " in a year",
    "s_f_b": " a year",
    DRIFT_NAME: " a year",
}
"""What follows the unit of a parameter that is a change in time."""
_UNITS = {"tau": "years", "jump_rate": "a year", "cap": "%"}
"""Parameters that are no change of the series."""


@frozen
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


@frozen
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


@frozen
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


def share_level(history: History) -> float | None:
    """Return the last figure of a share between 0 and 1 on its target basis, if there is one."""
    if history.entry.kind != "share":
        return None
    on_target = [row.value for row in history.data if row.basis == history.target_basis]
    between = [value for value in on_target if 0 < value < 1]
    return between[-1] if between else None
