"""Warn of answers that say less about the world than they seem to.

- An explosion or a wall: whatever the data, most draws come to infinity, or to the most that there
  can be, in one and the same period.
- Judgement over data: against the same draws without them drivers, whose probabilities are
  judgements, make more than half of the chance, yes or no, whichever is smaller; or they move a
  median by more than half of the half-width of the band that the figures alone leave.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.forecasts.forecast import Forecast
    from forecaster.forecasts.question_answer import Chance, Spread

    FloatArray = NDArray[np.float64]

INFINITE = 1e9
"""An amount so many times the largest that is known counts as infinite."""
FULL = 0.9995
"""A share from here on is printed as 100%."""
MOST_AT_ONCE = 0.8
"""Share of the draws that arrive in one period by which the date counts as fixed."""
_HALF = 0.5
_NOISES = 3.0
"""A difference below so many Monte Carlo errors is none."""


def fixed_date_warnings(forecast: Forecast) -> list[str]:
    """Return the warning about growth that ends at one date whatever the data, if it does.

    Draws arrive where they come to the limit for the first time. Where most of them do in one
    period, and not in the first, no uncertainty is left about when.
    """
    at_limit = _at_limit(forecast)
    if at_limit is None:
        return []
    arrived = np.logical_or.accumulate(at_limit, axis=1)
    first = np.diff(arrived.mean(axis=0), prepend=0.0)
    k = int(np.argmax(first))
    if k == 0 or first[k] < MOST_AT_ONCE:
        return []
    entry = forecast.history.entry
    where = "its limit" if entry.kind == "share" or entry.most is not None else "infinity"
    said = f"'{entry.id}' comes to {where} in {forecast.periods[k]} in {first[k]:.0%} of the draws"
    return [f"{said}: the model sets that date, whatever the data"]


def _at_limit(forecast: Forecast) -> NDArray[np.bool_] | None:
    """Say which figures are at the limit of the series, (n_draws, n_periods); None for no limit."""
    history, draws = forecast.history, forecast.trajectories
    entry = history.entry
    if entry.kind == "share":
        return np.asarray(draws >= FULL * (1.0 if entry.most is None else entry.most))
    if entry.most is not None:
        return np.asarray(draws >= entry.most)
    largest = max((abs(row.value) for row in history.published), default=0.0)
    if not largest:
        return np.asarray(~np.isfinite(draws))
    return np.asarray(~np.isfinite(draws) | (np.abs(draws) > INFINITE * largest))


def outweighs_chance(with_drivers: Chance, without: Chance) -> bool:
    """Say whether drivers make more than half of a chance.

    With p the answer and t that of the figures alone: |p - t| > max(min(p, 1-p), min(t, 1-t)) / 2,
    by more than three Monte Carlo errors. From 2% to 6% they make two thirds of the yes; from 40%
    to 50% a fifth.
    """
    p, t = with_drivers.probability, without.probability
    moved = abs(p - t)
    is_seen = moved > _NOISES * float(np.hypot(with_drivers.mcse, without.mcse))
    return is_seen and moved > _HALF * max(min(p, 1 - p), min(t, 1 - t))


def outweighs_figure(with_drivers: Spread, without: Spread) -> bool:
    """Say whether drivers move the median by more than half of the half-width of the band.

    The band is the widest that both tell, of the answer without drivers.
    """
    moved = abs(with_drivers.at(0.5) - without.at(0.5))
    is_seen = moved > _NOISES * float(np.hypot(with_drivers.error_at(0.5), without.error_at(0.5)))
    return is_seen and moved > _HALF * (without.values[-1] - without.values[0]) / 2
