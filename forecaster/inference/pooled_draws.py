"""Draw the members of a group and their common factor from a weighed posterior.

Everything is joint: one draw has one set of hyperparameters and one path of the factor, on which
all members' levels, drifts and final states rest. In this order, for each draw:

    theta  ->  factor over its cells, kept windows and end  ->  each member's own effects
           ->  each member's own state at the end
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.certify import infer
from forecaster.inference.pooled import (
    chunk_width,
    factor_root,
    group_problem,
    integrate_factor,
    lay_factor,
)
from forecaster.inference.pooled_ends import DrawnMembers
from forecaster.inference.pooled_member_draws import MemberDraws
from forecaster.inference.pooled_members import line_up_members, reduce_whitened
from forecaster.inference.posterior import Posterior, resample
from forecaster.models.pooled import FACTOR_ROWS, OWN, S_F_L
from forecaster.models.trend import S_L
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.inference.certify import HyperPosterior
    from forecaster.inference.pooled import Weighed
    from forecaster.inference.report import FitReport
    from forecaster.models.pooled import Group

    FloatArray = NDArray[np.float64]
    Windows = Sequence[tuple[float, float]]


@frozen
class PooledPosterior:
    """Joint draws of a group; every array's last axis is the one draw axis.

    Attributes
    ----------
    theta : (6, n_draws) hyperparameters
    theta_index : (n_draws,) draws with the same number share their hyperparameters
    factor : the common factor as a series of its own: its level effect is zero, its drift the
        group's
    own : series id -> the member's own part: its level, its drift's deviation, its state
    kept : series id -> (n_kept, n_draws) own part and factor together over the windows that were
        to be kept of this member
    report : FitReport
    """

    theta: FloatArray
    theta_index: NDArray[np.int64]
    factor: Posterior
    own: Mapping[str, Posterior]
    kept: Mapping[str, FloatArray]
    report: FitReport

    @property
    def n_draws(self) -> int:
        """How many draws."""
        return int(self.theta.shape[1])


def fit_pooled(
    group: Group,
    *,
    kept: Mapping[str, Windows],
    end: float,
    n_draws: int,
    engine: str,
    seed: int,
    fit_rng: np.random.Generator,
    factor_rng: np.random.Generator,
    member_rng: Callable[[str], np.random.Generator],
    announce: Callable[[str], None],
) -> PooledPosterior:
    """Fit a group and draw the members asked for.

    Parameters
    ----------
    kept : series id -> windows, or points, whose level is wanted; a member not named here takes
        part in the fit and is not drawn
    end : where trajectories begin, decimal years; one time for all members
    engine, seed, announce : as for `infer`
    fit_rng, factor_rng : streams of the group
    member_rng : series id -> the member's own stream, so that its draws are the same whoever else
        is drawn

    Raises
    ------
    ValueError
        If a member is unknown, or was observed after `end`.
    """
    hyper = infer(group_problem(group), engine=engine, seed=seed, rng=fit_rng, announce=announce)
    return draw_group(
        group,
        hyper,
        kept=kept,
        end=end,
        n_draws=n_draws,
        factor_rng=factor_rng,
        member_rng=member_rng,
    )


def draw_group(
    group: Group,
    hyper: HyperPosterior,
    *,
    kept: Mapping[str, Windows],
    end: float,
    n_draws: int,
    factor_rng: np.random.Generator,
    member_rng: Callable[[str], np.random.Generator],
) -> PooledPosterior:
    """Return joint draws of hyperparameters, factor, effects and states.

    Parameters
    ----------
    kept, end, factor_rng, member_rng : as for `fit_pooled`

    Raises
    ------
    ValueError
        If a member is unknown, or was observed after `end`.
    """
    _check(group, kept, end)
    chosen = resample(hyper.weights, n_draws, rng=factor_rng)
    is_first = np.concatenate([[True], np.diff(chosen) > 0])
    theta, index = hyper.theta[:, chosen[is_first]], np.cumsum(is_first) - 1
    drawing = _Drawing(group, kept, end, n_draws, factor_rng, member_rng)
    width = chunk_width(group)
    for first in range(0, theta.shape[1], width):
        here = (index >= first) & (index < first + width)
        drawing.draw(
            np.ascontiguousarray(theta[:, first : first + width]), here, index[here] - first
        )
    return drawing.posterior(theta[:, index], index, hyper.report)


def _check(group: Group, kept: Mapping[str, Windows], end: float) -> None:
    """Check what was asked for."""
    unknown = [name for name in kept if name not in group.members]
    if unknown:
        raise ValueError(f"not members of the group: {unknown}")
    latest = max(float(member.observations.end.max()) for member in group.members.values())
    if end < latest - 1e-9:
        raise ValueError(f"the group was observed until {latest}, after the end {end}")


class _Drawing:
    """Arrays of draws, filled for some points at a time; noise is drawn beforehand for all."""

    def __init__(
        self,
        group: Group,
        kept: Mapping[str, Windows],
        end: float,
        n_draws: int,
        factor_rng: np.random.Generator,
        member_rng: Callable[[str], np.random.Generator],
    ) -> None:
        self._group = group
        windows = list(dict.fromkeys(window for name in kept for window in kept[name]))
        self._factor_timeline = lay_factor(group.grid, windows, end=end)
        n_first = len(group.grid.start) + 2
        # kept windows come last in the stream: the rest of the factor does not hang on them
        noise = factor_rng.standard_normal((n_first + 1, n_draws))
        extra = factor_rng.standard_normal((len(windows), n_draws))
        self._noise = np.concatenate([noise[:-1], extra, noise[-1:]])
        self._factor = np.empty((n_first + len(windows), n_draws))
        self._drift = np.empty(n_draws)
        self._undrawn = line_up_members(group, leave_out=list(kept))
        self._drawn = DrawnMembers(
            [group.members[name].observations for name in kept], list(kept.values()), end=end
        )
        self._parts = {
            name: MemberDraws(group.members[name], timeline, n_draws, member_rng(name))
            for name, timeline in zip(kept, self._drawn.timelines, strict=True)
        }
        self._rows_of = {name: [windows.index(window) for window in kept[name]] for name in kept}

    def draw(self, theta: FloatArray, here: NDArray[np.bool_], k: NDArray[np.int64]) -> None:
        """Fill the draws `here`, whose hyperparameters are the columns `k` of theta."""
        group, n_cells = self._group, len(self._group.grid.start)
        whitenings = self._drawn.whiten(theta[OWN])
        own = [
            reduce_whitened(theta, part.member, whitening)
            for part, whitening in zip(self._parts.values(), whitenings, strict=True)
        ]
        reduced = [*own, *self._undrawn.reduce(theta)]
        root = factor_root(theta, self._factor_timeline, group, with_end=True)
        xi = _draw_xi(integrate_factor(reduced, root[:, :n_cells]), k, self._noise[:, here])
        factor = np.einsum("kij,jk->ik", root[k], xi)
        self._factor[:, here] = factor
        self._drift[here] = group.prior.drift.sd * xi[-1]
        jensen_share = theta[S_L] ** 2 + theta[S_F_L] ** 2
        for part, whitening, effects in zip(self._parts.values(), whitenings, own, strict=True):
            part.draw(whitening, effects.own, factor[:n_cells], jensen_share, here, k)

    def posterior(
        self, theta: FloatArray, index: NDArray[np.int64], report: FitReport
    ) -> PooledPosterior:
        """Return all draws, what was known of the drift beforehand added."""
        timeline, anchor = self._factor_timeline, self._group.grid.anchor
        n_cells, mean = len(self._group.grid.start), self._group.prior.drift.mean
        state, kept = self._factor[n_cells : n_cells + 2], self._factor[n_cells + 2 :]
        factor = Posterior(
            theta=theta[FACTOR_ROWS],
            theta_index=index,
            effects=np.array([np.zeros(len(index)), mean + self._drift]),
            state=state + mean * np.array([[timeline.end - anchor], [0.0]]),
            kept=kept + mean * (timeline.kept_middles[n_cells:] - anchor)[:, None],
            report=report,
        )
        own = {
            name: part.posterior(theta[OWN], index, report) for name, part in self._parts.items()
        }
        together = {
            name: own[name].kept + factor.kept[rows] for name, rows in self._rows_of.items()
        }
        return PooledPosterior(theta, index, factor, own, together, report)


def _draw_xi(weighed: Weighed, k: NDArray[np.int64], noise: FloatArray) -> FloatArray:
    """Return draws of what drives the factor, (n_xi, n_draws)."""
    upper = np.linalg.inv(weighed.precision_root).swapaxes(1, 2)
    return np.asarray(weighed.mean[k].T + np.einsum("kij,jk->ik", upper[k], noise))
