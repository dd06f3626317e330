"""Carry a group forward: all members of one draw share one path of the factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.plan import (
    end_on_grid,
    parse_until,
    plan_forecast,
    steps_per_year,
)
from forecaster.forecasts.trajectories import (
    FigureErrors,
    assemble_figures,
    simulate_steps,
    with_regressors,
)
from forecaster.models.static_effects import FIRST_OFFSET
from forecaster.models.trend import S_O

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.forecasts.plan import Plan, Stretch
    from forecaster.inference.pooled_draws import PooledPosterior
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


def simulate_pooled(
    posterior: PooledPosterior,
    *,
    step_length: float,
    factor_innovations: FloatArray,
    innovations: Mapping[str, FloatArray],
) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Carry own parts and factor forward from the posterior's end.

    Parameters
    ----------
    step_length : years
    factor_innovations : (n_steps, 3, n_draws) standard normals
    innovations : the same for the own part of each series wanted

    Returns
    -------
    series id -> averages over each step and levels at its end, (n_steps, n_draws), link scale
    """
    factor = simulate_steps(
        posterior.factor, step_length=step_length, innovations=factor_innovations
    )
    found = {}
    for name, own_innovations in innovations.items():
        own = simulate_steps(
            posterior.own[name], step_length=step_length, innovations=own_innovations
        )
        found[name] = own[0] + factor[0], own[1] + factor[1]
    return found


def draw_member(
    name: str,
    posterior: PooledPosterior,
    plan: Plan,
    group: Group,
    entry: SeriesEntry,
    *,
    simulated: tuple[FloatArray, FloatArray],
    rng: np.random.Generator,
) -> FloatArray:
    """Return joint draws of one member's figures.

    Parameters
    ----------
    plan : of this member; the posterior kept its `kept` windows and ended at its `end`
    simulated : the member's averages and levels from `simulate_pooled`

    Returns
    -------
    (n_draws, n_periods), unit of the series; draw k of any member belongs to the same world

    Raises
    ------
    ValueError
        If the posterior did not keep what the plan needs.
    """
    kept = posterior.kept[name]
    if len(kept) != len(plan.kept):
        raise ValueError(f"{len(plan.kept)} windows of '{name}' are needed, {len(kept)} were kept")
    averages, levels = simulated
    is_stock = entry.timing == "stock"
    drawn = levels if is_stock else averages
    static = group.members[name].static
    if static.regressors:
        effects = posterior.own[name].effects
        drawn, kept = with_regressors(drawn, kept, effects, plan, static, is_stock=is_stock)

    def level_of(stretch: Stretch) -> FloatArray:
        """Return the drawn level of a stretch, link scale."""
        source, k = (drawn, stretch.step) if stretch.kept is None else (kept, stretch.kept)
        return np.asarray(source[k])

    observations = group.members[name].observations
    offset, noise_sd = np.zeros(posterior.n_draws), np.zeros(posterior.n_draws)
    if not plan.is_latent:
        if observations.target > 0:
            offset = posterior.own[name].effects[FIRST_OFFSET + observations.target - 1]
        noise_sd = np.hypot(posterior.theta[S_O], observations.target_noise_sd)
    return assemble_figures(plan, entry, level_of, FigureErrors(offset, noise_sd), rng=rng)


def draw_members(
    posterior: PooledPosterior,
    plans: Mapping[str, Plan],
    group: Group,
    entries: Mapping[str, SeriesEntry],
    *,
    streams: Mapping[str, np.random.Generator],
    factor: str,
) -> dict[str, FloatArray]:
    """Return joint draws of the figures of several members.

    Parameters
    ----------
    plans : series id -> plan, all with one end and one step
    streams : random stream of each series, and of the factor under the name `factor`

    Returns
    -------
    series id -> (n_draws, n_periods), unit of the series
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
        name: draw_member(
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
