"""Draws are held within what a series can be, and it is said how many were."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecaster.forecasts.limits import within_limits
from forecaster.workspace.facts import History, Row, SeriesEntry, Source
from forecaster.workspace.periods import parse_period

PERIODS = [parse_period(year) for year in ("2026", "2027", "2028")]
ENTRY = SeriesEntry("best", "Best", "最佳", "points", "positive", "stock")
SOURCE = Source("s", "S", "S", date(2026, 1, 31), "stated", "")
DRAWS = np.array([[3.0, 2.0, 5.0], [7.0, 6.0, 6.5], [4.0, 4.5, 9.0], [8.0, 8.0, 8.0]])


def _history(*figures, **limits):
    rows = tuple(
        Row("best", parse_period(f"{2020 + i}"), value, f"{value}", "points", basis, "reported",
            SOURCE, "", "h.csv")
        for i, (value, basis) in enumerate(figures)
    )  # fmt: skip
    return History(replace(ENTRY, **limits), date(2026, 6, 30), rows, ("",), "", published=rows)


def test_a_series_without_limits_keeps_its_draws():
    found, said = within_limits(DRAWS, _history((9.0, "")), PERIODS)
    assert found is DRAWS
    assert said == ()


def test_a_record_stays_where_it_was_when_a_draw_falls():
    found, said = within_limits(DRAWS, _history(never_falls=True), PERIODS)
    assert found.tolist() == [[3, 3, 5], [7, 7, 7], [4, 4.5, 9], [8, 8, 8]]
    # of 2028 one draw in four, the second, is not what was drawn
    assert said == (
        "it cannot fall: 25% of the draws of 2028 would have, and stand at the limit instead",
    )


def test_a_record_starts_from_the_highest_figure_of_its_own_basis():
    figures = [(4.2, ""), (3.9, ""), (6.0, "other")]
    found, _ = within_limits(DRAWS, _history(*figures, never_falls=True), PERIODS)
    assert found[0].tolist() == [4.2, 4.2, 5.0]
    assert found.min() == 4.2


def test_draws_beyond_a_bound_stand_at_it_and_the_others_stay():
    found, said = within_limits(DRAWS, _history(least=3.0, most=8.0), PERIODS)
    assert found.tolist() == [[3, 3, 5], [7, 6, 6.5], [4, 4.5, 8], [8, 8, 8]]
    assert said == (
        (
            "it cannot be under 3: less than 1% of the draws of 2028 would have, and stand at the "
            "limit instead"
        ),
        "it cannot be over 8: 25% of the draws of 2028 would have, and stand at the limit instead",
    )


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_quantiles_within_the_bounds_do_not_move(level):
    draws = np.random.default_rng(1).lognormal(1.0, 0.5, (4000, 1))
    low, high = np.quantile(draws, [0.05, 0.95])
    found, _ = within_limits(draws, _history(least=low, most=high), PERIODS[:1])
    # the order of the draws within is untouched, and so is every quantile between the bounds
    assert np.quantile(found, level) == np.quantile(draws, level)


def test_the_draws_given_are_left_alone():
    given = DRAWS.copy()
    within_limits(given, _history(never_falls=True, least=4.0, most=5.0), PERIODS)
    assert np.array_equal(given, DRAWS)


def test_a_part_of_a_whole_says_that_the_whole_does_not_hold_it():
    found, said = within_limits(DRAWS, _history(part_of="all"), PERIODS)
    assert found is DRAWS
    assert said == (
        "it is a part of all, which is forecast apart from it: a draw may exceed that of the whole",
    )
