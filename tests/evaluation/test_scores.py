from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.evaluation.scores import (
    brier,
    crps_of_draws,
    reliability,
    weighted_interval_score,
    weighted_mean,
)

PROBABILITIES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def test_brier_by_hand():
    # (0.8 - 1)^2 = 0.04 and (0.3 - 0)^2 = 0.09
    assert brier([0.8, 0.3], [1, 0]) == pytest.approx([0.04, 0.09])


def test_brier_of_a_confident_mistake_is_near_one():
    # (0.9 - 0)^2, far from the symmetric 0.5
    assert brier([0.9], [False]) == pytest.approx([0.81])


@given(PROBABILITIES)
def test_brier_does_not_care_which_side_is_called_yes(probabilities: list[float]):
    p = np.array(probabilities)
    y = np.arange(len(p)) % 2
    assert brier(1 - p, 1 - y) == pytest.approx(brier(p, y), abs=1e-12)


def test_mean_brier_is_reliability_less_resolution_plus_uncertainty(rng: np.random.Generator):
    # Murphy (1973): exact where every bin holds one value of the forecast
    p = rng.choice([0.05, 0.35, 0.65, 0.95], size=400)
    y = (rng.random(400) < p**1.5).astype(float)
    parts = 0.0
    for value in np.unique(p):
        inside = p == value
        share, frequency = inside.mean(), y[inside].mean()
        parts += share * ((value - frequency) ** 2 - (frequency - y.mean()) ** 2)
    expected = parts + y.mean() * (1 - y.mean())
    assert brier(p, y).mean() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("probability", "outcome"), [([1.2], [1]), ([-0.1], [0]), ([math.nan], [0]), ([0.5], [0.5])]
)
def test_brier_refuses_what_is_no_probability_or_no_outcome(probability, outcome):
    with pytest.raises(ValueError, match="must"):
        brier(probability, outcome)


def test_brier_refuses_answers_without_outcomes():
    with pytest.raises(ValueError, match=r"\(1,\) probabilities with \(2,\) outcomes"):
        brier([0.5], [0, 1])


def test_weighted_mean_by_hand():
    # (3 * 10 + 1 * 2) / 4 = 8
    assert weighted_mean([10, 2], [3, 1]) == 8


def test_weighted_mean_of_unequal_values_far_from_zero():
    # 1000 + 2006 + 7070 is 10076, and the weights add up to 10
    assert weighted_mean([1000, 1003, 1010], [1, 2, 7]) == pytest.approx(1007.6)


@given(st.floats(1e-3, 1e3))
def test_weighted_mean_ignores_the_scale_of_the_weights(scale: float):
    weights = np.array([1.0, 5.0, 2.0])
    expected = weighted_mean([4, -3, 9], weights)
    assert weighted_mean([4, -3, 9], scale * weights) == pytest.approx(expected)


def test_weighted_mean_equals_repeating_the_values():
    assert weighted_mean([1.5, 4.0, 7.0], [2, 1, 3]) == pytest.approx(
        np.mean(np.repeat([1.5, 4.0, 7.0], [2, 1, 3]))
    )


@pytest.mark.parametrize("weights", [[0, 0], [1, -1], [1, 2, 3]])
def test_weighted_mean_refuses_weights_that_cannot_be(weights):
    with pytest.raises(ValueError, match="weights"):
        weighted_mean([1, 2], weights)


def test_reliability_by_hand():
    # bins of 0.5: {0.1, 0.4} with weights 1, 3 -> mean 0.325, frequency 3/4;
    # {0.5, 1.0} with weights 2, 2 -> mean 0.75, frequency 1/2
    low, high = reliability([0.1, 0.4, 0.5, 1.0], [0, 1, 0, 1], [1, 3, 2, 2], n_bins=2)
    assert (low.lower, low.upper, low.n) == (0.0, 0.5, 2)
    assert (low.mean_forecast, low.observed_frequency) == pytest.approx((0.325, 0.75))
    assert (high.lower, high.upper, high.n) == (0.5, 1.0, 2)
    assert (high.mean_forecast, high.observed_frequency) == pytest.approx((0.75, 0.5))
    assert (low.weight, high.weight) == (0.5, 0.5)


def test_reliability_leaves_out_empty_bins():
    (only,) = reliability([0.93, 0.97], [1, 1], [1, 1], n_bins=10)
    assert (only.lower, only.n, only.observed_frequency) == (0.9, 2, 1.0)


def test_reliability_does_not_depend_on_the_order(rng: np.random.Generator):
    p, y, w = rng.random(50), rng.integers(2, size=50), rng.random(50)
    shuffled = rng.permutation(50)
    for one, other in zip(
        reliability(p, y, w, n_bins=5),
        reliability(p[shuffled], y[shuffled], w[shuffled], n_bins=5),
        strict=True,
    ):
        assert one.n == other.n
        assert one.observed_frequency == pytest.approx(other.observed_frequency)


def test_reliability_agrees_with_a_histogram(rng: np.random.Generator):
    p, y, w = rng.random(300), rng.integers(2, size=300), rng.random(300)
    edges = np.linspace(0, 1, 9)
    total = np.histogram(p, edges, weights=w)[0]
    bins = reliability(p, y, w, n_bins=8)
    assert [b.mean_forecast for b in bins] == pytest.approx(
        np.histogram(p, edges, weights=w * p)[0] / total
    )
    assert [b.observed_frequency for b in bins] == pytest.approx(
        np.histogram(p, edges, weights=w * y)[0] / total
    )
    assert [b.n for b in bins] == np.histogram(p, edges)[0].tolist()


def test_crps_of_three_draws_by_hand():
    # draws 1, 2, 6, outcome 3: mean |x - y| = (2 + 1 + 3) / 3 = 2; |1-2| + |1-6| + |2-6| = 10,
    # twice over 2 * 9: 10 / 9
    assert crps_of_draws([6.0, 1.0, 2.0], 3.0) == pytest.approx(2 - 10 / 9)


def test_crps_of_one_draw_is_its_distance():
    assert crps_of_draws([2.0], -1.5) == pytest.approx(3.5)
    with pytest.raises(ValueError, match="no draws"):
        crps_of_draws([], 0.0)


def test_crps_of_normal_draws_is_the_closed_form():
    # Gneiting and Raftery (2007), equation 21: standard normal, y = 1:
    # y (2 Phi(y) - 1) + 2 phi(y) - 1 / sqrt(pi) = 0.682689 + 0.483941 - 0.564190
    draws = np.random.default_rng(3).standard_normal(200_000)
    # sd of |x - 1| is 0.75: 0.75 / sqrt(200,000) = 0.0017
    assert crps_of_draws(draws, 1.0) == pytest.approx(0.602441, abs=4 * 0.0017)


def test_crps_scales_and_shifts_with_its_unit():
    draws = np.random.default_rng(4).normal(size=50)
    assert crps_of_draws(3 * draws + 7, 3 * 0.2 + 7) == pytest.approx(3 * crps_of_draws(draws, 0.2))


def test_weighted_interval_score_by_hand():
    # y = 12 lies 2 above the 0.8 band [6, 10], median 8; K = 1 band
    # (0.5 * |12 - 8| + 0.1 * (4 + 2 * 2 / 0.2)) / (1 + 0.5) = 4.4 / 1.5
    assert weighted_interval_score(8.0, {0.8: (6.0, 10.0)}, 12.0) == pytest.approx(4.4 / 1.5)


def test_weighted_interval_score_of_many_bands_is_near_the_crps():
    draws = np.random.default_rng(5).standard_normal(40_000)
    coverages = np.arange(1, 100) / 100
    ends = {float(c): tuple(np.quantile(draws, [(1 - c) / 2, (1 + c) / 2])) for c in coverages}
    found = weighted_interval_score(float(np.median(draws)), ends, 0.7)
    assert found == pytest.approx(crps_of_draws(draws, 0.7), rel=0.02)
    with pytest.raises(ValueError, match="coverage"):
        weighted_interval_score(0.0, {1.0: (0.0, 1.0)}, 0.5)
