"""What goes with a goal, and what the next figure is worth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scenarios.builders import ASSESSED, BY, beliefs, driver, start
from small_forecasts import entry_of, forecast_of, history_of, report_of, row_of

from forecaster.forecasts.driver_worlds import make_simulation
from forecaster.forecasts.explain_goal import Goal, explain_goal, log_odds_ratio
from forecaster.forecasts.explain_next import value_of_next
from forecaster.workspace.periods import parse_period

MADE = beliefs(
    [driver("cause", start(0.4)), driver("bystander", start(0.5)), driver("on", on=True)]
)
ENTRY = entry_of("a", kind="real")
HISTORY = history_of(ENTRY, [row_of(ENTRY, "2025", "1")])


def worlds(n_draws=4000):
    return make_simulation(
        MADE, as_of=ASSESSED, until=BY, n_draws=n_draws, seed=1, use_cache=False,
        announce=lambda _: None,
    ).worlds(None)  # fmt: skip


def test_an_odds_ratio_by_hand():
    first = np.array([True] * 15 + [False] * 25)
    second = np.array([True] * 10 + [False] * 5 + [True] * 5 + [False] * 20)
    odds, error = log_odds_ratio(first, second)
    assert odds == pytest.approx(math.log(10.5 * 20.5 / (5.5 * 5.5)))
    assert error == pytest.approx(math.sqrt(1 / 10.5 + 2 / 5.5 + 1 / 20.5))


def test_the_cause_of_a_goal_is_its_clearest_sign(rng):
    drawn = worlds()
    noise = rng.standard_normal((4000, 2))
    figures = noise + 3.0 * drawn.on("cause")[[4, -1]].T
    forecast = forecast_of(HISTORY, ["2026", "2028"], figures, report=report_of(ess=4000.0))
    goal = Goal("2.5 by 2028", 2.5, False, parse_period("2028"))
    found = explain_goal(forecast, goal, drawn)
    ever = (figures >= 2.5).any(axis=1)
    assert found.probability == pytest.approx(ever.mean())
    assert [sign.driver.id for sign in found.signs] == ["cause", "bystander"]  # "on" is constant
    cause, bystander = found.signs
    on = drawn.on("cause")[-1]
    assert cause.on_reached == pytest.approx(on[ever].mean())
    assert cause.is_clear
    assert cause.log_odds > 2
    assert abs(bystander.log_odds) < 4 * bystander.error


def test_a_goal_counts_periods_up_to_its_own_and_may_lie_below(rng):
    figures = np.array([[1.0, 5.0], [3.0, 1.0], [3.0, 3.0], [1.0, 1.0]])
    forecast = forecast_of(HISTORY, ["2026", "2027"], figures)
    early = explain_goal(forecast, Goal("g", 4.0, False, parse_period("2026")), None)
    assert early.probability == 0.0
    assert early.signs == ()
    below = explain_goal(forecast, Goal("g", 2.0, True, parse_period("2027")), None)
    assert below.probability == pytest.approx(0.75)


def test_the_next_figure_is_worth_what_its_correlation_says(rng):
    first, other = rng.standard_normal((2, 20_000))
    last = 0.8 * first + 0.6 * other
    forecast = forecast_of(
        HISTORY, ["2026", "2027"], np.column_stack([first, last]), report=report_of(ess=20_000.0)
    )
    found = value_of_next(forecast)
    # 1 - sqrt(1 - 0.64) = 0.4
    assert found.reduction == pytest.approx(0.4, abs=4 * found.error)
    assert 0 < found.error < 0.01
    assert (str(found.period), str(found.last)) == ("2026", "2027")


def test_a_next_figure_that_is_the_last_one_is_worth_nothing_to_say():
    assert value_of_next(forecast_of(HISTORY, ["2026"], [[1.0], [2.0]])) is None
    assert value_of_next(forecast_of(HISTORY, ["2026", "2027"], [[1.0, 1.0], [1.0, 2.0]])) is None
