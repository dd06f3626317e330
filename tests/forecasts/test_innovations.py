"""Innovations: exactly standard normal each, coupled as told, the same whoever draws them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forecaster.forecasts.coupling import Coupling, uncoupled
from forecaster.forecasts.innovations import StepGrid, carry_over, draw_innovations

N = 4000
JANUARY_2025 = 2025 * 12
QUARTERS = StepGrid(JANUARY_2025, 3, 8)
MONTHS = StepGrid(JANUARY_2025 + 2, 1, 22)
"""Months from March on: the last of a quarter in which another series is in its first step."""


def _pair(correlation, *names):
    matrix = np.full((len(names), len(names)), correlation)
    np.fill_diagonal(matrix, 1.0)
    return Coupling(names, matrix)


def _correlation(x, y):
    return float(np.mean(x * y) / np.sqrt(np.mean(x**2) * np.mean(y**2)))


def _months_of_quarter(months, k):
    """Return the normalised sum of three monthly innovations, (2, n_draws)."""
    return months[3 * k : 3 * k + 3, :2].sum(axis=0) / np.sqrt(3)


def test_a_grid_reads_the_end_of_a_plan():
    # 2025.75 is the first of October: month 2025 * 12 + 9
    assert StepGrid.after(2025.75, step_length=0.25, n_steps=5) == StepGrid(24309, 3, 5)
    assert StepGrid.after(2025 + 5 / 12, step_length=1 / 12, n_steps=5) == StepGrid(24305, 1, 5)


@pytest.mark.parametrize(("month", "months"), [(JANUARY_2025 + 1, 3), (JANUARY_2025, 2)])
def test_steps_off_the_calendar_are_refused(month, months):
    with pytest.raises(ValueError, match="months or quarters of the calendar"):
        StepGrid(month, months, 4)


@pytest.mark.parametrize("grid", [QUARTERS, MONTHS])
def test_innovations_are_standard_normal_and_independent_over_steps_and_channels(grid):
    coupling = _pair(0.6, "a", "b", "c")
    grids = {"a": QUARTERS, "b": MONTHS, "c": grid}
    x = draw_innovations(coupling, grids, n_draws=N, seed=1)["c"].reshape(-1, N)
    n = len(x)
    # the largest of n and n^2 / 2 comparisons, each with sd 1/sqrt(N) or so: 4.5 sds
    assert np.abs(x.mean(axis=1)).max() < 4.5 / np.sqrt(N)
    assert np.abs(x.var(axis=1) - 1).max() < 4.5 * np.sqrt(2 / N)
    assert np.abs((x**4).mean(axis=1) - 3).max() < 4.5 * np.sqrt(96 / N)
    correlation = np.corrcoef(x) - np.eye(n)
    assert np.abs(correlation).max() < 4.5 / np.sqrt(N)


def test_coupled_channels_have_the_correlation_asked_for_and_the_third_has_none():
    found = draw_innovations(_pair(0.4, "a", "b"), dict.fromkeys("ab", QUARTERS), n_draws=N, seed=2)
    a, b = found["a"], found["b"]
    # sd of a correlation of .4 over 8 N pairs: (1 - .16) / sqrt(8 N) = .0047
    for channel, expected in ((0, 0.4), (1, 0.4), (2, 0.0)):
        assert _correlation(a[:, channel], b[:, channel]) == pytest.approx(expected, abs=4 * 0.0056)
    # slopes of one are not tied to levels of the other, nor one step to another
    assert _correlation(a[:, 0], b[:, 1]) == pytest.approx(0.0, abs=4 * 0.0056)
    assert _correlation(a[1:, 0], b[:-1, 0]) == pytest.approx(0.0, abs=4 * 0.006)


def test_months_and_quarters_meet_on_the_calendar():
    grids = {"a": QUARTERS, "b": StepGrid(JANUARY_2025, 1, 24), "c": MONTHS}
    found = draw_innovations(_pair(0.6, "a", "b", "c"), grids, n_draws=N, seed=3)
    quarter = np.array([_months_of_quarter(found["b"], k) for k in range(8)])
    tolerance = 4 * 1 / np.sqrt(16 * N)
    assert _correlation(found["a"][:, :2], quarter) == pytest.approx(0.6, abs=tolerance)
    # one month of b carries 1/sqrt(3) of its quarter's correlation with a
    assert _correlation(found["a"][:, :2], found["b"][1::3, :2]) == pytest.approx(
        0.6 / np.sqrt(3), abs=tolerance
    )
    # two series in months are tied month by month: c begins two months later
    assert _correlation(found["b"][2:, :2], found["c"][:, :2]) == pytest.approx(0.6, abs=tolerance)
    assert _correlation(found["b"][1:-1, :2], found["c"][:, :2]) == pytest.approx(
        0.0, abs=tolerance
    )


def test_series_whose_histories_end_at_different_dates_are_tied_by_the_calendar():
    late = StepGrid(JANUARY_2025 + 6, 3, 6)
    found = draw_innovations(_pair(0.8, "a", "b"), {"a": QUARTERS, "b": late}, n_draws=N, seed=4)
    assert _correlation(found["a"][2:, :2], found["b"][:, :2]) > 0.78
    assert abs(_correlation(found["a"][:-2, :2], found["b"][:, :2])) < 0.02


def test_a_series_keeps_its_distribution_in_company_and_its_draws_where_it_is_tied_to_none():
    alone = draw_innovations(uncoupled("b"), {"b": QUARTERS}, n_draws=N, seed=5)["b"]
    grids = {"a": MONTHS, "b": QUARTERS, "c": QUARTERS}
    free = draw_innovations(uncoupled("abc"), grids, n_draws=N, seed=5)["b"]
    assert np.array_equal(free, alone)
    tied = draw_innovations(_pair(0.5, "a", "b", "c"), grids, n_draws=N, seed=5)["b"]
    assert not np.array_equal(tied, alone)
    # quantiles of 16 N coupled values each; sd of a quantile sqrt(p (1 - p) / n) / density
    for p, density in ((0.1, 0.1755), (0.5, 0.3989), (0.9, 0.1755)):
        sd = np.sqrt(p * (1 - p) / (16 * N)) / density
        difference = np.quantile(tied[:, :2], p) - np.quantile(alone[:, :2], p)
        assert abs(difference) < 4 * np.sqrt(2) * sd


def test_nothing_hangs_on_the_horizon_the_order_or_the_portion():
    coupling = _pair(0.5, "a", "b", "c")
    grids = {"a": MONTHS, "b": QUARTERS, "c": StepGrid(JANUARY_2025, 1, 24)}
    whole = draw_innovations(coupling, grids, n_draws=50, seed=6)
    turned = draw_innovations(coupling, dict(reversed(grids.items())), n_draws=50, seed=6)
    portions = [
        draw_innovations(coupling, grids, n_draws=50, seed=6, wanted=[name])[name] for name in grids
    ]
    longer = {n: StepGrid(g.first_month, g.months, g.n_steps + 12) for n, g in grids.items()}
    further = draw_innovations(coupling, longer, n_draws=50, seed=6)
    for name, portion in zip(grids, portions, strict=True):
        assert np.array_equal(whole[name], turned[name])
        assert np.array_equal(whole[name], portion)
        assert np.array_equal(whole[name], further[name][: grids[name].n_steps])
        assert whole[name].shape == (grids[name].n_steps, 3, 50)


def test_seeds_and_series_have_streams_of_their_own():
    coupling = uncoupled("ab")
    found = draw_innovations(coupling, dict.fromkeys("ab", QUARTERS), n_draws=50, seed=7)
    other = draw_innovations(coupling, dict.fromkeys("ab", QUARTERS), n_draws=50, seed=8)
    assert not np.array_equal(found["a"], found["b"])
    assert not np.array_equal(found["a"], other["a"])


def test_a_series_without_steps_gets_none():
    grids = {"a": QUARTERS, "b": StepGrid(JANUARY_2025, 3, 0)}
    found = draw_innovations(_pair(0.5, "a", "b"), grids, n_draws=50, seed=9)
    assert found["b"].shape == (0, 3, 50)
    assert np.isfinite(found["a"]).all()
    assert draw_innovations(uncoupled([]), {}, n_draws=50, seed=9) == {}


@pytest.mark.parametrize(("first", "second"), [(1, 1), (3, 3), (1, 3), (3, 1)])
def test_what_is_carried_over_is_the_covariance_of_coupled_normals(first, second):
    n_draws, correlation = 40_000, 0.6
    grids = {
        name: StepGrid(JANUARY_2025, months, 6 // months)
        for name, months in (("a", first), ("b", second))
    }
    drawn = draw_innovations(_pair(correlation, "a", "b"), grids, n_draws=n_draws, seed=3)
    coefficients = np.random.default_rng(1).normal(size=(6 // first, 3, 1))
    total = (coefficients * drawn["a"]).sum(axis=(0, 1))
    expected = correlation * carry_over(coefficients, grids["a"], grids["b"])[:, :, 0]
    measured = (drawn["b"] * total).mean(axis=2)
    # sd of a product of standard normals, one of them scaled, is below sqrt(2) times the scale
    allowed = 5 * math.sqrt(2) * total.std() / math.sqrt(n_draws)
    assert measured == pytest.approx(expected, abs=allowed)
    assert np.abs(expected).max() > 3 * allowed
