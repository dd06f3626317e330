from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.errors import InputError
from forecaster.workspace.facts import SeriesEntry
from forecaster.workspace.levels import parse_level


def entry_of(unit: str, kind: str = "positive") -> SeriesEntry:
    """Return an entry with this unit."""
    return SeriesEntry("x", "x", "x", unit, kind, "flow")


SHARE = entry_of("fraction", "share")
DOLLARS = entry_of("USD billion")
CHIPS = entry_of("chips", "count")


@pytest.mark.parametrize(
    ("text", "entry", "level"),
    [
        ("40%", SHARE, 0.4),
        ("29 %", SHARE, 0.29),
        ("40 percent", SHARE, 0.4),
        ("0.4", SHARE, 0.4),
        (" .4 ", SHARE, 0.4),
        ("200", DOLLARS, 200),
        ("200bn USD", DOLLARS, 200),
        ("200 USD billion", DOLLARS, 200),
        ("$200bn", DOLLARS, 200),
        ("1.2tn", DOLLARS, 1200),
        ("300m", DOLLARS, 0.3),
        ("1.5e3", DOLLARS, 1500),
        ("200 USD billion 2021", entry_of("USD billion 2021"), 200),
        ("2tn yuan", entry_of("CNY billion"), 2000),
        ("5 million chips", CHIPS, 5e6),
        ("3", CHIPS, 3),
        ("1.2bn", entry_of("million cumulative", "cumulative"), 1200),
        ("200 TWh", entry_of("TWh"), 200),
        ("3t", entry_of("tonne REO"), 3),
        ("200bn", entry_of(""), 2e11),
        ("-0.5", entry_of("ratio", "real"), -0.5),
        ("5%", entry_of("fraction", "real"), 0.05),
    ],
)
def test_a_level_is_read_in_the_unit_of_its_series(
    text: str, entry: SeriesEntry, level: float
) -> None:
    assert parse_level(text, entry) == pytest.approx(level, rel=1e-15)


IN_DOLLARS = "type the number alone, such as 200, or with its unit: '200 USD billion'"
IN_CHIPS = "type the number alone, such as 200, or with its unit: '200 chips'"


@pytest.mark.parametrize(
    ("text", "entry", "problem", "fix"),
    [
        ("40%", DOLLARS, "'40%' is a percentage, but 'x' is in USD billion", IN_DOLLARS),
        ("200bn CNY", DOLLARS, "'200bn CNY' does not fit 'x', which is in USD billion", IN_DOLLARS),
        ("200 USD", DOLLARS, "'200 USD' does not say whether it is in USD billion", IN_DOLLARS),
        (
            "200 GWh",
            entry_of("TWh"),
            "'200 GWh' does not fit 'x', which is in TWh",
            "type the number alone, such as 200, or with its unit: '200 TWh'",
        ),
        (
            "200bn USD",
            entry_of(""),
            "'200bn USD' does not fit 'x', which is without a unit",
            "type the number alone, such as 200",
        ),
        (
            "0.4bn",
            SHARE,
            "'0.4bn' does not fit 'x', which is a fraction",
            "type a percentage such as 40%, or a fraction such as 0.4",
        ),
        (
            "40",
            SHARE,
            "a share cannot reach the level '40': it lies between 0 and 1",
            "did you mean 40%?",
        ),
        (
            "0%",
            SHARE,
            "a share cannot reach the level '0%': it lies between 0 and 1",
            "type a percentage between 0% and 100%, such as 40%",
        ),
        (
            "100%",
            SHARE,
            "a share cannot reach the level '100%': it lies between 0 and 1",
            "type a percentage between 0% and 100%, such as 40%",
        ),
        (
            "0",
            CHIPS,
            "a count series cannot be asked to reach '0'",
            "type a level above zero",
        ),
        (
            "-3bn USD",
            DOLLARS,
            "a positive series cannot be asked to reach '-3bn USD'",
            "type a level above zero",
        ),
        ("nan", CHIPS, "'nan' is not a finite number", IN_CHIPS),
        ("inf", CHIPS, "'inf' is not a finite number", IN_CHIPS),
        ("1e999", CHIPS, "'1e999' is too large for a number", IN_CHIPS),
        ("", CHIPS, "a number is missing", IN_CHIPS),
        ("many", CHIPS, "'many' is not a number", IN_CHIPS),
        ("1,000", CHIPS, "'1,000' has separators between thousands", "write 1000"),
        ("0,4", SHARE, "'0,4' has a decimal comma", "write 0.4"),
        ("４０％", SHARE, "'４０％' has full-width characters", "type 40%"),
        ("４０", CHIPS, "'４０' has full-width characters", "type 40"),
        ("\x1b[31m40", CHIPS, r"'\x1b[31m40' is not a number", IN_CHIPS),
    ],
)
def test_a_level_that_does_not_fit_is_refused(
    text: str, entry: SeriesEntry, problem: str, fix: str
) -> None:
    with pytest.raises(InputError) as caught:
        parse_level(text, entry)
    unit = f", in {entry.unit}" if entry.unit else ""
    assert str(caught.value) == f"error: {problem}\n  where: the level of 'x'{unit}\n  fix:   {fix}"


@given(st.integers(1, 9999))
def test_a_percentage_and_its_fraction_are_the_same_level(basis_points: int) -> None:
    percent, fraction = f"{basis_points / 100:.2f}%", f"{basis_points / 10_000:.4f}"
    assert parse_level(percent, SHARE) == parse_level(fraction, SHARE)


@given(st.floats(1e-9, 1e12))
def test_a_plain_number_is_in_the_unit_of_the_series(level: float) -> None:
    assert parse_level(repr(level), DOLLARS) == level


@given(st.text(max_size=12), st.sampled_from([SHARE, DOLLARS, CHIPS]))
def test_any_text_gives_a_possible_level_or_a_clear_refusal(text: str, entry: SeriesEntry) -> None:
    refused: InputError | None = None
    level = 0.5
    try:
        level = parse_level(text, entry)
    except InputError as error:
        refused = error
    assert refused is None or (refused.faults[0].fix and refused.faults[0].problem.isprintable())
    assert 0 < level < (1 if entry is SHARE else float("inf"))
