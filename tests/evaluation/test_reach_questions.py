from __future__ import annotations

from datetime import date

import pytest

from forecaster.evaluation.reach_questions import (
    as_if_published_at_once,
    latest_history,
    level_at,
    pose_origins,
    resolution_periods,
)
from forecaster.workspace.periods import parse_period

from .small_series import annual_rows, entry_of, facts_of, row_of

VALUES = ["10", "12", "11", "13", "14", "20", "30", "29"]
"""2010 to 2017."""


def pseudo_origins(facts):
    latest = latest_history(facts, "sales")
    return list(pose_origins(as_if_published_at_once(facts, latest), latest))


def test_questions_are_resolved_as_by_hand():
    origins = pseudo_origins(facts_of(*annual_rows(VALUES)))
    assert [origin.day for origin in origins] == [
        date(2013, 12, 31),
        date(2014, 12, 31),
        date(2015, 12, 31),
        date(2016, 12, 31),
    ]
    # last figure 13: levels 14.3, 19.5, 26; 2014 has 14, 2015 has 20
    said = [(q.years, q.level, q.reached) for q in origins[0].questions]
    assert said == [
        (1, 14.3, False),
        (1, 19.5, False),
        (1, 26.0, False),
        (2, 14.3, True),
        (2, 19.5, True),
        (2, 26.0, False),
    ]


def test_a_figure_equal_to_the_level_has_reached_it():
    # 10 * 1.1 is 11.000000000000002 in floating point
    facts = facts_of(*annual_rows(["10", "10", "10", "10", "11", "11", "11", "11"]), kind="count")
    first = pseudo_origins(facts)[0].questions[0]
    assert (first.factor, first.level, first.reached) == (1.1, 11.0, True)


def test_a_fall_after_the_peak_does_not_undo_a_crossing():
    origins = pseudo_origins(facts_of(*annual_rows(["9", "9", "9", "10", "15", "9", "9", "9"])))
    two_years = [q for q in origins[0].questions if q.years == 2 and q.factor == 1.5]
    assert [q.reached for q in two_years] == [True]


def test_horizons_without_an_outcome_are_not_asked():
    origins = pseudo_origins(facts_of(*annual_rows(VALUES)))
    assert {q.years for q in origins[-1].questions} == {1}
    assert {q.years for q in origins[-2].questions} == {1, 2}


def test_a_gap_in_the_outcome_takes_the_question_away():
    rows = [row for row in annual_rows([*VALUES, "31"]) if str(row.period) != "2016"]
    by_day = {origin.day.year: origin for origin in pseudo_origins(facts_of(*rows))}
    assert {q.years for q in by_day[2014].questions} == {1}  # 2015 is known, 2016 is not
    assert 2015 not in by_day  # 2016 is the first year ahead


def test_an_origin_without_a_new_figure_is_no_origin():
    rows = [row_of(f"{year}-H1", f"{year - 2000}") for year in range(2010, 2018)]
    rows += [row_of(f"{year}-H2", f"{year - 1999}") for year in range(2010, 2014)]
    days = [origin.day for origin in pseudo_origins(facts_of(*rows))]
    assert date(2012, 6, 30) in days
    assert date(2012, 12, 31) in days
    assert all(day.month == 6 for day in days if day.year > 2013)


def test_short_series_are_left_out():
    assert latest_history(facts_of(*annual_rows(VALUES[:7])), "sales") is None
    assert latest_history(facts_of(*annual_rows(VALUES)), "sales") is not None


def test_real_series_need_a_typical_change():
    rows = annual_rows(VALUES)
    assert latest_history(facts_of(*rows, kind="real"), "sales") is None
    assert latest_history(facts_of(*rows, kind="real", typical_change=2.0), "sales") is not None


def test_vintage_origins_know_only_what_was_published():
    rows = [
        row_of(str(2010 + k), value, published=f"{2011 + k}-08-15")
        for k, value in enumerate(VALUES)
    ]
    facts = facts_of(*rows)
    latest = latest_history(facts, "sales")
    origins = list(pose_origins(facts, latest))
    assert origins[0].day == date(2014, 12, 31)  # 2013 came out in August 2014
    assert str(origins[0].known[-1].period) == "2013"
    assert str(origins[0].asked[-1]) == "2015"


def test_vintage_levels_come_from_the_figure_known_then_and_outcomes_from_the_latest():
    rows = [*annual_rows(VALUES), row_of("2013", "12.9", published="2016-03-01")]
    facts = facts_of(*rows)
    origins = list(pose_origins(facts, latest_history(facts, "sales")))
    assert origins[0].questions[0].level == 14.3  # 1.1 * 13, not 1.1 * 12.9
    assert pseudo_origins(facts)[0].questions[0].level == 14.19


def test_pseudo_facts_hold_one_edition_known_when_its_period_ended():
    rows = [*annual_rows(VALUES), row_of("2013", "12.9", published="2016-03-01")]
    facts = facts_of(*rows)
    pseudo = as_if_published_at_once(facts, latest_history(facts, "sales")).rows["sales"]
    assert [row.value for row in pseudo if str(row.period) == "2013"] == [12.9]
    assert all(row.source.published == row.period.end for row in pseudo)


def test_lists_of_june_and_november_are_asked_about_june_and_november():
    known = [parse_period(text) for text in ("2019-06", "2019-11", "2020-06")]
    assert [str(p) for p in resolution_periods(known, years=1)] == ["2020-11", "2021-06"]
    assert len(resolution_periods(known, years=2)) == 4


def test_every_quarter_up_to_the_same_one_is_asked_about():
    asked = resolution_periods([parse_period("2020-Q2")], years=1)
    assert [str(p) for p in asked] == ["2020-Q3", "2020-Q4", "2021-Q1", "2021-Q2"]


def test_levels_of_shares_multiply_the_odds():
    share = entry_of(kind="share")
    assert level_at(share, 0.5, 2.0) == pytest.approx(2 / 3)  # odds 1 become 2
    assert level_at(share, 0.2, 1.5) == pytest.approx(0.375 / 1.375)  # odds 0.25 become 0.375
    assert level_at(entry_of(), 8.0, 1.5) == 12.0


@pytest.mark.parametrize(("kind", "figure"), [("share", 0.0), ("share", 1.0), ("count", 0.0)])
def test_a_zero_or_a_full_share_gives_no_level(kind: str, figure: float):
    assert level_at(entry_of(kind=kind), figure, 1.5) is None
