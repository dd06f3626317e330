"""Weights by the exact probability of what is seen, against answers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forecaster.scenarios.conditioning import (
    Span,
    bend,
    certify,
    defensive_part,
    everywhere,
    find_span,
)

N = 40_000


def _rng():
    return np.random.default_rng(11)


def _weighed(span, value, *, defensive=0.0, holds=None):
    """Return weights and values at bent coordinates."""
    bent = bend(span, defensive=defensive, rng=_rng())
    found = value(bent.u)
    met = np.ones(len(found), dtype=bool) if holds is None else holds(bent.u)
    return np.where(met, bent.weight, 0.0), found


def test_two_correlated_normals_by_hand():
    # x = u, y = .6 u + .8 v; given x >= 1: E x = phi(1) / P(x > 1) = .24197 / .15866 = 1.52514,
    # E y = .6 E x = .91508, var y = 1 - .36 E x (E x - 1) = .71167
    v = _rng().standard_normal(N)
    span = find_span(lambda u: u - 1.0, N)
    weights, y = _weighed(span, lambda u: 0.6 * u + 0.8 * v)
    assert weights == pytest.approx(np.full(N, 0.158655), rel=1e-4)
    assert y.mean() == pytest.approx(0.91508, abs=4 * math.sqrt(0.71167 / N))
    assert y.var() == pytest.approx(0.71167, rel=4 * math.sqrt(2 / N))


def test_a_figure_that_also_hangs_on_what_is_held_is_weighed_draw_by_draw():
    # z = a + u with a ~ N(0, 1): P(z >= 2) = P(N(0, 2) >= 2) = 1 - Phi(sqrt 2) = .078650, and
    # given that E a = E z / 2 = phi(sqrt 2) / (sqrt 2 .078650) = 1.31937
    a = np.random.default_rng(5).standard_normal(N)
    span = find_span(lambda u: a + u - 2.0, N)
    weights, _ = _weighed(span, lambda u: a + u)
    certified = certify(weights, N)
    assert certified.probability == pytest.approx(0.078650, abs=4 * certified.error)
    error = 1.0 / math.sqrt(certified.ess)
    assert (certified.weights * a).sum() == pytest.approx(1.31937, abs=4 * error)
    assert certified.k_hat < 0.7


def test_an_event_of_three_quarters_of_a_percent_leaves_500_of_4000_draws():
    # rejection keeps 30; parameters and drivers bear three tenths of the variance, for which
    # integration gives 633 effective of 4,000: P(z >= 2.4324 sd) = .0075
    a = math.sqrt(0.3) * np.random.default_rng(6).standard_normal(4000)
    span = find_span(lambda u: a + math.sqrt(0.7) * u - 2.4324, 4000)
    weights, _ = _weighed(span, lambda u: u)
    certified = certify(weights, 4000)
    assert certified.ess >= 500
    assert certified.probability == pytest.approx(0.0075, abs=4 * certified.error)


def test_the_end_of_a_span_of_a_curved_figure_is_found_on_the_figure():
    # a sum of two exponentials, log(e^u + e^2u) = log 6 at e^u = 2
    span = find_span(lambda u: np.log(np.exp(u) + np.exp(2 * u)) - math.log(6.0), 3)
    assert span.low == pytest.approx(np.full(3, math.log(2.0)), abs=1e-4)
    assert np.isinf(span.high).all()


def test_a_falling_figure_has_a_span_that_ends_above():
    span = find_span(lambda u: -3 * u + 1.5, 2)
    assert span.high == pytest.approx([0.5, 0.5], abs=1e-4)
    assert np.isinf(span.low).all()


def test_a_figure_that_nothing_moves_holds_everywhere_or_nowhere():
    span = find_span(lambda u: np.array([1.0, -1.0]) + 0 * u, 2)
    assert span.probability.tolist() == [1.0, 0.0]


def test_two_conditions_leave_what_both_allow():
    span = find_span(lambda u: u - 0.5, 1).both(find_span(lambda u: 1.0 - u, 1))
    # Phi(1) - Phi(.5) = .841345 - .691462
    assert span.probability == pytest.approx([0.149882], abs=1e-4)
    inside = span.draw(_rng())
    assert 0.5 <= inside[0] <= 1.0


def test_conditions_that_contradict_each_other_have_no_probability():
    span = find_span(lambda u: u - 1.0, 2).both(find_span(lambda u: 0.5 - u, 2))
    assert span.probability.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(("low", "high"), [(7.0, np.inf), (-np.inf, -7.0), (-7.1, -7.0)])
def test_far_tails_keep_their_digits(low, high):
    span = Span(np.array([low]), np.array([high]))
    tail = [math.erfc(abs(x) / math.sqrt(2)) / 2 if np.isfinite(x) else 0.0 for x in (low, high)]
    assert span.probability == pytest.approx([abs(tail[0] - tail[1])], rel=1e-4)
    assert low <= span.draw(_rng())[0] <= high


def test_everywhere_has_all_the_probability_and_changes_nothing():
    bent = bend(everywhere(N), defensive=0.0, rng=_rng())
    assert (bent.weight == 1).all()
    assert bent.u.mean() == pytest.approx(0.0, abs=4 / math.sqrt(N))


def test_no_event_in_a_poisson_count_by_hand():
    # rate e^u, count 0: P = E exp(-e^u), which quadrature gives as .379;
    # counts are drawn about their rate, so zero is no span of u: the span is where the rate is
    # below a half, and the defensive part reaches the rest
    nodes, mass = np.polynomial.hermite_e.hermegauss(80)
    exact = float((mass * np.exp(-np.exp(nodes))).sum() / mass.sum())
    span = find_span(lambda u: math.log(0.5) - u, N)
    noise = np.random.default_rng(8)
    u = np.random.default_rng(9).standard_normal(N)
    part = defensive_part(span, u, noise.poisson(np.exp(u)) == 0)
    assert 0.3 < part < 0.7
    weights, _ = _weighed(
        span, lambda u: u, defensive=part, holds=lambda u: noise.poisson(np.exp(u)) == 0
    )
    certified = certify(weights[weights > 0], N)
    assert certified.probability == pytest.approx(exact, abs=4 * certified.error)
    assert certified.k_hat < 0.7
    # without the defensive part all counts of zero at larger rates would be missing
    bare, _ = _weighed(span, lambda u: u, holds=lambda u: noise.poisson(np.exp(u)) == 0)
    assert certify(bare[bare > 0], N).probability < exact - 0.05


def test_a_condition_that_no_draw_meets_has_no_probability_and_no_draws():
    certified = certify(np.zeros(0), 4000)
    assert certified.probability == 0
    assert certified.ess == 0
    assert certified.error > 0


def test_even_weights_are_worth_as_many_draws_as_there_are():
    certified = certify(np.full(500, 0.25), 1000)
    assert certified.ess == pytest.approx(500)
    assert certified.probability == pytest.approx(0.125)
    assert certified.k_hat < 0.7
