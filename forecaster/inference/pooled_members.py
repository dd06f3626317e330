"""Whiten the figures of a group's members, and integrate their own effects out.

What is left of a member is what its figures say of the factor. Members whose figures follow one
another, equally many of them, go through one recursion side by side; any other has a filter run of
its own.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.successive import is_successive, line_up, whiten_alike
from forecaster.inference.timeline import lay_out
from forecaster.inference.whitening import whiten
from forecaster.models.pooled import OWN, S_F_L
from forecaster.models.trend import S_L
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.inference.successive import Alike
    from forecaster.inference.timeline import Timeline
    from forecaster.inference.whitening import Whitening
    from forecaster.models.pooled import Group, Member

    FloatArray = NDArray[np.float64]

_SIDE_BY_SIDE = 2048
"""Points times members that go through one recursion: what the cache holds."""


@frozen
class Reduced:
    """What a member's figures say of the factor.

    Attributes
    ----------
    rest : (n, 1 + n_cells, n_points) whitened figures, and columns by which they read the factor
    own : (n_own, n_own + 1 + n_cells, n_points) triangular: times the member's own effects, the
        figures and the cells it whitens the effects' posterior
    log_det : (n_points,) of the figures' covariance given the factor, n log(2 pi) included
    """

    rest: FloatArray
    own: FloatArray
    log_det: FloatArray


def columns_of(member: Member) -> FloatArray:
    """Return (n, n_columns) its own effects', the Jensen term's, the figures and the cells'."""
    o, static = member.observations, member.static
    centred = o.z - static.columns @ static.mean
    return np.column_stack([static.columns, o.jensen, centred, member.reading])


def reduce_member(
    theta: FloatArray,
    member: Member,
    rows: FloatArray,
    log_det: FloatArray,
    order: NDArray[np.int64] | None = None,
) -> Reduced:
    """Integrate a member's own effects out of its whitened figures.

    Parameters
    ----------
    theta : (6, n_points)
    rows, log_det, order : as in `Whitening`; without an order the figures were read in their own
    """
    n_own = len(member.static.mean)
    columns = columns_of(member) if order is None else columns_of(member)[order]
    white = columns.T @ rows
    # the Jensen term is known: the level's own share and the factor's
    white[:, n_own + 1] -= white[:, n_own] * (theta[S_L] ** 2 + theta[S_F_L] ** 2)
    rest = white[:, n_own + 1 :]
    cross = np.empty((n_own, n_own + rest.shape[1], theta.shape[1]))
    for j in range(n_own):
        cross[j, :n_own] = np.einsum("tk,tik->ik", white[:, j], white[:, :n_own])
        cross[j, n_own:] = np.einsum("tk,tik->ik", white[:, j], rest)
    log_det = log_det + _eliminate(cross, member.static.sd)
    n = member.observations.n
    return Reduced(rest, cross, log_det + n * math.log(2 * math.pi))


def reduce_whitened(theta: FloatArray, member: Member, whitening: Whitening) -> Reduced:
    """Integrate a member's own effects out after a filter run of its own."""
    return reduce_member(theta, member, whitening.rows, whitening.log_det, whitening.order)


def _eliminate(cross: FloatArray, sd: FloatArray) -> FloatArray:
    """Make the rows triangular in place, priors added; return the log determinant, (n_points,)."""
    log_det = np.full(cross.shape[2], 2 * np.log(sd).sum())
    for j, row in enumerate(cross):
        row[j] += sd[j] ** -2.0
        log_det += np.log(row[j])
        row[j:] /= np.sqrt(row[j])
        for i in range(j + 1, len(cross)):
            cross[i, j:] -= row[i] * row[j:]
    return log_det


def members_at_once(n_points: int) -> int:
    """Return how many members go through one recursion."""
    return max(1, _SIDE_BY_SIDE // n_points)


@frozen
class LinedUp:
    """Members ready to be whitened at any hyperparameters.

    Attributes
    ----------
    alike : members with equally many figures that follow one another, with these figures
    others : members with a timeline of their own
    """

    alike: Sequence[tuple[Sequence[Member], Alike]]
    others: Sequence[tuple[Member, Timeline]]

    def reduce(self, theta: FloatArray) -> list[Reduced]:
        """Return what every member says of the factor, theta (6, n_points)."""
        found = []
        at_once = members_at_once(theta.shape[1])
        for members, alike in self.alike:
            for first in range(0, len(members), at_once):
                part = slice(first, first + at_once)
                white = whiten_alike(theta[OWN], alike.some(part))
                found += [
                    reduce_member(theta, member, white.rows[:, :, i], white.log_det[i])
                    for i, member in enumerate(members[part])
                ]
        for member, timeline in self.others:
            whitening = whiten(theta[OWN], member.observations, timeline)
            found.append(reduce_whitened(theta, member, whitening))
        return found


def line_up_members(group: Group, *, leave_out: Sequence[str] = ()) -> LinedUp:
    """Return the members of a group, but those named, ready to be whitened."""
    by_length: dict[int, list[Member]] = {}
    others = []
    for name, member in group.members.items():
        if name in leave_out:
            continue
        if is_successive(member.observations):
            by_length.setdefault(member.observations.n, []).append(member)
        else:
            others.append((member, lay_out(member.observations)))
    alike = [
        (members, line_up([member.observations for member in members]))
        for members in by_length.values()
    ]
    return LinedUp(alike, others)
