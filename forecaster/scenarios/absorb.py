"""Keep a forecast as wide as its history says: drivers in the history are in its width already."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.scenarios.effects import at_times, contribution, key_of_effect
from forecaster.scenarios.shapes import ADDITIVE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.scenarios.effects import BasePath
    from forecaster.scenarios.worlds import Worlds
    from forecaster.workspace.driver_types import Effect

    FloatArray = NDArray[np.float64]

LEAST_VARIANCE = 0.25
"""Part of the fitted variance that innovations keep, whatever drivers there are."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What drivers do to a series, against what it does by itself, link scale.

    Attributes
    ----------
    mean, sd : of the summed effects after some years
    latent_sd : of the innovations by then
    """

    mean: float
    sd: float
    latent_sd: float

    @property
    def ratio(self) -> float:
        """Root mean square of the effects over the sd of the series; above 1 they outweigh it."""
        size = math.hypot(self.mean, self.sd)
        return size / self.latent_sd if self.latent_sd else math.inf if size else 0.0


def absorbed_scale(effects: Sequence[Effect], baseline: Worlds, path: BasePath) -> FloatArray:
    """Return by what the innovation part of a path is multiplied at each step end.

    So that innovations and the drivers that the history holds, each variance weighted by its
    `in_history`, have the fitted variance together. In the baseline; scenarios use the same.

    Returns
    -------
    (n_steps + 1,), between sqrt(LEAST_VARIANCE) and 1
    """
    inside = [e for e in effects if e.shape in ADDITIVE and e.in_history > 0]
    scale = np.ones(len(path.ends))
    if not inside:
        return scale
    driven = _driven_variance(inside, baseline, path.ends)
    fitted = (path.levels - path.continuation).var(axis=1)
    moves = fitted > 0
    left = 1 - driven[moves] / fitted[moves]
    scale[moves] = np.sqrt(np.maximum(left, LEAST_VARIANCE))
    return scale


def _driven_variance(effects: Sequence[Effect], baseline: Worlds, ends: FloatArray) -> FloatArray:
    """Return the variance of what drivers put into a series, weighted by `in_history`, (n_ends,).

    The same for every scenario of a series, so it is worked out once.
    """
    key = ("driven", tuple(key_of_effect(e) for e in effects), ends.tobytes())
    if key not in baseline.memo:
        total = np.zeros((baseline.quarters.n + 1, baseline.n_draws))
        for effect in effects:
            total += math.sqrt(effect.in_history) * contribution(effect, baseline, baseline)
        baseline.memo[key] = at_times(total, baseline, ends).var(axis=1)
    return np.asarray(baseline.memo[key])


def absorbed_path(path: BasePath, scale: FloatArray) -> FloatArray:
    """Return the levels of a path with its innovation part scaled, (n_steps + 1, n_draws)."""
    return np.asarray(path.continuation + scale[:, None] * (path.levels - path.continuation))


def driver_budget(shift: FloatArray, latent_sd: float) -> Budget:
    """Return the budget of the drivers of a series.

    Parameters
    ----------
    shift : (n_draws,) summed effects at the date in question, five years ahead by custom
    latent_sd : sd of the series' innovations by that date, link units
    """
    return Budget(float(shift.mean()), float(shift.std()), latent_sd)
