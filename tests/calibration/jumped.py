"""State the trend with one jump, and with events and seasons, as dense normals to test against.

Given the time of the jump, its size is one more normal effect: every window holds the part of it
that lies after the jump. Nothing of the filter or of `forecaster.models.jumps` is used.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from calibration import dense
from calibration.problems import as_problem, make_observations, make_prior
from forecaster.inference.single import single_problem
from forecaster.models.regressors import Regressor, Shape, columns, seasons
from forecaster.models.static_effects import static_prior
from forecaster.models.trend import UNIT_NAME

if TYPE_CHECKING:
    from forecaster.models.observations import Observations
    from forecaster.models.single import SingleModel
    from forecaster.models.static_effects import StaticPrior

PRIOR = make_prior()
LAYOUTS = ("irregular points", "shifted averages", "points and averages", "overlapping houses")
"""Points on two bases, flows, both mixed on two bases, and windows of three lengths at once."""
REGRESSORS = (
    Regressor("ban", Shape("step", 2012.3), -0.3, 0.4),
    Regressor("plan", Shape("ramp", 2011.0, 2014.5), 0.2, 0.3),
    *seasons(0.2),
)


def made(layout: str, rng, *, regressors=(), n: int = 6) -> tuple[Observations, StaticPrior]:
    """Return a history on the link scale with its static effects."""
    observations = make_observations(layout, rng, n=n)
    static = static_prior(observations, PRIOR, is_share=False, regressors=regressors)
    return observations, static


def pymc_gap(model: SingleModel, unit: np.ndarray) -> float:
    """Return the largest gap between the filter and the PyMC model, of 1 + |log density|."""
    problem = single_problem(model)
    found = problem.log_likelihood_at(unit)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyMC's and PyTensor's own, at import
        log_posterior = problem.pymc_model().compile_logp(mode="FAST_COMPILE")
        expected = np.array([float(log_posterior({UNIT_NAME: u})) for u in unit])
    expected += 0.5 * (unit**2).sum(axis=1) + unit.shape[1] / 2 * math.log(2 * math.pi)
    return float((np.abs(found - expected) / (1 + np.abs(expected))).max())


def after(start, end, time: float) -> np.ndarray:
    """Return the part of each window that lies after a time; a point at the time has none."""
    found = []
    for a, b in zip(start, end, strict=True):
        found.append(float(b > time + 1e-9) if a == b else (b - min(max(a, time), b)) / (b - a))
    return np.array(found)


def jump_edges(observations: Observations) -> list[float]:
    """Return the edges of windows from the first end to the last."""
    every = sorted([*observations.start, *observations.end])
    distinct = [
        t for t, before in zip(every, [-1.0, *every[:-1]], strict=True) if t - before > 1e-9
    ]
    first, last = min(observations.end), max(observations.end)
    return [t for t in distinct if first - 1e-9 < t < last + 1e-9]


@dataclass(frozen=True)
class Dense:
    """One history under one theta: what its observations and any targets have in common."""

    problem: dense.Problem
    theta: np.ndarray
    static: StaticPrior

    def log_density(self, time: float | None = None, size_sd: float = 0.0) -> float:
        """Return the log density of the link values, given when the level jumped."""
        mean, cov = self._moments(time, size_sd)
        root = np.linalg.cholesky(cov)
        white = np.linalg.solve(root, self.problem.link_value - mean)
        log_det = 2 * np.log(np.diag(root)).sum()
        return float(-0.5 * (white @ white + log_det + len(mean) * np.log(2 * np.pi)))

    def _moments(self, time, size_sd):
        p = self.problem
        mean, cov = dense.moments(p, self.theta[:4])
        design = columns(self.static.regressors, p.start, p.end)
        first = self.static.first_regressor
        cov = cov + (design * self.static.sd[first:] ** 2) @ design.T
        if time is not None:
            jumped = after(p.start, p.end, time)
            cov += size_sd**2 * np.outer(jumped, jumped)
        return mean + design @ self.static.mean[first:], cov

    def conditional(self, targets: dense.Targets, time: float | None, size_sd: float):
        """Return mean and covariance of the targets; those of kind 'level' hold the jump."""
        p, n = self.problem, len(self.problem.start)
        joint = dense.Targets(
            ("level",) * n + targets.kind,
            np.concatenate([p.start, targets.start]),
            np.concatenate([p.end, targets.end]),
        )
        mean, cov = dense.prior_moments(joint, p, self.theta[:4])
        if time is not None:
            jumped = after(joint.start, joint.end, time) * (np.array(joint.kind) == "level")
            cov += size_sd**2 * np.outer(jumped, jumped)
        observed_mean, observed_cov = self._moments(time, size_sd)
        gain = np.linalg.solve(observed_cov, cov[:n, n:]).T
        fitted = mean[n:] + gain @ (p.link_value - observed_mean)
        return fitted, cov[n:, n:] - gain @ cov[:n, n:]


def dense_of(observations: Observations, static: StaticPrior, theta, *, drift_width=1.0) -> Dense:
    """Return the dense reference of a history at one theta."""
    problem = as_problem(observations, PRIOR)
    problem = replace(problem, drift_sd=problem.drift_sd * drift_width)
    return Dense(problem, np.asarray(theta), static)


def jump_terms(found: Dense, edges: list[float]) -> tuple[list[float | None], np.ndarray]:
    """Return the times, none first, and log(prior x density) of each: theta ends in rate and sd."""
    rate, sd = found.theta[4:]
    gaps = np.diff(edges)
    never = math.log1p(rate * gaps.sum())
    times: list[float | None] = [None, *edges[:-1]]
    terms = [found.log_density() - never]
    terms += [
        math.log(rate * gap) - never + found.log_density(time, sd)
        for time, gap in zip(edges[:-1], gaps, strict=True)
    ]
    return times, np.array(terms)
