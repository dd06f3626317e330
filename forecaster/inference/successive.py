"""Whiten figures that follow one another in time, of several histories at once.

Where no window begins before the last one has ended, the level and the stray slope at the end of a
window are all that the next one hangs on. The filter is then a recursion of two states in closed
form, and histories with equally many figures go through it side by side:

    |-- window 1 --||-- window 2 --|  gap  |-- window 3 --|      windows
           x                 x                    x              or points, with gaps alone

With h = (1, c) what a window reads of (level, slope) at its start, F the step over it, z the state
for a unit of each figure so far, and K the gain:   w = h'z,   z <- F z - K w,   row of U = -w / sd.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.timeline import TIME_TOLERANCE
from forecaster.models.trend import S_B, S_O, make_step
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.models.observations import Observations
    from forecaster.models.trend import Step

    FloatArray = NDArray[np.float64]


def is_successive(observations: Observations) -> bool:
    """Return whether no figure begins before the last one has ended, points lying apart."""
    o = observations
    is_point = o.end - o.start <= TIME_TOLERANCE
    if is_point.any() and not is_point.all():
        return False
    apart = o.start[1:] - o.end[:-1]
    return bool((apart > TIME_TOLERANCE if is_point.all() else apart > -TIME_TOLERANCE).all())


N_NODES = 12
NEAR = 0.4
"""Lengths that differ by less than this share of the least are interpolated."""


@frozen
class Alike:
    """Histories with equally many figures, each of which follows on the one before.

    Attributes
    ----------
    gaps, lengths : (n, n_histories, 1) time before each figure's window and its length, years; the
        length of a point is zero; 1 in place of n_histories where all have the same
    noise_sd : (n, n_histories, 1) measurement sd of each figure
    """

    gaps: FloatArray
    lengths: FloatArray
    noise_sd: FloatArray

    def some(self, part: slice) -> Alike:
        """Return some of the histories."""
        gaps, lengths = (
            edges if edges.shape[1] == 1 else edges[:, part] for edges in (self.gaps, self.lengths)
        )
        return Alike(gaps, lengths, self.noise_sd[:, part])


def line_up(histories: Sequence[Observations]) -> Alike:
    """Return some histories side by side; all `is_successive`, with equally many figures."""
    start, end = (
        np.array([getattr(o, edge) for o in histories]).T[..., None] for edge in ("start", "end")
    )
    lengths = end - start
    lengths[lengths <= TIME_TOLERANCE] = 0.0
    gaps = start - np.concatenate([start[:1], end[:-1]])
    gaps[gaps <= TIME_TOLERANCE] = 0.0
    noise_sd = np.array([o.noise_sd for o in histories]).T[..., None]
    return Alike(_once(gaps), _once(lengths), noise_sd)


def _once(times: FloatArray) -> FloatArray:
    """Return times that all histories share only once: a step over them is then taken once."""
    return times[:, :1] if (np.abs(times - times[:, :1]) <= TIME_TOLERANCE).all() else times


@frozen
class WhitenedAlike:
    """The filter's result for some histories side by side.

    Attributes
    ----------
    rows : (n, n, n_histories, n_points), U above: (innovation, figure)
    log_det : (n_histories, n_points) log determinant of V
    mean : (2, n, n_histories, n_points) level and stray slope when the last window has ended, for a
        unit of each figure
    covariance : (2, 2, n_histories, n_points) of these
    """

    rows: FloatArray
    log_det: FloatArray
    mean: FloatArray
    covariance: FloatArray


def whiten_alike(theta: FloatArray, alike: Alike) -> WhitenedAlike:
    """Return U with U V U' = 1, and the state at the end.

    Parameters
    ----------
    theta : (4, n_points)
    """
    n, n_histories = alike.noise_sd.shape[:2]
    shape = n_histories, theta.shape[1]
    state = np.zeros((2, n, *shape))
    rows, variances = np.zeros((n, n, *shape)), np.empty((n, *shape))
    spread = _Spread(np.zeros(shape), np.zeros(shape), np.broadcast_to(theta[S_B] ** 2, shape))
    noise = theta[S_O] ** 2
    windows = steps_of(theta, alike.lengths) if alike.lengths.any() else None
    for j in range(n):
        if alike.gaps[j].any():
            gap = make_step(theta, alike.gaps[j])
            _carry(state[:, :j], gap.slope_gain, gap.phi)
            spread = spread.after(gap)
        if windows is None:
            read = state[0, :j].copy()
            along_level, along_slope, variance = spread.level, spread.both, spread.level
        else:
            step = _at(windows, j)
            share = step.integral_gain / step.duration
            read = state[0, :j] + share * state[1, :j]
            along_level, along_slope, variance = spread.with_average(step)
            _carry(state[:, :j], step.slope_gain, step.phi)
            spread = spread.after(step)
        variance = variances[j] = variance + noise + alike.noise_sd[j] ** 2
        gain_level, gain_slope = along_level / variance, along_slope / variance
        spread = spread.less(gain_level, gain_slope, along_level, along_slope)
        state[0, :j] -= gain_level * read
        state[1, :j] -= gain_slope * read
        state[:, j] = gain_level, gain_slope
        scale = 1 / np.sqrt(variance)
        np.multiply(read, -scale, out=rows[j, :j])
        rows[j, j] = scale
    covariance = np.array([[spread.level, spread.both], [spread.both, spread.slope]])
    return WhitenedAlike(rows, np.log(variances).sum(axis=0), state, covariance)


def steps_of(theta: FloatArray, lengths: FloatArray) -> Step:
    """Return the steps over many windows of nearly the same length, as `make_step` does.

    Windows of flows are shifted by the growth of each history, so that hardly two have the same
    length, and a step's series and exponentials cost more than the recursion. All that a step
    holds is smooth in its length: it is taken at N_NODES lengths and interpolated, which is one
    product of matrices for each of its parts. Over NEAR years exp(-D / tau) differs from its
    polynomial by under 1e-9 for tau of a month, and by rounding for tau of a year.

    Parameters
    ----------
    theta : (4, n_points)
    lengths : (n, n_histories, 1) years

    References
    ----------
    Berrut and Trefethen (2004), SIAM Review 46, 501: barycentric formula, Chebyshev points.
    """
    least, most = float(lengths.min()), float(lengths.max())
    if lengths.size <= N_NODES or not 1e-6 < most - least <= NEAR * least:
        return make_step(theta, lengths)
    angle = np.pi * np.arange(N_NODES) / (N_NODES - 1)
    nodes = (least + most) / 2 + (most - least) / 2 * np.cos(angle)
    pull = np.where(np.arange(N_NODES) % 2, -1.0, 1.0)
    pull[[0, -1]] /= 2
    apart = lengths.ravel()[:, None] - nodes
    is_node = apart == 0
    shares = pull / np.where(is_node, 1.0, apart)
    shares[is_node.any(axis=1)] = is_node[is_node.any(axis=1)]
    shares /= shares.sum(axis=1, keepdims=True)
    steps = make_step(theta, nodes[:, None])
    shape = (*lengths.shape[:2], theta.shape[1])
    parts = {name: (shares @ getattr(steps, name)).reshape(shape) for name in steps.__slots__}
    return type(steps)(**{**parts, "duration": lengths})


def _at(steps: Step, j: int) -> Step:
    """Return one of several steps."""
    return type(steps)(*(getattr(steps, name)[j] for name in steps.__slots__))


def _carry(state: FloatArray, slope_gain: FloatArray, phi: FloatArray) -> None:
    """Carry the state over a step, in place."""
    level, slope = state
    level += slope_gain * slope
    slope *= phi


@frozen
class _Spread:
    """Variances of level and stray slope, and their covariance, each (n_histories, n_points)."""

    level: FloatArray
    both: FloatArray
    slope: FloatArray

    def after(self, step: Step) -> _Spread:
        """Return it after a step."""
        slope_moved = step.phi * self.slope
        return _Spread(
            self.level
            + step.slope_gain * (2 * self.both + step.slope_gain * self.slope)
            + step.q_ll,
            step.phi * self.both + step.slope_gain * slope_moved + step.q_lb,
            step.phi * slope_moved + step.q_bb,
        )

    def with_average(self, step: Step) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return covariances of the level and slope after a step with the average over it.

        The third is the variance of that average.
        """
        share = step.integral_gain / step.duration
        level = self.level + share * self.both
        slope = self.both + share * self.slope
        return (
            level + step.slope_gain * slope + step.q_il / step.duration,
            step.phi * slope + step.q_ib / step.duration,
            level + share * slope + step.q_ii / step.duration**2,
        )

    def less(
        self,
        gain_level: FloatArray,
        gain_slope: FloatArray,
        along_level: FloatArray,
        along_slope: FloatArray,
    ) -> _Spread:
        """Return what a figure leaves of it."""
        return _Spread(
            self.level - gain_level * along_level,
            self.both - gain_level * along_slope,
            self.slope - gain_slope * along_slope,
        )
