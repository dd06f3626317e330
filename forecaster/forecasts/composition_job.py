"""Fit and draw the parts of a whole together."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.composition_paths import CompositionPaths, WholePaths, draw_paths
from forecaster.forecasts.composition_plan import plan_composition
from forecaster.forecasts.joint_drawn import (
    INDEX,
    Fitted,
    JointDrawn,
    Learnt,
    fetch,
    in_random_order,
    joint_cache_key,
)
from forecaster.forecasts.settings import random_stream
from forecaster.models.composition import coordinate_scale
from forecaster.models.part_beliefs import part_drift, part_slope, with_part_beliefs
from forecaster.models.publications import gather_publications
from forecaster.models.regressors import event_regressors
from forecaster.models.trend import S_B, S_L, S_O, theta_at
from forecaster.records import frozen
from forecaster.workspace.beliefs import THETA_NAMES
from forecaster.workspace.composition_beliefs import load_chosen_parts, load_composition_prior
from forecaster.workspace.compositions import known_composition
from forecaster.workspace.joint_beliefs import events_of, stated_growth, with_notes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from forecaster.forecasts.composition_plan import CompositionPlan
    from forecaster.forecasts.settings import Settings
    from forecaster.inference.composition_fit import CompositionPosterior
    from forecaster.models.publications import Publications
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.composition_beliefs import CompositionPrior
    from forecaster.workspace.compositions import Composition
    from forecaster.workspace.drivers import ChosenEvents
    from forecaster.workspace.facts import Facts

    Announce = Callable[[str], None]
    FloatArray = NDArray[np.float64]

FAMILY = "composition"


@frozen
class CompositionJob:
    """Everything that the fit and the forecast of a whole need.

    Attributes
    ----------
    publications : with dated events and stated growth of the parts
    events : part -> its dated events, those in the fit and those left out
    """

    known: Composition
    prior: CompositionPrior
    publications: Publications
    plan: CompositionPlan
    events: Mapping[str, ChosenEvents]

    @property
    def names(self) -> tuple[str, ...]:
        """The hyperparameters."""
        return THETA_NAMES

    def theta_prior(self, unit: FloatArray) -> FloatArray:
        """Return hyperparameters at standard normal points, (4, n_points), of a share's logit."""
        return theta_at(unit, self.prior.share, scale=1.0)

    def windows(self, part: str) -> tuple[FloatArray, FloatArray]:
        """Return starts and ends of the publications in which a part had begun."""
        p = self.publications
        seen = p.exists[:, self.known.parts.index(part)]
        return p.start[seen], p.end[seen]

    def drift_prior(self, part: str) -> tuple[float, float]:
        """Return mean and sd of a part's long-run growth at the last shares, logits a year."""
        return part_drift(self.publications, self.prior, self.known.parts.index(part))


def prepare_composition(
    facts: Facts, composition: str, beliefs: Beliefs, settings: Settings
) -> CompositionJob:
    """Return the job of a whole.

    Raises
    ------
    InputError
        If nothing was known by the as-of date, parts add up to more than one, or nothing is left
        to forecast.
    """
    known = known_composition(
        facts,
        composition,
        as_of=settings.as_of,
        basis=settings.basis,
        chosen=load_chosen_parts(beliefs.workspace),
    )
    prior = load_composition_prior(beliefs.workspace, beliefs)
    events = events_of(known.histories, beliefs, as_of=settings.as_of)
    publications = with_part_beliefs(
        gather_publications(known, prior),
        known.parts,
        prior,
        events={part: event_regressors(chosen.kept) for part, chosen in events.items()},
        growth=stated_growth(known.histories, beliefs),
    )
    plan = plan_composition(known, publications, until=settings.until, latent=settings.latent)
    return CompositionJob(known, prior, publications, plan, events)


def draw_job(
    job: CompositionJob, beliefs: Beliefs, settings: Settings, announce: Announce
) -> JointDrawn:
    """Return the trajectories of a job."""
    known = job.known
    key = joint_cache_key(known.id, settings, job.prior, job.plan, job.publications)
    fitted, from_cache = fetch(key, lambda: _fit(job, settings, announce), settings, announce)
    arrays = fitted.stored.arrays
    paths = WholePaths(
        CompositionPaths(**{each.name: arrays[each.name] for each in fields(CompositionPaths)}),
        job.plan,
    )
    figures = paths.figures({})
    return JointDrawn(
        histories=with_notes(known.histories, beliefs, FAMILY),
        periods=dict.fromkeys(known.parts, job.plan.periods),
        paths=paths,
        trajectories={part: figures[part] for part in known.parts},
        theta_index=arrays[INDEX],
        report=fitted.stored.report,
        notes=known.notes,
        from_cache=from_cache,
        learnt=fitted.learnt,
    )


def _fit(job: CompositionJob, settings: Settings, announce: Announce) -> Fitted:
    """Return the paths drawn, fitted anew."""
    from forecaster.inference.composition_fit import fit_composition

    name, plan = job.known.id, job.plan
    posterior = fit_composition(
        job.publications,
        job.prior,
        kept=plan.kept,
        end=plan.end,
        n_draws=settings.n_draws,
        engine=settings.engine,
        seed=settings.seed,
        rng=random_stream(settings.seed, name, "fit"),
        announce=lambda sentence: announce(f"{name}: {sentence}"),
    )
    paths = draw_paths(posterior, plan, rng=random_stream(settings.seed, name, "paths"))
    return in_random_order(
        WholePaths(paths, plan), posterior.theta_index, _learnt(job, posterior), posterior.report,
        settings, name,
    )  # fmt: skip


def _learnt(job: CompositionJob, posterior: CompositionPosterior) -> Learnt:
    """Return what was learnt, scales in units of one share's logit."""
    scale = np.ones((len(THETA_NAMES), 1))
    scale[[S_L, S_B, S_O]] = coordinate_scale(job.publications.n_parts)
    part_of = np.array([event.part for event in posterior.events], dtype=np.int64)
    return Learnt(
        theta=dict(zip(THETA_NAMES, posterior.theta / scale, strict=True)),
        drifts={
            part: part_slope(job.publications, k) @ posterior.drift
            for k, part in enumerate(job.known.parts)
        },
        event_sizes={
            part: posterior.event_sizes[part_of == k] for k, part in enumerate(job.known.parts)
        },
    )
