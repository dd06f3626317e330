"""Read figures of later periods off the state where steps begin and off the steps' innovations.

A reading is a weighted average of stretches before the end, which the state keeps, and of steps
after it. It is linear in both, and a pass backwards over the steps finds the coefficients:

    before step k:  level   a = a' + w,                  w the weight of the step's average
                    slope   c = phi c' + gain a' + (integral gain / D) w
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.models.judgement_readings import TOLERANCE
from forecaster.models.trend import make_step
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.models.judgement_readings import JudgementReading
    from forecaster.models.trend import Step

    FloatArray = NDArray[np.float64]


@frozen
class ReadingWeights:
    """Where n readings take their averages from.

    Attributes
    ----------
    kept : windows that the state keeps, decimal years
    of_kept : (n, n_kept)
    of_averages : (n_steps, n) of the average level over each step
    of_levels : (n_steps, n) of the level at the end of each step
    step_length : years
    """

    kept: tuple[tuple[float, float], ...]
    of_kept: FloatArray
    of_averages: FloatArray
    of_levels: FloatArray
    step_length: float

    @property
    def n_steps(self) -> int:
        """Steps to the end of the last reading."""
        return len(self.of_averages)


def weigh_stretches(
    readings: Sequence[JudgementReading],
    *,
    kept: Sequence[tuple[float, float]],
    end: float,
    per_year: int,
) -> ReadingWeights:
    """Return where readings take their averages from, in steps from `end` on.

    A stretch shorter than a step stands for its step.

    Parameters
    ----------
    kept : windows that are kept in any case; they come first
    end : where steps begin, decimal years
    """
    windows = list(kept)
    of_kept: list[tuple[int, int, float]] = []
    of_steps: list[tuple[int, int, float, bool]] = []
    for i, reading in enumerate(readings):
        for start, stop, weight in zip(
            reading.starts.tolist(), reading.ends.tolist(), reading.weights.tolist(), strict=True
        ):
            if stop <= end + TOLERANCE:
                if (start, stop) not in windows:
                    windows.append((start, stop))
                of_kept.append((i, windows.index((start, stop)), weight))
                continue
            is_point = stop - start < TOLERANCE
            at = stop - 1 / per_year if is_point else start
            # a moment within a step is read at the nearest end of a step
            k = max(round((at - end) * per_year), 0)
            of_steps.append((i, k, weight, is_point))
    n_steps = max((k + 1 for _, k, _, _ in of_steps), default=0)
    weights = ReadingWeights(
        tuple(windows),
        np.zeros((len(readings), len(windows))),
        np.zeros((n_steps, len(readings))),
        np.zeros((n_steps, len(readings))),
        1 / per_year,
    )
    for i, j, weight in of_kept:
        weights.of_kept[i, j] += weight
    for i, k, weight, is_point in of_steps:
        (weights.of_levels if is_point else weights.of_averages)[k, i] += weight
    return weights


@frozen
class Sensitivities:
    """How n readings hang on level and slope at the end and on each step's innovations.

    Attributes
    ----------
    state : (n_points, n, 2)
    innovations : (n_steps, n_points, n, 3)
    level_before : (n_steps, n) on a move of the level at the start of each step
    """

    state: FloatArray
    innovations: FloatArray
    level_before: FloatArray


def find_sensitivities(theta: FloatArray, weights: ReadingWeights) -> Sensitivities:
    """Return how readings hang on the state and on innovations.

    Parameters
    ----------
    theta : (n_theta, n_points)
    """
    step = make_step(theta, weights.step_length)
    root = noise_root(step)
    n_steps, n = weights.of_averages.shape
    n_points = theta.shape[1]
    level = np.zeros(n)
    slope = np.zeros((n_points, n))
    innovations = np.empty((n_steps, n_points, n, 3))
    before = np.empty((n_steps, n))
    bb, lb, ib, ll, il, ii = (r[:, None] for r in root)
    for k in range(n_steps - 1, -1, -1):
        level = level + weights.of_levels[k]
        mean = weights.of_averages[k] / weights.step_length
        innovations[k, :, :, 0] = bb * slope + lb * level + ib * mean
        innovations[k, :, :, 1] = ll * level + il * mean
        innovations[k, :, :, 2] = ii * mean
        slope = step.phi[:, None] * slope + step.slope_gain[:, None] * level
        slope += step.integral_gain[:, None] * mean
        level = level + weights.of_averages[k]
        before[k] = level
    state = np.stack([np.broadcast_to(level, slope.shape), slope], axis=2)
    return Sensitivities(state, innovations, before)


def noise_root(step: Step) -> tuple[FloatArray, ...]:
    """Return the Cholesky factor of a step's noise, as trajectories are drawn with it.

    In the order slope, level, integral: (bb, lb, ib, ll, il, ii), each (n_points,).
    """
    bb = np.sqrt(step.q_bb)
    lb, ib = step.q_lb / bb, step.q_ib / bb
    ll = np.sqrt(step.q_ll - lb**2)
    il = (step.q_il - lb * ib) / ll
    ii = np.sqrt(np.maximum(step.q_ii - ib**2 - il**2, 0.0))
    return bb, lb, ib, ll, il, ii


@frozen
class Steering:
    """What judgements still ask of the steps, once the state where they begin is drawn.

    Attributes
    ----------
    weights : where readings take their averages from
    wanted : (n, n_draws) what the steps must add to each reading, errors included
    error_root : (n_draws, n, n) Cholesky factors of the errors' covariance
    jump_variance : (n_draws,) of the level's jumps over one step; zero without jumps
    """

    weights: ReadingWeights
    wanted: FloatArray
    error_root: FloatArray
    jump_variance: FloatArray

    def steer(
        self,
        theta: FloatArray,
        innovations: FloatArray,
        *,
        rng: np.random.Generator,
        jumps: FloatArray | None = None,
    ) -> FloatArray:
        """Return innovations drawn given the judgements, from ones that know nothing of them.

        Exact (Matheron's rule): the innovations say what each judgement would have been, and move
        by what they must for it to be what it was.

        Parameters
        ----------
        theta : (n_theta, n_draws)
        innovations : (n_steps, 3, n_draws) standard normals; for steps that are missing, new ones
            are drawn
        rng : for the errors of the judgements
        jumps : (n_steps, n_draws) of the level at the start of each step, taken as they are

        Returns
        -------
        (n_steps, 3, n_draws)
        """
        n_steps, n_draws = len(innovations), theta.shape[1]
        n_read = self.weights.n_steps
        if not n_read:
            return innovations
        found = find_sensitivities(theta, self.weights)
        known = 0 if jumps is None else min(len(jumps), n_read)
        errors = self._errors(found, known)
        root = np.linalg.cholesky(errors)
        said = np.einsum("kij,jk->ki", root, rng.standard_normal(self.wanted.shape))
        missing = rng.standard_normal((max(n_read - n_steps, 0), 3, n_draws))
        noise = np.concatenate([innovations, missing])[:n_read]
        said += np.einsum("skix,sxk->ki", found.innovations, noise)
        if jumps is not None:
            said += jumps[:known].T @ found.level_before[:known]
        covariance = errors + np.einsum("skix,skjx->kij", found.innovations, found.innovations)
        pull = np.linalg.solve(covariance, (self.wanted.T - said)[:, :, None])[:, :, 0]
        shared = min(n_steps, n_read)
        steered = innovations.copy()
        steered[:shared] += np.einsum("skix,ki->sxk", found.innovations[:shared], pull)
        return steered

    def left_free(self, theta: FloatArray, coefficients: FloatArray) -> FloatArray:
        """Return what judgements leave of the coefficients of something on the innovations.

        The covariance of the steered innovations with what has these coefficients on them.

        Parameters
        ----------
        theta : (n_theta, n_draws)
        coefficients : (n_steps, 3, n_draws)
        """
        shared = min(len(coefficients), self.weights.n_steps)
        if not shared:
            return coefficients
        found = find_sensitivities(theta, self.weights)
        pulls = found.innovations
        covariance = self._errors(found, 0) + np.einsum("skix,skjx->kij", pulls, pulls)
        both = np.einsum("skix,sxk->ki", pulls[:shared], coefficients[:shared])
        pull = np.linalg.solve(covariance, both[:, :, None])[:, :, 0]
        left = coefficients.copy()
        left[:shared] -= np.einsum("skix,ki->sxk", pulls[:shared], pull)
        return left

    def _errors(self, found: Sensitivities, n_known: int) -> FloatArray:
        """Return the covariance of errors and of the jumps not known, (n_draws, n, n)."""
        moved = found.level_before[n_known:]
        covariance = np.einsum("kij,klj->kil", self.error_root, self.error_root)
        return np.asarray(
            covariance + self.jump_variance[:, None, None] * np.einsum("si,sj->ij", moved, moved)
        )
