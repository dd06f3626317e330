"""Answers about several series: ranks and shares, world by world."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_forecasts import entry_of
from small_questions import OTHER, SHARE, forecast, ranking, shares

from forecaster.forecasts.question_joint import answer_ranking, answer_shares, in_step

A, B, C = (entry_of(name) for name in "abc")


def _made(*columns, periods=("2026",), figures=()):
    return [
        forecast(entry, list(periods), np.array(column, dtype=float).reshape(-1, len(periods)),
                 figures)
        for entry, column in zip((A, B, C), columns, strict=False)
    ]  # fmt: skip


def test_ranks_are_counted_world_by_world():
    made = _made([3, 1, 2, 5], [2, 2, 1, 9], [1, 3, 3, 7])
    # rank of the first: 1, 3, 2, 3
    assert answer_ranking(ranking(A, [B, C], "2026"), made).chance.probability == 0.25
    second = ranking(A, [B, C], "2026", rank=2)
    assert answer_ranking(second, made).chance.probability == 0.25
    at_least = ranking(A, [B, C], "2026", rank=2, at_least=True)
    assert answer_ranking(at_least, made).chance.probability == 0.5


def test_equals_have_the_better_rank():
    made = _made([2, 2], [2, 1])
    assert answer_ranking(ranking(A, [B], "2026"), made).chance.probability == 1.0


def test_growth_is_ranked_by_factors_and_not_by_levels():
    # a: 1 to 3 and 1 to 2; b: 10 to 20 and 10 to 30
    made = _made([[1, 3], [1, 2]], [[10, 20], [10, 30]], periods=("2026", "2028"))
    asked = ranking(A, [B], "2028", growth_from="2026")
    assert answer_ranking(asked, made).chance.probability == 0.5
    assert answer_ranking(ranking(A, [B], "2028"), made).chance.probability == 0.0


def test_growth_from_nothing_is_boundless():
    made = _made([[0, 3], [0, 0]], [[10, 20], [10, 10]], periods=("2026", "2028"))
    asked = ranking(A, [B], "2028", growth_from="2026")
    # from 0 to 3 beats a doubling; from 0 to 0 is no growth, as is 10 to 10: equals, so first
    assert answer_ranking(asked, made).chance.probability == 1.0


def test_published_figures_of_all_settle_a_rank():
    made = [
        forecast(A, ["2026"], [[1.0], [2.0]], [("2025", "4")]),
        forecast(B, ["2026"], [[1.0], [2.0]], [("2025", "5")]),
    ]
    found = answer_ranking(ranking(A, [B], "2025"), made)
    assert (found.chance, found.decided.answer) == (None, "no")


def test_one_figure_published_and_one_drawn_leave_it_open():
    made = [
        forecast(A, ["2026"], [[1.0], [2.0]], [("2025", "4")]),
        forecast(B, ["2025", "2026"], [[3.0, 1.0], [5.0, 2.0]]),
    ]
    assert answer_ranking(ranking(A, [B], "2025"), made).chance.probability == 0.5


def test_parts_and_rest_have_medians_and_bands():
    cn = np.linspace(0.2, 0.6, 101)
    made = [
        forecast(SHARE, ["2027"], cn[:, None]),
        forecast(OTHER, ["2027"], (0.9 - cn)[:, None]),
    ]
    found = answer_shares(shares([SHARE, OTHER], "2027", rest="Rest"), made)
    assert [part.name for part in found.parts] == ["CN", "US", "Rest"]
    assert found.parts[0].share.values == pytest.approx((0.24, 0.4, 0.56))
    assert found.parts[1].share.values == pytest.approx((0.34, 0.5, 0.66))
    assert found.parts[2].share.values == pytest.approx((0.1, 0.1, 0.1))
    assert found.warnings == ()


def test_parts_that_do_not_sum_to_one_are_told():
    made = [forecast(SHARE, ["2027"], [[0.4], [0.5]]), forecast(OTHER, ["2027"], [[0.6], [0.6]])]
    (warning,) = answer_shares(shares([SHARE, OTHER], "2027"), made).warnings
    assert warning == "the parts do not sum to one in 50% of the draws, but from 100.0% to 110.0%"
    found = answer_shares(shares([SHARE, OTHER], "2027", rest="Rest"), made)
    assert "sum to more than one; the rest is zero there" in found.warnings[0]
    assert found.parts[2].share.values[-1] == pytest.approx(0.0)


def test_draws_that_one_formula_leaves_out_are_left_out_of_all():
    whole = forecast(A, ["2026"], [[1.0], [2.0], [3.0], [4.0]])
    cut = forecast(B, ["2026"], [[10.0], [30.0], [40.0]], draw_numbers=np.array([1, 3, 4]))
    first, second = in_step([whole, cut])
    assert first.trajectories[:, 0].tolist() == [1.0, 3.0, 4.0]
    assert second.trajectories[:, 0].tolist() == [10.0, 30.0, 40.0]


def test_worlds_of_two_formulas_are_those_that_both_have():
    numbers = np.array([2, 4]), np.array([1, 2, 4])
    made = [
        forecast(A, ["2026"], [[2.0], [4.0]], draw_numbers=numbers[0]),
        forecast(B, ["2026"], [[1.0], [2.0], [4.0]], draw_numbers=numbers[1]),
    ]
    made = [replace(each, theta_index=np.arange(len(each.trajectories))) for each in made]
    assert [each.trajectories[:, 0].tolist() for each in in_step(made)] == [[2, 4], [2, 4]]
