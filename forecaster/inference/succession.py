"""Line up publications of a composition that follow one another in time.

Where no window begins before the last one has ended, level and stray slope at the end of a window
are all that the next one hangs on. Readings are whitened by their own errors, and turned so that
they are as many as there are coordinates at most: what a whole says beyond those hangs on no
hyperparameter.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

import numpy as np

from forecaster.inference.timeline import TIME_TOLERANCE
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.inference.kalman_many import Readings
    from forecaster.models.static_effects import StaticPrior

    FloatArray = NDArray[np.float64]


@frozen
class Window:
    """One publication.

    Attributes
    ----------
    gap, length : index of the time before it and of its own length among the durations; -1 for none
    direction : (r, C) what its whitened readings load
    target : (r, 1 + n_effects) these readings, then what the static effects add to them
    """

    gap: int
    length: int
    direction: FloatArray
    target: FloatArray


@frozen
class Succession:
    """Publications in order.

    Attributes
    ----------
    durations : (n_durations,) distinct times between edges, years
    windows : the publications
    after : index of the time from the last one to the end; -1 for none
    gram : (1 + n_effects, 1 + n_effects) of what no hyperparameter enters
    log_det : of the readings' own errors
    """

    durations: FloatArray
    windows: tuple[Window, ...]
    after: int
    gram: FloatArray
    log_det: float

    @property
    def n_coordinates(self) -> int:
        """How many coordinates."""
        return int(self.windows[0].direction.shape[1])


class Windows(Protocol):
    """Where publications lie in time, in order of their end."""

    @property
    def start(self) -> FloatArray:
        """(n,) decimal years."""

    @property
    def end(self) -> FloatArray:
        """(n,) decimal years; the start for a point."""


def line_up_publications(
    windows: Windows,
    readings: Readings,
    static: StaticPrior,
    *,
    end: float | None = None,
) -> Succession | None:
    """Return publications ready to be weighed; None where they do not follow one another.

    Parameters
    ----------
    windows : of the publications
    end : where the filter stops; the last edge when None
    """
    edges = list(zip(windows.start.tolist(), windows.end.tolist(), strict=True))
    if not _follow(edges):
        return None
    times: list[float] = []
    targets = np.column_stack([readings.z - static.columns @ static.mean, static.columns])
    gram = np.zeros((targets.shape[1], targets.shape[1]))
    found = []
    before = edges[0][0]
    for i, (opens, closes) in enumerate(edges):
        rows = slice(int(readings.first[i]), int(readings.first[i + 1]))
        sd = readings.noise_sd[rows, None]
        direction, target, left = _compress(readings.direction[rows] / sd, targets[rows] / sd)
        gram += left.T @ left
        gap, length = _index(times, opens - before), _index(times, closes - opens)
        found.append(Window(gap, length, direction, target))
        before = closes
    after = -1 if end is None else _index(times, end - before)
    log_det = 2 * float(np.log(readings.noise_sd).sum())
    return Succession(np.array(times), tuple(found), after, gram, log_det)


def _follow(edges: Sequence[tuple[float, float]]) -> bool:
    """Return whether all are points apart from each other, or windows that do not overlap."""
    is_point = [closes - opens <= TIME_TOLERANCE for opens, closes in edges]
    if any(is_point) and not all(is_point):
        return False
    least = TIME_TOLERANCE if all(is_point) else -TIME_TOLERANCE
    return all(later[0] - earlier[1] > least for earlier, later in pairwise(edges))


def _index(times: list[float], duration: float) -> int:
    """Return where a time stands among the distinct ones, added when new; -1 for none at all."""
    if duration <= TIME_TOLERANCE:
        return -1
    for k, time in enumerate(times):
        if abs(time - duration) <= TIME_TOLERANCE:
            return k
    times.append(duration)
    return len(times) - 1


def _compress(
    direction: FloatArray, target: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Turn whitened readings so that only the first load anything; return these and the rest."""
    n_rows, n_coordinates = direction.shape
    if n_rows <= n_coordinates:
        return direction, target, target[:0]
    turn, loaded = np.linalg.qr(direction, mode="complete")
    turned = turn.T @ target
    return loaded[:n_coordinates], turned[:n_coordinates], turned[n_coordinates:]
