"""Weigh a figure that came later by the posterior of what was known before it, without refitting.

The later figure is one more observation behind a history: given the hyperparameters it is normal,
and its density is the mean of those normal densities over the posterior. There is no kernel, and no
Monte Carlo in the states.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.jumps import jump_times
from forecaster.inference.mixture import log_sum_exp
from forecaster.inference.one_step import own_jacobian
from forecaster.inference.posterior import resample
from forecaster.inference.sequential import condition_in_turn
from forecaster.inference.step_likelihood import JumpSteps, PlainSteps
from forecaster.inference.timeline import lay_out
from forecaster.models.jumps import JUMP_RATE, share_after

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.inference.certify import HyperPosterior
    from forecaster.models.single import SingleModel

    FloatArray = NDArray[np.float64]

N_POINTS = 1000
"""Points of the posterior that the mean is taken over: its error is about a hundredth."""
N_FUTURES = 16
"""Simulated futures of the jumps to come, for each point."""
_MOST_JUMPS = 100.0


def log_density_ahead(
    model: SingleModel, hyper: HyperPosterior, *, rng: np.random.Generator
) -> float:
    """Return the log density of the last observation of a model, given the ones before it.

    Parameters
    ----------
    model : of the history and, behind it, the later figure
    hyper : fitted to the history alone, by a model of the same family and priors

    Returns
    -------
    float, of the link value; the Jacobian of a cap is in it, that of the link is not. Not a number
    where the later figure is not the last one that the filter reads.
    """
    theta = np.ascontiguousarray(hyper.theta[:, resample(hyper.weights, N_POINTS, rng=rng)])
    o, static = model.observations, model.static
    timeline = lay_out(o, anchor=static.anchor)
    turns = condition_in_turn(
        theta, o, timeline, static, linked=model.linked_at(theta), with_jumps=model.has_jumps
    )
    *known, later = turns
    if later.observation != o.n - 1:
        return float("nan")
    likelihood = JumpSteps(theta, jump_times(timeline)) if model.has_jumps else PlainSteps()
    for turn in known:
        likelihood.note(turn)
    felt = np.zeros((1, theta.shape[1]))
    if model.has_jumps:
        felt = _felt_of_jumps(theta[JUMP_RATE], model, since=float(o.end[:-1].max()), rng=rng)
    density = likelihood.foresee(later, felt) + own_jacobian(model, theta, [later])
    return float(log_sum_exp(density, axis=0)) - float(np.log(theta.shape[1]))


def _felt_of_jumps(
    rate: FloatArray, model: SingleModel, *, since: float, rng: np.random.Generator
) -> FloatArray:
    """Return the sum of squared shares of the last window behind jumps drawn at their rate.

    (N_FUTURES, n_points)
    """
    start, end = model.observations.start[-1:], model.observations.end[-1:]
    ahead = max(float(end[0]) - since, 0.0)
    n_jumps = rng.poisson(np.minimum(rate, _MOST_JUMPS) * ahead, size=(N_FUTURES, len(rate)))
    felt = np.zeros(n_jumps.shape)
    for k in range(int(n_jumps.max(initial=0))):
        times = since + ahead * rng.random(n_jumps.size)
        shares = share_after(start, end, times)[0].reshape(n_jumps.shape)
        felt += np.where(n_jumps > k, shares**2, 0.0)
    return felt
