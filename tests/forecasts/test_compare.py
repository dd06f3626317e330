"""Worlds side by side: differences draw by draw, and what each scenario forces."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scenarios.builders import beliefs, driver, effect, start
from small_forecasts import entry_of, forecast_of, history_of, row_of

from forecaster.forecasts.compare import difference_of, forcings, in_world, series_below
from forecaster.forecasts.driver_shift import measure_drivers
from forecaster.workspace.periods import parse_period
from forecaster.workspace.scenario_beliefs import Forced, Scenario

DRAWS = np.array([[1.0, 2.0], [2.0, 4.0], [4.0, 8.0]])


def forecast_in(kind, draws=DRAWS, **changes):
    entry = entry_of("a", kind=kind)
    return forecast_of(history_of(entry, [row_of(entry, "2025", "1")]), ["2026", "2027"], draws,
                       **changes)  # fmt: skip


def test_amounts_differ_by_factors_and_the_others_by_their_unit():
    doubled = forecast_in("positive", 2 * DRAWS)
    found = difference_of(doubled, forecast_in("positive"))
    assert found.is_relative
    assert found.values == pytest.approx(np.ones((3, 2)))
    # draws differ by 1, 2, 4 in the first period: median 2
    found = difference_of(forecast_in("real", 2 * DRAWS), forecast_in("real"))
    assert not found.is_relative
    assert found.values[1].tolist() == [2.0, 4.0]
    assert found.values[0, 0] == pytest.approx(1.0 + 0.2 * 1.0)  # type 7: 0.1 * 2 steps


def test_draws_that_do_not_match_have_no_difference():
    assert difference_of(forecast_in("real", DRAWS[:2]), forecast_in("real")) is None


def test_a_world_of_a_forecast_is_a_forecast_of_its_own():
    worlds = {"trend alone": DRAWS / 2, "baseline": DRAWS, "s": 3 * DRAWS, "t": 4 * DRAWS}
    plain = forecast_in("positive")
    shift = measure_drivers(plain.history.entry, plain.periods, "baseline", worlds)
    forecast = replace(plain, worlds=worlds, drivers=shift)
    found = in_world(forecast, "s")
    assert found.scenario == "s"
    assert np.array_equal(found.trajectories, 3 * DRAWS)
    assert list(found.drivers.quantiles) == ["trend alone", "baseline", "s"]
    assert np.array_equal(in_world(plain, "s").trajectories, DRAWS)


def test_what_acts_on_the_series_comes_first_among_what_is_forced():
    made = beliefs(
        [
            driver("far", start(0.4)),
            driver("near", start(0.4), effects=[effect(series="a")]),
            driver("other", start(0.4), effects=[effect(series="b")]),
        ]
    )
    scenario = Scenario(
        id="x", title="", narrative="", by=date(2028, 12, 31),
        on=(Forced("far"), Forced("near", parse_period("2027-Q1"))), off=("other",),
        probability={}, is_exclusive=False, evidence="", essays=(),
    )  # fmt: skip
    found = forcings(scenario, made, ["a"])
    assert [(f.driver, f.state, f.date, f.acts) for f in found] == [
        ("near", "on", "2027-Q1", True), ("far", "on", "", False), ("other", "off", "", False),
    ]  # fmt: skip


def test_all_parts_of_a_whole_are_below_one_of_them():
    part, sister, stranger = (entry_of(name, kind="share") for name in ("p", "q", "r"))
    entries = {
        "p": replace(part, composition="w"), "q": replace(sister, composition="w"), "r": stranger,
    }  # fmt: skip
    forecast = forecast_of(history_of(entries["p"], [row_of(part, "2025", "0.1")]), ["2026"],
                           [[0.1], [0.2]])  # fmt: skip
    assert series_below(forecast, entries) == ("p", "q")
