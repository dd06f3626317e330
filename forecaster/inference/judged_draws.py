"""Draw static effects and final states given judgements, at points already weighed by them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.final_moments import JumpPoints

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.inference.judgement_weights import JudgedPoints

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


def draw_given(
    points: JudgedPoints, value: FloatArray, errors: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return effects' deviations, (n, p), and states, (n, m), given the judgements.

    Drawn from the history alone, with what experts would then have said; then moved by what they
    did say (Matheron's rule).
    """
    moments = points.moments
    n_draws, n_effects = moments.effects_mean.shape
    n_states = moments.mean.shape[1]
    noise = rng.standard_normal((n_draws, n_effects + n_states + value.shape[1]))
    deviation = moments.effects_mean + np.einsum(
        "kij,kj->ki", moments.effects_root, noise[:, :n_effects]
    )
    state = moments.mean - np.einsum("kij,kj->ki", moments.design, deviation)
    state += np.einsum(
        "kij,kj->ki", _root(moments.covariance), noise[:, n_effects : n_effects + n_states]
    )
    beyond = errors + points.step_covariance
    said = points.mean + np.einsum(
        "kij,kj->ki", points.on_effects, deviation - moments.effects_mean
    )
    # what the states add beyond their mean given the effects
    alone = state - moments.mean + np.einsum("kij,kj->ki", moments.design, deviation)
    said += np.einsum("kij,kj->ki", points.on_states, alone)
    said += np.einsum("kij,kj->ki", np.linalg.cholesky(beyond), noise[:, n_effects + n_states :])
    pull = np.linalg.solve(points.covariance + errors, (value - said)[:, :, None])
    spread = moments.effects_root @ moments.effects_root.swapaxes(1, 2)
    effects_gain = spread @ points.on_effects.swapaxes(1, 2)
    moved = (effects_gain @ pull)[:, :, 0]
    states_moved = (moments.covariance @ points.on_states.swapaxes(1, 2) @ pull)[:, :, 0]
    states_moved -= np.einsum("kij,kj->ki", moments.design, moved)
    return deviation + moved, state + states_moved


def _root(covariance: FloatArray) -> FloatArray:
    """Return R with R R' = covariance, (n, m, m); a kept point at the end makes it singular."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :])


def take(points: JudgedPoints, chosen: IntArray) -> JudgedPoints:
    """Return the law at some of the points, in their order, repeated where asked for."""
    moments = points.moments
    return replace(
        points,
        theta=np.ascontiguousarray(points.theta[:, chosen]),
        moments=replace(
            moments,
            effects_mean=moments.effects_mean[chosen],
            effects_root=moments.effects_root[chosen],
            mean=moments.mean[chosen],
            design=moments.design[chosen],
            covariance=moments.covariance[chosen],
        ),
        rows=points.rows if len(points.rows) == 1 else points.rows[chosen],
        on_effects=points.on_effects[chosen],
        on_states=points.on_states[chosen],
        mean=points.mean[chosen],
        covariance=points.covariance[chosen],
        step_covariance=points.step_covariance[chosen],
        jump_variance=points.jump_variance[chosen],
        said=points.said[chosen],
        ours=points.ours[chosen],
        log_jacobian=points.log_jacobian[chosen],
    )


def all_rows(points: JudgedPoints) -> FloatArray:
    """Return the static effects' rows at every point, (n_points, n, p)."""
    return np.broadcast_to(points.rows, (len(points.mean), *points.rows.shape[1:]))


def take_jumps(jumps: JumpPoints | None, chosen: IntArray) -> JumpPoints | None:
    """Return the jumps at some of the points."""
    return None if jumps is None else JumpPoints(jumps.time[chosen], jumps.sd[chosen])
