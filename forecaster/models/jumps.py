"""Declare the jumps family: a trend whose level also jumps now and then.

    dl = b dt + s_l dW + dJ,    J a compound Poisson process with normal jumps

In the history at most one jump is looked for, at the edge of a period; ahead they come at their
rate. So one ban or one giant funding round does not pass for volatility, and the next one is
allowed for. Given the jump's time everything is linear and Gaussian, and the times are few: the
likelihood is exact.
"""

from __future__ import annotations

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
    from forecaster.workspace.beliefs import TrendPrior
    from forecaster.workspace.single_beliefs import JumpPrior

    FloatArray = NDArray[np.float64]

NAMES = (*THETA_NAMES, "jump_rate", "jump_sd")
JUMP_RATE, JUMP_SD = len(THETA_NAMES), len(THETA_NAMES) + 1
"""Rows of a theta array."""
_SAME_TIME = 1e-9
"""Years; edges closer than this are one."""


def jumps_model(
    observations: Observations, static: StaticPrior, prior: TrendPrior, jumps: JumpPrior
) -> SingleModel:
    """Return the trend with jumps of one series."""

    def theta_at(unit: FloatArray) -> FloatArray:
        """Return (6, n_points) from (n_points, 6): the trend's rows, then rate and sd of jumps."""
        trend = trend_theta_at(unit[:, :JUMP_RATE], prior, scale=observations.scale)
        rate = jumps.rate.median * np.exp(jumps.rate.log_sd * unit[:, JUMP_RATE])
        sd = jumps.size.median * np.exp(jumps.size.log_sd * unit[:, JUMP_SD]) * observations.scale
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


def share_after(start: FloatArray, end: FloatArray, time: FloatArray | float) -> FloatArray:
    """Return how much of each window lies after a time; of a point, whether it does.

    A point at the very time of a jump has not seen it.

    Parameters
    ----------
    start, end : (n,), equal for a point
    time : a number, or (n_times,)

    Returns
    -------
    (n,), or (n, n_times)
    """
    if np.ndim(time) == 1:
        start, end = start[:, None], end[:, None]
    length = end - start
    is_point = length < _SAME_TIME
    shares = np.clip(end - time, 0.0, length) / np.where(is_point, 1.0, length)
    return np.where(is_point, end > time + _SAME_TIME, shares)


def _jump_columns(observations: Observations) -> tuple[FloatArray, FloatArray]:
    """Return (n, n_times) the share of each window after each time, and the years it stands for.

    Times are the edges of all windows from the first end of a window to before the last one.
    """
    start, end = observations.start, observations.end
    edges = np.sort(np.concatenate([start, end]))
    edges = edges[np.concatenate([[True], np.diff(edges) > _SAME_TIME])]
    edges = edges[(edges > end.min() - _SAME_TIME) & (edges < end.max() + _SAME_TIME)]
    times, gaps = edges[:-1], np.diff(edges)
    return np.array([share_after(start, end, time) for time in times]).T, gaps


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
    believed = (*prior.theta, jumps.rate, jumps.size)
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
