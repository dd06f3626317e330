"""Say what the history of a series that was fitted by itself taught."""

from __future__ import annotations

import math
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
from forecaster.models.static_effects import DRIFT
from forecaster.workspace.beliefs import THETA_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.forecasts.explanation import ParameterEstimate
    from forecaster.forecasts.single_job import SingleJob
    from forecaster.forecasts.single_run import Drawn
    from forecaster.models.single import SingleModel

    FloatArray = NDArray[np.float64]


def explain_single(job: SingleJob, drawn: Drawn) -> Explanation:
    """Return what the history taught a series that was fitted by itself.

    Effects pool the draws of all families, in proportion to their weights; parameters are those of
    the family with the most weight.

    Parameters
    ----------
    job : with its events
    drawn : with the posterior of each family
    """
    family = max(drawn.weights, key=lambda name: drawn.weights[name])
    model, posterior = job.models[family], drawn.posteriors[family]
    history, coverages = job.history, COVERAGES
    first = model.static.first_regressor
    pooled = np.concatenate([p.effects for p in drawn.posteriors.values()], axis=1)
    ess = min(p.report.ess for p in drawn.posteriors.values())
    o = model.observations
    at = _level(job, model, posterior.effects)
    effects = tuple(
        estimate_effect(
            event,
            pooled[first + k],
            starts=o.start,
            ends=o.end,
            coverages=coverages,
            ess=ess,
        )
        for k, event in enumerate(job.events.kept)
    )
    return Explanation(
        entry=history.entry,
        as_of=history.as_of,
        n_figures=len(history.data),
        coverages=coverages,
        at=at,
        effects=effects,
        left_out=job.events.left_out,
        family=family,
        weight=drawn.weights[family],
        parameters=_parameters(model, posterior.theta, posterior.effects[DRIFT], job, at, ess),
        warnings=tuple(history.notes),
    )


def _parameters(
    model: SingleModel,
    theta: FloatArray,
    drift: FloatArray,
    job: SingleJob,
    at: float | None,
    ess: float,
) -> tuple[ParameterEstimate, ...]:
    """Return the free hyperparameters of a family, and the drift."""
    entry = job.history.entry
    rng = np.random.default_rng(PRIOR_SEED)
    prior_theta = model.theta_at(sobol_normal(PRIOR_POINTS, len(model.names), rng=rng))
    rows = _rows_of(model.names)
    found = [
        estimate_parameter(
            name, prior_theta[row], theta[row], entry=entry, at=at, coverages=COVERAGES, ess=ess
        )
        for name, row in rows.items()
    ]
    mean, sd = model.static.mean[DRIFT], np.atleast_2d(model.static.sd.T).T[DRIFT].max()
    z = normal_quantile((np.arange(PRIOR_POINTS) + 0.5) / PRIOR_POINTS)
    found.append(
        estimate_parameter(
            DRIFT_NAME, mean + sd * z, drift, entry=entry, at=at, coverages=COVERAGES, ess=ess
        )
    )
    return tuple(found)


def _rows_of(names: Sequence[str]) -> dict[str, int]:
    """Return the row of theta of each free hyperparameter: the trend's rows first, then others."""
    others = [name for name in names if name not in THETA_NAMES]
    known = (*THETA_NAMES, *others)
    return {name: known.index(name) for name in names}


def _level(job: SingleJob, model: SingleModel, effects: FloatArray) -> float | None:
    """Return the level of a share at which points are meant: its last figure, or the believed."""
    if job.history.entry.kind != "share":
        return None
    known = share_level(job.history)
    if known is not None:
        return known
    level = float(np.median(effects[0])) if len(effects) else float(model.static.mean[0])
    return 1 / (1 + math.exp(-level))
