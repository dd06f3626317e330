"""Say what the history of a whole or a group taught about one of its series."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.explanation import (
    COVERAGES,
    DRIFT_NAME,
    PRIOR_POINTS,
    PRIOR_SEED,
    Explanation,
    estimate_effect,
    estimate_parameter,
    share_level,
)
from forecaster.inference.sobol import normal_quantile, sobol_normal
from forecaster.workspace.drivers import ChosenEvents

if TYPE_CHECKING:
    from forecaster.forecasts.composition_job import CompositionJob
    from forecaster.forecasts.explanation import ParameterEstimate
    from forecaster.forecasts.joint_drawn import JointDrawn, Learnt
    from forecaster.forecasts.pooled_job import PooledJob
    from forecaster.workspace.facts import History


def explain_joint(
    series: str, family: str, job: CompositionJob | PooledJob, drawn: JointDrawn
) -> Explanation:
    """Return what the joint fit that a forecast uses taught about one of its series.

    Parameters
    ----------
    series : a part or member with figures that is still forecast
    drawn : of `job`, fitted anew

    Raises
    ------
    ValueError
        If the draws came from the cache, which does not hold what was learnt.
    """
    learnt = drawn.learnt
    if learnt is None:
        raise ValueError(f"what was learnt of {series!r} is not in the cache: fit anew")
    history = drawn.histories[series]
    events = job.events.get(series, ChosenEvents())
    starts, ends = job.windows(series)
    effects = tuple(
        estimate_effect(
            event,
            sizes,
            starts=starts,
            ends=ends,
            coverages=COVERAGES,
            ess=drawn.report.ess,
        )
        for event, sizes in zip(events.kept, learnt.event_sizes[series], strict=True)
    )
    at = share_level(history)
    return Explanation(
        entry=history.entry,
        as_of=history.as_of,
        n_figures=len(history.data),
        coverages=COVERAGES,
        at=at,
        effects=effects,
        left_out=events.left_out,
        family=family,
        weight=1.0,
        parameters=_parameters(series, job, learnt, history, at, drawn.report.ess),
        warnings=(*history.notes, *drawn.notes),
    )


def _parameters(
    series: str,
    job: CompositionJob | PooledJob,
    learnt: Learnt,
    history: History,
    at: float | None,
    ess: float,
) -> tuple[ParameterEstimate, ...]:
    """Return the hyperparameters that all share, and the series' own long-run growth."""
    rng = np.random.default_rng(PRIOR_SEED)
    prior = job.theta_prior(sobol_normal(PRIOR_POINTS, len(job.names), rng=rng))
    mean, sd = job.drift_prior(series)
    z = normal_quantile((np.arange(PRIOR_POINTS) + 0.5) / PRIOR_POINTS)
    pairs = {name: (prior[k], learnt.theta[name]) for k, name in enumerate(job.names)}
    pairs[DRIFT_NAME] = mean + sd * z, learnt.drifts[series]
    return tuple(
        estimate_parameter(
            name, before, after, entry=history.entry, at=at, coverages=COVERAGES, ess=ess
        )
        for name, (before, after) in pairs.items()
    )
