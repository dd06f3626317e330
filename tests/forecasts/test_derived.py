"""Derived series on draws: which periods, which figures, which checks."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_forecasts import entry_of, forecast_of, history_of, report_of, resolved_of, row_of

from forecaster.errors import InputError
from forecaster.forecasts.bands import band_table
from forecaster.forecasts.derived import derive_forecast
from forecaster.forecasts.derived_draws import Figures, derive_draws, figures_of
from forecaster.forecasts.derived_history import evaluate
from forecaster.workspace.formulas import parse_formula
from forecaster.workspace.periods import parse_period

US, CN = entry_of("us"), entry_of("cn")
N = 3


def _periods(*texts):
    return tuple(parse_period(text) for text in texts)


def _figures(periods, columns, **published):
    known = {parse_period(period.removeprefix("y")): value for period, value in published.items()}
    return Figures(_periods(*periods), np.array(columns, dtype=float).T, known)


def test_a_ratio_is_the_ratio_of_each_draw():
    us = _figures(["2026", "2027"], [[2, 4, 6], [3, 6, 9]])
    cn = _figures(["2026", "2027"], [[1, 2, 4], [3, 3, 3]])
    found = derive_draws(parse_formula("us / cn"), {"us": us, "cn": cn})
    assert found.periods == _periods("2026", "2027")
    assert found.draws.tolist() == [[2.0, 1.0], [2.0, 2.0], [1.5, 3.0]]


def test_a_published_figure_of_one_input_stands_in_every_draw():
    # us has its figure of 2026 already, cn has not: the ratio of 2026 is drawn all the same
    us = _figures(["2027", "2028"], [[3, 6, 9], [1, 1, 1]], y2025=5.0, y2026=8.0)
    cn = _figures(["2026", "2027", "2028"], [[1, 2, 4], [3, 3, 3], [1, 2, 4]], y2025=2.0)
    found = derive_draws(parse_formula("us / cn"), {"us": us, "cn": cn})
    assert found.periods == _periods("2026", "2027", "2028")
    assert found.draws[:, 0].tolist() == [8.0, 4.0, 2.0]
    # 2025 is published for both: history, and the anchor of what is derived from this
    assert found.published == {parse_period("2025"): 2.5}


def test_a_series_that_begins_later_without_figures_delays_the_result():
    us = _figures(["2027", "2028"], [[3, 6, 9], [1, 1, 1]], y2025=5.0)
    cn = _figures(["2026", "2027", "2028"], [[1, 2, 4], [3, 3, 3], [1, 2, 4]])
    found = derive_draws(parse_formula("us / cn"), {"us": us, "cn": cn})
    assert found.periods == _periods("2027", "2028")


def test_the_result_begins_after_the_last_gap():
    # 2026 could be computed, 2027 could not: a path with a hole is no path
    us = _figures(["2028"], [[1, 1, 1]], y2026=5.0)
    cn = _figures(["2026", "2027", "2028"], [[1, 2, 4], [3, 3, 3], [1, 2, 4]])
    found = derive_draws(parse_formula("us / cn"), {"us": us, "cn": cn})
    assert found.periods == _periods("2028")


def test_without_a_common_period_it_is_said_which_each_has():
    us, cn = _figures(["2026"], [[1, 1, 1]]), _figures(["2028"], [[1, 1, 1]])
    with pytest.raises(InputError) as caught:
        derive_draws(parse_formula("us / cn"), {"us": us, "cn": cn})
    assert str(caught.value) == (
        "error: the series of the formula have no period in common: 'us' from 2026 to 2026, "
        "'cn' from 2028 to 2028\n"
        "  where: us / cn\n"
        "  fix:   ask for a later --until, or use series that are published for the same periods"
    )


def test_different_grids_are_not_put_side_by_side():
    us, cn = _figures(["2026-Q1"], [[1, 1, 1]]), _figures(["2026-01"], [[1, 1, 1]])
    with pytest.raises(InputError, match="on different grids: 'us' by the quarter, 'cn' by the m"):
        derive_draws(parse_formula("us / cn"), {"us": us, "cn": cn})


def test_different_numbers_of_draws_are_a_bug_of_the_caller():
    us, cn = _figures(["2026"], [[1, 1, 1]]), _figures(["2026"], [[1, 1]])
    with pytest.raises(ValueError, match="different numbers of draws"):
        derive_draws(parse_formula("us / cn"), {"us": us, "cn": cn})


def test_a_result_that_is_not_finite_names_its_period():
    us = _figures(["2026", "2027"], [[1, 1, 1], [1e300, 1e300, 1]])
    with pytest.raises(InputError) as caught:
        derive_draws(parse_formula("us * us"), {"us": us})
    assert str(caught.value).startswith(
        "error: the formula has no finite value in 2027, in 2 of 3 draws\n  where: us * us\n"
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # a = 6, b = 4, c = 0.5, by hand
        ("a - b - c", 1.5), ("a - (b - c)", 2.5), ("a / b / c", 3.0), ("a / (b / c)", 0.75),
        ("-a * b + 2", -22.0), ("a + b * c", 8.0), ("(a + b) * c", 5.0), ("--c", 0.5),
        ("1e1 * c - .5", 4.5), ("2 - 3 - 4 + a", 1.0),
    ],
)  # fmt: skip
def test_arithmetic_by_hand(text, value):
    values = {"a": np.full(2, 6.0), "b": np.full(2, 4.0), "c": np.full(2, 0.5)}
    assert evaluate(parse_formula(text).tree, values).tolist() == [value, value]


def test_arithmetic_says_nothing_about_division_by_zero():
    values = {"a": np.array([1.0, -1.0, 0.0]), "b": np.zeros(3)}
    found = evaluate(parse_formula("a / b").tree, values)
    assert found[:2].tolist() == [np.inf, -np.inf]
    assert np.isnan(found[2])


def _us_forecast(**changes):
    history = history_of(US, [row_of(US, "2024", "80"), row_of(US, "2025", "100")])
    return forecast_of(history, ["2026", "2027"], np.full((N, 2), 120.0), **changes)


def _cn_forecast(**changes):
    rows = [row_of(CN, f"2024-Q{k}", "2.0", published="2025-03-01") for k in (1, 2, 3, 4)]
    history = history_of(CN, rows)
    return forecast_of(history, ["2025", "2026", "2027"], np.full((N, 3), 10.0), **changes)


def test_a_forecast_brings_published_figures_of_its_frequency():
    assert figures_of(_us_forecast()).published == {
        parse_period("2024"): 80.0,
        parse_period("2025"): 100.0,
    }
    # four quarters of 2.0 make a year
    assert figures_of(_cn_forecast()).published == {parse_period("2024"): 8.0}
    assert figures_of(_us_forecast(quantity="latent")).published == {}


def test_a_derived_forecast_has_everything_a_forecast_has():
    weights = {"trend": 0.6, "walk": 0.4}
    warned = _us_forecast(warnings=("be careful",), from_cache=True, weights=weights)
    other = _cn_forecast(
        report=report_of(engine="nuts", k_hat=float("nan"), ess=500.0), from_cache=True
    )
    resolved = resolved_of("us / cn", US, CN)
    found = derive_forecast(resolved, {"us": warned, "cn": other})
    assert [str(period) for period in found.periods] == ["2025", "2026", "2027"]
    assert found.trajectories[0].tolist() == [10.0, 12.0, 12.0]
    assert found.history.entry.id == "us / cn"
    assert [str(row.period) for row in found.history.published] == ["2024"]
    assert found.history.published[0].value == 10.0
    assert found.warnings == ("us: be careful",)
    assert found.history.notes == ("us: note of us", "cn: note of cn")
    assert found.manifest.model == "derived"
    assert found.from_cache
    assert found.theta_index is None
    assert found.weights == {}
    # the worst of both: the smaller sample, the engine of each
    assert (found.report.engine, found.report.ess) == ("amis, nuts", 500.0)
    assert found.report.k_hat == 0.1
    assert found.report.is_reliable


def test_a_failed_fit_stays_failed_under_its_name():
    failed = _us_forecast(report=report_of(failures=("k-hat 0.9",), escalations=("tried nuts",)))
    resolved = resolved_of("us / cn", US, CN)
    found = derive_forecast(resolved, {"us": failed, "cn": _cn_forecast()})
    assert found.report.failures == ("us: k-hat 0.9",)
    assert found.report.escalations == ("us: tried nuts",)


def test_a_definition_is_drawn_before_the_formula_that_uses_it():
    resolved = resolved_of("us / both", US, CN, both="us + cn")
    found = derive_forecast(resolved, {"us": _us_forecast(), "cn": _cn_forecast()})
    # in 2025 us is published at 100 and cn drawn at 10; in 2024 both are published, 80 and 8
    assert found.trajectories[0] == pytest.approx([100 / 110, 120 / 130, 120 / 130])
    assert found.history.published[0].value == pytest.approx(80 / 88)
    assert found.history.entry.kind == "share"


def test_a_difference_of_positive_series_prints_no_mean():
    forecasts = {"us": _us_forecast(), "cn": _cn_forecast()}
    apart = derive_forecast(resolved_of("us - cn", US, CN), forecasts)
    assert apart.history.entry.kind == "real"
    assert band_table(apart).mean is None
    share = derive_forecast(resolved_of("us / (us + cn)", US, CN), forecasts)
    assert band_table(share).mean is not None
    assert band_table(replace(apart, has_mean=True)).mean is not None


def _part(name, columns):
    entry = replace(entry_of(name, "share", "stock", "fraction"), composition="places")
    history = history_of(entry, [row_of(entry, "2025", "0.4")])
    return entry, forecast_of(history, ["2026"], [[value] for value in columns])


def test_what_parts_of_a_composition_leave_is_a_share_in_every_draw():
    east, of_east = _part("east", [0.5, 0.2, 0.6])
    west, of_west = _part("west", [0.5, 0.1, 0.3])
    resolved = resolved_of("1 - east - west", east, west)
    found = derive_forecast(resolved, {"east": of_east, "west": of_west})
    assert found.history.entry.kind == "share"
    assert found.trajectories[:, 0] == pytest.approx([0.0, 0.7, 0.1])


def test_parts_drawn_without_their_whole_are_refused_where_they_exceed_it():
    east, of_east = _part("east", [0.5, 0.2, 0.6])
    west, of_west = _part("west", [0.5, 0.9, 0.8])
    resolved = resolved_of("1 - east - west", east, west)
    with pytest.raises(InputError, match="'1 - east - west' lies outside 0 and 1 in 2 of 3 draws"):
        derive_forecast(resolved, {"east": of_east, "west": of_west})


def _counts(n_draws, n_zero):
    """Return a ratio of counts, and forecasts in which both are zero in some draws."""
    forecasts = {}
    entries = [entry_of(name, "count", "stock", "count") for name in ("one", "two")]
    for entry in entries:
        draws = np.arange(2.0 * n_draws).reshape(n_draws, 2) + 1
        draws[1 : 1 + n_zero, 1] = 0.0
        history = history_of(entry, [row_of(entry, "2025", "4")])
        forecasts[entry.id] = forecast_of(history, ["2026", "2027"], draws)
    return resolved_of("one / (one + two)", *entries), forecasts


def test_a_few_draws_in_which_all_counts_are_zero_are_left_out_with_a_word():
    found = derive_forecast(*_counts(300, 3))
    assert found.trajectories.shape == (297, 2)
    assert np.all(found.trajectories == 0.5)
    assert found.warnings == (
        "3 draws are left out of 300: all counts that the formula divides by are zero",
    )
    assert derive_forecast(*_counts(300, 1)).warnings[0].startswith("1 draw is left out of 300")
    assert derive_forecast(*_counts(300, 0)).warnings == ()


def test_many_draws_in_which_all_counts_are_zero_are_an_error():
    with pytest.raises(InputError, match="no finite value in 2027, in 4 of 300 draws"):
        derive_forecast(*_counts(300, 4))
