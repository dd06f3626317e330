"""What makes a forecast say that it rests on less than it seems to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_forecasts import entry_of
from small_questions import SHARE, forecast

from forecaster.forecasts.doubts import driver_warnings, share_of_drivers, with_doubts
from forecaster.forecasts.settings import BASELINE, TREND_ALONE

REAL = replace(entry_of("x"), kind="real", typical_change=1.0)
AMOUNT = entry_of("x")
YEARS = ["2026", "2027"]


def in_worlds(entry, alone, moved):
    """Return a forecast whose last period has these draws without drivers and with them."""
    both = {TREND_ALONE: np.array(alone), BASELINE: np.array(moved)}
    worlds = {name: np.column_stack([np.ones(len(last)), last]) for name, last in both.items()}
    made = forecast(entry, YEARS, worlds[BASELINE])
    return replace(made, worlds=worlds, scenario=BASELINE)


def test_the_share_of_drivers_by_hand():
    # variances 1 and 4 of a real series: three quarters are of the drivers
    assert share_of_drivers(in_worlds(REAL, [-1.0, 1.0], [-2.0, 2.0])) == pytest.approx(0.75)


def test_an_amount_is_compared_by_its_logarithm():
    # logs of 10^(+-1) and 10^(+-3): variances 1 to 9
    made = in_worlds(AMOUNT, [0.1, 10.0], [0.001, 1000.0])
    assert share_of_drivers(made) == pytest.approx(8 / 9)


def test_a_share_is_compared_by_its_log_odds():
    # log odds of e / (1 + e) are 1, of e^2 / (1 + e^2) 2: variances 1 and 4 about a half
    one, two = (np.exp(x) / (1 + np.exp(x)) for x in (1.0, 2.0))
    made = in_worlds(SHARE, [1 - one, one], [1 - two, two])
    assert share_of_drivers(made) == pytest.approx(0.75)


def test_a_change_of_unit_leaves_the_share_as_it_is():
    rng = np.random.default_rng(1)
    alone = np.exp(rng.normal(size=200))
    moved = alone * np.exp(rng.normal(size=200))
    first = share_of_drivers(in_worlds(AMOUNT, alone, moved))
    assert share_of_drivers(in_worlds(AMOUNT, 1e6 * alone, 1e6 * moved)) == pytest.approx(first)


def test_more_than_half_is_told_and_half_is_not():
    (said,) = driver_warnings(in_worlds(REAL, [-1.0, 1.0], [-2.0, 2.0]))
    assert said == (
        "drivers, whose chances and sizes are judgements, make 75% of the variance for 2027: "
        "it rests more on them than on data"
    )
    # variances 1 and 2: exactly a half, but for rounding
    assert driver_warnings(in_worlds(REAL, [-1.0, 1.0], [-1.41, 1.41])) == []


def test_drivers_that_narrow_a_forecast_or_do_not_act_make_nothing_of_it():
    assert share_of_drivers(in_worlds(REAL, [-2.0, 2.0], [-1.0, 1.0])) == 0.0
    assert share_of_drivers(forecast(REAL, YEARS, np.ones((3, 2)))) == 0.0
    assert share_of_drivers(in_worlds(REAL, [1.0, 1.0], [1.0, 1.0])) == 0.0


def test_counts_of_zero_and_full_shares_are_no_fault():
    # log(1/2) and log(9/2), against log(1/2) and log(81/2): twice the distance
    count = replace(AMOUNT, kind="count")
    assert share_of_drivers(in_worlds(count, [0.0, 4.0], [0.0, 40.0])) == pytest.approx(0.75)
    assert 0.0 <= share_of_drivers(in_worlds(SHARE, [0.0, 0.5], [0.0, 1.0])) < 1.0
    assert share_of_drivers(in_worlds(AMOUNT, [0.0, 0.0], [0.0, 0.0])) == 0.0


def test_both_warnings_stand_behind_those_that_are_there_and_once():
    full = replace(forecast(SHARE, YEARS, np.tile([0.5, 1.0], (10, 1))), warnings=("first",))
    told = with_doubts(full).warnings
    assert told[0] == "first"
    assert "the model sets that date" in told[1]
    assert with_doubts(with_doubts(full)).warnings == told
