"""Hold what an engine of inference needs to know of a model family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]


@frozen
class Problem:
    """A likelihood over few hyperparameters that are standard normal under their prior.

    Attributes
    ----------
    names : free hyperparameters, in the order of the columns of a point
    theta_at : (n_points, n_free), standard normal -> (n_theta, n_points), natural scale; there
        may be more rows than free hyperparameters, some of them fixed
    log_likelihood : (n_theta, n_points) -> (n_points,), states and static effects integrated out
    pymc_model : returns the same likelihood as a PyMC model, written independently, with the free
        variable `theta_unit`, (n_free,), and a deterministic for each of `names`
    log_jacobian : carries the log evidence from the link scale to the scale of the data
    stand_ins : pairs of log-normal scales, by column, of which a history tells the total better
        than either; a joint family states them, and its proposals are made in totals and ratios
    """

    names: tuple[str, ...]
    theta_at: Callable[[FloatArray], FloatArray]
    log_likelihood: Callable[[FloatArray], FloatArray]
    pymc_model: Callable[[], Any]
    log_jacobian: float = 0.0
    stand_ins: tuple[tuple[int, int], ...] = ()

    @property
    def n_free(self) -> int:
        """How many hyperparameters are free."""
        return len(self.names)

    def log_likelihood_at(self, unit: FloatArray) -> FloatArray:
        """Return the log likelihood at standard normal points, (n_points, n_free)."""
        return self.log_likelihood(self.theta_at(unit))
