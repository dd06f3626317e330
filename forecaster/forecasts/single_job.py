"""Prepare the forecast of one series by itself: history, events, models and plan."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forecaster.errors import InputError, NotYetKnown
from forecaster.forecasts.plan import plan_forecast
from forecaster.models import SINGLE_FAMILIES
from forecaster.models.choose import single_model
from forecaster.models.observations import believed_level, link_observations
from forecaster.models.regressors import event_regressors, seasons
from forecaster.models.static_effects import static_prior
from forecaster.records import frozen
from forecaster.workspace.drivers import ChosenEvents, choose_events
from forecaster.workspace.facts import History
from forecaster.workspace.history import known_by
from forecaster.workspace.series_beliefs import check_cap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.forecasts.plan import Plan
    from forecaster.forecasts.settings import Settings
    from forecaster.models.observations import Observations
    from forecaster.models.regressors import Regressor
    from forecaster.models.single import SingleModel
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import Facts
    from forecaster.workspace.series_beliefs import SeriesPrior

BEFORE = 1e-6
"""Years; the end of 2025 is 2026.0, and belongs to 2025."""
LEAST_SEASONAL = 5
"""Figures shorter than a year from which a series has seasons: one year and one more."""


@frozen
class SingleJob:
    """Everything that the fit and the forecast of one series need.

    Attributes
    ----------
    family : what the user or the beliefs asked for: one family, 'pool', or 'judgement-only'
    models : family -> SingleModel of the same observations
    weights : family -> weight in the forecast
    events : dated events that the history bears, and those it does not
    """

    history: History
    prior: SeriesPrior
    family: str
    models: Mapping[str, SingleModel]
    weights: Mapping[str, float]
    plan: Plan
    events: ChosenEvents


def prepare_single(
    facts: Facts, series: str, beliefs: Beliefs, settings: Settings, *, family: str
) -> SingleJob:
    """Return the job of one series.

    Raises
    ------
    InputError
        If nothing was known by the as-of date and no level is believed, or nothing is left to
        forecast.
    """
    entry = facts.entries[series]
    prior = beliefs.of(entry)
    history, observations = _look_back(facts, prior, settings, family=family)
    if history.data:
        check_cap(prior, history)
    events = choose_events(
        beliefs.events, series, as_of=settings.as_of, n_figures=len(history.data)
    )
    static = static_prior(
        observations,
        prior.trend,
        is_share=entry.kind == "share" and bool(history.data),
        regressors=(*event_regressors(events.kept), *_seasons(history, prior)),
    )
    weights = _weights(family, history, beliefs)
    models = {
        name: single_model(
            name,
            observations,
            static,
            trend=prior.trend,
            jumps=beliefs.jumps[entry.kind],
            cap=prior.cap or beliefs.cap,
        )
        for name in weights
    }
    plan = plan_forecast(history, observations, until=settings.until, latent=settings.latent)
    return SingleJob(history, prior, family, models, weights, plan, events)


def _look_back(
    facts: Facts, prior: SeriesPrior, settings: Settings, *, family: str
) -> tuple[History, Observations]:
    """Return what was known, on the link scale too; the believed level where nothing was."""
    entry = facts.entries[prior.series]
    if family != "judgement-only":
        try:
            history = known_by(facts, entry.id, as_of=settings.as_of, basis=settings.basis)
            return history, link_observations(history, prior.trend)
        except InputError:
            if prior.level is None or settings.basis is not None:
                raise
    if prior.level is None:
        raise InputError(
            problem=f"'{entry.id}' has no history, and no level is stated for it",
            where=prior.where or f"priors/series/{entry.id}.toml",
            fix=f"state one: forecaster priors elicit {entry.id} --what level",
        )
    if settings.basis is not None:
        raise InputError(
            problem=f"'{entry.id}' has no figures, so it has no bases",
            where="--basis",
            fix="leave --basis out",
        )
    if settings.as_of.year < math.floor(prior.level.time - BEFORE):
        raise NotYetKnown(
            problem=f"nothing was known of '{entry.id}' by {settings.as_of}: what is believed of "
            f"it was stated about {math.floor(prior.level.time - BEFORE)}",
            where=f"--as-of {settings.as_of}",
            fix="use a later day",
        )
    history = History(entry, settings.as_of, (), (), "")
    return history, believed_level(entry, prior.level, prior.trend)


def _weights(family: str, history: History, beliefs: Beliefs) -> Mapping[str, float]:
    """Return the families that are fitted, with their weights."""
    if family in SINGLE_FAMILIES:
        return {family: 1.0}
    if family == "judgement-only" or not history.data:
        return {"trend": 1.0}
    return beliefs.pool[history.entry.kind]


def _seasons(history: History, prior: SeriesPrior) -> tuple[Regressor, ...]:
    """Return the seasonal contrasts of a flow that states an sd, and has the figures for them."""
    is_flow = history.entry.timing == "flow" and history.entry.kind != "cumulative"
    n_short = sum(row.period.length < 0.5 for row in history.data)
    if not is_flow or n_short < LEAST_SEASONAL or not prior.seasonal_sd:
        return ()
    return seasons(prior.seasonal_sd)
