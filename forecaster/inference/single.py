"""Turn the model of one series into a problem that an engine can weigh."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.inference.jumps import jump_log_likelihood
from forecaster.inference.kalman import log_likelihood
from forecaster.inference.timeline import lay_out
from forecaster.models.problem import Problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from forecaster.models.single import SingleModel

    FloatArray = NDArray[np.float64]


def single_problem(model: SingleModel) -> Problem:
    """Return the marginal likelihood of one series over its hyperparameters."""
    timeline = lay_out(model.observations, anchor=model.static.anchor)

    def likelihood(theta: FloatArray) -> FloatArray:
        """Return the log marginal likelihood, (n_theta, n_points) -> (n_points,)."""
        if model.has_jumps:
            return jump_log_likelihood(theta, model.observations, timeline, model.static)
        linked = model.linked_at(theta)
        found = log_likelihood(theta, model.observations, timeline, model.static, linked=linked)
        return found if linked is None else found + linked.log_jacobian

    return Problem(
        names=model.names,
        theta_at=model.theta_at,
        log_likelihood=likelihood,
        pymc_model=model.pymc_model,
        log_jacobian=model.observations.log_jacobian,
    )
