"""Sets and origins by hand."""

from __future__ import annotations

from datetime import date

from forecaster.evaluation.joint_origins import (
    JointSet,
    as_whole,
    composition_sets,
    joint_origins,
    pooled_set,
    published_at_once,
    thin_out,
)
from forecaster.workspace.composition_beliefs import load_chosen_parts
from forecaster.workspace.reader import SHIPPED, load_all_facts

from .joint_series import group, joint_facts, whole

GROUP = JointSet("pooled", "trade", ("a", "b", "c"))
MARKET = JointSet("composition", "market", ("a", "b"))


def _origins(facts, together):
    known = published_at_once(facts, together)
    return list(joint_origins(known, facts, together, chosen={}))


def test_a_part_is_asked_about_one_to_five_years_after_its_last_figure():
    shares = [".2", ".25", ".3", ".3", ".35", ".4", ".45", ".5"]
    facts = whole({"a": shares, "b": [f"{1 - float(x):.2f}" for x in shares]})
    origins = _origins(facts, MARKET)
    # two figures are known at the end of 2011; after 2016 there is nothing left to come
    assert [o.day for o in origins] == [date(y, 12, 31) for y in range(2011, 2017)]
    assert [str(p) for p in origins[0].targets["a"]] == ["2012", "2013", "2014", "2015", "2016"]
    assert [row.value for row in origins[0].targets["b"].values()] == [0.7, 0.7, 0.65, 0.6, 0.55]
    assert str(origins[-1].until) == "2017"
    assert origins[0].basis == ""


def test_members_with_one_figure_take_part_and_are_not_scored():
    facts = group({"a": ["1", "2", "3", "4"], "b": ["", "", "5", "6"], "c": ["1", "", "", ""]})
    first, second = _origins(facts, GROUP)
    assert set(first.histories) == {"a", "c"}
    assert set(first.targets) == {"a"}
    # b has its first figure in 2012, which is new, but none to compare it with
    assert set(second.histories) == {"a", "b", "c"}
    assert set(second.targets) == {"a"}


def test_a_member_alone_is_no_group():
    assert not _origins(group({"a": ["1", "2", "3", "4"]}), JointSet("pooled", "trade", ("a",)))


def test_a_year_without_anything_new_is_no_origin():
    facts = group({"a": ["1", "2", "", "4", "5"], "b": ["1", "2", "", "4", "5"]})
    days = [o.day.year for o in _origins(facts, JointSet("pooled", "trade", ("a", "b")))]
    assert days == [2011, 2013]


def test_what_is_known_at_an_origin_ended_by_then():
    facts = group({"a": ["1", "2", "3", "4"], "b": ["5", "6", "7", "8"]})
    for origin in _origins(facts, JointSet("pooled", "trade", ("a", "b"))):
        for rows in origin.known.values():
            assert all(row.period.end <= origin.day for row in rows)
        for targets in origin.targets.values():
            assert all(period.end > origin.day for period in targets)


def test_every_second_member_is_cut_to_two_figures():
    values = [str(k) for k in range(1, 8)]
    facts = group({"a": values, "b": values, "c": values, "d": values})
    together = JointSet("pooled", "trade", ("a", "b", "c", "d"))
    known = published_at_once(facts, together)
    origin = next(o for o in _origins(facts, together) if o.day.year == 2014)
    thin, cut = thin_out(known, origin)
    assert set(cut.targets) == {"b", "d"}
    assert [str(row.period) for row in thin.rows["b"]] == ["2013", "2014"]
    assert thin.rows["a"] == known.rows["a"]
    assert len(cut.known["d"]) == 2


def test_compositions_of_counts_are_named_and_left_out():
    shares, counts = whole({"a": [".5"]}), joint_facts({"n": ["3"]}, kind="count", composition="k")
    found, others = composition_sets({**shares.entries, **counts.entries}, {})
    assert [s.name for s in found] == ["market"]
    assert others == ("k",)


def test_a_whole_is_cut_to_some_parts_under_another_name_too():
    facts = whole({"a": [".2"], "b": [".3"], "c": [".4"]})
    fewer = composition_sets(as_whole(facts, "market", ["a", "c"]).entries, {})[0]
    assert [(s.name, s.series) for s in fewer] == [("market", ("a", "c"))]
    other = composition_sets(as_whole(facts, "all", ["a", "b", "c"]).entries, {"market": ("a",)})[0]
    assert [(s.name, s.series) for s in other] == [("all", ("a", "b", "c"))]


def test_the_shipped_sets_hold_the_headline_series():
    facts = load_all_facts(SHIPPED)
    wholes, _ = composition_sets(facts.entries, load_chosen_parts(SHIPPED))
    parts = {s.name: s.series for s in wholes}
    assert "cn-ai-chip-domestic-share" in parts["cn-chip-market"]
    assert len(parts["compute-location"]) == 2  # those chosen in compositions.toml
    private = pooled_set(facts.entries, "private", "us-ai-private-investment")
    assert {"cn-ai-private-investment", "kr-ai-private-investment"} <= set(private.series)
    assert "world-ai-private-investment" not in private.series
