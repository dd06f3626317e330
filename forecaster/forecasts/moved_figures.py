"""Let drivers move figures of which nothing but the draws is known, as a custom model leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.scenarios.effects import BasePath
from forecaster.scenarios.moves import link_of, over_steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.scenarios.moves import Mover
    from forecaster.workspace.facts import History
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]

_EDGE = 1e-9
"""Shares are held this far inside 0 and 1, amounts above it."""


def moved_figures(
    figures: FloatArray, history: History, periods: Sequence[Period], mover: Mover
) -> FloatArray:
    """Return drawn figures as the drivers of their series leave them.

    The figures themselves are taken for the path, one a period; its news is what a draw differs
    from the median of all.

    Parameters
    ----------
    figures : (n_draws, n_periods), unit of the series
    periods : of the columns, in order

    Returns
    -------
    (n_draws, n_periods)
    """
    entry = history.entry
    link = link_of(entry.kind)
    levels = _to_link(figures.T, link)
    levels = np.vstack([levels[:1], levels])
    ends = np.array([periods[0].start_year, *(period.end_year for period in periods)])
    middle = np.median(levels, axis=1, keepdims=True)
    path = BasePath(ends, levels, np.repeat(middle, levels.shape[1], axis=1), link)
    added = over_steps(mover.added(path), is_stock=entry.timing == "stock")
    moved = _from_link(levels[1:] + added, link).T
    return np.rint(moved) if entry.kind == "count" else moved


def _to_link(figures: FloatArray, link: str) -> FloatArray:
    """Return figures on the link scale."""
    if link == "logit":
        inside = np.clip(figures, _EDGE, 1 - _EDGE)
        return np.asarray(np.log(inside) - np.log1p(-inside))
    return figures if link == "identity" else np.asarray(np.log(np.maximum(figures, _EDGE)))


def _from_link(levels: FloatArray, link: str) -> FloatArray:
    """Return figures of levels on the link scale."""
    if link == "logit":
        return np.asarray(1 / (1 + np.exp(-levels)))
    return levels if link == "identity" else np.exp(levels)
