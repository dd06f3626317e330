"""Explore a posterior by adaptive multiple importance sampling, or by brute force.

The target is a likelihood over few hyperparameters that are standard normal under the prior.
All points ever drawn are weighed against the mixture of all proposals, the prior among them, so
that a round that missed cannot spoil what earlier ones found (Cornuet et al. 2012).
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.mixture import (
    TMixture,
    draw_mixture,
    log_sum_exp,
    mixture_log_density,
)
from forecaster.inference.modes import find_modes
from forecaster.inference.proposals import SINGLE, Tuning, refit
from forecaster.inference.psis import effective_size, smooth_weights
from forecaster.inference.sobol import sobol_normal
from forecaster.inference.straighten import PLAIN, Chart
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    LogDensity = Callable[[FloatArray], FloatArray]

N_FIRST = 512
"""Points of the Sobol start, and of the proposal at the modes."""
MOST_ROUNDS = 8
MOST_K_HAT = 0.5
LEAST_ESS = 1000.0
MOST_EVIDENCE_GAP = 0.1
BRUTE_FORCE_POINTS = tuple(2**k for k in (16, 17, 18, 19, 20))
_CHUNK = 4096
"""Points weighed at once by brute force, to keep memory flat."""


@frozen
class WeightedPoints:
    """A posterior as weighted points.

    Attributes
    ----------
    unit : (n, n_dimensions), standard normal under the prior
    weights : (n,), sum to one, tail smoothed
    k_hat, ess : of these weights
    log_evidence : log of the prior mean of the likelihood
    evidence_gap : between the log evidences of two halves of every scramble
    rounds : proposals used, the prior's included
    modes : (n_modes, n_dimensions), where the search ended
    log_prior_ratio : (n,) log density of the prior less that of all proposals; what the points
        weigh before any data, from which a history cut short can be weighed by the same points
    """

    unit: FloatArray
    weights: FloatArray
    k_hat: float
    ess: float
    log_evidence: float
    evidence_gap: float
    rounds: int
    modes: FloatArray
    log_prior_ratio: FloatArray

    def failures(self) -> tuple[str, ...]:
        """Return what is wrong with it, one phrase each; nothing when it is certified."""
        found = []
        if not self.k_hat < MOST_K_HAT:
            found.append(f"k-hat {self.k_hat:.2f} is not below {MOST_K_HAT}")
        if not self.ess >= LEAST_ESS:
            found.append(f"effective sample size {self.ess:.0f} is below {LEAST_ESS:.0f}")
        if not self.evidence_gap < MOST_EVIDENCE_GAP:
            found.append(f"evidences of two half-scrambles differ by {self.evidence_gap:.2f}")
        return tuple(found)


def prior_log_density(unit: FloatArray) -> FloatArray:
    """Return the standard normal log density of each point, (n,)."""
    return np.asarray(-0.5 * (unit**2).sum(axis=1) - unit.shape[1] / 2 * math.log(2 * math.pi))


def explore(
    log_likelihood: LogDensity,
    n_dimensions: int,
    *,
    rng: np.random.Generator,
    n_first: int = N_FIRST,
    chart: Chart = PLAIN,
    tuning: Tuning = SINGLE,
) -> WeightedPoints:
    """Return the posterior by adaptive multiple importance sampling.

    Parameters
    ----------
    log_likelihood : (n, n_dimensions) -> (n,)
    n_dimensions : int
    n_first : points of the Sobol start
    chart : where proposals are made
    tuning : how they are made

    Returns
    -------
    WeightedPoints
        Certified when `failures()` is empty; the last attempt when not.

    References
    ----------
    Cornuet, Marin, Mira and Robert (2012), Scand. J. Statist. 39, 798; Sobol defensive component
    after Owen and Zhou (2000), JASA 95, 135.
    """
    pool = _Pool(log_likelihood, sobol_normal(n_first, n_dimensions, rng=rng), chart)
    proposal = find_modes(pool.log_posterior, pool.place, pool.log_target, far_up=tuning.far_up)
    proposal = replace(proposal, df=tuning.df)
    modes = chart.bend(proposal.means)
    pool.add(proposal, draw_mixture(proposal, N_FIRST, rng=rng))
    found = pool.weigh(modes)
    while found.failures() and found.rounds < MOST_ROUNDS:
        proposal = refit(proposal, pool.place, found.weights, rng=rng, tuning=tuning)
        pool.add(proposal, draw_mixture(proposal, tuning.round_size(found.ess), rng=rng))
        found = pool.weigh(modes)
    return found


def enumerate_prior(
    log_likelihood: LogDensity, n_dimensions: int, *, n_points: int, rng: np.random.Generator
) -> WeightedPoints:
    """Return the posterior by weighing scrambled Sobol points of the prior: the brute force."""
    unit = sobol_normal(n_points, n_dimensions, rng=rng)
    chunks = [log_likelihood(unit[i : i + _CHUNK]) for i in range(0, n_points, _CHUNK)]
    log_weights = np.concatenate(chunks)
    best = unit[[int(log_weights.argmax())]]
    return _weigh(unit, log_weights, np.zeros(n_points), n_sobol=n_points, rounds=1, modes=best)


class _Pool:
    """All points drawn so far, with their target and the densities of all proposals.

    Proposals live in the places of a chart, and all densities are per volume of places.
    """

    def __init__(self, log_likelihood: LogDensity, start: FloatArray, chart: Chart) -> None:
        self._log_likelihood = log_likelihood
        self._chart = chart
        self.place = chart.straighten(start)
        self.log_target = self.log_posterior(self.place)
        self._proposals: list[TMixture] = []
        self._sizes = [len(start)]
        self._log_densities = [self._prior(self.place)]

    def log_posterior(self, place: FloatArray) -> FloatArray:
        """Return the unnormalised log posterior density, (n,)."""
        return self._log_likelihood(self._chart.bend(place)) + self._prior(place)

    def _prior(self, place: FloatArray) -> FloatArray:
        """Return the log prior density, (n,)."""
        density = prior_log_density(self._chart.bend(place))
        return density + self._chart.log_volume if self._chart.pairs else density

    def add(self, proposal: TMixture, drawn: FloatArray) -> None:
        """Weigh the points drawn from a proposal, and all points under all proposals."""
        self._log_densities = [
            np.concatenate([old, density(drawn)])
            for old, density in zip(
                self._log_densities,
                [self._prior, *(_density_of(p) for p in self._proposals)],
                strict=True,
            )
        ]
        self.place = np.concatenate([self.place, drawn])
        self.log_target = np.concatenate([self.log_target, self.log_posterior(drawn)])
        self._log_densities.append(mixture_log_density(proposal, self.place))
        self._proposals.append(proposal)
        self._sizes.append(len(drawn))

    def weigh(self, modes: FloatArray) -> WeightedPoints:
        """Return all points with deterministic-mixture weights."""
        shares = np.log(np.array(self._sizes) / sum(self._sizes))
        mixture = log_sum_exp(np.array(self._log_densities) + shares[:, None], axis=0)
        return _weigh(
            self._chart.bend(self.place),
            self.log_target - mixture,
            self._prior(self.place) - mixture,
            n_sobol=self._sizes[0],
            rounds=len(self._sizes),
            modes=modes,
        )


def _density_of(proposal: TMixture) -> LogDensity:
    """Return the log density of one proposal as a function of points."""
    return lambda points: mixture_log_density(proposal, points)


def _weigh(
    unit: FloatArray,
    log_weights: FloatArray,
    log_prior_ratio: FloatArray,
    *,
    n_sobol: int,
    rounds: int,
    modes: FloatArray,
) -> WeightedPoints:
    """Smooth the weights and take the numbers that certify them."""
    weights, k_hat = smooth_weights(log_weights)
    # A Sobol sequence is cut in the middle, for each half is a net of its own; every other point
    # would be all those with a second coordinate below its median. Drawn points alternate, since
    # they are sorted by component.
    index = np.arange(len(unit))
    is_first = np.where(index < n_sobol, index < n_sobol // 2, index % 2 == 0)
    halves = [_log_mean(log_weights[half]) for half in (is_first, ~is_first)]
    return WeightedPoints(
        unit=unit,
        weights=weights,
        k_hat=k_hat,
        ess=effective_size(weights),
        log_evidence=_log_mean(log_weights),
        evidence_gap=abs(halves[0] - halves[1]),
        rounds=rounds,
        modes=modes,
        log_prior_ratio=log_prior_ratio,
    )


def _log_mean(log_weights: FloatArray) -> float:
    """Return the log of the mean weight."""
    return float(log_sum_exp(log_weights, axis=0)) - math.log(len(log_weights))
