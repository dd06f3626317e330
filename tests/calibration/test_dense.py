"""Check the dense reference itself, by quadrature and by simulation in fine steps."""

from __future__ import annotations

import math

import numpy as np
import pytest

from calibration import dense
from forecaster.models.trend import make_step

THETA = np.array([0.2, 0.3, 1.5, 0.05])


def _pair_kernel(s, t, theta):
    """Cov(x_s, x_t) of section 1, with the static effects left out."""
    s_l, s_b, tau, _ = theta
    u = np.minimum(s, t)
    decays = np.exp(-s / tau) + np.exp(-t / tau) - np.exp(-np.abs(s - t) / tau)
    return s_l**2 * u + s_b**2 * tau**2 * (2 * u / tau - 1 + decays)


def _nodes(a, b, breaks):
    """Return Gauss-Legendre nodes and weights of a mean over [a, b], split at the kinks."""
    if a == b:
        return np.array([a]), np.array([1.0])
    base, weight = np.polynomial.legendre.leggauss(30)
    edges = np.unique([a, b, *(k for k in breaks if a < k < b)])
    low, high = edges[:-1, None], edges[1:, None]
    x = low + (base + 1) * (high - low) / 2
    return x.ravel(), (weight * (high - low) / 2 / (b - a)).ravel()


def _mean_over_windows(kernel, a, b, c, d):
    """Return the mean of kernel(s, t) over [a, b] x [c, d], the kink s = t on a panel's edge."""
    total = 0.0
    for s, weight in zip(*_nodes(a, b, (c, d)), strict=True):
        t, weights = _nodes(c, d, (s,))
        total += weight * (weights @ kernel(s, t))
    return total


WINDOWS = [
    ("apart", 1.0, 2.0, 2.5, 2.75),
    ("touching", 1.0, 2.0, 2.0, 2.25),
    ("the same", 1.0, 2.0, 1.0, 2.0),
    ("partly shared", 1.0, 2.0, 1.4, 2.6),
    ("one within the other", 1.0, 2.0, 1.25, 1.5),
    ("point before", 0.3, 0.3, 1.0, 2.0),
    ("point within", 1.6, 1.6, 1.0, 2.0),
    ("point on the edge", 2.0, 2.0, 1.0, 2.0),
    ("point after", 3.0, 3.0, 1.0, 2.0),
    ("two points", 1.0, 1.0, 2.7, 2.7),
    ("from the anchor", 0.0, 1.0, 0.0, 0.25),
    ("at the anchor", 0.0, 0.0, 0.0, 1.0),
]


@pytest.mark.parametrize(
    ("a", "b", "c", "d"), [w[1:] for w in WINDOWS], ids=[w[0] for w in WINDOWS]
)
@pytest.mark.parametrize("tau", [0.1, 1.5, 40.0])
def test_covariance_of_averages_is_the_quadrature_of_the_kernel(a, b, c, d, tau):
    theta = np.array([0.2, 0.3, tau, 0.05])
    corners = [np.array(x) for x in (a, b, c, d)]
    expected = _mean_over_windows(lambda s, t: _pair_kernel(s, t, theta), a, b, c, d)
    assert dense.level_covariance(*corners, theta) == pytest.approx(expected, rel=1e-9, abs=1e-12)
    swapped = dense.level_covariance(*corners[2:], *corners[:2], theta)
    assert swapped == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("s", "c", "d"), [(0.5, 1, 2), (1.3, 1, 2), (2.5, 1, 2), (1, 0, 1), (1, 2, 2)]
)
def test_covariance_of_slope_and_average_is_the_quadrature_of_its_kernel(s, c, d):
    _, s_b, tau, _ = THETA

    def level_slope(t):  # Cov(b_s, l_t) of section 1 without d, both of its cases
        before = 1 - np.exp(-s / tau) + 1 - np.exp(-(t - s) / tau)
        after = np.exp(-(s - t) / tau) - np.exp(-s / tau)
        return s_b**2 * tau * np.where(s <= t, before, after)

    t, weights = _nodes(c, d, (s,))
    found = dense.slope_level_covariance(np.array(s), np.array(float(c)), np.array(float(d)), THETA)
    assert found == pytest.approx(weights @ level_slope(t), rel=1e-10)


def _simulate(theta, *, n_paths, n_steps, duration, rng):
    """Return (n_paths, 3): l, beta and the integral of l after `duration`, in Euler steps."""
    s_l, s_b, tau, _ = theta
    h = duration / n_steps
    level, integral = np.zeros(n_paths), np.zeros(n_paths)
    slope = s_b * rng.standard_normal(n_paths)
    for _ in range(n_steps):
        before = level
        level = level + slope * h + s_l * np.sqrt(h) * rng.standard_normal(n_paths)
        integral += h * (before + level) / 2
        slope = slope - slope * h / tau + s_b * np.sqrt(2 * h / tau) * rng.standard_normal(n_paths)
    return np.stack([level, slope, integral], axis=1)


def test_dense_moments_are_those_of_a_fine_simulation():
    n_paths, n_steps, duration = 40_000, 400, 2.0
    paths = _simulate(
        THETA, n_paths=n_paths, n_steps=n_steps, duration=duration, rng=np.random.default_rng(8)
    )
    end = np.array([duration, duration, 0.0])
    targets = dense.Targets(("x", "beta", "x"), end, np.full(3, duration))
    problem = dense.Problem(*[np.zeros(1)] * 4, np.zeros(1, int), *[np.zeros(1)] * 2, 0, 1, 0, 1)
    _, expected = dense.prior_moments(targets, problem, THETA)
    found = np.cov(paths / np.array([1.0, 1.0, duration]), rowvar=False)
    # the error of a covariance is sqrt((v_i v_j + c_ij^2) / n); 4.5 of them cover 6 entries.
    # A step of h = D / n_steps biases each covariance by at most about h / tau of its size.
    variance = np.outer(np.diag(expected), np.diag(expected))
    monte_carlo = np.sqrt((variance + expected**2) / n_paths)
    euler = duration / n_steps / THETA[2] * np.sqrt(variance)
    assert (np.abs(found - expected) < 4.5 * monte_carlo + euler).all()


def test_exact_step_has_the_moments_of_a_fine_simulation():
    n_paths, n_steps, duration = 40_000, 400, 0.75
    rng = np.random.default_rng(9)
    paths = _simulate(THETA, n_paths=n_paths, n_steps=n_steps, duration=duration, rng=rng)
    step = make_step(THETA[:, None], duration)
    gain = np.array([step.slope_gain[0], step.phi[0], step.integral_gain[0]])
    q = np.array([
        [step.q_ll[0], step.q_lb[0], step.q_il[0]],
        [step.q_lb[0], step.q_bb[0], step.q_ib[0]],
        [step.q_il[0], step.q_ib[0], step.q_ii[0]],
    ])  # fmt: skip
    expected = np.outer(gain, gain) * THETA[1] ** 2 + q
    found = np.cov(paths, rowvar=False)
    variance = np.outer(np.diag(expected), np.diag(expected))
    monte_carlo = np.sqrt((variance + expected**2) / n_paths)
    euler = duration / n_steps / THETA[2] * np.sqrt(variance)
    assert (np.abs(found - expected) < 4.5 * monte_carlo + euler).all()


def test_conditional_moments_by_hand():
    # one point at the anchor, z = 1.2, prior N(1, 3^2) for l, noise variance 0.5^2 + 0.5^2 = 0.5:
    # gain 9 / 9.5, mean 1 + 0.2 * 9 / 9.5, variance 9 - 81 / 9.5; the slope learns nothing
    theta = np.array([0.2, 0.3, 1.5, 0.5])
    one = np.array([2020.0])
    problem = dense.Problem(
        one, one, np.array([1.2]), np.array([0.5]), np.zeros(1, int), np.zeros(1), np.zeros(1),
        1.0, 3.0, 0.05, 0.1,
    )  # fmt: skip
    targets = dense.Targets(("level", "beta"), np.full(2, 2020.0), np.full(2, 2020.0))
    mean, cov = dense.conditional(targets, problem, theta)
    assert mean == pytest.approx([1 + 0.2 * 9 / 9.5, 0.0])
    assert cov == pytest.approx(np.diag([9 - 81 / 9.5, 0.09]))
    assert dense.log_density(problem, theta) == pytest.approx(
        -0.5 * (np.log(2 * np.pi * 9.5) + 0.04 / 9.5)
    )


def test_phi_keeps_its_digits_where_the_series_meets_the_closed_form():
    # a series cut at x^9 was wrong by 1.6e-12 just below 0.3, and second differences divide that
    # by products of window lengths: it cost six digits of the log density of overlapping windows
    for x in (1e-6, 0.1, 0.2999999, 0.3, 0.3000001):
        terms = [(-x) ** k / math.factorial(k) for k in range(2, 25)]
        assert dense.phi(np.array(x)) == pytest.approx(math.fsum(terms), rel=2e-15)
