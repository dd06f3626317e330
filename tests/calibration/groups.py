"""Make groups of series on the link scale, and state them densely to test against.

Nothing of the family's filter, Schur complements or Woodbury identity is used here: all figures of
all members are one normal vector, with covariances from `dense`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from calibration import dense
from calibration.problems import make_prior, observe
from forecaster.models.pooled import Group, assemble
from forecaster.workspace.beliefs import LogNormal, Normal
from forecaster.workspace.pooled_beliefs import PooledPrior

if TYPE_CHECKING:
    from calibration.dense import Array
    from forecaster.models.observations import Observations

MEDIANS = (0.12, 0.12, 3.0, 0.05, 0.09, 0.09)
LOG_SDS = (0.8, 0.8, 0.7, 1.0, 0.8, 0.8)
DRIFT, DEVIATION_SD = (0.05, 0.11), 0.10
LAYOUTS = (
    "annual averages", "tilted averages", "annual points", "years and quarters", "thin members",
    "two houses",
)  # fmt: skip


def make_pooled_prior() -> PooledPrior:
    """Return the prior of groups of positive series, from the documentation."""
    own = replace(
        make_prior(),
        theta=_log_normals(0, 4),
        drift=Normal(0.0, DEVIATION_SD, "", ""),
    )
    level, slope = _log_normals(4, 6)
    return PooledPrior(own, (level, slope), Normal(*DRIFT, "", ""), {})


def _log_normals(first: int, last: int) -> tuple[LogNormal, ...]:
    return tuple(
        LogNormal(median, log_sd, "", "")
        for median, log_sd in zip(MEDIANS[first:last], LOG_SDS[first:last], strict=True)
    )


def theta_of(unit: Array) -> Array:
    """Return (n_points, 6) hyperparameters, from the documented prior and not from the code."""
    return np.array(MEDIANS) * np.exp(np.array(LOG_SDS) * unit)


def random_unit(rng: np.random.Generator, n_points: int) -> Array:
    """Return points with wider tails than the prior's, (n_points, 6)."""
    return rng.standard_normal((n_points, 6)) * 1.5


def make_members(
    layout: str, rng: np.random.Generator, *, n_members: int = 4, n: int = 6
) -> tuple[dict[str, Observations], list[tuple[Array, Array]]]:
    """Return members that share steps of a common path, and their untilted calendars."""
    members, calendars = {}, []
    common = np.cumsum(rng.normal(0.1, 0.2, n))
    for i in range(n_members):
        start, end, basis = _calendar(layout, i, n)
        index = np.minimum((end - 2010.0 - 1e-9).astype(int), n - 1)
        z = 1.0 + i + common[index] + np.cumsum(rng.normal(0, 0.1, len(start)))
        window = (start, end)
        if layout == "tilted averages":
            edges = np.append(start, end[-1]) + rng.uniform(-0.15, 0.15, len(start) + 1)
            window = (edges[:-1], edges[1:])
        noise_sd = rng.choice([1e-3, 0.01, 0.05, 0.1], len(start))
        offset_sd = np.array([0.0, 0.15])[: 1 + int(basis.max())]
        members[f"m{i}"] = observe(*window, z, noise_sd=noise_sd, basis=basis, offset_sd=offset_sd)
        calendars.append((start, end))
    return members, calendars


def _calendar(layout: str, i: int, n: int) -> tuple[Array, Array, np.ndarray]:
    """Return starts, ends and bases of the figures of member i; members begin at several years."""
    first = 2010.0 + (i % 3 if layout != "years and quarters" else 0)
    start = np.arange(first, 2010.0 + n)
    end = start + 1
    basis = np.zeros(len(start), dtype=np.int64)
    if layout == "annual points":
        start = end
    elif layout == "years and quarters" and i % 2:
        start = 2010.0 + n - 2 + np.arange(8) / 4
        end, basis = start + 0.25, np.zeros(8, dtype=np.int64)
    elif layout == "thin members" and i:
        keep = slice(-i, None)
        start, end, basis = start[keep], end[keep], basis[keep]
    elif layout == "two houses" and i % 2:
        start, end = np.repeat(start, 2), np.repeat(end, 2)
        basis = np.tile([0, 1], len(start) // 2)
    return start, end, basis


def make_group(layout: str, rng: np.random.Generator, **sizes: int) -> Group:
    """Return a group of the package."""
    members, calendars = make_members(layout, rng, **sizes)
    return assemble(members, calendars, make_pooled_prior(), is_share=False)


class DenseGroup:
    """All figures of a group as one normal vector.

    Own parts are read over the windows of the observations, the factor over the calendar's.
    """

    def __init__(
        self, members: dict[str, Observations], calendars: list[tuple[Array, Array]]
    ) -> None:
        self.members = list(members.values())
        begin, stop = (np.concatenate(edges) for edges in zip(*calendars, strict=True))
        self.anchor = begin.min()
        self.windows = begin, stop

    def _covariance(self, start, end, other_start, other_end, theta):
        a, c = np.meshgrid(start - self.anchor, other_start - self.anchor, indexing="ij")
        b, d = np.meshgrid(end - self.anchor, other_end - self.anchor, indexing="ij")
        return dense.level_covariance(a, b, c, d, theta)

    def moments(self, theta: Array) -> tuple[Array, Array]:
        """Return mean and covariance of all figures, theta (6,)."""
        s_l, s_b, tau, s_o, s_f_l, s_f_b = theta
        prior = make_pooled_prior()
        middle = (self.windows[0] + self.windows[1]) / 2 - self.anchor
        factor_theta = np.array([s_f_l, s_f_b, tau, 0.0])
        cov = self._covariance(*self.windows, *self.windows, factor_theta)
        cov += DRIFT[1] ** 2 * np.outer(middle, middle)
        mean = DRIFT[0] * middle
        begin = 0
        for o in self.members:
            block = slice(begin, begin + o.n)
            own = dense.Problem(
                o.start, o.end, o.z, o.noise_sd, o.basis, o.jensen, o.offset_sd,
                level_mean=float(o.z[0] - mean[begin]), level_sd=prior.own.level_sd,
                drift_mean=0.0, drift_sd=DEVIATION_SD,
            )  # fmt: skip
            own_mean, own_cov = dense.moments(own, np.array([s_l, s_b, tau, s_o]))
            mean[block] += own_mean + o.jensen * s_f_l**2
            cov[block, block] += own_cov
            begin += o.n
        return mean, cov

    def log_density(self, theta: Array) -> float:
        """Return log p(figures | theta)."""
        mean, cov = self.moments(theta)
        z = np.concatenate([o.z for o in self.members])
        root = np.linalg.cholesky(cov)
        white = np.linalg.solve(root, z - mean)
        log_det = 2 * np.log(np.diag(root)).sum()
        return float(-0.5 * (white @ white + log_det + len(z) * np.log(2 * np.pi)))


def targets_of(
    group: DenseGroup, theta: Array, targets: list[tuple[int, float, float]]
) -> tuple[Array, Array]:
    """Return mean and covariance of levels given all figures.

    targets : (member, start, end) for own part and factor together over a window or at a point;
        member -1 is the factor alone
    """
    s_l, s_b, tau, s_o, s_f_l, s_f_b = theta
    start = np.array([t[1] for t in targets])
    end = np.array([t[2] for t in targets])
    factor_theta, own_theta = np.array([s_f_l, s_f_b, tau, 0.0]), np.array([s_l, s_b, tau, s_o])
    middle = (start + end) / 2 - group.anchor
    seen_middle = (group.windows[0] + group.windows[1]) / 2 - group.anchor
    cov = group._covariance(start, end, start, end, factor_theta)
    cov += DRIFT[1] ** 2 * np.outer(middle, middle)
    cross = group._covariance(start, end, *group.windows, factor_theta)
    cross += DRIFT[1] ** 2 * np.outer(middle, seen_middle)
    mean = DRIFT[0] * middle
    begin = 0
    for i, o in enumerate(group.members):
        mine = np.flatnonzero([t[0] == i for t in targets])
        problem = dense.Problem(
            o.start, o.end, o.z, o.noise_sd, o.basis, o.jensen, o.offset_sd,
            level_mean=float(o.z[0] - DRIFT[0] * seen_middle[begin]), level_sd=10.0,
            drift_mean=0.0, drift_sd=DEVIATION_SD,
        )  # fmt: skip
        joint = dense.levels(np.append(start[mine], o.start), np.append(end[mine], o.end))
        own_mean, own_cov = dense.prior_moments(joint, problem, own_theta)
        k = len(mine)
        mean[mine] += own_mean[:k]
        cov[np.ix_(mine, mine)] += own_cov[:k, :k]
        cross[mine, begin : begin + o.n] += own_cov[:k, k:]
        begin += o.n
    seen_mean, seen_cov = group.moments(theta)
    z = np.concatenate([o.z for o in group.members])
    gain = np.linalg.solve(seen_cov, cross.T).T
    return mean + gain @ (z - seen_mean), cov - gain @ cross.T
