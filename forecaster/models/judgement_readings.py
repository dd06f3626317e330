"""Carry judgements to the link scale: what each says, and which stretches of time it reads.

A total of a flow is a sum over the grid on which forecasts are drawn. It is read to first order
about the growth g that it implies, so that late steps weigh more:

    log(total / D) = c + sum of p_q x_q + s_l^2 D / 12
    p_q proportional to w_q exp(g t_q),  c = log sum of w_q exp(g t_q) - sum of p_q g t_q

with x_q the average level over step q, w_q its share of the window, t_q its middle.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.models.observations import LEAST_GROWTH, MOST_GROWTH
from forecaster.records import frozen
from forecaster.workspace.expert_calibration import unseen_part
from forecaster.workspace.judgement_rules import is_edge
from forecaster.workspace.periods import decimal_year

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.models.observations import Observations
    from forecaster.workspace.expert_beliefs import Experts
    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.judgements import Judgement

    FloatArray = NDArray[np.float64]

TOLERANCE = 1e-6
"""Years; far below a day."""
RANGE_SDS = 2 * 1.2815515655446004
"""A stated range is read as the 80% band of a normal distribution."""


@frozen
class JudgementReading:
    """One judgement on the link scale.

    Attributes
    ----------
    said : link value of the weighted average over the stretches
    starts, ends, weights : (n_stretches,) decimal years, equal for a point; weights sum to one
    jensen : `said` is the average plus this times s_l^2, years
    own_sd, herd_sd, publisher_sd, bias : link units, grown with the lead
    offset_sd : of a basis that is not stated or not in the fit; of the house, not growing
    kappa_low, kappa_high : range of kappa, of a statement of which a part was to be seen already
        by its day less than the expert's
    house, figure, round : statements that agree in the first share a bias, in the second (basis
        and period) an error of publication, in the third (period, half-year made) a herd effect
    basis : '' where not stated
    time : when it was made, decimal years
    """

    judgement: Judgement
    said: float
    starts: FloatArray
    ends: FloatArray
    weights: FloatArray
    jensen: float
    own_sd: float
    herd_sd: float
    publisher_sd: float
    bias: float
    offset_sd: float
    kappa_low: float
    kappa_high: float
    house: str
    figure: str
    round: str
    basis: str
    time: float

    @property
    def middle(self) -> float:
        """Where the average lies in time, decimal years."""
        return float(self.weights @ (self.starts + self.ends)) / 2


def read_judgement(
    judgement: Judgement,
    entry: SeriesEntry,
    observations: Observations,
    experts: Experts,
    *,
    per_year: int,
    offset_sd: float = 0.0,
    known_to: float | None = None,
    base: tuple[float, float] | None = None,
) -> JudgementReading:
    """Return one judgement on the link scale.

    Parameters
    ----------
    judgement : with a central value or a range
    observations : the history, whose link values give the growth that the judgement implies
    experts : as they could be known on the as-of date
    per_year : steps a year of the grid on which forecasts are drawn
    offset_sd : link units, of a basis that is not stated or not in the fit
    known_to : end of the last figure known on the day it was made, decimal years
    base : (decimal years, total) of a cumulative series' last total known on the day it was made

    Raises
    ------
    ValueError
        If a cumulative series has no base, or the judgement is no higher than it.
    """
    expert = experts.of(entry.kind, judgement.kind)
    made = decimal_year(judgement.made_on)
    growth = experts.growth(judgement.period.end_year - made)
    start, end = _window(judgement, entry, base)
    said, range_sd = _central(judgement, entry, base)
    said -= math.log(end - start) if _is_amount(entry) and end > start else 0.0
    starts, ends, weights, constant = _stretches(
        (start, end), said, entry, observations, per_year=per_year
    )
    edge = experts.edge_factor if is_edge(judgement) else 1.0
    own = expert.own_sd * growth * observations.scale * edge
    unseen = _unseen(judgement, made, known_to)
    period, half = str(judgement.period), 1 + (judgement.made_on.month > 6)
    return JudgementReading(
        judgement=judgement,
        said=said - constant,
        starts=starts,
        ends=ends,
        weights=weights,
        jensen=(end - start) / 12 if _is_amount(entry) else 0.0,
        # an expert who states a wide range is believed to be that unsure, one with a narrow one not
        own_sd=max(own, range_sd) if judgement.value is not None else math.hypot(own, range_sd),
        herd_sd=expert.herd_sd * growth * observations.scale,
        publisher_sd=expert.publisher_sd * growth * observations.scale,
        bias=expert.bias * growth * observations.scale,
        offset_sd=offset_sd * observations.scale,
        kappa_low=expert.kappa_low * unseen,
        kappa_high=expert.kappa_high * unseen,
        house=judgement.publisher,
        figure=f"{judgement.basis} {period}",
        round=f"{period} {judgement.made_on.year}-H{half}",
        basis=judgement.basis,
        time=made,
    )


def _unseen(judgement: Judgement, made: float, known_to: float | None) -> float:
    """Return how much of what it is about was still to come when it was made, 0 to 1."""
    if known_to is None:
        return 1.0
    return unseen_part(made, known_to=known_to, end=judgement.period.end_year)


def _is_amount(entry: SeriesEntry) -> bool:
    """Say whether figures are totals over their period, on the log scale."""
    if entry.kind == "cumulative":
        return True
    return entry.timing == "flow" and entry.kind in ("positive", "count")


def _window(
    judgement: Judgement, entry: SeriesEntry, base: tuple[float, float] | None
) -> tuple[float, float]:
    """Return the stretch of time that a judgement is about; equal ends for a stock."""
    end = judgement.period.end_year
    if entry.kind == "cumulative":
        if base is None or end <= base[0] + TOLERANCE:
            raise ValueError("a judgement on a running total needs an earlier total")
        return base[0], end
    return (judgement.period.start_year if entry.timing == "flow" else end), end


def _central(
    judgement: Judgement, entry: SeriesEntry, base: tuple[float, float] | None
) -> tuple[float, float]:
    """Return the central value on the link scale, and the sd that its range tells; 0 without one.

    A range without a value has its centre in the middle, on the link scale.
    """
    taken = base[1] if entry.kind == "cumulative" and base is not None else 0.0

    def link(value: float) -> float:
        """Return the link value of a figure, or of what a total adds to its base."""
        if entry.kind == "real":
            return value
        if entry.kind == "share":
            return math.log(value) - math.log1p(-value)
        if value <= taken:
            raise ValueError(f"a total of {value:g} is no higher than the one known, {taken:g}")
        return math.log(value - taken)

    low, value, high = judgement.low, judgement.value, judgement.high
    range_sd = 0.0
    if low is not None and high is not None and low < high:
        range_sd = (link(high) - link(low)) / RANGE_SDS
    if value is not None:
        return link(value), range_sd
    if low is None or high is None:
        raise ValueError(f"the judgement {judgement.id} has no central value")
    return (link(low) + link(high)) / 2, range_sd


def _stretches(
    window: tuple[float, float],
    said: float,
    entry: SeriesEntry,
    observations: Observations,
    *,
    per_year: int,
) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """Return starts, ends and weights of the steps of a window, and the constant c."""
    start, end = window
    if end <= start:
        return np.array([end]), np.array([end]), np.ones(1), 0.0
    edges = cut_at_grid(start, end, per_year)
    starts, ends = edges[:-1], edges[1:]
    weights = (ends - starts) / (end - start)
    if not _is_amount(entry):
        return starts, ends, weights, 0.0
    middle = (start + end) / 2
    tilt = _growth(said, middle, observations) * ((starts + ends) / 2 - middle)
    tilted = weights * np.exp(tilt)
    total = float(tilted.sum())
    weights = tilted / total
    return starts, ends, weights, math.log(total) - float(weights @ tilt)


def cut_at_grid(start: float, end: float, per_year: int) -> FloatArray:
    """Return the edges of the steps between two times, decimal years."""
    first = math.floor(start * per_year + TOLERANCE) + 1
    last = math.ceil(end * per_year - TOLERANCE)
    inner = np.arange(first, last) / per_year
    return np.concatenate([[start], inner, [end]])


def _growth(said: float, middle: float, observations: Observations) -> float:
    """Return the growth a year from the figure of about a year before to the judgement.

    As for observations, no growth where it is small, or where no figure is that old.
    """
    middles = (observations.start + observations.end) / 2
    # a level that is only believed tells no growth
    is_figure = observations.noise_sd < LEAST_GROWTH
    old = np.flatnonzero((middles < middle - 0.5) & is_figure)
    if not len(old):
        return 0.0
    near = old[np.abs(middles[old] - (middle - 1)).argmin()]
    growth = (said - float(observations.z[near])) / (middle - float(middles[near]))
    return 0.0 if abs(growth) < LEAST_GROWTH else max(-MOST_GROWTH, min(MOST_GROWTH, growth))


def error_covariance(
    readings: Sequence[JudgementReading], kappa: FloatArray, noise_variance: FloatArray
) -> FloatArray:
    """Return the covariance of the errors of de-anchored values.

    Own errors, herd and publisher effects are blown up by 1 / (1 - kappa); statements about one
    figure share the error with which it will be published.

    Parameters
    ----------
    readings : n of them
    kappa : (n, n_points)
    noise_variance : (n_points,) of a published figure about the level, s_o^2

    Returns
    -------
    (n_points, n, n)
    """
    own, herd, publisher, offset = (
        np.array([getattr(r, name) for r in readings])
        for name in ("own_sd", "herd_sd", "publisher_sd", "offset_sd")
    )
    same_house, same_round, same_figure = (
        np.array([[getattr(a, name) == getattr(b, name) for b in readings] for a in readings])
        for name in ("house", "round", "figure")
    )
    stated = np.diag(own**2) + same_round * np.outer(herd, herd)
    stated = stated + same_house * (np.outer(publisher, publisher) + np.outer(offset, offset))
    blown = 1 / (1 - kappa.T)
    found = stated * blown[:, :, None] * blown[:, None, :]
    return np.asarray(found + same_figure * noise_variance[:, None, None])
