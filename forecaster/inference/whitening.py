"""State the filter of a trend as a matrix that whitens the figures of a history.

What the filter does to figures is linear: each innovation is a triangular combination of them,

    innovation_t / sd_t = sum over s <= t of U_ts y_s,       U V U' = 1,    V = Cov(y)

so that U times any columns whitens all of them in one product of matrices. With many columns this
is far cheaper than to carry each through the filter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.kalman import change_slots, move, noise_matrices
from forecaster.inference.timeline import SLOPE_STATE
from forecaster.models.trend import S_B, S_O, make_step
from forecaster.records import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.inference.timeline import Timeline
    from forecaster.models.observations import Observations

    FloatArray = NDArray[np.float64]


@frozen
class Whitening:
    """The filter's result, by the figures in the order in which they were read.

    Attributes
    ----------
    order : (n,) index of each figure among the observations
    rows : (n, n, n_points), U above: (innovation, figure)
    log_det : (n_points,) log determinant of V
    mean : (n_states, n, n_points) filtered state at the end, for a unit of each figure
    covariance : (n_states, n_states, n_points) of the state at the end
    """

    order: NDArray[np.int64]
    rows: FloatArray
    log_det: FloatArray
    mean: FloatArray
    covariance: FloatArray


def whiten(theta: FloatArray, observations: Observations, timeline: Timeline) -> Whitening:
    """Run the filter over the figures themselves.

    Parameters
    ----------
    theta : (4, n_points)
    observations, timeline : of one history; values, static effects and Jensen terms have no part
    """
    o, n_points, n_states = observations, theta.shape[1], timeline.n_states
    # the covariance, then the figures' columns: one operation on rows serves both
    both = np.zeros((n_states, n_states + o.n, n_points))
    both[SLOPE_STATE, SLOPE_STATE] = theta[S_B] ** 2
    rows = np.zeros((o.n, o.n, n_points))
    variances = np.empty((o.n, n_points))
    steps = make_step(theta, timeline.durations[:, None])
    move_noise = noise_matrices(steps)
    noise = theta[S_O] ** 2
    order: list[int] = []
    for event in timeline.events:
        n = event.n_active
        p = both[:n, :n]
        # figures that are not read yet have no column
        z = both[:n, : n_states + len(order)]
        if event.duration >= 0:
            move(z, p, steps, move_noise, event)
        for read in event.reads:
            k = len(order)
            order.append(read.observation)
            z = both[:n, : n_states + k + 1]
            row = z[read.state] * (-1 / read.divisor)
            row[-1] = 1.0
            variance = variances[k]
            np.multiply(row[read.state], -1 / read.divisor, out=variance)
            variance += noise
            variance += o.noise_sd[read.observation] ** 2
            z -= (row[:n] / variance)[:, None] * row
            rows[k, : k + 1] = row[n_states:] / np.sqrt(variance)
        change_slots(z, p, event)
    return Whitening(
        order=np.array(order, dtype=np.int64),
        rows=rows,
        log_det=np.log(variances).sum(axis=0),
        mean=both[:, n_states:],
        covariance=both[:, :n_states],
    )
