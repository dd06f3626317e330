"""Fit a composition: from publications to certified joint draws of all coordinates.

The likelihood is that of linearised readings, which the filter takes exactly. What linearising
cost is measured on the drawn paths: each draw is weighed by the exact likelihood of its shares over
the linearised one, and draws are taken again by these weights where they matter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.certify import infer
from forecaster.inference.linearisation import (
    composition_problem,
    linearisation_log_weights,
    publication_timeline,
    settle_readings,
)
from forecaster.inference.mixture import log_sum_exp
from forecaster.inference.posterior import resample
from forecaster.inference.psis import effective_size, smooth_weights
from forecaster.inference.smoother_many import Paths, draw_paths
from forecaster.models.composition import (
    LinearReadings,
    composition_static,
    coordinate_scale,
    log_ratio_basis,
)
from forecaster.models.trend import S_O

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from forecaster.inference.report import FitReport
    from forecaster.models.publications import Publications
    from forecaster.models.static_effects import StaticPrior
    from forecaster.workspace.composition_beliefs import CompositionPrior

    FloatArray = NDArray[np.float64]

MOST_K_HAT = 0.7
EVEN_ENOUGH = 0.99
"""Share of the draws that weights must be worth to be left alone."""
LEAST_SHARE_OF_DRAWS = 0.1
"""Weights that are worth fewer draws than this say that the linearisation failed."""


@dataclass(frozen=True, slots=True)
class CompositionPosterior:
    """Joint draws of everything that a composition's trajectories start from.

    Attributes
    ----------
    basis : (K, C) log shares are basis @ w up to a constant
    theta : (4, n_draws) hyperparameters, in units of the coordinates
    theta_index : (n_draws,) draws with the same number share their hyperparameters
    drift, offset : (C, n_draws) of the coordinates; the offset is that of the target basis
    state : (2, C, n_draws) level and stray slope at the end of the history
    kept : (n_kept, C, n_draws) level, or average over a window, of those asked for
    noise_sd : (n_draws,) sd of a next publication's error, the same in every coordinate
    report : FitReport
    """

    basis: FloatArray
    theta: FloatArray
    theta_index: NDArray[np.int64]
    drift: FloatArray
    offset: FloatArray
    state: FloatArray
    kept: FloatArray
    noise_sd: FloatArray
    report: FitReport

    @property
    def n_draws(self) -> int:
        """How many draws."""
        return int(self.theta.shape[1])


def fit_composition(
    publications: Publications,
    prior: CompositionPrior,
    *,
    kept: Sequence[tuple[float, float]],
    end: float,
    n_draws: int,
    engine: str = "amis",
    seed: int,
    rng: np.random.Generator,
    announce: Callable[[str], None],
) -> CompositionPosterior:
    """Return the posterior of a composition.

    Parameters
    ----------
    kept : windows (start, end), or points (start == end), whose average is wanted too
    end : where trajectories begin, decimal years, not before the last publication
    engine, seed, announce : as in certify.infer

    Returns
    -------
    CompositionPosterior
        Whether it is reliable stands in its report, the linearisation's numbers among its
        diagnostics.
    """
    readings = settle_readings(publications, prior, rng=rng)
    static = composition_static(publications, readings, prior)
    problem = composition_problem(publications, readings, static, prior)
    hyper = infer(problem, engine=engine, seed=seed, rng=rng, announce=announce)
    chosen = resample(hyper.weights, n_draws, rng=rng)
    is_new = np.diff(chosen, prepend=-1) > 0  # indices come in order
    index = np.cumsum(is_new) - 1
    theta = np.ascontiguousarray(hyper.theta[:, chosen[is_new]])
    paths = draw_paths(
        theta,
        index,
        _with_windows(readings, len(kept)),
        publication_timeline(publications, kept=kept, end=end),
        static,
        rng=rng,
    )
    draws, report = np.arange(n_draws), hyper.report
    if not publications.is_complete.all():
        log_weights = linearisation_log_weights(publications, readings, static, paths)
        draws, report = _correct(log_weights, report, rng=rng)
    return _posterior(publications, static, theta[:, index], index, paths, draws, kept, end, report)


def _with_windows(readings: LinearReadings, n_more: int) -> LinearReadings:
    """Return the readings with windows added that nothing reads: they are only smoothed."""
    last = np.full(n_more, readings.first[-1])
    return replace(readings, first=np.concatenate([readings.first, last]))


def _correct(
    log_weights: FloatArray, report: FitReport, *, rng: np.random.Generator
) -> tuple[NDArray[np.int64], FitReport]:
    """Return which draws to keep, and the report with the linearisation's numbers."""
    n = len(log_weights)
    weights, k_hat = smooth_weights(log_weights)
    ess = effective_size(weights)
    said = {**report.diagnostics, "linearisation_k_hat": k_hat, "linearisation_ess": ess}
    gained = float(log_sum_exp(log_weights, axis=0)) - math.log(n)
    report = replace(report, log_evidence=report.log_evidence + gained)
    if ess >= EVEN_ENOUGH * n:
        return np.arange(n), replace(report, diagnostics=said)
    failures = report.failures
    if not k_hat < MOST_K_HAT or not ess >= LEAST_SHARE_OF_DRAWS * n:
        said_of_it = f"k-hat {k_hat:.2f} with {ess:.0f} of {n} draws effective"
        failure = f"shares that no figure tells apart are too uncertain to linearise ({said_of_it})"
        failures = (*failures, failure)
    kept = resample(weights, n, rng=rng)
    return kept, replace(report, diagnostics=said, failures=failures)


def _posterior(
    publications: Publications,
    static: StaticPrior,
    theta: FloatArray,
    theta_index: NDArray[np.int64],
    paths: Paths,
    draws: NDArray[np.int64],
    kept: Sequence[tuple[float, float]],
    end: float,
    report: FitReport,
) -> CompositionPosterior:
    """Return the chosen draws with the static effects added."""
    p = publications
    c = p.n_parts - 1
    effects = paths.effects[:, draws]
    level, drift = effects[:c], effects[c : 2 * c]
    offset = np.zeros_like(level)
    if p.target > 0:
        offset = effects[c * (1 + p.target) : c * (2 + p.target)]
    middle = np.array([(a + b) / 2 - static.anchor for a, b in kept])
    averages = paths.windows[p.n :][..., draws] + level + middle[:, None, None] * drift
    final = paths.state[:, :, draws]
    final[0] += level + drift * (end - static.anchor)
    theta = theta[:, draws]
    return CompositionPosterior(
        basis=log_ratio_basis(p.n_parts),
        theta=theta,
        theta_index=theta_index[draws],
        drift=drift,
        offset=offset,
        state=final,
        kept=averages,
        noise_sd=np.hypot(theta[S_O], p.target_noise_sd * coordinate_scale(p.n_parts)),
        report=report,
    )
