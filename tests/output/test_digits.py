from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from forecaster.output.digits import (
    format_error,
    format_number,
    format_probability,
    format_published,
    format_share,
    format_value,
    unit_of_error,
)


@pytest.mark.parametrize(
    ("value", "mcse", "expected"),
    [
        # error 6.1 <= 10: the last digit is tens
        (812.4, 6.1, "810"),
        # error 0.8 <= 1
        (376.05, 0.8, "376"),
        # error exactly one unit is allowed, a hair more is not
        (376.05, 1.0, "376"),
        (376.05, 1.01, "380"),
        (1240.3, 9.0, "1,240"),
        (1240.3, 40.0, "1,200"),
        # 31,000 <= 100,000 = one unit of the last digit of 4.0 million
        (3.96e6, 31_000.0, "4.0 million"),
        (3.2e9, 4e7, "3.2 billion"),
        (3.24e25, 3e23, "3.2e25"),
        (-12.34, 0.2, "-12"),
        (9.999, 0.0, "10.0"),
        (0.0, 0.0, "0"),
        # an error above the number itself
        (4.0, 12.0, "under 100"),
        (-4.0, 12.0, "over -100"),
        (float("nan"), 0.0, "none"),
    ],
)
def test_number_by_hand(value: float, mcse: float, expected: str):
    assert format_number(value, mcse=mcse) == expected


@given(
    value=st.floats(1e-3, 1e12),
    relative=st.floats(1e-6, 0.5),
    unit=st.sampled_from(["", "USD billion"]),
)
def test_error_is_at_most_one_unit_of_the_last_digit(value: float, relative: float, unit: str):
    mcse = value * relative
    step = unit_of_error(mcse)
    assert step >= mcse * (1 - 1e-6)
    assert step <= 10 * mcse
    text = format_number(value, mcse=mcse, unit=unit)
    if text.startswith("under"):
        return
    number, _, word = text.replace(",", "").partition(" ")
    factor = {"": 1.0, "million": 1e6, "billion": 1e9, "trillion": 1e12}[word]
    shown = float(number) * factor
    # rounding to a digit worth at least the error moves a number by half a unit at most
    decimals = len(number.partition(".")[2])
    if decimals:
        assert 10.0**-decimals * factor >= mcse * (1 - 1e-6)
    assert abs(shown - value) <= 0.5001 * max(step, value / 10)


@pytest.mark.parametrize(
    ("share", "mcse", "expected"),
    [
        (0.4137, 0.003, "41%"),  # 0.3 points <= 1 point
        (0.4137, 0.012, "40%"),  # 1.2 points > 1 point
        (0.0042, 0.0003, "0.4%"),
        (0.0421, 0.0004, "4.2%"),
        (0.0421, 0.004, "4%"),
        (0.9963, 0.0002, "99.6%"),
        (0.9963, 0.004, "over 99%"),
        (0.003, 0.004, "under 1%"),
        (1.0, 0.0, "100%"),
        (0.0, 0.0, "0%"),
    ],
)
def test_share_by_hand(share: float, mcse: float, expected: str):
    assert format_share(share, mcse=mcse) == expected


def test_a_narrow_band_gets_the_digits_that_tell_its_ends_apart():
    # a band 1.8 points wide: a tenth of it is 0.18, so tenths of a point are worth printing
    assert format_share(0.7312, spread=0.018) == "73.1%"
    assert format_share(0.7312, spread=0.018, mcse=0.004) == "73%"
    assert format_number(5104.27, spread=4.0) == "5,104.3"


@pytest.mark.parametrize(
    ("probability", "mcse", "expected"),
    [
        (0.834, 0.006, "83%"),
        (0.004, 0.001, "under 1%"),
        (0.0, 0.0, "under 1%"),
        (0.01, 0.001, "1%"),
        (0.996, 0.001, "over 99%"),
        (1.0, 0.0, "over 99%"),
        (0.834, 0.016, "80%"),
        (0.04, 0.016, "under 10%"),
    ],
)
def test_probability_by_hand(probability: float, mcse: float, expected: str):
    assert format_probability(probability, mcse=mcse) == expected


@pytest.mark.parametrize(
    ("mcse", "expected"),
    [
        (0.006, "0.6 points"), (0.0061, "0.7 points"), (0.01, "1 point"), (0.0123, "2 points"),
        (0.0, "0.1 points"), (0.0004, "0.1 points"),
    ],
)  # fmt: skip
def test_error_is_rounded_up_to_one_digit(mcse: float, expected: str):
    assert format_error(mcse) == expected


@pytest.mark.parametrize(
    ("value", "printed", "kind", "unit", "expected"),
    [
        (0.304, "0.304", "share", "fraction", "30.4%"),
        (0.1, "0.1", "share", "fraction", "10%"),
        (0.35, "3.5e-1", "share", "fraction", "35%"),
        (376.051, "376.051", "positive", "USD billion", "376.051"),
        (1650000, "1650000", "count", "chips", "1.65 million"),
        (40, "40", "count", "count", "40"),
    ],
)
def test_published_figures_keep_their_digits(
    value: float, printed: str, kind: str, unit: str, expected: str
):
    assert format_published(value, printed, kind=kind, unit=unit) == expected


def test_counts_have_no_decimals_and_scaled_units_no_second_scale():
    assert format_value(2.0, kind="count", unit="count") == "2"
    assert format_value(2.0, kind="positive", unit="USD billion") == "2.00"
    assert format_value(2e6, kind="positive", unit="USD billion") == "2,000,000"
    assert format_value(2e6, kind="positive", unit="tonne") == "2.00 million"


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(5e-324)
@example(1.7950000000000001e308)
def test_every_finite_number_can_be_printed(value: float):
    text = format_number(value)
    assert text
    assert "nan" not in text
    if 1e-3 < abs(value) < 1e6:
        assert float(text.replace(",", "")) == pytest.approx(value, rel=0.01)


def test_no_error_asks_for_no_rounding():
    assert unit_of_error(0.0) == 0.0
    assert unit_of_error(math.nan) == 0.0
    assert unit_of_error(0.01) == pytest.approx(0.01)
