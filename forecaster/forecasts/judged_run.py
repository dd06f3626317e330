"""Fit and draw one series with what experts said about it, and without, to see the difference."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster import __version__
from forecaster.forecasts.judgement_shift import JudgementShift, measure_shift
from forecaster.forecasts.pool_report import join_reports
from forecaster.forecasts.settings import random_stream
from forecaster.forecasts.single_paths import FamilyPaths, SinglePaths
from forecaster.forecasts.single_run import Drawn, fit_key, share_out
from forecaster.forecasts.trajectories import draw_trajectories
from forecaster.inference.cache import ArrayCache, Stored, cache_folder, cache_key
from forecaster.inference.certify import infer
from forecaster.inference.draw_single import draw_single
from forecaster.inference.judgements import fuse
from forecaster.inference.posterior import Posterior
from forecaster.inference.single import single_problem
from forecaster.inference.steering import ReadingWeights, Steering
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from forecaster.forecasts.judgement_job import JudgementJob
    from forecaster.forecasts.settings import Settings
    from forecaster.forecasts.single_job import SingleJob

    FloatArray = NDArray[np.float64]
    Announce = Callable[[str], None]


@frozen
class JudgedDrawn:
    """Trajectories of one series given judgements, and what these changed.

    Attributes
    ----------
    drawn : with the judgements
    without : (n_draws, n_periods) trajectories without them, unit of the series
    shift : of the last period's median
    ours, values : (n,) our forecast of each judgement's day and its de-anchored value, link scale,
        weighed over the families; ours is nan where nothing was known on the day
    """

    drawn: Drawn
    without: FloatArray
    shift: JudgementShift
    ours: FloatArray
    values: FloatArray


@frozen
class _Fitted:
    """One family without and with the judgements."""

    alone: Posterior
    fused: Posterior
    steering: Steering
    ours: FloatArray
    values: FloatArray
    from_cache: bool


def run_judged(
    job: SingleJob,
    judged: JudgementJob,
    settings: Settings,
    *,
    announce: Announce,
    innovations: FloatArray | None = None,
) -> JudgedDrawn:
    """Return trajectories drawn from the families' posteriors given the judgements.

    Parameters
    ----------
    judged : with at least one reading
    innovations : (n_steps, 3, n_draws) standard normals of the steps; the series' own when None
    """
    entry, plan, n_draws = job.history.entry, job.plan, settings.n_draws
    shares = share_out(job.weights, n_draws, random_stream(settings.seed, entry.id, "pool"))
    rng = random_stream(settings.seed, entry.id, "paths")
    if innovations is None:
        innovations = rng.standard_normal((plan.n_steps, 3, n_draws))
    without, with_them = np.empty((2, n_draws, len(plan.periods)))
    theta_index = np.empty(n_draws, dtype=np.int64)
    fits: dict[str, _Fitted] = {}
    parts = []
    for family, chosen in shares.items():
        model, mine = job.models[family], innovations[..., chosen]
        fit = _fit(job, judged, family, replace(settings, n_draws=len(chosen)), announce)
        stream = random_stream(settings.seed, f"{entry.id}/{family}", "judged paths")
        steered = fit.steering.steer(fit.fused.theta, mine, rng=stream)
        without[chosen] = draw_trajectories(
            fit.alone, plan, model, entry, rng=rng, innovations=mine
        )
        parts.append(FamilyPaths(model, fit.fused, chosen, steered, deepcopy(stream), fit.steering))
        with_them[chosen] = draw_trajectories(
            fit.fused, plan, model, entry, rng=stream, innovations=steered
        )
        theta_index[chosen] = fit.fused.theta_index + sum(
            int(found.fused.theta_index.max()) + 1 for found in fits.values()
        )
        fits[family] = fit
    weights = {family: len(chosen) / n_draws for family, chosen in shares.items()}
    drawn = Drawn(
        paths=SinglePaths(tuple(parts), plan, entry),
        trajectories=with_them,
        theta_index=theta_index,
        report=join_reports({family: fit.fused.report for family, fit in fits.items()}, weights),
        weights=weights,
        posteriors={family: fit.fused for family, fit in fits.items()},
        from_cache=all(fit.from_cache for fit in fits.values()),
    )
    return _with_shift(job, judged, drawn, without, fits)


def _with_shift(
    job: SingleJob,
    judged: JudgementJob,
    drawn: Drawn,
    without: FloatArray,
    fits: Mapping[str, _Fitted],
) -> JudgedDrawn:
    """Return the draws with what judgements changed, weighed over the families."""
    shift = measure_shift(
        job.history.entry, job.plan.periods, without=without, with_them=drawn.trajectories,
        n_used=len(judged.readings), n_left_out=len(judged.left_out),
    )  # fmt: skip
    ours, values = (
        np.sum([drawn.weights[name] * getattr(fit, part) for name, fit in fits.items()], axis=0)
        for part in ("ours", "values")
    )
    return JudgedDrawn(drawn, without, shift, ours, values)


def _fit(
    job: SingleJob, judged: JudgementJob, family: str, settings: Settings, announce: Announce
) -> _Fitted:
    """Return one family's posteriors without and with judgements, from the cache where they are."""
    model, plan, entry = job.models[family], job.plan, job.history.entry
    model_of = judged.model_of(family)
    cache = ArrayCache(cache_folder(), announce) if settings.use_cache else None
    key = cache_key(
        fit_key(model, plan, entry, settings), "judged", __version__, judged.experts_hash,
        *_said(judged, family),
    )  # fmt: skip
    found = cache.load(key) if cache else None
    if found is not None:
        return _unpack(found)
    name = entry.id if family == "trend" else f"{entry.id}/{family}"
    hyper = infer(
        single_problem(model),
        engine=settings.engine,
        seed=settings.seed,
        rng=random_stream(settings.seed, name, "fit"),
        announce=lambda sentence: announce(f"{entry.id}: {sentence}"),
    )
    alone = draw_single(
        model, hyper, kept=plan.kept, end=plan.end, n_draws=settings.n_draws,
        rng=random_stream(settings.seed, name, "posterior"),
    )  # fmt: skip
    fusion = fuse(
        model, hyper, judged.readings, model_of, kept=plan.kept, end=plan.end,
        per_year=round(1 / plan.step_length), n_draws=settings.n_draws,
        rng=random_stream(settings.seed, name, "judgements"),
        announce=lambda sentence: announce(f"{entry.id}: {sentence}"),
    )  # fmt: skip
    fitted = _Fitted(
        alone, fusion.posterior, fusion.steering, fusion.ours, fusion.values, from_cache=False
    )
    if cache and fusion.posterior.report.is_reliable:
        cache.store(key, _pack(fitted))
    return fitted


def _said(judged: JudgementJob, family: str) -> list[object]:
    """Return all that the fusion hangs on beside the model: readings, and what was known then."""
    found: list[object] = []
    for reading in judged.readings:
        found += [getattr(reading, each.name) for each in fields(reading)]
        model = judged.model_of(family)(reading.judgement.made_on)
        if model is not None:
            o = model.observations
            found += [o.start, o.end, o.z, o.noise_sd, o.basis, model.static.mean, model.static.sd]
    return found


_POSTERIOR = ("theta", "theta_index", "effects", "state", "kept")
_STEERING = ("wanted", "error_root", "jump_variance")
_WEIGHTS = ("of_kept", "of_averages", "of_levels")


def _pack(fitted: _Fitted) -> Stored:
    """Return what the cache holds of a fit."""
    arrays = {f"alone.{name}": getattr(fitted.alone, name) for name in _POSTERIOR}
    arrays |= {f"fused.{name}": getattr(fitted.fused, name) for name in _POSTERIOR}
    arrays |= {name: getattr(fitted.steering, name) for name in _STEERING}
    weights = fitted.steering.weights
    arrays |= {name: getattr(weights, name) for name in _WEIGHTS}
    arrays |= {
        "kept": np.array(weights.kept, dtype=np.float64).reshape(-1, 2),
        "step_length": np.array([weights.step_length]),
        "ours": fitted.ours,
        "values": fitted.values,
    }
    return Stored(arrays, fitted.fused.report)


def _unpack(stored: Stored) -> _Fitted:
    """Return the fit that `_pack` packed; the posterior without judgements has the same report."""
    arrays = stored.arrays
    alone, fused = (
        Posterior(**{name: arrays[f"{which}.{name}"] for name in _POSTERIOR}, report=stored.report)
        for which in ("alone", "fused")
    )
    weights = ReadingWeights(
        kept=tuple((float(a), float(b)) for a, b in arrays["kept"]),
        step_length=float(arrays["step_length"][0]),
        **{name: arrays[name] for name in _WEIGHTS},
    )
    steering = Steering(weights, **{name: arrays[name] for name in _STEERING})
    return _Fitted(alone, fused, steering, arrays["ours"], arrays["values"], from_cache=True)
