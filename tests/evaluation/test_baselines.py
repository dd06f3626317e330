from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from forecaster.evaluation.baselines import (
    DriftWalk,
    fit_drift_walk,
    simulate_drift_walk,
    walk_figures,
)
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.periods import parse_period
from forecaster.workspace.reader import SHIPPED

from .small_series import annual_rows, entry_of, row_of

N_DRAWS = 40_000
FIVE_ERRORS = 5 / math.sqrt(N_DRAWS)
"""Five Monte Carlo standard errors of a mean of values with sd one."""


def figures_of(rows, periods, *, walk="drift", **fields):
    entry = entry_of(**fields)
    return walk_figures(
        rows,
        [parse_period(text) for text in periods],
        entry=entry,
        prior=load_beliefs(SHIPPED).trend[entry.kind],
        walk=walk,
        n_draws=N_DRAWS,
        rng=np.random.default_rng(1),
    )


def test_fit_by_hand():
    # drift (5 - 0) / 5 = 1; residuals 2 - 1 = 1, 0 - 1 = -1, 3 - 3 = 0 over 1, 1, 3 years;
    # variance (1/1 + 1/1 + 0/3) / (3 - 1) = 1
    walk = fit_drift_walk(
        np.array([0.0, 1.0, 2.0, 5.0]), np.array([0.0, 2.0, 2.0, 5.0]), is_still=False
    )
    assert (walk.drift, walk.sd, walk.span, walk.degrees) == pytest.approx((1, 1, 5, 2))
    assert (walk.last_time, walk.last_value) == (5.0, 5.0)


def test_fit_of_a_falling_history_far_from_zero():
    # drift (94 - 100) / 4 = -1.5; residuals -1 + 3 = 2 over 2 years, -5 + 3 = -2 over 2 years;
    # variance (4/2 + 4/2) / 1 = 4
    walk = fit_drift_walk(
        np.array([2000.0, 2002.0, 2004.0]), np.array([100.0, 99.0, 94.0]), is_still=False
    )
    assert (walk.drift, walk.sd) == pytest.approx((-1.5, 2.0))


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_fit_ignores_where_time_and_level_begin(later: float, higher: float):
    times, values = np.array([0.0, 1.0, 2.5, 3.0]), np.array([0.3, 0.1, 0.9, 1.4])
    walk = fit_drift_walk(times, values, is_still=False)
    moved = fit_drift_walk(times + later, values + higher, is_still=False)
    assert (moved.drift, moved.sd) == pytest.approx((walk.drift, walk.sd), rel=1e-6)


def test_fit_agrees_with_weighted_regression(rng: np.random.Generator):
    # increments / sqrt(dt) = drift sqrt(dt) + sd noise: ordinary least squares through zero
    times = np.cumsum(rng.uniform(0.2, 2.0, size=12))
    values = np.cumsum(rng.standard_normal(12))
    root = np.sqrt(np.diff(times))
    solution, residual, *_ = np.linalg.lstsq(root[:, None], np.diff(values) / root, rcond=None)
    walk = fit_drift_walk(times, values, is_still=False)
    assert walk.drift == pytest.approx(solution[0])
    assert walk.sd == pytest.approx(math.sqrt(residual[0] / 10))


@pytest.mark.parametrize("times", [[0.0, 1.0], [0.0, 1.0, 1.0], [0.0, 2.0, 1.0]])
def test_fit_refuses_too_few_values_and_times_that_do_not_rise(times):
    with pytest.raises(ValueError, match=r"drift random walk needs|times must rise"):
        fit_drift_walk(np.array(times), np.zeros(len(times)), is_still=False)


def test_still_walk_by_hand():
    # no drift: (2^2/1 + 0^2/1 + 3^2/3) / 3 = 7/3, and no error of a drift ahead
    walk = fit_drift_walk(
        np.array([0.0, 1.0, 2.0, 5.0]), np.array([0.0, 2.0, 2.0, 5.0]), is_still=True
    )
    assert (walk.drift, walk.sd, walk.degrees) == pytest.approx((0, math.sqrt(7 / 3), 3))
    paths = simulate_drift_walk(
        walk, np.array([9.0]), n_draws=N_DRAWS, is_student=False, rng=np.random.default_rng(5)
    )
    assert paths.mean() == pytest.approx(5.0, abs=1e-9)
    # variance 7/3 * 4 years; the mirror halves the number of independent draws
    assert paths.var() == pytest.approx(28 / 3, rel=5 * math.sqrt(2 / (N_DRAWS / 2)))


def test_unknown_walks_are_refused():
    with pytest.raises(ValueError, match="unknown walk 'fast'"):
        figures_of(annual_rows(["1", "2", "4", "8"]), ["2014"], walk="fast")


WALK = DriftWalk(last_time=2020.0, last_value=3.0, drift=0.5, sd=0.4, span=8.0, degrees=6)


def test_variance_counts_the_error_of_the_drift():
    # h = 4: mean 3 + 0.5 * 4 = 5, variance 0.4^2 * 4 * (1 + 4 / 8) = 0.96
    paths = simulate_drift_walk(
        WALK,
        np.array([2021.0, 2024.0]),
        n_draws=N_DRAWS,
        is_student=False,
        rng=np.random.default_rng(2),
    )
    assert paths[:, 1].mean() == pytest.approx(5.0, abs=1e-9)  # mirrored noise: exact
    # the sd of a sample variance is its square root of 2 / n; the mirror halves n
    assert paths[:, 1].var() == pytest.approx(0.96, rel=5 * math.sqrt(2 / (N_DRAWS / 2)))
    # covariance of h = 1 and h = 4: 0.4^2 (1 + 1 * 4 / 8) = 0.24
    assert np.cov(paths.T)[0, 1] == pytest.approx(0.24, abs=5 * 0.5 * math.sqrt(2 / N_DRAWS))


def test_probability_one_step_ahead_is_the_normal_tail():
    paths = simulate_drift_walk(
        WALK, np.array([2022.0]), n_draws=N_DRAWS, is_student=False, rng=np.random.default_rng(3)
    )
    sd = 0.4 * math.sqrt(2 * (1 + 2 / 8))
    exact = stats.norm.sf(4.7, loc=3 + 0.5 * 2, scale=sd)
    assert (paths >= 4.7).mean() == pytest.approx(exact, abs=0.5 * FIVE_ERRORS)


def test_student_walk_has_the_tails_of_its_degrees():
    paths = simulate_drift_walk(
        WALK, np.array([2022.0]), n_draws=N_DRAWS, is_student=True, rng=np.random.default_rng(4)
    )
    sd = 0.4 * math.sqrt(2 * (1 + 2 / 8))
    exact = stats.t.sf((5.8 - 4.0) / sd, df=6)
    assert (paths >= 5.8).mean() == pytest.approx(exact, abs=0.5 * FIVE_ERRORS)


def test_amounts_of_a_flow_keep_growing_at_the_measured_rate():
    # doubling every year without residual: sd 0, so the next two are 16 and 32 for certain
    figures = figures_of(annual_rows(["1", "2", "4", "8"]), ["2014", "2015"])
    assert figures == pytest.approx(np.tile([16.0, 32.0], (N_DRAWS, 1)))


def test_quarters_of_a_flow_are_amounts_of_a_quarter():
    rows = [row_of(f"2020-Q{k}", "5") for k in (1, 2, 3, 4)]
    assert figures_of(rows, ["2021-Q1"]) == pytest.approx(np.full((N_DRAWS, 1), 5.0))


def test_counts_are_whole_and_cumulative_totals_never_fall():
    counts = figures_of(annual_rows(["3", "5", "4", "6"]), ["2014"], kind="count")
    assert (counts == np.rint(counts)).all()
    assert len(np.unique(counts)) > 5
    totals = figures_of(
        annual_rows(["3", "5", "9", "10"]), ["2014", "2015"], kind="cumulative", timing="stock"
    )
    assert (totals[:, 0] > 10).all()
    assert (totals[:, 1] > totals[:, 0]).all()


def test_shares_stay_between_zero_and_one_even_after_a_zero():
    rows = annual_rows(["0", "0.1", "0.2", "0.4"])
    shares = figures_of(rows, ["2014", "2015"], kind="share", timing="stock")
    assert ((shares > 0) & (shares < 1)).all()
    # the zero stands at log(0.1 / 2) - 1, as in the program's own links
    drift = (math.log(0.4 / 0.6) - (math.log(0.05) - 1)) / 3
    median = 1 / (1 + math.exp(-(math.log(0.4 / 0.6) + drift)))
    assert np.median(shares[:, 0]) == pytest.approx(median, abs=1e-3)
