"""The search finds every mode that holds mass, and proposes as wide as Laplace says."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.inference.mixture import log_sum_exp
from forecaster.inference.modes import INFLATION, LEAST_SHARE, MOST_MODES, find_modes
from forecaster.inference.sobol import sobol_normal


def _search(log_posterior, rng, n_dimensions=4):
    points = sobol_normal(512, n_dimensions, rng=rng)
    return find_modes(log_posterior, points, log_posterior(points))


def _bumps(centres, sd, heights):
    """Return the log of a sum of normal bumps of one sd, each with its own height."""

    def log_posterior(unit):
        terms = [
            height - 0.5 * ((unit - centre) ** 2).sum(axis=1) / sd**2
            for centre, height in zip(centres, heights, strict=True)
        ]
        return log_sum_exp(np.array(terms), axis=0)

    return log_posterior


def test_the_mode_of_a_normal_is_found_with_its_covariance(rng):
    centre = np.array([1.5, -0.5, 0.3, 2.0])
    covariance = np.array(
        [[0.30, 0.10, 0.0, 0.0], [0.10, 0.20, 0.0, 0.05], [0, 0, 0.5, 0], [0, 0.05, 0, 0.1]]
    )
    precision = np.linalg.inv(covariance)

    def log_posterior(unit):
        away = unit - centre
        return -0.5 * np.einsum("ni,ij,nj->n", away, precision, away)

    found = _search(log_posterior, rng)
    assert len(found.weights) == 1
    assert found.means[0] == pytest.approx(centre, abs=0.05)
    assert found.roots[0] @ found.roots[0].T == pytest.approx(INFLATION * covariance, rel=1e-3)


def test_covariance_is_never_wider_than_the_prior(rng):
    found = _search(lambda unit: -1e-4 * (unit**2).sum(axis=1), rng)
    assert found.roots[0] @ found.roots[0].T == pytest.approx(INFLATION * np.eye(4))


def test_two_modes_share_the_points_by_their_mass(rng):
    centres = np.array([[1.5, 0, 0, 0], [-1.5, 0, 0, 0]])
    found = _search(_bumps(centres, 0.3, [0.0, np.log(3.0)]), rng)
    assert len(found.weights) == 2
    order = np.argsort(found.means[:, 0])
    assert found.means[order] == pytest.approx(centres[::-1], abs=0.1)
    assert found.weights[order] == pytest.approx([0.75, 0.25], abs=0.05)


def test_a_mode_without_mass_is_dropped(rng):
    centres = np.array([[1.5, 0, 0, 0], [-1.5, 0, 0, 0]])
    found = _search(_bumps(centres, 0.3, [0.0, -20.0]), rng)
    assert len(found.weights) == 1
    assert found.means[0, 0] == pytest.approx(1.5, abs=0.1)


def test_a_minor_mode_still_gets_points(rng):
    centres = np.array([[1.5, 0, 0, 0], [-1.5, 0, 0, 0]])
    found = _search(_bumps(centres, 0.3, [0.0, -6.0]), rng)
    # its Laplace mass is exp(-6) = 0.0025, its share of the proposal 0.05 of the best one's
    assert found.weights.min() == pytest.approx(LEAST_SHARE / (1 + LEAST_SHARE))


def test_no_more_modes_than_asked_for_and_none_twice(rng):
    centres = 1.8 * np.vstack([np.eye(4), -np.eye(4)])
    found = _search(_bumps(centres, 0.3, np.zeros(8)), rng)
    assert 1 < len(found.weights) <= MOST_MODES
    gaps = [np.linalg.norm(a - b) for i, a in enumerate(found.means) for b in found.means[:i]]
    assert min(gaps) > 0.5


def test_the_search_leaves_its_points_alone(rng):
    points = sobol_normal(64, 2, rng=rng)
    before = points.copy()
    find_modes(lambda u: -((u - 1) ** 2).sum(axis=1), points, -((points - 1) ** 2).sum(axis=1))
    assert np.array_equal(points, before)
