"""Draw whole paths of several coordinates given their readings.

A path is drawn from the prior together with readings of it, and is then moved by what the true
readings say beyond those: the difference is smoothed with the gains of the filter (Durbin and
Koopman 2002). One forward and one backward pass, no covariance of a path is ever formed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.kalman import integrate_static
from forecaster.inference.kalman_many import Passage, chunk_width, run_filter_many
from forecaster.inference.posterior import draw_given
from forecaster.inference.succession_filter import CHUNK, run_succession
from forecaster.inference.timeline import LEVEL_STATE, SLOPE_STATE
from forecaster.models.trend import S_B, S_O
from forecaster.records import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.inference.kalman_many import Readings
    from forecaster.inference.succession import Succession
    from forecaster.inference.timeline import Timeline
    from forecaster.models.static_effects import StaticPrior
    from forecaster.models.trend import Step

    FloatArray = NDArray[np.float64]


@frozen
class Paths:
    """Joint draws, zero-mean part and static effects still apart.

    Attributes
    ----------
    effects : (n_effects, n_draws) static effects
    windows : (n_windows, C, n_draws) average of the zero-mean level over each window; none where
        nothing but the end was drawn
    errors : (n_windows, C, n_draws) error of each publication, without those of single readings
    state : (2, C, n_draws) level and stray slope of the zero-mean part at the timeline's end
    """

    effects: FloatArray
    windows: FloatArray
    errors: FloatArray
    state: FloatArray


def draw_paths(
    theta: FloatArray,
    theta_index: NDArray[np.int64],
    readings: Readings,
    timeline: Timeline,
    static: StaticPrior,
    *,
    rng: np.random.Generator | None,
) -> Paths:
    """Draw static effects and paths for hyperparameters already drawn.

    Parameters
    ----------
    theta : (4, n_distinct)
    theta_index : (n_draws,), sorted
        Which column of `theta` each draw uses.
    timeline : of the readings' windows, ending where trajectories begin
    rng : None gives the means and no draws
    """
    c, n_draws = readings.direction.shape[1], len(theta_index)
    n_windows = len(readings.first) - 1
    found = Paths(
        effects=np.empty((len(static.mean), n_draws)),
        windows=np.empty((n_windows, c, n_draws)),
        errors=np.empty((n_windows, c, n_draws)),
        state=np.empty((2, c, n_draws)),
    )
    width = chunk_width(timeline, c, 1 + len(static.mean))
    for first in range(0, theta.shape[1], width):
        here = (theta_index >= first) & (theta_index < first + width)
        if not here.any():
            continue  # none of these hyperparameters was taken
        k = theta_index[here] - first
        some = theta[:, first : first + width]
        record: list[Passage] = []
        filtered = run_filter_many(some, readings, timeline, static, record=record)
        marginal = integrate_static(filtered, static, n=len(readings.z))
        deviation = marginal.effects_mean[k]
        if rng is not None:
            noise = rng.standard_normal(deviation.shape)
            deviation = deviation + np.einsum("dij,dj->di", marginal.effects_root[k], noise)
        effects = static.mean + deviation
        residual = readings.z - effects @ static.columns.T
        walk = _Walk(some[:, k], k, readings, timeline.n_states, rng)
        walk.forward(record, residual)
        found.effects[:, here] = effects.T
        found.state[..., here] = np.moveaxis(walk.final_state(), 0, -1)
        for i, (average, error) in walk.backward(record).items():
            found.windows[i][:, here] = average.T
            found.errors[i][:, here] = error.T
    return found


def draw_ends(
    theta: FloatArray,
    theta_index: NDArray[np.int64],
    succession: Succession,
    static: StaticPrior,
    *,
    n: int,
    rng: np.random.Generator,
) -> Paths:
    """Draw static effects and states at the end, and no windows: a filter alone tells them.

    Parameters
    ----------
    theta, theta_index : as for `draw_paths`
    succession : ending where trajectories begin
    n : how many readings there are
    """
    n_effects, n_draws = len(static.mean), len(theta_index)
    c = succession.n_coordinates
    noise = rng.standard_normal((n_effects + 2 * c, n_draws))
    effects, state = np.empty((n_effects, n_draws)), np.empty((2 * c, n_draws))
    for first in range(0, theta.shape[1], CHUNK):
        here = (theta_index >= first) & (theta_index < first + CHUNK)
        some = np.ascontiguousarray(theta[:, first : first + CHUNK])
        filtered = run_succession(some, succession)
        marginal = integrate_static(filtered, static, n=n)
        effects[:, here], state[:, here] = draw_given(
            filtered.mean, filtered.covariance, marginal, theta_index[here] - first, noise[:, here]
        )
    nothing = np.empty((0, c, n_draws))
    return Paths(static.mean[:, None] + effects, nothing, nothing, state.reshape(2, c, n_draws))


def noise_root(step: Step) -> FloatArray:
    """Return the Cholesky factor of a step's noise in the order slope, level, integral.

    Returns
    -------
    (n_points, 3, 3)
    """
    root = np.zeros((len(step.phi), 3, 3))
    root[:, 0, 0] = bb = np.sqrt(step.q_bb)
    root[:, 1, 0] = lb = step.q_lb / bb
    root[:, 2, 0] = ib = step.q_ib / bb
    root[:, 1, 1] = ll = np.sqrt(step.q_ll - lb**2)
    root[:, 2, 1] = il = (step.q_il - lb * ib) / ll
    # what is left is the integral's own noise, tiny beside the rest: rounding must not turn it
    root[:, 2, 2] = np.sqrt(np.maximum(step.q_ii - ib**2 - il**2, 0.0))
    return root


class _Walk:
    """Paths drawn from the prior, and the smoothed difference to the true readings.

    Arrays have the draws first: (n_draws, n_states, C).
    """

    def __init__(
        self,
        theta: FloatArray,
        k: NDArray[np.int64],
        readings: Readings,
        n_states: int,
        rng: np.random.Generator | None,
    ) -> None:
        c = readings.direction.shape[1]
        self._theta, self._k, self._readings, self._rng = theta, k, readings, rng
        self._drawn = np.zeros((len(k), n_states, c))
        self._drawn[:, SLOPE_STATE] = theta[S_B][:, None] * self._normal(len(k), c)
        self._mean = np.zeros((len(k), n_states, c))
        self._innovation: dict[int, FloatArray] = {}
        self._predicted: dict[int, FloatArray] = {}
        self._prior_draw: dict[int, tuple[FloatArray, FloatArray]] = {}
        self._roots: dict[int, FloatArray] = {}

    def forward(self, record: list[Passage], residual: FloatArray) -> None:
        """Draw from the prior, and filter the readings less those drawn."""
        for passage in record:
            if passage.transition is not None:
                self._move(passage)
            elif passage.window >= 0:
                self._read(passage, residual)
            for state in passage.emptied:
                self._drawn[:, state] = 0.0
                self._mean[:, state] = 0.0

    def final_state(self) -> FloatArray:
        """Return level and stray slope at the end, (n_draws, 2, C)."""
        both = self._drawn + self._mean
        return both[:, [LEVEL_STATE, SLOPE_STATE]]

    def backward(self, record: list[Passage]) -> dict[int, tuple[FloatArray, FloatArray]]:
        """Return for each window its average and its publication's error, (n_draws, C) each."""
        found = {}
        pull = np.zeros_like(self._mean)
        for passage in reversed(record):
            for state in passage.emptied:
                pull[:, state] = 0.0
            if passage.transition is not None:
                # the transpose of the move, applied from the right of each coordinate
                pull = np.matmul(passage.transition.swapaxes(1, 2)[self._k], pull)
            elif passage.window >= 0:
                found[passage.window] = self._smooth(passage, pull)
        return found

    def _normal(self, *shape: int) -> FloatArray:
        """Return standard normal draws; zeros where the mean is wanted."""
        return np.zeros(shape) if self._rng is None else self._rng.standard_normal(shape)

    def _move(self, passage: Passage) -> None:
        """Carry both on, the drawn path with its noise."""
        step, transition = passage.step, passage.transition
        if step is None or transition is None:
            raise ValueError("a passage that moves the state needs its step")
        transition = transition[self._k]
        self._mean = np.matmul(transition, self._mean)
        self._drawn = np.matmul(transition, self._drawn)
        root = self._roots.setdefault(id(step), noise_root(step))[self._k]
        noise = np.matmul(root, self._normal(len(self._k), 3, self._drawn.shape[2]))
        self._drawn[:, SLOPE_STATE] += noise[:, 0]
        self._drawn[:, LEVEL_STATE] += noise[:, 1]
        for slot in passage.running:
            self._drawn[:, slot] += noise[:, 2]

    def _read(self, passage: Passage, residual: FloatArray) -> None:
        """Draw the readings of one window, and take in how the true ones differ."""
        i, r = passage.window, self._readings
        average = self._drawn[:, passage.state] / passage.divisor
        error = self._theta[S_O][:, None] * self._normal(*average.shape)
        self._prior_draw[i] = average, error
        predicted = self._mean[:, passage.state].copy()
        self._predicted[i] = predicted
        if passage.gain is None or passage.inverse_root is None:
            return
        rows = slice(int(r.first[i]), int(r.first[i + 1]))
        a = r.direction[rows]
        noise = r.noise_sd[rows] * self._normal(len(self._k), len(a))
        drawn = (average + error) @ a.T + noise
        surprise = residual[:, rows] - drawn - predicted @ a.T / passage.divisor
        innovation = np.einsum("drs,ds->dr", passage.inverse_root[self._k], surprise)
        self._innovation[i] = innovation
        moved = np.einsum("drn,dr->dn", passage.gain[self._k], innovation)
        self._mean += moved.reshape(self._mean.shape)

    def _smooth(self, passage: Passage, pull: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the drawn average and error of one window, and carry the pull past it in place."""
        i, state, k = passage.window, passage.state, self._k
        average, error = self._prior_draw[i]
        if passage.gain is not None and passage.inverse_root is not None:
            rows = slice(int(self._readings.first[i]), int(self._readings.first[i + 1]))
            flat = pull.reshape(len(k), -1)
            left = self._innovation[i] - np.einsum("drn,dn->dr", passage.gain[k], flat)
            weight = np.einsum("drs,dr->ds", passage.inverse_root[k], left)
            gained = weight @ self._readings.direction[rows]
            pull[:, state] += gained / passage.divisor
            error = error + self._theta[S_O][:, None] ** 2 * gained
        if passage.covariance is None:
            raise ValueError("a passage that is smoothed needs its covariance")
        flat = pull.reshape(len(k), -1)
        smoothed = self._predicted[i] + np.einsum("dcn,dn->dc", passage.covariance[k], flat)
        return average + smoothed / passage.divisor, error
