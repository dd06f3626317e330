"""Check the model of one series: its pool, its fit, and what both say of the history."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

import numpy as np

from forecaster.evaluation.engine_comparison import EngineGap, compare_engines
from forecaster.evaluation.family_fits import fit_families
from forecaster.evaluation.forecast_sensitivity import ForecastSensitivity, forecast_sensitivity
from forecaster.evaluation.predictive_checks import (
    PriorCheck,
    QuantityCheck,
    check_posterior,
    check_prior,
)
from forecaster.evaluation.stacking import series_weights, shared_steps
from forecaster.forecasts.settings import random_stream
from forecaster.inference.draw_single import draw_single
from forecaster.inference.replicate import replicate
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from numpy.typing import NDArray

    from forecaster.evaluation.family_fits import FamilyFit
    from forecaster.forecasts.settings import Settings
    from forecaster.forecasts.single_job import SingleJob
    from forecaster.inference.one_step import OneStep
    from forecaster.inference.report import FitReport
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.periods import Period
    from forecaster.workspace.pool_beliefs import PoolPrior

    FloatArray = NDArray[np.float64]
    Announce = Callable[[str], None]

N_REPLICATES = 2000


@frozen
class FamilyCheck:
    """One family of the pool, fitted to the whole history.

    Attributes
    ----------
    kind_weight, own_weight : of its kind's pool, and with the series' own folds; 0 outside the pool
    forecast_weight : share of the forecast's draws that it makes
    report : of its fit, with k-hat, ESS, rounds, evidence and evidence gap
    steps : every figure one step ahead; None where NUTS made the fit
    mean_log_score : of the folds that all families share, data scale; not a number without any
    """

    family: str
    kind_weight: float
    own_weight: float
    forecast_weight: float
    report: FitReport
    steps: OneStep | None
    mean_log_score: float


@frozen
class Check:
    """Everything that `check` says of one series.

    Attributes
    ----------
    pool : of the series' kind
    families : those that could forecast it by itself, the ones in use first
    n_folds : figures that all families foretell one step ahead and can be trusted about
    pit : (n_folds,) of those figures under the weighed pool
    prior : where the history falls in the prior predictive; None without a change to check
    posterior : quantities of the history among those of replicates
    sensitivity : of the leading family's forecast; None where NUTS made its fit
    horizon : last period of that forecast
    engines : differences of quantiles between amis and NUTS; empty where not asked for
    notes : what does not apply, and why
    """

    entry: SeriesEntry
    pool: PoolPrior
    n_figures: int
    families: tuple[FamilyCheck, ...]
    n_folds: int
    pit: FloatArray
    prior: PriorCheck | None
    posterior: tuple[QuantityCheck, ...]
    sensitivity: ForecastSensitivity | None
    horizon: Period
    engines: tuple[EngineGap, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def leading(self) -> FamilyCheck:
        """The family of most weight in the forecast."""
        return self.families[0]


def check_single(
    job: SingleJob,
    beliefs: Beliefs,
    settings: Settings,
    *,
    pool: PoolPrior,
    with_nuts: bool,
    announce: Announce,
) -> Check:
    """Fit every family that could forecast a series by itself, and check what came out.

    Parameters
    ----------
    job : of a series with figures; its weights are those of the forecast
    pool : of the series' kind
    with_nuts : also sample the leading family with NUTS, which takes half a minute
    """
    entry, seed, used = job.history.entry, settings.seed, job.weights
    fitted = fit_families(job, beliefs, settings, announce=announce)
    compared = _compared(fitted, (*pool.weights, *used))
    families = _family_checks(fitted, compared, pool, used)
    leading = fitted[families[0].family]
    n_folds = len(shared_steps(compared.values()))
    return Check(
        entry=entry,
        pool=pool,
        n_figures=leading.model.observations.n,
        families=families,
        n_folds=n_folds,
        pit=_pooled_pit(compared, used),
        prior=check_prior(leading.model, rng=random_stream(seed, entry.id, "prior check")),
        posterior=_posterior_checks(fitted, used, job, settings),
        sensitivity=_sensitivity(leading, job, settings),
        horizon=job.plan.periods[-1],
        engines=compare_engines(leading.model, leading.hyper, seed=seed, announce=announce)
        if with_nuts
        else (),
        notes=_notes(families, n_folds=n_folds),
    )


def _compared(fitted: Mapping[str, FamilyFit], names: Collection[str]) -> dict[str, OneStep]:
    """Return the steps of the families that are held against each other.

    A family outside the pool whose importance weights are poor would leave no fold to the others.
    """
    steps = {name: fit.steps for name, fit in fitted.items() if fit.steps is not None}
    return {name: one for name, one in steps.items() if name in names} or steps


def _family_checks(
    fitted: Mapping[str, FamilyFit],
    compared: Mapping[str, OneStep],
    pool: PoolPrior,
    used: Mapping[str, float],
) -> tuple[FamilyCheck, ...]:
    """Return what is to be said of every family, those of most weight in the forecast first."""
    own = series_weights(pool.weights, compared)
    order = sorted(fitted, key=lambda name: (-used.get(name, 0.0), list(fitted).index(name)))
    return tuple(
        FamilyCheck(
            family=name,
            kind_weight=pool.weights.get(name, 0.0),
            own_weight=own.get(name, 0.0),
            forecast_weight=used.get(name, 0.0),
            report=fitted[name].hyper.report,
            steps=fitted[name].steps,
            mean_log_score=_mean_score(fitted[name].steps, compared),
        )
        for name in order
    )


def _mean_score(one: OneStep | None, compared: Mapping[str, OneStep]) -> float:
    """Return a family's mean log score over the steps that all families share."""
    common = shared_steps(compared.values())
    if one is None or not common:
        return float("nan")
    return float(one.log_density[common].mean())


def _pooled_pit(steps: Mapping[str, OneStep], used: Mapping[str, float]) -> FloatArray:
    """Return the PIT of the shared steps under the mixture, (n_folds,)."""
    common = shared_steps(steps.values())
    weights = {name: used.get(name, 0.0) for name in steps}
    total = sum(weights.values())
    if not common or not total > 0:
        return np.empty(0)
    return np.asarray(sum(weights[name] / total * steps[name].pit[common] for name in steps))


def _posterior_checks(
    fitted: Mapping[str, FamilyFit],
    used: Mapping[str, float],
    job: SingleJob,
    settings: Settings,
) -> tuple[QuantityCheck, ...]:
    """Return the posterior predictive checks of the pool."""
    total = sum(used.values())
    replicates = []
    for name, fit in fitted.items():
        n = round(N_REPLICATES * used.get(name, 0.0) / total)
        if n < 1:
            continue
        rng = random_stream(settings.seed, f"{job.history.entry.id}/{name}", "replicates")
        drawn = draw_single(
            fit.model, fit.hyper, kept=job.plan.kept, end=job.plan.end, n_draws=n, rng=rng
        )
        replicates.append(replicate(fit.model, drawn.theta, drawn.effects, rng=rng))
    return check_posterior(next(iter(fitted.values())).model, replicates)


def _sensitivity(fit: FamilyFit, job: SingleJob, settings: Settings) -> ForecastSensitivity | None:
    """Return how much the leading family's forecast leans on prior and history."""
    if fit.hyper.points is None:
        return None
    return forecast_sensitivity(
        fit.model,
        fit.hyper,
        job.plan,
        job.history.entry,
        n_draws=settings.n_draws,
        seed=settings.seed,
    )


def _notes(families: tuple[FamilyCheck, ...], *, n_folds: int) -> tuple[str, ...]:
    """Return what does not apply, and why."""
    notes = [
        f"{family.family}: {failure}" for family in families for failure in family.report.failures
    ]
    notes += [
        f"{family.family} was sampled with NUTS: it has no evidence and no one-step densities"
        for family in families
        if family.steps is None
    ]
    if n_folds == 0:
        notes.append(
            "no figure has three before it and densities that can be trusted: "
            "the weights are those of the kind"
        )
    return tuple(notes)
