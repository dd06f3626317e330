"""Carry each value of a history to the link scale of its kind, with its error."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from forecaster.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.workspace.beliefs import TrendPrior
    from forecaster.workspace.facts import Row, SeriesEntry

UNIFORM_SD = 1 / math.sqrt(12)
"""Standard deviation of a value rounded to 1."""
SHARE_PRECISION = 0.01
"""A share printed as 0.4 may be 0.40: tables drop the closing zero."""
LEAST_COUNT = 0.5
"""Events among which an expected count is taken, where none at all were seen."""
MANY = 10.0
"""From so many expected events on, the logarithm of a count is close to normal."""
ZERO_SD = 1.0
"""The sd of log U(0, x), whose mean is log(x) - 1: what a value printed as zero tells."""


@dataclass(slots=True)
class LinkValue:
    """One value on its way to the link scale.

    Attributes
    ----------
    start, end : window in decimal years; equal for a point
    z, sd : link value and its measurement sd
    log_slope : log |dz / dvalue|
    is_zero : whether only a bound is known
    shift : how far the tilt moves the window, years
    """

    row: Row
    start: float
    end: float
    z: float
    sd: float
    log_slope: float
    is_zero: bool = False
    shift: float = 0.0


def _precision(rows: Sequence[Row]) -> float:
    """Return the finest step in which the values of a basis were printed: 0.01 for '0.41'.

    Of the whole basis, because tables drop closing zeros: 3 beside 2.4 and 1.5 is 3.0.
    """
    exponents = [Decimal(row.printed).as_tuple().exponent for row in rows]
    return float(10.0 ** min(int(exponent) for exponent in exponents))


def _least_positive(rows: Sequence[Row], *, complement: bool = False) -> float:
    """Return what a zero (or, for a share, a one) lies below: the least amount ever printed.

    The last printed digit would say far too much where a table holds computed figures.
    """
    amounts = [1 - r.value if complement else r.value for r in rows]
    positive = [amount for amount in amounts if amount > 0]
    return min(positive) if positive else min(_precision(rows), 1.0)


def _log_value(
    rows: Sequence[Row], row: Row, window: tuple[float, float], sd: float, step: float
) -> LinkValue:
    """Return log(value a year) with quality and rounding error; zero as below the least value."""
    start, end = window
    years = (end - start) or 1.0
    if row.value <= 0:
        z = math.log(_least_positive(rows) / 2 / years) - 1
        return LinkValue(row, start, end, z, ZERO_SD, 0.0, is_zero=True)
    rounding = step * UNIFORM_SD / row.value
    z = math.log(row.value / years)
    return LinkValue(row, start, end, z, math.hypot(sd, rounding), -math.log(row.value))


def _window(row: Row, entry: SeriesEntry) -> tuple[float, float]:
    """Return the window of a flow, or the end of a stock's period twice, decimal years.

    Both are read off the calendar, so that neighbours share an edge to the last digit.
    """
    end = row.period.end_year
    return (row.period.start_year if entry.timing == "flow" else end), end


def _positive(
    rows: Sequence[Row], entry: SeriesEntry, prior: TrendPrior, scale: float
) -> list[LinkValue]:
    del scale  # only kind `real` has one
    step = _precision(rows)
    return [
        _log_value(rows, row, _window(row, entry), prior.quality_sd[row.quality], step)
        for row in rows
    ]


def _count(
    rows: Sequence[Row], entry: SeriesEntry, prior: TrendPrior, scale: float
) -> list[LinkValue]:
    if entry.counting_error == "none":
        return _positive(rows, entry, prior, scale)
    found = [_log_value(rows, row, _window(row, entry), 0.0, 0.0) for row in rows]
    return _score_counts(found, [row.value for row in rows], prior)


def _score_counts(
    values: list[LinkValue], counts: Sequence[float], prior: TrendPrior
) -> list[LinkValue]:
    """Give values of Poisson counts the mean and error of their log rates, in place."""
    lengths = [(value.end - value.start) or 1.0 for value in values]
    for i, (value, count) in enumerate(zip(values, counts, strict=True)):
        near = slice(max(i - 1, 0), i + 2)
        expected = max(sum(counts[near]), LEAST_COUNT) / sum(lengths[near]) * lengths[i]
        z, variance = _log_rate(count, expected)
        value.z = z - math.log(lengths[i])
        value.sd = math.hypot(math.sqrt(variance), prior.quality_sd[value.row.quality])
        value.log_slope = -math.log(count + 0.5)
        value.is_zero = count == 0
    return values


def _log_rate(count: float, expected: float) -> tuple[float, float]:
    """Return mean and variance of a Gaussian that stands for a Poisson count's log likelihood.

    For few events, one scoring step from the expected count: slope and curvature of y x - exp(x)
    at its logarithm. For many, or where the step would overshoot, the count's own logarithm.
    Either way the variance hangs on what was expected, unless the count is far from it: weights by
    the counts themselves favour high ones, and the fitted level stood too high (mean rank of the
    truth .33 in simulations at one event a year, now .40).
    """
    if count >= 2 * expected:
        return math.log(count), 1 / count
    if expected < MANY:
        return math.log(expected) + (count - expected) / expected, 1 / expected
    is_near = count > expected / 2
    return math.log(count + 0.5), 1 / (expected if is_near else count + 0.5)


def _share(
    rows: Sequence[Row], entry: SeriesEntry, prior: TrendPrior, scale: float
) -> list[LinkValue]:
    del scale
    step = min(_precision(rows), SHARE_PRECISION)
    found = []
    for row in rows:
        start, end = _window(row, entry)
        if row.value in (0.0, 1.0):
            at_one = row.value == 1.0
            z = math.log(_least_positive(rows, complement=at_one) / 2) - 1
            found.append(
                LinkValue(row, start, end, -z if at_one else z, ZERO_SD, 0.0, is_zero=True)
            )
            continue
        slope = 1 / (row.value * (1 - row.value))
        rounding = step * UNIFORM_SD * slope
        sd = math.hypot(2 * prior.quality_sd[row.quality], rounding)
        z = math.log(row.value) - math.log1p(-row.value)
        found.append(LinkValue(row, start, end, z, sd, math.log(slope)))
    return found


def _real(
    rows: Sequence[Row], entry: SeriesEntry, prior: TrendPrior, scale: float
) -> list[LinkValue]:
    rounding = _precision(rows) * UNIFORM_SD
    found = []
    for row in rows:
        start, end = _window(row, entry)
        sd = math.hypot(prior.quality_sd[row.quality] * scale, rounding)
        found.append(LinkValue(row, start, end, row.value, sd, 0.0))
    return found


def _cumulative(
    rows: Sequence[Row], entry: SeriesEntry, prior: TrendPrior, scale: float
) -> list[LinkValue]:
    """Return the increments between successive values as flows."""
    del scale
    if len(rows) < 2:
        return []  # link_observations needs one increment in all; a thin basis adds none
    steps = [later.value - earlier.value for earlier, later in pairwise(rows)]
    least = min((step for step in steps if step > 0), default=1.0)
    rounding = UNIFORM_SD * math.sqrt(2) * _precision(rows)
    found = []
    for (earlier, later), step in zip(pairwise(rows), steps, strict=True):
        if step < 0:
            raise InputError(
                problem=f"'{entry.id}' falls from {earlier.printed} to {later.printed}, "
                "but a cumulative series never falls",
                where=later.where,
                fix="correct the value, or declare the series 'positive' in series.csv",
            )
        start, end = earlier.period.end_year, later.period.end_year
        if step == 0:
            z = math.log(least / 2 / (end - start)) - 1
            found.append(LinkValue(later, start, end, z, ZERO_SD, 0.0, is_zero=True))
            continue
        # both ends of a step share the error of the total, so quality acts on the step itself
        sd = math.hypot(prior.quality_sd[later.quality], rounding / step)
        found.append(
            LinkValue(later, start, end, math.log(step / (end - start)), sd, -math.log(step))
        )
    return _score_counts(found, steps, prior) if entry.counting_error == "poisson" else found


LINKS = {
    "share": _share,
    "positive": _positive,
    "count": _count,
    "cumulative": _cumulative,
    "real": _real,
}
"""How the values of one basis are carried over, by kind: (rows, entry, prior, scale)."""
