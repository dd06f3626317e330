"""Weigh a history in which the level may have jumped once, at an unknown time, exactly.

A jump after one of the filter's events adds a column to the regression on the innovations. What
the likelihood needs of that column, its product with the data, with the other columns and with
itself, is what a backward pass gathers for every event at once: the smoothing cumulants of de Jong
and Penzer (1998, JASA 93, 796). The likelihood is then a sum over no jump and a jump at each event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.kalman import Reading, integrate_static, run_filter
from forecaster.inference.mixture import log_sum_exp
from forecaster.inference.timeline import LEVEL_STATE, SLOPE_STATE
from forecaster.models.jumps import JUMP_RATE, JUMP_SD
from forecaster.models.trend import make_step
from forecaster.records import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.inference.kalman import Marginal
    from forecaster.inference.timeline import Event, Timeline
    from forecaster.models.observations import Observations
    from forecaster.models.static_effects import StaticPrior
    from forecaster.models.trend import Step

    FloatArray = NDArray[np.float64]


@frozen
class JumpTimes:
    """Where the level may have jumped.

    Attributes
    ----------
    events : (n_times,) index of the event after which it jumps
    times : (n_times,) decimal years
    gaps : (n_times,) years until the next event, for which the time stands
    """

    events: NDArray[np.int64]
    times: FloatArray
    gaps: FloatArray


def jump_times(timeline: Timeline) -> JumpTimes:
    """Return the events after which a jump shows: something was read before, and is read after.

    A jump before the first figure is part of the level, one after the last is a forecast.
    """
    reads = [k for k, event in enumerate(timeline.events) if event.reads]
    passed = [0.0 if e.duration < 0 else timeline.durations[e.duration] for e in timeline.events]
    times = timeline.anchor + np.cumsum(passed)
    events = np.arange(reads[0], reads[-1]) if reads else np.arange(0)
    return JumpTimes(events, times[events], times[events + 1] - times[events])


@frozen
class JumpWeights:
    """The likelihood and the posterior of where the jump was, at every point.

    Attributes
    ----------
    log_likelihood : (n_points,)
    log_weights : (1 + n_times, n_points) log posterior probability of no jump, then of each time
    """

    log_likelihood: FloatArray
    log_weights: FloatArray


def weigh_jumps(
    theta: FloatArray, observations: Observations, timeline: Timeline, static: StaticPrior
) -> JumpWeights:
    """Return the likelihood with at most one jump, and where the jump was.

    Parameters
    ----------
    theta : (6, n_points), the trend's rows, then the rate a year and the sd of jumps
    """
    record: list[Reading] = []
    filtered = run_filter(theta, observations, timeline, static, record=record)
    marginal = integrate_static(filtered, static, n=observations.n)
    where = jump_times(timeline)
    score, information = _adjusted_cumulants(
        record, timeline, where, marginal, make_step(theta, timeline.durations[:, None])
    )
    variance = theta[JUMP_SD] ** 2
    spread = 1 + variance * information
    log_ratio = 0.5 * (variance * score**2 / spread - np.log(spread))
    # a Poisson process of jumps, given that there was one at most
    log_prior = np.log(theta[JUMP_RATE]) + np.log(where.gaps)[:, None]
    log_odds = np.vstack([np.zeros((1, theta.shape[1])), log_prior + log_ratio])
    total = log_sum_exp(log_odds, axis=0)
    never = np.log1p(theta[JUMP_RATE] * where.gaps.sum())
    return JumpWeights(marginal.log_likelihood + total - never, log_odds - total)


def jump_log_likelihood(
    theta: FloatArray, observations: Observations, timeline: Timeline, static: StaticPrior
) -> FloatArray:
    """Return the log marginal likelihood with at most one jump, (n_points,)."""
    return weigh_jumps(theta, observations, timeline, static).log_likelihood


def _adjusted_cumulants(
    record: list[Reading],
    timeline: Timeline,
    where: JumpTimes,
    marginal: Marginal,
    steps: Step,
) -> tuple[FloatArray, FloatArray]:
    """Return score and information of a jump of one at each time, static effects integrated out.

    Both (n_times, n_points).
    """
    n_columns, n_points = record[0].innovation.shape
    r = np.zeros((timeline.n_states, n_columns, n_points))
    precision = np.zeros((timeline.n_states, timeline.n_states, n_points))
    scores = np.empty((len(where.events), n_columns, n_points))
    informations = np.empty((len(where.events), n_points))
    at = {int(event): i for i, event in enumerate(where.events)}
    remaining = list(record)
    for k in range(len(timeline.events) - 1, -1, -1):
        event = timeline.events[k]
        if k in at:
            scores[at[k]] = r[LEVEL_STATE]
            informations[at[k]] = precision[LEVEL_STATE, LEVEL_STATE]
        _before_slots(r, precision, event)
        for _ in event.reads:
            _before_read(r, precision, remaining.pop())
        if event.duration >= 0:
            _before_move(r, precision, steps, event)
    effects, root = marginal.effects_mean.T, marginal.effects_root
    score = scores[:, 0] - np.einsum("ijk,jk->ik", scores[:, 1:], effects)
    whitened = np.einsum("kji,tjk->tik", root, scores[:, 1:])
    information = informations - (whitened**2).sum(axis=1)
    return score, np.maximum(information, 0.0)


def _before_slots(r: FloatArray, precision: FloatArray, event: Event) -> None:
    """Carry the cumulants back over emptied and copied slots, in place."""
    for slot in event.copies:
        r[LEVEL_STATE] += r[slot]
        precision[LEVEL_STATE] += precision[slot]
        precision[:, LEVEL_STATE] += precision[:, slot]
    for slot in (*event.copies, *event.resets):
        r[slot] = 0.0
        precision[slot] = 0.0
        precision[:, slot] = 0.0


def _before_read(r: FloatArray, precision: FloatArray, reading: Reading) -> None:
    """Carry the cumulants back over one observation, in place.

    With h the observation's row and k its gain: r becomes (I - k h')' r + h v / S, and N becomes
    (I - k h')' N (I - k h') + h h' / S.
    """
    n = len(reading.gain)
    state, inverse = reading.read.state, 1 / reading.read.divisor
    weight = inverse / reading.variance
    r[state] += weight * reading.innovation - inverse * (
        np.einsum("ik,ijk->jk", reading.gain, r[:n])
    )
    along = np.einsum("ik,ijk->jk", reading.gain, precision[:n])
    both = np.einsum("ik,ik->k", along[:n], reading.gain)
    precision[state] -= inverse * along
    precision[:, state] -= inverse * along
    precision[state, state] += inverse * (weight + inverse * both)


def _before_move(r: FloatArray, precision: FloatArray, steps: Step, event: Event) -> None:
    """Carry the cumulants back over a step, in place: the transition's transpose."""
    k = event.duration
    for half in (r, precision, precision.swapaxes(0, 1)):
        half[SLOPE_STATE] *= steps.phi[k]
        half[SLOPE_STATE] += steps.slope_gain[k] * half[LEVEL_STATE]
        for slot in event.running:
            half[SLOPE_STATE] += steps.integral_gain[k] * half[slot]
            half[LEVEL_STATE] += steps.duration[k] * half[slot]
