"""Do arithmetic on intervals: what a sum, product or ratio can be, given what its parts can."""

from __future__ import annotations

import math

from forecaster.records import frozen


@frozen
class Range:
    """An interval that certainly holds a value.

    Attributes
    ----------
    low, high : its ends
    holds_low, holds_high : whether an end itself is possible
    """

    low: float
    high: float
    holds_low: bool = False
    holds_high: bool = False

    def holds(self, value: float) -> bool:
        """Say whether a value is possible."""
        if value in (self.low, self.high):
            return (value == self.low and self.holds_low) or (
                value == self.high and self.holds_high
            )
        return self.low < value < self.high

    @property
    def is_positive(self) -> bool:
        """Whether it is certainly above zero."""
        return self.low >= 0 and not self.holds(0.0)

    @property
    def is_bounded(self) -> bool:
        """Whether it has two finite ends."""
        return math.isfinite(self.low) and math.isfinite(self.high)


def exactly(value: float) -> Range:
    """Return the range of a number."""
    return Range(value, value, holds_low=True, holds_high=True)


def add(a: Range, b: Range) -> Range:
    """Return the range of a sum of two parts, each anywhere in its own range."""
    return Range(
        a.low + b.low, a.high + b.high, a.holds_low and b.holds_low, a.holds_high and b.holds_high
    )


def multiply(a: Range, b: Range) -> Range:
    """Return the range of a product of two parts, each anywhere in its own range."""
    ends = [
        (0.0 if 0 in (x, y) else x * y, x_in and y_in)
        for x, x_in in ((a.low, a.holds_low), (a.high, a.holds_high))
        for y, y_in in ((b.low, b.holds_low), (b.high, b.holds_high))
    ]
    if a.holds(0.0) or b.holds(0.0):
        ends.append((0.0, True))
    low, high = min(value for value, _ in ends), max(value for value, _ in ends)
    return Range(low, high, (low, True) in ends, (high, True) in ends)


def invert(a: Range) -> Range:
    """Return the range of 1 / a, for a range without zero."""
    if a.high <= 0:
        turned = invert(Range(-a.high, -a.low, a.holds_high, a.holds_low))
        return Range(-turned.high, -turned.low, turned.holds_high, turned.holds_low)
    high = 1 / a.low if a.low else math.inf
    return Range(1 / a.high, high, a.holds_high and math.isfinite(a.high), a.holds_low)
