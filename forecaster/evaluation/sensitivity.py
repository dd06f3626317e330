"""Say how much a forecast leans on the prior and on the history, without fitting again.

Prior or likelihood is raised to a power a near one, and the draws are weighed anew:

    prior       p(u)^a L(u)        weights   p(u)^(a-1)
    likelihood  p(u) L(u)^a        weights   L(u)^(a-1)

u are the hyperparameters on the scale on which their prior is standard normal, L is the likelihood
with states and static effects integrated out. How far a quantity moves is the cumulative
Jensen-Shannon distance between its two distributions, for a doubling of the power. A static effect
that is drawn, such as the long-run rate, enters the prior with its own density.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

POWERS = (0.99, 1.01)
"""Close to one, so that what is found is a slope and the weights stay even."""
THRESHOLD = 0.05
"""Kallioinen et al. (2023) take a quantity for sensitive above it."""

MEANINGS = {
    "strong prior": "a strong prior or a weak likelihood: the history hardly speaks to it",
    "conflict": "prior and history may pull in different directions",
}
"""What a diagnosis means, in plain words."""


@frozen
class Sensitivity:
    """How one quantity answers to prior and likelihood.

    Attributes
    ----------
    quantity : in words
    prior, likelihood : distance for a doubling of the power
    """

    quantity: str
    prior: float
    likelihood: float

    @property
    def diagnosis(self) -> str:
        """A key of MEANINGS, or nothing where there is nothing to say."""
        if self.prior < THRESHOLD:
            return ""
        return "strong prior" if self.likelihood < THRESHOLD else "conflict"


def sensitivities(
    quantities: Mapping[str, FloatArray],
    *,
    log_prior: FloatArray,
    log_likelihood: FloatArray,
    weights: FloatArray,
) -> tuple[Sensitivity, ...]:
    """Return how each quantity answers to the powers of prior and likelihood.

    Parameters
    ----------
    quantities : name -> (n,) its value at every point
    log_prior, log_likelihood : (n,) at every point, whatever their constants
    weights : (n,) of the points under the posterior, sum to one

    References
    ----------
    Kallioinen, Paananen, Buerkner and Vehtari (2023), Statistics and Computing 34, 57.
    """
    return tuple(
        Sensitivity(
            name,
            prior=slope_of_distance(values, weights, scaled_by(log_prior)),
            likelihood=slope_of_distance(values, weights, scaled_by(log_likelihood)),
        )
        for name, values in quantities.items()
    )


def scaled_by(log_density: FloatArray) -> Callable[[float], FloatArray]:
    """Return what changes the log weights when a density is raised to a power."""
    return lambda power: (power - 1) * log_density


def slope_of_distance(
    values: FloatArray, weights: FloatArray, change: Callable[[float], FloatArray]
) -> float:
    """Return the mean distance at both powers, for a doubling of the power.

    Parameters
    ----------
    values, weights : (n,)
    change : power -> (n,) what it adds to the log weights
    """
    found = [
        cjs_distance(values, weights, reweighed(weights, change(power))) / abs(math.log2(power))
        for power in POWERS
    ]
    return float(np.mean(found))


def reweighed(weights: FloatArray, log_change: FloatArray) -> FloatArray:
    """Return weights times exp of a change, summing to one."""
    used = weights > 0
    top = log_change[used].max()
    raw = np.where(used, weights * np.exp(np.minimum(log_change - top, 0.0)), 0.0)
    return np.asarray(raw / raw.sum())


def cjs_distance(values: FloatArray, first: FloatArray, second: FloatArray) -> float:
    """Return the cumulative Jensen-Shannon distance of one set of values under two weightings.

    With P and Q the distribution functions and M their mean, the divergence is

        D = int P log2(P/M) + (M - P) / ln 2 dx  +  the same of Q,

    divided by int P + Q, and the distance its square root. It does not hang on the values' unit,
    but on their direction: the larger of the distances of x and -x is taken.

    Parameters
    ----------
    values : (n,)
    first, second : (n,) weights, each summing to one

    References
    ----------
    Nguyen and Vreeken (2015), ECML PKDD 9285, 173; as in Kallioinen et al. (2023), section 3.
    """
    return max(_one_sided(values, first, second), _one_sided(-values, first, second))


def _one_sided(values: FloatArray, first: FloatArray, second: FloatArray) -> float:
    """Return the distance in one direction."""
    order = np.argsort(values, kind="stable")
    widths = np.diff(values[order])
    p, q = np.cumsum(first[order])[:-1], np.cumsum(second[order])[:-1]
    middle = (p + q) / 2
    bound = float(widths @ (p + q))
    if not bound > 0:
        return 0.0
    total = 0.0
    for f in (p, q):
        ratio = np.where(f > 0, f / np.where(middle > 0, middle, 1.0), 1.0)
        total += float(widths @ (f * np.log2(ratio) + (middle - f) / math.log(2)))
    return math.sqrt(max(total, 0.0) / bound)


def moved_quantile(
    values: FloatArray, weights: FloatArray, quantile_levels: Sequence[float]
) -> FloatArray:
    """Return quantiles of weighted values, (n_levels,): the least value with so much weight."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    at = np.searchsorted(reached, np.asarray(quantile_levels) * reached[-1])
    return np.asarray(values[order][np.minimum(at, len(values) - 1)])
