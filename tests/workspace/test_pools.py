"""A pool holds like series of other regions, those asked for first, and never the world's total."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from forecaster.errors import InputError
from forecaster.workspace.facts import Facts, Row, SeriesEntry, Source
from forecaster.workspace.periods import parse_period
from forecaster.workspace.pools import pool_histories, pool_names

LIKE = {
    "unit": "USD billion", "kind": "positive", "timing": "flow", "group": "g", "iamc_variable": "v",
}  # fmt: skip


def _entry(name: str, region: str, **changed: str) -> SeriesEntry:
    return SeriesEntry(id=name, title=name, title_zh=name, region=region, **LIKE | changed)


ENTRIES = {
    entry.id: entry
    for entry in (
        _entry("a", "aa"),
        _entry("other-unit", "bb", unit="EUR billion"),
        _entry("world", "world"),
        _entry("b", "bb"),
        _entry("other-group", "bb", group="h"),
        _entry("other-variable", "bb", iamc_variable="w"),
        _entry("other-kind", "bb", kind="count"),
        _entry("stock", "bb", timing="stock"),
        _entry("c", "cc"),
        _entry("alone", "dd", group=""),
    )
}


def _row(series: str, period: str, published: date) -> Row:
    source = Source("s", "S", "S", published, "stated", "")
    return Row(
        series, parse_period(period), 2.0, "2.0", "USD billion", "", "reported", source, "", "f, 1"
    )


def _facts(**published: date) -> Facts:
    rows = {name: (_row(name, "2020", day),) for name, day in published.items()}
    return Facts(ENTRIES, rows, "hash")


def test_those_asked_for_come_first_and_their_like_in_the_order_of_the_table():
    assert pool_names(ENTRIES, ["c"]) == ("c", "a", "b")
    assert pool_names(ENTRIES, ["b", "c"]) == ("b", "c", "a")


def test_a_series_without_a_group_has_no_like():
    assert pool_names(ENTRIES, ["alone"]) == ("alone",)


def test_series_of_two_pools_are_refused():
    with pytest.raises(InputError, match="'other-group' and 'a' are not in one pool"):
        pool_names(ENTRIES, ["a", "other-group"])


def test_what_was_not_known_by_the_day_takes_no_part():
    facts = _facts(a=date(2021, 1, 1), b=date(2021, 2, 1), c=date(2022, 1, 1))
    assert list(pool_histories(facts, ["b"], as_of=date(2021, 3, 1))) == ["b", "a"]
    assert list(pool_histories(facts, ["b"], as_of=date(2022, 3, 1))) == ["b", "a", "c"]


def test_a_series_asked_for_must_be_known():
    facts = _facts(a=date(2021, 1, 1), b=date(2021, 2, 1))
    with pytest.raises(InputError, match="'c'"):
        pool_histories(facts, ["c"], as_of=date(2021, 3, 1))


def test_wrong_units_of_a_like_series_are_told_and_not_passed_over():
    facts = _facts(a=date(2021, 1, 1), b=date(2021, 2, 1))
    wrong = (replace(facts.rows["b"][0], unit="EUR"),)
    facts = replace(facts, rows={**facts.rows, "b": wrong})
    with pytest.raises(InputError, match="is not the unit of 'b'"):
        pool_histories(facts, ["a"], as_of=date(2021, 3, 1))


def test_the_total_is_refused():
    facts = _facts(a=date(2021, 1, 1), world=date(2021, 1, 1))
    with pytest.raises(InputError, match="'world' is the world's total"):
        pool_histories(facts, ["world"], as_of=date(2021, 3, 1))
