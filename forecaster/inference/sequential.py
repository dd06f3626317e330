"""Take a history one observation at a time, each given those before it, at many points at once.

The filter's gains do not hang on the static effects, so these follow by recursive least squares on
its innovations: with x an observation's row of effects, (m, C) what was known of them before,

    V = S + x' C x,    e = innovation - x' m,    m += C x e / V,    C -= C x x' C / V

A jump of the level at each time that is past adds a column, what a jump of one would have moved:
it runs through the same gains, and through the same least squares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.jumps import jump_times
from forecaster.inference.kalman import Reading, run_filter
from forecaster.inference.timeline import LEVEL_STATE, SLOPE_STATE
from forecaster.models.trend import make_step
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.inference.jumps import JumpTimes
    from forecaster.inference.timeline import Event, Timeline
    from forecaster.models.observations import Observations
    from forecaster.models.single import Linked
    from forecaster.models.static_effects import StaticPrior
    from forecaster.models.trend import Step

    FloatArray = NDArray[np.float64]


@frozen
class Conditional:
    """One observation given those before it, at every point.

    Attributes
    ----------
    observation : which one
    event : index of the timeline's event at which it is read
    residual : (n_points,) link value less what was expected without a jump
    variance : (n_points,) of that residual
    responses : (n_past, n_points) what a jump of one at each earlier jump time adds to the value,
        beyond what it would have been taken for by now; the times in order
    """

    observation: int
    event: int
    residual: FloatArray
    variance: FloatArray
    responses: FloatArray


def condition_in_turn(
    theta: FloatArray,
    observations: Observations,
    timeline: Timeline,
    static: StaticPrior,
    *,
    linked: Linked | None = None,
    with_jumps: bool = False,
) -> list[Conditional]:
    """Return every observation given the earlier ones, in the order in which they are read.

    Parameters
    ----------
    theta : (n_theta, n_points), the trend's four rows first
    observations, timeline, static : of one history; none of the timeline's windows kept
    linked : link values that hang on theta, as for `run_filter`
    with_jumps : whether to follow jumps at the times of `jump_times`
    """
    record: list[Reading] = []
    run_filter(theta, observations, timeline, static, linked=linked, record=record)
    regressed = _regress_in_turn(record, static)
    n_points = theta.shape[1]
    if with_jumps:
        moved = _follow_jumps(record, regressed, theta, timeline, jump_times(timeline))
    else:
        moved = [np.empty((0, n_points))] * len(record)
    event_of = [k for k, event in enumerate(timeline.events) for _ in event.reads]
    return [
        Conditional(reading.read.observation, event, found.residual, found.variance, responses)
        for reading, event, found, responses in zip(record, event_of, regressed, moved, strict=True)
    ]


@frozen
class _Regressed:
    """What one step of the least squares gave.

    Attributes
    ----------
    row : (n_effects, n_points) the effects' innovations
    gain : (n_effects, n_points)
    residual, variance : (n_points,)
    """

    row: FloatArray
    gain: FloatArray
    residual: FloatArray
    variance: FloatArray


def _regress_in_turn(record: Sequence[Reading], static: StaticPrior) -> list[_Regressed]:
    """Return the residuals of recursive least squares on the filter's innovations."""
    n_points = record[0].innovation.shape[1]
    n_effects = len(static.mean)
    mean = np.zeros((n_effects, n_points))
    covariance = np.zeros((n_effects, n_effects, n_points))
    diagonal = np.arange(n_effects)
    covariance[diagonal, diagonal] = (
        static.sd[:, None] ** 2 if static.sd.ndim == 1 else static.sd**2
    )
    found = []
    for reading in record:
        row = reading.innovation[1:]
        along = np.einsum("ijk,jk->ik", covariance, row)
        variance = reading.variance + (row * along).sum(axis=0)
        residual = reading.innovation[0] - (row * mean).sum(axis=0)
        gain = along / variance
        mean += gain * residual
        covariance -= gain[:, None] * along
        found.append(_Regressed(row, gain, residual, variance))
    return found


def _follow_jumps(
    record: Sequence[Reading],
    regressed: Sequence[_Regressed],
    theta: FloatArray,
    timeline: Timeline,
    where: JumpTimes,
) -> list[FloatArray]:
    """Return for each observation what a jump of one at every earlier time moves it by."""
    n_points, n_effects = theta.shape[1], len(regressed[0].row)
    steps = make_step(theta, timeline.durations[:, None])
    states = np.zeros((timeline.n_states, len(where.events), n_points))
    taken = np.zeros((n_effects, len(where.events), n_points))
    jumps_after = set(where.events.tolist())
    readings = iter(zip(record, regressed, strict=True))
    found: list[FloatArray] = []
    n_past = 0
    for k, event in enumerate(timeline.events):
        z, m = states[:, :n_past], taken[:, :n_past]
        if event.duration >= 0 and n_past:
            _move_columns(z, steps, event)
        for read in event.reads:
            reading, least_squares = next(readings)
            response = z[read.state] / read.divisor
            z[: len(reading.gain)] -= reading.gain[:, None] * response
            response = response - np.einsum("ik,ijk->jk", least_squares.row, m)
            m += least_squares.gain[:, None] * response
            found.append(response)
        for slot in event.resets:
            z[slot] = 0.0
        if k in jumps_after:
            states[LEVEL_STATE, n_past] = 1.0
            n_past += 1
    return found


def _move_columns(z: FloatArray, steps: Step, event: Event) -> None:
    """Carry states, (n_states, n_columns, n_points), over one step without noise, in place."""
    k = event.duration
    for slot in event.running:
        z[slot] += steps.duration[k] * z[LEVEL_STATE] + steps.integral_gain[k] * z[SLOPE_STATE]
    z[LEVEL_STATE] += steps.slope_gain[k] * z[SLOPE_STATE]
    z[SLOPE_STATE] *= steps.phi[k]
