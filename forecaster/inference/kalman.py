"""Weigh a history under many hyperparameters at once with one batched filter.

The filter runs over the zero-mean part of the process. The data and the columns of the static
effects are right-hand sides of the same gains (Rosenberg 1973, de Jong 1991), so the effects are
integrated out with one small solve at the end. Points lie along the last axis throughout.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.timeline import LEVEL_STATE, SLOPE_STATE
from forecaster.models.trend import S_B, S_L, S_O, Step, make_step
from forecaster.records import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.inference.timeline import Event, Read, Timeline
    from forecaster.models.observations import Observations
    from forecaster.models.single import Linked
    from forecaster.models.static_effects import StaticPrior

    FloatArray = NDArray[np.float64]


@frozen
class Filtered:
    """The filter's result at every point, for the data (column 0) and the effects' columns.

    Attributes
    ----------
    log_det : (n_points,) log determinant of the innovations' covariance
    gram : (1 + n_effects, 1 + n_effects, n_points) innovations' weighted cross products
    mean : (n_states, 1 + n_effects, n_points) filtered state at the end
    covariance : (n_states, n_states, n_points) given the static effects
    """

    log_det: FloatArray
    gram: FloatArray
    mean: FloatArray
    covariance: FloatArray


@frozen
class Reading:
    """What one observation did to the state.

    Attributes
    ----------
    read : Read
    gain : (n_active, n_points)
    innovation : (1 + n_effects, n_points)
    variance : (n_points,) of the innovation
    """

    read: Read
    gain: FloatArray
    innovation: FloatArray
    variance: FloatArray


def run_filter(
    theta: FloatArray,
    observations: Observations,
    timeline: Timeline,
    static: StaticPrior,
    *,
    linked: Linked | None = None,
    record: list[Reading] | None = None,
) -> Filtered:
    """Run the filter over the timeline.

    Parameters
    ----------
    theta : (n_theta, n_points), the trend's four rows first
    observations, timeline, static : of one history
    linked : link values and their errors where these hang on theta; the observations' otherwise
    record : receives what each observation did to the state, in order, where wanted

    Returns
    -------
    Filtered
    """
    n_points, n_columns = theta.shape[1], 1 + len(static.mean)
    both = _start(theta, n_columns=n_columns, n_states=timeline.n_states)
    gram = np.zeros((n_columns, n_columns, n_points))
    variances = np.empty((observations.n, n_points))
    target = _targets(observations, static, linked, timeline.n_states)
    noise_variance = observations.noise_sd**2 if linked is None else linked.noise_sd**2
    jensen = theta[S_L] ** 2
    noise = theta[S_O] ** 2
    steps = make_step(theta, timeline.durations[:, None])
    move_noise = noise_matrices(steps)
    for event in timeline.events:
        n = event.n_active
        z = both[:n, : n_columns + n]
        p = z[:, n_columns:]
        if event.duration >= 0:
            move(z, p, steps, move_noise, event)
        for read in event.reads:
            i = read.observation
            # for the data and the effects their innovations, for the covariance minus its column
            row = target[i, : n_columns + n] - z[read.state] * (1 / read.divisor)
            if observations.jensen[i]:
                row[0] -= observations.jensen[i] * jensen
            variance = variances[i]
            np.multiply(row[n_columns + read.state], -1 / read.divisor, out=variance)
            variance += noise
            variance += noise_variance[i]
            scaled = row / variance
            gram += row[:n_columns, None] * scaled[:n_columns]
            z -= scaled[n_columns:, None] * row
            if record is not None:
                record.append(Reading(read, -scaled[n_columns:], row[:n_columns], variance))
        change_slots(z, p, event)
    log_det = np.log(variances).sum(axis=0)
    return Filtered(
        log_det=log_det, gram=gram, mean=both[:, :n_columns], covariance=both[:, n_columns:]
    )


def _start(theta: FloatArray, *, n_columns: int, n_states: int) -> FloatArray:
    """Return mean and covariance at the start, side by side: one operation on rows serves both."""
    both = np.zeros((n_states, n_columns + n_states, theta.shape[1]))
    both[SLOPE_STATE, n_columns + SLOPE_STATE] = theta[S_B] ** 2
    return both


def _targets(
    observations: Observations, static: StaticPrior, linked: Linked | None, n_states: int
) -> FloatArray:
    """Return what each observation's row is compared with: its value, its columns, then zeros.

    (n_observations, 1 + n_effects + n_states, n_points), or 1 where all points share them.
    """
    columns = static.columns if static.columns.ndim == 3 else static.columns[..., None]
    values = observations.z[:, None] if linked is None else linked.z
    centred = values - np.einsum("ijk,j->ik", columns, static.mean)
    n_points = max(centred.shape[1], columns.shape[2])
    target = np.zeros((observations.n, 1 + len(static.mean) + n_states, n_points))
    target[:, 0] = centred
    target[:, 1 : 1 + len(static.mean)] = columns
    return target


def move(z: FloatArray, p: FloatArray, steps: Step, noise: FloatArray, event: Event) -> None:
    """Carry mean and covariance over one step, in place: rows first, then columns."""
    k = event.duration
    level, slope = LEVEL_STATE, SLOPE_STATE
    for half in (z, p.swapaxes(0, 1)):
        for slot in event.running:
            gained = steps.duration[k] * half[level]
            gained += steps.integral_gain[k] * half[slope]
            np.add(half[slot], gained, out=half[slot])
        np.add(half[level], steps.slope_gain[k] * half[slope], out=half[level])
        np.multiply(half[slope], steps.phi[k], out=half[slope])
    if event.running == (2,) and len(p) == 3:
        p += noise[k]
        return
    p[:2, :2] += noise[k, :2, :2]
    for slot in event.running:
        p[slot, :2] += noise[k, 2, :2]
        p[:2, slot] += noise[k, :2, 2]
        for other in event.running:
            p[slot, other] += noise[k, 2, 2]


def noise_matrices(steps: Step) -> FloatArray:
    """Return the noise covariances of (level, slope, integral), (n_durations, 3, 3, n_points)."""
    rows = (
        (steps.q_ll, steps.q_lb, steps.q_il),
        (steps.q_lb, steps.q_bb, steps.q_ib),
        (steps.q_il, steps.q_ib, steps.q_ii),
    )
    return np.moveaxis(np.array(rows), 2, 0)


def change_slots(z: FloatArray, p: FloatArray, event: Event) -> None:
    """Empty the slots whose window ended, and keep the level in the slots that copy it."""
    for slot in event.resets:
        z[slot] = 0.0
        p[:, slot] = 0.0
    for slot in event.copies:
        z[slot] = z[LEVEL_STATE]
        p[:, slot] = p[:, LEVEL_STATE]


@frozen
class Marginal:
    """The likelihood with the static effects integrated out, and their posterior.

    Attributes
    ----------
    log_likelihood : (n_points,)
    effects_mean : (n_points, n_effects), deviation from the prior mean
    effects_root : (n_points, n_effects, n_effects), R with R R' the posterior covariance
    """

    log_likelihood: FloatArray
    effects_mean: FloatArray
    effects_root: FloatArray


def integrate_static(filtered: Filtered, static: StaticPrior, *, n: int) -> Marginal:
    """Integrate the static effects out of the likelihood of `n` observations."""
    cross = np.moveaxis(filtered.gram, -1, 0)
    precision = cross[:, 1:, 1:].copy()
    diagonal = np.arange(len(static.mean))
    precision[:, diagonal, diagonal] += static.sd.T**-2.0
    root = np.linalg.cholesky(precision)
    inverse_root = np.linalg.inv(root)
    whitened = np.einsum("kij,kj->ki", inverse_root, cross[:, 1:, 0])
    log_det_precision = 2 * np.log(np.einsum("kii->ki", root)).sum(axis=1)
    misfit = cross[:, 0, 0] - (whitened**2).sum(axis=1)
    log_likelihood = -0.5 * (
        n * math.log(2 * math.pi)
        + filtered.log_det
        + misfit
        + log_det_precision
        + 2 * np.log(static.sd).sum(axis=0)
    )
    upper = inverse_root.swapaxes(1, 2)
    return Marginal(log_likelihood, np.einsum("kij,kj->ki", upper, whitened), upper)


def log_likelihood(
    theta: FloatArray,
    observations: Observations,
    timeline: Timeline,
    static: StaticPrior,
    *,
    linked: Linked | None = None,
) -> FloatArray:
    """Return the log marginal likelihood of the link values at each point, (n_points,)."""
    filtered = run_filter(theta, observations, timeline, static, linked=linked)
    return integrate_static(filtered, static, n=observations.n).log_likelihood
