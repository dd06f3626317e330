"""Steered innovations, and what judgements leave free of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forecaster.inference.steering import ReadingWeights, Steering

N = 40_000
THETA = np.array([[0.2], [0.15], [3.0], [0.05]])


def _steering(n_draws, *, error):
    """Return steering by one statement about the average of the third and fourth step."""
    averages = np.zeros((4, 1))
    averages[2:, 0] = 0.5
    weights = ReadingWeights((), np.zeros((1, 0)), averages, np.zeros((4, 1)), 0.25)
    return Steering(
        weights, np.full((1, n_draws), 0.3), np.full((n_draws, 1, 1), error), np.zeros(n_draws)
    )


@pytest.mark.parametrize("error", [0.02, 0.1])
def test_what_judgements_leave_is_the_covariance_of_steered_innovations(error):
    rng = np.random.default_rng(4)
    raw = rng.standard_normal((6, 3, N))
    steered = _steering(N, error=error).steer(np.repeat(THETA, N, axis=1), raw, rng=rng)
    coefficients = np.zeros((6, 3, 1))
    coefficients[:, 1] = 1.0  # the level at the end of all steps, or nearly
    total = (coefficients * steered).sum(axis=(0, 1))
    measured = (steered * (total - total.mean())).mean(axis=2)
    expected = _steering(1, error=error).left_free(THETA, coefficients)[:, :, 0]
    allowed = 5 * math.sqrt(2) * total.std() / math.sqrt(N)
    assert measured == pytest.approx(expected, abs=allowed)
    # the steps that the statement is about are far from free
    assert (coefficients[:2, 1] - expected[:2, 1, None]).min() > 2 * allowed


def test_without_statements_about_later_periods_all_is_free():
    weights = ReadingWeights((), np.zeros((0, 0)), np.zeros((0, 0)), np.zeros((0, 0)), 0.25)
    nothing = Steering(weights, np.zeros((0, 1)), np.zeros((1, 0, 0)), np.zeros(1))
    coefficients = np.ones((3, 3, 1))
    assert nothing.left_free(THETA, coefficients) is coefficients
