"""Where the level jumped: weights against brute force, one dense normal for each time."""

from __future__ import annotations

import numpy as np
import pytest
from calibration.jumped import LAYOUTS, PRIOR, REGRESSORS, dense_of, jump_edges, jump_terms, made
from calibration.problems import observe

from forecaster.inference.jumps import jump_log_likelihood, jump_times, weigh_jumps
from forecaster.inference.kalman import log_likelihood
from forecaster.inference.timeline import lay_out
from forecaster.models.static_effects import static_prior

THETA = np.array([0.2, 0.15, 2.0, 0.05, 0.15, 0.7])


@pytest.mark.parametrize("regressors", [(), REGRESSORS])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_weights_are_those_of_brute_force(layout, regressors, rng):
    observations, static = made(layout, rng, regressors=regressors)
    timeline = lay_out(observations, anchor=static.anchor)
    thetas = THETA[:, None] * np.exp(rng.normal(0, 0.7, (6, 5)))
    found = weigh_jumps(thetas, observations, timeline, static)
    for k, theta in enumerate(thetas.T):
        _, terms = jump_terms(dense_of(observations, static, theta), jump_edges(observations))
        total = np.logaddexp.reduce(terms)
        assert found.log_likelihood[k] == pytest.approx(total, rel=1e-7, abs=1e-7)
        assert found.log_weights[:, k] == pytest.approx(terms - total, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_times_are_the_edges_between_the_first_end_and_the_last(layout, rng):
    observations, static = made(layout, rng)
    found = jump_times(lay_out(observations, anchor=static.anchor))
    edges = np.array(jump_edges(observations))
    assert found.times == pytest.approx(edges[:-1], abs=1e-8)
    assert found.gaps == pytest.approx(np.diff(edges), abs=1e-8)


def test_a_clear_jump_is_found_where_it_was():
    at = 2010.0 + np.arange(12)
    z = 0.02 * np.sin(np.arange(12.0))
    z[7:] += 2.0
    observations = observe(at, at, z, noise_sd=0.01)
    static = static_prior(observations, PRIOR, is_share=False)
    theta = np.array([[0.05], [0.05], [2.0], [0.02], [0.1], [0.7]])
    timeline = lay_out(observations, anchor=2010.0)
    found = weigh_jumps(theta, observations, timeline, static)
    times = jump_times(timeline).times
    # the jump came after the figure at 2016 and before the one at 2017
    assert times[found.log_weights[1:, 0].argmax()] == 2016.0
    assert np.exp(found.log_weights[:, 0].max()) > 0.99


@pytest.mark.parametrize("n", [1, 2])
def test_one_figure_has_no_room_for_a_jump_and_two_have_one_place(n, rng):
    observations, static = made("annual points", rng, n=n)
    timeline = lay_out(observations, anchor=static.anchor)
    assert len(jump_times(timeline).times) == n - 1
    found = jump_log_likelihood(THETA[:, None], observations, timeline, static)[0]
    if n == 1:
        plain = log_likelihood(THETA[:4, None], observations, timeline, static)[0]
        assert found == pytest.approx(plain, rel=1e-12)
    _, terms = jump_terms(dense_of(observations, static, THETA), jump_edges(observations))
    assert found == pytest.approx(np.logaddexp.reduce(terms), rel=1e-7)


def test_a_rate_near_zero_leaves_the_trend(rng):
    observations, static = made("overlapping houses", rng, n=4)
    timeline = lay_out(observations, anchor=static.anchor)
    rare = THETA.copy()
    rare[4] = 1e-12
    found = jump_log_likelihood(rare[:, None], observations, timeline, static)
    plain = log_likelihood(rare[:4, None], observations, timeline, static)
    assert found == pytest.approx(plain, rel=1e-7)


def test_points_do_not_see_each_other(rng):
    observations, static = made("overlapping houses", rng, n=4, regressors=REGRESSORS)
    timeline = lay_out(observations, anchor=static.anchor)
    thetas = THETA[:, None] * np.exp(rng.normal(0, 0.7, (6, 4)))
    together = weigh_jumps(thetas, observations, timeline, static)
    for k in range(4):
        alone = weigh_jumps(thetas[:, [k]], observations, timeline, static)
        assert together.log_weights[:, k] == pytest.approx(alone.log_weights[:, 0], rel=1e-9)
