"""Answers about one series: counted by hand on a few draws, or read off what is published."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from small_questions import SHARE, SPEND, crossing, forecast, numeric, question, threshold

from forecaster.errors import NotYetKnown
from forecaster.forecasts.question_series import (
    answer_crossing,
    answer_numeric,
    answer_threshold,
)

YEARS = ["2026", "2027", "2028"]
DRAWS = [[0.30, 0.45, 0.35], [0.396, 0.35, 0.42], [0.2, 0.3, 0.39], [0.5, 0.6, 0.7]]


def test_the_figure_of_a_period_alone_decides():
    ask = threshold(SHARE, 0.4, period="2027")
    found = answer_threshold(question(ask), ask, forecast(SHARE, YEARS, DRAWS))
    # 2027: .45 and .60 of four draws
    assert found.chance.probability == 0.5
    assert found.period == "2027"
    # independent draws, four of them: sqrt(.25 / 4)
    assert found.chance.mcse == pytest.approx(0.25)


def test_any_figure_of_a_span_decides():
    ask = threshold(SHARE, 0.4, first="2026", until="2028")
    # draw 1 in 2027, draw 2 in 2028, draw 4 always; draw 3 never
    found = answer_threshold(question(ask), ask, forecast(SHARE, YEARS, DRAWS))
    assert found.chance.probability == 0.75
    assert found.period == "2026 to 2028"


def test_rounding_lowers_the_level():
    ask = threshold(SHARE, 0.4, period="2026")
    made = forecast(SHARE, YEARS, DRAWS)
    plain = answer_threshold(question(ask), ask, made)
    rounded = answer_threshold(question(ask, rounding="whole percent"), ask, made)
    # 2026: .5 reaches 40%; .396 is printed as 40%
    assert (plain.chance.probability, rounded.chance.probability) == (0.25, 0.5)
    assert rounded.applied == pytest.approx(0.395)


def test_below_counts_falls():
    ask = threshold(SHARE, 0.3, first="2026", until="2027", below=True)
    # draws 1 and 3
    found = answer_threshold(question(ask), ask, forecast(SHARE, YEARS, DRAWS))
    assert found.chance.probability == 0.5


def test_a_published_figure_within_a_span_settles_it():
    ask = threshold(SHARE, 0.4, first="2025", until="2027")
    made = forecast(SHARE, YEARS, DRAWS, [("2024", "0.50"), ("2025", "0.41")])
    found = answer_threshold(question(ask), ask, made)
    assert found.chance is None
    assert (found.decided.answer, found.decided.source) == ("yes", "s-2026-02-01")
    assert found.decided.known_on == date(2026, 2, 1)


def test_published_figures_that_all_stay_short_settle_it_too():
    ask = threshold(SHARE, 0.4, first="2024", until="2025")
    made = forecast(SHARE, YEARS, DRAWS, [("2024", "0.30"), ("2025", "0.39")])
    assert answer_threshold(question(ask), ask, made).decided.answer == "no"
    rounded = question(ask, rounding="tenth")
    assert answer_threshold(rounded, ask, made).decided.answer == "yes"  # 0.39 is printed as 0.4


def test_a_figure_short_of_the_level_leaves_the_rest_of_a_span_open():
    ask = threshold(SHARE, 0.4, first="2025", until="2027")
    made = forecast(SHARE, YEARS, DRAWS, [("2025", "0.39")])
    found = answer_threshold(question(ask), ask, made)
    assert found.decided is None
    assert found.chance.probability == 0.5  # draws 1 and 4


def test_a_figure_neither_published_nor_forecast_was_not_yet_known():
    ask = threshold(SHARE, 0.4, period="2025")
    with pytest.raises(NotYetKnown, match="figure of 'cn' for 2025"):
        answer_threshold(question(ask), ask, forecast(SHARE, YEARS, DRAWS))


def test_a_latent_level_is_looked_at_on_the_grid_and_never_published():
    quarters = ["2026-Q3", "2026-Q4", "2027-Q1"]
    draws = [[0.3, 0.5, 0.3], [0.3, 0.3, 0.5]]
    made = forecast(SHARE, quarters, draws, [("2025", "0.90")], quantity="latent")
    ask = threshold(SHARE, 0.4, first="2025", until="2026")
    found = answer_threshold(question(ask), ask, made)
    assert found.decided is None
    assert found.chance.probability == 0.5


def test_a_figure_has_its_quantiles_and_the_chance_against_a_level():
    draws = [[float(k)] for k in range(1, 102)]  # 1 to 101: the quantile at p is 1 + 100 p
    ask = numeric(SPEND, "2026", against=91.0)
    found = answer_numeric(question(ask), ask, forecast(SPEND, ["2026"], draws))
    assert found.spread.values == pytest.approx((6, 26, 51, 76, 96))
    assert found.against.probability == pytest.approx(11 / 101)
    # the share below the median is off by sqrt(.25 / 101) = .0498, which is 5 ranks
    assert found.spread.error_at(0.5) == pytest.approx(5, abs=1.01)


def test_a_published_figure_is_the_answer():
    ask = numeric(SPEND, "2025")
    made = forecast(SPEND, ["2026"], [[1.0], [2.0]], [("2025", "7.5")])
    found = answer_numeric(question(ask), ask, made)
    assert found.spread is None
    assert found.decided.answer == 7.5


def test_quarters_published_make_up_a_year():
    ask = numeric(SPEND, "2025")
    quarters = [(f"2025-Q{k}", "2.0") for k in range(1, 5)]
    made = forecast(SPEND, ["2026"], [[1.0], [2.0]], quarters)
    assert answer_numeric(question(ask), ask, made).decided.answer == 8.0


def test_first_crossings_are_counted_on_whole_paths():
    ask = crossing(SHARE, 0.4, "2028")
    found = answer_crossing(question(ask), ask, forecast(SHARE, YEARS, DRAWS))
    # first: draw 4 in 2026, draw 1 in 2027, draw 2 in 2028, draw 3 never
    assert [each.probability for each in found.times.by] == [0.25, 0.5, 0.75]
    assert [each.probability for each in found.times.first] == [0.25, 0.25, 0.25]
    assert found.times.never.probability == 0.25
    assert str(found.times.median) == "2027"


def test_later_periods_of_a_longer_forecast_do_not_count():
    ask = crossing(SHARE, 0.4, "2027")
    found = answer_crossing(question(ask), ask, forecast(SHARE, YEARS, DRAWS))
    assert [str(period) for period in found.times.periods] == ["2026", "2027"]
    assert found.times.never.probability == 0.5


def test_latent_quarters_are_told_by_year():
    quarters = ["2026-Q3", "2026-Q4", "2027-Q1", "2027-Q2"]
    draws = [[0.5, 0.1, 0.1, 0.1], [0.1, 0.1, 0.1, 0.5], [0.1, 0.1, 0.1, 0.1]]
    ask = crossing(SHARE, 0.4, "2027")
    made = forecast(SHARE, quarters, draws, quantity="latent")
    times = answer_crossing(question(ask), ask, made).times
    assert [str(period) for period in times.periods] == ["2026", "2027"]
    assert [each.probability for each in times.by] == pytest.approx([1 / 3, 2 / 3])


def test_a_crossing_that_is_published_is_told_by_its_period():
    figures = [("2024-H2", "0.38"), ("2025-H1", "0.42"), ("2025-H2", "0.30")]
    ask = crossing(SHARE, 0.4, "2027-H2", "half")
    made = forecast(SHARE, ["2026-H1", "2026-H2"], [[0.5, 0.5], [0.1, 0.1]], figures)
    found = answer_crossing(question(ask), ask, made)
    assert found.times is None
    assert found.decided.answer == "2025-H1"


def test_a_running_total_crosses_within_a_period_under_way():
    total = replace(SPEND, kind="cumulative", timing="stock")
    made = forecast(total, ["2026"], [[9.0], [9.5]], [("2026-05", "8.0")])
    ask = crossing(total, 8.0, "2030")
    assert answer_crossing(question(ask), ask, made).decided.answer == "2026"


def test_the_error_of_a_chance_falls_with_the_draws():
    rng = np.random.default_rng(7)
    ask = threshold(SHARE, 0.5, period="2026")
    errors = []
    for n in (400, 6400):
        made = forecast(SHARE, ["2026"], rng.random((n, 1)))
        made = replace(made, report=replace(made.report, ess=math.inf))
        errors.append(answer_threshold(question(ask), ask, made).chance.mcse)
    # as 1 / sqrt(n): a quarter, with what p differs from one half in either sample
    assert errors[1] / errors[0] == pytest.approx(0.25, rel=0.02)
