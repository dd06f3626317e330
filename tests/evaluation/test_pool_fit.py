"""Weights that are left out, pools that do not see their own group, errors by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecaster.evaluation.figure_scores import FigureScore
from forecaster.evaluation.leave_future_out import Fold
from forecaster.evaluation.pool_fit import (
    fit_pool,
    leave_groups_out,
    paired_difference,
    relative_interval_score,
)

SCORE = FigureScore(1.0, 1.0, 0.0, 0.1, 0.1, 0.5, 0.5, 1.5, True, True, True)
FOLD = Fold("a", "g", "share", "trend", date(2020, 12, 31), 5, 1, 1.0, 1.0, SCORE, True)


def _folds(by_family, *, series="a", group="g", years=1.0):
    """Return a fold for each family and log density, at one origin a year."""
    return [
        replace(
            FOLD,
            series=series,
            group=group,
            family=family,
            years=years,
            origin=date(2000 + k, 12, 31),
            score=replace(SCORE, log_density=float(value)),
        )
        for family, values in by_family.items()
        for k, value in enumerate(values)
    ]


def test_a_family_that_adds_nothing_is_left_out():
    rng = np.random.default_rng(1)
    logs = rng.normal(0, 0.5, (2, 400))
    folds = _folds({"trend": logs[0], "jumps": logs[1], "walk": np.full(400, -4.0)})
    found = fit_pool(folds, ["trend", "jumps", "walk"])
    assert set(found) == {"trend", "jumps"}
    assert sum(found.values()) == pytest.approx(1.0)


def test_few_folds_leave_the_weights_near_even():
    found = fit_pool(_folds({"trend": [0.0, 0.0], "jumps": [-1.0, -1.0]}), ["trend", "jumps"])
    assert 0.5 < found["trend"] < 0.56


def test_only_the_first_three_years_teach():
    near = _folds({"trend": np.zeros(50), "jumps": np.full(50, -1.0)})
    far = _folds({"trend": np.full(50, -9.0), "jumps": np.zeros(50)}, years=5.0)
    assert fit_pool(near + far, ["trend", "jumps"]) == fit_pool(near, ["trend", "jumps"])


def test_a_group_is_pooled_by_what_the_others_say():
    # each group prefers another family: its own weights would have been better than these
    one = _folds({"trend": np.zeros(60), "jumps": np.full(60, -2.0)}, series="a", group="one")
    two = _folds({"trend": np.full(60, -2.0), "jumps": np.zeros(60)}, series="b", group="two")
    firsts, logs, pooled = leave_groups_out(one + two, ["trend", "jumps"])
    assert logs.shape == (120, 2)
    best = logs.max(axis=1)
    assert (pooled < best - 0.7).all()
    assert {fold.group for fold in firsts} == {"one", "two"}


def test_a_single_group_has_even_weights():
    folds = _folds({"trend": [0.0], "jumps": [math.log(3)]})
    _, _, pooled = leave_groups_out(folds, ["trend", "jumps"])
    assert pooled == pytest.approx([math.log(2)])


def test_error_takes_the_folds_of_a_series_together_by_hand():
    folds = [*_folds({"trend": [0, 0, 0, 0]}, series="a"), *_folds({"trend": [0]}, series="b")]
    # one group: weights a 1/2 each, b 1, so sums 2 and 1; differences 1 in a, 4 in b:
    # mean (2 + 4) / 3 = 2; residuals 2 - 4 = -2 and 4 - 2 = 2; error sqrt(8) / 3
    found = paired_difference(np.array([1.0, 1, 1, 1, 4]), folds)
    assert found.mean == pytest.approx(2.0)
    assert found.error == pytest.approx(8**0.5 / 3)
    assert (found.n_folds, found.n_series) == (5, 2)


def test_relative_interval_score_by_hand():
    def fold(series, family, wis, year=2020):
        return replace(
            FOLD,
            series=series,
            family=family,
            origin=date(year, 12, 31),
            score=replace(SCORE, wis=wis),
        )

    folds = [
        fold("a", "trend", 1.0),
        fold("a", "trend", 3.0, year=2021),
        fold("a", "walk", 4.0),
        fold("a", "walk", 4.0, year=2021),
        fold("b", "trend", 100.0),
        fold("b", "walk", 50.0),
        fold("c", "trend", 7.0),  # no walk beside it
    ]
    # a: 4 / 8 = 1/2, b: 2; their geometric mean is 1
    assert relative_interval_score(folds, family="trend", against="walk") == pytest.approx(1.0)
    assert math.isnan(relative_interval_score(folds, family="jumps", against="walk"))
