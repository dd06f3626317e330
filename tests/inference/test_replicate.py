"""Replicated histories against the moments of the dense reference."""

from __future__ import annotations

import numpy as np
import pytest
from calibration import dense
from calibration.problems import as_problem, make_observations, make_prior, observe

from forecaster.inference.replicate import replicate
from forecaster.models.jumps import jumps_model
from forecaster.models.static_effects import static_prior
from forecaster.models.substitution import substitution_model
from forecaster.models.trend import trend_model
from forecaster.workspace.belief_tables import LogNormal
from forecaster.workspace.series_beliefs import Cap
from forecaster.workspace.single_beliefs import JumpPrior

PRIOR = make_prior()
N = 20_000
THETA = np.array([0.2, 0.15, 2.0, 0.05])


@pytest.mark.parametrize("layout", ["annual points", "overlapping houses", "points and averages"])
def test_replicates_have_the_moments_of_the_model(layout):
    observations = make_observations(layout, np.random.default_rng(1), n=4)
    static = static_prior(observations, PRIOR, is_share=False)
    model = trend_model(observations, static, PRIOR)
    rng = np.random.default_rng(2)
    effects = static.mean[:, None] + static.sd[:, None] * rng.standard_normal((len(static.sd), N))
    found = replicate(model, np.tile(THETA[:, None], N), effects, rng=rng)
    mean, cov = dense.moments(as_problem(observations, PRIOR), THETA)
    sd = np.sqrt(np.diag(cov))
    assert found.mean(axis=1) == pytest.approx(mean, abs=4 * sd.max() / N**0.5)
    # differences take the level's sd of ten away; a variance of N draws is off by sqrt(2 / N) of it
    differences = np.diff(found, axis=0)
    contrast = np.diff(np.eye(len(mean)), axis=0)
    expected = np.diag(contrast @ cov @ contrast.T)
    assert differences.var(axis=1) == pytest.approx(expected, rel=5 * (2 / N) ** 0.5)


def test_jumps_add_the_variance_of_a_compound_poisson_process():
    start = 2010.0 + np.arange(4)
    observations = observe(start, start, np.zeros(4), noise_sd=0.01)
    static = static_prior(observations, PRIOR, is_share=False)
    jumps = JumpPrior(LogNormal(0.1, 0.7, "", ""), LogNormal(0.5, 0.5, "", ""))
    model = jumps_model(observations, static, PRIOR, jumps)
    rng = np.random.default_rng(3)
    theta = np.tile(np.array([1e-3, 1e-3, 1.0, 1e-3, 0.5, 2.0])[:, None], N)
    found = replicate(model, theta, np.zeros((2, N)), rng=rng)
    steps = np.diff(found, axis=0)
    # rate 0.5 a year, sd 2: variance 0.5 * 4 = 2 a year; its kurtosis is 3 + 3/0.5 = 9, so the
    # variance of N draws is off by sqrt(8 / N) of it
    assert steps.var(axis=1) == pytest.approx(np.full(3, 2.0), rel=5 * (8 / N) ** 0.5)
    assert (np.abs(steps) < 0.1).mean() == pytest.approx(np.exp(-0.5), abs=0.02)


def test_replicates_of_a_share_with_a_cap_stay_below_it_up_to_an_error_of_measurement():
    start = 2010.0 + np.arange(3)
    observations = observe(start, start, np.array([-1.0, -0.5, 0.0]), noise_sd=0.01)
    static = static_prior(observations, PRIOR, is_share=False)
    model = substitution_model(observations, static, PRIOR, Cap(1.0, 0.5))
    theta = np.tile(np.array([*THETA, 0.6])[:, None], 500)
    effects = np.zeros((2, 500))
    effects[0] = 9.0  # far up: nearly at the cap
    found = 1 / (1 + np.exp(-replicate(model, theta, effects, rng=np.random.default_rng(4))))
    # five errors of 0.01 on the logit of 0.6; all 1,500 stay below that but once in 2,300 times
    assert (found < 0.6 + 5 * 0.01 * 0.6 * 0.4).all()
    assert found.mean() > 0.59
