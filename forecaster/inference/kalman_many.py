"""Weigh a history of several coordinates that share one transition, under many hyperparameters.

Coordinates are independent trends with common hyperparameters; a reading loads several of them, so
they are filtered together. The state holds, for each state of the timeline (level, stray slope,
running integrals), a block of C coordinates:

    state 0: level of coordinates 1 .. C | state 1: stray slopes | state 2: first slot | ...

All readings of one window are taken at once. Points lie along the *first* axis inside this file:
products of many small matrices are then products of contiguous ones (5 to 8 times as fast, 12 to
20 states). What leaves it has the points last, as everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from forecaster.inference.kalman import Filtered, integrate_static
from forecaster.inference.timeline import LEVEL_STATE, SLOPE_STATE
from forecaster.models.trend import S_B, S_O, make_step
from forecaster.records import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.inference.timeline import Event, Read, Timeline
    from forecaster.models.static_effects import StaticPrior
    from forecaster.models.trend import Step

    FloatArray = NDArray[np.float64]

_CHUNK_VALUES = 100_000
"""Numbers of mean and covariance together that are worked on at once: what a cache holds."""
_LEAST_CHUNK, _MOST_CHUNK = 16, 512


class Readings(Protocol):
    """Linear readings of the coordinates' averages over windows.

    The errors of one window's readings have the covariance s_o^2 direction direction' +
    diag(noise_sd^2).
    """

    @property
    def first(self) -> NDArray[np.int64]:
        """(n_windows + 1,) readings first[i] to first[i + 1] are of window i; it may have none."""

    @property
    def direction(self) -> FloatArray:
        """(n, C) what each reading loads."""

    @property
    def z(self) -> FloatArray:
        """(n,) values."""

    @property
    def noise_sd(self) -> FloatArray:
        """(n,) sd of each reading alone."""


@frozen
class Passage:
    """What happened to the state in one event, in order: a move, a window read, or slots emptied.

    Attributes
    ----------
    transition : (n_points, n_states, n_states) of a move, else None
    step, running : of a move
    window, state, divisor : window read, its state and length (1 for a point); window -1 if none
    covariance : (n_points, C, n_states C) rows of the state that was read, before it was read
    gain : (n_points, r, n_states C) L^-1 H P of r readings, with L L' their covariance
    inverse_root : (n_points, r, r) L^-1
    emptied : states emptied
    """

    transition: FloatArray | None = None
    step: Step | None = None
    running: tuple[int, ...] = ()
    window: int = -1
    state: int = 0
    divisor: float = 1.0
    covariance: FloatArray | None = None
    gain: FloatArray | None = None
    inverse_root: FloatArray | None = None
    emptied: tuple[int, ...] = ()


def chunk_width(timeline: Timeline, n_coordinates: int, n_columns: int) -> int:
    """Return how many points are filtered at once."""
    size = timeline.n_states * n_coordinates
    return max(_LEAST_CHUNK, min(_MOST_CHUNK, _CHUNK_VALUES // (size * (size + n_columns))))


def run_filter_many(
    theta: FloatArray,
    readings: Readings,
    timeline: Timeline,
    static: StaticPrior,
    *,
    record: list[Passage] | None = None,
) -> Filtered:
    """Run the filter over the timeline, for all points at once.

    Parameters
    ----------
    theta : (4, n_points)
    readings : Readings
    timeline : of the readings' windows
    static : prior and design of the static effects
    record : receives what a smoother needs, where wanted

    Returns
    -------
    Filtered
        Its states are n_states blocks of C coordinates.
    """
    sweep = _Sweep(theta, readings, timeline, static, record)
    for event in timeline.events:
        sweep.pass_through(event)
    return sweep.result()


def log_likelihood_many(
    theta: FloatArray, readings: Readings, timeline: Timeline, static: StaticPrior
) -> FloatArray:
    """Return the log marginal likelihood of the readings at each point, (n_points,)."""
    width = chunk_width(timeline, readings.direction.shape[1], 1 + len(static.mean))
    n = len(readings.z)
    chunks = []
    for first in range(0, theta.shape[1], width):
        filtered = run_filter_many(theta[:, first : first + width], readings, timeline, static)
        chunks.append(integrate_static(filtered, static, n=n).log_likelihood)
    return np.concatenate(chunks)


class _Sweep:
    """Mean and covariance on their way through the timeline."""

    def __init__(
        self,
        theta: FloatArray,
        readings: Readings,
        timeline: Timeline,
        static: StaticPrior,
        record: list[Passage] | None,
    ) -> None:
        n_points, c = theta.shape[1], readings.direction.shape[1]
        n_columns, size = 1 + len(static.mean), timeline.n_states * c
        self._theta, self._c, self._n_states = theta, c, timeline.n_states
        self._mean = np.zeros((n_points, size, n_columns))
        self._covariance = np.zeros((n_points, size, size))
        slope = np.arange(SLOPE_STATE * c, (SLOPE_STATE + 1) * c)
        self._covariance[:, slope, slope] = theta[S_B][:, None] ** 2
        self._readings = readings
        centred = readings.z - static.columns @ static.mean
        self._target = np.column_stack([centred, static.columns])
        self._innovations = np.empty((n_points, len(readings.z), n_columns))
        self._log_det = np.zeros(n_points)
        self._durations = timeline.durations
        self._moves: dict[tuple[int, tuple[int, ...]], tuple[Step, FloatArray, FloatArray]] = {}
        self._record = record

    def pass_through(self, event: Event) -> None:
        """Move to the event, read what ends there, and empty the slots that are done."""
        if event.duration >= 0:
            self._move(event)
        for read in event.reads:
            self._take(read)
        if event.resets:
            for state in event.resets:
                block = self._block(state)
                self._mean[:, block] = 0.0
                self._covariance[:, block] = 0.0
                self._covariance[:, :, block] = 0.0
            self._note(Passage(emptied=event.resets))

    def result(self) -> Filtered:
        """Return the filter's result, points last."""
        gram = np.matmul(self._innovations.swapaxes(1, 2), self._innovations)
        return Filtered(
            log_det=self._log_det,
            gram=np.moveaxis(gram, 0, -1),
            mean=np.moveaxis(self._mean, 0, -1),
            covariance=np.moveaxis(self._covariance, 0, -1),
        )

    def _block(self, state: int) -> slice:
        return slice(state * self._c, (state + 1) * self._c)

    def _note(self, passage: Passage) -> None:
        if self._record is not None:
            self._record.append(passage)

    def _move(self, event: Event) -> None:
        """Carry mean and covariance over the time to the event."""
        key = (event.duration, event.running)
        if key not in self._moves:
            step = make_step(self._theta, self._durations[event.duration])
            self._moves[key] = step, *_matrices(step, event.running, self._n_states)
        step, transition, noise = self._moves[key]
        n_points, size = self._covariance.shape[:2]
        n, c = self._n_states, self._c
        flat = (n_points, n, c * self._mean.shape[2])
        self._mean = np.matmul(transition, self._mean.reshape(flat)).reshape(self._mean.shape)
        # F P F' = F (F P)', for P is symmetric
        square = (n_points, n, c * size)
        half = np.matmul(transition, self._covariance.reshape(square)).reshape(-1, size, size)
        turned = np.ascontiguousarray(half.swapaxes(1, 2)).reshape(square)
        self._covariance = np.matmul(transition, turned).reshape(-1, size, size)
        blocks = self._covariance.reshape(n_points, n, c, n, c)
        own = np.einsum("pscrc->pscr", blocks)  # a view: each coordinate with itself
        own += noise[:, :, None, :]
        self._note(Passage(transition=transition, step=step, running=event.running))

    def _take(self, read: Read) -> None:
        """Take in all readings of one window."""
        i, block = read.observation, self._block(read.state)
        rows = slice(int(self._readings.first[i]), int(self._readings.first[i + 1]))
        before = self._covariance[:, block]
        if rows.start == rows.stop:
            kept = before.copy() if self._record is not None else None
            self._note(Passage(window=i, state=read.state, divisor=read.divisor, covariance=kept))
            return
        a = self._readings.direction[rows] / read.divisor
        loaded = np.matmul(a, before)
        spread = np.matmul(loaded[:, :, block], a.T)
        own = self._readings.direction[rows]
        spread += (self._theta[S_O] ** 2)[:, None, None] * (own @ own.T)
        spread += np.diag(self._readings.noise_sd[rows] ** 2)
        root = np.linalg.cholesky(spread)
        inverse_root = _invert_lower(root)
        self._log_det += 2 * np.log(np.einsum("pii->pi", root)).sum(axis=1)
        gain = np.matmul(inverse_root, loaded)
        innovation = np.matmul(
            inverse_root, self._target[rows] - np.matmul(a, self._mean[:, block])
        )
        self._innovations[:, rows] = innovation
        if self._record is not None:
            self._note(
                Passage(
                    window=i,
                    state=read.state,
                    divisor=read.divisor,
                    covariance=before.copy(),
                    gain=gain,
                    inverse_root=inverse_root,
                )
            )
        turned = gain.swapaxes(1, 2)
        self._mean += np.matmul(turned, innovation)
        self._covariance -= np.matmul(turned, gain)


def _invert_lower(root: FloatArray) -> FloatArray:
    """Return the inverses of lower triangular matrices, (n_points, r, r), row by row.

    Twice as fast as the general inverse for a handful of rows.
    """
    inverse = np.zeros_like(root)
    for i in range(root.shape[1]):
        pivot = 1 / root[:, i, i]
        inverse[:, i, i] = pivot
        if i:
            row = np.matmul(root[:, i : i + 1, :i], inverse[:, :i, :i])
            inverse[:, i, :i] = row[:, 0] * -pivot[:, None]
    return inverse


def _matrices(step: Step, running: tuple[int, ...], n_states: int) -> tuple[FloatArray, FloatArray]:
    """Return transition and noise covariance of one coordinate's states, (n_points, n, n) each."""
    n_points = len(step.phi)
    transition = np.tile(np.eye(n_states), (n_points, 1, 1))
    noise = np.zeros((n_points, n_states, n_states))
    level, slope = LEVEL_STATE, SLOPE_STATE
    transition[:, level, slope] = step.slope_gain
    transition[:, slope, slope] = step.phi
    noise[:, level, level] = step.q_ll
    noise[:, slope, slope] = step.q_bb
    noise[:, level, slope] = noise[:, slope, level] = step.q_lb
    for slot in running:
        transition[:, slot, level] = step.duration
        transition[:, slot, slope] = step.integral_gain
        noise[:, slot, level] = noise[:, level, slot] = step.q_il
        noise[:, slot, slope] = noise[:, slope, slot] = step.q_ib
        for other in running:
            noise[:, slot, other] = step.q_ii
    return transition, noise
