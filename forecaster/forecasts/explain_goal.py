"""Say how likely a goal is, and which drivers were on in the worlds that reached it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.answers import count_reach
from forecaster.records import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.forecasts.forecast import Forecast, Reach
    from forecaster.scenarios.worlds import Worlds
    from forecaster.workspace.driver_types import Driver
    from forecaster.workspace.periods import Period

    BoolArray = NDArray[np.bool_]

CLEAR = 2.0
"""Standard errors of the log odds ratio beyond which a driver tells goal from no goal."""


@frozen
class Goal:
    """A level to reach by a period.

    Attributes
    ----------
    text : as typed
    level : unit of the series
    by : the last period that counts
    """

    text: str
    level: float
    below: bool
    by: Period


@frozen
class Sign:
    """How a driver's state goes with a goal.

    Attributes
    ----------
    on_reached, on_missed : share of the worlds that reached the goal, or missed it, in which the
        driver was on at the end of the goal's period
    log_odds, error : of the odds of being on, reached against missed, with its Monte Carlo error
    """

    driver: Driver
    on_reached: float
    on_missed: float
    log_odds: float
    error: float

    @property
    def is_clear(self) -> bool:
        """Whether it is more than chance among the draws."""
        return abs(self.log_odds) > CLEAR * self.error


@frozen
class GoalExplained:
    """A goal with what goes with reaching it.

    Attributes
    ----------
    reach : chances by period
    probability, error : of having reached it by its period, with its Monte Carlo error
    signs : of all drivers whose state is not the same in all worlds, the strongest first
    """

    goal: Goal
    reach: Reach
    probability: float
    error: float
    signs: tuple[Sign, ...]


def explain_goal(forecast: Forecast, goal: Goal, worlds: Worlds | None) -> GoalExplained:
    """Return how likely a goal is, and what goes with it.

    Parameters
    ----------
    forecast : that holds the goal's period; draw k is in world k
    worlds : of its scenario; None where no driver moves the series
    """
    reach = count_reach(forecast, goal.level, below=goal.below)
    step = max(i for i, period in enumerate(forecast.periods) if period.end <= goal.by.end)
    figures = forecast.trajectories[:, : step + 1]
    beyond = figures <= goal.level if goal.below else figures >= goal.level
    signs: tuple[Sign, ...] = ()
    if worlds is not None:
        signs = find_signs(np.asarray(beyond.any(axis=1)), worlds, goal.by)
    return GoalExplained(goal, reach, float(reach.by_period[step]), float(reach.mcse[step]), signs)


def find_signs(reached: BoolArray, worlds: Worlds, by: Period) -> tuple[Sign, ...]:
    """Return how the states of all drivers at the end of a period go with a goal.

    Parameters
    ----------
    reached : (n_draws,)
    """
    column = min(max(worlds.quarters.column_by(by.end), 0), worlds.quarters.n)
    found = []
    for driver in worlds.beliefs.drivers:
        on = worlds.on(driver.id)[column]
        if on.all() or not on.any() or reached.all() or not reached.any():
            continue
        log_odds, error = log_odds_ratio(on, reached)
        found.append(
            Sign(driver, float(on[reached].mean()), float(on[~reached].mean()), log_odds, error)
        )
    return tuple(sorted(found, key=lambda sign: -abs(sign.log_odds)))


def log_odds_ratio(first: BoolArray, second: BoolArray) -> tuple[float, float]:
    """Return the log odds ratio of two things over draws, and its standard error.

    Half a draw is added to every cell, so that none is empty.

    References
    ----------
    Haldane (1956), Annals of Human Genetics 20, 309; Woolf (1955) for the error.
    """
    cells = [np.count_nonzero(a & b) + 0.5 for a in (first, ~first) for b in (second, ~second)]
    both, only_first, only_second, neither = cells
    odds = math.log(both * neither / (only_first * only_second))
    return odds, math.sqrt(sum(1 / cell for cell in cells))
