"""Values on the link scale, kind by kind, worked by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from calibration.histories import linked, make_history

from forecaster.errors import InputError

UNIFORM = 1 / math.sqrt(12)


def test_a_stock_is_its_log_at_the_end_of_its_period():
    found = linked(make_history("positive", "stock", {"2024": "50", "2025-06": "80"}))
    assert found.start.tolist() == [2025.0, 2025.5]
    assert found.end.tolist() == [2025.0, 2025.5]
    assert found.z == pytest.approx([math.log(50), math.log(80)])


def test_a_flow_is_the_log_of_its_rate_a_year():
    # no growth: 25 in a quarter and 100 in a year are the same rate
    found = linked(make_history("positive", "flow", {"2024": "100", "2025-Q1": "25"}))
    assert found.start.tolist() == [2024.0, 2025.0]
    assert found.end.tolist() == [2025.0, 2025.25]
    assert found.z == pytest.approx([math.log(100)] * 2)


@pytest.mark.parametrize(
    ("quality", "sd"),
    [("reported", 0.01), ("derived", 0.02), ("estimate", 0.05), ("press", 0.05), ("recalled", 0.1)],
)
@pytest.mark.parametrize(("kind", "factor"), [("positive", 1.0), ("share", 2.0)])
def test_error_follows_the_quality_and_is_twice_that_on_the_logit(quality, sd, kind, factor):
    history = make_history(kind, "stock", {"2024": "0.50000000", "2025": "0.50000000"})
    rows = tuple(replace(row, quality=quality) for row in history.data)
    found = linked(replace(history, data=rows))
    assert found.noise_sd == pytest.approx([factor * sd] * 2, rel=1e-6)


def test_rounding_adds_in_quadrature():
    # 57 is known to 1, an error of 0.289 in 57; quality 'reported' is 0.01
    found = linked(make_history("positive", "stock", {"2024": "57", "2025": "60"}))
    assert found.noise_sd == pytest.approx(
        [math.hypot(0.01, UNIFORM / 57), math.hypot(0.01, UNIFORM / 60)]
    )


def test_a_basis_is_as_precise_as_its_finest_value():
    # 3 beside 2.4 is 3.0
    found = linked(make_history("positive", "stock", {"2024": "3", "2025": "2.4"}))
    assert found.noise_sd[0] == pytest.approx(math.hypot(0.01, 0.1 * UNIFORM / 3))


def test_digits_printed_say_how_far_a_value_is_known():
    # 41.5 is known to 0.1
    found = linked(make_history("positive", "stock", {"2024": "41.5", "2025": "41.7"}))
    assert found.noise_sd[0] == pytest.approx(math.hypot(0.01, 0.1 * UNIFORM / 41.5))


def test_a_share_is_its_log_odds_with_rounding_through_their_slope():
    found = linked(make_history("share", "stock", {"2024": "0.30", "2025": "0.41"}))
    assert found.z == pytest.approx([math.log(0.3 / 0.7), math.log(0.41 / 0.59)])
    slope = 1 / (0.41 * 0.59)
    assert found.noise_sd[1] == pytest.approx(math.hypot(0.02, 0.01 * UNIFORM * slope))


def test_a_share_of_one_digit_may_have_lost_its_closing_zero():
    found = linked(make_history("share", "stock", {"2024": "0.4", "2025": "0.5"}))
    assert found.noise_sd[0] == pytest.approx(math.hypot(0.02, 0.01 * UNIFORM / (0.4 * 0.6)))


def test_zero_is_what_lies_below_the_least_value_seen():
    # below half the least value: the mean of log U(0, x) is log(x) - 1, its sd is 1
    found = linked(make_history("share", "stock", {"2023": "0", "2024": "0.02", "2025": "0.05"}))
    assert found.z[0] == pytest.approx(math.log(0.01) - 1)
    assert found.noise_sd[0] == 1.0


def test_one_mirrors_zero():
    zero = linked(make_history("share", "stock", {"2023": "0", "2024": "0.02", "2025": "0.05"}))
    one = linked(make_history("share", "stock", {"2023": "1", "2024": "0.98", "2025": "0.95"}))
    assert one.z == pytest.approx(-zero.z)
    assert one.noise_sd == pytest.approx(zero.noise_sd)


def test_zero_of_an_amount_is_below_the_least_amount():
    found = linked(make_history("positive", "stock", {"2023": "0", "2024": "4", "2025": "9"}))
    assert found.z[0] == pytest.approx(math.log(2) - 1)
    assert found.noise_sd[0] == 1.0


def test_nothing_but_zeros_are_below_their_last_digit():
    found = linked(make_history("share", "stock", {"2024": "0.00", "2025": "0.00"}))
    assert found.z == pytest.approx([math.log(0.005) - 1] * 2)


def test_poisson_counts_are_scored_at_what_their_neighbours_expect():
    # expected: (2 + 4) / 2 = 3, (2 + 4 + 3) / 3 = 3 and (4 + 3) / 2 = 3.5 events
    counts = {"2022": "2", "2023": "4", "2024": "3"}
    found = linked(make_history("count", "stock", counts, counting_error="poisson"))
    expected = [math.log(3) - 1 / 3, math.log(3) + 1 / 3, math.log(3.5) - 0.5 / 3.5]
    assert found.z == pytest.approx(expected)
    variances = [1 / 3, 1 / 3, 1 / 3.5]
    assert found.noise_sd == pytest.approx([math.hypot(math.sqrt(v), 0.01) for v in variances])


def test_a_jump_of_a_poisson_count_is_its_own_logarithm():
    counts = {"2021": "1", "2022": "1", "2023": "60", "2024": "1"}
    found = linked(make_history("count", "stock", counts, counting_error="poisson"))
    # expected (1 + 60 + 1) / 3, of which 60 is more than twice
    assert found.z[2] == pytest.approx(math.log(60))
    assert found.noise_sd[2] == pytest.approx(math.hypot(math.sqrt(1 / 60), 0.01))
    # its neighbours expect (1 + 1 + 60) / 3 and (60 + 1) / 2: many, and far from 1
    assert found.z[[1, 3]] == pytest.approx([math.log(1.5)] * 2)
    assert found.noise_sd[3] == pytest.approx(math.hypot(math.sqrt(1 / 1.5), 0.01))


def test_many_events_are_their_own_logarithm_with_the_error_expected():
    counts = {"2022": "20", "2023": "30", "2024": "25"}
    found = linked(make_history("count", "stock", counts, counting_error="poisson"))
    assert found.z == pytest.approx([math.log(20.5), math.log(30.5), math.log(25.5)])
    variances = [1 / 25, 1 / 25, 1 / 27.5]
    assert found.noise_sd == pytest.approx([math.hypot(math.sqrt(v), 0.01) for v in variances])


def test_no_event_at_all_is_half_an_event_in_the_neighbourhood():
    # expected 0.5 / 2 in each of two years: log 0.25 - 1, variance 4
    history = make_history("count", "stock", {"2023": "0", "2024": "0"}, counting_error="poisson")
    found = linked(history)
    assert found.z == pytest.approx([math.log(0.25) - 1] * 2)
    assert found.noise_sd == pytest.approx([math.hypot(2, 0.01)] * 2)


def test_a_poisson_count_to_come_carries_no_counting_error_of_its_own():
    history = make_history("count", "flow", {"2023": "6", "2024": "5"}, counting_error="poisson")
    assert linked(history).target_noise_sd == pytest.approx(0.01)


def test_a_census_count_has_no_counting_error():
    found = linked(make_history("count", "stock", {"2023": "60", "2024": "57"}))
    assert found.noise_sd[1] == pytest.approx(math.hypot(0.01, UNIFORM / 57))


def test_cumulative_totals_become_rates_of_their_increments():
    # 30 in a year, then 10 in half a year: rates 30 and 20
    history = make_history("cumulative", "stock", {"2023": "100", "2024": "130", "2025-H1": "140"})
    found = linked(history)
    assert found.n == 2
    # local growth about -0.5 a year tilts the windows; untilted rates are log 30 and log 20
    growth = (math.log(20) - math.log(30)) / 0.75
    expected = [
        math.log(30) + growth**2 / 24,
        math.log(20) + growth**2 * 0.5**2 / 24,
    ]
    assert found.z == pytest.approx(expected)


def test_rounding_of_an_increment_is_that_of_both_totals():
    found = linked(make_history("cumulative", "stock", {"2023": "100", "2024": "130"}))
    assert found.noise_sd == pytest.approx([math.hypot(0.01, UNIFORM * math.sqrt(2) / 30)])


def test_an_increment_of_nothing_is_below_the_least_increment():
    history = make_history("cumulative", "stock", {"2022": "100", "2023": "104", "2024": "104"})
    found = linked(history)
    assert found.z[1] == pytest.approx(math.log(2) - 1)
    assert found.noise_sd[1] == 1.0


def test_a_cumulative_series_that_falls_is_refused():
    with pytest.raises(InputError) as raised:
        linked(make_history("cumulative", "stock", {"2023": "100", "2024": "99.5"}))
    (fault,) = raised.value.faults
    assert fault.problem == ("'x' falls from 100 to 99.5, but a cumulative series never falls")
    assert fault.where == "made.csv, 2024"
    assert "declare the series 'positive'" in fault.fix


def test_a_cumulative_series_needs_two_values():
    with pytest.raises(InputError) as raised:
        linked(make_history("cumulative", "stock", {"2024": "100"}))
    assert "has a single value" in raised.value.faults[0].problem


def test_a_real_series_is_taken_as_it_is():
    history = make_history("real", "stock", {"2023": "-3.0", "2024": "2.5"}, typical_change=2.0)
    found = linked(history)
    assert found.z.tolist() == [-3.0, 2.5]
    assert found.scale == 2.0
    # quality in typical changes, 0.01 * 2; rounding of 0.1
    assert found.noise_sd[0] == pytest.approx(math.hypot(0.02, 0.1 * UNIFORM))


def test_jacobian_carries_a_density_to_the_data():
    # d log(y) = dy / y, d logit(y) = dy / (y (1 - y)), identity
    positive = linked(make_history("positive", "stock", {"2024": "50", "2025": "80"}))
    assert positive.log_jacobian == pytest.approx(-math.log(50) - math.log(80))
    share = linked(make_history("share", "stock", {"2024": "0.3", "2025": "0.5"}))
    assert share.log_jacobian == pytest.approx(-math.log(0.21) - math.log(0.25))
    real = make_history("real", "stock", {"2024": "3", "2025": "4"}, typical_change=1.0)
    assert linked(real).log_jacobian == 0.0


def test_a_running_total_of_events_has_poisson_increments():
    # increments 2, 0 and 4 in a year each; expected (2 + 0) / 2, (2 + 0 + 4) / 3, (0 + 4) / 2;
    # 2 and 4 are twice what was expected, so their own logarithms serve
    totals = {"2022": "1", "2023": "3", "2024": "3", "2025": "7"}
    found = linked(make_history("cumulative", "stock", totals, counting_error="poisson"))
    sds = [math.hypot(math.sqrt(v), 0.01) for v in (1 / 2, 1 / 2, 1 / 4)]
    assert found.noise_sd == pytest.approx(sds)
    # tilted by the growth between the years that had events
    assert found.z[1] == pytest.approx(math.log(2) - 1 + (math.log(2) / 2) ** 2 / 24)
