"""One belief changed for one run: what may be typed, what it replaces, what is refused."""

from __future__ import annotations

import copy
import tomllib
from datetime import date
from typing import Any

import pytest

from forecaster.errors import InputError
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.driver_beliefs import load_driver_beliefs
from forecaster.workspace.prior_changes import changed_table, parse_changes
from forecaster.workspace.reader import SHIPPED, load_entries

SERIES = """
family = "pool"
reason = "a test"
[growth]
quantiles = { "5%" = -0.1, "97.5%" = 0.3 }
unit = "fraction a year"
[offset.idc]
sd = 0.2
"""
DRIVER = """
id = "ban"
[start]
probability = { "10%" = 0.1, "90%" = 0.3 }
by = 2028-12-31
[[effect]]
series = "a"
shape = "step"
size = { quantiles = { "10%" = 1, "90%" = 5 }, unit = "percent" }
[[effect]]
series = "b"
shape = "step"
size = { quantiles = { "10%" = 1, "90%" = 5 }, unit = "percent" }
[[effect]]
series = "b"
shape = "slope"
size = { quantiles = { "10%" = 1, "90%" = 5 }, unit = "percent" }
[[past_effect]]
series = "a"
date = "2025-04"
"""


def changed(text: str, *typed: str) -> dict[str, Any]:
    """Return a table with what was typed in it."""
    return dict(changed_table(tomllib.loads(text), parse_changes(typed, ["s"]), file="x.toml"))


def fault_of(text: str, typed: str) -> tuple[str, str, str]:
    """Return problem, place and remedy of what cannot be changed."""
    with pytest.raises(InputError) as caught:
        changed(text, typed)
    (fault,) = caught.value.faults
    return fault.problem, fault.where, fault.fix


@pytest.mark.parametrize(
    "key", ["growth.quantiles.5%", "growth.5%"], ids=["the whole path", "without 'quantiles'"]
)
def test_a_quantile_is_replaced_and_nothing_else(key: str) -> None:
    before = tomllib.loads(SERIES)
    found = changed(SERIES, f"{key}=-0.2")
    assert found["growth"]["quantiles"] == {"5%": -0.2, "97.5%": 0.3}
    found["growth"]["quantiles"]["5%"] = -0.1
    assert found == before


def test_the_table_that_was_read_stays_as_it_is() -> None:
    table = tomllib.loads(SERIES)
    kept = copy.deepcopy(table)
    changed_table(table, parse_changes(["growth.5%=-0.2", "offset.idc.sd=1"], ["s"]), file="x")
    assert table == kept


def test_a_quantile_with_a_dot_in_its_name_is_one_key() -> None:
    assert changed(SERIES, "growth.97.5%=0.4")["growth"]["quantiles"]["97.5%"] == 0.4


def test_a_quantile_that_is_not_stated_stands_beside_the_others() -> None:
    assert changed(SERIES, "growth.50%=0.05")["growth"]["quantiles"]["50%"] == 0.05


def test_all_quantiles_of_a_belief_are_replaced_at_once() -> None:
    found = changed(SERIES, 'growth={ "10%" = 0.0, "90%" = 0.5 }')
    assert found["growth"]["quantiles"] == {"10%": 0.0, "90%": 0.5}
    assert found["growth"]["unit"] == "fraction a year"
    problem, _, fix = fault_of(SERIES, "growth=0.2")
    assert problem == """'0.2' cannot stand for { "5%" = -0.1, "97.5%" = 0.3 }"""
    assert fix == """write such as { "5%" = -0.1, "97.5%" = 0.3 }"""


def test_probability_dates_and_sizes_of_a_driver_are_found_by_short_keys() -> None:
    found = changed(
        DRIVER, "driver:ban.start.10%=0.2", "driver:ban.start.by=2029-12-31",
        "driver:ban.effect.a.90%=9", "driver:ban.effect.b.slope.10%=0.5",
    )  # fmt: skip
    assert found["start"]["probability"] == {"10%": 0.2, "90%": 0.3}
    assert found["start"]["by"] == date(2029, 12, 31)
    assert [effect["size"]["quantiles"] for effect in found["effect"]] == [
        {"10%": 1, "90%": 9}, {"10%": 1, "90%": 5}, {"10%": 0.5, "90%": 5},
    ]  # fmt: skip


def test_an_unknown_key_is_refused_with_the_nearest_ones() -> None:
    assert fault_of(SERIES, "growht.5%=0.2") == (
        "x.toml has no key 'growht.5%'",
        "--prior growht.5%=0.2",
        "did you mean 'growth.5%' or 'growth.97.5%' or 'growth'?",
    )


def test_past_effects_and_what_names_an_effect_cannot_be_changed() -> None:
    for key in ("past_effect.a.date", "effect.a.series", "id"):
        assert "has no key" in fault_of(DRIVER, f"driver:ban.{key}=x")[0]


def test_a_driver_with_two_effects_on_a_series_needs_the_shape() -> None:
    problem, _, fix = fault_of(DRIVER, "driver:ban.effect.b.90%=2")
    assert "has no key 'effect.b.90%'" in problem
    assert "effect.b.step.90%" in fix


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("growth.5%=much", "'much' is not a number"),
        ("growth.5%=true", "'True' is not a number"),
        ("reason=3", "'3' cannot stand for 'a test'"),
        ("growth.50%='x'", "'x' is not a number"),
    ],
)
def test_a_value_of_another_sort_is_refused(typed: str, said: str) -> None:
    assert fault_of(SERIES, typed)[0] == said


@pytest.mark.parametrize("typed", ["growth.5%", "=3", "growth.5%=", ""])
def test_what_is_no_key_and_value_is_refused(typed: str) -> None:
    with pytest.raises(InputError, match="is no KEY=VALUE"):
        parse_changes([typed], ["s"])


def test_of_several_series_the_one_that_is_meant_must_be_named() -> None:
    with pytest.raises(InputError, match="which series"):
        parse_changes(["growth.5%=1"], ["a", "b"])
    (change,) = parse_changes(["b:growth.5%=1"], ["a", "b"])
    assert (change.target, change.key, change.value) == ("b", "growth.5%", 1)


def test_one_key_is_changed_once() -> None:
    with pytest.raises(InputError, match="changed twice"):
        parse_changes(["growth.5%=1", "s:growth.5%=2"], ["s"])


def test_beliefs_about_a_series_differ_in_what_was_changed_and_in_their_hash() -> None:
    name = "cn-ai-chip-domestic-share"
    entry = load_entries(SHIPPED)[name]
    usual = load_beliefs(SHIPPED, [name])
    other = load_beliefs(SHIPPED, [name], parse_changes(["growth.50%=6"], [name]))
    assert other.hash != usual.hash
    assert other.of(entry).trend.drift.mean > usual.of(entry).trend.drift.mean
    assert other.of(entry).trend.theta == usual.of(entry).trend.theta
    assert load_beliefs(SHIPPED, [name]).of(entry) == usual.of(entry)


def test_beliefs_about_drivers_differ_in_what_was_changed_and_in_their_hash() -> None:
    entries = load_entries(SHIPPED)
    usual = load_driver_beliefs(SHIPPED, entries)
    changes = parse_changes(["driver:ai-valuation-correction.start.90%=0.7"], ["s"])
    other = load_driver_beliefs(SHIPPED, entries, changes=changes)
    assert other.hash != usual.hash
    differing = [a.id for a, b in zip(usual.drivers, other.drivers, strict=True) if a != b]
    assert differing == ["ai-valuation-correction"]
    start = other.of("ai-valuation-correction").start
    assert start is not None
    assert start.probability.high == 0.7


def test_a_driver_that_does_not_exist_is_refused_with_the_nearest_one() -> None:
    changes = parse_changes(["driver:ai-valuation-corection.start.90%=0.7"], ["s"])
    with pytest.raises(InputError, match="ai-valuation-corection") as caught:
        load_driver_beliefs(SHIPPED, load_entries(SHIPPED), changes=changes)
    assert caught.value.faults[0].fix == "did you mean 'ai-valuation-correction'?"
