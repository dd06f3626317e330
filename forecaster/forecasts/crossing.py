"""Count on joint trajectories when a level is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.monte_carlo import share_error
from forecaster.records import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]


@frozen
class Crossing:
    """Probabilities of reaching a level, (n_periods,) each but `never`.

    Attributes
    ----------
    by_period : reached in this period or an earlier one
    first_in_period : reached in this period and in none before
    at_or_beyond : at or beyond the level in this period
    never : not reached in any period
    """

    by_period: FloatArray
    first_in_period: FloatArray
    at_or_beyond: FloatArray
    never: float


def count_crossings(trajectories: FloatArray, level: float, *, below: bool) -> Crossing:
    """Count first crossings on whole paths; marginal bands cannot tell them.

    Parameters
    ----------
    trajectories : (n_draws, n_periods)
    level : unit of the trajectories; a figure equal to it has reached it
    below : reaching means falling to the level or under it
    """
    beyond = trajectories <= level if below else trajectories >= level
    reached = np.logical_or.accumulate(beyond, axis=1)
    by_period = reached.mean(axis=0)
    return Crossing(
        by_period=by_period,
        first_in_period=np.diff(by_period, prepend=0.0),
        at_or_beyond=beyond.mean(axis=0),
        never=float(1 - by_period[-1]),
    )


def crossing_error(
    trajectories: FloatArray,
    level: float,
    *,
    below: bool,
    theta_index: NDArray[np.int64] | None,
    ess: float,
) -> FloatArray:
    """Return the Monte Carlo standard error of `Crossing.by_period`, (n_periods,).

    Arguments as in `count_crossings` and `share_error`.
    """
    beyond = trajectories <= level if below else trajectories >= level
    reached = np.logical_or.accumulate(beyond, axis=1)
    return share_error(reached, theta_index=theta_index, ess=ess)
