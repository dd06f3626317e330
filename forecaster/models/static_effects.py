"""Declare the effects of a series that do not change with time, with their normal priors.

They are the level at the anchor, the drift, the offsets of the bases, and whatever regressors the
series has: seasonal contrasts, dated events. The filter integrates them out of the likelihood.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.models.regressors import columns as regressor_columns
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.models.observations import Observations
    from forecaster.models.regressors import Regressor
    from forecaster.workspace.beliefs import TrendPrior

    FloatArray = NDArray[np.float64]

LEVEL, DRIFT, FIRST_OFFSET = 0, 1, 2
"""Rows of a static effects array; the offsets of the bases but the reference follow, then the
effects of the regressors."""


@frozen
class StaticPrior:
    """Normal prior of the static effects.

    Attributes
    ----------
    anchor : the time at which the level effect is the level, decimal years
    mean : (n_effects,)
    sd : (n_effects,), or (n_effects, n_points) where it hangs on the hyperparameters
    columns : (n_observations, n_effects), what each effect adds to each observation; a last axis
        of n_points where it differs between points
    regressors : whose effects are the last ones
    """

    anchor: float
    mean: FloatArray
    sd: FloatArray
    columns: FloatArray
    regressors: tuple[Regressor, ...] = ()

    @property
    def first_regressor(self) -> int:
        """Row of the first regressor's effect."""
        return len(self.mean) - len(self.regressors)

    def at(self, chosen: slice) -> StaticPrior:
        """Return the prior for some of the points."""
        if self.sd.ndim == 1 and self.columns.ndim == 2:
            return self
        sd = self.sd[:, chosen] if self.sd.ndim == 2 else self.sd
        columns = self.columns[..., chosen] if self.columns.ndim == 3 else self.columns
        return StaticPrior(self.anchor, self.mean, sd, columns, self.regressors)


def static_prior(
    observations: Observations,
    prior: TrendPrior,
    *,
    is_share: bool,
    regressors: Sequence[Regressor] = (),
) -> StaticPrior:
    """Return the prior and the design of the static effects.

    The level's prior is wide about the first value (10 link units; much wider ones lose digits),
    except for a share known at fewer than two points, where that would put it near 0 or 1.

    Parameters
    ----------
    regressors : each with `mean` and `sd` of its effect, link units
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
    offsets = [0.0] * n_offsets
    means = [level_mean, prior.drift.mean * o.scale, *offsets, *(r.mean for r in regressors)]
    sds = [level_sd, prior.drift.sd * o.scale, *o.offset_sd[1:], *(r.sd for r in regressors)]
    if regressors:
        columns = np.hstack([columns, regressor_columns(regressors, o.start, o.end)])
    return StaticPrior(anchor, np.array(means), np.array(sds), columns, tuple(regressors))
