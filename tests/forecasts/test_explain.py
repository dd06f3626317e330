"""What the history taught: made-up draws whose answers are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forecaster.forecasts.estimates import change_unit, drawn_estimate, exact_estimate
from forecaster.forecasts.explanation import estimate_effect, estimate_parameter
from forecaster.inference.sobol import normal_quantile
from forecaster.workspace.belief_tables import Normal
from forecaster.workspace.drivers import Intervention
from forecaster.workspace.facts import SeriesEntry
from forecaster.workspace.periods import parse_period
from forecaster.workspace.stated_sizes import StatedSize

COVERAGES = (0.5, 0.8, 0.95)
EVEN = normal_quantile((np.arange(20_001) + 0.5) / 20_001)
"""Evenly spread standard normal draws: their quantiles are known to 1e-4."""
STARTS = np.arange(2020.0, 2026.0)
SHARE = SeriesEntry("s", "S", "", "fraction", "share", "flow")
AMOUNT = SeriesEntry("a", "A", "", "USD billion", "positive", "flow")
REAL = SeriesEntry("r", "R", "", "months", "real", "stock")


def _event(shape: str, start: float, end: float, *, mean: float = -1.0, sd: float = 0.4):
    return Intervention(
        driver="ban", title="A ban", actors=(), dated=parse_period("2023"), series="s",
        shape=shape, start=start, end=end, until=None,
        effect=Normal(mean, sd, "logit units", "why"),
        stated=StatedSize(((0.1, -30.0), (0.9, -10.0)), "percentage points", 0.5),
        reason="Why.", source="c1",
    )  # fmt: skip


def _estimate(event: Intervention, draws: np.ndarray, ess: float = 1e9):
    return estimate_effect(
        event, draws, starts=STARTS, ends=STARTS + 1, coverages=COVERAGES, ess=ess
    )


def _points(link: float) -> float:
    """Return points at 50%, by the formula."""
    return 100 * (1 / (1 + math.exp(-link)) - 0.5)


def test_an_effect_is_told_in_points_at_its_level():
    found = _estimate(_event("step", 2023.0, math.inf), -0.5 + 0.2 * EVEN)
    assert found.prior.median == pytest.approx(_points(-1.0))
    assert found.posterior.median == pytest.approx(_points(-0.5), abs=1e-3)
    # z of 90% is 1.281552
    low, high = found.posterior.bands[1]
    assert (low, high) == pytest.approx(
        (_points(-0.5 - 0.2563104), _points(-0.5 + 0.2563104)), abs=0.01
    )


def test_movement_is_in_prior_sds_and_shares_of_prior_variance():
    # from -1.0 to -0.5 is 1.25 sds of 0.4; variance 0.04 of 0.16 is left
    found = _estimate(_event("step", 2023.0, math.inf), -0.5 + 0.2 * EVEN)
    assert found.moved == pytest.approx(1.25, abs=1e-3)
    assert found.variance_removed == pytest.approx(0.75, abs=1e-3)


@pytest.mark.parametrize(
    ("shape", "start", "end", "informed", "on_at_last"),
    [
        ("step", 2010.0, math.inf, False, 1.0),
        ("step", 2027.0, math.inf, False, 0.0),
        ("ramp", 2025.0, 2029.0, True, 0.25),
        ("window", 2023.0, 2024.0, True, 0.0),
        ("window", 2025.5, 2028.0, True, 1.0),
    ],
)
def test_events_that_no_figure_shows_stay_at_their_prior(
    shape: str, start: float, end: float, informed: bool, on_at_last: float
):
    found = _estimate(_event(shape, start, end), -0.5 + 0.2 * EVEN)
    assert found.is_informed == informed
    assert (found.posterior == found.prior) == (not informed)
    assert (found.moved != 0.0) == informed
    assert found.on_at_last == pytest.approx(on_at_last)
    assert found.last_figure == 2026.0


def test_a_scale_moves_on_its_log_scale():
    # log-normal: median 0.2, log-sd 0.8 before, 0.1 and 0.4 after
    before, after = 0.2 * np.exp(0.8 * EVEN), 0.1 * np.exp(0.4 * EVEN)
    found = estimate_parameter(
        "s_l", before, after, entry=AMOUNT, at=None, coverages=COVERAGES, ess=1e9
    )
    assert found.unit == "% in a year"
    assert found.prior.median == pytest.approx(100 * math.expm1(0.2), abs=1e-2)
    assert found.posterior.median == pytest.approx(100 * math.expm1(0.1), abs=1e-2)
    assert found.moved == pytest.approx(math.log(0.5) / 0.8, abs=1e-3)
    assert found.variance_removed == pytest.approx(0.75, abs=1e-3)
    assert set(found.prior.errors) == {0.0}


@pytest.mark.parametrize(
    ("name", "entry", "at", "unit", "median"),
    [
        ("tau", AMOUNT, None, "years", 0.2),
        ("jump_rate", AMOUNT, None, "a year", 0.2),
        ("s_b", SHARE, 0.5, "points a year", _points(0.2)),
        ("d", SHARE, 0.5, "points a year", _points(0.2)),
        ("s_o", REAL, None, "months", 0.2),
        ("cap", SHARE, 0.5, "%", 20.0),
    ],
)
def test_parameters_have_their_own_units(name: str, entry, at, unit: str, median: float):
    draws = np.clip(0.2 + 0.01 * EVEN, 0.01, 0.99)
    found = estimate_parameter(name, draws, draws, entry=entry, at=at, coverages=COVERAGES, ess=1e9)
    assert found.unit == unit
    assert found.posterior.median == pytest.approx(median, rel=1e-3)
    assert found.moved == pytest.approx(0.0, abs=1e-9)


def test_changes_come_back_to_zero_and_keep_their_sign():
    for entry, at in ((SHARE, 0.3), (AMOUNT, None), (REAL, None)):
        _, convert = change_unit(entry, at)
        low, zero, high = convert(np.array([-0.1, 0.0, 0.1]))
        assert low < 0 < high
        assert zero == pytest.approx(0.0, abs=1e-12)


def test_quantiles_of_a_normal_quantity_are_exact():
    found = exact_estimate(lambda z: 3 + 2 * z, COVERAGES)
    assert found.median == pytest.approx(3)
    assert found.bands[2] == pytest.approx((3 - 2 * 1.959964, 3 + 2 * 1.959964), abs=1e-5)
    assert set(found.errors) == {0.0}


def test_errors_of_quantiles_are_those_of_repeated_draws():
    # 2,000 repetitions give an sd to 1/sqrt(4000) = 1.6%, 4.5 of that is 7%; the tails' density
    # falls over the distance that is measured, which adds a few percent at n = 1,000
    n = 1000
    found = drawn_estimate(EVEN, COVERAGES, float(n))
    rng = np.random.default_rng(3)
    repeated = rng.standard_normal((2000, n))
    for k, level in ((0, 0.5), (3, 0.1), (5, 0.025), (6, 0.975)):
        assert np.quantile(repeated, level, axis=1).std() == pytest.approx(
            found.errors[k], rel=0.12
        )
