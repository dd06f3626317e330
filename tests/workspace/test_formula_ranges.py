"""Ranges and kinds of formulas, checked against values drawn inside the kinds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_entries import ENTRIES

from forecaster.errors import InputError
from forecaster.workspace.formula_ranges import has_mean, kind_of, range_of
from forecaster.workspace.formula_tree import Name, Negative, Number, Operation
from forecaster.workspace.formulas import parse_formula
from forecaster.workspace.ranges import Range, add, invert, multiply

DRAWN = {
    "share": st.floats(0.001, 0.999),
    "positive": st.floats(0.01, 100.0),
    "count": st.integers(0, 5).map(float),
    "cumulative": st.integers(1, 9).map(float),
    "real": st.floats(-50.0, 50.0),
}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("us / uk", "positive"),
        ("us + uk", "positive"),
        ("us - uk", "real"),
        ("2 * us - us", "positive"),
        ("us + uk - us", "positive"),
        ("us / (us + uk)", "share"),
        ("uk / (us + uk)", "share"),
        ("0.5 * us / (us + uk)", "share"),
        ("2 * us / (us + uk)", "positive"),
        ("1 - us / (us + uk)", "share"),
        ("1 / (1 + us / uk)", "share"),
        ("1 - share", "share"),
        ("share - 1", "real"),
        ("share * part", "share"),
        ("(share + part) / 2", "share"),
        ("share + part", "positive"),
        ("share - part", "real"),
        ("share * us", "positive"),
        ("share / part", "positive"),
        ("share / (share + part)", "share"),
        ("models + hubs", "count"),
        ("models + 2 * hubs", "count"),
        ("models / 2", "real"),
        ("models - hubs", "real"),
        # [0, 1): a share may be exactly 0 where a count is
        ("models / (models + total)", "share"),
        ("models / (models + hubs)", "share"),
        ("(models + hubs) / (2 * models + hubs + total)", "share"),
        # parts of one composition, so that the rest is a share as well
        ("1 - east - west", "share"),
        ("east + west", "share"),
        ("1 - east - west - share", "real"),
        ("1 - east - 2 * west", "real"),
        ("east - west", "real"),
        ("2 * east + 2 * west", "positive"),
        ("total + 2 * total", "cumulative"),
        ("total / (total + models)", "share"),
        ("us / (models + total)", "positive"),
        ("gap", "real"),
        ("gap + 1", "real"),
        ("us - us", "real"),
        ("0 * us", "real"),
    ],
)
def test_kind(text, kind):
    assert kind_of(parse_formula(text), ENTRIES) == kind


@pytest.mark.parametrize(
    "text",
    [
        "us / 0", "us / 0.0", "us / (1 - 1)", "us / (us - us)", "us / models", "us / gap",
        "us / (share - part)", "us / (1 - gap)", "us / (us - uk)", "us / (models * total)",
        "us / (models - hubs)",
        "us / (models + 0 * hubs)", "us / (1 - east - west)", "us / (hubs * models)",
        "1 + us / (uk / (share - part))", "us / (0 * uk)", "us / -models",
        "us / models - us / models", "0 * (us / gap)", "us / gap * 0",
        "us / (us / us - 1)",
    ],
)  # fmt: skip
def test_nothing_is_divided_by_what_can_be_zero(text):
    with pytest.raises(InputError, match="zero"):
        kind_of(parse_formula(text), ENTRIES)


@pytest.mark.parametrize(
    "text",
    ["us / share", "us / total", "us / (1 - share)", "us / (models + total)", "us / -uk",
     "us / (us + uk - us)", "us / (share - 1)", "us / (2 - share - part)"],
)  # fmt: skip
def test_what_is_never_zero_divides(text):
    assert kind_of(parse_formula(text), ENTRIES) in ("positive", "real")


def test_the_divisor_that_can_be_zero_is_marked():
    with pytest.raises(InputError) as caught:
        kind_of(parse_formula("us / (1 + uk / models)"), ENTRIES | {"one": ENTRIES["us"]})
    assert str(caught.value) == (
        "error: 'models' is of kind count and can be zero; nothing can be divided by it\n"
        "  where: us / (1 + uk / models)\n"
        "                        ^^^^^^\n"
        "  fix:   divide by what stays above zero: shares, positive series, totals, several counts"
    )


def test_a_long_chain_of_divisions_is_quick():
    # its beginning is asked for twice at each of 99 links: 2^99 without a memory
    assert kind_of(parse_formula("us" + "/uk" * 99), ENTRIES) == "positive"


_NAMES = st.sampled_from(sorted(ENTRIES)).map(lambda id_: Name(id_, (0, 1)))
_TREES = st.recursive(
    st.one_of(_NAMES, st.sampled_from([0.0, 0.5, 1.0, 2.0]).map(lambda v: Number(v, (0, 1)))),
    lambda inner: st.one_of(
        inner.map(lambda node: Negative(node, (0, 1))),
        st.builds(Operation, st.sampled_from("+-*/"), inner, inner, st.just((0, 1))),
    ),
    max_leaves=7,
)


def _value(node, values):
    """Return a tree's value, by hand."""
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Name):
        return values[node.id]
    if isinstance(node, Negative):
        return -_value(node.inner, values)
    left, right = _value(node.left, values), _value(node.right, values)
    return {
        "+": lambda: left + right,
        "-": lambda: left - right,
        "*": lambda: left * right,
        "/": lambda: left / right,
    }[node.sign]()


@st.composite
def _values_of_all(draw):
    values = {id_: draw(DRAWN[entry.kind]) for id_, entry in ENTRIES.items()}
    # parts of one composition sum to at most one; counts are not all zero at once
    return values | {"west": (1 - values["east"]) * values["west"], "hubs": 1 + values["hubs"]}


@settings(max_examples=400)
@given(tree=_TREES, values=_values_of_all())
def test_the_value_lies_in_the_range(tree, values):
    from forecaster.workspace.formula_tree import write_tree

    formula = parse_formula(f"{write_tree(tree)} + 0 * us")
    try:
        found = range_of(formula, ENTRIES)
    except InputError:
        return
    value = _value(formula.tree, values)  # divides by no zero, or the test fails
    room = 1e-9 * (1 + abs(value))  # rounding of the value itself
    assert found.low - room <= value <= found.high + room


def _inside(a, rng):
    low, high = max(a.low, -1e3), min(a.high, 1e3)
    return rng.uniform(low, high, size=200)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (Range(0, 1), Range(2, 5)),
        (Range(-3, 1), Range(-2, 5)),
        (Range(-math.inf, 2), Range(0, math.inf)),
        (Range(-4, -2), Range(-5, -1)),
    ],
)
def test_ranges_hold_sums_products_and_inverses_of_what_they_hold(a, b, rng):
    x, y = _inside(a, rng), _inside(b, rng)
    for found, values in ((add(a, b), x + y), (multiply(a, b), x * y)):
        assert np.all((found.low <= values) & (values <= found.high))
    for one, values in ((a, x), (b, y)):
        if not one.holds(0.0):
            found = invert(one)
            assert np.all((found.low <= 1 / values) & (1 / values <= found.high))


def test_ends_of_a_product_by_hand():
    # [0, 1) * [2, 3]: zero is reached, three is not
    found = multiply(Range(0, 1, holds_low=True), Range(2, 3, holds_low=True, holds_high=True))
    assert found == Range(0.0, 3.0, holds_low=True, holds_high=False)
    # (0, 1) * [0, 5]: zero is reached through the second factor
    assert multiply(Range(0, 1), Range(0, 5, holds_low=True)).holds(0.0)
    assert not multiply(Range(0, 1), Range(0, math.inf)).holds(0.0)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("share", True), ("us / (us + uk)", True), ("share - part", True), ("gap + share", True),
        ("gap * share", True), ("gap / (1 + share)", True), ("gap * gap", False), ("us", False),
        ("us - uk", False), ("models", False), ("gap / share", False), ("share * us", False),
    ],
)  # fmt: skip
def test_a_mean_is_claimed_only_where_there_is_one(text, answer):
    assert has_mean(parse_formula(text), ENTRIES) is answer
