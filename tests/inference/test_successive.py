"""The recursion for figures that follow one another gives what the filter gives."""

from __future__ import annotations

import numpy as np
import pytest
from calibration.problems import make_observations, make_prior, observe, random_unit

from forecaster.inference.successive import NEAR, is_successive, line_up, steps_of, whiten_alike
from forecaster.inference.timeline import lay_out
from forecaster.inference.whitening import whiten
from forecaster.models.trend import make_step, theta_at


def _theta(rng, n_points=20):
    return theta_at(random_unit(rng, n_points), make_prior(), scale=1.0)


def _assert_alike(theta, histories):
    white = whiten_alike(theta, line_up(histories))
    for i, history in enumerate(histories):
        expected = whiten(theta, history, lay_out(history))
        assert (expected.order == np.arange(history.n)).all()
        assert white.rows[:, :, i] == pytest.approx(expected.rows, rel=1e-6, abs=1e-8)
        assert white.log_det[i] == pytest.approx(expected.log_det, rel=1e-9, abs=1e-9)
        # level and stray slope come first among the states; a slot may follow them
        assert white.mean[:, :, i] == pytest.approx(expected.mean[:2], rel=1e-6, abs=1e-8)
        covariance = expected.covariance[:2, :2]
        assert white.covariance[:, :, i] == pytest.approx(covariance, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize(
    "layout",
    ["annual points", "annual averages", "shifted averages", "years and quarters", "months"],
)
def test_histories_side_by_side_are_whitened_as_each_alone(layout):
    rng = np.random.default_rng(31)
    _assert_alike(_theta(rng), [make_observations(layout, rng) for _ in range(3)])


def test_missing_periods_of_one_history_leave_the_other_alone():
    rng = np.random.default_rng(32)
    start = 2010.0 + np.array([[0, 1, 2, 3], [0, 3, 4, 7]])
    histories = [observe(s, s + 1, rng.normal(size=4), noise_sd=0.05) for s in start]
    _assert_alike(_theta(rng), histories)


def test_the_rows_whiten_the_covariance_that_they_came_from():
    # one figure over [0, 1], theta known: V = s_l^2 / 3 + stray slope's share + s_o^2 + noise^2;
    # with s_b near 0 and s_l = 0.3, s_o = 0.4, noise 0: V = 0.03 + 0.16 = 0.19, U = 1 / sqrt(0.19)
    one = observe(np.array([0.0]), np.array([1.0]), np.array([5.0]), noise_sd=0.0)
    white = whiten_alike(np.array([[0.3], [1e-9], [2.0], [0.4]]), line_up([one]))
    assert white.rows[0, 0, 0] == pytest.approx([0.19**-0.5], rel=1e-12)
    assert white.log_det[0] == pytest.approx([np.log(0.19)], rel=1e-12)


@pytest.mark.parametrize("layout", ["overlapping houses", "points and averages"])
def test_figures_that_overlap_are_not_successive(layout):
    assert not is_successive(make_observations(layout, np.random.default_rng(33)))


def test_two_points_at_one_time_are_not_successive():
    at = np.array([2010.0, 2011.0, 2011.0])
    assert not is_successive(observe(at, at, np.zeros(3), noise_sd=0.1))
    assert is_successive(observe(at[:2], at[:2], np.zeros(2), noise_sd=0.1))


@pytest.mark.parametrize("spread", [0.0, 1e-9, 0.05, 0.9 * NEAR, 2 * NEAR])
def test_steps_over_windows_of_nearly_one_length_are_those_taken_one_by_one(spread, rng):
    theta = _theta(rng)
    theta[2, :3] = 0.25, 1.0, 300.0
    lengths = 1 + spread * rng.random((12, 5, 1))
    found, expected = steps_of(theta, lengths), make_step(theta, lengths)
    for name in expected.__slots__:
        part = np.broadcast_to(getattr(found, name), getattr(expected, name).shape)
        assert part == pytest.approx(getattr(expected, name), rel=1e-9), name
