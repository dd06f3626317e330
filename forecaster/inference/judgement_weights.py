"""Weigh points of the hyperparameters by how well they foretell what experts said.

For judgement J with our forecast m of its day, v = (J - kappa m) / (1 - kappa) is de-anchored.
Given the hyperparameters and kappa, the values v are jointly normal; the density of J is that of v
divided by 1 - kappa. A judgement made before any figure was known repeats nothing: v = J, its error
as large as the others'.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.final_moments import FinalMoments, final_moments, static_rows
from forecaster.inference.steering import find_sensitivities, weigh_stretches
from forecaster.models.judgement_readings import cut_at_grid, error_covariance
from forecaster.models.jumps import JUMP_RATE, JUMP_SD
from forecaster.models.single import SingleModel
from forecaster.models.trend import S_L, S_O
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.inference.final_moments import JumpPoints
    from forecaster.inference.steering import ReadingWeights, Sensitivities
    from forecaster.models.judgement_readings import JudgementReading

    FloatArray = NDArray[np.float64]

ModelOf = Callable[[date], SingleModel | None]
"""The model of the same series on what was known on a day; None where nothing was."""

LEAST_ROOM = 0.02
"""A judgement on a share is read as at most this much, as a part of the cap, below the cap."""
MOST_JUMPS = 100.0
"""Jumps a year beyond which nothing changes that a forecast could show."""


@frozen
class JudgedPoints:
    """The law of readings of judgements at every point, without and with their errors.

    Attributes
    ----------
    theta : (n_theta, n_points)
    moments : of effects and states
    weights, sensitivities : where readings take their averages from
    rows : (n_points or 1, n, p) static effects in the readings
    on_effects : (n_points, n, p) coefficients of the effects, those in the states included
    on_states : (n_points, n, m)
    mean : (n_points, n) expected reading
    covariance : (n_points, n, n) of effects, states and steps; without the errors of statements
    step_covariance : (n_points, n, n) the steps' part of it
    jump_variance : (n_points,) of the jumps in one step
    said, ours : (n_points, n) the statements, and our forecasts of their days; ours is nan where
        nothing was known on the day
    log_jacobian : (n_points,) of the link that hangs on a cap
    """

    theta: FloatArray
    moments: FinalMoments
    weights: ReadingWeights
    sensitivities: Sensitivities
    rows: FloatArray
    on_effects: FloatArray
    on_states: FloatArray
    mean: FloatArray
    covariance: FloatArray
    step_covariance: FloatArray
    jump_variance: FloatArray
    said: FloatArray
    ours: FloatArray
    log_jacobian: FloatArray


def judge_points(
    model: SingleModel,
    model_of: ModelOf,
    readings: Sequence[JudgementReading],
    theta: FloatArray,
    *,
    kept: Sequence[tuple[float, float]],
    end: float,
    per_year: int,
    jumps: JumpPoints | None = None,
) -> JudgedPoints:
    """Return the law of what experts should have said, at every point.

    Parameters
    ----------
    theta : (n_theta, n_points)
    kept : windows that the state must keep for the forecast
    end : where steps begin, decimal years
    per_year : steps a year
    """
    weights = weigh_stretches(readings, kept=kept, end=end, per_year=per_year)
    moments = final_moments(model, theta, kept=weights.kept, end=end, jumps=jumps)
    found = find_sensitivities(theta, weights)
    rows = static_rows(readings, model, jumps=jumps)
    kept_part = np.broadcast_to(weights.of_kept, (theta.shape[1], *weights.of_kept.shape))
    on_states = np.concatenate([found.state, kept_part], axis=2)
    on_effects = rows - on_states @ moments.design
    jump_variance = _jump_variance(model, theta, per_year=per_year)
    step_covariance = np.einsum("skix,skjx->kij", found.innovations, found.innovations)
    step_covariance += jump_variance[:, None, None] * np.einsum(
        "si,sj->ij", found.level_before, found.level_before
    )
    on_root = on_effects @ moments.effects_root
    covariance = on_root @ on_root.swapaxes(1, 2) + step_covariance
    covariance += on_states @ moments.covariance @ on_states.swapaxes(1, 2)
    said, log_jacobian = _said(readings, model, theta)
    return JudgedPoints(
        theta=theta,
        moments=moments,
        weights=weights,
        sensitivities=found,
        rows=rows,
        on_effects=on_effects,
        on_states=on_states,
        mean=_mean(readings, moments, rows, on_effects, on_states, theta),
        covariance=covariance,
        step_covariance=step_covariance,
        jump_variance=jump_variance,
        said=said,
        ours=forecasts_then(model_of, readings, theta, per_year=per_year, jumps=jumps),
        log_jacobian=log_jacobian,
    )


def _jump_variance(model: SingleModel, theta: FloatArray, *, per_year: int) -> FloatArray:
    """Return the variance that jumps add to the level in one step, (n_points,)."""
    if not model.has_jumps:
        return np.zeros(theta.shape[1])
    rate = np.minimum(theta[JUMP_RATE], MOST_JUMPS)
    return np.asarray(rate * theta[JUMP_SD] ** 2 / per_year)


def _mean(
    readings: Sequence[JudgementReading],
    moments: FinalMoments,
    rows: FloatArray,
    on_effects: FloatArray,
    on_states: FloatArray,
    theta: FloatArray,
) -> FloatArray:
    """Return the expected readings, (n_points, n)."""
    mean = rows @ moments.static.mean + np.einsum("kij,kj->ki", on_effects, moments.effects_mean)
    mean = mean + np.einsum("kij,kj->ki", on_states, moments.mean)
    return np.asarray(mean + np.outer(theta[S_L] ** 2, [reading.jensen for reading in readings]))


def _said(
    readings: Sequence[JudgementReading], model: SingleModel, theta: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the statements on the model's link, (n_points, n), and its log Jacobian."""
    n_points = theta.shape[1]
    said = np.array([reading.said for reading in readings])
    if model.cap is None:
        return np.broadcast_to(said, (n_points, len(said))), np.zeros(n_points)
    cap = theta[model.cap][:, None]
    share = 1 / (1 + np.exp(-said))
    room = np.maximum(cap - share, LEAST_ROOM * cap)
    below = np.minimum(share, cap - room)
    log_jacobian = np.log(cap * (1 - share) / room).sum(axis=1)
    return np.log(below) - np.log(room), log_jacobian


def forecasts_then(
    model_of: ModelOf,
    readings: Sequence[JudgementReading],
    theta: FloatArray,
    *,
    per_year: int,
    jumps: JumpPoints | None = None,
) -> FloatArray:
    """Return what we should have expected of each figure on the day of its judgement.

    Returns
    -------
    (n_points, n); nan for a day on which nothing was known
    """
    found = np.full((theta.shape[1], len(readings)), np.nan)
    days = dict.fromkeys(reading.judgement.made_on for reading in readings)
    for day in days:
        chosen = [i for i, reading in enumerate(readings) if reading.judgement.made_on == day]
        model = model_of(day)
        if model is None or model.observations.n == 0:
            continue
        end = math.ceil(float(model.observations.end.max()) * per_year - 1e-6) / per_year
        of_day = [readings[i] for i in chosen]
        weights = weigh_stretches(of_day, kept=(), end=end, per_year=per_year)
        moments = final_moments(model, theta, kept=weights.kept, end=end, jumps=jumps)
        rows = static_rows(of_day, model, jumps=jumps)
        state = find_sensitivities(theta, weights).state
        kept_part = np.broadcast_to(weights.of_kept, (theta.shape[1], *weights.of_kept.shape))
        on_states = np.concatenate([state, kept_part], axis=2)
        on_effects = rows - on_states @ moments.design
        found[:, chosen] = _mean(of_day, moments, rows, on_effects, on_states, theta)
    return found


def de_anchor(
    readings: Sequence[JudgementReading], points: JudgedPoints, kappa: FloatArray
) -> FloatArray:
    """Return the de-anchored values with the mean bias taken off, (n_points, n).

    Parameters
    ----------
    kappa : (n, n_points)
    """
    bias = np.array([reading.bias for reading in readings])
    rest = 1 - kappa.T
    is_anchored = np.isfinite(points.ours)
    ours = np.where(is_anchored, points.ours, 0.0)
    anchored = (points.said - bias - kappa.T * ours) / rest
    return np.asarray(np.where(is_anchored, anchored, points.said - bias))


def log_likelihood_of(
    readings: Sequence[JudgementReading], points: JudgedPoints, kappa: FloatArray
) -> FloatArray:
    """Return the log density of all judgements given the history, (n_points,)."""
    errors = error_covariance(readings, kappa, points.theta[S_O] ** 2)
    root = np.linalg.cholesky(points.covariance + errors)
    missed = de_anchor(readings, points, kappa) - points.mean
    whitened = np.linalg.solve(root, missed[:, :, None])[:, :, 0]
    log_det = np.log(np.einsum("kii->ki", root)).sum(axis=1)
    density = -0.5 * (whitened**2).sum(axis=1) - log_det
    density -= 0.5 * len(readings) * math.log(2 * math.pi)
    blown = np.where(np.isfinite(points.ours), np.log1p(-kappa.T), 0.0).sum(axis=1)
    return np.asarray(density - blown + points.log_jacobian)


def kappas_at(readings: Sequence[JudgementReading], level: FloatArray) -> FloatArray:
    """Return the kappa of every judgement, (n, n_points), at a quantile level common to all.

    Parameters
    ----------
    level : (n_points,) in (0, 1); one for all experts, since how far experts repeat what was
        known is not known for any of them
    """
    low = np.array([reading.kappa_low for reading in readings])
    high = np.array([reading.kappa_high for reading in readings])
    return np.asarray(low[:, None] + (high - low)[:, None] * level)


__all__ = [
    "JudgedPoints", "ModelOf", "cut_at_grid", "de_anchor", "forecasts_then", "judge_points",
    "kappas_at", "log_likelihood_of",
]  # fmt: skip
