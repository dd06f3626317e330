"""Weigh a group of series with a common factor, member by member (block Woodbury).

Given the factor's values over its cells, members are independent, and each is a trend whose
figures read those values as columns of the same filter as everywhere. A member's level, drift
deviation and offsets are integrated out by a Schur complement; what remains of all members is
added up, and the factor, a normal vector with covariance K = R R', is integrated out last:

    q, h, S  =  sums over members of y'y, A'y, A'A      (whitened by the member's own filter)
    log p    =  const - (q - h'R (1 + R'S R)^-1 R'h + log det(1 + R'S R)) / 2
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.kalman import run_filter
from forecaster.inference.pooled_members import columns_of, line_up_members
from forecaster.inference.posterior import any_root
from forecaster.inference.timeline import LEVEL_STATE, SLOPE_STATE, lay_out
from forecaster.models.observations import without_figures
from forecaster.models.pooled import FACTOR_ROWS, S_F_L, pymc_model, theta_at
from forecaster.models.problem import Problem
from forecaster.models.static_effects import StaticPrior
from forecaster.models.trend import S_B, S_L
from forecaster.records import frozen
from forecaster.workspace.pooled_beliefs import POOLED_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.inference.pooled_members import Reduced
    from forecaster.inference.timeline import Timeline
    from forecaster.models.factor import FactorGrid
    from forecaster.models.pooled import Group

    FloatArray = NDArray[np.float64]

_CHUNK_VALUES = 100_000
"""Numbers of one member's whitened columns over all points, so that they stay in the cache."""
_LEAST_CHUNK = 128
"""Fewer points at once would cost more in calls than they save."""


def group_problem(group: Group) -> Problem:
    """Return the marginal likelihood of a group over its hyperparameters."""
    members, factor = line_up_members(group), lay_factor(group.grid, ())
    width = chunk_width(group)

    def likelihood(theta: FloatArray) -> FloatArray:
        """Return the log marginal likelihood, (6, n_points) -> (n_points,)."""
        chunks = (theta[:, i : i + width] for i in range(0, theta.shape[1], width))
        parts = [
            integrate_factor(members.reduce(part), factor_root(part, factor, group)).log_likelihood
            for part in chunks
        ]
        return np.concatenate(parts)

    return Problem(
        names=POOLED_NAMES,
        theta_at=lambda unit: theta_at(unit, group.prior),
        log_likelihood=likelihood,
        pymc_model=lambda: pymc_model(group),
        log_jacobian=group.log_jacobian,
        stand_ins=((S_L, S_B), (S_F_L, S_F_L + 1)),
    )


def chunk_width(group: Group) -> int:
    """Return how many points to weigh at once."""
    most = max(columns_of(member).size for member in group.members.values())
    return max(_LEAST_CHUNK, _CHUNK_VALUES // most)


def lay_factor(
    grid: FactorGrid, kept: Sequence[tuple[float, float]], *, end: float | None = None
) -> Timeline:
    """Return the order of events of a factor that keeps its cells, then the windows given."""
    cells = list(zip(grid.start.tolist(), grid.end.tolist(), strict=True))
    return lay_out(without_figures(), kept=[*cells, *kept], end=end, anchor=grid.anchor)


def factor_root(
    theta: FloatArray, timeline: Timeline, group: Group, *, with_end: bool = False
) -> FloatArray:
    """Return R with R R' the prior covariance of the factor, its common drift included.

    Rows are the cells, with `with_end` level and stray slope at the end, then what else the
    timeline keeps. The last column is the drift's; what comes before it is triangular, so that
    windows kept beside the cells do not change what the columns before theirs mean.

    Returns
    -------
    (n_points, n_rows, n_rows + 1)
    """
    nothing = StaticPrior(timeline.anchor, np.zeros(0), np.zeros(0), np.zeros((0, 0)))
    filtered = run_filter(theta[FACTOR_ROWS], without_figures(), timeline, nothing)
    n_cells = len(group.grid.start)
    rows, lengths = list(timeline.kept), timeline.kept_lengths
    drift = timeline.kept_middles - group.grid.anchor
    if with_end:
        rows[n_cells:n_cells] = [LEVEL_STATE, SLOPE_STATE]
        lengths = np.insert(lengths, n_cells, [1.0, 1.0])
        drift = np.insert(drift, n_cells, [timeline.end - group.grid.anchor, 0.0])
    covariance = np.moveaxis(filtered.covariance[np.ix_(rows, rows)], -1, 0)
    covariance = covariance / np.outer(lengths, lengths)
    if with_end:
        # a kept point may be the end itself; a millionth of its sd sets the two apart
        diagonal = np.arange(n_cells, len(rows))
        covariance[:, diagonal, diagonal] *= 1 + 1e-12
    root = any_root(covariance)
    drifts = np.broadcast_to(group.prior.drift.sd * drift[:, None], (*root.shape[:2], 1))
    return np.concatenate([root, drifts], axis=2)


@frozen
class Weighed:
    """The likelihood of a group, and the posterior of what drives its factor.

    The factor over its cells is root @ xi, with xi standard normal under the prior.

    Attributes
    ----------
    log_likelihood : (n_points,)
    mean : (n_points, n_xi) posterior mean of xi
    precision_root : (n_points, n_xi, n_xi), Cholesky factor of the posterior precision of xi
    """

    log_likelihood: FloatArray
    mean: FloatArray
    precision_root: FloatArray


def integrate_factor(reduced: Sequence[Reduced], root: FloatArray) -> Weighed:
    """Integrate the factor out of what all members say of it.

    Parameters
    ----------
    reduced : of the members
    root : (n_points, n_cells, n_xi), from `factor_root`
    """
    figures = _points_first([part.rest for part in reduced])
    effects = _points_first([part.own[:, len(part.own) :] for part in reduced])
    gram = figures.swapaxes(1, 2) @ figures - effects.swapaxes(1, 2) @ effects
    pull = root.swapaxes(1, 2) @ gram[:, 1:, :1]
    precision = root.swapaxes(1, 2) @ gram[:, 1:, 1:] @ root
    diagonal = np.arange(precision.shape[1])
    precision[:, diagonal, diagonal] += 1.0
    precision_root = np.linalg.cholesky(precision)
    mean = np.linalg.solve(precision, pull)[:, :, 0]
    log_det = 2 * np.log(precision_root[:, diagonal, diagonal]).sum(axis=1)
    misfit = gram[:, 0, 0] - np.einsum("ki,ki->k", pull[:, :, 0], mean)
    constant = np.sum([part.log_det for part in reduced], axis=0)
    log_likelihood = -0.5 * (constant + misfit + log_det)
    return Weighed(log_likelihood, np.asarray(mean), np.asarray(precision_root))


def _points_first(parts: Sequence[FloatArray]) -> FloatArray:
    """Return arrays (rows, columns, n_points) one below the other as (n_points, rows, columns)."""
    return np.ascontiguousarray(np.concatenate(parts).transpose(2, 0, 1))
