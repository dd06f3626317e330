"""Every shape by hand: coming, staying, going, late, for good, and begun before."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.scenarios.shapes import action, course, quarters_back
from scenarios.builders import effect

NEVER = np.zeros(12, dtype=bool)
ALWAYS = np.ones(12, dtype=bool)
THREE_QUARTERS = np.array([0, 1, 1, 1, 0, 0, 0], dtype=bool)[:, None]


def values(shape, *, past=NEVER, on=THREE_QUARTERS, **how):
    return course(effect(shape=shape, **how), past, on)[:, 0].tolist()


@pytest.mark.parametrize(
    ("shape", "quarters", "wanted"),
    [
        ("step", None, [0, 1, 1, 1, 0, 0, 0]),
        # half a quarter up in the first: 1/4; down again from the middle of the fifth
        ("ramp", 2, [0, 0.25, 0.75, 1, 0.75, 0.25, 0]),
        ("ramp", 8, [0, 1 / 16, 3 / 16, 5 / 16, 5 / 16, 3 / 16, 1 / 16]),
        ("pulse", 2, [0, 0.75, 0.25, 0, 0, 0, 0]),
        ("pulse", 8, [0, 15 / 16, 13 / 16, 11 / 16, 0, 0, 0]),
        # years: an eighth in the first half quarter, a quarter in each whole one
        ("slope", None, [0, 0.125, 0.375, 0.625, 0.625, 0.375, 0.125]),
        # two quarters of growth at most: half a year
        ("slope", 2, [0, 0.125, 0.375, 0.5, 0.375, 0.125, 0]),
    ],
)
def test_a_shape_comes_and_goes(shape, quarters, wanted):
    assert values(shape, quarters=quarters) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("shape", "quarters", "wanted"),
    [
        ("step", None, [0, 1, 1, 1, 1, 1, 1]),
        ("ramp", 8, [0, 1 / 16, 3 / 16, 5 / 16, 6 / 16, 6 / 16, 6 / 16]),
        ("pulse", 8, [0, 15 / 16, 13 / 16, 11 / 16, 9 / 16, 7 / 16, 5 / 16]),
        ("slope", None, [0, 0.125, 0.375, 0.625, 0.75, 0.75, 0.75]),
    ],
)
def test_what_persists_does_not_go(shape, quarters, wanted):
    assert values(shape, quarters=quarters, persists=True) == pytest.approx(wanted)


def test_a_lag_delays_start_and_end():
    assert values("step", lag=2) == [0, 0, 0, 1, 1, 1, 0]
    # half a quarter late: half way between the ends of quarters
    assert values("step", lag=0.5) == [0, 0.5, 1, 1, 0.5, 0, 0]


def test_what_began_before_has_come_already():
    still_on = np.array([1, 1, 1, 0, 0], dtype=bool)[:, None]
    # on for ever: the ramp is full, and is released as it came
    assert values("ramp", quarters=2, past=ALWAYS, on=still_on) == [1, 1, 1, 0.75, 0.25]
    # on for a quarter: 3/4 of a ramp of two quarters have come at column 0
    past = np.array([0] * 11 + [1], dtype=bool)
    assert values("ramp", quarters=2, past=past, on=still_on) == [0.75, 1, 1, 0.75, 0.25]
    # a lag of 2 quarters: what started a quarter ago acts from the next one on
    assert values("step", lag=2, past=past, on=still_on) == [0, 1, 1, 1, 1]


def test_a_pulse_is_renewed_by_each_start():
    on = np.array([0, 1, 0, 1, 1], dtype=bool)[:, None]
    assert values("pulse", quarters=4, on=on) == [0, 0.875, 0, 0.875, 0.625]


def test_action_counts_the_quarters_in_which_an_effect_acts():
    acts = action(effect(shape="growth"), NEVER, THREE_QUARTERS)[:, 0]
    assert np.diff(acts).tolist() == [0.5, 1, 1, 0.5, 0, 0]
    short = action(effect(shape="growth", quarters=1), NEVER, THREE_QUARTERS)[:, 0]
    assert short[-1] - short[0] == 1
    for_good = action(effect(shape="growth", persists=True), NEVER, THREE_QUARTERS)[:, 0]
    assert np.diff(for_good).tolist() == [0.5, 1, 1, 1, 1, 1]


def test_enough_of_the_past_is_asked_for():
    assert quarters_back(effect(shape="ramp", lag=2.5, quarters=4)) == 8
    with pytest.raises(ValueError, match="do not cover a lag"):
        course(effect(shape="step", lag=3), NEVER[:2], THREE_QUARTERS)
