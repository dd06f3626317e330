"""Hold probabilities and multipliers that are stated as ranges of 10 to 90%."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forecaster.records import frozen
from forecaster.workspace.belief_tables import Normal
from forecaster.workspace.natural_units import expit, logit

if TYPE_CHECKING:
    from forecaster.workspace.blocks import Block

Z_90 = 1.2815515655446004
"""The 90% quantile of a standard normal."""
LEVELS = ("10%", "90%")
_STEP = 0.25
_FURTHEST = 32
"""The mean sums a trapezoid rule over 8 sds to each side, exact to 1e-12 for so smooth a curve."""


@frozen
class Probability:
    """A probability that is itself uncertain: a logit-normal.

    Attributes
    ----------
    low, high : its 10 and 90% quantiles, both in (0, 1)
    """

    low: float
    high: float

    @property
    def logit_mean(self) -> float:
        """Mean of its logit."""
        return (logit(self.low) + logit(self.high)) / 2

    @property
    def logit_sd(self) -> float:
        """Sd of its logit."""
        return (logit(self.high) - logit(self.low)) / (2 * Z_90)

    @property
    def mean(self) -> float:
        """The probability of the event, our ignorance of it averaged out: E[p]."""
        centre, sd = self.logit_mean, self.logit_sd
        nodes = [_STEP * k for k in range(-_FURTHEST, _FURTHEST + 1)]
        weights = [math.exp(-z * z / 2) for z in nodes]
        total = math.fsum(w * expit(centre + sd * z) for w, z in zip(weights, nodes, strict=True))
        return total / math.fsum(weights)


def read_probability(block: Block, key: str) -> Probability:
    """Read a range such as { "10%" = 0.1, "90%" = 0.3 }.

    Raises
    ------
    InputError
        If it is no range, or leaves (0, 1).
    """
    low, high = _read_range(block, key, example='{ "10%" = 0.1, "90%" = 0.3 }')
    for name, value in zip(LEVELS, (low, high), strict=True):
        if not 0.0 < value < 1.0:
            problem = f"the probability {value:g} is not between 0 and 1"
            fix = "write a fraction above 0 and below 1, such as 0.3 for 30%"
            raise block.fault(f"{key}.{name}", problem, fix)
    return Probability(low, high)


def read_multiplier(block: Block, key: str, *, unit: str) -> Normal:
    """Read a range of a positive multiplier, as the normal prior of its logarithm.

    Raises
    ------
    InputError
        If it is no range, or not above 0.
    """
    low, high = _read_range(block, key, example='{ "10%" = 1.5, "90%" = 4 }')
    if not low > 0.0:
        problem = f"the multiplier {low:g} is not above 0"
        fix = "write one below 1 to lower, above 1 to raise"
        raise block.fault(f"{key}.{LEVELS[0]}", problem, fix)
    bottom, top = math.log(low), math.log(high)
    return Normal((bottom + top) / 2, (top - bottom) / (2 * Z_90), unit, block.text("reason"))


def _read_range(block: Block, key: str, *, example: str) -> tuple[float, float]:
    """Return the 10 and 90% quantiles of a range."""
    table = block.find(key)
    if not isinstance(table, dict) or set(table) != set(LEVELS):
        problem = f"'{key}' is not a range of its 10% and 90% quantiles"
        raise block.fault(key, problem, f"write {key} = {example}")
    low, high = (_number(block, key, name) for name in LEVELS)
    if not low < high:
        problem = f"'{key}' is no range: {low:g} at 10% is not below {high:g} at 90%"
        raise block.fault(key, problem, "write the smaller number first, and spread the two")
    return low, high


def _number(block: Block, key: str, name: str) -> float:
    """Return a finite number of a range; the name of a quantile holds no path."""
    value = block.find(key)[name]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not abs(value) < 1e300:  # written so that NaN fails too
        raise block.fault(f"{key}.{name}", f"it is not a number: {value!r}", "write a number")
    return float(value)
