"""Fit and draw series that only make sense together: parts of a whole, members of a group."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from forecaster import __version__
from forecaster.forecasts.plan import parse_until
from forecaster.forecasts.settings import random_stream
from forecaster.inference.cache import ArrayCache, Stored, cache_folder, cache_key
from forecaster.workspace.judgement_index import has_judgements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from forecaster.forecasts.judgement_shift import JudgementShift
    from forecaster.forecasts.settings import Settings
    from forecaster.inference.report import FitReport
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import Facts, History
    from forecaster.workspace.periods import Period

    Announce = Callable[[str], None]
    FloatArray = NDArray[np.float64]


_INDEX = "(theta index)"
_FACTOR = "(factor)"
"""Names that no series has."""


@dataclass(frozen=True, slots=True)
class JointDrawn:
    """Trajectories of several series on one draw axis.

    Attributes
    ----------
    histories : series -> what was known of it
    periods : series -> periods forecast
    trajectories : series -> (n_draws, n_periods), unit of the series
    theta_index : (n_draws,) draws with the same number share their hyperparameters
    shifts : series -> what judgements did to its last median
    """

    histories: Mapping[str, History]
    periods: Mapping[str, tuple[Period, ...]]
    trajectories: Mapping[str, FloatArray]
    theta_index: NDArray[np.int64]
    report: FitReport
    notes: tuple[str, ...]
    from_cache: bool
    shifts: Mapping[str, JudgementShift] = field(default_factory=dict)


def heed_judgements(
    drawn: JointDrawn,
    facts: Facts,
    beliefs: Beliefs,
    settings: Settings,
    *,
    name: str,
    announce: Announce,
) -> JointDrawn:
    """Return the draws weighed by what experts said about any of the series.

    Parameters
    ----------
    name : of the whole or group, which names the random stream
    """
    spoken_of = [
        series for series in drawn.trajectories if has_judgements(beliefs.workspace, series)
    ]
    if settings.without_judgements or not spoken_of:
        return drawn
    from forecaster.forecasts.judged_joint import judge_joint
    from forecaster.forecasts.judgement_shift import measure_shift

    judged = judge_joint(
        facts,
        beliefs,
        settings,
        periods=drawn.periods,
        trajectories=drawn.trajectories,
        name=name,
        announce=announce,
    )
    if judged is None:
        return drawn
    weighed = judged.weighed
    n_used = sum(shift.n_used for shift in judged.shifts.values())
    shifts = {
        # what is said of one part moves the others too
        series: judged.shifts.get(series)
        or measure_shift(
            facts.entries[series],
            drawn.periods[series],
            without=paths,
            with_them=paths[weighed.chosen],
            n_used=n_used,
            n_left_out=0,
        )
        for series, paths in drawn.trajectories.items()
    }
    report = replace(
        drawn.report,
        ess=min(drawn.report.ess, weighed.ess),
        failures=(*drawn.report.failures, *weighed.failures),
        diagnostics={**drawn.report.diagnostics, "judgements_k_hat": weighed.k_hat},
    )
    return replace(
        drawn,
        trajectories={part: x[weighed.chosen] for part, x in drawn.trajectories.items()},
        theta_index=drawn.theta_index[weighed.chosen],
        report=report,
        shifts=shifts,
    )


def run_composition(
    facts: Facts, composition: str, beliefs: Beliefs, settings: Settings, announce: Announce
) -> JointDrawn:
    """Return trajectories of all parts of a composition; they sum to one in every draw.

    Raises
    ------
    InputError
        If nothing was known by the as-of date, parts add up to more than one, or nothing is left
        to forecast.
    """
    from forecaster.forecasts.composition_paths import draw_composition
    from forecaster.forecasts.composition_plan import plan_composition
    from forecaster.inference.composition_fit import fit_composition
    from forecaster.models.publications import gather_publications
    from forecaster.workspace.composition_beliefs import load_chosen_parts, load_composition_prior
    from forecaster.workspace.compositions import known_composition

    known = known_composition(
        facts,
        composition,
        as_of=settings.as_of,
        basis=settings.basis,
        chosen=load_chosen_parts(beliefs.workspace),
    )
    prior = load_composition_prior(beliefs.workspace, beliefs)
    publications = gather_publications(known, prior)
    plan = plan_composition(known, publications, until=settings.until, latent=settings.latent)

    def draw() -> Stored:
        """Return the shares drawn, fitted anew."""
        posterior = fit_composition(
            publications,
            prior,
            kept=plan.kept,
            end=plan.end,
            n_draws=settings.n_draws,
            engine=settings.engine,
            seed=settings.seed,
            rng=random_stream(settings.seed, composition, "fit"),
            announce=lambda sentence: announce(f"{composition}: {sentence}"),
        )
        rng = random_stream(settings.seed, composition, "paths")
        drawn = draw_composition(posterior, plan, rng=rng)
        arrays = {**drawn, _INDEX: posterior.theta_index}
        return Stored(_shuffled(arrays, settings, composition), posterior.report)

    key = _key(composition, settings, prior, plan, publications)
    stored, from_cache = _fetch(key, draw, settings, announce)
    return JointDrawn(
        histories=known.histories,
        periods=dict.fromkeys(known.parts, plan.periods),
        trajectories={part: stored.arrays[part] for part in known.parts},
        theta_index=stored.arrays[_INDEX],
        report=stored.report,
        notes=known.notes,
        from_cache=from_cache,
    )


def run_pooled(
    facts: Facts, series: str, beliefs: Beliefs, settings: Settings, announce: Announce
) -> JointDrawn:
    """Return trajectories of all members of a group that still have something to forecast.

    The members and their order do not hang on which of them was asked for, so neither do draws.

    Raises
    ------
    InputError
        If nothing was known of the series, it is alone in its group, or nothing is left to
        forecast.
    """
    from forecaster.forecasts.pooled_paths import draw_members, plan_group
    from forecaster.inference.pooled_draws import fit_pooled
    from forecaster.models.pooled import make_group
    from forecaster.workspace.pooled_beliefs import load_pooled_prior
    from forecaster.workspace.pools import pool_histories

    found = pool_histories(facts, [series], as_of=settings.as_of, basis=settings.basis)
    histories = {name: found[name] for name in sorted(found)}
    prior = load_pooled_prior(beliefs.workspace, facts.entries[series].kind, beliefs)
    group = make_group(histories, prior)
    names = [name for name in histories if name == series or _is_open(histories[name], settings)]
    plans = plan_group(histories, group, names, until=settings.until, latent=settings.latent)
    first = next(iter(histories))

    def draw() -> Stored:
        """Return the members' figures drawn, fitted anew."""
        posterior = fit_pooled(
            group,
            kept={name: plan.kept for name, plan in plans.items()},
            end=plans[series].end,
            n_draws=settings.n_draws,
            engine=settings.engine,
            seed=settings.seed,
            fit_rng=random_stream(settings.seed, first, "pooled fit"),
            factor_rng=random_stream(settings.seed, first, "pooled factor"),
            member_rng=lambda name: random_stream(settings.seed, name, "pooled posterior"),
            announce=lambda sentence: announce(f"{series} and its group: {sentence}"),
        )
        entries = {name: history.entry for name, history in histories.items()}
        streams = {
            name: random_stream(settings.seed, name, "pooled paths") for name in (*plans, _FACTOR)
        }
        drawn = draw_members(posterior, plans, group, entries, streams=streams, factor=_FACTOR)
        arrays = {**drawn, _INDEX: posterior.theta_index}
        return Stored(_shuffled(arrays, settings, first), posterior.report)

    key = _key(first, settings, prior, *plans.values(), group)
    stored, from_cache = _fetch(key, draw, settings, announce)
    return JointDrawn(
        histories=histories,
        periods={name: plan.periods for name, plan in plans.items()},
        trajectories={name: stored.arrays[name] for name in plans},
        theta_index=stored.arrays[_INDEX],
        report=stored.report,
        notes=(f"one of {len(histories)} members of a group that share a factor",),
        from_cache=from_cache,
    )


def _shuffled(
    drawn: Mapping[str, NDArray[Any]], settings: Settings, name: str
) -> dict[str, NDArray[Any]]:
    """Return draws in random order, the same for all arrays.

    They come in the order in which hyperparameters were resampled, which must not line up with
    that of other series: draw k of every series is one world.
    """
    order = random_stream(settings.seed, name, "order").permutation(settings.n_draws)
    return {part: array[order] for part, array in drawn.items()}


def _is_open(history: History, settings: Settings) -> bool:
    """Say whether a member has a figure to forecast by the horizon."""
    last = parse_until(settings.until).end
    ends = [row.period.end for row in history.published if row.basis == history.target_basis]
    return max(ends) < last


def _fetch(
    key: str, draw: Callable[[], Stored], settings: Settings, announce: Announce
) -> tuple[Stored, bool]:
    """Return what the cache holds, or draw it, and keep it if the fit is reliable."""
    cache = ArrayCache(cache_folder(), announce) if settings.use_cache else None
    found = cache.load(key) if cache else None
    if found is not None:
        return found, True
    stored = draw()
    if cache and stored.report.is_reliable:
        cache.store(key, stored)
    return stored, False


def _key(name: str, settings: Settings, *parts: object) -> str:
    """Return the cache's key: name, engine, draws, and every field of the parts."""
    return cache_key(
        __version__, "joint", name, settings.engine, settings.n_draws, settings.seed,
        *(value for part in parts for value in _flat(part)),
    )  # fmt: skip


def _flat(part: object) -> Iterator[object]:
    """Yield what a record is made of, down to arrays and plain values."""
    if is_dataclass(part) and not isinstance(part, type):
        for each in fields(part):
            yield from _flat(getattr(part, each.name))
    elif isinstance(part, dict):
        for name, value in part.items():
            yield name
            yield from _flat(value)
    elif isinstance(part, tuple) and any(is_dataclass(item) for item in part):
        for item in part:
            yield from _flat(item)
    else:
        yield part
