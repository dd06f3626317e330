"""Fit a normal distribution to stated quantiles, by least squares on the probit scale.

A value x at probability p of a normal distribution is x = mean + sd * probit(p): a straight line
through the stated points gives both. Two points are met exactly, more are met as well as a normal
distribution can, and are refused where that is not well enough.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_MISFIT = 0.10
"""A fitted distribution may put a stated quantile this far, in probability, from its level."""
_FURTHEST = 9.0
"""Beyond nine sds a double holds no probability; the search for a probit ends there."""


class Contradiction(Exception):  # noqa: N818  # it is what the stated numbers are in
    """Stated numbers contradict each other; the reader that knows the place makes an error of it.

    Attributes
    ----------
    problem, fix : as in `Fault`
    """

    def __init__(self, problem: str, fix: str) -> None:
        self.problem = problem
        self.fix = fix
        super().__init__(problem)


@frozen
class NormalFit:
    """A normal distribution fitted to quantiles, on the scale of their values.

    Attributes
    ----------
    misfit : the largest distance, in probability, between a level and where the fit puts it
    worst : the level at which that is
    """

    mean: float
    sd: float
    misfit: float
    worst: float


def probit(probability: float) -> float:
    """Return the standard normal quantile, to twelve digits, by bisection.

    Raises
    ------
    ValueError
        If the probability is outside (0, 1).
    """
    if not 0.0 < probability < 1.0:
        raise ValueError(f"a probability is in (0, 1), not {probability!r}")
    low, high = -_FURTHEST, _FURTHEST
    for _ in range(60):
        middle = (low + high) / 2
        if normal_cdf(middle) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def normal_cdf(x: float) -> float:
    """Return the probability below x of a standard normal."""
    return math.erfc(-x / math.sqrt(2.0)) / 2


def read_level(text: str) -> float:
    """Read a quantile level such as '5%' or '97.5%', as a probability.

    Raises
    ------
    Contradiction
        If it is no percentage between 0 and 100.
    """
    number, sign, rest = text.strip().partition("%")
    fix = "write levels such as '5%', '50%' and '95%'"
    try:
        percent = float(number)
    except ValueError:
        percent = math.nan
    if not sign or rest or not math.isfinite(percent):
        raise Contradiction(f"'{text}' is not a quantile level", fix)
    if not 0.0 < percent < 100.0:
        raise Contradiction(f"the quantile level '{text}' is not between 0% and 100%", fix)
    return percent / 100.0


def check_order(quantiles: Mapping[float, float]) -> None:
    """Check that there are two quantiles or more, and that they rise with their level.

    Parameters
    ----------
    quantiles : level in (0, 1) -> value in natural units

    Raises
    ------
    Contradiction
        If there are fewer, or one is no larger than that of a lower level.
    """
    if len(quantiles) < 2:
        problem = f"{len(quantiles)} quantile{'s' if len(quantiles) != 1 else ''} fix no width"
        raise Contradiction(problem, "state at least two, better '5%', '50%' and '95%'")
    levels = sorted(quantiles)
    values = [quantiles[level] for level in levels]
    low, high = values[0], values[-1]
    if all(value == low for value in values):
        problem = f"all quantiles are {low:g}, so nothing is left uncertain"
        raise Contradiction(problem, "spread them: the 5% quantile must lie below the 95% one")
    for level, value in zip(levels[1:-1], values[1:-1], strict=True):
        if low < high and not low < value < high:
            problem = (
                f"the {percent(level)} quantile {value:g} lies outside the range {low:g} to "
                f"{high:g} of the {percent(levels[0])} and {percent(levels[-1])} ones"
            )
            raise Contradiction(problem, "correct the one that is wrong")
    for i in range(1, len(levels)):
        if not values[i] > values[i - 1]:
            problem = (
                f"the {percent(levels[i])} quantile {values[i]:g} is not above "
                f"the {percent(levels[i - 1])} one, {values[i - 1]:g}"
            )
            raise Contradiction(problem, "write quantiles that rise with their level")


def percent(level: float) -> str:
    """Return a level as it is written: '5%', '97.5%'."""
    return f"{100.0 * level:.6g}%"


def fit_normal(quantiles: Mapping[float, float]) -> NormalFit:
    """Return the normal distribution whose quantiles are nearest to those stated.

    Parameters
    ----------
    quantiles : level in (0, 1) -> value on the scale that is normal, rising

    Raises
    ------
    Contradiction
        If a stated quantile would be more than `MOST_MISFIT` from its level.
    """
    levels = sorted(quantiles)
    at = [probit(level) for level in levels]
    values = [quantiles[level] for level in levels]
    at_mean, value_mean = math.fsum(at) / len(at), math.fsum(values) / len(values)
    spread = math.fsum((z - at_mean) ** 2 for z in at)
    sd = math.fsum((z - at_mean) * (x - value_mean) for z, x in zip(at, values, strict=True))
    sd /= spread
    return _checked(value_mean - sd * at_mean, sd, levels, values)


def fit_about_zero(quantiles: Mapping[float, float]) -> NormalFit:
    """Return the normal distribution about zero with the nearest quantiles.

    Raises
    ------
    Contradiction
        As `fit_normal`, so also where the quantiles say that it does not lie about zero.
    """
    levels = sorted(quantiles)
    at = [probit(level) for level in levels]
    values = [quantiles[level] for level in levels]
    sd = math.fsum(z * x for z, x in zip(at, values, strict=True)) / math.fsum(z * z for z in at)
    if sd <= 0.0:
        raise Contradiction("the quantiles do not lie about zero", "state them about zero")
    return _checked(0.0, sd, levels, values)


def _checked(mean: float, sd: float, levels: Sequence[float], values: Sequence[float]) -> NormalFit:
    """Return a fit with its largest error, which must not be too large."""
    found = [normal_cdf((x - mean) / sd) for x in values]
    misfit, i = max((abs(p - level), i) for i, (p, level) in enumerate(zip(found, levels)))  # noqa: B905
    if misfit > MOST_MISFIT:
        problem = (
            f"no distribution of this kind has these quantiles: the nearest one makes the stated "
            f"{percent(levels[i])} quantile its {100.0 * found[i]:.0f}% one"
        )
        fix = f"move them within {100.0 * MOST_MISFIT:.0f} points of probability, or state two"
        raise Contradiction(problem, fix)
    return NormalFit(mean, sd, misfit, levels[i])
