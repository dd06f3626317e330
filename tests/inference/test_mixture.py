"""Student t mixtures against scipy, and their refit against what was drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_t

from forecaster.inference.mixture import (
    DEGREES_OF_FREEDOM,
    TMixture,
    component_log_densities,
    draw_mixture,
    floored_root,
    log_sum_exp,
    mixture_log_density,
    refit_mixture,
)

MIXTURE = TMixture(
    weights=np.array([0.7, 0.3]),
    means=np.array([[0.0, 1.0, -1.0], [3.0, -2.0, 0.5]]),
    roots=np.array(
        [
            [[0.5, 0.0, 0.0], [0.2, 0.3, 0.0], [-0.1, 0.4, 1.0]],
            [[1.0, 0.0, 0.0], [0.0, 0.2, 0.0], [0.5, 0.0, 0.4]],
        ]
    ),
)


def test_densities_are_those_of_scipy(rng):
    points = rng.standard_normal((50, 3)) * 3
    expected = np.array(
        [
            multivariate_t(mean, root @ root.T, df=DEGREES_OF_FREEDOM).logpdf(points)
            for mean, root in zip(MIXTURE.means, MIXTURE.roots, strict=True)
        ]
    )
    assert component_log_densities(MIXTURE, points) == pytest.approx(expected, rel=1e-10)
    joint = logsumexp(expected + np.log([[0.7], [0.3]]), axis=0)
    assert mixture_log_density(MIXTURE, points) == pytest.approx(joint, rel=1e-10)


def test_density_of_one_dimension_by_hand():
    # t with 5 degrees of freedom at 0, scale 2: gamma(3) / (gamma(2.5) sqrt(5 pi)) / 2 = 0.189803
    one = TMixture(np.array([1.0]), np.array([[1.0]]), np.array([[[2.0]]]))
    density = math.exp(mixture_log_density(one, np.array([[1.0]]))[0])
    assert density == pytest.approx(0.3796067 / 2, rel=1e-6)


def test_draws_have_the_moments_of_the_mixture(rng):
    n = 200_000
    drawn = draw_mixture(MIXTURE, n, rng=rng)
    # variance of a t is 5/3 of its squared scale; the sd of a column is below 3, of its mean
    # therefore 3 / sqrt(200,000) = 0.007
    expected = MIXTURE.weights @ MIXTURE.means
    assert drawn.mean(axis=0) == pytest.approx(expected, abs=4 * 0.007)
    first = drawn[: int(0.6 * n)]  # components come one after the other
    covariance = 5 / 3 * MIXTURE.roots[0] @ MIXTURE.roots[0].T
    # a variance of a t5 has kurtosis 9: relative error sqrt(8 / 120,000) = 0.008
    assert np.cov(first.T) == pytest.approx(covariance, rel=0.04, abs=0.02)


def test_every_component_has_its_share_of_the_draws(rng):
    narrow = TMixture(MIXTURE.weights, MIXTURE.means, MIXTURE.roots * 1e-3)
    drawn = draw_mixture(narrow, 1000, rng=rng)
    is_first = np.abs(drawn - MIXTURE.means[0]).max(axis=1) < 0.5
    assert abs(is_first.sum() - 700) <= 1


def test_refit_finds_the_mixture_that_was_drawn(rng):
    drawn = draw_mixture(MIXTURE, 20_000, rng=rng)
    start = TMixture(
        np.array([0.5, 0.5]), MIXTURE.means + 0.4, np.array([np.eye(3), np.eye(3)]) * 0.8
    )
    weights = np.full(len(drawn), 1 / len(drawn))
    fitted = refit_mixture(start, drawn, weights, floor=1e-6, n_sweeps=40)
    # standard errors of means and scales are below 1.5 / sqrt(6000) = 0.02
    assert fitted.weights == pytest.approx(MIXTURE.weights, abs=0.02)
    assert fitted.means == pytest.approx(MIXTURE.means, abs=0.08)
    for own, true in zip(fitted.roots, MIXTURE.roots, strict=True):
        assert own @ own.T == pytest.approx(true @ true.T, abs=0.08)


def test_refit_heeds_the_weights(rng):
    points = rng.standard_normal((2000, 2))
    weights = np.exp(points[:, 0])  # tilts the normal: its mean moves to 1
    start = TMixture(np.array([1.0]), np.zeros((1, 2)), np.eye(2)[None])
    fitted = refit_mixture(start, points, weights / weights.sum(), floor=0.01, n_sweeps=20)
    # effective size 2000 / e: standard error sqrt(e / 2000) = 0.037
    assert fitted.means[0] == pytest.approx([1.0, 0.0], abs=4 * 0.037)


def test_refit_never_collapses_below_its_floor():
    points = np.zeros((100, 2))
    start = TMixture(np.array([1.0]), np.zeros((1, 2)), np.eye(2)[None])
    fitted = refit_mixture(start, points, np.full(100, 0.01), floor=0.01)
    assert fitted.roots[0] @ fitted.roots[0].T == pytest.approx(0.01 * np.eye(2))


def test_floored_root_holds_the_eigenvalues():
    matrix = np.diag([1e-9, 0.5, 40.0])
    root = floored_root(matrix, least=0.01, most=4.0)
    assert root @ root.T == pytest.approx(np.diag([0.01, 0.5, 4.0]))


def test_log_sum_exp_by_hand_and_at_its_edges():
    values = np.array([[1000.0, 1000.0 + math.log(3)], [-math.inf, -math.inf]])
    found = log_sum_exp(values, axis=1)
    assert found[0] == pytest.approx(1000 + math.log(4))
    assert found[1] == -math.inf
