"""Whiten members of a group that are drawn: their figures, and their state at the end.

    |-- figure 1 --|-- figure 2 --| ... |-- figure n --|-- kept --|      end
                                                       ^ the tail begins

Where figures follow one another and what is to be kept comes after the last one, members go
through one recursion side by side to their last figures, and each through a tail of its own, which
holds no figure. Any other member has a filter run of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.kalman import change_slots, move, noise_matrices
from forecaster.inference.pooled_members import members_at_once
from forecaster.inference.successive import is_successive, line_up, whiten_alike
from forecaster.inference.timeline import (
    LEVEL_STATE,
    SLOPE_STATE,
    TIME_TOLERANCE,
    lay_out,
)
from forecaster.inference.whitening import Whitening, whiten
from forecaster.models.observations import without_figures
from forecaster.models.trend import make_step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.inference.timeline import Timeline
    from forecaster.models.observations import Observations

    FloatArray = NDArray[np.float64]
    Windows = Sequence[tuple[float, float]]


class DrawnMembers:
    """Members ready to be whitened at any hyperparameters, with what is kept of each.

    Attributes
    ----------
    timelines : of each member, with what is kept
    """

    def __init__(
        self, members: Sequence[Observations], kept: Sequence[Windows], *, end: float
    ) -> None:
        self._members = members
        self.timelines = [
            lay_out(o, kept=windows, end=end) for o, windows in zip(members, kept, strict=True)
        ]
        self._tails: dict[int, Timeline] = {}
        self._by_length: dict[int, list[int]] = {}
        for i, (o, windows) in enumerate(zip(members, kept, strict=True)):
            last = float(o.end[-1])
            if is_successive(o) and all(start >= last - TIME_TOLERANCE for start, _ in windows):
                self._tails[i] = lay_out(without_figures(), kept=windows, end=end, anchor=last)
                self._by_length.setdefault(o.n, []).append(i)

    def whiten(self, theta: FloatArray) -> list[Whitening]:
        """Return the whitening of each member, in their order, theta (4, n_points)."""
        found: dict[int, Whitening] = {}
        at_once = members_at_once(theta.shape[1])
        for indices in self._by_length.values():
            for first in range(0, len(indices), at_once):
                found |= self._side_by_side(theta, indices[first : first + at_once])
        for i, (o, timeline) in enumerate(zip(self._members, self.timelines, strict=True)):
            if i not in found:
                found[i] = whiten(theta, o, timeline)
        return [found[i] for i in range(len(self._members))]

    def _side_by_side(self, theta: FloatArray, indices: Sequence[int]) -> dict[int, Whitening]:
        """Return the whitening of some members with equally many figures."""
        white = whiten_alike(theta, line_up([self._members[i] for i in indices]))
        found = {}
        for j, i in enumerate(indices):
            both = np.concatenate([white.covariance[:, :, j], white.mean[:, :, j]], axis=1)
            mean, covariance = _follow(theta, both, self._tails[i], self.timelines[i])
            order = np.arange(self._members[i].n)
            found[i] = Whitening(order, white.rows[:, :, j], white.log_det[j], mean, covariance)
        return found


def _follow(
    theta: FloatArray, start: FloatArray, tail: Timeline, timeline: Timeline
) -> tuple[FloatArray, FloatArray]:
    """Carry level and slope over a tail without figures.

    Parameters
    ----------
    start : (2, 2 + n, n_points) covariance, then the means for a unit of each figure
    tail, timeline : the states that the tail keeps take their places in the member's timeline

    Returns
    -------
    mean, covariance : as in `Whitening`
    """
    n_states, n = tail.n_states, start.shape[1] - 2
    both = np.zeros((n_states, n_states + n, theta.shape[1]))
    both[:2, :2], both[:2, n_states:] = start[:, :2], start[:, 2:]
    steps = make_step(theta, tail.durations[:, None])
    noise = noise_matrices(steps)
    for event in tail.events:
        p = both[: event.n_active, : event.n_active]
        z = both[: event.n_active]
        if event.duration >= 0:
            move(z, p, steps, noise, event)
        change_slots(z, p, event)
    held = [LEVEL_STATE, SLOPE_STATE, *tail.kept]
    places = [LEVEL_STATE, SLOPE_STATE, *timeline.kept]
    mean = np.zeros((timeline.n_states, n, theta.shape[1]))
    covariance = np.zeros((timeline.n_states, timeline.n_states, theta.shape[1]))
    mean[places] = both[held, n_states:]
    covariance[np.ix_(places, places)] = both[:, :n_states][np.ix_(held, held)]
    return mean, covariance
