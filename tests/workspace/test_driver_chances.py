"""When a driver alone is on, by hand, and the hazards that lead to what is stated."""

from __future__ import annotations

from datetime import date

import pytest

from forecaster.workspace.driver_chances import Chances, chances_of
from forecaster.workspace.driver_types import Driver, End, Start
from forecaster.workspace.probabilities import Probability

ASSESSED = date(2025, 12, 31)
FIRST = 4 * 2026
"""The quarter after the assessment."""


def _driver(*, is_on: bool = False, start: Start | None = None, end: End | None = None) -> Driver:
    return Driver(
        "d", "D", "D.", (), "us", "c1", (), ASSESSED, is_on, True, "state", start, end, (), ()
    )


def _narrow(p: float) -> Probability:
    """Return a range so narrow that its mean is its middle."""
    return Probability(p - 1e-7, p + 1e-7)


def test_a_start_alone_reaches_its_probability_by_its_day():
    # (1 - h)^2 = .81 over two quarters gives h = .1
    start = Start(_narrow(0.19), date(2026, 6, 30), False, "r")
    chances = chances_of(_driver(start=start))
    assert isinstance(chances, Chances)
    assert chances.start_hazard == pytest.approx(0.1, abs=1e-6)
    assert [chances.on_at(FIRST + k) for k in (-1, 0, 1, 2)] == pytest.approx(
        [0, 0.1, 0.19, 0.271], abs=1e-6
    )


def test_an_end_alone_leaves_what_has_not_ended():
    # (1 - e)^2 = .64 gives e = .2
    chances = chances_of(_driver(is_on=True, end=End(_narrow(0.36), 2.0, "r")))
    assert isinstance(chances, Chances)
    assert [chances.on_at(FIRST + k) for k in (-1, 0, 1)] == pytest.approx([1, 0.8, 0.64], abs=1e-6)


def test_a_state_is_in_force_with_its_probability_on_its_day():
    # off, e = .5: after two quarters it is on with h (1 - .5) + (1 - h) h = h (1.5 - h);
    # h = .25 gives .3125
    start = Start(_narrow(0.3125), date(2026, 6, 30), True, "r")
    chances = chances_of(_driver(start=start, end=End(_narrow(0.5), 1.0, "r")))
    assert isinstance(chances, Chances)
    assert chances.start_hazard == pytest.approx(0.25, abs=1e-6)
    assert chances.on_at(FIRST + 1) == pytest.approx(0.3125, abs=1e-6)


def test_what_is_on_can_start_again_only_after_it_has_ended():
    # e = .5: off after one quarter with .5, so started again by the second with .5 h at most
    end = End(_narrow(0.5), 1.0, "r")
    start = Start(_narrow(0.2), date(2026, 6, 30), False, "r")
    chances = chances_of(_driver(is_on=True, start=start, end=end))
    assert isinstance(chances, Chances)
    assert chances.start_hazard == pytest.approx(0.4, abs=1e-6)
    likely = Start(_narrow(0.6), date(2026, 6, 30), False, "r")
    assert chances_of(_driver(is_on=True, start=likely, end=end)) == pytest.approx((0.0, 0.5))
