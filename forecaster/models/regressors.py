"""Average the shapes of dated events and of the seasons over windows of time, exactly.

    step    0 until `start`, then 1            ______|~~~~~~~
    ramp    0 until `start`, 1 from `end` on   ______/~~~~~~~
    window  1 from `start` to `end`, else 0    ______|~~~|___
    season  one of three contrasts of the four quarters, the same in every year

A point in time stands for the moment just before it: a stock at the end of 2024, at 2025.0, has
not seen an event of the first of January, and belongs to the fourth quarter.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.workspace.drivers import Intervention

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

SHAPES = ("step", "ramp", "window", "season")
N_SEASONS = 3
_CONTRASTS = np.array(
    [
        [math.sqrt(0.5), 0.0, 0.5],
        [0.0, math.sqrt(0.5), -0.5],
        [-math.sqrt(0.5), 0.0, 0.5],
        [0.0, -math.sqrt(0.5), -0.5],
    ]
)
"""(4 quarters, 3 contrasts): first against third quarter, second against fourth, odd against even.
The columns are orthonormal and each sums to zero, so that three effects with one prior sd s give
every quarter the same prior: variance 3 s^2 / 4, covariance -s^2 / 4 between two quarters."""
_LEAST_VARIATION = 1e-9
"""A column that varies by less is constant up to rounding."""


@frozen
class Shape:
    """How an effect of size one moves a series over time.

    Attributes
    ----------
    kind : one of SHAPES
    start : decimal year of its beginning; not used by a season
    end : where a ramp is full or a window is over, decimal year; may be infinite for a window
    number : which contrast, 0 to 2, of a season
    """

    kind: str
    start: float = 0.0
    end: float = math.inf
    number: int = 0

    def __post_init__(self) -> None:
        """Check that it is one of the four.

        Raises
        ------
        ValueError
            If the kind is unknown, a ramp or window has no length, or there is no such contrast.
        """
        if self.kind not in SHAPES:
            raise ValueError(f"unknown shape {self.kind!r}; one of {SHAPES}")
        if self.kind in ("ramp", "window") and not self.end > self.start:
            raise ValueError(f"a {self.kind} must end after {self.start!r}; got {self.end!r}")
        if self.kind == "ramp" and math.isinf(self.end):
            raise ValueError("a ramp must be full at some time")
        if not 0 <= self.number < N_SEASONS:
            raise ValueError(f"there are {N_SEASONS} seasonal contrasts; got {self.number!r}")


@frozen
class Regressor:
    """A static effect with a shape in time and the normal prior of its size, link units."""

    name: str
    shape: Shape
    mean: float
    sd: float


def seasons(sd: float) -> tuple[Regressor, ...]:
    """Return the three seasonal contrasts, each with a prior of mean 0 and this sd.

    Parameters
    ----------
    sd : link units; a single quarter then strays from the year by sqrt(3/4) of it
    """
    return tuple(
        Regressor(f"season-{k + 1}", Shape("season", number=k), 0.0, sd) for k in range(N_SEASONS)
    )


def event_regressors(interventions: Sequence[Intervention]) -> tuple[Regressor, ...]:
    """Return the regressor of every dated event, named by its driver.

    Parameters
    ----------
    interventions : effects on one series
    """
    return tuple(
        Regressor(
            event.driver,
            Shape(event.shape, event.start, event.end),
            event.effect.mean,
            event.effect.sd,
        )
        for event in interventions
    )


def average(shape: Shape, starts: FloatArray, ends: FloatArray) -> FloatArray:
    """Return the average of a shape over windows, or its value where a window is a point.

    Parameters
    ----------
    starts, ends : (n,), decimal years, `ends` not before `starts`

    Returns
    -------
    (n,), the integral over the window divided by its length

    Raises
    ------
    ValueError
        If a window ends before it starts.
    """
    starts = np.asarray(starts, dtype=np.float64)
    ends = np.asarray(ends, dtype=np.float64)
    lengths = ends - starts
    if (lengths < 0).any():
        raise ValueError("a window ends before it starts")
    is_point = lengths == 0
    integrals, values = (
        _INTEGRALS[shape.kind](shape, starts, ends),
        _VALUES[shape.kind](shape, ends),
    )
    return np.where(is_point, values, integrals / np.where(is_point, 1.0, lengths))


def columns(regressors: Sequence[Regressor], starts: FloatArray, ends: FloatArray) -> FloatArray:
    """Return what an effect of size one adds to each window, (n, n_regressors).

    Parameters
    ----------
    starts, ends : (n,), decimal years; equal for a point
    """
    found = np.zeros((len(starts), len(regressors)))
    for j, regressor in enumerate(regressors):
        found[:, j] = average(regressor.shape, starts, ends)
    return found


def informs(design: FloatArray) -> BoolArray:
    """Say of every column whether the observations can tell something about its effect.

    A column that is zero everywhere, or the same everywhere (an event before the first figure,
    absorbed by the level), leaves its effect at the prior.

    Parameters
    ----------
    design : (n, n_regressors), as `columns` returns it

    Returns
    -------
    (n_regressors,)
    """
    if not len(design):
        return np.zeros(design.shape[1], dtype=bool)
    return np.asarray(np.ptp(design, axis=0) > _LEAST_VARIATION)


def _step_integral(shape: Shape, starts: FloatArray, ends: FloatArray) -> FloatArray:
    return np.maximum(ends - np.maximum(starts, shape.start), 0.0)


def _ramp_integral(shape: Shape, starts: FloatArray, ends: FloatArray) -> FloatArray:
    """Return the area under the slope, a trapezium, and what lies behind its top."""
    low = np.clip(starts, shape.start, shape.end)
    high = np.clip(ends, shape.start, shape.end)
    height = ((low + high) / 2 - shape.start) / (shape.end - shape.start)
    on_top = np.maximum(ends - np.maximum(starts, shape.end), 0.0)
    return np.asarray((high - low) * height + on_top)


def _window_integral(shape: Shape, starts: FloatArray, ends: FloatArray) -> FloatArray:
    covered = np.minimum(ends, shape.end) - np.maximum(starts, shape.start)
    return np.asarray(np.maximum(covered, 0.0))


def _season_integral(shape: Shape, starts: FloatArray, ends: FloatArray) -> FloatArray:
    """Return the integral over what is left of a window when its whole years are taken away."""
    first = starts - np.floor(starts)
    last = first + (ends - starts) % 1.0
    total = np.zeros(len(starts))
    for quarter in range(8):  # a rest that begins in one year may end in the next
        low, high = quarter / 4, (quarter + 1) / 4
        overlap = np.maximum(np.minimum(last, high) - np.maximum(first, low), 0.0)
        total += _CONTRASTS[quarter % 4, shape.number] * overlap
    return total


def _step_value(shape: Shape, at: FloatArray) -> FloatArray:
    return (at > shape.start).astype(np.float64)


def _ramp_value(shape: Shape, at: FloatArray) -> FloatArray:
    return np.asarray(np.clip((at - shape.start) / (shape.end - shape.start), 0.0, 1.0))


def _window_value(shape: Shape, at: FloatArray) -> FloatArray:
    return ((at > shape.start) & (at <= shape.end)).astype(np.float64)


def _season_value(shape: Shape, at: FloatArray) -> FloatArray:
    quarter = (np.ceil(at * 4 - 1e-9) - 1).astype(np.int64) % 4
    return np.asarray(_CONTRASTS[quarter, shape.number])


_INTEGRALS = {
    "step": _step_integral,
    "ramp": _ramp_integral,
    "window": _window_integral,
    "season": _season_integral,
}
_VALUES = {
    "step": _step_value,
    "ramp": _ramp_value,
    "window": _window_value,
    "season": _season_value,
}
