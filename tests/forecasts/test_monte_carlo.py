from __future__ import annotations

import numpy as np
import pytest

from forecaster.forecasts.monte_carlo import share_error


def test_error_of_independent_draws_by_hand():
    # 25 hits of 100: sqrt(0.25 * 0.75 / 100) = 0.0433; worth 25 draws only: twice that
    hits = (np.arange(100) < 25)[:, None]
    assert share_error(hits, theta_index=None, ess=np.inf) == pytest.approx([0.04330127])
    assert share_error(hits, theta_index=None, ess=25.0) == pytest.approx([0.08660254])


def test_error_of_grouped_draws_by_hand():
    # Three groups of two: (1, 1), (1, 0), (0, 0). Sum of squares within 0.5, over 3: 1/6;
    # between 2 (0.5^2 + 0 + 0.5^2) = 1, over 2: 0.5. Variance of theta (1/2 - 1/6) / 2 = 1/6.
    # With ess 3: sqrt(1/6 / 3 + 1/6 / 6) = sqrt(1/12).
    hits = np.array([True, True, True, False, False, False])[:, None]
    index = np.array([4, 4, 7, 7, 9, 9])
    assert share_error(hits, theta_index=index, ess=3.0) == pytest.approx([np.sqrt(1 / 12)])


def test_order_of_draws_does_not_matter():
    rng = np.random.default_rng(4)
    hits, index = rng.random((200, 3)) < 0.3, rng.integers(0, 40, 200)
    mixed = rng.permutation(200)
    expected = share_error(hits, theta_index=index, ess=30.0)
    assert share_error(hits[mixed], theta_index=index[mixed], ess=30.0) == pytest.approx(expected)


@pytest.mark.parametrize("hit", [True, False])
def test_no_hit_or_only_hits_are_no_certainty(hit: bool):
    hits = np.full((98, 1), hit)
    assert share_error(hits, theta_index=None, ess=98.0) == pytest.approx([0.01])
    assert share_error(hits, theta_index=np.arange(98) // 2, ess=9.0) == pytest.approx([0.01])


def test_error_agrees_with_repeated_simulation():
    # 600 replications: 200 groups of 10 draws, each group with its own chance of a hit.
    # The error of a standard deviation from 600 values is 1 / sqrt(1200) = 2.9%; 12% is four.
    rng = np.random.default_rng(8)
    index = np.repeat(np.arange(200), 10)
    chances = rng.beta(2.0, 3.0, size=(600, 200))
    replications = rng.random((600, 2000)) < chances[:, index]
    seen = replications.mean(axis=1).std()
    stated = share_error(replications.T, theta_index=index, ess=200.0)
    assert np.sqrt((stated**2).mean()) == pytest.approx(seen, rel=0.12)
