"""Fit and draw one series by itself: by one family, or by the weighed families of a pool.

history + beliefs -> models -> posteriors -> trajectories, the draws shared out among the families
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster import __version__
from forecaster.forecasts.pool_report import join_reports
from forecaster.forecasts.settings import random_stream
from forecaster.forecasts.single_paths import FamilyPaths, SinglePaths
from forecaster.forecasts.trajectories import draw_trajectories
from forecaster.inference.cache import PosteriorCache, cache_folder, cache_key
from forecaster.inference.certify import infer
from forecaster.inference.draw_single import draw_single
from forecaster.inference.single import single_problem
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from forecaster.forecasts.plan import Plan
    from forecaster.forecasts.settings import Settings
    from forecaster.inference.posterior import Posterior
    from forecaster.inference.report import FitReport
    from forecaster.models.single import SingleModel
    from forecaster.workspace.facts import SeriesEntry

    FloatArray = NDArray[np.float64]
    Announce = Callable[[str], None]

_FITTED_ARRAYS = ("start", "end", "z", "jensen", "noise_sd", "basis", "offset_sd")


@frozen
class Drawn:
    """Trajectories of one series, with how they came about.

    Attributes
    ----------
    paths : what the trajectories are made of
    trajectories : (n_draws, n_periods), unit of the series, in worlds without drivers
    theta_index : (n_draws,) draws with the same number share their hyperparameters
    weights : family -> share of the draws
    posteriors : family -> Posterior of its draws
    """

    paths: SinglePaths
    trajectories: FloatArray
    theta_index: NDArray[np.int64]
    report: FitReport
    weights: Mapping[str, float]
    posteriors: Mapping[str, Posterior]
    from_cache: bool


def run_single(
    models: Mapping[str, SingleModel],
    weights: Mapping[str, float],
    plan: Plan,
    entry: SeriesEntry,
    settings: Settings,
    *,
    announce: Announce,
    innovations: FloatArray | None = None,
) -> Drawn:
    """Return trajectories drawn from the families' posteriors, in proportion to their weights.

    Parameters
    ----------
    models : family -> SingleModel, of the same observations
    weights : family -> weight; a family of no weight is not fitted
    innovations : (n_steps, 3, n_draws) standard normals of the steps; the series' own when None
    """
    shares = share_out(weights, settings.n_draws, random_stream(settings.seed, entry.id, "pool"))
    rng = random_stream(settings.seed, entry.id, "paths")
    if innovations is None:
        innovations = rng.standard_normal((plan.n_steps, 3, settings.n_draws))
    trajectories = np.empty((settings.n_draws, len(plan.periods)))
    theta_index = np.empty(settings.n_draws, dtype=np.int64)
    posteriors: dict[str, Posterior] = {}
    is_cached, parts = [], []
    for family, chosen in shares.items():
        fit = replace(settings, n_draws=len(chosen))
        posterior, from_cache = fit_single(models[family], plan, entry, fit, announce)
        taken = sum(found.n_draws for found in posteriors.values())
        mine = innovations[..., chosen]
        parts.append(FamilyPaths(models[family], posterior, chosen, mine, deepcopy(rng)))
        trajectories[chosen] = draw_trajectories(
            posterior, plan, models[family], entry, rng=rng, innovations=mine
        )
        theta_index[chosen] = posterior.theta_index + taken
        posteriors[family] = posterior
        is_cached.append(from_cache)
    weighed = {family: len(chosen) / settings.n_draws for family, chosen in shares.items()}
    reports = {family: posterior.report for family, posterior in posteriors.items()}
    return Drawn(
        paths=SinglePaths(tuple(parts), plan, entry),
        trajectories=trajectories,
        theta_index=theta_index,
        report=join_reports(reports, weighed),
        weights=weighed,
        posteriors=posteriors,
        from_cache=all(is_cached),
    )


def share_out(
    weights: Mapping[str, float], n_draws: int, rng: np.random.Generator
) -> dict[str, NDArray[np.int64]]:
    """Return which draws each family makes: as many as its weight, at random places.

    Places are random because draw k of every series is one world: neither families nor the order
    in which hyperparameters were resampled must line up.
    """
    total = sum(weights.values())
    edges = np.rint(np.cumsum([w / total for w in weights.values()]) * n_draws).astype(np.int64)
    sizes = np.diff(edges, prepend=0)
    used = [(family, int(n)) for family, n in zip(weights, sizes, strict=True) if n > 0]
    parts = np.split(rng.permutation(n_draws), np.cumsum([n for _, n in used])[:-1])
    return {family: part for (family, _), part in zip(used, parts, strict=True)}


def fit_single(
    model: SingleModel, plan: Plan, entry: SeriesEntry, settings: Settings, announce: Announce
) -> tuple[Posterior, bool]:
    """Return the posterior, and whether it came from the cache."""
    cache = PosteriorCache(cache_folder(), announce) if settings.use_cache else None
    key = fit_key(model, plan, entry, settings)
    found = cache.load(key) if cache else None
    if found is not None:
        return found, True
    name = entry.id if model.family == "trend" else f"{entry.id}/{model.family}"
    hyper = infer(
        single_problem(model),
        engine=settings.engine,
        seed=settings.seed,
        rng=random_stream(settings.seed, name, "fit"),
        announce=lambda sentence: announce(f"{entry.id}: {sentence}"),
    )
    posterior = draw_single(
        model,
        hyper,
        kept=plan.kept,
        end=plan.end,
        n_draws=settings.n_draws,
        rng=random_stream(settings.seed, name, "posterior"),
    )
    if cache and hyper.report.is_reliable:
        cache.store(key, posterior)
    return posterior, False


def fit_key(model: SingleModel, plan: Plan, entry: SeriesEntry, settings: Settings) -> str:
    """Return the cache's key: everything that the posterior hangs on."""
    o, static = model.observations, model.static
    return cache_key(
        __version__, entry.id, settings.engine, model.family, settings.n_draws, settings.seed,
        model.theta_at(np.array([[0.0] * len(model.names), [1.0] * len(model.names)])),
        static.anchor, static.mean, static.sd, static.columns, static.regressors,
        plan.kept, plan.end, *(getattr(o, name) for name in _FITTED_ARRAYS), o.scale,
    )  # fmt: skip
