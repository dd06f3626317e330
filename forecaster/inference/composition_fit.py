"""Fit a composition: from publications to certified joint draws of all coordinates.

The likelihood is that of linearised readings, which the filter takes exactly. What linearising
cost is measured on the drawn paths: each draw is weighed by the exact likelihood of its shares over
the linearised one, and draws are taken again by these weights where they matter.
"""

from __future__ import annotations

import math
from dataclasses import field, replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.certify import HyperPosterior, infer
from forecaster.inference.importance import LEAST_ESS
from forecaster.inference.linearisation import (
    composition_problem,
    linearisation_log_weights,
    publication_timeline,
    settle_readings,
)
from forecaster.inference.mixture import log_sum_exp
from forecaster.inference.posterior import resample
from forecaster.inference.psis import effective_size, smooth_weights
from forecaster.inference.smoother_many import Paths, draw_ends, draw_paths
from forecaster.inference.succession import line_up_publications
from forecaster.models.composition import (
    composition_static,
    coordinate_scale,
    drifts_of,
    event_sizes,
    log_ratio_basis,
)
from forecaster.models.trend import S_O
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from forecaster.inference.report import FitReport
    from forecaster.models.composition_readings import LinearReadings
    from forecaster.models.part_events import PartEvent
    from forecaster.models.publications import Publications
    from forecaster.models.static_effects import StaticPrior
    from forecaster.workspace.composition_beliefs import CompositionPrior

    FloatArray = NDArray[np.float64]

MOST_K_HAT = 0.7
EVEN_ENOUGH = 0.99
"""Share of the draws that weights must be worth to be left alone."""
NEARLY_EVEN = 0.95
"""From this share on weights are used whatever the shape of their tail: their variance, the tail
included, is a twentieth of their squared mean at most."""
LEAST_SHARE = 0.25
"""Weights must be worth this share of the draws asked for, or LEAST_ESS of them."""
MOST_PATHS = 16
"""Paths for each draw asked for, at most, until the weights can be trusted."""
MORE_PATHS = 4
"""Times as many paths are drawn where weights cannot be trusted, at most."""
SPARE = 1.4
"""Paths beyond those that the weights so far say are enough."""


@frozen
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
    events : dated events that moved parts; neither state nor kept values hold what they add
    event_sizes : (n_events, n_draws) logit units
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
    events: tuple[PartEvent, ...] = ()
    event_sizes: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))

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
    proposal = _Proposal(publications, readings, static, hyper, tuple(kept), end)
    drawn, report = proposal.draw(n_draws, rng=rng, announce=announce)
    return _posterior(publications, static, drawn, kept, end, report)


@frozen
class _Drawn:
    """Paths with their hyperparameters; fields as in CompositionPosterior and Paths."""

    theta: FloatArray
    theta_index: NDArray[np.int64]
    paths: Paths

    def at(self, chosen: NDArray[np.int64]) -> _Drawn:
        """Return some of the draws."""
        p = self.paths
        arrays = (p.effects, p.windows, p.errors, p.state)
        picked = Paths(*(array[..., chosen] for array in arrays))
        return _Drawn(self.theta[:, chosen], self.theta_index[chosen], picked)


@frozen
class _Proposal:
    """The posterior under linearised readings, from which paths are drawn and weighed."""

    publications: Publications
    readings: LinearReadings
    static: StaticPrior
    hyper: HyperPosterior
    kept: tuple[tuple[float, float], ...]
    end: float

    def draw(
        self, n_draws: int, *, rng: np.random.Generator, announce: Callable[[str], None]
    ) -> tuple[_Drawn, FitReport]:
        """Return draws from the exact posterior, and the report with what they are worth."""
        report = self.hyper.report
        if self.publications.is_complete.all():
            return self._paths(n_draws, rng), report
        n, most = n_draws, MOST_PATHS * n_draws
        while True:
            drawn = self._paths(n, rng)
            log_weights = linearisation_log_weights(
                self.publications, self.readings, self.static, drawn.paths
            )
            weights, k_hat = smooth_weights(log_weights)
            ess = effective_size(weights)
            failure = _failure(k_hat, ess, n=n, n_draws=n_draws)
            if not failure or n >= most:
                break
            n = min(_next_size(k_hat, ess, n=n, n_draws=n_draws), most)
            sentence = f"{failure}: drawing {n} paths"
            announce(sentence)
            report = replace(report, escalations=(*report.escalations, sentence))
        gained = float(log_sum_exp(log_weights, axis=0)) - math.log(n)
        said = {"linearisation_ess": ess}
        if ess < NEARLY_EVEN * n:
            said["linearisation_k_hat"] = k_hat
        report = replace(
            report,
            ess=min(report.ess, ess),
            log_evidence=report.log_evidence + gained,
            failures=(*report.failures, *((failure,) if failure else ())),
            diagnostics={**report.diagnostics, **said},
        )
        if ess >= EVEN_ENOUGH * n and n == n_draws:
            return drawn, report
        return drawn.at(resample(weights, n_draws, rng=rng)), report

    def _paths(self, n: int, rng: np.random.Generator) -> _Drawn:
        """Return n draws under the linearised readings."""
        chosen = resample(self.hyper.weights, n, rng=rng)
        is_new = np.diff(chosen, prepend=-1) > 0  # indices come in order
        index = np.cumsum(is_new) - 1
        theta = np.ascontiguousarray(self.hyper.theta[:, chosen[is_new]])
        if not self.kept and self.publications.is_complete.all():
            # nothing but the end is wanted: no path is drawn where a filter tells it
            succession = line_up_publications(
                self.publications, self.readings, self.static, end=self.end
            )
            if succession is not None:
                n_read = len(self.readings.z)
                paths = draw_ends(theta, index, succession, self.static, n=n_read, rng=rng)
                return _Drawn(theta[:, index], index, paths)
        # windows that nothing reads: they are only smoothed
        last = np.full(len(self.kept), self.readings.first[-1])
        readings = replace(self.readings, first=np.concatenate([self.readings.first, last]))
        timeline = publication_timeline(self.publications, kept=self.kept, end=self.end)
        paths = draw_paths(theta, index, readings, timeline, self.static, rng=rng)
        return _Drawn(theta[:, index], index, paths)


def _failure(k_hat: float, ess: float, *, n: int, n_draws: int) -> str:
    """Return what is wrong with the weights of the linearisation, or nothing."""
    if ess >= NEARLY_EVEN * n:
        return ""  # weights that hardly differ do no harm, whatever the shape of their tail
    if k_hat < MOST_K_HAT and ess >= min(LEAST_ESS, LEAST_SHARE * n_draws):
        return ""
    numbers = f"k-hat {k_hat:.2f}, {ess:.0f} of {n} draws effective"
    return f"shares that no figure tells apart are too uncertain to linearise ({numbers})"


def _next_size(k_hat: float, ess: float, *, n: int, n_draws: int) -> int:
    """Return how many paths to draw when n were not enough."""
    if not k_hat < MOST_K_HAT:
        return MORE_PATHS * n
    wanted = min(LEAST_ESS, LEAST_SHARE * n_draws)
    return min(math.ceil(SPARE * wanted / ess * n), MORE_PATHS * n)


def _posterior(
    publications: Publications,
    static: StaticPrior,
    drawn: _Drawn,
    kept: Sequence[tuple[float, float]],
    end: float,
    report: FitReport,
) -> CompositionPosterior:
    """Return the draws with the static effects added."""
    p, paths = publications, drawn.paths
    c = p.n_parts - 1
    level, drift = paths.effects[:c], drifts_of(p, paths.effects)
    offset = np.zeros_like(level)
    if p.target > 0:
        offset = paths.effects[c * (1 + p.target) : c * (2 + p.target)]
    middle = np.array([(a + b) / 2 - static.anchor for a, b in kept])
    final = paths.state.copy()
    final[0] += level + drift * (end - static.anchor)
    return CompositionPosterior(
        basis=log_ratio_basis(p.n_parts),
        theta=drawn.theta,
        theta_index=drawn.theta_index,
        drift=drift,
        offset=offset,
        state=final,
        kept=paths.windows[p.n :] + level + middle[:, None, None] * drift,
        noise_sd=np.hypot(drawn.theta[S_O], p.target_noise_sd * coordinate_scale(p.n_parts)),
        report=report,
        events=p.events,
        event_sizes=event_sizes(p, paths.effects),
    )
