"""Hold the adaptive engine against brute force over the prior, quantity by quantity.

Compared are the posterior mean and the 5, 50 and 95% quantiles of every hyperparameter on the unit
scale, the log evidence, and the mean of the next figure on the link scale, which is exact given
theta (no draws of states).

Differences are in Monte Carlo standard errors of both sides together. With normalised weights w:

    mean m of g             sqrt(sum w^2 (g - m)^2)
    quantile at p           sqrt(sum w^2 (1[g <= q] - p)^2) / density at q
    log evidence            sqrt(n sum w^2 - 1) / sqrt(n)

Sobol points and stratified proposals do better than that, so the errors are on the wide side for
smooth quantities: a difference of z of them is at most as likely as the normal law says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.importance import WeightedPoints, enumerate_prior, explore
from forecaster.inference.kalman import integrate_static, log_likelihood, run_filter
from forecaster.inference.timeline import LEVEL_STATE, SLOPE_STATE, lay_out
from forecaster.models.static_effects import DRIFT, LEVEL, StaticPrior, static_prior
from forecaster.models.trend import make_step, theta_at

if TYPE_CHECKING:
    from forecaster.models.observations import Observations
    from forecaster.workspace.beliefs import TrendPrior

QUANTILE_LEVELS = (0.05, 0.5, 0.95)
N_BRUTE = 2**17
LEAST_ESS = 1000.0
"""Below this a brute-force set is no reference, and a larger adaptive run takes its place."""
_CHUNK = 2048


@dataclass(frozen=True)
class Problem:
    """One history, ready to be weighed."""

    observations: Observations
    static: StaticPrior
    prior: TrendPrior

    def log_likelihood(self, unit: np.ndarray) -> np.ndarray:
        o = self.observations
        return log_likelihood(self._theta(unit), o, lay_out(o), self.static)

    def _theta(self, unit: np.ndarray) -> np.ndarray:
        return theta_at(unit, self.prior, scale=self.observations.scale)

    def next_mean(self, unit: np.ndarray) -> np.ndarray:
        """Return the expected level one year after the last figure, given theta, (n,)."""
        return np.concatenate(
            [self._next_mean(unit[i : i + _CHUNK]) for i in range(0, len(unit), _CHUNK)]
        )

    def _next_mean(self, unit: np.ndarray) -> np.ndarray:
        theta, o = self._theta(unit), self.observations
        timeline = lay_out(o)
        filtered = run_filter(theta, o, timeline, self.static)
        marginal = integrate_static(filtered, self.static, n=o.n)
        deviation = marginal.effects_mean.T
        state = filtered.mean[:, 0] - np.einsum("ijk,jk->ik", filtered.mean[:, 1:], deviation)
        effects = self.static.mean[:, None] + deviation
        ahead = timeline.end - timeline.anchor + 1
        level = state[LEVEL_STATE] + make_step(theta, 1.0).slope_gain * state[SLOPE_STATE]
        return np.asarray(level + effects[LEVEL] + effects[DRIFT] * ahead)


def make_problem(observations: Observations, prior: TrendPrior, *, is_share: bool) -> Problem:
    """Return a history with its static effects."""
    return Problem(observations, static_prior(observations, prior, is_share=is_share), prior)


@dataclass(frozen=True)
class Summary:
    """Estimates with their Monte Carlo standard errors, by name."""

    values: dict[str, tuple[float, float]]


def summarise(problem: Problem, found: WeightedPoints) -> Summary:
    """Return the compared quantities of one fit."""
    values = {}
    # points of no weight add nothing, and there are many in a brute-force set
    used = found.weights > found.weights.max() * 1e-8
    weights = found.weights[used] / found.weights[used].sum()
    for axis, name in enumerate(("s_l", "s_b", "tau", "s_o")):
        values |= _of_axis(name, found.unit[used, axis], weights)
    n = len(found.weights)
    relative = math.sqrt(max(float((found.weights**2).sum()) * n - 1, 0.0) / n)
    values["log evidence"] = (found.log_evidence, relative)
    predicted = problem.next_mean(found.unit[used])
    values["next mean"] = _mean(predicted, weights)
    return Summary(values)


def _mean(g: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    centre = float(weights @ g)
    return centre, math.sqrt(float(weights**2 @ (g - centre) ** 2))


def _of_axis(name: str, g: np.ndarray, weights: np.ndarray) -> dict[str, tuple[float, float]]:
    """Return mean and quantiles of one hyperparameter on the unit scale."""
    found = {f"{name} mean": _mean(g, weights)}
    order = np.argsort(g)
    edges = np.cumsum(weights[order]) - weights[order] / 2
    for level in QUANTILE_LEVELS:
        quantile = float(np.interp(level, edges, g[order]))
        # the density from the quantiles about it
        low, high = np.interp([level - 0.03, level + 0.03], edges, g[order])
        spread = math.sqrt(float(weights**2 @ ((g <= quantile) - level) ** 2))
        found[f"{name} {level:.0%}"] = (quantile, spread * float(high - low) / 0.06)
    return found


def differences(a: Summary, b: Summary) -> dict[str, float]:
    """Return each difference in standard errors of both sides together."""
    return {
        name: abs(a.values[name][0] - b.values[name][0])
        / math.hypot(a.values[name][1], b.values[name][1], 1e-12)
        for name in a.values
    }


@dataclass(frozen=True)
class Comparison:
    """One history fitted by the default engine and by its reference.

    reference : 'brute force' or 'larger adaptive run'
    """

    fit: WeightedPoints
    reference_fit: WeightedPoints
    reference: str
    gaps: dict[str, float]


def compare(problem: Problem, *, fit_rng, reference_rng, n_points: int = N_BRUTE) -> Comparison:
    """Fit one history both ways."""
    fit = explore(problem.log_likelihood, 4, rng=fit_rng)
    name = "brute force"
    other = enumerate_prior(problem.log_likelihood, 4, n_points=n_points, rng=reference_rng)
    if other.ess < LEAST_ESS:
        name = "larger adaptive run"
        other = explore(problem.log_likelihood, 4, rng=reference_rng, n_first=8192)
    return Comparison(
        fit, other, name, differences(summarise(problem, fit), summarise(problem, other))
    )
