"""Declare the trend family: a level whose slope reverts to a long-run drift.

    dl = b dt + s_l dW,    db = -(b - d)/tau dt + s_b sqrt(2/tau) dW'

The filter carries the level l and the stray slope b - d, and for flows the integral of l. The
level at the start, the drift and the offsets of the bases are static effects.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.workspace.beliefs import THETA_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from forecaster.models.observations import Observations
    from forecaster.workspace.beliefs import TrendPrior

    FloatArray = NDArray[np.float64]

S_L, S_B, TAU, S_O = range(len(THETA_NAMES))
"""Rows of a theta array."""
LEVEL, DRIFT, FIRST_OFFSET = 0, 1, 2
"""Rows of a static effects array; the offsets of the bases but the reference follow."""

SMALL = 0.5
"""Below this D/tau the closed forms of the step cancel and their series are used."""
_N_TERMS = 13


@dataclass(frozen=True, slots=True)
class Step:
    """Exact transition over a time D; every array has the shape of D broadcast with tau.

    With phi = exp(-D/tau): l += slope_gain * (b - d), the integral of l += D l + integral_gain *
    (b - d), and b - d is multiplied by phi; then noise with covariances q_xy is added
    (l level, b slope, i integral).
    """

    duration: FloatArray
    phi: FloatArray
    slope_gain: FloatArray
    integral_gain: FloatArray
    q_ll: FloatArray
    q_lb: FloatArray
    q_bb: FloatArray
    q_il: FloatArray
    q_ib: FloatArray
    q_ii: FloatArray


def _series(start: int, numerator: Callable[[int], int]) -> FloatArray:
    """Return the coefficients (-1)^k numerator(k) / k! for k = start, start + 1, ..."""
    powers = range(start, start + _N_TERMS)
    return np.array([(-1) ** k * numerator(k) / factorial(k) for k in powers])


# Series of what the closed forms lose: integrals over [0, a] of kernel products, the kernels being
# 1 - exp(-x) (level), exp(-x) (slope) and x - 1 + exp(-x) (integral); and that last one itself.
_LL = _series(3, lambda k: 2 - 2 ** (k - 1))
_IB = _series(3, lambda k: k - 2 ** (k - 1))
_II = _series(5, lambda k: 2 * k - 2 ** (k - 1))
_U = _series(2, lambda _: 1)


def _power_series(coefficients: FloatArray, a: FloatArray, start: int) -> FloatArray:
    """Return the sum of coefficients[k] a^(start + k), by Horner's rule."""
    total = np.full_like(a, coefficients[-1])
    for c in coefficients[-2::-1]:
        total *= a
        total += c
    return np.asarray(total * a**start)


def make_step(theta: FloatArray, duration: FloatArray | float) -> Step:
    """Return the exact transition of level, stray slope and integral over `duration`.

    Parameters
    ----------
    theta : (4, n_points), hyperparameters in the order of THETA_NAMES
    duration : years, a number or an array that broadcasts with (n_points,)

    Notes
    -----
    Noise covariances are 2 s_b^2 times the integral over [0, D/tau] of products of the kernels
    exp(-x), tau (1 - exp(-x)), tau^2 (x - 1 + exp(-x)), plus the level's own noise. Their closed
    forms lose all digits as D/tau falls (relative error 0.2 at 1e-5), hence the series.
    """
    tau, var_b, var_l = theta[TAU], theta[S_B] ** 2, theta[S_L] ** 2
    d = np.asarray(duration, dtype=np.float64)
    a = d / tau
    ll, ib, ii, u = _kernel_integrals(a)
    fallen = -np.expm1(-a)
    twice = 2 * var_b
    return Step(
        duration=np.broadcast_to(d, a.shape),
        phi=1.0 - fallen,
        slope_gain=tau * fallen,
        integral_gain=tau**2 * u,
        q_ll=twice * tau**2 * ll + var_l * d,
        q_lb=var_b * tau * fallen**2,
        q_bb=var_b * fallen * (2.0 - fallen),
        q_il=var_b * tau**3 * u**2 + var_l * d**2 / 2,
        q_ib=twice * tau**2 * ib,
        q_ii=twice * tau**4 * ii + var_l * d**3 / 3,
    )


def _kernel_integrals(a: FloatArray) -> tuple[FloatArray, ...]:
    """Return the integrals ll, ib, ii and u(a) = a - 1 + exp(-a), all digits kept."""
    small = a < SMALL
    low = np.where(small, a, 0.0)
    series = (
        _power_series(_LL, low, 3),
        _power_series(_IB, low, 3),
        _power_series(_II, low, 5),
        _power_series(_U, low, 2),
    )
    if small.all():
        return series
    one = np.exp(-a)
    two = one * one
    closed = (
        (2 * a - 3 + 4 * one - two) / 2,
        (1 - two) / 2 - a * one,
        a**3 / 3 - a**2 + a - 2 * a * one + (1 - two) / 2,
        a - 1 + one,
    )
    return tuple(np.where(small, s, c) for s, c in zip(series, closed, strict=True))


def theta_at(unit: FloatArray, prior: TrendPrior, *, scale: float) -> FloatArray:
    """Return hyperparameters at standard normal points: median * exp(log_sd * u).

    Parameters
    ----------
    unit : (n_points, 4), standard normal under the prior
    scale : link units per unit of the prior's scales; tau, in years, is not scaled

    Returns
    -------
    (4, n_points)
    """
    scales = np.array([scale, scale, 1.0, scale])
    median = np.array([p.median for p in prior.theta]) * scales
    log_sd = np.array([p.log_sd for p in prior.theta])
    return np.ascontiguousarray((median * np.exp(log_sd * unit)).T)


@dataclass(frozen=True, slots=True)
class StaticPrior:
    """Normal prior of the static effects: the level at the anchor, the drift, the offsets.

    Attributes
    ----------
    anchor : the time at which the level effect is the level, decimal years
    mean, sd : (n_effects,)
    columns : (n_observations, n_effects), what each effect adds to each observation
    """

    anchor: float
    mean: FloatArray
    sd: FloatArray
    columns: FloatArray


def static_prior(observations: Observations, prior: TrendPrior, *, is_share: bool) -> StaticPrior:
    """Return the prior and the design of the static effects.

    The level's prior is wide about the first value (10 link units; much wider ones lose digits),
    except for a share known at fewer than two points, where that would put it near 0 or 1.
    """
    o = observations
    thin = prior.thin_level if is_share and o.n < 2 else None
    level_mean = thin.mean if thin else float(o.z[0])
    level_sd = thin.sd if thin else prior.level_sd * o.scale
    anchor = float(o.start.min())
    n_offsets = len(o.bases) - 1
    columns = np.zeros((o.n, FIRST_OFFSET + n_offsets))
    columns[:, LEVEL] = 1.0
    columns[:, DRIFT] = (o.start + o.end) / 2 - anchor
    for basis in range(1, n_offsets + 1):
        columns[:, FIRST_OFFSET + basis - 1] = o.basis == basis
    return StaticPrior(
        anchor=anchor,
        mean=np.array([level_mean, prior.drift.mean * o.scale, *([0.0] * n_offsets)]),
        sd=np.array([level_sd, prior.drift.sd * o.scale, *o.offset_sd[1:]]),
        columns=columns,
    )


UNIT_NAME = "theta_unit"
"""The free variable of the PyMC model: (4,), standard normal under the prior."""
_SAME_EDGE = 1e-9
"""Edges closer than this, in years, are one: 2011.1 and 2010.1 + 1 differ by rounding."""
_SERIES_BELOW = 0.3
_WINDOW_TERMS = 14
"""Terms of the window functions below 0.3; the first left out is under 1e-18."""


def pymc_model(observations: Observations, static: StaticPrior, prior: TrendPrior) -> Any:
    """Return the same marginal likelihood as a PyMC model, from its closed-form covariance.

    No step, filter or design column of the functions above is used: windows are cut at every
    edge into cells, and two cells are either one or lie apart, so that the mean of
    exp(-|s - t| / tau) over a pair is a product and no difference of large terms is taken.

    Parameters
    ----------
    observations : Observations
    static : gives the means, sds and the anchor of the static effects
    prior : gives the medians and log sds of the hyperparameters

    Returns
    -------
    pymc.Model
        Free variable `UNIT_NAME`, deterministics s_l, s_b, tau and s_o.
    """
    import pymc
    import pytensor.tensor as pt

    o = observations
    start, end = o.start - static.anchor, o.end - static.anchor
    middle = (start + end) / 2
    cell_start, cell_end, weights = _cut_into_cells(start, end)
    scales = np.array([o.scale, o.scale, 1.0, o.scale])
    log_median = np.log(np.array([p.median for p in prior.theta]) * scales)
    log_sd = np.array([p.log_sd for p in prior.theta])
    basis_sd = np.concatenate([[0.0], static.sd[FIRST_OFFSET:]])[o.basis]
    fixed = static.sd[LEVEL] ** 2 + static.sd[DRIFT] ** 2 * np.outer(middle, middle)
    fixed += (o.basis[:, None] == o.basis) * basis_sd**2 + np.diag(o.noise_sd**2)
    centred = o.z - static.mean[LEVEL] - static.mean[DRIFT] * middle
    with pymc.Model() as model:
        unit = pymc.Normal(UNIT_NAME, 0.0, 1.0, shape=len(THETA_NAMES))
        theta = pt.exp(log_median + log_sd * unit)
        s_l, s_b, tau, s_o = (
            pymc.Deterministic(name, theta[j]) for j, name in enumerate(THETA_NAMES)
        )
        cells = _cell_covariance(cell_start, cell_end, s_l=s_l, s_b=s_b, tau=tau)
        if not np.array_equal(weights, np.eye(o.n)):
            cells = pt.dot(pt.dot(weights, cells), weights.T)
        covariance = cells + fixed + s_o**2 * np.eye(o.n)
        root = pt.linalg.cholesky(covariance)
        pymc.MvNormal("link_value", mu=o.jensen * s_l**2, chol=root, observed=centred)
    return model


def _cut_into_cells(
    start: FloatArray, end: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return starts and ends of the cells, and (n, n_cells) the share of each cell in a window."""
    ordered = np.unique(np.concatenate([start, end]))
    edges = ordered[np.concatenate([[True], np.diff(ordered) > _SAME_EDGE])]
    first = np.searchsorted(edges, start + _SAME_EDGE) - 1
    last = np.searchsorted(edges, end + _SAME_EDGE) - 1
    index: dict[tuple[int, int], int] = {}
    entries = []
    for i, (a, b) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        for part in [(k, k + 1) for k in range(a, b)] or [(a, a)]:
            share = (edges[part[1]] - edges[part[0]]) / (edges[b] - edges[a]) if b > a else 1.0
            entries.append((i, index.setdefault(part, len(index)), share))
    weights = np.zeros((len(start), len(index)))
    for i, j, share in entries:
        weights[i, j] = share
    cells = edges[np.array(list(index))]
    return cells[:, 0], cells[:, 1], weights


def _cell_covariance(start: FloatArray, end: FloatArray, *, s_l: Any, s_b: Any, tau: Any) -> Any:
    """Return Cov of the averages of the zero-mean level over cells, symbolic in theta.

    s_l^2 M + s_b^2 tau^2 (2 M / tau - 1 + e_i + e_j - E), where M is the mean of min(s, t), e of
    exp(-s / tau) and E of exp(-|s - t| / tau) (mathematics, section 1).
    """
    import pytensor.tensor as pt

    length, middle, same = end - start, (start + end) / 2, np.eye(len(start))
    shared = np.minimum(middle[:, None], middle)
    np.fill_diagonal(shared, start + length / 3)
    gap = np.maximum(np.maximum(start[:, None], start) - np.minimum(end[:, None], end), 0.0)
    x = length / tau
    low, high = pt.minimum(x, _SERIES_BELOW), pt.maximum(x, _SERIES_BELOW)
    # means of exp(-s) over [0, x] and of exp(-|s - t|) over its square; both 1 for a point
    once_low, both_low = 0.0, 0.0
    for k in range(_WINDOW_TERMS - 1, -1, -1):
        once_low = once_low * low + (-1.0) ** k / factorial(k + 1)
        both_low = both_low * low + 2 * (-1.0) ** k / factorial(k + 2)
    fall = pt.expm1(-high)
    once = pt.switch(x < _SERIES_BELOW, once_low, -fall / high)
    both = pt.switch(x < _SERIES_BELOW, both_low, 2 * (fall + high) / high**2)
    decay = pt.exp(-start / tau) * once
    pairs = pt.exp(-gap / tau) * once[:, None] * once * (1 - same) + same * both
    stray = 2 * shared + tau * (decay[:, None] + decay - 1 - pairs)
    return s_l**2 * shared + s_b**2 * tau * stray
