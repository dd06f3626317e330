"""Trajectories: their moments at fixed hyperparameters, and what holds draw by draw."""

from __future__ import annotations

import numpy as np
import pytest
from calibration import dense
from calibration.histories import (
    PRIORS,
    flat,
    linked,
    make_history,
    model_of,
    plan_of,
    posterior_at,
)
from calibration.problems import as_problem

from forecaster.forecasts.trajectories import draw_trajectories

THETA = (0.2, 0.15, 2.0, 0.05)
N = 40_000


def _draw(history, until, *, theta=THETA, latent=False, n_draws=N, seed=2):
    plan = plan_of(history, until, latent=latent)
    posterior = posterior_at(history, plan, theta, n_draws=n_draws)
    rng = np.random.default_rng(seed)
    return draw_trajectories(posterior, plan, model_of(history), history.entry, rng=rng)


def _assert_moments(draws, mean, covariance):
    """Hold draws (n, m) to normal moments; 4.5 standard errors over some twenty comparisons."""
    n, sd = len(draws), np.sqrt(np.diag(covariance))
    assert np.abs((draws.mean(axis=0) - mean) / sd).max() < 4.5 / np.sqrt(n)
    error = np.sqrt((np.outer(sd, sd) ** 2 + covariance**2) / n)
    assert np.abs((np.cov(draws.T) - covariance) / error).max() < 4.5


def _dense(history, targets, kind):
    return dense.conditional(targets, as_problem(linked(history), PRIORS[kind]), np.array(THETA))


def test_published_stocks_have_the_moments_of_the_dense_answer():
    # two bases: the target's offset and the error of a figure come on top of the level
    history = make_history(
        "share",
        "stock",
        {"2019": "0.30", "2020": "0.33", "2021": "0.31", "2023": "0.42"},
        others={"b": {"2023": "0.45", "2024-Q2": "0.47"}},
        relations={"b": "same-measure"},
    )
    draws = _draw(history, "2027")
    at = np.array([2025.0, 2026.0, 2027.0, 2028.0])
    targets = dense.Targets(
        ("level",) * 4 + ("offset",),
        np.append(at, 2025.0),
        np.append(at, 2025.0),
        np.array([-1, -1, -1, -1, 1]),
    )
    mean, covariance = _dense(history, targets, "share")
    add = np.column_stack([np.eye(4), np.ones(4)])
    # a next figure is as sure as the last one: 2 * 0.01 and rounding of 0.47 to 0.01 on the logit
    known = 0.02**2 + (0.01 / np.sqrt(12) / (0.47 * 0.53)) ** 2
    expected = add @ covariance @ add.T + np.eye(4) * (THETA[3] ** 2 + known)
    _assert_moments(np.log(draws / (1 - draws)), add @ mean, expected)


def test_latent_rates_have_the_moments_of_the_dense_window_averages():
    # growth of 1 a year shifts the last window into 2026, so the filter keeps a part of it
    history = make_history("positive", "flow", {"2023": "1", "2024": "2.71828", "2025": "7.38906"})
    draws = _draw(history, "2026", latent=True)
    start = 2026 + np.arange(4) / 4
    mean, covariance = _dense(history, dense.levels(start, start + 0.25), "positive")
    _assert_moments(np.log(draws), mean, covariance)


def test_real_figures_have_the_moments_of_the_dense_answer():
    history = make_history(
        "real", "stock", {"2022": "3", "2023": "1", "2024": "-2", "2025": "0"}, typical_change=1.0
    )
    draws = _draw(history, "2027")
    at = np.array([2027.0, 2028.0])
    mean, covariance = _dense(history, dense.levels(at, at), "real")
    # rounded to 1, so known to 0.289; the quality's 0.01 beside it
    noise = THETA[3] ** 2 + 1 / 12 + 0.01**2
    _assert_moments(draws, mean, covariance + noise * np.eye(2))


def test_a_year_is_the_sum_of_its_quarters_draw_by_draw():
    history = make_history("positive", "flow", flat("2025-Q2", "2025-Q3", "2025-Q4"))
    years, quarters = (_draw(history, until, n_draws=500) for until in ("2027", "2027-Q4"))
    assert years == pytest.approx(quarters.reshape(500, 2, 4).sum(axis=2))


def test_a_year_of_a_share_is_the_average_of_its_quarters_draw_by_draw():
    history = make_history("share", "flow", {"2025-Q3": "0.4", "2025-Q4": "0.45"})
    years, quarters = (_draw(history, until, n_draws=500) for until in ("2027", "2027-Q4"))
    assert years == pytest.approx(quarters.reshape(500, 2, 4).mean(axis=2))


def test_published_quarters_are_taken_as_they_stand():
    published = {"2026-Q1": "31", "2026-Q2": "34"}
    history = make_history("positive", "flow", {"2025-Q4": "30", **published})
    (year,) = _draw(history, "2026", n_draws=500).T
    rest = _draw(history, "2026-Q4", n_draws=500)
    assert rest.shape == (500, 2)
    assert year == pytest.approx(31 + 34 + rest.sum(axis=1))


def test_a_share_averages_what_is_published_with_what_is_not():
    history = make_history("share", "flow", {"2025-H2": "0.3", "2026-H1": "0.4"})
    (year,) = _draw(history, "2026", n_draws=500).T
    (half,) = _draw(history, "2026-H2", n_draws=500).T
    assert year == pytest.approx((0.4 + half) / 2)


def test_a_positive_stock_starts_where_its_history_ends():
    # regression: a stock was multiplied by the length of the grid's step, a quarter or a twelfth
    history = make_history("positive", "stock", {"2024-12": "100", "2025-12": "104"})
    next_month = _draw(history, "2026-01", n_draws=4000)
    assert np.median(next_month) == pytest.approx(104, rel=0.03)


def test_a_flow_is_of_the_size_of_its_period():
    history = make_history("positive", "flow", flat("2022", "2023", "2024", "2025"))
    year, quarter = _draw(history, "2026", n_draws=4000), _draw(history, "2026-Q1", n_draws=4000)
    assert np.median(year) == pytest.approx(100, rel=0.15)
    assert np.median(quarter) == pytest.approx(25, rel=0.15)


@pytest.mark.parametrize("counting_error", ["none", "poisson"])
def test_counts_are_whole_numbers(counting_error):
    history = make_history(
        "count", "flow", {"2023": "5", "2024": "7", "2025": "4"}, counting_error=counting_error
    )
    draws = _draw(history, "2028", n_draws=2000)
    assert (draws == np.rint(draws)).all()
    assert draws.min() >= 0
    assert len(np.unique(draws[:, 0])) > 5


def test_poisson_counts_add_their_variance():
    values = {str(year): "40" for year in range(2010, 2026)}
    theta = (1e-4, 1e-4, 2.0, 1e-4)
    spread = {}
    for error in ("none", "poisson"):
        history = make_history("count", "flow", values, counting_error=error)
        spread[error] = _draw(history, "2026", theta=theta).var()
    # regression: the counting error was in the error of the figure and drawn as well.
    # A straight line through 16 logs with error variance 1/40 is known at the next period to
    # (1/16 + 12 * 8^2 / (16 * 255)) / 40 = 0.00627, a variance of 10 of the rate beside 40 of
    # the count; 40,000 draws know it to 1%.
    assert spread["poisson"] == pytest.approx(50, rel=0.05)
    # known from figures of 1% with an error of 1%, the count is nearly certain
    assert spread["none"] < 1


def test_huge_counts_stay_whole_and_finite():
    history = make_history("count", "flow", {"2024": "9e20", "2025": "9e20"})
    draws = _draw(history, "2026", n_draws=200)
    assert np.isfinite(draws).all()
    assert (draws == np.rint(draws)).all()


def test_cumulative_totals_never_fall_and_start_from_the_last_one():
    values = {"2022": "100", "2023": "130", "2024": "130", "2025": "131"}
    history = make_history("cumulative", "stock", values)
    draws = _draw(history, "2030", n_draws=2000, theta=(0.8, 0.5, 2.0, 0.3))
    assert (np.diff(draws, axis=1, prepend=131.0) >= 0).all()
    assert draws[:, 0].min() > 131.0


@pytest.mark.parametrize("value", ["0.0001", "0.9999", "0.5"])
def test_shares_stay_inside_zero_and_one(value):
    history = make_history("share", "stock", {"2024": value, "2025": value})
    draws = _draw(history, "2035", theta=(5.0, 5.0, 3.0, 1.0), n_draws=2000)
    assert draws.min() > 0
    assert draws.max() < 1


def test_amounts_stay_finite_at_any_volatility():
    history = make_history("positive", "flow", {"2024": "1", "2025": "2"})
    draws = _draw(history, "2040", theta=(300.0, 300.0, 10.0, 1.0), n_draws=500)
    assert np.isfinite(draws).all()
    assert draws.min() >= 0


def test_latent_draws_leave_out_offset_and_noise():
    history = make_history(
        "share",
        "stock",
        {"2024": "0.30", "2025": "0.31"},
        others={"b": {"2025": "0.60", "2026-01": "0.61"}},
        relations={"b": "other-measure"},
    )
    theta = (0.01, 0.01, 2.0, 1.0)
    published = _draw(history, "2026-03", theta=theta)[:, 0]
    latent = _draw(history, "2026-03", theta=theta, latent=True)[:, 0]
    assert np.median(published) - np.median(latent) > 0.05
    assert np.std(np.log(published / (1 - published))) > np.std(np.log(latent / (1 - latent))) + 0.2
