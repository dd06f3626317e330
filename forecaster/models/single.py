"""Hold the model of one series, whatever its family: what a fit and a forecast need of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from forecaster.models.observations import Observations
    from forecaster.models.static_effects import StaticPrior

    FloatArray = NDArray[np.float64]


@frozen
class Linked:
    """Observations whose link values hang on the hyperparameters.

    Attributes
    ----------
    z, noise_sd : (n_observations, n_points), or 1 in place of n_points where all share them
    log_jacobian : (n_points,) sum of log |dz / dvalue| beyond the observations' own
    """

    z: FloatArray
    noise_sd: FloatArray
    log_jacobian: FloatArray

    def at(self, points: slice) -> Linked:
        """Return the values at some of the points."""
        z, noise_sd = (a[:, points] if a.shape[1] > 1 else a for a in (self.z, self.noise_sd))
        return Linked(z, noise_sd, self.log_jacobian[points])


@frozen
class SingleModel:
    """A model of one series that is linear and Gaussian given few hyperparameters.

    Attributes
    ----------
    family : name in MODELS
    names : free hyperparameters
    theta_at : (n_points, n_free), standard normal -> (n_theta, n_points), the trend's rows first
    pymc_model : returns the same marginal likelihood, written independently
    linked_at : theta -> Linked, or None where link values do not hang on theta
    has_jumps : whether theta ends with the rate and the sd of jumps of the level
    cap : row of theta that holds the cap of a share, or None
    """

    family: str
    names: tuple[str, ...]
    observations: Observations
    static: StaticPrior
    theta_at: Callable[[FloatArray], FloatArray]
    pymc_model: Callable[[], Any]
    linked_at: Callable[[FloatArray], Linked | None] = lambda _: None
    has_jumps: bool = False
    cap: int | None = None
