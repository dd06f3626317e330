"""One observation at a time, against the Cholesky factor of the dense covariance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from calibration import dense
from calibration.problems import LAYOUTS, as_problem, make_observations, make_prior, random_unit

from forecaster.inference.jumps import jump_times
from forecaster.inference.kalman import log_likelihood
from forecaster.inference.normal import normal_cdf, normal_log_density
from forecaster.inference.sequential import condition_in_turn
from forecaster.inference.timeline import lay_out
from forecaster.models.jumps import share_after
from forecaster.models.regressors import seasons
from forecaster.models.static_effects import static_prior
from forecaster.models.trend import theta_at


def _case(layout, *, seed=1, n=5, regressors=(), **choices):
    rng = np.random.default_rng(seed)
    observations = make_observations(layout, rng, n=n)
    prior = make_prior()
    static = static_prior(observations, prior, is_share=False, regressors=regressors)
    theta = theta_at(random_unit(rng, 3), prior, scale=1.0)
    timeline = lay_out(observations, anchor=static.anchor)
    turns = condition_in_turn(theta, observations, timeline, static, **choices)
    return observations, prior, static, theta, timeline, turns


def _whitened(observations, prior, theta, turns, columns):
    """Return sds, whitened residuals and whitened columns in the order of the turns."""
    order = [turn.observation for turn in turns]
    mean, cov = dense.moments(as_problem(observations, prior), theta)
    root = np.linalg.cholesky(cov[np.ix_(order, order)])
    values = np.column_stack([observations.z - mean, columns])[order]
    white = np.linalg.solve(root, values)
    return np.diag(root), white[:, 0], white[:, 1:]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_residuals_and_responses_are_those_of_the_dense_factor(layout):
    observations, prior, _, theta, timeline, turns = _case(layout, with_jumps=True)
    where = jump_times(timeline)
    columns = share_after(observations.start, observations.end, where.times)
    assert len(turns) == observations.n
    for k in range(theta.shape[1]):
        sds, residuals, responses = _whitened(observations, prior, theta[:, k], turns, columns)
        for i, turn in enumerate(turns):
            sd = turn.variance[k] ** 0.5
            assert sd == pytest.approx(sds[i], rel=1e-6)
            assert turn.residual[k] / sd == pytest.approx(residuals[i], abs=1e-5)
            n_past = len(turn.responses)
            assert turn.responses[:, k] / sd == pytest.approx(responses[i, :n_past], abs=1e-5)
            # a later jump has not been felt
            assert responses[i, n_past:] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("layout", ["annual points", "overlapping houses"])
def test_densities_in_turn_add_up_to_the_likelihood(layout):
    observations, _, static, theta, timeline, turns = _case(layout, regressors=seasons(0.1))
    total = sum(normal_log_density(turn.residual, turn.variance) for turn in turns)
    whole = log_likelihood(theta, observations, timeline, static)
    assert total == pytest.approx(whole, rel=1e-7)


def test_what_comes_later_changes_nothing_before():
    observations, prior, static, theta, _, turns = _case("annual averages", with_jumps=True)
    first = {
        name: getattr(observations, name)[:3]
        for name in ("start", "end", "z", "jensen", "noise_sd", "basis")
    }
    cut = replace(observations, **first)
    short = condition_in_turn(
        theta,
        cut,
        lay_out(cut, anchor=static.anchor),
        static_prior(cut, prior, is_share=False),
        with_jumps=True,
    )
    for now, then in zip(turns[:3], short, strict=True):
        assert now.residual == pytest.approx(then.residual)
        assert now.variance == pytest.approx(then.variance)
        assert now.responses == pytest.approx(then.responses)


def test_normal_distribution_function_against_tables():
    # Abramowitz and Stegun, table 26.1: Phi(1) = .84134 47460 68543, Phi(-3) = .00134 98980 31630
    found = normal_cdf(np.array([0.0, 1.0, -3.0, 9.0, -40.0]))
    assert found[:3] == pytest.approx([0.5, 0.8413447460685, 0.0013498980316], rel=2e-7)
    assert found[3] == pytest.approx(1.0)
    assert 0.0 <= found[4] < 1e-300


def test_normal_log_density_by_hand():
    # residual 2, variance 4: -(log(2 pi) + log 4 + 4 / 4) / 2
    expected = -(np.log(2 * np.pi) + np.log(4) + 1) / 2
    assert normal_log_density(np.array([2.0]), np.array([4.0])) == pytest.approx([expected])
