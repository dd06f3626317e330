"""Distances by hand and by quadrature, and slopes of a normal posterior in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecaster.evaluation.sensitivity import (
    MEANINGS,
    POWERS,
    THRESHOLD,
    Sensitivity,
    cjs_distance,
    moved_quantile,
    reweighed,
    sensitivities,
)
from forecaster.inference.normal import normal_cdf
from forecaster.inference.sobol import sobol_normal


def test_distance_of_two_points_by_hand():
    # values 0 and 1; P = (3/4, 1), Q = (1/4, 1): on the one interval, of width 1, P = 3/4, Q = 1/4,
    # M = 1/2: 3/4 log2(3/2) + 1/4 log2(1/2), the linear terms cancel; divided by P + Q = 1
    forwards = 0.75 * math.log2(1.5) + 0.25 * math.log2(0.5)
    # the other way round P = 1/4, Q = 3/4 there: the same number
    found = cjs_distance(np.array([0.0, 1.0]), np.array([0.75, 0.25]), np.array([0.25, 0.75]))
    assert found == pytest.approx(math.sqrt(forwards))


@given(shift=st.floats(-1e3, 1e3), factor=st.floats(0.01, 100), seed=st.integers(0, 50))
@settings(max_examples=30, deadline=None)
def test_distance_ignores_unit_and_origin(shift, factor, seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=30)
    p, q = rng.dirichlet(np.ones(30), size=2)
    assert cjs_distance(factor * values + shift, p, q) == pytest.approx(
        cjs_distance(values, p, q), rel=1e-6
    )
    assert cjs_distance(-values, p, q) == pytest.approx(cjs_distance(values, p, q))
    assert cjs_distance(values, q, p) == pytest.approx(cjs_distance(values, p, q))


def test_distance_of_equal_weights_and_of_a_constant_is_zero():
    even = np.full(5, 0.2)
    assert cjs_distance(np.arange(5.0), even, even) == pytest.approx(0.0, abs=1e-7)
    assert cjs_distance(np.full(5, 3.0), even, np.array([1.0, 0, 0, 0, 0])) == 0.0


def _distance_of_normals(first, second, low, high):
    """Return the distance by quadrature over the range of the draws: the outside adds nothing."""
    x = np.linspace(low, high, 100_001)
    step = x[1] - x[0]
    found = []
    for sign in (1, -1):
        # the distribution function of -u at -x is one less that of u at x
        p, q = (normal_cdf(sign * (x - mean) / sd) for mean, sd in (first, second))
        middle = (p + q) / 2
        total = sum(
            (f * np.log2(f / middle) + (middle - f) / math.log(2)).sum() * step for f in (p, q)
        )
        found.append(math.sqrt(max(total, 0.0) / ((p + q).sum() * step)))
    return max(found)


@pytest.mark.parametrize(
    ("datum", "error_sd", "expected"),
    [
        (0.1, 0.05, ""),  # a sharp likelihood near the prior
        (3.0, 1.0, "conflict"),
        (0.2, 5.0, "strong prior"),
    ],
)
def test_slopes_of_a_normal_posterior_are_those_of_its_closed_form(datum, error_sd, expected):
    # u ~ N(0, 1), y | u ~ N(u, e^2). Raised to powers a (prior) and b (likelihood):
    # precision a + b / e^2, mean (b y / e^2) / precision
    precision = 1 / error_sd**2

    def posterior(a, b):
        total = a + b * precision
        return b * precision * datum / total, total**-0.5

    def slope(pairs):
        distances = [
            _distance_of_normals(posterior(1, 1), posterior(*pair), u.min(), u.max())
            / abs(math.log2(power))
            for pair, power in zip(pairs, POWERS, strict=True)
        ]
        return np.mean(distances)

    mean, sd = posterior(1, 1)
    u = mean + sd * sobol_normal(2**14, 1, rng=np.random.default_rng(1))[:, 0]
    (found,) = sensitivities(
        {"u": u},
        log_prior=-0.5 * u**2,
        log_likelihood=-0.5 * precision * (datum - u) ** 2,
        weights=np.full(len(u), 1 / len(u)),
    )
    # 2^14 points of a net against the integral: their distribution functions differ by some 1e-4,
    # beside a change of 1e-2 that a power of 1.01 makes
    assert found.prior == pytest.approx(slope([(a, 1) for a in POWERS]), rel=0.02)
    assert found.likelihood == pytest.approx(slope([(1, a) for a in POWERS]), rel=0.02)
    assert found.diagnosis == expected


def test_sensitivity_is_silent_below_the_threshold():
    assert Sensitivity("u", THRESHOLD - 1e-9, 1.0).diagnosis == ""
    found = {Sensitivity("u", 0.1, other).diagnosis for other in (0.0, 0.1)}
    assert found == set(MEANINGS)


def test_points_without_weight_stay_without_it():
    found = reweighed(np.array([0.0, 0.5, 0.5]), np.array([1e6, 0.0, math.log(3)]))
    assert found == pytest.approx([0.0, 0.25, 0.75])


def test_quantile_of_weighted_values_by_hand():
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([0.1, 0.2, 0.7])
    # in order 1 (0.2), 2 (0.9), 3 (1.0)
    assert moved_quantile(values, weights, [0.1, 0.5, 0.95]).tolist() == [1.0, 2.0, 3.0]
