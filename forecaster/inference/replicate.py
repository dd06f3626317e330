"""Draw histories anew: the link values that a model says might have been published instead.

Hyperparameters, drift and offsets are given; level paths, jumps and errors are drawn afresh, so a
replicate is another history of the same kind and not the same one with other errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.timeline import LEVEL_STATE, SLOPE_STATE, lay_out
from forecaster.models.jumps import JUMP_RATE, JUMP_SD
from forecaster.models.trend import S_B, S_L, S_O, make_step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.inference.timeline import Event, Timeline
    from forecaster.models.single import SingleModel
    from forecaster.models.trend import Step

    FloatArray = NDArray[np.float64]

_MOST_JUMPS = 100.0
"""A year; more of them move nothing that a history could show."""


def replicate(
    model: SingleModel, theta: FloatArray, effects: FloatArray, *, rng: np.random.Generator
) -> FloatArray:
    """Return replicated link values of every observation, (n_observations, n_draws).

    Shares with a cap are carried back to the logit of the share itself, as the observations are.

    Parameters
    ----------
    theta : (n_theta, n_draws)
    effects : (n_effects, n_draws) level at the anchor, drift, offsets, regressors
    """
    o = model.observations
    n_draws = theta.shape[1]
    timeline = lay_out(o, anchor=model.static.anchor)
    z = model.static.columns @ effects + o.jensen[:, None] * theta[S_L] ** 2
    z += _paths(theta, timeline, o.n, has_jumps=model.has_jumps, rng=rng)
    normals = rng.standard_normal((o.n, n_draws))
    if model.cap is None:
        return np.asarray(z + np.hypot(theta[S_O], o.noise_sd[:, None]) * normals)
    z += theta[S_O] * normals
    share = theta[model.cap] / (1 + np.exp(-np.clip(z, -30.0, 30.0)))
    measured = o.noise_sd[:, None] * rng.standard_normal((o.n, n_draws))
    return np.asarray(np.log(share) - np.log1p(-share) + measured)


def _paths(
    theta: FloatArray, timeline: Timeline, n: int, *, has_jumps: bool, rng: np.random.Generator
) -> FloatArray:
    """Return what every observation reads of a level path that starts at zero, (n, n_draws)."""
    n_draws = theta.shape[1]
    steps = make_step(theta, timeline.durations[:, None])
    state = np.zeros((timeline.n_states, n_draws))
    state[SLOPE_STATE] = theta[S_B] * rng.standard_normal(n_draws)
    found = np.empty((n, n_draws))
    for event in timeline.events:
        if event.duration >= 0:
            if has_jumps:
                state[LEVEL_STATE] += _jump(theta, timeline.durations[event.duration], rng)
            _move(state, steps, event, rng)
        for read in event.reads:
            found[read.observation] = state[read.state] / read.divisor
        for slot in event.resets:
            state[slot] = 0.0
    return found


def _jump(theta: FloatArray, duration: float, rng: np.random.Generator) -> FloatArray:
    """Return the sum of a stretch's jumps, (n_draws,); they come at its beginning."""
    n_jumps = rng.poisson(np.minimum(theta[JUMP_RATE], _MOST_JUMPS) * duration)
    return np.asarray(theta[JUMP_SD] * np.sqrt(n_jumps) * rng.standard_normal(len(n_jumps)))


def _move(state: FloatArray, steps: Step, event: Event, rng: np.random.Generator) -> None:
    """Carry the states over one stretch, in place, with its noise."""
    k = event.duration
    first, second, third = rng.standard_normal((3, state.shape[1]))
    bb = np.sqrt(steps.q_bb[k])
    lb, ib = steps.q_lb[k] / bb, steps.q_ib[k] / bb
    ll = np.sqrt(np.maximum(steps.q_ll[k] - lb**2, 1e-300))
    il = (steps.q_il[k] - lb * ib) / ll
    ii = np.sqrt(np.maximum(steps.q_ii[k] - ib**2 - il**2, 0.0))
    level, slope = state[LEVEL_STATE].copy(), state[SLOPE_STATE].copy()
    integral = steps.duration[k] * level + steps.integral_gain[k] * slope
    integral += ib * first + il * second + ii * third
    for slot in event.running:
        state[slot] += integral
    state[LEVEL_STATE] = level + steps.slope_gain[k] * slope + lb * first + ll * second
    state[SLOPE_STATE] = steps.phi[k] * slope + bb * first
