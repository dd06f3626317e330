"""Turn the states of a driver into the course of its effect, quarter by quarter.

A driver that switches within a quarter does so in its middle. Between the ends of quarters effects
are linear. Of a driver that is on for three quarters, without lag:

    state        0    1    1    1    0    0    0
    step         0    1    1    1    0    0    0
    ramp, 2      0   1/4  3/4   1   3/4  1/4   0      full after 2 quarters, released as it came
    pulse, 2     0   3/4  1/4   0    0    0    0      full at once, gone after 2 quarters
    slope        0   1/8  3/8  5/8  5/8  3/8  1/8     years of growth, lost as they were won

What `persists` is not lost.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.workspace.driver_types import Effect

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]

YEARS_PER_QUARTER = 0.25


def quarters_back(effect: Effect) -> int:
    """Return how many quarters of the past still matter for an effect."""
    return math.ceil(effect.lag + (effect.quarters or 0.0)) + 1


def course(effect: Effect, past: BoolArray, on: BoolArray) -> FloatArray:
    """Return how much of an effect has come.

    Parameters
    ----------
    past : (n_back,) states before column 0, the earliest first; `quarters_back` of them at least
    on : (n_columns, n_draws) states

    Returns
    -------
    (n_columns, n_draws), parts of the full size; of a slope, years of growth
    """
    known = np.repeat(past[:, None], on.shape[1], axis=1)
    states = np.concatenate([known, on])
    return _delayed(_VALUES[effect.shape](effect, states), len(past), effect.lag)


def action(effect: Effect, past: BoolArray, on: BoolArray) -> FloatArray:
    """Return for how many quarters an effect on growth, or a cap, has acted.

    Same parameters as `course`.

    Returns
    -------
    (n_columns, n_draws), rising by 1 a quarter while it acts
    """
    known = np.repeat(past[:, None], on.shape[1], axis=1)
    acts = _acting(effect, np.concatenate([known, on])).astype(np.float64)
    total = np.zeros_like(acts)
    np.cumsum((acts[1:] + acts[:-1]) / 2, axis=0, out=total[1:])
    return _delayed(total, len(past), effect.lag)


def _delayed(values: FloatArray, n_back: int, lag: float) -> FloatArray:
    """Return what was there `lag` quarters before each column from 0 on."""
    below = math.floor(n_back - lag)
    if below < 0:
        raise ValueError(f"{n_back} quarters of the past do not cover a lag of {lag:g}")
    n_columns = len(values) - n_back
    part = n_back - lag - below
    first = values[below : below + n_columns]
    if not part:
        return first
    return np.asarray((1 - part) * first + part * values[below + 1 : below + 1 + n_columns])


def _step(effect: Effect, states: BoolArray) -> FloatArray:
    """Return 1 while on, or ever since."""
    if effect.persists:
        states = np.logical_or.accumulate(states, axis=0)
    return states.astype(np.float64)


def _ramp(effect: Effect, states: BoolArray) -> FloatArray:
    """Return a part that grows to 1 within `quarters`."""
    assert effect.quarters
    return _climb(states, pace=1 / effect.quarters, top=1.0, persists=effect.persists)


def _slope(effect: Effect, states: BoolArray) -> FloatArray:
    """Return years of growth, at most `quarters` of them."""
    top = math.inf if effect.quarters is None else effect.quarters * YEARS_PER_QUARTER
    return _climb(states, pace=YEARS_PER_QUARTER, top=top, persists=effect.persists)


def _climb(states: BoolArray, *, pace: float, top: float, persists: bool) -> FloatArray:
    """Return what rises at a pace while on, up to a top, and falls as it rose while off."""
    values = np.empty(states.shape)
    # what has been on for longer than is known of has come in full
    values[0] = np.where(states[0], top if math.isfinite(top) else 0.0, 0.0)
    down = 0.0 if persists else -pace / 2
    halves = np.where(states, pace / 2, down)
    for k in range(1, len(states)):
        middle = np.clip(values[k - 1] + halves[k - 1], 0.0, top)
        np.clip(middle + halves[k], 0.0, top, out=values[k])
    return values


def _pulse(effect: Effect, states: BoolArray) -> FloatArray:
    """Return 1 at each start, falling to 0 within `quarters`; gone when it ends."""
    assert effect.quarters
    fall = 1 / effect.quarters
    values = np.zeros(states.shape)
    for k in range(1, len(states)):
        left = np.maximum(values[k - 1] - fall, 0.0)
        kept = left if effect.persists else np.where(states[k], left, 0.0)
        is_start = states[k] & ~states[k - 1]
        values[k] = np.where(is_start, max(1 - fall / 2, 0.0), kept)
    return values


def _acting(effect: Effect, states: BoolArray) -> BoolArray:
    """Say when an effect acts: while on, for at most `quarters` from each start."""
    longest = math.inf if effect.quarters is None else effect.quarters
    acts = np.zeros_like(states)
    age = np.where(states[0], 0.0 if math.isinf(longest) else longest, math.inf)
    acts[0] = states[0] & (age < longest)
    for k in range(1, len(states)):
        is_start = states[k] & ~states[k - 1]
        age = np.where(is_start, 0.5, age + 1)
        goes_on = np.isfinite(age) if effect.persists else states[k]
        acts[k] = goes_on & (age < longest)
    return acts


_VALUES = {"step": _step, "ramp": _ramp, "pulse": _pulse, "slope": _slope}
ADDITIVE = tuple(_VALUES)
"""Shapes whose course, times their size, is added on the link scale."""
