from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.workspace.periods import (
    FREQUENCIES,
    Period,
    date_at,
    decimal_year,
    last_day,
    parse_period,
    period_at,
    periods_from,
    split_period,
)

days = st.dates(date(1900, 1, 1), date(2200, 12, 31))
frequencies = st.sampled_from(FREQUENCIES)
periods = st.builds(period_at, days, frequencies)


@pytest.mark.parametrize(
    ("text", "start", "end", "start_year", "length"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31), 2024.0, 1.0),
        ("2024-H2", date(2024, 7, 1), date(2024, 12, 31), 2024.5, 0.5),
        ("2024-Q3", date(2024, 7, 1), date(2024, 9, 30), 2024.5, 0.25),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), 2024 + 1 / 12, 1 / 12),
        # 15 June: five whole months and fourteen of thirty days
        ("2024-06-15", date(2024, 6, 15), date(2024, 6, 15), 2024 + (5 + 14 / 30) / 12, 1 / 360),
    ],
)
def test_a_period_by_hand(
    text: str, start: date, end: date, start_year: float, length: float
) -> None:
    period = parse_period(text)
    assert (period.start, period.end) == (start, end)
    assert period.start_year == pytest.approx(start_year, abs=1e-12)
    assert period.length == pytest.approx(length, abs=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "24",
        "2024-H3",
        "2024-Q0",
        "2024-13",
        "2024-00",
        "2023-02-29",
        "2024-6",
        "0000",
        "２０２４",
        "2024 ",
        "2024-h1",
        "2024-H1-Q1",
        "-2024",
        "2024-06-31",
    ],
)
def test_a_text_that_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_period(text)


def test_an_unknown_frequency_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown frequency 'week'"):
        period_at(date(2024, 1, 1), "week")


def test_a_date_without_a_day_is_the_last_day_of_its_month_or_year() -> None:
    assert last_day("2024-02") == date(2024, 2, 29)
    assert last_day("2024") == date(2024, 12, 31)


@given(periods)
def test_a_period_reads_back_as_it_was_written(period: Period) -> None:
    assert parse_period(str(period)) == period


@given(days, frequencies)
def test_the_period_at_a_day_holds_that_day(day: date, frequency: str) -> None:
    period = period_at(day, frequency)
    assert period.start <= day <= period.end


@given(periods)
def test_the_next_period_begins_where_this_one_ends(period: Period) -> None:
    following = period.next()
    assert following.start == period.end + timedelta(days=1)
    assert following.start_year == period.end_year
    assert not period.overlaps(following)


@given(periods, periods)
def test_two_periods_are_nested_or_apart(first: Period, second: Period) -> None:
    nested = first.contains(second) or second.contains(first)
    assert first.overlaps(second) == nested


@given(st.builds(period_at, days, st.sampled_from(FREQUENCIES[:4])), frequencies)
def test_the_parts_of_a_period_cover_it_once(period: Period, frequency: str) -> None:
    if FREQUENCIES.index(frequency) < FREQUENCIES.index(period.frequency):
        return
    parts = split_period(period, frequency)
    n_days = sum((part.end - part.start).days + 1 for part in parts)
    assert n_days == (period.end - period.start).days + 1
    assert all(period.contains(part) for part in parts)
    assert sum(part.length for part in parts) == pytest.approx(period.length, abs=1e-9)


@given(days)
def test_a_decimal_year_gives_its_day_back(day: date) -> None:
    assert date_at(decimal_year(day)) == day


@given(days, days)
def test_decimal_years_keep_the_order_of_days(first: date, second: date) -> None:
    assert (decimal_year(first) < decimal_year(second)) == (first < second)


def test_periods_run_until_the_last_that_has_ended() -> None:
    found = periods_from(parse_period("2024-Q3"), until=date(2025, 5, 1))
    assert [str(period) for period in found] == ["2024-Q3", "2024-Q4", "2025-Q1"]
