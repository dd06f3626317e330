"""Which parts a composition has, whether they are the whole, and totals that cannot be."""

from __future__ import annotations

from datetime import date

import pytest
from small_facts import row_of

from forecaster.errors import InputError
from forecaster.workspace.compositions import known_composition, parts_of
from forecaster.workspace.facts import Facts, SeriesEntry
from forecaster.workspace.reader import SHIPPED, load_all_facts

AS_OF = date(2031, 1, 1)


def _entry(name, kind="share", timing="flow", **fields):
    return SeriesEntry(name, name, name, "fraction", kind, timing, composition="market", **fields)


def _facts(parts, **fields):
    """Return facts of parts, each a mapping from period to printed value, or a list of rows."""
    entries = {name: _entry(name, **fields.get(name, {})) for name in parts}
    rows = {
        name: tuple(rows)
        if isinstance(rows, list)
        else tuple(row_of(period, value) for period, value in rows.items())
        for name, rows in parts.items()
    }
    return Facts(entries, rows, "hash")


def test_parts_are_those_that_name_the_composition_in_order():
    entries = {name: _entry(name) for name in ("b", "a")}
    entries["other"] = SeriesEntry("other", "o", "o", "fraction", "share", "flow")
    assert parts_of(entries, "market") == ("a", "b")


def test_unknown_composition_offers_the_nearest_name():
    with pytest.raises(InputError) as caught:
        parts_of({"a": _entry("a")}, "markets")
    assert "did you mean 'market'" in str(caught.value)


def test_counts_are_no_composition_of_shares():
    facts = load_all_facts(SHIPPED)
    for name in ("hub-operators", "notable-models"):
        with pytest.raises(InputError) as caught:
            known_composition(facts, name, as_of=date(2026, 10, 31))
        assert str(caught.value).startswith(
            f"error: the composition '{name}' is not made of shares: "
        )
        assert "is of kind 'count'" in str(caught.value)


def test_flows_and_stocks_do_not_mix():
    with pytest.raises(InputError, match="flows and stocks"):
        parts_of({"a": _entry("a"), "b": _entry("b", timing="stock")}, "market")


def test_parts_that_sum_to_one_have_no_rest():
    # .41 + .55 + .04, and .42 + .54 + .03 = .99 within half a step of each of three
    facts = _facts({
        "a": {"2024": "0.41", "2025": "0.42"},
        "b": {"2024": "0.55", "2025": "0.54"},
        "c": {"2024": "0.04", "2025": "0.03"},
    })  # fmt: skip
    composition = known_composition(facts, "market", as_of=AS_OF)
    assert not composition.has_rest
    assert composition.names == ("a", "b", "c")


def test_parts_that_leave_something_have_a_rest():
    # .98 leaves .02, more than the .015 that rounding of three may hide
    facts = _facts({"a": {"2024": "0.41"}, "b": {"2024": "0.54"}, "c": {"2024": "0.03"}})
    assert known_composition(facts, "market", as_of=AS_OF).names == ("a", "b", "c", "(rest)")


def test_parts_that_are_never_published_together_have_a_rest():
    facts = _facts({"a": {"2024": "0.6"}, "b": {"2025": "0.4"}})
    assert known_composition(facts, "market", as_of=AS_OF).has_rest


def test_one_part_alone_has_a_rest():
    assert known_composition(_facts({"a": {"2024": "0.6"}}), "market", as_of=AS_OF).has_rest


def test_parts_that_sum_to_more_than_one_are_refused():
    facts = _facts({"a": {"2023": "0.4", "2024": "0.6"}, "b": {"2023": "0.5", "2024": "0.7"}})
    with pytest.raises(InputError) as caught:
        known_composition(facts, "market", as_of=AS_OF)
    assert str(caught.value) == (
        "error: parts of 'market' in 2024 add up to 1.3, more than one: a 0.6 + b 0.7\n"
        "  where: h.csv, h.csv\n"
        "  fix:   correct the values, or give the rows that count something else another basis"
    )


def test_rounding_is_no_fault():
    # three figures printed to whole percents may come to 1.01
    facts = _facts({"a": {"2024": "0.34"}, "b": {"2024": "0.34"}, "c": {"2024": "0.33"}})
    composition = known_composition(facts, "market", as_of=AS_OF)
    assert not composition.has_rest
    values = [composition.histories[part].data[0].value for part in "abc"]
    assert values == [0.34, 0.34, 0.33]


def test_total_beyond_rounding_is_refused_where_figures_are_finer():
    facts = _facts({"a": {"2024": "0.341"}, "b": {"2024": "0.341"}, "c": {"2024": "0.330"}})
    with pytest.raises(InputError, match=r"add up to 1\.012"):
        known_composition(facts, "market", as_of=AS_OF)


def test_part_without_figures_belongs_to_the_rest_and_is_named():
    facts = _facts({"a": {"2024": "0.4"}, "b": {}})
    composition = known_composition(facts, "market", as_of=AS_OF)
    assert composition.parts == ("a",)
    assert composition.merged == ("b",)
    assert composition.notes == ("no figure of b is known: it belongs to the rest",)


def test_part_published_later_is_unknown_before():
    rows = [row_of("2024", "0.5", published="2026-01-01")]
    facts = _facts({"a": [row_of("2024", "0.4", published="2025-01-01")], "b": rows})
    assert known_composition(facts, "market", as_of=date(2025, 6, 1)).merged == ("b",)
    assert known_composition(facts, "market", as_of=date(2026, 6, 1)).merged == ()


def test_nothing_known_says_so():
    facts = _facts({"a": [row_of("2024", "0.4", published="2025-01-01")]})
    with pytest.raises(InputError, match="nothing was known of 'a' by 2024-06-01"):
        known_composition(facts, "market", as_of=date(2024, 6, 1))


def test_target_is_the_basis_with_the_newest_figure_and_others_join_if_declared():
    declared = {"reference_basis": "units", "relations": {"revenue": "other-measure"}}
    facts = _facts(
        {
            "a": [row_of("2024", basis="units"), row_of("2025", basis="revenue")],
            "b": [row_of("2024", "0.4", basis="units")],
            "c": [row_of("2025", "0.1", basis="visits")],
        },
        a=declared, b=declared, c={"reference_basis": "visits"},
    )  # fmt: skip
    composition = known_composition(facts, "market", as_of=AS_OF)
    assert composition.target_basis == "revenue"
    assert composition.bases == ("units", "revenue")
    assert composition.relations == {"revenue": "other-measure"}
    # b tells of revenue through units; c counts something else
    assert composition.parts == ("a", "b")
    assert composition.merged == ("c",)
    asked = known_composition(facts, "market", as_of=AS_OF, basis="visits")
    assert asked.parts == ("c",)


def test_basis_of_no_part_is_refused():
    facts = _facts({"a": {"2024": "0.4"}})
    with pytest.raises(InputError, match="none of the parts a has figures on the basis 'no'"):
        known_composition(facts, "market", as_of=AS_OF, basis="no")


def test_every_shipped_composition_of_shares_is_read():
    facts = load_all_facts(SHIPPED)
    names = {e.composition for e in facts.entries.values() if e.kind == "share"} - {""}
    for name in names:
        assert known_composition(facts, name, as_of=date(2026, 10, 31)).parts
    market = known_composition(facts, "cn-chip-market", as_of=date(2026, 10, 31))
    assert not market.has_rest
    assert market.target_basis == "idc-units"
