"""Units of formulas."""

from __future__ import annotations

import pytest
from small_entries import ENTRIES

from forecaster.errors import InputError
from forecaster.workspace.formula_ranges import unit_of
from forecaster.workspace.formulas import parse_formula


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("us", "USD billion"),
        ("us + uk", "USD billion"),
        ("2 * us - uk / 3", "USD billion"),
        ("-us", "USD billion"),
        ("us / uk", "ratio"),
        ("us / cn", "USD billion per CNY billion"),
        ("us / cn * cn", "USD billion"),
        ("us * share", "USD billion"),
        ("us * us", "USD billion * USD billion"),
        ("1 / us", "1 per USD billion"),
        ("us / uk / uk", "1 per USD billion"),
        ("us / visits", "USD billion per (million per month)"),
        ("visits", "million per month"),
        ("us / total", "USD billion per count"),
        # fractions stay fractions under sums, differences, products and numbers
        ("1 - share", "fraction"),
        ("share - part", "fraction"),
        ("share * part", "fraction"),
        ("2 * share", "fraction"),
        ("(share + part) / 2", "fraction"),
        ("gap + share", "fraction"),
        # a ratio of two of them is no fraction any more
        ("share / part", "ratio"),
        ("rate * share", "ratio"),
        ("1 / share", "ratio"),
        # unless it certainly is a part of a whole
        ("us / (us + uk)", "fraction"),
        ("1 + us / uk", "ratio"),
    ],
)
def test_unit(text, unit):
    assert unit_of(parse_formula(text), ENTRIES) == unit


@pytest.mark.parametrize(
    "text",
    ["us + cn", "us - share", "us + 1", "1 - us", "models + 1", "us + us * uk", "us / cn + us"],
)
def test_parts_of_different_units_are_not_added(text):
    with pytest.raises(InputError, match=r"they cannot be (added|subtracted)"):
        unit_of(parse_formula(text), ENTRIES)


def test_the_message_shows_both_units_and_the_sum():
    with pytest.raises(InputError) as caught:
        unit_of(parse_formula("share * (us + cn)"), ENTRIES)
    assert str(caught.value) == (
        "error: 'us' is in 'USD billion' and 'cn' is in 'CNY billion'; they cannot be added\n"
        "  where: share * (us + cn)\n"
        "                 ^^^^^^^^^\n"
        "  fix:   use series of one unit, or divide one by the other"
    )


def test_a_number_is_not_added_to_dollars():
    with pytest.raises(InputError) as caught:
        unit_of(parse_formula("us + 100"), ENTRIES)
    assert str(caught.value) == (
        "error: 'us' is in 'USD billion' and '100' is a plain number; they cannot be added\n"
        "  where: us + 100\n"
        "         ^^^^^^^^\n"
        "  fix:   multiply or divide by the number, or use a series in 'USD billion'"
    )
