"""Hold the trend's filter, its exact step and its PyMC model against the dense reference."""

from __future__ import annotations

import warnings
from itertools import pairwise

import numpy as np
import pytest
from calibration import dense
from calibration.problems import (
    LAYOUTS,
    as_problem,
    for_filter,
    make_observations,
    make_prior,
    observe,
    random_unit,
    theta_of,
)

from forecaster.inference.kalman import integrate_static, log_likelihood, run_filter
from forecaster.inference.timeline import lay_out
from forecaster.models.static_effects import static_prior
from forecaster.models.trend import UNIT_NAME, make_step, pymc_model, theta_at

TOLERANCE = 1e-6  # of 1 + |log density|: design, section 4


def _largest_gap(observations, unit) -> float:
    prior = make_prior()
    problem = as_problem(observations, prior)
    timeline, static = for_filter(observations, prior)
    found = log_likelihood(theta_at(unit, prior, scale=1.0), observations, timeline, static)
    expected = np.array([dense.log_density(problem, theta) for theta in theta_of(unit)])
    return float((np.abs(found - expected) / (1 + np.abs(expected))).max())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_filter_gives_the_dense_log_density(layout):
    rng = np.random.default_rng(20)
    for _ in range(5):
        observations = make_observations(layout, rng)
        assert _largest_gap(observations, random_unit(rng, 20)) < TOLERANCE


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("layout", ["annual points", "annual averages", "irregular points"])
def test_filter_gives_the_dense_log_density_of_one_and_two_values(layout, n):
    rng = np.random.default_rng(21)
    assert _largest_gap(make_observations(layout, rng, n=n), random_unit(rng, 20)) < TOLERANCE


def _years(z, noise_sd=1e-3):
    start = 2000.0 + np.arange(len(z))
    return observe(start, start, np.asarray(z, dtype=float), noise_sd=noise_sd)


@pytest.mark.parametrize(
    ("name", "z"),
    [
        ("constant", np.zeros(30)),
        ("exact line", 0.3 * np.arange(10)),
        ("volatility 50 times below the prior", None),
        ("volatility 10 times above the prior", None),
        ("two modes", None),
    ],
)
def test_filter_gives_the_dense_log_density_of_hard_histories(name, z):
    rng = np.random.default_rng(22)
    if "below" in name:
        z = np.cumsum(rng.normal(0, 0.003, 60))
    elif "above" in name:
        z = np.cumsum(rng.normal(0, 1.5, 60))
    elif name == "two modes":  # noise or walk: either explains alternating steps
        z = np.cumsum(rng.normal(0, 0.1, 12)) + 0.1 * (-1.0) ** np.arange(12)
    assert _largest_gap(_years(z), random_unit(rng, 50)) < TOLERANCE


def test_filter_gives_the_dense_log_density_with_the_least_noise():
    rng = np.random.default_rng(23)
    unit = random_unit(rng, 50)
    unit[:, 3] = -6.0  # s_o 400 times below its median: only the measurement noise is left
    assert _largest_gap(_years(np.zeros(30), noise_sd=1e-4), unit) < TOLERANCE


def test_filter_gives_the_dense_log_density_of_500_values():
    rng = np.random.default_rng(24)
    edges = 1980.0 + np.arange(501) / 12
    z = np.cumsum(rng.normal(0, 0.05, 500))
    observations = observe(edges[:-1], edges[1:], z, noise_sd=0.01)
    assert _largest_gap(observations, random_unit(rng, 3)) < TOLERANCE


def test_dense_log_density_follows_the_order_of_nothing():
    rng = np.random.default_rng(25)
    problem = as_problem(make_observations("overlapping houses", rng), make_prior())
    theta = theta_of(random_unit(rng, 1))[0]
    order = rng.permutation(len(problem.start))
    fields = ("start", "end", "link_value", "noise_sd", "basis", "jensen")
    static = ("offset_sd", "level_mean", "level_sd", "drift_mean", "drift_sd")
    shuffled = dense.Problem(
        **{name: getattr(problem, name)[order] for name in fields},
        **{name: getattr(problem, name) for name in static},
    )
    assert dense.log_density(shuffled, theta) == pytest.approx(dense.log_density(problem, theta))


def _posterior_of(observations, theta, *, kept, end):
    """Return mean and covariance of (l, b - d, kept...) given everything, from the filter."""
    prior = make_prior()
    timeline = lay_out(observations, kept=kept, end=end)
    static = static_prior(observations, prior, is_share=False)
    filtered = run_filter(theta[:, None], observations, timeline, static)
    marginal = integrate_static(filtered, static, n=observations.n)
    rows = [0, 1, *timeline.kept]
    lengths = np.array([1.0, 1.0, *timeline.kept_lengths])
    middles = np.array([timeline.end, np.nan, *timeline.kept_middles])
    n_effects = len(static.mean)
    load = np.zeros((len(rows), n_effects))
    for i in range(len(rows)):
        if i != 1:  # the stray slope holds neither the level nor the drift
            load[i, :2] = 1.0, middles[i] - timeline.anchor
    state = filtered.mean[rows, :, 0] / lengths[:, None]
    share = load - state[:, 1:]  # how each effect reaches the target, the filter's part removed
    deviation = marginal.effects_mean[0]
    root = marginal.effects_root[0]
    mean = load @ static.mean + state[:, 0] + share @ deviation
    within = filtered.covariance[np.ix_(rows, rows, [0])][:, :, 0] / np.outer(lengths, lengths)
    return mean, within + share @ root @ root.T @ share.T


@pytest.mark.parametrize("layout", LAYOUTS)
def test_filter_gives_the_dense_moments_of_level_slope_and_windows(layout):
    rng = np.random.default_rng(26)
    for theta in theta_of(random_unit(rng, 6)):
        observations = make_observations(layout, rng)
        last = float(observations.end.max())
        end = last + 1.25
        kept = [(last, last + 0.25), (last, end), (last + 0.5, last + 0.5), (end - 1.0, end)]
        targets = dense.Targets(
            ("level", "beta", *("level" for _ in kept)),
            np.array([end, end, *(window[0] for window in kept)]),
            np.array([end, end, *(window[1] for window in kept)]),
        )
        problem = as_problem(observations, make_prior())
        expected_mean, expected_cov = dense.conditional(targets, problem, theta)
        mean, cov = _posterior_of(observations, theta, kept=kept, end=end)
        assert mean == pytest.approx(expected_mean, rel=1e-6, abs=1e-6)
        assert cov == pytest.approx(expected_cov, rel=1e-6, abs=1e-6)


def _kernel_integrals(a: float) -> np.ndarray:
    """Return the 6 integrals over [0, a] of products of exp(-x), 1 - exp(-x), x - 1 + exp(-x)."""
    nodes, weights = np.polynomial.legendre.leggauss(60)
    total = np.zeros(6)
    edges = np.linspace(0, a, max(2, int(a) + 2))
    for low, high in pairwise(edges):
        x = low + (nodes + 1) * (high - low) / 2
        b, l, i = np.exp(-x), -np.expm1(-x), dense.phi(x)  # noqa: E741  # as in the formula
        products = np.stack([l * l, l * b, b * b, i * l, i * b, i * i])
        total += products @ weights * (high - low) / 2
    return total


@pytest.mark.parametrize("a", [1e-8, 1e-5, 1e-3, 0.02, 0.3, 0.4999, 0.5, 0.5001, 1.0, 3.0, 30.0])
def test_exact_step_is_the_quadrature_of_its_kernels(a):
    s_l, s_b, tau = 0.2, 0.15, 2.5
    d = a * tau
    step = make_step(np.array([[s_l], [s_b], [tau], [0.05]]), d)
    ll, lb, bb, il, ib, ii = 2 * s_b**2 * _kernel_integrals(a)
    x = np.array([a])
    exact = {
        "phi": np.exp(-x),
        "slope_gain": -tau * np.expm1(-x),
        "integral_gain": tau**2 * dense.phi(x),
        "q_ll": tau**2 * ll + s_l**2 * d,
        "q_lb": tau * lb,
        "q_bb": bb,
        "q_il": tau**3 * il + s_l**2 * d**2 / 2,
        "q_ib": tau**2 * ib,
        "q_ii": tau**4 * ii + s_l**2 * d**3 / 3,
    }
    for name, value in exact.items():
        # a few units in the last place grow where the closed forms cancel, most at a = 0.5
        assert getattr(step, name) == pytest.approx(value, rel=2e-11), name


def test_step_of_the_drift_agrees_with_the_formula_of_the_mathematics():
    # F of section 1 at D = 1, tau = 2: tau (1 - exp(-1/2)) = 0.786939, phi = 0.606531;
    # Q_bb = s_b^2 (1 - phi^2) = 0.04 * 0.632121; Q_lb = s_b^2 tau (1 - phi)^2 = 0.04 * 2 * 0.154818
    step = make_step(np.array([[0.3], [0.2], [2.0], [0.1]]), 1.0)
    assert step.slope_gain == pytest.approx([0.786939], abs=1e-6)
    assert step.phi == pytest.approx([0.606531], abs=1e-6)
    assert step.q_bb == pytest.approx([0.0252848], abs=1e-7)
    assert step.q_lb == pytest.approx([0.0123854], abs=1e-7)
    # h(0.5) = 1 - 3 + 4 exp(-1/2) - exp(-1) = 0.058243; Q_ll = 0.09 + 0.04 * 4 * 0.058243
    assert step.q_ll == pytest.approx([0.0993189], abs=1e-7)


def test_two_short_steps_make_one_long_step():
    theta = np.array([[0.2], [0.15], [3.0], [0.05]])
    short, long = make_step(theta, 0.3), make_step(theta, 0.6)

    def matrices(step):
        f = np.array([
            [1.0, step.slope_gain[0], 0.0],
            [0.0, step.phi[0], 0.0],
            [step.duration[0], step.integral_gain[0], 1.0],
        ])  # fmt: skip
        q = np.array([
            [step.q_ll[0], step.q_lb[0], step.q_il[0]],
            [step.q_lb[0], step.q_bb[0], step.q_ib[0]],
            [step.q_il[0], step.q_ib[0], step.q_ii[0]],
        ])  # fmt: skip
        return f, q

    f, q = matrices(short)
    f_long, q_long = matrices(long)
    assert f @ f == pytest.approx(f_long, rel=1e-12)
    assert f @ q @ f.T + q == pytest.approx(q_long, rel=1e-12)


def _pymc_gap(observations, unit) -> float:
    """Return the largest gap between likelihood plus prior in PyMC and in the dense reference."""
    prior = make_prior()
    _, static = for_filter(observations, prior)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyMC's and PyTensor's own, at import
        log_posterior = pymc_model(observations, static, prior).compile_logp(mode="FAST_COMPILE")
        found = np.array([float(log_posterior({UNIT_NAME: u})) for u in unit])
    problem = as_problem(observations, prior)
    log_prior = -0.5 * (unit**2).sum(axis=1) - 2 * np.log(2 * np.pi)
    expected = np.array([dense.log_density(problem, t) for t in theta_of(unit)]) + log_prior
    return float((np.abs(found - expected) / (1 + np.abs(expected))).max())


HARDEST = ("shifted averages", "overlapping houses")


@pytest.mark.parametrize(
    "layout", [x if x in HARDEST else pytest.param(x, marks=pytest.mark.slow) for x in LAYOUTS]
)
def test_pymc_model_gives_the_dense_log_density(layout):
    rng = np.random.default_rng(27)
    assert _pymc_gap(make_observations(layout, rng), random_unit(rng, 20)) < TOLERANCE


def test_pymc_model_gives_the_dense_log_density_of_a_single_value():
    rng = np.random.default_rng(28)
    observations = make_observations("annual averages", rng, n=1)
    assert _pymc_gap(observations, random_unit(rng, 20)) < TOLERANCE


def test_pymc_model_keeps_its_digits_where_its_series_meet_the_closed_forms():
    # years over tau = 3.3: D / tau crosses 0.3 between these two values
    rng = np.random.default_rng(29)
    unit = np.zeros((2, 4))
    unit[:, 2] = (np.log(1 / np.array([0.2999, 0.3001])) - np.log(3.0)) / 0.7
    assert _pymc_gap(make_observations("overlapping houses", rng), unit) < 1e-8
