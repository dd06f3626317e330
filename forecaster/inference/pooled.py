"""Weigh a group of series with a common factor, member by member (block Woodbury).

Given the factor's values over its cells, members are independent, and each is a trend whose
figures read those values as columns of the same filter as everywhere. A member's level, drift
deviation and offsets are integrated out by a Schur complement; what remains of all members is
added up, and the factor, a normal vector with covariance K = R R', is integrated out last:

    q, h, S  =  sums over members of y'y, A'y, A'A      (whitened by the member's own filter)
    log p    =  const - (q - h'R (1 + R'S R)^-1 R'h + log det(1 + R'S R)) / 2
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.kalman import run_filter
from forecaster.inference.posterior import _root as any_root
from forecaster.inference.timeline import LEVEL_STATE, SLOPE_STATE, lay_out
from forecaster.models.observations import Observations
from forecaster.models.pooled import FACTOR_ROWS, OWN, S_F_L, pymc_model, theta_at
from forecaster.models.problem import Problem
from forecaster.models.static_effects import StaticPrior
from forecaster.workspace.pooled_beliefs import POOLED_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.inference.kalman import Filtered
    from forecaster.inference.timeline import Timeline
    from forecaster.models.factor import FactorGrid
    from forecaster.models.pooled import Group, Member

    FloatArray = NDArray[np.float64]

_CHUNK_VALUES = 150_000
"""Numbers that a matrix over all points may hold, so that it stays in the processor's cache."""


def group_problem(group: Group) -> Problem:
    """Return the marginal likelihood of a group over its hyperparameters."""
    timelines = [lay_out(member.observations) for member in group.members.values()]
    factor = lay_factor(group.grid, ())

    def likelihood(theta: FloatArray) -> FloatArray:
        """Return the log marginal likelihood, (6, n_points) -> (n_points,)."""
        width = chunk_width(group)
        parts = [
            weigh_group(theta[:, i : i + width], group, timelines, factor).log_likelihood
            for i in range(0, theta.shape[1], width)
        ]
        return np.concatenate(parts)

    return Problem(
        names=POOLED_NAMES,
        theta_at=lambda unit: theta_at(unit, group.prior),
        log_likelihood=likelihood,
        pymc_model=lambda: pymc_model(group),
        log_jacobian=group.log_jacobian,
    )


def chunk_width(group: Group) -> int:
    """Return how many points to weigh at once."""
    widest = max(m.static.columns.shape[1] for m in group.members.values())
    return max(32, _CHUNK_VALUES // (2 + widest + len(group.grid.start)) ** 2)


@dataclass(frozen=True, slots=True)
class Weighed:
    """The likelihood of a group, and the posterior of what drives its factor.

    The factor is `root @ xi` and its common drift's share, xi standard normal under the prior.

    Attributes
    ----------
    log_likelihood : (n_points,)
    mean : (n_points, n_xi) posterior mean of xi
    precision_root : (n_points, n_xi, n_xi), Cholesky factor of the posterior precision of xi
    """

    log_likelihood: FloatArray
    mean: FloatArray
    precision_root: FloatArray


def weigh_group(
    theta: FloatArray, group: Group, timelines: Sequence[Timeline], factor: Timeline
) -> Weighed:
    """Return the likelihood of a group at each point.

    Parameters
    ----------
    theta : (6, n_points)
    timelines : of the members, in their order
    factor : from `lay_factor`, with nothing kept beside the cells
    """
    gram, log_det, n = gather_members(theta, group, timelines)
    root = factor_root(theta, factor, group)
    return integrate_factor(gram, root, log_det + n * math.log(2 * math.pi))


def gather_members(
    theta: FloatArray, group: Group, timelines: Sequence[Timeline]
) -> tuple[FloatArray, FloatArray, int]:
    """Return what all members say of the factor.

    Returns
    -------
    gram : (n_points, 1 + n_cells, 1 + n_cells) cross products of the whitened figures and of the
        columns by which they read the factor, each member's own effects integrated out
    log_det : (n_points,) of the figures' covariance given the factor
    n : number of figures
    """
    size = 2 + len(group.grid.start)
    gram = np.zeros((theta.shape[1], size, size))
    log_det = np.zeros(theta.shape[1])
    for member, timeline in zip(group.members.values(), timelines, strict=True):
        filtered = run_filter(theta[OWN], member.observations, timeline, with_columns(member))
        part, own_log_det = integrate_own(filtered, member.static)
        gram += part
        log_det += own_log_det
    n = sum(member.observations.n for member in group.members.values())
    # row 1 is the Jensen term's column, known up to the factor's own share of it, s_f_l^2
    share = theta[S_F_L][:, None] ** 2
    gram[:, 0] -= share * gram[:, 1]
    gram[:, :, 0] -= share * gram[:, :, 1]
    kept = np.delete(np.arange(size), 1)
    return gram[:, kept[:, None], kept], log_det, n


def with_columns(member: Member) -> StaticPrior:
    """Return a member's static effects followed by the Jensen column and the factor's cells.

    Only the first ones have a prior of use here: `run_filter` needs the columns alone.
    """
    static = member.static
    more = np.column_stack([member.observations.jensen, member.reading])
    return StaticPrior(
        anchor=static.anchor,
        mean=np.concatenate([static.mean, np.zeros(more.shape[1])]),
        sd=np.concatenate([static.sd, np.ones(more.shape[1])]),
        columns=np.hstack([static.columns, more]),
    )


def integrate_own(filtered: Filtered, static: StaticPrior) -> tuple[FloatArray, FloatArray]:
    """Return the cross products with the first effects integrated out, and the log determinant."""
    n_own = len(static.mean)
    cross = np.ascontiguousarray(np.moveaxis(filtered.gram, -1, 0))
    rest = np.delete(np.arange(cross.shape[1]), np.arange(1, 1 + n_own))
    own = cross[:, 1 : 1 + n_own]
    root = np.linalg.cholesky(own[:, :, 1 : 1 + n_own] + np.diag(static.sd**-2.0))
    white = np.linalg.inv(root) @ own[:, :, rest]
    log_det = 2 * np.log(np.einsum("kii->ki", root)).sum(axis=1) + 2 * np.log(static.sd).sum()
    reduced = cross[:, rest[:, None], rest] - white.swapaxes(1, 2) @ white
    return reduced, filtered.log_det + log_det


def lay_factor(
    grid: FactorGrid, kept: Sequence[tuple[float, float]], *, end: float | None = None
) -> Timeline:
    """Return the order of events of a factor that keeps its cells, then the windows given."""
    cells = list(zip(grid.start.tolist(), grid.end.tolist(), strict=True))
    return lay_out(_unobserved(), kept=[*cells, *kept], end=end, anchor=grid.anchor)


def _unobserved() -> Observations:
    """Return no observations: the factor itself is never seen."""
    nothing = np.zeros(0)
    return Observations(
        start=nothing,
        end=nothing,
        z=nothing,
        jensen=nothing,
        noise_sd=nothing,
        basis=np.zeros(0, dtype=np.int64),
        bases=("",),
        offset_sd=np.zeros(1),
        scale=1.0,
        log_jacobian=0.0,
        target_noise_sd=0.0,
        target=0,
    )


def factor_root(
    theta: FloatArray, timeline: Timeline, group: Group, *, with_end: bool = False
) -> FloatArray:
    """Return R with R R' the prior covariance of the factor, its common drift included.

    Rows are what the timeline keeps, then, with `with_end`, level and stray slope at its end; the
    last column is the drift's.

    Returns
    -------
    (n_points, n_rows, n_rows + 1)
    """
    nothing = StaticPrior(timeline.anchor, np.zeros(0), np.zeros(0), np.zeros((0, 0)))
    filtered = run_filter(theta[FACTOR_ROWS], _unobserved(), timeline, nothing)
    rows, lengths = list(timeline.kept), timeline.kept_lengths
    drift = timeline.kept_middles - group.grid.anchor
    if with_end:
        rows += [LEVEL_STATE, SLOPE_STATE]
        lengths = np.append(lengths, [1.0, 1.0])
        drift = np.append(drift, [timeline.end - group.grid.anchor, 0.0])
    covariance = np.moveaxis(filtered.covariance[np.ix_(rows, rows)], -1, 0)
    root = any_root(covariance / np.outer(lengths, lengths))
    drifts = np.broadcast_to(group.prior.drift.sd * drift[:, None], (*root.shape[:2], 1))
    return np.concatenate([root, drifts], axis=2)


def integrate_factor(gram: FloatArray, root: FloatArray, log_constant: FloatArray) -> Weighed:
    """Integrate the factor out of what all members say of it.

    Parameters
    ----------
    gram : (n_points, 1 + n_cells, 1 + n_cells), from `gather_members`
    root : (n_points, n_cells, n_xi), the factor over its cells is root @ xi
    log_constant : (n_points,), log determinant given the factor plus n log(2 pi)
    """
    pull = root.swapaxes(1, 2) @ gram[:, 1:, :1]
    precision = root.swapaxes(1, 2) @ gram[:, 1:, 1:] @ root
    diagonal = np.arange(precision.shape[1])
    precision[:, diagonal, diagonal] += 1.0
    precision_root = np.linalg.cholesky(precision)
    mean = np.linalg.solve(precision, pull)[:, :, 0]
    log_det = 2 * np.log(precision_root[:, diagonal, diagonal]).sum(axis=1)
    misfit = gram[:, 0, 0] - np.einsum("ki,ki->k", pull[:, :, 0], mean)
    return Weighed(-0.5 * (log_constant + misfit + log_det), mean, precision_root)
