"""Weights by hand, against a general optimiser, and where they must not matter."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from forecaster.evaluation.figure_scores import FigureScore
from forecaster.evaluation.leave_future_out import Fold
from forecaster.evaluation.stacking import (
    even_weights,
    fold_table,
    mixture_log_density,
    own_folds,
    series_weights,
    stack,
)
from forecaster.inference.one_step import OneStep


def _one_step(log_density, *, k_hat=0.1):
    n = len(log_density)
    return OneStep(
        end=2000.0 + np.arange(n),
        n_before=np.arange(n),
        log_density=np.array(log_density, dtype=float),
        pit=np.full(n, 0.5),
        k_hat=np.full(n, k_hat),
        ess=np.full(n, 2000.0),
    )


def _fold(series, family, *, log_density=0.0, group="g", year=2020, years=1.0):
    score = FigureScore(1.0, 1.0, log_density, 0.1, 0.1, 0.5, 0.5, 1.5, True, True, True)
    return Fold(
        series, group, "positive", family, date(year, 12, 31), 5, 1, years, 1.0, score, True
    )


def test_weights_of_two_families_by_hand():
    # three folds, densities (2, 1), (2, 1), (1, 4). With w for the first, the derivative of
    # 2 log(1 + w) + log(4 - 3 w) is 2/(1+w) - 3/(4-3w) = 0: 8 - 6w = 3 + 3w, w = 5/9
    logs = np.log([[2.0, 1.0], [2.0, 1.0], [1.0, 4.0]])
    assert stack(logs) == pytest.approx([5 / 9, 4 / 9], abs=1e-6)


def test_a_prior_is_worth_its_folds():
    # no fold prefers a family: the prior alone decides
    assert stack(np.zeros((7, 3)), prior=[2.0, 6.0, 12.0]) == pytest.approx([0.1, 0.3, 0.6])
    # one fold, density (1, 0), and one prior fold shared evenly: w maximises log w + (log w +
    # log(1 - w)) / 2, so 3/(2w) = 1/(2(1-w)), w = 3/4
    assert stack([[0.0, -np.inf]], prior=[0.5, 0.5]) == pytest.approx([0.75, 0.25], abs=1e-6)


@given(seed=st.integers(0, 200), n_families=st.integers(2, 4), n_folds=st.integers(3, 40))
@settings(max_examples=25, deadline=None)
def test_weights_are_those_of_a_general_optimiser(seed, n_families, n_folds):
    rng = np.random.default_rng(seed)
    logs = rng.normal(0, 1.5, (n_folds, n_families))
    counted = rng.uniform(0.2, 3, n_folds)
    prior = rng.uniform(0.1, 2, n_families)

    def loss(free):
        weights = np.exp(free - free.max())
        weights /= weights.sum()
        return -(counted @ mixture_log_density(logs, weights) + prior @ np.log(weights))

    best = minimize(loss, np.zeros(n_families), tol=1e-12)
    found = stack(logs, fold_weights=counted, prior=prior)
    assert loss(np.log(found)) <= best.fun + 1e-6 * abs(best.fun)
    expected = np.exp(best.x - best.x.max())
    assert found == pytest.approx(expected / expected.sum(), abs=2e-3)


@given(shift=st.floats(-300, 300))
@settings(max_examples=20, deadline=None)
def test_units_of_the_data_change_no_weight(shift):
    logs = np.random.default_rng(5).normal(0, 1, (12, 3))
    assert stack(logs + shift) == pytest.approx(stack(logs), abs=1e-6)


def test_the_order_of_families_is_the_order_of_weights():
    logs = np.random.default_rng(6).normal(0, 1, (30, 3))
    assert stack(logs[:, [2, 0, 1]]) == pytest.approx(stack(logs)[[2, 0, 1]], abs=1e-5)


def test_a_fold_counted_twice_is_two_folds():
    logs = np.random.default_rng(7).normal(0, 1, (6, 2))
    twice = np.vstack([logs, logs[:1]])
    counted = [2.0, 1, 1, 1, 1, 1]
    assert stack(logs, fold_weights=counted) == pytest.approx(stack(twice), abs=1e-7)


@pytest.mark.parametrize(
    ("logs", "choices"),
    [
        ([[math.nan, 0.0]], {}),
        ([[-math.inf, -math.inf]], {}),
        (np.zeros((0, 2)), {}),
        ([[0.0, 0.0]], {"prior": [-1.0, 1.0]}),
        ([[0.0, 0.0]], {"fold_weights": [-1.0]}),
    ],
)
def test_weights_that_nothing_tells_are_refused(logs, choices):
    with pytest.raises(ValueError, match="fold"):
        stack(logs, **choices)


def test_mixture_density_by_hand():
    # 0.25 * 2 + 0.75 * 4 = 3.5
    assert mixture_log_density(np.log([[2.0, 4.0]]), [0.25, 0.75]) == pytest.approx([np.log(3.5)])


def test_a_series_without_folds_of_its_own_has_the_weights_of_its_kind():
    steps = {"trend": _one_step([0.0, 0.0]), "walk": _one_step([-5.0, -5.0])}
    found = series_weights({"trend": 0.6, "walk": 0.2, "jumps": 0.2}, steps)
    # jumps was not fitted: its share goes to the others in proportion
    assert found == pytest.approx({"trend": 0.75, "walk": 0.25})


def test_a_series_departs_from_its_kind_as_its_own_folds_accumulate():
    of_kind = {"trend": 0.5, "walk": 0.5}
    weights = [
        series_weights(
            of_kind, {"trend": _one_step(np.zeros(n)), "walk": _one_step(np.full(n, -1.0))}
        )["trend"]
        for n in (4, 13, 103)
    ]
    assert 0.5 < weights[0] < 0.53 < weights[1] < weights[2]
    # 100 folds against 20: nearly all for the better family
    assert weights[2] > 0.85


def test_only_steps_that_every_family_can_be_trusted_about_are_folds():
    good, bad = _one_step(np.arange(6.0)), _one_step(np.zeros(6), k_hat=0.9)
    assert own_folds({"trend": good, "walk": good})[:, 0].tolist() == [3.0, 4.0, 5.0]
    assert own_folds({"trend": good, "walk": bad}).size == 0


def test_folds_line_up_by_series_origin_and_horizon():
    folds = [
        _fold("a", "trend", log_density=1.0),
        _fold("a", "walk", log_density=2.0),
        _fold("a", "trend", log_density=3.0, year=2021),  # no walk: left out
        _fold("b", "walk", log_density=5.0),
        _fold("b", "trend", log_density=math.nan),
    ]
    firsts, logs = fold_table(folds, ["trend", "walk"])
    assert [fold.series for fold in firsts] == ["a"]
    assert logs.tolist() == [[1.0, 2.0]]


def test_large_groups_and_long_series_do_not_drown_the_others():
    folds = [_fold("a", "trend", group="one")] * 4 + [_fold("b", "trend", group="two")]
    # a: 4 folds of weight 4^-1/2 = 1/2 each, b: 1; scaled to sum to 5: times 5/3
    assert even_weights(folds) == pytest.approx([5 / 6] * 4 + [5 / 3])
