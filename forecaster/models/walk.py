"""Declare the random walk with drift, the plain baseline of every pool.

    dl = d dt + s_l dW

It is the trend without a slope of its own, so it shares the trend's filter, with s_b held at a
value that moves nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.models.single import SingleModel
from forecaster.models.static_effects import DRIFT, LEVEL
from forecaster.models.trend import UNIT_NAME, static_covariance
from forecaster.models.window_covariance import cell_covariance, cut_into_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.models.observations import Observations
    from forecaster.models.static_effects import StaticPrior
    from forecaster.workspace.beliefs import TrendPrior

    FloatArray = NDArray[np.float64]

NAMES = ("s_l", "s_o")
STILL = 1e-6
"""s_b of a slope that does not move, in the prior's scale: 0 would leave its state singular."""
DRIFT_WIDTH = 2.0
"""The drift's prior is this much wider than the trend's: here it alone carries all growth."""


def walk_model(observations: Observations, static: StaticPrior, prior: TrendPrior) -> SingleModel:
    """Return the random walk with drift of one series."""
    wide = static.sd.copy()
    wide[DRIFT] *= DRIFT_WIDTH
    static = replace(static, sd=wide)

    def theta_at(unit: FloatArray) -> FloatArray:
        """Return (4, n_points) from (n_points, 2): s_l and s_o free, s_b and tau fixed."""
        median, log_sd = _moments(prior, observations.scale)
        free = median * np.exp(log_sd * unit)
        still = np.full(len(unit), STILL * observations.scale)
        return np.ascontiguousarray([free[:, 0], still, np.ones(len(unit)), free[:, 1]])

    return SingleModel(
        family="walk",
        names=NAMES,
        observations=observations,
        static=static,
        theta_at=theta_at,
        pymc_model=lambda: pymc_model(observations, static, prior),
    )


def _moments(prior: TrendPrior, scale: float) -> tuple[FloatArray, FloatArray]:
    """Return medians and log sds of s_l and s_o, link units."""
    s_l, _, _, s_o = prior.theta
    return np.array([s_l.median, s_o.median]) * scale, np.array([s_l.log_sd, s_o.log_sd])


def pymc_model(observations: Observations, static: StaticPrior, prior: TrendPrior) -> Any:
    """Return the same marginal likelihood as a PyMC model, from its closed-form covariance."""
    import pymc
    import pytensor.tensor as pt

    o = observations
    start, end = o.start - static.anchor, o.end - static.anchor
    cell_start, cell_end, weights = cut_into_cells(start, end)
    median, log_sd = _moments(prior, o.scale)
    fixed = static_covariance(o, static) + np.diag(o.noise_sd**2)
    regressors = static.columns[:, static.first_regressor :]
    centred = o.z - static.mean[LEVEL] - static.mean[DRIFT] * (start + end) / 2
    centred = centred - regressors @ static.mean[static.first_regressor :]
    with pymc.Model() as model:
        unit = pymc.Normal(UNIT_NAME, 0.0, 1.0, shape=len(NAMES))
        theta = pt.exp(np.log(median) + log_sd * unit)
        s_l, s_o = (pymc.Deterministic(name, theta[j]) for j, name in enumerate(NAMES))
        cells = cell_covariance(cell_start, cell_end, s_l=s_l, s_b=0.0, tau=1.0)
        covariance = pt.dot(pt.dot(weights, cells), weights.T) + fixed + s_o**2 * np.eye(o.n)
        root = pt.linalg.cholesky(covariance)
        pymc.MvNormal("link_value", mu=o.jensen * s_l**2, chol=root, observed=centred)
    return model
