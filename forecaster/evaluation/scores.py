"""Score probabilities, draws and bands against what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]


def brier(probability: ArrayLike, outcome: ArrayLike) -> FloatArray:
    """Return the Brier score of each answer, (p - y)^2; lower is better, 0 to 1.

    Parameters
    ----------
    probability : (n,), in [0, 1]
    outcome : (n,), 1 or True where it happened, else 0 or False

    Returns
    -------
    (n,)

    Raises
    ------
    ValueError
        If a probability is outside [0, 1] or an outcome is neither 0 nor 1.

    References
    ----------
    Brier (1950), Monthly Weather Review 78, 1; half of the original, two-category score.
    """
    p, y = _checked(probability, outcome)
    return np.asarray((p - y) ** 2)


def crps_of_draws(draws: ArrayLike, outcome: float) -> float:
    """Return the continuous ranked probability score of a set of draws, in their unit.

    With x_(i) the i-th smallest of n draws: mean |x - y| - sum (2 i - n - 1) x_(i) / n^2.

    Parameters
    ----------
    draws : (n_draws,), finite
    outcome : what happened

    Raises
    ------
    ValueError
        If there are no draws.

    References
    ----------
    Gneiting and Raftery (2007), JASA 102, 359: equation 21, of the draws' own distribution.
    """
    x = np.sort(np.asarray(draws, dtype=np.float64))
    if not x.size:
        raise ValueError("no draws to score")
    n = x.size
    spread = float((2 * np.arange(1, n + 1) - n - 1) @ x) / n**2
    return float(np.abs(x - outcome).mean()) - spread


def weighted_interval_score(
    median: float, bands: Mapping[float, tuple[float, float]], outcome: float
) -> float:
    """Return the weighted interval score of a median and some central bands, in their unit.

        (|y - m| / 2 + sum_k a_k / 2 IS_k) / (K + 1/2),    a_k = 1 - coverage of band k
        IS_k = (u - l) + 2 / a_k ((l - y)_+ + (y - u)_+)

    Parameters
    ----------
    bands : coverage -> (lower, upper)

    Raises
    ------
    ValueError
        If a coverage is outside (0, 1).

    References
    ----------
    Bracher, Ray, Gneiting and Reich (2021), PLoS Computational Biology 17, e1008618.
    """
    total = abs(outcome - median) / 2
    for coverage, (lower, upper) in bands.items():
        if not 0 < coverage < 1:
            raise ValueError(f"coverage must lie in (0, 1), not {coverage}")
        missed = max(lower - outcome, 0.0) + max(outcome - upper, 0.0)
        total += (1 - coverage) / 2 * (upper - lower) + missed
    return total / (len(bands) + 0.5)


def weighted_mean(values: ArrayLike, weights: ArrayLike) -> float:
    """Return sum(w x) / sum(w).

    Parameters
    ----------
    values, weights : (n,); weights not negative, some positive

    Raises
    ------
    ValueError
        If the weights are negative or all zero, or the lengths differ.
    """
    x, w = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if x.shape != w.shape:
        raise ValueError(f"{x.shape} values with {w.shape} weights")
    if not (w >= 0).all() or not w.sum() > 0:
        raise ValueError(f"weights must not be negative, nor all zero: {w}")
    return float(x @ w / w.sum())


@frozen
class ReliabilityBin:
    """One point of a reliability diagram.

    Attributes
    ----------
    lower, upper : probabilities that fall in, lower included; the last bin holds 1
    mean_forecast : weighted mean of the probabilities
    observed_frequency : weighted share of them that came true
    n : how many answers
    weight : share of all weight
    """

    lower: float
    upper: float
    mean_forecast: float
    observed_frequency: float
    n: int
    weight: float


def reliability(
    probability: ArrayLike, outcome: ArrayLike, weights: ArrayLike, *, n_bins: int
) -> tuple[ReliabilityBin, ...]:
    """Return the reliability diagram in bins of equal width; empty bins are left out.

    Parameters
    ----------
    probability, outcome : (n,), as for `brier`
    weights : (n,), not negative
    n_bins : int

    Raises
    ------
    ValueError
        As `brier`, or if the weights of a bin are negative or all zero.
    """
    p, y = _checked(probability, outcome)
    w = np.asarray(weights, dtype=np.float64)
    index = np.minimum((p * n_bins).astype(np.int64), n_bins - 1)
    found = []
    for k in range(n_bins):
        inside = index == k
        if not inside.any():
            continue
        found.append(
            ReliabilityBin(
                lower=k / n_bins,
                upper=(k + 1) / n_bins,
                mean_forecast=weighted_mean(p[inside], w[inside]),
                observed_frequency=weighted_mean(y[inside], w[inside]),
                n=int(inside.sum()),
                weight=float(w[inside].sum() / w.sum()),
            )
        )
    return tuple(found)


def _checked(probability: ArrayLike, outcome: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return both as arrays of floats, after checking their ranges."""
    p = np.asarray(probability, dtype=np.float64)
    y = np.asarray(outcome, dtype=np.float64)
    if p.shape != y.shape:
        raise ValueError(f"{p.shape} probabilities with {y.shape} outcomes")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"probabilities must lie in [0, 1]: {p}")
    if not ((y == 0) | (y == 1)).all():
        raise ValueError(f"outcomes must be 0 or 1: {y}")
    return p, y
