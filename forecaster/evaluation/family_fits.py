"""Fit every family that could forecast a series by itself, to one history."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.forecasts.settings import random_stream
from forecaster.inference.certify import infer
from forecaster.inference.one_step import OneStep, one_step_ahead
from forecaster.inference.single import single_problem
from forecaster.models.choose import single_model
from forecaster.models.static_effects import DRIFT, StaticPrior
from forecaster.models.walk import DRIFT_WIDTH
from forecaster.records import frozen
from forecaster.workspace.pool_beliefs import POOL_FAMILIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.forecasts.settings import Settings
    from forecaster.forecasts.single_job import SingleJob
    from forecaster.inference.certify import HyperPosterior
    from forecaster.models.single import SingleModel
    from forecaster.workspace.beliefs import Beliefs

    Announce = Callable[[str], None]


@frozen
class FamilyFit:
    """A family's model with its fit.

    Attributes
    ----------
    steps : every figure one step ahead; None where NUTS made the fit
    """

    model: SingleModel
    hyper: HyperPosterior
    steps: OneStep | None


def fit_families(
    job: SingleJob, beliefs: Beliefs, settings: Settings, *, announce: Announce
) -> dict[str, FamilyFit]:
    """Return the fit of every family that could forecast a series by itself.

    Substitution is among them only where a cap is stated for the series, or it makes the forecast.

    Parameters
    ----------
    job : of a series with figures
    """
    series = job.history.entry.id
    return {
        name: _fit(model, series, settings, announce)
        for name, model in _models(job, beliefs).items()
    }


def _models(job: SingleJob, beliefs: Beliefs) -> dict[str, SingleModel]:
    """Return the models, those of the forecast as they are."""
    entry = job.history.entry
    first = next(iter(job.models.values()))
    names = [
        name
        for name in POOL_FAMILIES
        if name in job.models or name != "substitution" or job.prior.cap is not None
    ]
    static = _common_static(job)
    return {
        name: job.models.get(name)
        or single_model(
            name,
            first.observations,
            static,
            trend=job.prior.trend,
            jumps=beliefs.jumps[entry.kind],
            cap=job.prior.cap or beliefs.cap,
        )
        for name in names
    }


def _common_static(job: SingleJob) -> StaticPrior:
    """Return the static prior that families are built from.

    A walk holds its own, with a wider drift: where the forecast is a walk alone, that is undone.
    """
    for name, model in job.models.items():
        if name != "walk":
            return model.static
    static = job.models["walk"].static
    sd = static.sd.copy()
    sd[DRIFT] /= DRIFT_WIDTH
    return replace(static, sd=sd)


def _fit(model: SingleModel, series: str, settings: Settings, announce: Announce) -> FamilyFit:
    """Return a family's fit, with its steps."""
    name = series if model.family == "trend" else f"{series}/{model.family}"
    hyper = infer(
        single_problem(model),
        engine=settings.engine,
        seed=settings.seed,
        rng=random_stream(settings.seed, name, "fit"),
        announce=lambda sentence: announce(f"{name}: {sentence}"),
    )
    steps = one_step_ahead(model, hyper.points) if hyper.points is not None else None
    return FamilyFit(model, hyper, steps)
