"""Judgements on the link scale: windows, growth within them, ranges, edges, running totals."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from calibration.problems import make_observations

from forecaster.models.judgement_readings import cut_at_grid, read_judgement
from forecaster.workspace.expert_beliefs import load_experts
from forecaster.workspace.facts import SeriesEntry
from forecaster.workspace.judgements import Judgement
from forecaster.workspace.periods import parse_period
from forecaster.workspace.reader import SHIPPED

EXPERTS = load_experts(SHIPPED)
HISTORY = make_observations("annual averages", np.random.default_rng(1), n=6)
FLOW = SeriesEntry("s", "S", "", "USD billion", "positive", "flow")


def _judgement(value=100.0, *, low=None, high=None, period="2020", note="", made="2018-12-31"):
    return Judgement(
        id="j", series="s", period=parse_period(period), low=low, value=value, high=high,
        unit="USD billion", made_on=date.fromisoformat(made), by="A", publisher="A", kind="bank",
        source="x", basis="", note=note, outcome=None, outcome_source="", where="test",
    )  # fmt: skip


def _read(judgement, entry=FLOW, history=HISTORY, **settings):
    return read_judgement(judgement, entry, history, EXPERTS, per_year=4, **settings)


@pytest.mark.parametrize("growth", [0.0, 0.5, 1.2])
def test_a_total_of_steps_that_grow_evenly_is_read_exactly(growth):
    # the figure of the year before is what growth at this rate makes of the judgement
    start = 2019.0
    history = replace(
        HISTORY,
        start=np.array([start]),
        end=np.array([start + 1]),
        z=np.array([3.0]),
        noise_sd=np.array([0.02]),
    )
    levels = 3.0 + growth * np.array([0.625, 0.875, 1.125, 1.375])
    # growth is taken from the total's own rate, which is that of the middle plus its own tilt
    total = np.exp(levels).mean()
    found = _read(_judgement(total), history=history)
    assert found.weights.sum() == pytest.approx(1)
    error = abs(found.weights @ levels - found.said)
    # to first order in the growth: exact at the growth assumed, second order in what that misses
    assert error < 0.01 * growth**2 + 1e-12


def test_a_share_is_a_plain_average():
    entry = replace(FLOW, kind="share", unit="fraction")
    found = _read(_judgement(0.8), entry)
    assert found.said == pytest.approx(np.log(4))
    assert found.weights == pytest.approx(np.full(4, 0.25))
    assert found.jensen == 0


def test_a_stock_is_read_at_the_end_of_its_period():
    found = _read(_judgement(), replace(FLOW, timing="stock"))
    assert found.starts == pytest.approx([2021.0])
    assert found.ends == pytest.approx([2021.0])
    assert found.said == pytest.approx(np.log(100))


def test_a_range_without_a_value_has_its_centre_in_the_middle_and_its_width_as_error():
    entry = replace(FLOW, timing="stock")
    found = _read(_judgement(None, low=50.0, high=200.0), entry)
    own = _read(_judgement(), entry).own_sd
    assert found.said == pytest.approx(np.log(100))
    # an 80% band of width log 4: sd log 4 / 2.563
    assert found.own_sd == pytest.approx(np.hypot(own, np.log(4) / 2.5631), rel=1e-4)


def test_a_narrow_range_does_not_make_an_expert_better_but_a_wide_one_worse():
    own = _read(_judgement()).own_sd
    assert _read(_judgement(low=99.0, high=101.0)).own_sd == own
    assert _read(_judgement(low=10.0, high=1000.0)).own_sd == pytest.approx(
        np.log(100) / 2.5631, rel=1e-4
    )


def test_an_edge_has_twice_the_own_error():
    assert _read(_judgement(note="more than")).own_sd == 2 * _read(_judgement()).own_sd


def test_a_running_total_is_read_as_what_is_added_to_the_last_one():
    entry = replace(FLOW, kind="cumulative", timing="stock")
    found = _read(_judgement(100.0), entry, base=(2018.0, 40.0))
    # 60 in three years
    assert found.starts[0] == 2018.0
    assert found.ends[-1] == 2021.0
    reading = found.said  # without growth in the history the constant is zero or positive
    assert reading <= np.log(20.0) + 1e-12
    with pytest.raises(ValueError, match="no higher than the one known"):
        _read(_judgement(30.0), entry, base=(2018.0, 40.0))


def test_kappa_shrinks_with_what_the_expert_had_seen():
    whole = _read(_judgement())
    half = _read(_judgement(made="2020-06-30"), known_to=2020.0)
    assert half.kappa_high == pytest.approx(whole.kappa_high / 2, rel=0.01)


def test_a_window_is_cut_at_the_grid():
    assert cut_at_grid(2019.6, 2020.5, 4) == pytest.approx([2019.6, 2019.75, 2020, 2020.25, 2020.5])
