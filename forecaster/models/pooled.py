"""Declare the pooled family: trends of like series with a common factor.

    link value of member i over period w  =  l_i(w) + f(w) + offset + noise

l_i is a trend of its own (s_l, s_b, tau) with its own level and a drift that deviates from the
group's; f is a trend from zero (s_f_l, s_f_b, the same tau) with the drift that all share. The
hyperparameters are the group's, so that a member with two figures borrows them, and the factor.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.errors import InputError
from forecaster.models.factor import make_grid, read_grid
from forecaster.models.member_beliefs import MemberBelief
from forecaster.models.observations import link_observations
from forecaster.models.regressors import average
from forecaster.models.static_effects import DRIFT, FIRST_OFFSET, LEVEL, static_prior
from forecaster.models.trend import UNIT_NAME
from forecaster.records import frozen
from forecaster.workspace.pooled_beliefs import POOLED_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.models.factor import Calendar, FactorGrid
    from forecaster.models.observations import Observations
    from forecaster.models.static_effects import StaticPrior
    from forecaster.workspace.facts import History
    from forecaster.workspace.pooled_beliefs import PooledPrior

    FloatArray = NDArray[np.float64]

OWN = slice(0, 4)
"""Rows of a theta array that are a member's own trend."""
FACTOR_ROWS = np.array([4, 5, 2, 3])
"""Rows of a theta array in the order of the trend family, for the factor; s_o is not used there."""
S_F_L = 4


@frozen
class Member:
    """One series of a group.

    Attributes
    ----------
    observations : its figures on the link scale
    static : its level, the deviation of its drift, its offsets, its dated events
    reading : (n, n_cells), how much of each cell of the factor every figure reads
    """

    observations: Observations
    static: StaticPrior
    reading: FloatArray


@frozen
class Group:
    """Series that share a factor, with their priors.

    Attributes
    ----------
    members : series id -> member
    grid : where the factor is held
    prior : PooledPrior
    """

    members: Mapping[str, Member]
    grid: FactorGrid
    prior: PooledPrior

    @property
    def log_jacobian(self) -> float:
        """Return what carries a log density from the link scale to the data's."""
        return math.fsum(m.observations.log_jacobian for m in self.members.values())


def make_group(
    histories: Mapping[str, History],
    prior: PooledPrior,
    *,
    beliefs: Mapping[str, MemberBelief] | None = None,
) -> Group:
    """Return the group of some histories, on the link scale.

    Parameters
    ----------
    beliefs : series id -> what is believed about this member alone, where anything is

    Raises
    ------
    InputError
        If there are fewer than two members, or one of them has no figures.
    """
    # in the order of their ids, so that a group is the same to the last digit whoever asks for it
    histories = {name: histories[name] for name in sorted(histories)}
    names = list(histories)
    if len(names) < 2:
        raise InputError(
            problem=f"a group of one has nothing to borrow: '{names[0]}' has no like series"
            if names
            else "a group without members",
            where="the pool of a series: the same group, variable, unit and kind",
            fix="forecast the series alone with --model trend",
        )
    for name, history in histories.items():
        if not history.data:
            raise InputError(
                problem=f"no figure of '{name}' was known by {history.as_of}, and its group does "
                "not tell its level",
                where=f"series '{name}'",
                fix="state its level in its priors, or leave it out of the group",
            )
    known = {name: (beliefs or {}).get(name, MemberBelief(prior.own)) for name in names}
    linked = {
        name: link_observations(history, known[name].trend) for name, history in histories.items()
    }
    calendars = [_calendar(history) for history in histories.values()]
    is_share = next(iter(histories.values())).entry.kind == "share"
    return assemble(linked, calendars, prior, is_share=is_share, beliefs=known)


def assemble(
    linked: Mapping[str, Observations],
    calendars: Sequence[Calendar],
    prior: PooledPrior,
    *,
    is_share: bool,
    beliefs: Mapping[str, MemberBelief] | None = None,
) -> Group:
    """Return the group of some observations.

    Parameters
    ----------
    calendars : for each member the starts and ends of its periods, untilted, decimal years
    beliefs : as for `make_group`
    """
    grid = make_grid(calendars)
    members = {}
    for (name, observations), calendar in zip(linked.items(), calendars, strict=True):
        reading = read_grid(grid, calendar)
        # what is known of the factor beforehand is taken off, so that the filter sees a zero mean
        centred = replace(observations, z=observations.z - reading @ grid.middle * prior.drift.mean)
        belief = (beliefs or {}).get(name, MemberBelief(prior.own))
        static = static_prior(
            centred, belief.trend, is_share=is_share, regressors=belief.regressors
        )
        members[name] = Member(centred, static, reading)
    return Group(members, grid, prior)


def _calendar(history: History) -> Calendar:
    """Return the periods of a history's figures, in the order of its observations."""
    end = np.array([row.period.end_year for row in history.data])
    if history.entry.timing == "stock":
        return end, end
    return np.array([row.period.start_year for row in history.data]), end


def theta_at(unit: FloatArray, prior: PooledPrior) -> FloatArray:
    """Return hyperparameters at standard normal points: median * exp(log_sd * u).

    Parameters
    ----------
    unit : (n_points, 6), standard normal under the prior

    Returns
    -------
    (6, n_points), in the order of POOLED_NAMES
    """
    median = np.array([p.median for p in prior.theta])
    log_sd = np.array([p.log_sd for p in prior.theta])
    return np.ascontiguousarray((median * np.exp(log_sd * unit)).T)


def pymc_model(group: Group) -> Any:
    """Return the same marginal likelihood as a PyMC model, from its closed-form covariance.

    All figures of all members are one multivariate normal vector: no filter, no Schur complement
    and no Woodbury identity.

    Returns
    -------
    pymc.Model
        Free variable `UNIT_NAME`, (6,), deterministics POOLED_NAMES.
    """
    import pymc
    import pytensor.tensor as pt

    from forecaster.models.window_covariance import cell_covariance

    members, grid, prior = list(group.members.values()), group.grid, group.prior
    reading = np.concatenate([member.reading for member in members])
    noise = np.concatenate([member.observations.noise_sd for member in members])
    jensen = np.concatenate([member.observations.jensen for member in members])
    fixed = _block_diagonal([_fixed_covariance(member) for member in members])
    fixed += prior.drift.sd**2 * np.outer(reading @ grid.middle, reading @ grid.middle)
    centred = np.concatenate(
        [
            m.observations.z
            - m.static.mean[LEVEL]
            - m.static.mean[DRIFT] * _middle(m)
            - _event_mean(m)
            for m in members
        ]
    )
    log_median = np.log([p.median for p in prior.theta])
    log_sd = np.array([p.log_sd for p in prior.theta])
    with pymc.Model() as model:
        unit = pymc.Normal(UNIT_NAME, 0.0, 1.0, shape=len(POOLED_NAMES))
        theta = pt.exp(log_median + log_sd * unit)
        s_l, s_b, tau, s_o, s_f_l, s_f_b = (
            pymc.Deterministic(name, theta[j]) for j, name in enumerate(POOLED_NAMES)
        )
        start, end = grid.start - grid.anchor, grid.end - grid.anchor
        factor = cell_covariance(start, end, s_l=s_f_l, s_b=s_f_b, tau=tau)
        own = _own_covariance(members, s_l=s_l, s_b=s_b, tau=tau)
        covariance = fixed + own + pt.dot(pt.dot(reading, factor), reading.T)
        covariance += pt.diag(s_o**2 + noise**2)
        pymc.MvNormal(
            "link_value",
            mu=jensen * (s_l**2 + s_f_l**2),
            chol=pt.linalg.cholesky(covariance),
            observed=centred,
        )
    return model


def _middle(member: Member) -> FloatArray:
    """Return the middle of each window, years after the member's anchor."""
    o = member.observations
    return np.asarray((o.start + o.end) / 2 - member.static.anchor)


def _event_mean(member: Member) -> FloatArray:
    """Return what a member's dated events are believed to add to each figure, (n,)."""
    o = member.observations
    added = np.zeros(o.n)
    for event in member.static.regressors:
        added += event.mean * average(event.shape, o.start, o.end)
    return added


def _fixed_covariance(member: Member) -> FloatArray:
    """Return what a member's static effects add to its covariance, (n, n)."""
    o, static, middle = member.observations, member.static, _middle(member)
    offset_sd = np.concatenate([[0.0], static.sd[FIRST_OFFSET : static.first_regressor]])[o.basis]
    covariance = static.sd[LEVEL] ** 2 + static.sd[DRIFT] ** 2 * np.outer(middle, middle)
    for event in static.regressors:
        on = average(event.shape, o.start, o.end)
        covariance += event.sd**2 * np.outer(on, on)
    return np.asarray(covariance + (o.basis[:, None] == o.basis) * offset_sd**2)


def _own_covariance(members: Sequence[Member], *, s_l: Any, s_b: Any, tau: Any) -> Any:
    """Return the covariance of the members' own trends, symbolic, block by block."""
    import pytensor.tensor as pt

    from forecaster.models.window_covariance import cell_covariance, cut_into_cells

    blocks = []
    for member in members:
        o, anchor = member.observations, member.static.anchor
        start, end, weights = cut_into_cells(o.start - anchor, o.end - anchor)
        cells = cell_covariance(start, end, s_l=s_l, s_b=s_b, tau=tau)
        blocks.append(pt.dot(pt.dot(weights, cells), weights.T))
    return pt.linalg.block_diag(*blocks)


def _block_diagonal(blocks: Sequence[FloatArray]) -> FloatArray:
    """Return the blocks along the diagonal of a matrix of zeros."""
    sizes = [len(block) for block in blocks]
    full = np.zeros((sum(sizes), sum(sizes)))
    begin = 0
    for block in blocks:
        full[begin : begin + len(block), begin : begin + len(block)] = block
        begin += len(block)
    return full
