"""A share below an uncertain cap against the dense answer, its PyMC model and its Jacobian."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from calibration.jumped import LAYOUTS, PRIOR, REGRESSORS, dense_of, made, pymc_gap

from forecaster.inference.single import single_problem
from forecaster.models.substitution import CAP, IMPOSSIBLE, linked_at, substitution_model
from forecaster.workspace.series_beliefs import Cap

CAP_PRIOR = Cap(2.5, 1.2)


def _made(layout, rng, *, regressors=()):
    """Return a history of shares between a few percent and some 90, most caps above them."""
    observations, static = made(layout, rng, regressors=regressors)
    z = -1.0 + 0.8 * (observations.z - observations.z.mean())
    return replace(observations, z=z), replace(static, mean=np.append(z[0], static.mean[1:]))


@pytest.mark.parametrize("regressors", [(), REGRESSORS])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_likelihood_is_that_of_the_share_of_the_cap_times_its_slope(layout, regressors, rng):
    observations, static = _made(layout, rng, regressors=regressors)
    model = substitution_model(observations, static, PRIOR, CAP_PRIOR)
    unit = 1.5 * rng.standard_normal((10, 5))
    share = 1 / (1 + np.exp(-observations.z))
    found = single_problem(model).log_likelihood_at(unit)
    n_possible = 0
    for theta, value in zip(model.theta_at(unit).T, found, strict=True):
        cap = theta[CAP]
        if cap <= share.max() + 1e-6:
            assert value < IMPOSSIBLE / 2
            continue
        n_possible += 1
        z = np.log(share / (cap - share))
        linked = dense_of(replace(observations, z=z), static, theta[:4])
        linked = replace(linked, problem=replace(linked.problem, level_mean=static.mean[0]))
        # d log(v / (cap - v)) / dv = cap / (v (cap - v)), and d logit(v) / dv = 1 / (v (1 - v))
        slope = np.log(cap / (share * (cap - share))) - np.log(1 / (share * (1 - share)))
        expected = linked.log_density() + slope.sum()
        assert abs(value - expected) < 1e-6 * (1 + abs(expected))
    assert n_possible >= 4


@pytest.mark.parametrize("layout", ["points and averages", "overlapping houses"])
def test_filter_gives_the_log_density_of_the_pymc_model(layout, rng):
    observations, static = _made(layout, rng, regressors=REGRESSORS)
    model = substitution_model(observations, static, PRIOR, CAP_PRIOR)
    unit = 1.5 * rng.standard_normal((20, 5))
    unit[0, CAP] = -6.0  # a cap of some 1%, below most figures
    assert pymc_gap(model, unit) < 1e-6


def test_a_cap_of_one_is_the_trend(rng):
    observations, _ = _made("annual points", rng)
    theta = np.array([0.2, 0.15, 3.0, 0.05, 1.0])[:, None]
    found = linked_at(theta, observations)
    assert found.z[:, 0] == pytest.approx(observations.z)
    assert found.log_jacobian == pytest.approx([0.0], abs=1e-12)


def test_link_values_by_hand(rng):
    # v = 0.3 under a cap of 0.6: logit(1/2) = 0; slope 0.6 * 0.7 / 0.3 = 1.4 beside the logit's
    observations, _ = made("annual points", rng, n=1)
    observations = replace(observations, z=np.log([0.3 / 0.7]))
    found = linked_at(np.array([[0.2], [0.15], [3.0], [0.05], [0.6]]), observations)
    assert found.z == pytest.approx(0.0, abs=1e-12)
    assert found.log_jacobian == pytest.approx(np.log(1.4))
