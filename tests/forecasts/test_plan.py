"""Hand-worked calendars: which figures a forecast is about, and what makes them up."""

from __future__ import annotations

import pytest
from calibration.histories import flat, make_history, plan_of

from forecaster.errors import InputError
from forecaster.forecasts.plan import parse_until


def test_two_quarters_published_and_the_year_asked_for():
    history = make_history("positive", "flow", flat("2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2"))
    plan = plan_of(history, "2027")
    assert [str(period) for period in plan.periods] == ["2026", "2027"]
    this_year, next_year = plan.units
    assert [unit.known for unit in this_year] == [25.0, 25.0, None, None]
    # the posterior ends with the second quarter, so steps 0 and 1 are the third and the fourth
    assert [[s.step for s in unit.stretches] for unit in this_year[2:]] == [[0], [1]]
    assert [[s.step for s in unit.stretches] for unit in next_year] == [[2], [3], [4], [5]]
    assert plan.end == 2026.5
    assert plan.n_steps == 6
    assert plan.step_length == 0.25
    assert plan.kept == ()


def test_an_annual_history_is_forecast_one_publication_a_year_in_four_stretches():
    plan = plan_of(make_history("positive", "flow", flat("2024", "2025")), "2027")
    assert [str(period) for period in plan.periods] == ["2026", "2027"]
    assert [len(units) for units in plan.units] == [1, 1]
    assert [s.step for s in plan.units[1][0].stretches] == [4, 5, 6, 7]
    assert [s.length for s in plan.units[1][0].stretches] == [0.25] * 4


def test_quarters_asked_of_an_annual_history_are_published_by_the_quarter():
    plan = plan_of(make_history("positive", "flow", flat("2024", "2025")), "2026-Q2")
    assert [str(period) for period in plan.periods] == ["2026-Q1", "2026-Q2"]
    assert [[s.step for s in unit.stretches] for (unit,) in plan.units] == [[0], [1]]


def test_a_tilt_beyond_the_last_edge_moves_the_end_to_the_next_quarter():
    # totals grow by e a year, g = 1, so the last window ends 1/12 year after 2025, in 2026-Q1
    history = make_history("positive", "flow", {"2023": "1", "2024": "2.71828", "2025": "7.38906"})
    plan = plan_of(history, "2026")
    assert plan.end == 2026.25
    ((unit,),) = plan.units
    assert [(s.kept, s.step) for s in unit.stretches] == [(0, -1), (None, 0), (None, 1), (None, 2)]
    assert plan.kept == ((2026.0, 2026.25),)


def test_a_tilt_the_other_way_keeps_the_end_at_the_edge():
    history = make_history("positive", "flow", {"2023": "7.38906", "2024": "2.71828", "2025": "1"})
    plan = plan_of(history, "2026")
    assert plan.end == 2026.0
    assert plan.kept == ()


def test_stocks_are_levels_at_the_end_of_their_periods():
    plan = plan_of(make_history("positive", "stock", {"2024": "10", "2025": "11"}), "2027")
    stretches = [unit.stretches[0] for (unit,) in plan.units]
    # the level at the end of step 3, a year on, and of step 7; no length, for nothing is summed
    assert [(s.step, s.length) for s in stretches] == [(3, 0.0), (7, 0.0)]
    assert plan.n_steps == 8


def test_monthly_stocks_are_drawn_by_the_month():
    plan = plan_of(make_history("positive", "stock", {"2026-01": "1", "2026-03": "2"}), "2026-06")
    assert [str(period) for period in plan.periods] == ["2026-04", "2026-05", "2026-06"]
    assert plan.step_length == 1 / 12
    assert [unit.stretches[0].step for (unit,) in plan.units] == [0, 1, 2]


def test_a_stock_of_another_basis_known_later_is_kept_by_the_filter():
    # the target's last value is of 2024; a daily row of 2025-02-10 moves the end past 2025-01
    history = make_history("share", "stock", {"2024": "0.3", "2025-02-10": "0.32"})
    plan = plan_of(history, "2025-06")
    assert [str(period) for period in plan.periods][:2] == ["2025-02", "2025-03"]
    assert plan.end == pytest.approx(2025 + 2 / 12)
    first = plan.units[0][0].stretches[0]
    assert (first.kept, plan.kept[0]) == (0, (pytest.approx(2025 + 2 / 12),) * 2)


def test_latent_figures_are_on_the_finest_grid_and_take_nothing_as_published():
    history = make_history("positive", "flow", flat("2025-Q3", "2025-Q4", "2026-Q1"))
    plan = plan_of(history, "2027", latent=True)
    assert plan.is_latent
    assert [str(period) for period in plan.periods][:2] == ["2026-Q2", "2026-Q3"]
    assert len(plan.periods) == 7
    assert all(unit.known is None for units in plan.units for unit in units)


def test_cumulative_totals_rise_by_what_is_published_after_the_last_one():
    values = {"2023": "100", "2024": "110", "2025-Q2": "115", "2025-Q3": "117.5"}
    plan = plan_of(make_history("cumulative", "stock", values), "2026")
    assert [str(period) for period in plan.periods] == ["2025", "2026"]
    assert plan.base == 117.5
    # 2025 needs the fourth quarter only, 2026 four quarters, one publication each
    assert [[s.step for u in units for s in u.stretches] for units in plan.units] == [
        [0],
        [1, 2, 3, 4],
    ]


def test_a_half_published_twice_is_taken_once_as_the_longest():
    values = flat("2025", "2026-H1") | flat("2026-Q1", "2026-Q2")
    history = make_history("positive", "flow", values)
    ((known, *rest),) = plan_of(history, "2026").units
    assert known.known == 50.0
    assert sum(unit.length for unit in (known, *rest)) == pytest.approx(1.0)
    assert all(unit.known is None for unit in rest)


@pytest.mark.parametrize("frequency", ["2030", "2030-H2", "2030-Q4", "2030-12"])
def test_units_fill_their_periods_whatever_is_asked(frequency):
    values = flat("2023", "2024", "2025-Q1", "2025-Q2", "2025-Q3")
    plan = plan_of(make_history("positive", "flow", values), frequency)
    for period, units in zip(plan.periods, plan.units, strict=True):
        assert sum(unit.length for unit in units) == pytest.approx(period.length)
        for unit in units:
            if unit.known is None:
                assert sum(s.length for s in unit.stretches) == pytest.approx(unit.length)
    steps = [s.step for units in plan.units for u in units for s in u.stretches if s.kept is None]
    assert steps == sorted(set(steps))
    assert steps[-1] == plan.n_steps - 1


def test_nothing_is_left_to_forecast_once_the_period_is_published():
    with pytest.raises(InputError) as raised:
        plan_of(make_history("positive", "flow", flat("2024", "2025")), "2025")
    assert raised.value.faults[0].problem == "nothing is left to forecast of 'x' by 2025"
    assert raised.value.faults[0].fix == "ask for a period that ends after 2025-12-31"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("soon", "'soon' is not a period"),
        ("2027-13", "month must be in 1..12"),
        ("2027-03-04", "'2027-03-04' is a single day"),
    ],
)
def test_until_must_be_a_year_half_quarter_or_month(text, problem):
    with pytest.raises(InputError) as raised:
        parse_until(text)
    assert problem in raised.value.faults[0].problem
