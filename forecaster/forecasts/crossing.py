"""Count on joint trajectories when a level is reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
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
    theta_index: NDArray[np.int64],
    ess: float,
) -> FloatArray:
    """Return the Monte Carlo standard error of `Crossing.by_period`, (n_periods,).

    Draws that share hyperparameters tell apart the two sources of error: paths, of which there
    are as many as draws, and hyperparameters, of which there are `ess` effective ones.

    References
    ----------
    One-way random effects analysis of variance, unbalanced groups (Searle, Casella and McCulloch
    1992, ch. 3).
    """
    beyond = trajectories <= level if below else trajectories >= level
    reached = np.logical_or.accumulate(beyond, axis=1).astype(np.float64)
    n = len(reached)
    _, group, sizes = np.unique(theta_index, return_inverse=True, return_counts=True)
    n_groups = len(sizes)
    total = reached.mean(axis=0)
    means = np.zeros((n_groups, reached.shape[1]))
    np.add.at(means, group, reached)
    means /= sizes[:, None]
    between = (sizes[:, None] * (means - total) ** 2).sum(axis=0)
    within = ((reached - means[group]) ** 2).sum(axis=0)
    if n_groups in (1, n):
        return np.asarray(np.sqrt(total * (1 - total) * (1 / n + 1 / ess)))
    mean_within = within / (n - n_groups)
    typical_size = (n - (sizes**2).sum() / n) / (n_groups - 1)
    var_between = np.maximum(between / (n_groups - 1) - mean_within, 0.0) / typical_size
    # an estimate of zero from no or all crossings is no certainty: never below one path's worth
    least = 1 / (n + 2) ** 2
    return np.asarray(np.sqrt(np.maximum(var_between / ess + mean_within / n, least)))
