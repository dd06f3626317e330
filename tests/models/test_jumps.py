"""The trend with jumps against one dense normal per time of the jump, and its PyMC model."""

from __future__ import annotations

import numpy as np
import pytest
from calibration.jumped import (
    LAYOUTS,
    PRIOR,
    REGRESSORS,
    dense_of,
    jump_edges,
    jump_terms,
    made,
    pymc_gap,
)
from hypothesis import given
from hypothesis import strategies as st

from forecaster.inference.single import single_problem
from forecaster.models.jumps import jumps_model, share_after
from forecaster.workspace.belief_tables import LogNormal
from forecaster.workspace.single_beliefs import JumpPrior

JUMPS = JumpPrior(LogNormal(0.1, 0.7, "", ""), LogNormal(0.6, 0.5, "", ""))


@pytest.mark.parametrize("regressors", [(), REGRESSORS])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_likelihood_is_the_sum_over_every_time_of_the_jump(layout, regressors, rng):
    observations, static = made(layout, rng, regressors=regressors)
    model = jumps_model(observations, static, PRIOR, JUMPS)
    unit = 1.5 * rng.standard_normal((8, 6))
    found = single_problem(model).log_likelihood_at(unit)
    edges = jump_edges(observations)
    for theta, value in zip(model.theta_at(unit).T, found, strict=True):
        _, terms = jump_terms(dense_of(observations, static, theta), edges)
        expected = np.logaddexp.reduce(terms)
        assert abs(value - expected) < 1e-6 * (1 + abs(expected))


@pytest.mark.parametrize("layout", ["points and averages", "overlapping houses"])
def test_filter_gives_the_log_density_of_the_pymc_model(layout, rng):
    observations, static = made(layout, rng, regressors=REGRESSORS)
    model = jumps_model(observations, static, PRIOR, JUMPS)
    assert pymc_gap(model, 1.5 * rng.standard_normal((20, 6))) < 1e-6


def test_hyperparameters_are_those_of_the_prior(rng):
    observations, static = made("annual points", rng)
    theta = jumps_model(observations, static, PRIOR, JUMPS).theta_at(
        np.array([[0.0] * 6, [1.0] * 6])
    )
    assert theta[4:, 0] == pytest.approx([0.1, 0.6])
    # 0.1 exp(0.7), 0.6 exp(0.5)
    assert theta[4:, 1] == pytest.approx([0.201375, 0.989233], abs=1e-6)


def test_a_window_holds_the_part_of_a_jump_that_lies_after_it():
    start, end = np.array([2020.0, 2020.0, 2021.0]), np.array([2021.0, 2020.25, 2021.0])
    assert share_after(start, end, 2020.125) == pytest.approx([0.875, 0.5, 1.0])
    # a point at the very time has not seen the jump; nothing has seen one that never came
    assert share_after(start, end, 2021.0) == pytest.approx([0.0, 0.0, 0.0])
    assert share_after(start, end, np.inf) == pytest.approx([0.0, 0.0, 0.0])
    assert share_after(start, end, 2019.0) == pytest.approx([1.0, 1.0, 1.0])


@given(
    length=st.floats(0.0, 3.0).map(lambda x: 0.0 if x < 1e-6 else x),
    times=st.lists(st.floats(2018, 2025), min_size=1, max_size=5),
)
def test_many_times_at_once_give_what_each_gives_alone(length, times):
    start, end = np.array([2020.0, 2021.5]), np.array([2020.0 + length, 2021.5 + length])
    found = share_after(start, end, np.array(times))
    assert found.shape == (2, len(times))
    for k, time in enumerate(times):
        assert np.array_equal(found[:, k], share_after(start, end, time))
    assert ((found >= 0) & (found <= 1)).all()
