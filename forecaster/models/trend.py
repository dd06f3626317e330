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

from forecaster.models.single import SingleModel
from forecaster.models.static_effects import DRIFT, FIRST_OFFSET, LEVEL
from forecaster.models.window_covariance import cell_covariance, cut_into_cells
from forecaster.workspace.beliefs import THETA_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from forecaster.models.observations import Observations
    from forecaster.models.static_effects import StaticPrior
    from forecaster.workspace.beliefs import TrendPrior

    FloatArray = NDArray[np.float64]

S_L, S_B, TAU, S_O = range(len(THETA_NAMES))
"""Rows of a theta array."""

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


def trend_model(observations: Observations, static: StaticPrior, prior: TrendPrior) -> SingleModel:
    """Return the trend of one series."""
    return SingleModel(
        family="trend",
        names=THETA_NAMES,
        observations=observations,
        static=static,
        theta_at=lambda unit: theta_at(unit, prior, scale=observations.scale),
        pymc_model=lambda: pymc_model(observations, static, prior),
    )


UNIT_NAME = "theta_unit"
"""The free variable of the PyMC model: (4,), standard normal under the prior."""


def static_covariance(observations: Observations, static: StaticPrior) -> FloatArray:
    """Return the covariance (n, n) that the static effects give the observations."""
    o = observations
    middle = (o.start + o.end) / 2 - static.anchor
    basis_sd = np.concatenate([[0.0], static.sd[FIRST_OFFSET : static.first_regressor]])[o.basis]
    regressors = static.columns[:, static.first_regressor :] * static.sd[static.first_regressor :]
    covariance = static.sd[LEVEL] ** 2 + static.sd[DRIFT] ** 2 * np.outer(middle, middle)
    covariance += (o.basis[:, None] == o.basis) * basis_sd**2
    return np.asarray(covariance + regressors @ regressors.T)


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
    cell_start, cell_end, weights = cut_into_cells(start, end)
    scales = np.array([o.scale, o.scale, 1.0, o.scale])
    log_median = np.log(np.array([p.median for p in prior.theta]) * scales)
    log_sd = np.array([p.log_sd for p in prior.theta])
    fixed = static_covariance(o, static) + np.diag(o.noise_sd**2)
    regressors = static.columns[:, static.first_regressor :]
    centred = o.z - static.mean[LEVEL] - static.mean[DRIFT] * middle
    centred = centred - regressors @ static.mean[static.first_regressor :]
    with pymc.Model() as model:
        unit = pymc.Normal(UNIT_NAME, 0.0, 1.0, shape=len(THETA_NAMES))
        theta = pt.exp(log_median + log_sd * unit)
        s_l, s_b, tau, s_o = (
            pymc.Deterministic(name, theta[j]) for j, name in enumerate(THETA_NAMES)
        )
        cells = cell_covariance(cell_start, cell_end, s_l=s_l, s_b=s_b, tau=tau)
        if not np.array_equal(weights, np.eye(o.n)):
            cells = pt.dot(pt.dot(weights, cells), weights.T)
        covariance = cells + fixed + s_o**2 * np.eye(o.n)
        root = pt.linalg.cholesky(covariance)
        pymc.MvNormal("link_value", mu=o.jensen * s_l**2, chol=root, observed=centred)
    return model
