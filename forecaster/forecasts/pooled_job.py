"""Fit and draw the members of a group together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.forecasts.joint_drawn import (
    INDEX,
    Fitted,
    JointDrawn,
    Learnt,
    fetch,
    in_random_order,
    joint_cache_key,
)
from forecaster.forecasts.joint_paths import GroupPaths, MemberPaths, members_in
from forecaster.forecasts.plan import parse_until
from forecaster.forecasts.pooled_paths import draw_paths, plan_group
from forecaster.forecasts.settings import random_stream
from forecaster.models.member_beliefs import member_belief, whole_drift
from forecaster.models.pooled import make_group, theta_at
from forecaster.models.regressors import event_regressors
from forecaster.models.static_effects import DRIFT
from forecaster.records import frozen
from forecaster.workspace.drivers import ChosenEvents
from forecaster.workspace.joint_beliefs import events_of, with_notes
from forecaster.workspace.pooled_beliefs import POOLED_NAMES, load_pooled_prior
from forecaster.workspace.pools import pool_histories

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from forecaster.forecasts.plan import Plan
    from forecaster.forecasts.settings import Settings
    from forecaster.inference.pooled_draws import PooledPosterior
    from forecaster.models.member_beliefs import MemberBelief
    from forecaster.models.pooled import Group
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import Facts, History
    from forecaster.workspace.pooled_beliefs import PooledPrior

    Announce = Callable[[str], None]
    FloatArray = NDArray[np.float64]

FAMILY = "pooled"
_FACTOR = "(factor)"
"""A name that no series has."""


@frozen
class PooledJob:
    """Everything that the fit and the forecast of a group need.

    Attributes
    ----------
    series : the one asked for
    beliefs : member -> what is believed of it alone
    plans : of the members that still have something to forecast
    events : member -> its dated events, those in the fit and those left out
    """

    series: str
    histories: Mapping[str, History]
    prior: PooledPrior
    beliefs: Mapping[str, MemberBelief]
    group: Group
    plans: Mapping[str, Plan]
    events: Mapping[str, ChosenEvents]

    @property
    def names(self) -> tuple[str, ...]:
        """The hyperparameters."""
        return POOLED_NAMES

    def theta_prior(self, unit: FloatArray) -> FloatArray:
        """Return hyperparameters at standard normal points, (6, n_points)."""
        return theta_at(unit, self.prior)

    def windows(self, member: str) -> tuple[FloatArray, FloatArray]:
        """Return starts and ends of a member's figures."""
        o = self.group.members[member].observations
        return o.start, o.end

    def drift_prior(self, member: str) -> tuple[float, float]:
        """Return mean and sd of a member's long-run growth, the group's included."""
        whole = whole_drift(self.prior, self.beliefs[member])
        return whole.mean, whole.sd


def prepare_pooled(facts: Facts, series: str, beliefs: Beliefs, settings: Settings) -> PooledJob:
    """Return the job of a group.

    Raises
    ------
    InputError
        If nothing was known of the series, it is alone in its group, or nothing is left to
        forecast.
    """
    found = pool_histories(facts, [series], as_of=settings.as_of, basis=settings.basis)
    histories = {name: found[name] for name in sorted(found)}
    prior = load_pooled_prior(beliefs.workspace, facts.entries[series].kind, beliefs)
    events = events_of(histories, beliefs, as_of=settings.as_of)
    own = {
        name: member_belief(
            prior,
            beliefs.of(history.entry),
            event_regressors(events.get(name, ChosenEvents()).kept),
        )
        for name, history in histories.items()
    }
    group = make_group(histories, prior, beliefs=own)
    names = [name for name in histories if name == series or _is_open(histories[name], settings)]
    plans = plan_group(histories, group, names, until=settings.until, latent=settings.latent)
    return PooledJob(series, histories, prior, own, group, plans, events)


def _is_open(history: History, settings: Settings) -> bool:
    """Say whether a member has a figure to forecast by the horizon."""
    last = parse_until(settings.until).end
    ends = [row.period.end for row in history.published if row.basis == history.target_basis]
    return max(ends) < last


def draw_job(
    job: PooledJob, beliefs: Beliefs, settings: Settings, announce: Announce
) -> JointDrawn:
    """Return the trajectories of a job."""
    first = next(iter(job.histories))
    key = joint_cache_key(first, settings, job.prior, *job.plans.values(), job.group)
    fitted, from_cache = fetch(key, lambda: _fit(job, settings, announce), settings, announce)
    arrays = fitted.stored.arrays
    paths = _group_paths(job, members_in(arrays, job.plans), settings)
    n = len(job.histories)
    return JointDrawn(
        histories=with_notes(job.histories, beliefs, FAMILY),
        periods={name: plan.periods for name, plan in job.plans.items()},
        paths=paths,
        trajectories=paths.figures({}),
        theta_index=arrays[INDEX],
        report=fitted.stored.report,
        notes=(f"one of {n} members of a group that share a factor",),
        from_cache=from_cache,
        learnt=fitted.learnt,
    )


def _fit(job: PooledJob, settings: Settings, announce: Announce) -> Fitted:
    """Return the members' paths drawn, fitted anew."""
    from forecaster.inference.pooled_draws import fit_pooled

    first, seed = next(iter(job.histories)), settings.seed
    posterior = fit_pooled(
        job.group,
        kept={name: plan.kept for name, plan in job.plans.items()},
        end=job.plans[job.series].end,
        n_draws=settings.n_draws,
        engine=settings.engine,
        seed=seed,
        fit_rng=random_stream(seed, first, "pooled fit"),
        factor_rng=random_stream(seed, first, "pooled factor"),
        member_rng=lambda name: random_stream(seed, name, "pooled posterior"),
        announce=lambda sentence: announce(f"{job.series} and its group: {sentence}"),
    )
    entries = {name: history.entry for name, history in job.histories.items()}
    streams = {name: random_stream(seed, name, "pooled paths") for name in (*job.plans, _FACTOR)}
    members = draw_paths(posterior, job.plans, job.group, entries, streams=streams, factor=_FACTOR)
    return in_random_order(
        _group_paths(job, members, settings), posterior.theta_index, _learnt(job, posterior),
        posterior.report, settings, first,
    )  # fmt: skip


def _group_paths(
    job: PooledJob, members: Mapping[str, MemberPaths], settings: Settings
) -> GroupPaths:
    """Return the members' paths with what their figures need."""
    entries = {name: job.histories[name].entry for name in job.plans}
    return GroupPaths(members, job.plans, entries, settings.seed)


def _learnt(job: PooledJob, posterior: PooledPosterior) -> Learnt:
    """Return what was learnt; a member's drift is its deviation and the group's."""
    common = posterior.factor.effects[DRIFT]
    own = posterior.own
    return Learnt(
        theta=dict(zip(POOLED_NAMES, posterior.theta, strict=True)),
        drifts={name: own[name].effects[DRIFT] + common for name in job.plans},
        event_sizes={
            name: own[name].effects[job.group.members[name].static.first_regressor :]
            for name in job.plans
        },
    )
