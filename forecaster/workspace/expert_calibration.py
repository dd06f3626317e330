"""Learn from statements with outcomes how far experts of one kind can be trusted.

    J - m = (1 - kappa u) (z - m) + bias + error

With m our forecast on the day of the statement J and z what came, 1 - kappa u is the slope of J - m
on z - m. Only what nobody had seen by then can be repeated from what was known: u is the part, of
the time from the last figure known to the end of the period, that was still to come. The
encompassing regression turned round, of z - m on J - m, has a slope b that says how
much of a statement's news is worth taking; under the model it is (1 - kappa) var(z - m) /
var(J - m) where u is one, so that it gives the same kappa by way of the two variances.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

HERD_CORRELATION = 0.5
"""Of errors of statements about one figure: n of them count as n / (1 + (n - 1) / 2)."""
LEAST_KAPPA, MOST_KAPPA = 0.05, 0.95


@frozen
class Resolved:
    """A statement whose outcome is known, on the link scale.

    Attributes
    ----------
    about : series and period
    scale : 'log' | 'logit'
    known_on : the day on which the outcome was published
    lead : years from the statement to the end of the period
    unseen : the part u of the time since the last figure known that was still to come, 0 to 1
    ours : our own forecast's median on the day of the statement
    said, came : the statement, and the figure that came
    """

    id: str
    kind: str
    house: str
    about: str
    scale: str
    made_on: date
    known_on: date
    lead: float
    unseen: float
    ours: float
    said: float
    came: float


@frozen
class Calibration:
    """What resolved statements of one kind say; errors in total sds of the table.

    Attributes
    ----------
    n, n_effective : statements, and what they count for, being about few figures
    raw_kappa, raw_bias, raw_factor : without pseudo-statements; nan where there are too few
    encompassing : slope of (outcome - ours) on (said - ours); nan where there are too few
    kappa, bias, factor : with pseudo-statements; bias at a lead of one year, factor on all sds
    kappa_low, kappa_high : range from which kappa is drawn
    """

    n: int
    n_effective: float
    raw_kappa: float
    raw_bias: float
    raw_factor: float
    encompassing: float
    kappa: float
    bias: float
    factor: float
    kappa_low: float
    kappa_high: float


@frozen
class _Point:
    """One statement: what came and what was said beyond our forecast, growth and weight.

    In total sds of its scale at a lead of one year.
    """

    came: float
    said: float
    growth: float
    unseen: float
    weight: float


def unseen_part(made: float, *, known_to: float, end: float) -> float:
    """Return how much of the time since the last figure known was still to come at a statement.

    Parameters
    ----------
    made, known_to, end : of the statement, the last figure known, the period; decimal years
    """
    if end <= known_to:
        return 0.0
    return min(max((end - made) / (end - known_to), 0.0), 1.0)


def calibrate(
    resolved: Sequence[Resolved],
    *,
    total_sd: Mapping[str, float],
    growth: Callable[[float], float],
    kappa_range: tuple[float, float],
    pseudo_statements: float,
) -> Calibration:
    """Return kappa, bias and size of the errors, drawn towards the table.

    Parameters
    ----------
    resolved : of one kind of expert
    total_sd : scale -> the table's sd of one statement's error at a lead of one year
    growth : lead in years -> how much larger errors are than at one year
    kappa_range : from which kappa is drawn before any outcome
    pseudo_statements : weight of the table
    """
    points = _standardised(resolved, total_sd, growth)
    n_effective = math.fsum(point.weight for point in points)
    middle = sum(kappa_range) / 2
    news = math.fsum(p.weight * (p.came / p.growth) ** 2 for p in points)
    mean_news = news / n_effective if n_effective else 0.0
    raw_kappa = _repeated(points, 0.0, math.nan)
    kappa = _repeated(points, pseudo_statements * mean_news, middle)
    kappa = min(max(kappa, LEAST_KAPPA), MOST_KAPPA)
    raw_bias, raw_square = _errors(points, raw_kappa, 0.0)
    bias, square = _errors(points, kappa, pseudo_statements)
    left = pseudo_statements / (pseudo_statements + n_effective)
    half_width = (kappa_range[1] - kappa_range[0]) / 2 * math.sqrt(left)
    return Calibration(
        n=len(points),
        n_effective=n_effective,
        raw_kappa=raw_kappa,
        raw_bias=raw_bias,
        raw_factor=math.sqrt(raw_square / n_effective) if n_effective else math.nan,
        encompassing=_encompassing(points),
        kappa=kappa,
        bias=bias,
        factor=math.sqrt(left + (1 - left) * square / n_effective) if n_effective else 1.0,
        kappa_low=max(kappa - half_width, 0.0) if points else kappa_range[0],
        kappa_high=min(kappa + half_width, MOST_KAPPA) if points else kappa_range[1],
    )


def _standardised(
    resolved: Sequence[Resolved],
    total_sd: Mapping[str, float],
    growth: Callable[[float], float],
) -> list[_Point]:
    """Return the statements in total sds of their scale, weighed by how many share a figure."""
    n_about = Counter(statement.about for statement in resolved)
    return [
        _Point(
            came=(statement.came - statement.ours) / total_sd[statement.scale],
            said=(statement.said - statement.ours) / total_sd[statement.scale],
            growth=growth(statement.lead),
            unseen=statement.unseen,
            weight=1 / (1 + (n_about[statement.about] - 1) * HERD_CORRELATION),
        )
        for statement in resolved
    ]


def _repeated(points: Sequence[_Point], pseudo_weight: float, pseudo_kappa: float) -> float:
    """Return kappa: the slope of what was not said on what came, weighed by the errors' growth.

    From (came - said) = kappa (unseen came) - bias - error.
    """
    cross = math.fsum(
        p.weight * (p.came - p.said) * p.unseen * p.came / p.growth**2 for p in points
    )
    square = math.fsum(p.weight * (p.unseen * p.came / p.growth) ** 2 for p in points)
    below = square + pseudo_weight
    if not below:
        return pseudo_kappa
    return (cross + (pseudo_weight * pseudo_kappa if pseudo_weight else 0.0)) / below


def _errors(points: Sequence[_Point], kappa: float, pseudo: float) -> tuple[float, float]:
    """Return the mean error at one year, and the weighed sum of squares about it."""
    weight = math.fsum(point.weight for point in points)
    if not weight:
        return (0.0, 0.0) if pseudo else (math.nan, math.nan)
    errors = [(p.said - (1 - kappa * p.unseen) * p.came) / p.growth for p in points]
    pairs = list(zip(points, errors, strict=True))
    bias = math.fsum(p.weight * error for p, error in pairs) / (weight + pseudo)
    return bias, math.fsum(p.weight * (error - bias) ** 2 for p, error in pairs)


def _encompassing(points: Sequence[_Point]) -> float:
    """Return the slope of what came on what was said, both beyond our forecast."""
    square = math.fsum(p.weight * p.said**2 for p in points)
    cross = math.fsum(p.weight * p.came * p.said for p in points)
    return cross / square if square else math.nan
