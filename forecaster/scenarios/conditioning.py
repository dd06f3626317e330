"""Weigh draws by how probable a condition is in each, and draw within the condition.

Of one draw, everything is held but one standard normal u, the coordinate of its innovations along
a direction that moves the figure seen. The condition then is a span of u, and

    weight  =  P(low < u < high),        u  is drawn anew between low and high.

Where the figure is linear on the link scale this is the exact Gaussian probability given the
hyperparameters and drivers. Elsewhere it is so too, for the ends of the span are found on the
figures themselves: no linearisation enters but the choice of the direction, which costs effective
draws where it is poor, and no bias. What is no span of u (counts drawn about their rate, figures
that turn back) is met by a defensive part that is drawn as if nothing were seen.

References
----------
Line sampling: Koutsourelakis, Pradlwarter and Schueller (2004), Prob. Eng. Mech. 19, 409.
Defensive mixtures: Hesterberg (1995), Technometrics 37, 185.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.normal import normal_cdf
from forecaster.inference.psis import effective_size, smooth_weights
from forecaster.inference.sobol import normal_quantile
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]

FARTHEST = 8.0
"""Ends of a span are looked for within so many standard deviations; beyond lies 1e-15."""
MOST_K_HAT = 0.7
_CLOSE_ENOUGH = 1e-4
_EDGE = 1e-3
_FEWEST = 30
"""Weights from which something can be said about all."""
_MOST_STEPS = 50
_LEAST_PROBABILITY = 1e-300


@frozen
class Span:
    """Where along its direction each draw meets a condition.

    Attributes
    ----------
    low, high : (n_draws,), -inf and inf where there is no such end; low > high: nowhere
    """

    low: FloatArray
    high: FloatArray

    def both(self, other: Span) -> Span:
        """Return where both conditions are met."""
        return Span(np.maximum(self.low, other.low), np.minimum(self.high, other.high))

    def where(self, holds: BoolArray) -> Span:
        """Return the same, nowhere in the draws that something else rules out."""
        return Span(np.where(holds, self.low, np.inf), np.where(holds, self.high, -np.inf))

    def holds(self, u: FloatArray) -> BoolArray:
        """Say which draws lie within."""
        return np.asarray((self.low <= u) & (u <= self.high))

    def is_edge(self, u: FloatArray) -> BoolArray:
        """Say which draws lie so near an end that it is not certain on which side."""
        near_low, near_high = np.abs(u - self.low) < _EDGE, np.abs(u - self.high) < _EDGE
        return np.asarray(near_low | near_high)

    @property
    def probability(self) -> FloatArray:
        """P(low < u < high) of a standard normal, (n_draws,)."""
        low, high = self._upper_tails()
        return np.where(self.low < self.high, np.maximum(low - high, 0.0), 0.0)

    def draw(self, rng: np.random.Generator) -> FloatArray:
        """Draw a standard normal within each span; where that is empty, anywhere."""
        low, high = self._upper_tails()
        is_open = self.low < self.high
        uniform = rng.random(len(low))
        tail = np.where(is_open, high + uniform * (low - high), uniform)
        value = -normal_quantile(np.clip(tail, _LEAST_PROBABILITY, 1 - 1e-16))
        is_flipped = is_open & (self.low < -self.high)
        value = np.where(is_flipped, -value, value)
        return np.where(is_open, np.clip(value, self.low, self.high), value)

    def _upper_tails(self) -> tuple[FloatArray, FloatArray]:
        """Return P(u > low) and P(u > high), of spans below the middle mirrored.

        Far below the middle the difference of two numbers near one would have no digits.
        """
        is_flipped = self.low < -self.high
        low = np.where(is_flipped, -self.high, self.low)
        high = np.where(is_flipped, -self.low, self.high)
        return normal_cdf(-np.clip(low, -40, 40)), normal_cdf(-np.clip(high, -40, 40))


def everywhere(n_draws: int) -> Span:
    """Return the span of a condition that always holds."""
    return Span(np.full(n_draws, -np.inf), np.full(n_draws, np.inf))


def find_span(margin: Callable[[FloatArray], FloatArray], n_draws: int) -> Span:
    """Return where a condition is met, found on the figures themselves.

    The margin is taken to rise or to fall along the direction, as the figures seen do. Regula
    falsi with the Illinois rule: on the link scale it is nearly a line, and few steps suffice.

    Parameters
    ----------
    margin : u, (n_draws,) -> by how much the condition is met, (n_draws,); negative where it is
        not
    """
    left, right = np.full(n_draws, -FARTHEST), np.full(n_draws, FARTHEST)
    at_left, at_right = margin(left), margin(right)
    is_met_left, is_met_right = at_left >= 0, at_right >= 0
    crosses = is_met_left != is_met_right
    side = np.zeros(n_draws, dtype=np.int64)
    for _ in range(_MOST_STEPS):
        if not crosses.any() or (right - left)[crosses].max() < _CLOSE_ENOUGH:
            break
        with np.errstate(all="ignore"):
            place = (left * at_right - right * at_left) / (at_right - at_left)
        # one side is good soon and the other is not: step over the root to close in on it
        place = place + _CLOSE_ENOUGH / 4 * side
        # a step of a whole number has no slope to follow: halve
        is_inside = (place > left) & (place < right)
        place = np.where(is_inside, place, (left + right) / 2)
        found = margin(place)
        to_left = (found >= 0) == is_met_left
        at_right = np.where(to_left & (side == 1), at_right / 2, at_right)
        at_left = np.where(~to_left & (side == -1), at_left / 2, at_left)
        left, at_left = np.where(to_left, place, left), np.where(to_left, found, at_left)
        right, at_right = np.where(to_left, right, place), np.where(to_left, at_right, found)
        side = np.where(to_left, 1, -1)
    # the end is the last place at which the condition was seen to hold
    low = np.where(is_met_left, -np.inf, np.where(crosses, right, np.inf))
    high = np.where(is_met_right, np.inf, np.where(crosses, left, -np.inf))
    return Span(low, high)


def defensive_part(span: Span, u: FloatArray, holds: BoolArray) -> float:
    """Return the part of the draws that had best be made as if nothing were seen.

    Where a part r of the draws that meet the condition lies outside the spans, and those inside
    weigh p on average, the weights' second moment r / d + (1 - r) p / (1 - d) is least at
    d / (1 - d) = sqrt(r / ((1 - r) p)).

    Parameters
    ----------
    span : where the condition was found to be met
    u, holds : (n_draws,) draws as they came, and whether they meet it in truth

    Returns
    -------
    0 where the spans are exact, else at least 0.05
    """
    within = span.holds(u)
    if bool(((holds == within) | span.is_edge(u)).all()):
        return 0.0
    outside = float((holds & ~within).sum()) / max(int(holds.sum()), 1)
    outside = min(max(outside, 0.02), 0.98)
    inside = max(float(span.probability.mean()), 1e-3)
    odds = math.sqrt(outside / ((1 - outside) * inside))
    return max(odds / (1 + odds), 0.05)


@frozen
class Bent:
    """Draws moved along their directions until they meet the condition.

    Attributes
    ----------
    u : (n_draws,) new coordinates
    weight : (n_draws,) target over proposal, where the condition is then found to hold
    """

    u: FloatArray
    weight: FloatArray


def bend(span: Span, *, defensive: float, rng: np.random.Generator) -> Bent:
    """Draw new coordinates from the truncated normal, some of them from the whole one.

    Parameters
    ----------
    defensive : part that is drawn from the whole normal; 0 where the span is exact
    """
    n_draws = len(span.low)
    probability = span.probability
    share = np.where(probability > 0, defensive, 1.0)
    is_free = rng.random(n_draws) < share
    u = np.where(is_free, rng.standard_normal(n_draws), span.draw(rng))
    inside = (probability > 0) & span.holds(u)
    within = np.where(inside, (1 - share) / np.maximum(probability, _LEAST_PROBABILITY), 0.0)
    with np.errstate(divide="ignore"):
        weight = 1 / (within + share)
    return Bent(u, np.where(np.isfinite(weight), weight, 0.0))


@frozen
class Certified:
    """What weighed draws are worth.

    Attributes
    ----------
    weights : (n,), sum to one, the largest smoothed
    ess, k_hat : of the weights; k_hat of those that differ from zero
    probability, error : of the condition, with its Monte Carlo standard error
    """

    weights: FloatArray
    ess: float
    k_hat: float
    probability: float
    error: float


def certify(weights: FloatArray, n_drawn: int, *, n_independent: int | None = None) -> Certified:
    """Return what weighed draws are worth.

    Parameters
    ----------
    weights : (n,) positive, of the draws that are kept
    n_drawn : how many were drawn; those not kept weigh nothing
    n_independent : how many posterior draws these were made of, where that is fewer
    """
    mean = float(weights.sum()) / n_drawn
    variance = float((weights**2).sum()) / n_drawn - mean**2
    n = n_independent or n_drawn
    error = math.sqrt(max(variance / n, 1 / (n_drawn + 2) ** 2 if mean < 1 else 0.0))
    if len(weights) == 0:
        return Certified(weights, 0.0, math.inf, 0.0, error)
    if len(weights) < _FEWEST:
        # too few to fit a tail to; they are also too few to go on with
        even = weights / weights.sum()
        return Certified(even, effective_size(even), math.inf, mean, error)
    n_largest = int(np.count_nonzero(weights > (1 - 1e-9) * weights.max()))
    if n_largest >= _FEWEST:
        # no weight exceeds a bound (one over the defensive part, say) that so many reach: there
        # is no tail to fit
        even = weights / weights.sum()
        return Certified(even, effective_size(even), -math.inf, mean, error)
    smoothed, k_hat = smooth_weights(np.log(weights))
    return Certified(smoothed, effective_size(smoothed), k_hat, mean, error)
