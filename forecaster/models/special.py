"""Give the derivatives of log gamma, which a Poisson count needs."""

from __future__ import annotations

import math


def digamma(x: float) -> float:
    """Return the derivative of log gamma at x > 0, absolute error below 1e-12.

    References
    ----------
    Recurrence to x >= 10, then the asymptotic series (Abramowitz and Stegun 6.3.18).
    """
    result = 0.0
    while x < 10:
        result -= 1 / x
        x += 1
    y = 1 / (x * x)
    series = y * (1 / 12 - y * (1 / 120 - y * (1 / 252 - y * (1 / 240 - y / 132))))
    return result + math.log(x) - 0.5 / x - series


def trigamma(x: float) -> float:
    """Return the second derivative of log gamma at x > 0, absolute error below 1e-11.

    References
    ----------
    Recurrence to x >= 10, then the asymptotic series (Abramowitz and Stegun 6.4.12).
    """
    result = 0.0
    while x < 10:
        result += 1 / (x * x)
        x += 1
    y = 1 / (x * x)
    series = y * (1 / 6 - y * (1 / 30 - y * (1 / 42 - y * (1 / 30 - y * 5 / 66))))
    return result + 1 / x + y / 2 + series / x
