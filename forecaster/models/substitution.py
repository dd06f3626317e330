"""Declare the substitution family: a share that fills a market up to an uncertain cap.

The trend runs on logit(value / cap). Fisher and Pry (1971) saw that one technology replaces another
along a logistic curve; a cap below one leaves room for those who never change. The cap is a
hyperparameter, so link values and the Jacobian hang on it.

    v = cap logistic(level + error of size s_o),   logit(figure) = logit(v) + error of measurement

The error of measurement knows nothing of caps: on the link scale it is stretched as the logit is,
by cap (1 - v) / (cap - v). Where it kept its size there, a cap just above a figure that is printed
again and again made that figure as sure as one likes: eight times 0.60 spoke for a cap of 0.6000
by 62 log units against the trend, and the next figure, 0.61, was 52 less likely. The stretched
error is a normal one only while it is small, so the market is believed not to be full up to the
error of its figures: caps that add more than `MOST_ADDED` to an error lose weight. Those eight
figures then speak for a cap about 0.63 by 6.5 log units, and 0.61 is 0.3 less likely than by the
trend.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.errors import InputError
from forecaster.models.single import Linked, SingleModel
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
    from forecaster.workspace.series_beliefs import Cap

    FloatArray = NDArray[np.float64]

NAMES = (*THETA_NAMES, "cap")
CAP = len(THETA_NAMES)
"""Row of a theta array."""
LEAST_ROOM = 1e-6
"""A figure must lie this much below the cap."""
MOST_ADDED = 0.25
"""Link units that the nearness of the cap may add to the error of a figure."""
ADDED_LOG_SD = 0.1
"""Over how much of the logarithm of the added error the weight beyond that falls away."""
MOST_SDS = 3.0
"""A cap farther than this above the middle of its prior, link sds, is not believed in."""
IMPOSSIBLE = -1e6
"""Log density at caps that a figure exceeds; finite, for the search for modes takes differences."""


def substitution_model(
    observations: Observations, static: StaticPrior, prior: TrendPrior, cap: Cap
) -> SingleModel:
    """Return the substitution of one share.

    Parameters
    ----------
    observations : of a share, link values being logits of the share itself

    Raises
    ------
    InputError
        If a figure is so high that hardly any cap believed in lies above it.
    """
    _check_room(observations, cap)

    def theta_at(unit: FloatArray) -> FloatArray:
        """Return (5, n_points) from (n_points, 5): the trend's rows, then the cap."""
        trend = trend_theta_at(unit[:, :CAP], prior, scale=observations.scale)
        caps = 1 / (1 + np.exp(-(cap.mean + cap.sd * unit[:, CAP])))
        return np.ascontiguousarray(np.vstack([trend, caps]))

    return SingleModel(
        family="substitution",
        names=NAMES,
        observations=observations,
        static=static,
        theta_at=theta_at,
        pymc_model=lambda: pymc_model(observations, static, prior, cap),
        linked_at=lambda theta: linked_at(theta, observations),
        cap=CAP,
    )


def _check_room(observations: Observations, cap: Cap) -> None:
    """Check that caps above every figure are believed in: a fit to none of them says nothing."""
    highest = float(observations.z.max())
    most = cap.mean + MOST_SDS * cap.sd
    if highest >= most:
        share, limit = (1 / (1 + np.exp(-x)) for x in (highest, most))
        raise InputError(
            problem=f"a figure of {share:.4g} leaves no room below the caps believed in, "
            f"at most {limit:.4g}",
            where="model 'substitution'",
            fix="choose another model, or state a higher cap in the series' beliefs",
        )


def linked_at(theta: FloatArray, observations: Observations) -> Linked:
    """Return the link values under each cap.

    With v the share, z = log v - log(cap - v), and dz / d logit(v) = cap (1 - v) / (cap - v)
    stretches the error of a figure and is the Jacobian beside the one of the logit. The weight of
    a market that is not full yet is part of what is returned as the Jacobian: it depends on the
    figures and the cap alone.
    """
    cap = theta[CAP]
    share = 1 / (1 + np.exp(-observations.z[:, None]))
    room = cap - share
    is_possible = (room > LEAST_ROOM).all(axis=0)
    room = np.maximum(room, LEAST_ROOM)
    stretch = cap * (1 - share) / room
    noise_sd = observations.noise_sd[:, None]
    added = noise_sd * np.maximum(stretch - 1, 0.0)
    beyond = np.log(np.maximum(added / MOST_ADDED, 1.0)) / ADDED_LOG_SD
    log_weight = np.log(stretch).sum(axis=0) - (beyond**2).sum(axis=0) / 2
    return Linked(
        z=np.log(share) - np.log(room),
        noise_sd=noise_sd * stretch,
        log_jacobian=np.where(is_possible, log_weight, IMPOSSIBLE),
    )


def pymc_model(observations: Observations, static: StaticPrior, prior: TrendPrior, cap: Cap) -> Any:
    """Return the same marginal likelihood as a PyMC model, from its closed-form covariance."""
    import pymc
    import pytensor.tensor as pt

    o = observations
    start, end = o.start - static.anchor, o.end - static.anchor
    cell_start, cell_end, weights = cut_into_cells(start, end)
    scales = np.array([o.scale, o.scale, 1.0, o.scale])
    log_median = np.log(np.array([p.median for p in prior.theta]) * scales)
    log_sd = np.array([p.log_sd for p in prior.theta])
    fixed = static_covariance(o, static)
    expected = static.mean[LEVEL] + static.mean[DRIFT] * (start + end) / 2
    expected = (
        expected
        + static.columns[:, static.first_regressor :] @ (static.mean[static.first_regressor :])
    )
    share = np.exp(o.z) / (1 + np.exp(o.z))
    with pymc.Model() as model:
        unit = pymc.Normal(UNIT_NAME, 0.0, 1.0, shape=len(NAMES))
        scale = pt.exp(log_median + log_sd * unit[:CAP])
        s_l, s_b, tau, s_o = (
            pymc.Deterministic(name, scale[j]) for j, name in enumerate(THETA_NAMES)
        )
        limit = pymc.Deterministic("cap", pt.sigmoid(cap.mean + cap.sd * unit[CAP]))
        room = pt.maximum(limit - share, LEAST_ROOM)
        link = pt.log(share / room)
        stretch = limit * (1 - share) / room
        cells = cell_covariance(cell_start, cell_end, s_l=s_l, s_b=s_b, tau=tau)
        covariance = pt.dot(pt.dot(weights, cells), weights.T) + fixed
        covariance += pt.diag((o.noise_sd * stretch) ** 2) + s_o**2 * np.eye(o.n)
        mean = expected + o.jensen * s_l**2
        # observed values that hang on a parameter: their density enters as a potential
        pymc.Potential(
            "link_value",
            pymc.logp(pymc.MvNormal.dist(mu=mean, chol=pt.linalg.cholesky(covariance)), link),
        )
        is_possible = pt.all(limit - share > LEAST_ROOM)
        pymc.Potential("jacobian", pt.switch(is_possible, pt.log(stretch).sum(), IMPOSSIBLE))
        excess = pt.log(pt.maximum(o.noise_sd * (stretch - 1) / MOST_ADDED, 1.0))
        not_full = -(excess**2).sum() / (2 * ADDED_LOG_SD**2)
        pymc.Potential("not_full", pt.switch(is_possible, not_full, 0.0))
    return model
