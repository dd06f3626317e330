"""Pairs, differences and cells by hand."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest

from forecaster.evaluation.figure_scores import FigureScore
from forecaster.evaluation.joint_folds import ALONE
from forecaster.evaluation.joint_tables import (
    blocked_error,
    joint_cells,
    joint_difference,
    length_of,
    pair_up,
)
from forecaster.evaluation.leave_future_out import Fold


def _fold(series, year, family, crps, *, pit=0.5, ok=True, years=1.0):
    score = FigureScore(0.0, 0.0, math.nan, crps, crps, pit, -1.0, 1.0, True, True, True)
    return Fold(series, "set", "share", family, date(year, 12, 31), 3, 1, years, 1.0, score, ok)


def _both(series, year, joint, alone, **fields):
    return [
        _fold(series, year, "composition", joint, **fields),
        _fold(series, year, ALONE, alone, **fields),
    ]


def test_pairs_are_of_one_figure_and_refused_fits_are_counted():
    folds = [
        *_both("a", 2011, 1.0, 2.0),
        *_both("a", 2012, 3.0, 4.0),
        *_both("b", 2011, 5.0, 6.0, ok=False),
    ]
    pairs, n_refused = pair_up(folds[::-1])
    assert sorted((j.score.crps, a.score.crps) for j, a in pairs) == [(1.0, 2.0), (3.0, 4.0)]
    assert n_refused == 1


def test_difference_by_hand():
    pairs, _ = pair_up(
        [
            *_both("a", 2011, 1.0, 2.0),
            *_both("a", 2012, 2.0, 2.0),
            *_both("b", 2011, 3.0, 2.0),
            *_both("b", 2012, 4.0, 2.0),
        ]
    )
    found = joint_difference(pairs, lambda fold: fold.score.crps)
    # differences -1, 0, 1, 2 of equal weight: mean 1/2; by series sums -2 and 2,
    # sqrt(2 * 8) / 4 = 1; by origin residuals -3/2, -1/2, 1/2, 3/2: sums -1 and 1, sqrt(2 * 2) / 4
    assert (found.mean, found.by_series, found.by_origin) == pytest.approx((0.5, 1.0, 0.5))
    assert found.ratio == pytest.approx(10 / 8)
    assert (found.n_figures, found.n_series, found.n_origins) == (4, 2, 2)


def test_a_score_that_no_pair_has_gives_no_difference():
    pairs, _ = pair_up(_both("a", 2011, 1.0, 2.0))
    assert joint_difference(pairs, lambda fold: fold.score.log_density) is None


def test_error_of_one_block_is_not_a_number():
    assert math.isnan(blocked_error(np.array([1.0, 2.0]), np.ones(2), ["a", "a"]))


def test_error_of_single_blocks_is_that_of_a_mean():
    values = np.random.default_rng(1).normal(size=50)
    expected = values.std(ddof=1) / math.sqrt(50)
    found = blocked_error(values, np.ones(50), [str(k) for k in range(50)])
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("blocks", ["series", "origin"])
def test_cells_by_label_and_horizon(blocks):
    folds = [
        _fold(f"s{k}", 2000 + k, "composition", 1.0, pit=pit)
        for k, pit in enumerate([0.05, 0.2, 0.5, 0.6, 0.7, 0.95])
    ]
    cells = joint_cells(
        folds,
        {"all": lambda _: True, "none": lambda _: False},
        coverage=0.8,
        blocks=blocks,
        rng=np.random.default_rng(1),
    )
    assert set(cells) == {("all", 1)}
    # four of six within 0.1 to 0.9
    assert cells["all", 1].coverage == pytest.approx(4 / 6)
    assert (cells["all", 1].n_series, cells["all", 1].n_folds) == (6, 6)


def test_lengths_have_names():
    assert [length_of(n) for n in (2, 4, 30)] == [
        "2-3 figures known",
        "4-7 figures known",
        "8+ figures known",
    ]
