"""Make one forecast, from facts and beliefs to trajectories.

facts + beliefs -> history -> model -> posterior -> trajectories -> bands and answers
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster import __version__
from forecaster.errors import UnreliableFit
from forecaster.forecasts.crossing import count_crossings, crossing_error
from forecaster.forecasts.forecast import Forecast, Manifest, Reach, Settled
from forecaster.forecasts.plan import parse_until, plan_forecast
from forecaster.forecasts.trajectories import draw_trajectories
from forecaster.inference.cache import PosteriorCache, cache_folder, cache_key
from forecaster.inference.certify import infer
from forecaster.inference.posterior import draw_posterior, resample
from forecaster.inference.single import single_problem
from forecaster.inference.timeline import lay_out
from forecaster.models.observations import link_observations
from forecaster.models.static_effects import static_prior
from forecaster.models.trend import trend_model
from forecaster.workspace.history import known_by

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from forecaster.forecasts.plan import Plan
    from forecaster.inference.posterior import Posterior
    from forecaster.models.observations import Observations
    from forecaster.workspace.beliefs import Beliefs, TrendPrior
    from forecaster.workspace.facts import Facts, History, Row

    Announce = Callable[[str], None]

DEFAULT_SEED = 20260101
DEFAULT_DRAWS = 4000
DEFAULT_COVERAGES = (0.5, 0.8, 0.95)
BASELINE = "baseline"
"""The scenario that forces nothing."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What was asked for, besides the series.

    Attributes
    ----------
    as_of : only what was published by then is used
    until : last period; its frequency is that of the figures
    coverages : nominal probabilities of the bands, each in (0, 1)
    engine : 'amis' | 'brute-force' | 'nuts'
    model : family name
    n_draws, seed : of the trajectories
    basis : target basis; None takes the one with the newest figure
    latent : the latent level on the finest grid, not the published figure
    allow_unreliable : go on when a fit is not certified, with a warning
    use_cache : look for the posterior in the user's cache, and keep it there
    """

    as_of: date
    until: str
    coverages: tuple[float, ...] = DEFAULT_COVERAGES
    engine: str = "amis"
    model: str = "trend"
    n_draws: int = DEFAULT_DRAWS
    seed: int = DEFAULT_SEED
    basis: str | None = None
    latent: bool = False
    allow_unreliable: bool = False
    use_cache: bool = True


def make_forecast(
    facts: Facts, series: str, beliefs: Beliefs, settings: Settings, *, announce: Announce
) -> Forecast:
    """Return the forecast of one series.

    Raises
    ------
    InputError
        If nothing was known by the as-of date, or nothing is left to forecast.
    UnreliableFit
        If the fit is not certified and `settings.allow_unreliable` is off.
    """
    return _run(facts, series, beliefs, settings, announce).forecast


def make_reach(
    facts: Facts,
    series: str,
    beliefs: Beliefs,
    settings: Settings,
    *,
    level: float,
    below: bool,
    announce: Announce,
) -> Reach:
    """Return how likely one series reaches a level, by each period.

    Raises
    ------
    InputError, UnreliableFit
        As `make_forecast`.
    """
    run = _run(facts, series, beliefs, settings, announce)
    crossing = count_crossings(run.forecast.trajectories, level, below=below)
    return Reach(
        forecast=run.forecast,
        level=level,
        below=below,
        by_period=crossing.by_period,
        first_in_period=crossing.first_in_period,
        at_or_beyond=crossing.at_or_beyond,
        never=crossing.never,
        mcse=crossing_error(
            run.forecast.trajectories,
            level,
            below=below,
            theta_index=run.posterior.theta_index,
            ess=run.posterior.report.ess,
        ),
        passed=_figures_beyond(run.forecast.history, level, below=below),
    )


def settle(
    facts: Facts, series: str, settings: Settings, *, level: float, below: bool
) -> Settled | None:
    """Return the answer that history has given, or None where something is left to forecast.

    Raises
    ------
    InputError
        If nothing was known by the as-of date, or `settings.until` is no period.
    """
    history = known_by(facts, series, as_of=settings.as_of, basis=settings.basis)
    by = parse_until(settings.until)
    on_target = [row for row in history.published if row.basis == history.target_basis]
    if by.end > max(row.period.end for row in on_target):
        return None
    beyond = _figures_beyond(history, level, below=below)
    return Settled(
        history=history,
        level=level,
        below=below,
        by=by,
        figures=tuple(row for row in on_target if row.period.end <= by.end),
        passed=tuple(row for row in beyond if row.period.end <= by.end),
    )


@dataclass(frozen=True, slots=True)
class _Run:
    """A forecast with the posterior that it was drawn from."""

    forecast: Forecast
    posterior: Posterior


def _run(
    facts: Facts, series: str, beliefs: Beliefs, settings: Settings, announce: Announce
) -> _Run:
    """Walk the straight line for one series."""
    history = known_by(facts, series, as_of=settings.as_of, basis=settings.basis)
    prior = beliefs.trend[history.entry.kind]
    observations = link_observations(history, prior)
    plan = plan_forecast(history, observations, until=settings.until, latent=settings.latent)
    posterior, from_cache = _fit(history, observations, prior, plan, settings, announce)
    warnings = _require_reliable(posterior, series, settings)
    trajectories = draw_trajectories(
        posterior, plan, observations, history.entry, rng=_stream(settings.seed, series, "paths")
    )
    forecast = Forecast(
        history=history,
        scenario=BASELINE,
        periods=plan.periods,
        trajectories=trajectories,
        quantity="latent" if settings.latent else "published",
        coverages=settings.coverages,
        report=posterior.report,
        manifest=_manifest(facts, beliefs, settings),
        warnings=(*history.notes, *observations.notes, *warnings),
        from_cache=from_cache,
        theta_index=posterior.theta_index,
    )
    return _Run(forecast, posterior)


def _fit(
    history: History,
    observations: Observations,
    prior: TrendPrior,
    plan: Plan,
    settings: Settings,
    announce: Announce,
) -> tuple[Posterior, bool]:
    """Return the posterior, from the cache when it has been fitted before."""
    series, is_share = history.entry.id, history.entry.kind == "share"
    key = cache_key(
        __version__, series, settings.engine, settings.model, settings.n_draws, settings.seed,
        is_share, prior, plan.kept, plan.end,
        *(getattr(observations, name) for name in _FITTED_ARRAYS), observations.scale,
    )  # fmt: skip
    cache = PosteriorCache(cache_folder(), announce) if settings.use_cache else None
    found = cache.load(key) if cache else None
    if found is not None:
        return found, True
    static = static_prior(observations, prior, is_share=is_share)
    hyper = infer(
        single_problem(trend_model(observations, static, prior)),
        engine=settings.engine,
        seed=settings.seed,
        rng=_stream(settings.seed, series, "fit"),
        announce=lambda sentence: announce(f"{series}: {sentence}"),
    )
    rng = _stream(settings.seed, series, "posterior")
    chosen, index = np.unique(
        resample(hyper.weights, settings.n_draws, rng=rng), return_inverse=True
    )
    posterior = draw_posterior(
        np.ascontiguousarray(hyper.theta[:, chosen]),
        index,
        observations,
        lay_out(observations, kept=plan.kept, end=plan.end),
        static,
        report=hyper.report,
        rng=rng,
    )
    if cache and hyper.report.is_reliable:
        cache.store(key, posterior)
    return posterior, False


_FITTED_ARRAYS = ("start", "end", "z", "jensen", "noise_sd", "basis", "offset_sd")


def _stream(seed: int, series: str, purpose: str) -> np.random.Generator:
    """Return the random stream of one series and purpose.

    Keyed by the series' id, so that its draws are the same whether it runs alone or with others.
    """
    words = np.frombuffer(hashlib.sha256(f"{series}/{purpose}".encode()).digest(), dtype="<u4")
    return np.random.default_rng(np.random.SeedSequence([seed, *words.tolist()]))


def _require_reliable(posterior: Posterior, series: str, settings: Settings) -> tuple[str, ...]:
    """Return a warning for a fit that failed its checks and was asked for all the same."""
    report = posterior.report
    if report.is_reliable:
        return ()
    if not settings.allow_unreliable:
        raise UnreliableFit(report, series=series)
    return (f"the fit is unreliable: {'; '.join(report.failures)}",)


def _manifest(facts: Facts, beliefs: Beliefs, settings: Settings) -> Manifest:
    """Return what is needed to produce the numbers again."""
    return Manifest(
        version=__version__,
        seed=settings.seed,
        n_draws=settings.n_draws,
        engine=settings.engine,
        model=settings.model,
        facts_hash=facts.hash,
        beliefs_hash=beliefs.hash,
    )


def _figures_beyond(history: History, level: float, *, below: bool) -> tuple[Row, ...]:
    """Return the published figures, on any basis, that are at or beyond the level."""
    return tuple(
        row for row in history.published if (row.value <= level if below else row.value >= level)
    )
