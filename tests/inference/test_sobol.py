"""Sobol points and the normal quantile, against scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, qmc

from forecaster.inference.sobol import (
    MAX_DIMENSIONS,
    normal_quantile,
    sobol_normal,
    sobol_uniform,
)


@pytest.mark.parametrize("n_dimensions", [1, 2, 4, MAX_DIMENSIONS])
def test_plain_points_are_those_of_scipy(n_dimensions):
    expected = qmc.Sobol(n_dimensions, scramble=False, bits=30).random(1024)
    assert np.array_equal(sobol_uniform(1024, n_dimensions, rng=None), expected)


def test_first_plain_points_by_hand():
    # Gray code order: 0, 1/2, 3/4, 1/4 in the first dimension; 0, 1/2, 1/4, 3/4 in the second
    expected = [[0, 0], [0.5, 0.5], [0.75, 0.25], [0.25, 0.75]]
    assert sobol_uniform(4, 2, rng=None).tolist() == expected


def test_scrambled_points_put_one_point_in_every_interval_of_every_dimension(rng):
    points = sobol_uniform(512, MAX_DIMENSIONS, rng=rng)
    for column in points.T:
        assert sorted((column * 512).astype(int)) == list(range(512))


def test_scrambled_points_are_balanced_in_every_square_of_four_dimensions(rng):
    # any two of the first dimensions: 256 points, an 8 by 8 board, 4 points a square
    points = sobol_uniform(256, 2, rng=rng)
    square = (points[:, 0] * 8).astype(int) * 8 + (points[:, 1] * 8).astype(int)
    assert np.bincount(square, minlength=64).tolist() == [4] * 64


def test_both_halves_of_a_sequence_are_balanced(rng):
    # the evidence check relies on it: each half has as many points on either side of each median
    points = sobol_uniform(512, 4, rng=rng)
    for half in (points[:256], points[256:]):
        assert (half < 0.5).sum(axis=0).tolist() == [128] * 4


@pytest.mark.parametrize("seed", range(3))
def test_scrambled_points_are_as_even_as_those_of_scipy(seed):
    rng = np.random.default_rng(seed)
    own = qmc.discrepancy(sobol_uniform(512, 4, rng=rng))
    theirs = [
        qmc.discrepancy(qmc.Sobol(4, scramble=True, rng=np.random.default_rng(s)).random(512))
        for s in range(20)
    ]
    random = qmc.discrepancy(rng.random((512, 4)))
    # scrambles differ in luck; twice the worst of twenty is far from what random points reach
    assert own < 2 * max(theirs) < random


def test_scrambles_are_uniform_over_seeds():
    # the first point of 1,000 scrambles: mean 1/2 with standard error 0.289 / sqrt(1000) = 0.0091
    first = np.array([sobol_uniform(1, 4, rng=np.random.default_rng(s))[0] for s in range(1000)])
    assert np.abs(first.mean(axis=0) - 0.5).max() < 4 * 0.0091
    assert np.abs(first.var(axis=0) - 1 / 12).max() < 4 * 0.075 / np.sqrt(1000)


def test_scrambled_points_stay_inside_the_open_cube(rng):
    points = sobol_uniform(4096, MAX_DIMENSIONS, rng=rng)
    assert points.min() > 0
    assert points.max() < 1


@pytest.mark.parametrize("n_dimensions", [0, MAX_DIMENSIONS + 1])
def test_a_dimension_without_direction_numbers_is_refused(n_dimensions):
    with pytest.raises(ValueError, match=f"got {n_dimensions}"):
        sobol_uniform(8, n_dimensions, rng=None)


def test_normal_points_have_the_moments_of_the_normal(rng):
    points = sobol_normal(4096, 4, rng=rng)
    # plain Monte Carlo would be off by 1/64 = 0.016; these points are far closer
    assert np.abs(points.mean(axis=0)).max() < 2e-3
    assert np.abs(points.T @ points / 4096 - np.eye(4)).max() < 0.02


def test_normal_quantile_is_that_of_scipy():
    low = 10.0 ** -np.arange(1.0, 300.0, 0.7)
    middle = np.linspace(0.001, 0.999, 4001)
    high = 1 - 10.0 ** -np.arange(1.0, 15.5, 0.3)
    probability = np.concatenate([low, middle, high])
    assert normal_quantile(probability) == pytest.approx(
        norm.ppf(probability), rel=2e-14, abs=1e-15
    )


def test_normal_quantile_by_hand_and_by_symmetry():
    assert normal_quantile(np.array([0.975]))[0] == pytest.approx(1.959963984540054, rel=1e-15)
    probability = np.array([0.5, 0.3, 0.07, 1e-4])
    assert normal_quantile(probability) == pytest.approx(-normal_quantile(1 - probability))
