"""Hold the pooled family's likelihood and its PyMC model against the dense reference."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from calibration.groups import LAYOUTS, DenseGroup, make_group, make_members, random_unit, theta_of

from forecaster.inference.pooled import group_problem
from forecaster.models.pooled import pymc_model
from forecaster.models.trend import UNIT_NAME

TOLERANCE = 1e-6  # of 1 + |log density|: design, section 4


def _relative_gap(found, expected) -> float:
    return float((np.abs(found - expected) / (1 + np.abs(expected))).max())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_block_woodbury_gives_the_dense_log_density(layout):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        unit = random_unit(rng, 20)
        members = make_members(layout, np.random.default_rng(seed))
        group = make_group(layout, np.random.default_rng(seed))
        expected = np.array([DenseGroup(*members).log_density(t) for t in theta_of(unit)])
        assert _relative_gap(group_problem(group).log_likelihood_at(unit), expected) < TOLERANCE


@pytest.mark.parametrize("layout", ["tilted averages", "two houses"])
def test_pymc_model_gives_the_dense_log_density(layout):
    rng = np.random.default_rng(5)
    unit = random_unit(rng, 10)
    members = make_members(layout, np.random.default_rng(6), n_members=3, n=5)
    group = make_group(layout, np.random.default_rng(6), n_members=3, n=5)
    expected = np.array([DenseGroup(*members).log_density(t) for t in theta_of(unit)])
    expected += -0.5 * (unit**2).sum(axis=1) - 3 * np.log(2 * np.pi)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyMC's and PyTensor's own, at import
        log_posterior = pymc_model(group).compile_logp(mode="FAST_COMPILE")
        found = np.array([float(log_posterior({UNIT_NAME: u})) for u in unit])
    assert _relative_gap(found, expected) < TOLERANCE
