"""Choose where the readings of a composition are linearised, and measure what that costs.

Figures of a publication that settles all shares are log-ratios: their errors are Gaussian there by
definition. Other figures see a sum of shares that no figure tells apart, which bends; the readings
are then a proposal, and draws are weighed by the exact likelihood over the linearised one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from forecaster.inference.importance import prior_log_density
from forecaster.inference.kalman_many import log_likelihood_many
from forecaster.inference.posterior import resample
from forecaster.inference.smoother_many import Paths, draw_paths
from forecaster.inference.sobol import sobol_normal
from forecaster.inference.succession import line_up_publications
from forecaster.inference.succession_filter import log_likelihood_of
from forecaster.inference.timeline import lay_out
from forecaster.models.composition import (
    composition_static,
    coordinate_scale,
    drifts_of,
    event_sizes,
    log_ratio_basis,
    pymc_model,
)
from forecaster.models.composition_readings import LinearReadings, exact_logits, linearise
from forecaster.models.part_events import event_moves
from forecaster.models.problem import Problem
from forecaster.models.trend import S_B, S_L, theta_at
from forecaster.records import frozen
from forecaster.workspace.beliefs import THETA_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.inference.timeline import Timeline
    from forecaster.models.observations import Observations
    from forecaster.models.publications import Publications
    from forecaster.models.static_effects import StaticPrior
    from forecaster.workspace.composition_beliefs import CompositionPrior

    FloatArray = NDArray[np.float64]

N_LINEARISATIONS = 3
N_SEARCHED = 256
"""Prior points among which the hyperparameters of the linearisation are taken."""
N_TRIED = 256
"""Paths on which the cost of linearising is measured."""
WIDER = 2.0
"""Errors are widened by so many sds of that cost: with one, weights had tails too heavy for rests
that hardly a figure tells (k-hat 0.9 in 64,000 draws), with four they were worth 1% of the draws.
"""


def composition_problem(
    publications: Publications,
    readings: LinearReadings,
    static: StaticPrior,
    prior: CompositionPrior,
) -> Problem:
    """Return what an engine needs of a composition whose readings have been linearised."""
    scale = coordinate_scale(publications.n_parts)
    timeline = publication_timeline(publications)
    succession = line_up_publications(publications, readings, static)

    def likelihood(theta: FloatArray) -> FloatArray:
        """Return the log likelihood of the linearised readings, (4, n_points) -> (n_points,)."""
        if succession is None:
            return log_likelihood_many(theta, readings, timeline, static)
        return log_likelihood_of(theta, succession, static, n=len(readings.z))

    return Problem(
        names=THETA_NAMES,
        theta_at=lambda unit: theta_at(unit, prior.share, scale=scale),
        log_likelihood=likelihood,
        pymc_model=lambda: pymc_model(publications, readings, static, prior),
        log_jacobian=publications.log_jacobian,
        stand_ins=((S_L, S_B),),
    )


def settle_readings(
    publications: Publications, prior: CompositionPrior, *, rng: np.random.Generator
) -> LinearReadings:
    """Return the readings, linearised where the figures or the smoothed path put the shares.

    Where a publication settles all shares they are its own: its errors are then those of the
    linear log-ratios, by definition, and nothing is lost. Elsewhere they are those of the
    smoothed path under the best of some prior points, found in a few rounds (Gauss-Newton). In the
    end each reading is moved by the mean of what linearising it costs on drawn paths, and its
    error widened by the spread of that, so that the linear posterior covers the exact one.
    """
    p = publications
    readings = linearise(p, p.shares)
    if p.is_complete.all():
        return readings
    unit = sobol_normal(N_SEARCHED, len(THETA_NAMES), rng=rng)
    timeline = publication_timeline(p)
    static = composition_static(p, readings, prior)
    theta = _best_theta(composition_problem(p, readings, static, prior), unit)
    for _ in range(N_LINEARISATIONS):
        paths = draw_paths(theta, np.array([0]), readings, timeline, static, rng=None)
        x = _log_shares(p, static, paths)[..., 0]
        if p.entry_parts:
            x[:, -1] += p.before_entry @ paths.effects[-len(p.entry_parts) :, 0]
        smoothed = _softmax(np.where(p.exists, x, -np.inf))
        readings = linearise(p, np.where(p.is_complete[:, None], p.shares, smoothed))
        static = composition_static(p, readings, prior)
    problem = composition_problem(p, readings, static, prior)
    height = problem.log_likelihood_at(unit)
    index = resample(np.exp(height - height.max()), N_TRIED, rng=rng)
    paths = draw_paths(problem.theta_at(unit), index, readings, timeline, static, rng=rng)
    exact, linear = _linearisation_cost(p, readings, static, paths)
    cost = exact - linear
    return replace(
        readings,
        z=readings.z - cost.mean(axis=1),
        noise_sd=np.hypot(readings.noise_sd, WIDER * cost.std(axis=1)),
    )


def _best_theta(problem: Problem, unit: FloatArray) -> FloatArray:
    """Return the best of some points under the posterior, (4, 1)."""
    height = problem.log_likelihood_at(unit) + prior_log_density(unit)
    return problem.theta_at(unit[[int(height.argmax())]])


def _softmax(x: FloatArray) -> FloatArray:
    """Return shares from log shares, parts along the second axis."""
    weights = np.exp(x - x.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


@frozen
class _Windows:
    """Windows of publications and of what is to be kept."""

    start: FloatArray
    end: FloatArray


def publication_timeline(
    publications: Publications,
    *,
    kept: Sequence[tuple[float, float]] = (),
    end: float | None = None,
) -> Timeline:
    """Return the timeline of the publications' windows, then those to be kept."""
    extra = np.array(kept, dtype=np.float64).reshape(-1, 2)
    windows = _Windows(
        np.concatenate([publications.start, extra[:, 0]]),
        np.concatenate([publications.end, extra[:, 1]]),
    )
    return lay_out(cast("Observations", windows), end=end)


def _coordinates(publications: Publications, static: StaticPrior, paths: Paths) -> FloatArray:
    """Return the coordinates of every publication, its error included, (n, C, n_draws)."""
    p = publications
    c = p.n_parts - 1
    blocks = paths.effects[: c * (1 + len(p.bases))].reshape(-1, c, paths.effects.shape[1])
    level, drift = blocks[0], drifts_of(p, paths.effects)
    offset = np.concatenate([np.zeros_like(blocks[:1]), blocks[2:]])
    middle = (p.start + p.end) / 2 - static.anchor
    u = paths.windows[: p.n] + paths.errors[: p.n] + level + middle[:, None, None] * drift
    if p.events:
        sizes = event_sizes(p, paths.effects)
        u = u + event_moves(p.events, sizes, log_ratio_basis(p.n_parts), starts=p.start, ends=p.end)
    return np.asarray(u + offset[p.basis])


def _log_shares(publications: Publications, static: StaticPrior, paths: Paths) -> FloatArray:
    """Return the log shares of every publication up to a constant, (n, K, n_draws)."""
    u = _coordinates(publications, static, paths)
    return np.asarray(np.matmul(log_ratio_basis(publications.n_parts), u))


def _linearisation_cost(
    publications: Publications, readings: LinearReadings, static: StaticPrior, paths: Paths
) -> tuple[FloatArray, FloatArray]:
    """Return the logits of figures on drawn paths, exact and linearised, (n_rows, n_draws) each.

    The two differ only for figures of publications that leave shares unsettled.
    """
    p = publications
    n_entries = len(p.entry_parts)
    entry = paths.effects[len(paths.effects) - n_entries :]
    u = _coordinates(p, static, paths)[p.publication]
    linear = np.einsum("rc,rcd->rd", readings.direction, u) + readings.entry @ entry
    # the readings' z are logits less a constant
    linear += (p.z - readings.z)[:, None]
    unsettled = ~p.is_complete[p.publication]
    exact = exact_logits(p, _log_shares(p, static, paths), entry)
    return np.where(unsettled[:, None], exact, linear), linear


def linearisation_log_weights(
    publications: Publications, readings: LinearReadings, static: StaticPrior, paths: Paths
) -> FloatArray:
    """Return the log of the exact likelihood over the linearised one of every draw, (n_draws,)."""
    p = publications
    exact, linear = _linearisation_cost(p, readings, static, paths)
    miss = (p.z[:, None] - linear) / readings.noise_sd[:, None]
    exact_miss = (p.z[:, None] - exact) / p.noise_sd[:, None]
    constant = np.log(readings.noise_sd / p.noise_sd).sum()
    return np.asarray(0.5 * (miss**2 - exact_miss**2).sum(axis=0) + constant)
