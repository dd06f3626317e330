"""Give the closed-form covariance of window averages of the zero-mean trend, for PyMC models.

Windows are cut at every edge into cells. Two cells are either one or lie apart, so that the mean
of exp(-|s - t| / tau) over a pair is a product and no difference of large terms is taken.
"""

from __future__ import annotations

from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

_SAME_EDGE = 1e-9
"""Edges closer than this, in years, are one: 2011.1 and 2010.1 + 1 differ by rounding."""
_SERIES_BELOW = 0.3
_WINDOW_TERMS = 14
"""Terms of the window functions below 0.3; the first left out is under 1e-18."""


def cut_into_cells(start: FloatArray, end: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return starts and ends of the cells, and (n, n_cells) the share of each cell in a window."""
    ordered = np.unique(np.concatenate([start, end]))
    edges = ordered[np.concatenate([[True], np.diff(ordered) > _SAME_EDGE])]
    first = np.searchsorted(edges, start + _SAME_EDGE) - 1
    last = np.searchsorted(edges, end + _SAME_EDGE) - 1
    index: dict[tuple[int, int], int] = {}
    entries = []
    for i, (a, b) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        for part in [(k, k + 1) for k in range(a, b)] or [(a, a)]:
            share = (edges[part[1]] - edges[part[0]]) / (edges[b] - edges[a]) if b > a else 1.0
            entries.append((i, index.setdefault(part, len(index)), share))
    weights = np.zeros((len(start), len(index)))
    for i, j, share in entries:
        weights[i, j] = share
    cells = edges[np.array(list(index))]
    return cells[:, 0], cells[:, 1], weights


def cell_covariance(start: FloatArray, end: FloatArray, *, s_l: Any, s_b: Any, tau: Any) -> Any:
    """Return Cov of the averages of the zero-mean level over cells, symbolic in theta.

    s_l^2 M + s_b^2 tau^2 (2 M / tau - 1 + e_i + e_j - E), where M is the mean of min(s, t), e of
    exp(-s / tau) and E of exp(-|s - t| / tau) (mathematics, section 1).
    """
    import pytensor.tensor as pt

    length, middle, same = end - start, (start + end) / 2, np.eye(len(start))
    shared = np.minimum(middle[:, None], middle)
    np.fill_diagonal(shared, start + length / 3)
    gap = np.maximum(np.maximum(start[:, None], start) - np.minimum(end[:, None], end), 0.0)
    x = length / tau
    low, high = pt.minimum(x, _SERIES_BELOW), pt.maximum(x, _SERIES_BELOW)
    # means of exp(-s) over [0, x] and of exp(-|s - t|) over its square; both 1 for a point
    once_low, both_low = 0.0, 0.0
    for k in range(_WINDOW_TERMS - 1, -1, -1):
        once_low = once_low * low + (-1.0) ** k / factorial(k + 1)
        both_low = both_low * low + 2 * (-1.0) ** k / factorial(k + 2)
    fall = pt.expm1(-high)
    once = pt.switch(x < _SERIES_BELOW, once_low, -fall / high)
    both = pt.switch(x < _SERIES_BELOW, both_low, 2 * (fall + high) / high**2)
    decay = pt.exp(-start / tau) * once
    pairs = pt.exp(-gap / tau) * once[:, None] * once * (1 - same) + same * both
    stray = 2 * shared + tau * (decay[:, None] + decay - 1 - pairs)
    return s_l**2 * shared + s_b**2 * tau * stray
