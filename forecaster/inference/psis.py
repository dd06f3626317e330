"""Smooth importance weights, and measure how far they can be trusted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

LEAST_TAIL = 5
"""A generalised Pareto distribution is not fitted to fewer weights."""
_PRIOR_WEIGHT = 10
"""Observations' worth of a shape of one half, which steadies short tails."""


def smooth_weights(log_weights: FloatArray) -> tuple[FloatArray, float]:
    """Replace the largest weights by expected order statistics of a fitted Pareto tail.

    Parameters
    ----------
    log_weights : (n,), unnormalised

    Returns
    -------
    weights : (n,), normalised to sum to one
    k_hat : float
        Estimated shape of the tail; below 0.5 the weights have a finite variance. Infinite when
        fewer than LEAST_TAIL weights differ from zero or a weight is not a number.

    References
    ----------
    Vehtari, Simpson, Gelman, Yao and Gabry (2024), JMLR 25(72); tail fit of Zhang and Stephens
    (2009), Technometrics 51, 316.
    """
    n = len(log_weights)
    if np.isnan(log_weights).any():
        return np.full(n, 1 / n), math.inf
    weights = np.exp(log_weights - log_weights.max())
    n_tail = math.ceil(min(n / 5, 3 * math.sqrt(n)))
    order = np.argsort(weights, kind="stable")
    tail = order[-n_tail:]
    cut = weights[order[-n_tail - 1]]
    excess = weights[tail] - cut
    if n_tail < LEAST_TAIL or np.count_nonzero(excess) < LEAST_TAIL:
        # a flat tail is harmless when the weights are equal, and hopeless when nearly all are zero
        is_even = np.count_nonzero(weights > weights.max() / 2) > n / 2
        return weights / weights.sum(), (-math.inf if is_even else math.inf)
    k_hat, scale = fit_pareto(excess)
    if math.isfinite(k_hat):
        probability = (np.arange(n_tail) + 0.5) / n_tail
        stretched = -np.log1p(-probability)
        if abs(k_hat) > 1e-12:
            # hopeless tails would overflow; they are cut to the largest weight below all the same
            stretched = np.expm1(np.minimum(k_hat * stretched, 700.0)) / k_hat
        weights[tail] = np.minimum(cut + scale * stretched, 1.0)
    return weights / weights.sum(), k_hat


def fit_pareto(excess: FloatArray) -> tuple[float, float]:
    """Fit a generalised Pareto distribution to positive excesses sorted upwards.

    Returns
    -------
    shape, scale : shape > 0 for a heavy tail, drawn towards one half as short tails need
    """
    n = len(excess)
    n_grid = 30 + math.isqrt(n)
    quartile = excess[int(n / 4 + 0.5) - 1]
    grid = 1 - np.sqrt(n_grid / (np.arange(1, n_grid + 1) - 0.5))
    grid = grid / (3 * max(quartile, 1e-300)) + 1 / excess[-1]
    shapes = np.log1p(-grid[:, None] * excess).mean(axis=1)
    profile = n * (np.log(-grid / shapes) - shapes - 1)
    weights = np.exp(profile - profile.max())
    theta = float((grid * weights).sum() / weights.sum())
    shape = float(np.log1p(-theta * excess).mean())
    scale = -shape / theta
    return (n * shape + _PRIOR_WEIGHT * 0.5) / (n + _PRIOR_WEIGHT), scale


def effective_size(weights: FloatArray) -> float:
    """Return Kish's effective sample size of normalised weights (n,)."""
    return float(1 / (weights**2).sum())
