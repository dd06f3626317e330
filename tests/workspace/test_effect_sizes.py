"""Sizes of effects: by hand for every kind and shape, back again, and what is refused."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.errors import InputError
from forecaster.workspace.blocks import Block
from forecaster.workspace.effect_sizes import read_effect_size
from forecaster.workspace.facts import SeriesEntry
from forecaster.workspace.stated_sizes import StatedSize

if TYPE_CHECKING:
    from forecaster.workspace.belief_tables import Normal

SHARE = SeriesEntry("share", "Share", "", "fraction", "share", "flow")
SPEND = SeriesEntry("spend", "Spend", "", "USD billion", "positive", "flow")
HUBS = SeriesEntry("hubs", "Hubs", "", "count", "count", "stock")
GAP = SeriesEntry("gap", "Gap", "", "months", "real", "stock", typical_change=3.0)
ENTRIES = {entry.id: entry for entry in (SHARE, SPEND, HUBS, GAP)}


def _read(entry: SeriesEntry, shape: str, **size: object) -> tuple[StatedSize, Normal]:
    block = Block(Path("drivers.toml"), {"size": size}, title="[[driver]] 1", prefix="effect 1.")
    return read_effect_size(block, entry, shape, reason="r")


def _quantiles(low: float, high: float) -> dict[str, float]:
    return {"10%": low, "90%": high}


CASES = [
    # logit(.6) - logit(.5) = .405465 and logit(.4) - logit(.5) = -.405465
    ("share", "step", -10, 10, {"unit": "percentage points", "at": 0.5}, -0.405465, 0.405465),
    ("share", "pulse", 0, 10, {"unit": "percentage points", "at": 0.5}, 0.0, 0.405465),
    # the same, a year
    ("share", "slope", 0, 10, {"unit": "percentage points a year", "at": 0.5}, 0.0, 0.405465),
    # logit .5 = 0, logit .9 = 2.197225
    ("share", "cap", 0.5, 0.9, {"unit": "share"}, 0.0, 2.197225),
    # log 1.1 = .095310, log 1.5 = .405465
    ("spend", "ramp", 10, 50, {"unit": "percent"}, 0.095310, 0.405465),
    ("hubs", "step", 10, 50, {"unit": "percent"}, 0.095310, 0.405465),
    # growth of 30% a year that becomes 43%: log 1.43 - log 1.3 = .095310; at 0: log 1.1
    (
        "spend",
        "slope",
        0,
        13,
        {"unit": "percentage points of growth a year", "growth_at": 0.3},
        0.0,
        0.095310,
    ),
    ("spend", "slope", 0, 10, {"unit": "percentage points of growth a year"}, 0.0, 0.095310),
    # log 100 = 4.605170, log 200 = 5.298317
    ("spend", "cap", 100, 200, {"unit": "USD billion"}, 4.605170, 5.298317),
    # log .5 = -.693147
    ("share", "growth", 0.5, 2, {"unit": "times"}, -0.693147, 0.693147),
    ("gap", "growth", 0.5, 2, {"unit": "times"}, -0.693147, 0.693147),
    ("gap", "step", -2, 6, {"unit": "months"}, -2.0, 6.0),
    ("gap", "slope", -2, 6, {"unit": "months a year"}, -2.0, 6.0),
]


@pytest.mark.parametrize(("series", "shape", "low", "high", "size", "link_low", "link_high"), CASES)
def test_sizes_become_normal_priors_on_the_link_scale_by_hand(
    series: str,
    shape: str,
    low: float,
    high: float,
    size: dict[str, object],
    link_low: float,
    link_high: float,
):
    stated, link = _read(ENTRIES[series], shape, quantiles=_quantiles(low, high), **size)
    assert link.mean == pytest.approx((link_low + link_high) / 2, abs=1e-6)
    assert link.sd == pytest.approx((link_high - link_low) / 2 / 1.2815516, abs=1e-6)
    for value in (low, high, low + 0.37 * (high - low)):
        assert stated.to_natural(stated.to_link(value)) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(
    ("series", "shape", "size", "key", "problem"),
    [
        ("share", "step", {"unit": "percentage points"}, "at", "mean nothing without a level"),
        ("share", "slope", {"unit": "percentage points a year"}, "at", "mean nothing without"),
        ("share", "step", {"unit": "percentage points", "at": 1.0}, "at", "'at' is 1"),
        ("share", "step", {"unit": "percent"}, "unit", "the unit 'percent' does not suit 'share'"),
        ("share", "cap", {"unit": "share", "at": 0.5}, "at", "is for percentage points alone"),
        ("share", "cap", {"unit": "share"}, "quantiles.90%", "20 share lead out of the range"),
        ("spend", "step", {"unit": "percentage points", "at": 0.5}, "unit", "does not suit"),
        ("spend", "step", {"unit": "percent", "at": 0.5}, "at", "is for percentage points alone"),
        ("spend", "step", {"unit": "percent", "growth_at": 1}, "growth_at", "points of growth"),
        ("spend", "cap", {"unit": "USD million"}, "unit", "the unit 'USD million' does not suit"),
        ("gap", "step", {"unit": "percent"}, "unit", "the unit 'percent' does not suit 'gap'"),
        (
            "spend",
            "slope",
            {"unit": "percentage points of growth a year", "growth_at": -1},
            "growth_at",
            "a loss of everything or more",
        ),
        (
            "spend",
            "slope",
            {"unit": "percentage points of growth a year", "growth_at": -0.96},
            "quantiles.10%",
            "lead out of the range",
        ),
        ("spend", "step", {"unit": "percent", "around": 1}, "around", "has no meaning here"),
    ],
)
def test_sizes_that_mean_nothing_are_refused(
    series: str, shape: str, size: dict[str, object], key: str, problem: str
):
    low = 0.5 if shape == "cap" else -5
    with pytest.raises(InputError) as caught:
        _read(ENTRIES[series], shape, quantiles=_quantiles(low, 20), **size)
    (fault,) = caught.value.faults
    assert problem in fault.problem
    assert fault.where == f"drivers.toml, [[driver]] 1, key 'effect 1.size.{key}'"
    assert fault.fix


def test_a_real_series_has_no_cap():
    with pytest.raises(InputError) as caught:
        _read(GAP, "cap", quantiles=_quantiles(1, 2), unit="months")
    assert str(caught.value) == (
        "error: 'gap' can be any number, so it has no cap\n"
        "  where: drivers.toml, [[driver]] 1, key 'effect 1.shape'\n"
        "  fix:   use step, ramp, pulse, slope or growth"
    )


def test_three_quantiles_that_no_normal_has_are_refused():
    skewed = {"10%": 0, "50%": 1, "90%": 50}
    with pytest.raises(InputError, match="no normal prior has these quantiles"):
        _read(SPEND, "step", quantiles=skewed, unit="percent")


def test_future_effects_may_be_wider_than_past_ones():
    # a past effect may have sd 0.5 at most, for it would take volatility from the fit
    _, link = _read(SPEND, "step", quantiles=_quantiles(0, 900), unit="percent")
    assert link.sd == pytest.approx(math.log(10) / 2 / 1.2815516, abs=1e-6)
    assert link.sd > 0.5


@given(
    scale=st.sampled_from(["points", "percent", "growth", "log", "logit", "plain"]),
    at=st.floats(0.05, 0.95),
    part=st.floats(0.02, 0.98),
)
def test_every_scale_comes_back(scale: str, at: float, part: float):
    value = {
        "points": 100 * (part - at),
        "percent": 100 * (part - 0.5),
        "growth": 100 * (part - 0.5),
        "log": 1000 * part,
        "logit": part,
        "plain": part - 0.5,
    }[scale]
    size = StatedSize((), "unit", at if scale == "points" else None, scale, growth_at=at)
    assert size.to_natural(size.to_link(value)) == pytest.approx(value, rel=1e-9, abs=1e-9)
