"""Lay the common factor of a group out over the periods in which the group was observed.

    2022        2023        2024        2025
    |--- f_1 ---|--- f_2 ---|--- f_3 ---|        cells: what the group's periods cut time into
    |------- a member's year -----------|        reads its cells

The factor is read over the period as the calendar has it, although a member's own trend is read
over a window that is shifted by its growth. Were the factor read over the shifted windows, it could
explain the growth of every member by the shift that was taken from that very growth: seventeen
members with two years each were then fitted to within 0.02, by a factor sixty times as volatile as
its prior has it. What the difference makes where histories are longer, in log likelihood over
draws of the posterior: sd 0.13 for 16 members with 11 years, 0.34 for 19 with 14.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    Calendar = tuple[FloatArray, FloatArray]
    """Starts and ends of a member's periods, untilted, decimal years; equal for points."""

_SAME_EDGE = 1e-9
"""Edges closer than this, in years, are one."""


@frozen
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


def make_grid(calendars: Sequence[Calendar]) -> FactorGrid:
    """Return the cells that the periods of all members make.

    Raises
    ------
    ValueError
        If a group has windows and points: a stock and a flow have no common level.
    """
    start, end = (np.concatenate(edges) for edges in zip(*calendars, strict=True))
    is_point = end - start < _SAME_EDGE
    if is_point.any() and not is_point.all():
        raise ValueError("points and windows in one group: a stock and a flow cannot be pooled")
    anchor = float(start.min())
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


def read_grid(grid: FactorGrid, calendar: Calendar) -> FloatArray:
    """Return what share of each cell's value each period reads, (n, n_cells)."""
    start, end = (edges[:, None] for edges in calendar)
    is_inside = (grid.start > start - _SAME_EDGE) & (grid.end < end + _SAME_EDGE)
    lengths = grid.end - grid.start
    if (lengths < _SAME_EDGE).all():
        return is_inside.astype(np.float64)
    return np.asarray(np.where(is_inside, lengths / (end - start), 0.0))
