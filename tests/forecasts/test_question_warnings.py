"""The two warnings: a date that the model sets, and drivers that outweigh the figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_forecasts import entry_of
from small_questions import SHARE, forecast

from forecaster.forecasts.question_answer import Chance, Spread
from forecaster.forecasts.question_warnings import (
    fixed_date_warnings,
    outweighs_chance,
    outweighs_figure,
)

YEARS = ["2026", "2027", "2028"]
COUNT = entry_of("x")


def test_growth_that_explodes_at_one_date_is_told():
    # 1 / (2027.5 - t): finite in 2027, and infinite in 2028 in nine draws of ten
    draws = np.tile([2.0, 20.0, np.inf], (10, 1))
    draws[0] = [2.0, 3.0, 4.0]
    (said,) = fixed_date_warnings(forecast(COUNT, YEARS, draws, [("2025", "1")]))
    assert said == (
        "'x' comes to infinity in 2028 in 90% of the draws: the model sets that date, "
        "whatever the data"
    )


def test_a_share_that_fills_at_one_date_is_told():
    draws = np.tile([0.5, 1.0, 1.0], (10, 1))
    (said,) = fixed_date_warnings(forecast(SHARE, YEARS, draws))
    assert said.startswith("'cn' comes to its limit in 2027 in 100% of the draws")


def test_a_wide_spread_of_dates_is_none():
    draws = np.array([[0.5, 0.6, 1.0], [0.5, 1.0, 1.0], [0.5, 0.5, 0.6], [0.9, 0.9, 0.9]])
    assert fixed_date_warnings(forecast(SHARE, YEARS, draws)) == []


def test_what_is_full_from_the_beginning_sets_no_date():
    assert fixed_date_warnings(forecast(SHARE, YEARS, np.ones((10, 3)))) == []


def test_a_series_with_a_bound_of_its_own_comes_to_that():
    bounded = replace(COUNT, most=100.0)
    draws = np.tile([50.0, 100.0, 100.0], (10, 1))
    assert "its limit in 2027" in fixed_date_warnings(forecast(bounded, YEARS, draws))[0]


@pytest.mark.parametrize(
    ("with_drivers", "without", "expected"),
    [
        (0.06, 0.02, True),  # two thirds of the yes
        (0.50, 0.40, False),  # a fifth
        (0.95, 0.80, True),  # three quarters of the no are gone
        (0.85, 0.80, False),
        (0.02, 0.06, True),
    ],
)
def test_drivers_that_make_half_of_the_smaller_chance_outweigh(with_drivers, without, expected):
    assert outweighs_chance(Chance(with_drivers, 0.001), Chance(without, 0.001)) is expected


def test_a_difference_within_three_errors_is_none():
    assert not outweighs_chance(Chance(0.06, 0.01), Chance(0.02, 0.01))


def test_a_median_moved_by_half_of_the_half_width_outweighs():
    levels, errors = (0.05, 0.5, 0.95), (0.01, 0.01, 0.01)
    without = Spread(levels, (0.0, 2.0, 4.0), errors)  # half-width 2, half of it 1
    assert outweighs_figure(Spread(levels, (1.0, 3.1, 5.0), errors), without)
    assert not outweighs_figure(Spread(levels, (1.0, 2.9, 5.0), errors), without)
