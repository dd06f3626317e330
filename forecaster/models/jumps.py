"""Declare the jumps family: a trend whose level also jumps now and then.

    dl = b dt + s_l dW + dJ,    J a compound Poisson process with normal jumps

In the history at most one jump is looked for, at the edge of a period; ahead they come at their
rate. So one ban or one giant funding round does not pass for volatility, and the next one is
allowed for. Given the jump's time everything is linear and Gaussian, and the times are few: the
likelihood is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.models.single import SingleModel
from forecaster.models.static_effects import DRIFT, LEVEL
from forecaster.models.trend import UNIT_NAME, static_covariance
from forecaster.models.trend import theta_at as trend_theta_at
from forecaster.models.window_covariance import cell_covariance, cut_into_cells
from forecaster.workspace.beliefs import THETA_NAMES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.models.observations import Observations
    from forecaster.models.static_effects import StaticPrior
    from forecaster.workspace.beliefs import LogNormal, TrendPrior

    FloatArray = NDArray[np.float64]

NAMES = (*THETA_NAMES, "jump_rate", "jump_sd")
JUMP_RATE, JUMP_SD = len(THETA_NAMES), len(THETA_NAMES) + 1
"""Rows of a theta array."""


@dataclass(frozen=True, slots=True)
class JumpPrior:
    """What is believed of jumps.

    Attributes
    ----------
    rate : jumps a year
    sd : of one jump, link units (times the typical change for kind real)
    """

    rate: LogNormal
    sd: LogNormal


def jumps_model(
    observations: Observations, static: StaticPrior, prior: TrendPrior, jumps: JumpPrior
) -> SingleModel:
    """Return the trend with jumps of one series."""

    def theta_at(unit: FloatArray) -> FloatArray:
        """Return (6, n_points) from (n_points, 6): the trend's rows, then rate and sd of jumps."""
        trend = trend_theta_at(unit[:, :JUMP_RATE], prior, scale=observations.scale)
        rate = jumps.rate.median * np.exp(jumps.rate.log_sd * unit[:, JUMP_RATE])
        sd = jumps.sd.median * np.exp(jumps.sd.log_sd * unit[:, JUMP_SD]) * observations.scale
        return np.ascontiguousarray(np.vstack([trend, rate, sd]))

    return SingleModel(
        family="jumps",
        names=NAMES,
        observations=observations,
        static=static,
        theta_at=theta_at,
        pymc_model=lambda: pymc_model(observations, static, prior, jumps),
        has_jumps=True,
    )


def _jump_columns(observations: Observations) -> tuple[FloatArray, FloatArray]:
    """Return (n, n_times) the share of each window after each time, and the years it stands for.

    Times are the edges of all windows from the first end of a window to before the last one.
    """
    start, end = observations.start, observations.end
    edges = np.sort(np.concatenate([start, end]))
    edges = edges[np.concatenate([[True], np.diff(edges) > 1e-9])]
    edges = edges[(edges > end.min() - 1e-9) & (edges < end.max() + 1e-9)]
    times, gaps = edges[:-1], np.diff(edges)
    length = end - start
    after = np.clip(end[:, None] - times, 0.0, length[:, None])
    is_point = length < 1e-9
    shares = after / np.where(is_point, 1.0, length)[:, None]
    return np.where(is_point[:, None], end[:, None] > times + 1e-9, shares), gaps


def pymc_model(
    observations: Observations, static: StaticPrior, prior: TrendPrior, jumps: JumpPrior
) -> Any:
    """Return the same marginal likelihood as a PyMC model, from its closed-form covariance.

    The jump's column enters the covariance by the determinant lemma, one time after the other.
    """
    import pymc
    import pytensor.tensor as pt

    o = observations
    start, end = o.start - static.anchor, o.end - static.anchor
    cell_start, cell_end, weights = cut_into_cells(start, end)
    scales = np.array([o.scale, o.scale, 1.0, o.scale, 1.0, o.scale])
    believed = (*prior.theta, jumps.rate, jumps.sd)
    log_median = np.log(np.array([p.median for p in believed]) * scales)
    log_sd = np.array([p.log_sd for p in believed])
    fixed = static_covariance(o, static) + np.diag(o.noise_sd**2)
    centred = o.z - static.mean[LEVEL] - static.mean[DRIFT] * (start + end) / 2
    regressors = slice(static.first_regressor, None)
    centred = centred - static.columns[:, regressors] @ static.mean[regressors]
    columns, gaps = _jump_columns(o)
    with pymc.Model() as model:
        unit = pymc.Normal(UNIT_NAME, 0.0, 1.0, shape=len(NAMES))
        theta = pt.exp(log_median + log_sd * unit)
        s_l, s_b, tau, s_o, rate, sd = (
            pymc.Deterministic(name, theta[j]) for j, name in enumerate(NAMES)
        )
        cells = cell_covariance(cell_start, cell_end, s_l=s_l, s_b=s_b, tau=tau)
        covariance = pt.dot(pt.dot(weights, cells), weights.T) + fixed + s_o**2 * np.eye(o.n)
        root = pt.linalg.cholesky(covariance)
        residual = centred - o.jensen * s_l**2
        white = pt.linalg.solve_triangular(root, residual, lower=True)
        jumped = pt.linalg.solve_triangular(root, columns, lower=True)
        spread = 1 + sd**2 * (jumped**2).sum(axis=0)
        ratio = 0.5 * (sd**2 * pt.dot(white, jumped) ** 2 / spread - pt.log(spread))
        odds = pt.concatenate([pt.zeros(1), pt.log(rate * gaps) + ratio])
        plain = pymc.logp(pymc.MvNormal.dist(mu=np.zeros(o.n), chol=root), residual)
        never = pt.log1p(rate * gaps.sum())
        pymc.Potential("link_value", plain + pt.logsumexp(odds) - never)
    return model
