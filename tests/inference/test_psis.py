"""Pareto smoothing: by hand, at its edges, and against arviz."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from forecaster.inference.psis import effective_size, fit_pareto, smooth_weights


def _arviz(log_weights):
    """Return weights and shape from arviz, whose newer edition takes the negative log weights."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import arviz

        if hasattr(arviz, "psislw"):
            smoothed, shape = arviz.psislw(log_weights.copy())
        else:
            from arviz_stats.base import array_stats

            smoothed, shape = array_stats.psislw(-log_weights)
    return np.exp(np.asarray(smoothed)), float(shape)


# sizes whose tail 3 sqrt(n) is whole: editions of arviz round it up or down
@pytest.mark.parametrize("n", [50, 225, 1024, 4096])
@pytest.mark.parametrize("spread", [0.1, 1.0, 2.5])
def test_weights_and_shape_are_those_of_arviz(n, spread):
    log_weights = np.random.default_rng(n).standard_normal(n) * spread
    weights, k_hat = smooth_weights(log_weights)
    expected, shape = _arviz(log_weights)
    assert k_hat == pytest.approx(shape, abs=1e-9)
    assert weights == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_shape_of_a_known_pareto_tail():
    # 10,000 quantiles of a generalised Pareto distribution of shape 0.7 and scale 2;
    # the prior of ten observations at 0.5 draws the shape to (10000 * 0.7 + 5) / 10010 = 0.6998
    probability = (np.arange(10_000) + 0.5) / 10_000
    excess = 2 * ((1 - probability) ** -0.7 - 1) / 0.7
    shape, scale = fit_pareto(excess)
    # 1 sd of the maximum likelihood estimate is (1 + 0.7) / sqrt(10000) = 0.017
    assert shape == pytest.approx(0.7, abs=0.017)
    assert scale == pytest.approx(2.0, rel=0.03)


def test_smoothing_moves_only_the_tail():
    log_weights = np.random.default_rng(3).standard_normal(1000)
    weights, _ = smooth_weights(log_weights)
    # a tail of 3 sqrt(1000), rounded up: 95 weights
    body = np.argsort(log_weights)[:-95]
    raw = np.exp(log_weights - log_weights.max())
    ratio = weights[body] / raw[body]
    assert ratio == pytest.approx(np.full(905, ratio[0]))
    assert weights.sum() == pytest.approx(1.0)
    assert np.array_equal(np.argsort(weights, kind="stable"), np.argsort(log_weights))


def test_smoothing_knows_no_scale():
    log_weights = np.random.default_rng(4).standard_normal(400)
    weights, k_hat = smooth_weights(log_weights)
    shifted, shifted_k_hat = smooth_weights(log_weights - 5000.0)
    assert shifted == pytest.approx(weights)
    assert shifted_k_hat == pytest.approx(k_hat)


def test_smoothing_leaves_its_argument_alone():
    log_weights = np.random.default_rng(5).standard_normal(100)
    before = log_weights.copy()
    smooth_weights(log_weights)
    assert np.array_equal(log_weights, before)


def test_equal_weights_are_harmless():
    weights, k_hat = smooth_weights(np.full(300, -7.0))
    assert weights == pytest.approx(np.full(300, 1 / 300))
    assert k_hat == -math.inf


def test_one_heavy_point_is_hopeless():
    log_weights = np.full(1000, -800.0)
    log_weights[17] = 0.0
    weights, k_hat = smooth_weights(log_weights)
    assert k_hat == math.inf
    assert effective_size(weights) == pytest.approx(1.0)


def test_a_weight_that_is_no_number_is_hopeless():
    log_weights = np.zeros(100)
    log_weights[3] = math.nan
    assert smooth_weights(log_weights)[1] == math.inf


def test_effective_size_by_hand():
    # 1 / (0.5^2 + 0.25^2 + 0.25^2) = 1 / 0.375
    assert effective_size(np.array([0.5, 0.25, 0.25])) == pytest.approx(1 / 0.375)
