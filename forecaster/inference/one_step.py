"""Score every figure by its density given the earlier ones, from the points of one fit.

A point's weight before step t is its prior over the proposals' density, times the likelihood of the
figures before t. With those weights the density of step t is the ratio of two evidences,

    p(y_t | y_<t) = Z_t / Z_(t-1)

and no refit is needed. Early steps stand near the prior: there the points of the Sobol start carry
the weight, and Pareto k-hat says for each step whether they can.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.jumps import jump_times
from forecaster.inference.mixture import log_sum_exp
from forecaster.inference.psis import effective_size, smooth_weights
from forecaster.inference.sequential import condition_in_turn
from forecaster.inference.step_likelihood import JumpSteps, PlainSteps
from forecaster.inference.timeline import lay_out
from forecaster.models.substitution import linked_at
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.inference.importance import WeightedPoints
    from forecaster.inference.sequential import Conditional
    from forecaster.models.observations import Observations
    from forecaster.models.single import SingleModel

    FloatArray = NDArray[np.float64]

MOST_K_HAT = 0.7
"""The usual limit for means of bounded quantities, as a density of noisy figures is."""
_MOST_POINTS = 8192
"""Points of a brute-force fit that are used, at even distances."""
_LEAST_POINTS = 512
_MOST_VALUES = 1_500_000
"""Figures x jump times x points beyond which fewer points are used."""


@frozen
class OneStep:
    """Every step of a history as it looked one step before; a step is one period's end.

    Attributes
    ----------
    end : (n_steps,) of the period, decimal years
    n_before : (n_steps,) figures known before
    log_density : (n_steps,) joint, of the step's figures, on the data scale; the first one leans on
        a level whose prior is centred at that very figure, and says nothing
    pit : (n_steps,) probability that the step's first figure would not be above what it was
    k_hat, ess : (n_steps,) of the weights before the step
    """

    end: FloatArray
    n_before: NDArray[np.int64]
    log_density: FloatArray
    pit: FloatArray
    k_hat: FloatArray
    ess: FloatArray

    def usable(self, *, least_before: int) -> NDArray[np.int64]:
        """Return the steps with so many figures before them whose density can be trusted."""
        is_usable = (self.n_before >= least_before) & (self.k_hat < MOST_K_HAT)
        return np.flatnonzero(is_usable & np.isfinite(self.log_density))


def one_step_ahead(model: SingleModel, points: WeightedPoints) -> OneStep:
    """Return every step of a history given the steps before it.

    Parameters
    ----------
    model : of one series
    points : weighed by the fit of that model to the whole history
    """
    o = model.observations
    chosen = _thinned(len(points.unit), o.n, has_jumps=model.has_jumps)
    theta = model.theta_at(points.unit[chosen])
    timeline = lay_out(o, anchor=model.static.anchor)
    turns = condition_in_turn(
        theta,
        o,
        timeline,
        model.static,
        linked=model.linked_at(theta),
        with_jumps=model.has_jumps,
    )
    likelihood = JumpSteps(theta, jump_times(timeline)) if model.has_jumps else PlainSteps()
    jacobian = np.zeros(theta.shape[1])
    log_weights = points.log_prior_ratio[chosen]
    rows = []
    n_before = 0
    for end, group in groupby(turns, key=lambda turn: _period_end(o, turn)):
        step = list(group)
        weights, k_hat = smooth_weights(log_weights)
        density, probability = likelihood.take(step)
        stretch = own_jacobian(model, theta, step)
        jacobian += stretch
        ratio = log_sum_exp(log_weights + density + stretch, axis=0)
        ratio -= log_sum_exp(log_weights, axis=0)
        row = (end, n_before, ratio + _log_slope(o, step), weights @ probability, k_hat)
        rows.append((*row, effective_size(weights)))
        log_weights = points.log_prior_ratio[chosen] + likelihood.log_likelihood + jacobian
        n_before += len(step)
    ends, counts, *others = (np.array(c, dtype=np.float64) for c in zip(*rows, strict=True))
    return OneStep(ends, counts.astype(np.int64), *others)


def _thinned(n_points: int, n: int, *, has_jumps: bool) -> slice:
    """Return which points to use: all, or some at even distances where that would take long."""
    most = _MOST_POINTS
    if has_jumps:
        most = min(most, max(_LEAST_POINTS, _MOST_VALUES // max(n * n, 1)))
    return slice(None, None, max(1, -(-n_points // most)))


def _period_end(observations: Observations, turn: Conditional) -> float:
    """Return when the period of a figure ends: by the calendar, not as its window was shifted."""
    if observations.periods:
        return observations.periods[turn.observation].end_year
    return float(observations.end[turn.observation])


def _log_slope(observations: Observations, step: Sequence[Conditional]) -> float:
    """Return what carries the density of a step's figures to the data scale."""
    if not len(observations.log_slopes):
        return 0.0
    return float(sum(observations.log_slopes[turn.observation] for turn in step))


def own_jacobian(
    model: SingleModel, theta: FloatArray, step: Sequence[Conditional]
) -> FloatArray | float:
    """Return what the cap of a share adds to that, (n_points,)."""
    if model.cap is None:
        return 0.0
    which = [turn.observation for turn in step]
    o = model.observations
    some = replace(o, z=o.z[which], noise_sd=o.noise_sd[which])
    return linked_at(theta, some).log_jacobian
