"""The adaptive engine against brute force over the prior, on shipped and on hard histories.

Of the 4,752 differences over all shipped series 0.03 should lie beyond 4.5 standard errors, and
the standard errors are on the wide side (see `brute_force`), so their root mean square is below 1.
"""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import pytest

from calibration.brute_force import Problem, compare, make_problem
from calibration.problems import make_prior, observe
from forecaster.errors import InputError
from forecaster.models.observations import link_observations
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.history import known_by
from forecaster.workspace.reader import SHIPPED, load_all_facts

AS_OF = date(2026, 11, 22)
FARTHEST = 4.5
FEW = (
    "cn-ai-chip-domestic-share",
    "world-internet-users-share",
    "us-ai-private-investment",
    "cn-notable-models",
    "cn-large-scale-models-cumulative",
    "hyperscaler-big4-capex",
)


@cache
def _shipped_facts():
    return load_all_facts(SHIPPED), load_beliefs(SHIPPED)


def _shipped(series: str) -> Problem | None:
    """Return a shipped series with at least two usable figures, or None."""
    facts, beliefs = _shipped_facts()
    try:
        history = known_by(facts, series, as_of=AS_OF)
        prior = beliefs.trend[history.entry.kind]
        observations = link_observations(history, prior)
    except InputError:
        return None
    if observations.n < 2:
        return None
    return make_problem(observations, prior, is_share=history.entry.kind == "share")


def _compare(problem: Problem, seed: int, **choices):
    return compare(
        problem,
        fit_rng=np.random.default_rng(seed),
        reference_rng=np.random.default_rng(seed + 1),
        **choices,
    )


@pytest.mark.parametrize("series", FEW)
def test_a_few_shipped_series_agree_with_brute_force(series):
    problem = _shipped(series)
    assert problem is not None
    found = _compare(problem, 1, n_points=2**14)
    assert found.fit.failures() == ()
    assert max(found.gaps.values()) < FARTHEST, found.gaps


@pytest.mark.slow
def test_every_shipped_series_agrees_with_brute_force():
    facts, _ = _shipped_facts()
    gaps, uncertified = {}, []
    for k, series in enumerate(facts.entries):
        problem = _shipped(series)
        if problem is None:
            continue
        found = _compare(problem, 1000 * k)
        if found.fit.failures():
            uncertified.append(series)
        gaps |= {(series, name): gap for name, gap in found.gaps.items()}
    worst = max(gaps, key=gaps.__getitem__)
    values = np.array(list(gaps.values()))
    print(
        f"{len({series for series, _ in gaps})} series, {len(uncertified)} not certified at first; "
        f"{values.size} differences: root mean square {np.sqrt(np.mean(values**2)):.2f}, "
        f"99% within {np.quantile(values, 0.99):.2f}, largest {values.max():.2f} standard errors "
        f"({worst})"
    )
    assert gaps[worst] < FARTHEST, (worst, gaps[worst])
    assert np.sqrt(np.mean(np.square(list(gaps.values())))) < 1
    # the first attempt is certified but for one series in a hundred; those are tried again
    assert len(uncertified) <= 3, uncertified


def _points(z, noise_sd=0.01) -> Problem:
    at = 1960.0 + np.arange(len(z), dtype=float)
    observations = observe(at, at, np.asarray(z, dtype=float), noise_sd=noise_sd)
    return make_problem(observations, make_prior(), is_share=False)


def _walk(n, sd, seed):
    return np.cumsum(np.random.default_rng(seed).normal(0, sd, n))


HARD = {
    "one point": lambda: _points([1.0]),
    "two points": lambda: _points([1.0, 1.4]),
    "constant, 8": lambda: _points(np.zeros(8), noise_sd=1e-3),
    "constant, 30": lambda: _points(np.zeros(30), noise_sd=1e-3),
    "constant, 30, no noise": lambda: _points(np.zeros(30), noise_sd=1e-4),
    "exact line": lambda: _points(0.3 * np.arange(10), noise_sd=1e-3),
    "noise or walk": lambda: _points(
        _walk(12, 0.1, 4) + 0.15 * (-1.0) ** np.arange(12), noise_sd=1e-3
    ),
    "volatility 50 times below": lambda: _points(_walk(60, 0.003, 5), noise_sd=1e-3),
    "volatility 10 times above": lambda: _points(_walk(60, 1.5, 6)),
    "one outlier": lambda: _points(_walk(12, 0.1, 7) + 2.0 * (np.arange(12) == 6)),
}


@pytest.mark.parametrize("name", HARD)
def test_hard_histories_agree_with_their_reference(name):
    found = _compare(HARD[name](), 3, n_points=2**14)
    assert found.fit.failures() == ()
    assert max(found.gaps.values()) < FARTHEST, found.gaps


@pytest.mark.slow
@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("seed", range(100, 150, 10))
def test_hard_histories_agree_with_brute_force_whatever_the_seed(name, seed):
    found = _compare(HARD[name](), seed)
    assert found.fit.failures() == ()
    assert max(found.gaps.values()) < FARTHEST, found.gaps


def test_five_hundred_points_agree_with_a_larger_run():
    edges = 1980.0 + np.arange(501) / 12
    z = _walk(500, 0.05, 8) + np.random.default_rng(9).normal(0, 0.03, 500)
    observations = observe(edges[:-1], edges[1:], z, noise_sd=0.01)
    problem = make_problem(observations, make_prior(), is_share=False)
    found = _compare(problem, 4, n_points=1024)
    assert found.reference == "larger adaptive run"
    assert found.fit.failures() == ()
    assert max(found.gaps.values()) < FARTHEST, found.gaps
