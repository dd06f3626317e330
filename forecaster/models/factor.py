"""Lay the common factor of a group out over the periods in which the group was observed.

Members observe the factor through windows of their own: a tilted total shifts its window by its
own growth, so that thirteen members with twelve years have some 150 windows. The factor is
therefore held at the untilted cells of time that the group's periods make,

    2022        2023        2024        2025
    |--- f_1 ---|--- f_2 ---|--- f_3 ---|        cells, shared by all
       |--- window of a member that grows ---|   reads a mixture of f_2, f_3 and their neighbours

and a shifted window reads its conditional mean given the cells, the factor being taken as a
Brownian motion for this reading alone. An unshifted window reads its cells exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.models.observations import Observations

    FloatArray = NDArray[np.float64]

_SAME_EDGE = 1e-9
"""Edges closer than this, in years, are one."""


@dataclass(frozen=True, slots=True)
class FactorGrid:
    """The stretches of time at which a factor is held.

    Attributes
    ----------
    anchor : where the factor is zero, decimal years
    start, end : (n_cells,) cells that do not overlap, in order; equal for a point
    """

    anchor: float
    start: FloatArray
    end: FloatArray

    @property
    def middle(self) -> FloatArray:
        """Middle of each cell, years after the anchor."""
        return (self.start + self.end) / 2 - self.anchor


def make_grid(
    calendars: Sequence[tuple[FloatArray, FloatArray]], members: Sequence[Observations]
) -> FactorGrid:
    """Return the cells that the periods of all members make.

    Parameters
    ----------
    calendars : for each member the starts and ends of its periods, untilted, decimal years
    members : the same members' observations, whose windows may begin before the first period

    Raises
    ------
    ValueError
        If a group has tilted windows and points: a stock and a flow have no common level.
    """
    start, end = (np.concatenate(edges) for edges in zip(*calendars, strict=True))
    anchor = min(float(start.min()), *(float(o.start.min()) for o in members))
    is_point = end - start < _SAME_EDGE
    if is_point.any() and not is_point.all():
        raise ValueError("points and windows in one group: a stock and a flow cannot be pooled")
    edges = np.sort(np.concatenate([start, end]))
    edges = edges[np.concatenate([[True], np.diff(edges) > _SAME_EDGE])]
    if is_point.all():
        # at the anchor the factor is zero, and an element without variance would tell nothing
        points = edges[edges > anchor + _SAME_EDGE]
        return FactorGrid(anchor, points, points)
    left, right = edges[:-1], edges[1:]
    inside = (left[:, None] > start - _SAME_EDGE) & (right[:, None] < end + _SAME_EDGE)
    used = inside.any(axis=1)
    return FactorGrid(anchor, left[used], right[used])


def read_grid(grid: FactorGrid, observations: Observations) -> FloatArray:
    """Return what share of each cell's value each observation reads, (n, n_cells)."""
    o = observations
    if (grid.end - grid.start < _SAME_EDGE).all():
        same = np.abs(o.end[:, None] - grid.end) < _SAME_EDGE
        return same.astype(np.float64)
    start, end = o.start - grid.anchor, o.end - grid.anchor
    cell_start, cell_end = grid.start - grid.anchor, grid.end - grid.anchor
    between = _brownian_covariance(cell_start, cell_end, cell_start, cell_end)
    across = _brownian_covariance(cell_start, cell_end, start, end)
    weights = np.linalg.solve(between, across).T
    # a window made of whole cells reads nothing else; what is left of other cells is rounding
    weights[np.abs(weights) < _SAME_EDGE] = 0.0
    return np.ascontiguousarray(weights)


def _brownian_covariance(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> FloatArray:
    """Return Cov of the averages over windows [a, b] and [c, d] of a Brownian motion from 0.

    The mean of min(s, t) = (s + t - |s - t|) / 2 (mathematics, section 1).
    """
    a, b = a[:, None], b[:, None]
    corners = np.abs(b - c) ** 3 + np.abs(a - d) ** 3 - np.abs(a - c) ** 3 - np.abs(b - d) ** 3
    distance = corners / 6 / ((b - a) * (d - c))
    return np.asarray(((a + b) / 2 + (c + d) / 2 - distance) / 2)
