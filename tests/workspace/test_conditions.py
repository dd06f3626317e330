"""What is set and given on the command line: every form, and every fault under its marker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forecaster.errors import InputError
from forecaster.workspace.conditions import SeenDriver, SeenLevel, SetDriver, parse_given, parse_set
from forecaster.workspace.periods import parse_period
from forecaster.workspace.reader import load_entries
from forecaster.workspace.targets import Targets

if TYPE_CHECKING:
    from pathlib import Path

DRIVERS = ("ban", "deal")


@pytest.fixture
def targets(workspace: Path) -> Targets:
    """Return the series and formulas of the small workspace."""
    return Targets(workspace, load_entries(workspace))


# --- set ---


@pytest.mark.parametrize(
    ("text", "state", "start", "probability"),
    [
        ("ban=on", "on", None, None),
        ("driver:ban = on", "on", None, None),
        ("ban=on@2027-Q1", "on", "2027-Q1", None),
        ("ban = on @ 2027-03-15", "on", "2027-03-15", None),
        ("ban=off", "off", None, None),
        ("ban=p=0.3", "probability", None, 0.3),
        ("ban = p = 30%", "probability", None, 0.3),
    ],
)
def test_a_driver_is_set(text: str, state: str, start: str | None, probability: float | None):
    period = None if start is None else parse_period(start)
    assert parse_set(text, DRIVERS) == SetDriver("ban", state, period, probability, text)


@pytest.mark.parametrize(
    ("text", "marker", "problem", "fix"),
    [
        ("bna=on", "^^^", "there is no driver 'bna'", "did you mean 'ban'?"),
        ("ban", "^^^", "no driver is set to anything", "write driver=on, driver=on@2027-Q1"),
        ("", "^", "no driver is set to anything", "write driver=on"),
        ("ban=", "    ^", "a driver cannot be set to ''", "write driver=on"),
        ("ban=of", "    ^^", "a driver cannot be set to 'of'", "write driver=on"),
        ("ban=on@2027", "       ^^^^", "2027 is too long for the date of a driver", "2027-Q1"),
        ("ban=on@20x", "       ^^^", "'20x' is not a period", "write 2024, 2024-H1"),
        ("ban=on@", "       ^", "a period is missing", "write 2024, 2024-H1"),
        ("ban=on=3", "    ^^^^", "'on' takes a date, not a value", "write driver=on"),
        ("ban=off@2027-Q1", "    ^^^^^^^^^^^", "so it takes nothing", "write ban=off"),
        ("ban=p=2", "      ^", "2 is not a probability between 0 and 1", "above 0 and below 1"),
        ("ban=p=0", "      ^", "0 is not a probability between 0 and 1", "above 0 and below 1"),
        ("ban=p=x", "      ^", "'x' is not a number", "write a probability such as 0.3"),
        ("ban=p=nan", "      ^^^", "'nan' is not a finite number", "write a probability"),
        ("ban=p=", "      ^", "a number is missing", "write a probability such as 0.3"),
        ("ban=p@0.3", "    ^^^^^", "a driver cannot be set to 'p@0.3'", "write driver=on"),
    ],
)
def test_a_fault_of_set_is_marked(text: str, marker: str, problem: str, fix: str):
    with pytest.raises(InputError) as caught:
        parse_set(text, DRIVERS)
    (fault,) = caught.value.faults
    assert problem in fault.problem
    assert fault.where.split("\n") == ["--set", f"         {text}", f"         {marker}"]
    assert fix in fault.fix


def test_the_whole_message_of_a_fault_of_set():
    with pytest.raises(InputError) as caught:
        parse_set("ban=on@2027", DRIVERS)
    assert str(caught.value) == (
        "error: 2027 is too long for the date of a driver\n"
        "  where: --set\n"
        "         ban=on@2027\n"
        "                ^^^^\n"
        "  fix:   write a quarter, such as 2027-Q1"
    )


# --- given ---


@pytest.mark.parametrize(
    ("text", "name", "period", "sign", "level"),
    [
        ("cn-share@2027 >= 20%", "cn-share", "2027", ">=", 0.2),
        ("cn-share@2027<0.2", "cn-share", "2027", "<", 0.2),
        ("us-spend @ 2027-Q2 > 200bn USD", "us-spend", "2027-Q2", ">", 200.0),
        ("us-spend <= 3", "", "", "", 0.0),
        ("us-spend / (us-spend + 3*us-spend) @2027 <= 30%", "", "2027", "<=", 0.3),
    ],
)
def test_a_figure_is_taken_as_seen(
    targets: Targets, text: str, name: str, period: str, sign: str, level: float
):
    if not period:
        with pytest.raises(InputError, match="it is not said when"):
            parse_given(text, targets, DRIVERS)
        return
    seen = parse_given(text, targets, DRIVERS)
    assert isinstance(seen, SeenLevel)
    assert (str(seen.period), seen.sign, seen.level) == (period, sign, pytest.approx(level))
    assert seen.is_above == (sign in (">", ">="))
    if name:
        assert (seen.target.text, seen.target.is_formula) == (name, False)
    else:
        assert (seen.target.is_formula, seen.target.entry.kind) == (True, "share")


@pytest.mark.parametrize(
    ("text", "is_on", "period"),
    [
        ("ban=on", True, None),
        ("driver:ban = off", False, None),
        ("ban=on@2027", True, "2027"),
        ("ban=off @ 2027-Q1", False, "2027-Q1"),
    ],
)
def test_a_state_of_a_driver_is_taken_as_seen(
    targets: Targets, text: str, is_on: bool, period: str | None
):
    at = None if period is None else parse_period(period)
    assert parse_given(text, targets, DRIVERS) == SeenDriver("ban", is_on, at, text)


@pytest.mark.parametrize(
    ("text", "marker", "problem", "fix"),
    [
        ("", "^", "nothing is said to hold", "write 'SERIES@2027 >= 20%'"),
        ("cn-share@2027", "             ^", "nothing is said to hold", "write 'SERIES@2027"),
        ("cn-share >= 2%", "^^^^^^^^", "it is not said when", "'cn-share@2027 >= 2%'"),
        ("cn-share@20x7 > 3%", "         ^^^^", "'20x7' is not a period", "write 2024"),
        ("cn-shar@2027 > 3%", "^^^^^^^", "no series 'cn-shar'", "did you mean 'cn-share'?"),
        ("@2027 > 3", "^", "there is no series ''", "choose one"),
        ("cn-share@2027 => 3%", "              ^^", "'=>' is no comparison", "type '>='"),
        ("cn-share@2027 ≥ 3%", "              ^", "'≥' is no comparison", "type '>='"),
        ("cn-share@2027 == 3%", "              ^^", "'==' is no comparison", "use one of >="),
        ("cn-share@2027 = 3%", "              ^", "'=' is for drivers", "use >= or <="),
        ("cn-share = 3%", "         ^", "'=' is for drivers", "use >= or <="),
        ("1 < cn-share@2027 < 3", "                  ^", "two comparisons", "a --given of its own"),
        ("cn-share@2027 >", "              ^", "there is no level", "write 'SERIES@2027"),
        ("cn-share@2027 > 120%", "                ^^^^", "cannot reach the level '120%'", "type"),
        ("us-spend@2027 > 3%", "                ^^", "'3%' is a percentage", "type the number"),
        ("bna=on", "^^^", "there is no driver 'bna'", "did you mean 'ban'?"),
        ("ban=onn", "    ^^^", "'onn' is neither on nor off", "write 'SERIES@2027"),
        ("ban=on@soon", "       ^^^^", "'soon' is not a period", "write 2024"),
    ],
)
def test_a_fault_of_given_is_marked(
    targets: Targets, text: str, marker: str, problem: str, fix: str
):
    with pytest.raises(InputError) as caught:
        parse_given(text, targets, DRIVERS)
    (fault,) = caught.value.faults
    assert problem in fault.problem
    assert fault.where.split("\n") == ["--given", f"         {text}", f"         {marker}"]
    assert fix in fault.fix


def test_the_whole_message_of_a_fault_of_given(targets: Targets):
    with pytest.raises(InputError) as caught:
        parse_given("cn-share@2027 => 20%", targets, DRIVERS)
    assert str(caught.value) == (
        "error: '=>' is no comparison\n"
        "  where: --given\n"
        "         cn-share@2027 => 20%\n"
        "                       ^^\n"
        "  fix:   type '>='"
    )


def test_a_fault_within_a_formula_is_marked_in_the_formula(targets: Targets):
    with pytest.raises(InputError) as caught:
        parse_given("us-spend / xx @2027 > 3", targets, DRIVERS)
    (fault,) = caught.value.faults
    assert fault.problem == "there is no series 'xx'"
    assert fault.where.split("\n")[0] == "us-spend / xx"
