"""Answers by quantiles that were stated for one question."""

from __future__ import annotations

import pytest

from forecaster.forecasts.question_stated import (
    answer_stated,
    answer_stated_shares,
    stated_quantiles,
)
from forecaster.workspace.periods import parse_period
from forecaster.workspace.question_types import Numeric, Part, Shares, Stated

SITES = Stated(((0.1, 1.0), (0.5, 2.0), (0.9, 4.0)), "sites")


def test_stated_quantiles_are_met_and_joined_on_the_logarithm():
    found = stated_quantiles(SITES, (0.1, 0.25, 0.5, 0.9))
    # at 25% the normal quantile is -.6745 of -1.2816, so 2 / 2 ** .5263
    assert found.values == pytest.approx((1, 2 / 2**0.52630, 2, 4), rel=1e-4)
    assert found.mcse == (0.0,) * 4


def test_beyond_the_outermost_the_last_line_goes_on():
    found = stated_quantiles(SITES, (0.95,))
    assert found.values[0] == pytest.approx(4 * 2 ** (1.64485 / 1.28155 - 1), rel=1e-4)


def test_fractions_stay_fractions_and_others_may_be_negative():
    share = Stated(((0.1, 0.5), (0.9, 0.99)), "fraction")
    assert 0.99 < stated_quantiles(share, (0.999,)).values[0] < 1
    change = Stated(((0.1, -2.0), (0.9, 2.0)), "points")
    assert stated_quantiles(change, (0.5,)).values[0] == pytest.approx(0.0)


def test_a_stated_figure_rests_on_judgement():
    found = answer_stated(Numeric(None, parse_period("2027"), None, "", SITES))
    assert found.footing.is_judgement
    assert found.spread.at(0.5) == pytest.approx(2.0)


def test_stated_parts_leave_a_rest_and_are_checked():
    half = Stated(((0.1, 0.4), (0.5, 0.5), (0.9, 0.6)), "fraction")
    most = Stated(((0.1, 0.6), (0.5, 0.7), (0.9, 0.8)), "fraction")
    period = parse_period("2027")
    found = answer_stated_shares(Shares((Part("A", None, half),), "B", period))
    assert found.parts[1].share.at(0.5) == pytest.approx(0.5)
    parts = (Part("A", None, half), Part("B", None, most))
    assert "sum to 120%" in answer_stated_shares(Shares(parts, "", period)).warnings[0]
    assert "more than the whole" in answer_stated_shares(Shares(parts, "C", period)).warnings[0]
