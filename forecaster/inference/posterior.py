"""Draw hyperparameters, static effects and final states from a weighed posterior."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.kalman import integrate_static, run_filter
from forecaster.inference.timeline import LEVEL_STATE, SLOPE_STATE
from forecaster.models.static_effects import DRIFT, LEVEL
from forecaster.records import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.inference.kalman import Marginal
    from forecaster.inference.report import FitReport
    from forecaster.inference.timeline import Timeline
    from forecaster.models.observations import Observations
    from forecaster.models.single import Linked
    from forecaster.models.static_effects import StaticPrior

    FloatArray = NDArray[np.float64]

_CHUNK_VALUES = 4_000_000
"""Numbers that the filter may hold at once, to keep memory flat when many windows are kept."""


@frozen
class Posterior:
    """Joint draws of everything that a trajectory starts from.

    Attributes
    ----------
    theta : (n_theta, n_draws) hyperparameters
    theta_index : (n_draws,) draws with the same number share their hyperparameters
    effects : (n_effects, n_draws) level at the anchor, drift, offsets of the bases, regressors
    state : (2, n_draws) level and stray slope b - d at the end of the timeline
    kept : (n_kept, n_draws) level, or average over a window, of the timeline's kept ones
    report : FitReport
    """

    theta: FloatArray
    theta_index: NDArray[np.int64]
    effects: FloatArray
    state: FloatArray
    kept: FloatArray
    report: FitReport

    @property
    def n_draws(self) -> int:
        """How many draws."""
        return int(self.theta.shape[1])


def resample(weights: FloatArray, n_draws: int, *, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return n_draws indices by systematic resampling, in order.

    References
    ----------
    Carpenter, Clifford and Fearnhead (1999), IEE Proc. Radar Sonar Navig. 146, 2.
    """
    positions = (np.arange(n_draws) + rng.random()) / n_draws
    edges = np.cumsum(weights)
    found = np.searchsorted(edges, positions * edges[-1])
    return np.asarray(np.minimum(found, len(weights) - 1), dtype=np.int64)


def draw_posterior(
    theta: FloatArray,
    theta_index: NDArray[np.int64],
    observations: Observations,
    timeline: Timeline,
    static: StaticPrior,
    *,
    report: FitReport,
    rng: np.random.Generator,
    linked: Linked | None = None,
) -> Posterior:
    """Draw effects and states for hyperparameters already drawn.

    Parameters
    ----------
    theta : (n_theta, n_distinct)
    theta_index : (n_draws,), sorted
        Which column of `theta` each draw uses.
    timeline : Timeline
        With the windows to be kept, ending where trajectories begin.
    static : StaticPrior
        The regressors' effects are drawn, but neither the final state nor the kept values hold
        what they add: a forecast adds it, to these and to all that follow.
    linked : link values that hang on theta, as for `run_filter`
    """
    n_draws, n_effects = len(theta_index), len(static.mean)
    noise = rng.standard_normal((n_effects + 2 + len(timeline.kept), n_draws))
    deviation = np.empty((n_effects, n_draws))
    wanted = [LEVEL_STATE, SLOPE_STATE, *timeline.kept]
    states = np.empty((len(wanted), n_draws))
    width = max(1, _CHUNK_VALUES // (timeline.n_states * (timeline.n_states + n_effects + 1)))
    for first in range(0, theta.shape[1], width):
        points = slice(first, first + width)
        part = static.at(points)
        here_linked = None if linked is None else linked.at(points)
        filtered = run_filter(theta[:, points], observations, timeline, part, linked=here_linked)
        marginal = integrate_static(filtered, part, n=observations.n)
        here = (theta_index >= first) & (theta_index < first + width)
        deviation[:, here], states[:, here] = draw_given(
            filtered.mean[wanted],
            filtered.covariance[np.ix_(wanted, wanted)],
            marginal,
            theta_index[here] - first,
            noise[:, here],
        )
    effects = static.mean[:, None] + deviation
    level, kept = _with_line(states, effects, timeline, static)
    return Posterior(
        theta=theta[:, theta_index],
        theta_index=theta_index,
        effects=effects,
        state=np.array([level, states[SLOPE_STATE]]),
        kept=kept,
        report=report,
    )


def _with_line(
    states: FloatArray, effects: FloatArray, timeline: Timeline, static: StaticPrior
) -> tuple[FloatArray, FloatArray]:
    """Return the final level and the kept averages with the straight line of the effects.

    Parameters
    ----------
    states : level, slope, then the integrals over the kept windows, each (n_draws,)
    """
    level, drift = effects[LEVEL], effects[DRIFT]
    kept = states[2:] / timeline.kept_lengths[:, None]
    kept += level + drift * (timeline.kept_middles - static.anchor)[:, None]
    return states[LEVEL_STATE] + level + drift * (timeline.end - static.anchor), kept


def draw_given(
    mean: FloatArray,
    covariance: FloatArray,
    marginal: Marginal,
    k: NDArray[np.int64],
    noise: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return effects' deviations and final states for the points `k` of a filter's result."""
    n_effects = marginal.effects_mean.shape[1]
    deviation = marginal.effects_mean[k].T + np.einsum(
        "kij,jk->ik", marginal.effects_root[k], noise[:n_effects]
    )
    roots = any_root(np.moveaxis(covariance, -1, 0))[k]
    means = mean[:, :, k]
    centre = means[:, 0] - np.einsum("ijk,jk->ik", means[:, 1:], deviation)
    return deviation, centre + np.einsum("kij,jk->ik", roots, noise[n_effects:])


def any_root(covariance: FloatArray) -> FloatArray:
    """Return R with R R' = covariance, (n, m, m).

    A kept point that is the end of the timeline repeats the level, and an emptied slot is zero:
    such matrices are singular and have no Cholesky factor.
    """
    try:
        return np.asarray(np.linalg.cholesky(covariance))
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(covariance)
        return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :])
