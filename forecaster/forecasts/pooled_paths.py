"""Carry a group forward: all members of one draw share one path of the factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.joint_paths import MemberPaths, n_drawn_units
from forecaster.forecasts.plan import (
    end_on_grid,
    parse_until,
    plan_forecast,
    steps_per_year,
)
from forecaster.forecasts.trajectories import (
    simulate_steps,
    step_ends,
    with_regressors,
)
from forecaster.models.static_effects import FIRST_OFFSET
from forecaster.models.trend import S_O
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.forecasts.plan import Plan
    from forecaster.inference.pooled_draws import PooledPosterior
    from forecaster.inference.posterior import Posterior
    from forecaster.models.pooled import Group
    from forecaster.workspace.facts import History, SeriesEntry

    FloatArray = NDArray[np.float64]


def plan_group(
    histories: Mapping[str, History],
    group: Group,
    names: Sequence[str],
    *,
    until: str,
    latent: bool = False,
) -> dict[str, Plan]:
    """Return the plans of some members, on the finest grid and up to the end that all share.

    Parameters
    ----------
    histories, group : of all members; those that are not forecast take part in grid and end
    names : the members forecast
    until, latent : as for `plan_forecast`

    Raises
    ------
    InputError
        As `plan_forecast`.
    """
    last = parse_until(until)
    per_year = max(steps_per_year(history, last) for history in histories.values())
    end = max(end_on_grid(member.observations, per_year) for member in group.members.values())
    return {
        name: plan_forecast(
            histories[name],
            group.members[name].observations,
            until=until,
            latent=latent,
            per_year=per_year,
            end=end,
        )
        for name in names
    }


@frozen
class MemberSteps:
    """One member carried forward, own part and factor together, link scale.

    Attributes
    ----------
    averages : (n_steps, n_draws) over each step
    levels, steady : (n_steps + 1, n_draws) at the ends of the steps, the beginning first; the
        latter without news
    quiet : (n_steps, n_draws) averages without news
    """

    averages: FloatArray
    levels: FloatArray
    steady: FloatArray
    quiet: FloatArray


def simulate_pooled(
    posterior: PooledPosterior,
    *,
    step_length: float,
    factor_innovations: FloatArray,
    innovations: Mapping[str, FloatArray],
) -> dict[str, MemberSteps]:
    """Carry own parts and factor forward from the posterior's end.

    Parameters
    ----------
    step_length : years
    factor_innovations : (n_steps, 3, n_draws) standard normals
    innovations : the same for the own part of each series wanted
    """
    factor = _carried(posterior.factor, step_length, factor_innovations)
    found = {}
    for name, normals in innovations.items():
        own = _carried(posterior.own[name], step_length, normals)
        found[name] = MemberSteps(
            own.averages + factor.averages, own.levels + factor.levels,
            own.steady + factor.steady, own.quiet + factor.quiet,
        )  # fmt: skip
    return found


def _carried(posterior: Posterior, step_length: float, innovations: FloatArray) -> MemberSteps:
    """Carry one part forward."""
    averages, levels = simulate_steps(posterior, step_length=step_length, innovations=innovations)
    still = np.zeros((len(levels), 3, 1))
    quiet, steady = simulate_steps(posterior, step_length=step_length, innovations=still)
    start = posterior.state[:1]
    return MemberSteps(averages, np.vstack([start, levels]), np.vstack([start, steady]), quiet)


def member_paths(
    name: str,
    posterior: PooledPosterior,
    plan: Plan,
    group: Group,
    entry: SeriesEntry,
    *,
    simulated: MemberSteps,
    rng: np.random.Generator,
) -> MemberPaths:
    """Return what one member's figures are made of.

    Parameters
    ----------
    plan : of this member; the posterior kept its `kept` windows and ended at its `end`
    simulated : of the member, from `simulate_pooled`

    Raises
    ------
    ValueError
        If the posterior did not keep what the plan needs.
    """
    kept = posterior.kept[name]
    if len(kept) != len(plan.kept):
        raise ValueError(f"{len(plan.kept)} windows of '{name}' are needed, {len(kept)} were kept")
    is_stock = entry.timing == "stock"
    drawn = simulated.levels[1:] if is_stock else simulated.averages
    static = group.members[name].static
    if static.regressors:
        effects = posterior.own[name].effects
        drawn, kept = with_regressors(drawn, kept, effects, plan, static, is_stock=is_stock)
    observations = group.members[name].observations
    # regressors add the same with news and without
    quiet = simulated.steady[1:] if is_stock else simulated.quiet
    quiet = quiet + (drawn - (simulated.levels[1:] if is_stock else simulated.averages))
    offset, noise_sd = np.zeros(posterior.n_draws), np.zeros(posterior.n_draws)
    if not plan.is_latent:
        if observations.target > 0:
            offset = posterior.own[name].effects[FIRST_OFFSET + observations.target - 1]
        noise_sd = np.hypot(posterior.theta[S_O], observations.target_noise_sd)
    return MemberPaths(
        times=step_ends(plan.end, plan.step_length, len(simulated.levels) - 1),
        levels=simulated.levels,
        steady=simulated.steady,
        drawn=drawn,
        kept=kept,
        offset=offset,
        noise_sd=noise_sd,
        normals=rng.standard_normal((n_drawn_units(plan), posterior.n_draws)),
        own_theta=posterior.own[name].theta,
        factor_theta=posterior.factor.theta,
        quiet=quiet,
    )


def draw_paths(
    posterior: PooledPosterior,
    plans: Mapping[str, Plan],
    group: Group,
    entries: Mapping[str, SeriesEntry],
    *,
    streams: Mapping[str, np.random.Generator],
    factor: str,
) -> dict[str, MemberPaths]:
    """Return joint paths of several members.

    Parameters
    ----------
    plans : series id -> plan, all with one end and one step
    streams : random stream of each series, and of the factor under the name `factor`
    """
    n_steps = max(plan.n_steps for plan in plans.values())
    shape = (n_steps, 3, posterior.n_draws)
    simulated = simulate_pooled(
        posterior,
        step_length=next(iter(plans.values())).step_length,
        factor_innovations=streams[factor].standard_normal(shape),
        innovations={name: streams[name].standard_normal(shape) for name in plans},
    )
    return {
        name: member_paths(
            name,
            posterior,
            plan,
            group,
            entries[name],
            simulated=simulated[name],
            rng=streams[name],
        )
        for name, plan in plans.items()
    }
