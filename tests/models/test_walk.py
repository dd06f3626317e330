"""The random walk with drift against the dense answer and its own PyMC model."""

from __future__ import annotations

import numpy as np
import pytest
from calibration.jumped import LAYOUTS, PRIOR, REGRESSORS, dense_of, made, pymc_gap
from calibration.problems import LOG_SDS, MEDIANS

from forecaster.inference.single import single_problem
from forecaster.models.static_effects import DRIFT
from forecaster.models.walk import DRIFT_WIDTH, walk_model


@pytest.mark.parametrize("regressors", [(), REGRESSORS])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_walk_is_a_trend_whose_slope_never_strays(layout, regressors, rng):
    observations, static = made(layout, rng, regressors=regressors)
    unit = 1.5 * rng.standard_normal((10, 2))
    found = single_problem(walk_model(observations, static, PRIOR)).log_likelihood_at(unit)
    for u, value in zip(unit, found, strict=True):
        theta = (MEDIANS[0] * np.exp(LOG_SDS[0] * u[0]), 0.0, 1.0,
                 MEDIANS[3] * np.exp(LOG_SDS[3] * u[1]))  # fmt: skip
        expected = dense_of(observations, static, theta, drift_width=2.0).log_density()
        assert abs(value - expected) < 1e-6 * (1 + abs(expected))


@pytest.mark.parametrize("layout", ["points and averages", "overlapping houses"])
def test_filter_gives_the_log_density_of_the_pymc_model(layout, rng):
    observations, static = made(layout, rng, regressors=REGRESSORS)
    model = walk_model(observations, static, PRIOR)
    assert pymc_gap(model, 1.5 * rng.standard_normal((20, 2))) < 1e-6


def test_only_the_drift_has_a_wider_prior_and_the_given_one_is_left_alone(rng):
    observations, static = made("annual points", rng, regressors=REGRESSORS)
    before = static.sd.copy()
    wide = walk_model(observations, static, PRIOR).static.sd
    expected = before.copy()
    expected[DRIFT] *= DRIFT_WIDTH
    assert np.array_equal(wide, expected)
    assert np.array_equal(static.sd, before)
