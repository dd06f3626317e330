from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

sys.path.insert(0, str(Path(__file__).parents[1] / "output"))

from output_samples import CAPEX, REPORT, capex_forecast, share_forecast

from forecaster.forecasts.bands import (
    band_ends,
    band_table,
    central_band,
    quantile_mcse,
    quantiles,
)


def of_kind(kind: str, trajectories: np.ndarray):
    forecast = capex_forecast(trajectories=trajectories)
    entry = replace(CAPEX, kind=kind)
    periods = forecast.periods[: trajectories.shape[1]]
    return replace(forecast, history=replace(forecast.history, entry=entry), periods=periods)


def test_central_band_by_hand():
    # Draws 0, 1, 2, 3, 10. Type 7 at p: position 4 p. p = 0.25 -> 1, p = 0.75 -> 3.
    # At coverage 0.9, p = 0.05 -> position 0.2 -> 0.2; p = 0.95 -> position 3.8 -> 3 + 0.8 * 7.
    draws = np.array([[3.0], [0.0], [10.0], [1.0], [2.0]])
    assert np.concatenate(central_band(draws, coverage=0.5)) == pytest.approx([1.0, 3.0])
    assert np.concatenate(central_band(draws, coverage=0.9)) == pytest.approx([0.2, 8.6])


@given(n_draws=st.integers(1, 50), level=st.floats(0.001, 0.999))
def test_quantiles_are_those_of_numpy(n_draws: int, level: float):
    draws = np.random.default_rng(n_draws).normal(size=(n_draws, 2))
    ours = quantiles(np.sort(draws, axis=0), np.array([level]))
    assert ours == pytest.approx(np.quantile(draws, [level], axis=0), rel=1e-12, abs=1e-12)


@given(shift=st.floats(-1e3, 1e3), scale=st.floats(0.1, 1e3))
def test_central_band_follows_a_change_of_unit(shift: float, scale: float):
    draws = np.random.default_rng(5).normal(3.0, 2.0, size=(101, 2))
    lower, upper = central_band(draws, coverage=0.8)
    moved = central_band(shift + scale * draws, coverage=0.8)
    assert moved[0] == pytest.approx(shift + scale * lower, abs=1e-6 * scale)
    assert moved[1] == pytest.approx(shift + scale * upper, abs=1e-6 * scale)


def test_band_widens_when_coverage_rises():
    bands = band_table(share_forecast())
    lower = [bands.band(coverage)[0] for coverage in (0.5, 0.8, 0.95)]
    upper = [bands.band(coverage)[1] for coverage in (0.5, 0.8, 0.95)]
    assert (np.diff(lower, axis=0) < 0).all()
    assert (np.diff(upper, axis=0) > 0).all()


def test_order_of_draws_does_not_matter():
    forecast = share_forecast()
    mixed = replace(forecast, trajectories=forecast.trajectories[::-1])
    assert np.array_equal(band_table(forecast).values, band_table(mixed).values)


def test_quantile_levels_are_written_without_rounding_noise():
    assert band_ends(0.95) == (0.025, 0.975)
    levels = band_table(share_forecast(coverages=(0.95, 0.5, 0.8))).quantile_levels
    assert levels.tolist() == [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975]


@pytest.mark.parametrize(
    ("kind", "has_mean"),
    [("share", True), ("real", True), ("positive", False), ("count", False), ("cumulative", False)],
)
def test_mean_is_given_for_share_and_real_only(kind: str, has_mean: bool):
    draws = np.array([[0.2, 0.4], [0.4, 0.9]])
    mean = band_table(of_kind(kind, draws)).mean
    assert (mean is not None) == has_mean
    if mean is not None:
        assert mean == pytest.approx([0.3, 0.65])


def test_quantiles_of_whole_counts_are_whole():
    draws = np.arange(10.0).reshape(10, 1)
    assert band_table(of_kind("count", draws)).median.tolist() == [4.0]  # 4.5, half to even
    assert band_table(of_kind("positive", draws)).median.tolist() == [4.5]
    assert band_table(of_kind("count", draws + 0.25)).median.tolist() == [4.75]


@pytest.mark.parametrize("level", [0.025, 0.1, 0.5, 0.9])
def test_monte_carlo_error_of_a_quantile_agrees_with_repeated_draws(level: float):
    # 400 replications of 2,000 normal draws. The asymptotic error is sqrt(p (1-p) / S) / density;
    # an estimate of a standard deviation from 400 has a relative error of 1 / sqrt(800) = 3.5%,
    # and the mean of 400 estimates, each from two order statistics, less; 15% is four of them.
    draws = np.random.default_rng(11).normal(size=(2000, 400))
    stated = quantile_mcse(draws, np.array([level]))[0].mean()
    seen = np.quantile(draws, level, axis=0).std()
    exact = np.sqrt(level * (1 - level) / 2000) / norm.pdf(norm.ppf(level))
    assert stated == pytest.approx(seen, rel=0.15)
    assert stated == pytest.approx(exact, rel=0.15)


def test_monte_carlo_error_grows_where_the_weights_know_less_than_the_draws():
    certain = band_table(share_forecast(report=replace(REPORT, ess=4000.0))).mcse
    doubtful = band_table(share_forecast(report=replace(REPORT, ess=1000.0))).mcse
    # a quarter of the draws, twice the error
    assert np.median(doubtful / certain) == pytest.approx(2.0, rel=0.1)


def test_an_ess_that_is_not_known_leaves_the_number_of_draws():
    expected = band_table(share_forecast(report=replace(REPORT, ess=4000.0))).mcse
    for ess in (float("nan"), 9000.0):
        assert np.array_equal(
            band_table(share_forecast(report=replace(REPORT, ess=ess))).mcse, expected
        )


@pytest.mark.parametrize("coverage", [0.0, 1.0, -0.1, 80.0, float("nan")])
def test_coverage_outside_zero_and_one_is_refused(coverage: float):
    with pytest.raises(ValueError, match=r"coverage must lie in \(0, 1\)"):
        central_band(np.zeros((3, 1)), coverage=coverage)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_draws_that_are_not_finite_are_refused(bad: float):
    draws = np.array([[1.0], [bad]])
    with pytest.raises(ValueError, match="not finite"):
        central_band(draws, coverage=0.5)
    with pytest.raises(ValueError, match="not finite"):
        band_table(capex_forecast(trajectories=draws))


def test_a_level_that_was_not_asked_for_is_refused():
    with pytest.raises(ValueError, match=r"no quantile level 0\.3"):
        band_table(share_forecast()).index(0.3)


def test_draws_are_left_as_they_were():
    forecast = share_forecast()
    before = forecast.trajectories.copy()
    band_table(forecast)
    assert np.array_equal(before, forecast.trajectories)
