"""Work out when each driver alone would be on, to see which stated probabilities are impossible.

In every quarter a driver that is off starts with hazard h, one that is on ends with hazard e:

    on_n    = on_{n-1} (1 - e) + off_{n-1} h
    start   at least once in Q quarters, off at first:  1 - (1 - h)^Q = p
    end     within w quarters of its start:             1 - (1 - e)^w = p

Both hazards are those of the mean probabilities; what other drivers do to them is left out, for
centring gives every driver the probabilities that it would have alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.records import frozen
from forecaster.workspace.driver_reader import quarter_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.workspace.driver_types import Driver

_STEPS = 40
"""A bisection of [0, 1] to 1e-12."""
_GRID = 32


@frozen
class Chances:
    """How a driver alone goes on and off.

    Attributes
    ----------
    first_quarter : the one after that of its assessment
    start_hazard, end_hazard : probability in each quarter
    is_on : its state before the first quarter
    """

    first_quarter: int
    start_hazard: float
    end_hazard: float
    is_on: bool

    def on_at(self, quarter: int) -> float:
        """Return the probability that it is on at the end of a quarter."""
        return _on_after(
            quarter - self.first_quarter + 1, self.is_on, self.start_hazard, self.end_hazard
        )


def chances_of(driver: Driver) -> Chances | tuple[float, float]:
    """Return how a driver alone goes on and off.

    Returns
    -------
    Chances, or (lowest, highest) possible probability where the stated one lies outside
    """
    ending = 0.0
    if driver.end is not None:
        ending = 1.0 - (1.0 - driver.end.probability.mean) ** (1.0 / driver.end.within_quarters)
    first = quarter_of(driver.assessed_on) + 1
    if driver.start is None:
        return Chances(first, 0.0, ending, driver.is_on)
    n = quarter_of(driver.start.by) - first + 1
    wanted = driver.start.probability.mean
    if not driver.start.is_in_force and not driver.is_on:
        return Chances(first, 1.0 - (1.0 - wanted) ** (1.0 / n), ending, driver.is_on)
    told = _on_after if driver.start.is_in_force else _started_after

    def reached(hazard: float) -> float:
        """Return the probability that a start hazard leads to."""
        return told(n, driver.is_on, hazard, ending)

    hazard = _solve(reached, wanted)
    if hazard is None:
        found = [reached(k / _GRID) for k in range(_GRID + 1)]
        return min(found), max(found)
    return Chances(first, hazard, ending, driver.is_on)


def _on_after(n: int, is_on: bool, start: float, end: float) -> float:
    """Return the probability to be on after n quarters."""
    on = float(is_on)
    for _ in range(n):
        on = on * (1.0 - end) + (1.0 - on) * start
    return on


def _started_after(n: int, is_on: bool, start: float, end: float) -> float:
    """Return the probability to have started at least once in n quarters."""
    on, off, started = float(is_on), 1.0 - float(is_on), 0.0
    for _ in range(n):
        on, off, started = on * (1.0 - end), off * (1.0 - start) + on * end, started + off * start
    return started


def _solve(reached: Callable[[float], float], wanted: float) -> float | None:
    """Return the smallest hazard that leads to a probability; None where none does."""
    values = [reached(k / _GRID) - wanted for k in range(_GRID + 1)]
    for k in range(_GRID):
        if values[k] <= 0.0 <= values[k + 1]:
            low, high = k / _GRID, (k + 1) / _GRID
            for _ in range(_STEPS):
                middle = (low + high) / 2
                low, high = (middle, high) if reached(middle) < wanted else (low, middle)
            return high
    return None
