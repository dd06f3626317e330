"""The density of a later figure against one step ahead, dense moments and simulated futures."""

from __future__ import annotations

import numpy as np
import pytest
from calibration import dense
from calibration.histories import REPORT
from calibration.problems import as_problem, make_prior, observe

from forecaster.inference.ahead import N_POINTS, log_density_ahead
from forecaster.inference.certify import HyperPosterior, infer
from forecaster.inference.one_step import one_step_ahead
from forecaster.inference.single import single_problem
from forecaster.models.jumps import jumps_model
from forecaster.models.static_effects import static_prior
from forecaster.models.trend import trend_model
from forecaster.workspace.belief_tables import LogNormal
from forecaster.workspace.single_beliefs import JumpPrior

PRIOR = make_prior()
JUMPS = JumpPrior(LogNormal(0.1, 0.7, "", ""), LogNormal(0.5, 0.5, "", ""))
Z = np.array([-2.0, -1.7, -1.5, -0.6, -0.4, -0.1, 0.3])


def _model(family, z, *, last=None):
    start = 2010.0 + np.arange(len(z))
    if last is not None:
        start[-1] = last
    observations = observe(start, start + 1, z, noise_sd=0.02)
    static = static_prior(observations, PRIOR, is_share=False)
    if family == "trend":
        return trend_model(observations, static, PRIOR)
    return jumps_model(observations, static, PRIOR, JUMPS)


def _at(theta):
    return HyperPosterior(np.array(theta)[:, None], np.ones(1), REPORT)


def test_density_given_theta_is_the_dense_conditional():
    theta = np.array([0.2, 0.15, 2.0, 0.05])
    for last in (2016.0, 2019.0):  # the next year, and three years later
        model = _model("trend", Z, last=last)
        whole = as_problem(model.observations, PRIOR)
        mean, cov = dense.moments(whole, theta)
        gain = np.linalg.solve(cov[:-1, :-1], cov[:-1, -1])
        expected = mean[-1] + gain @ (Z[:-1] - mean[:-1])
        variance = cov[-1, -1] - gain @ cov[:-1, -1]
        log_density = -0.5 * (np.log(2 * np.pi * variance) + (Z[-1] - expected) ** 2 / variance)
        found = log_density_ahead(model, _at(theta), rng=np.random.default_rng(1))
        assert found == pytest.approx(log_density, abs=1e-5)


@pytest.mark.parametrize("family", ["trend", "jumps"])
def test_next_figure_has_the_density_of_one_step_ahead(family):
    known, whole = _model(family, Z[:-1]), _model(family, Z)
    hyper = infer(
        single_problem(known),
        engine="amis",
        seed=1,
        rng=np.random.default_rng(2),
        announce=lambda _: None,
    )
    fit = infer(
        single_problem(whole),
        engine="amis",
        seed=1,
        rng=np.random.default_rng(3),
        announce=lambda _: None,
    )
    found = log_density_ahead(whole, hyper, rng=np.random.default_rng(4))
    expected = one_step_ahead(whole, fit.points).log_density[-1]
    # densities differ between points by half their mean at most: 0.5 / sqrt(1000) = 0.016 for
    # this mean, and as much again for the other's ESS of 1,000
    assert N_POINTS == 1000
    assert found == pytest.approx(expected, abs=4 * 0.023)


def test_density_of_a_later_figure_integrates_to_one_with_jumps():
    theta = [0.1, 0.05, 2.0, 0.03, 0.3, 0.6]
    grid = np.linspace(-8, 8, 161)
    density = []
    for value in grid:
        model = _model("jumps", np.append(Z[:-1], value), last=2018.0)
        density.append(np.exp(log_density_ahead(model, _at(theta), rng=np.random.default_rng(5))))
    assert np.sum(density) * (grid[1] - grid[0]) == pytest.approx(1.0, abs=1e-3)
    # three years until the middle of the window's year: on average 0.3 * 2.5 jumps of variance
    # 0.36 are felt in full or in part, beside little else
    spread = (
        np.sum(grid**2 * density) / np.sum(density)
        - (np.sum(grid * density) / np.sum(density)) ** 2
    )
    assert spread > 0.2


def test_a_figure_that_is_not_the_last_one_read_has_no_density():
    model = _model("trend", Z, last=2012.2)
    found = log_density_ahead(model, _at([0.2, 0.15, 2.0, 0.05]), rng=np.random.default_rng(1))
    assert np.isnan(found)
