"""Carry dated events that moved one part of a whole to the coordinates of a composition.

An effect of size delta on part k is x_k += delta * shape(t): the logit of its share moves by
exactly delta, and the other parts keep their ratios. In the coordinates u of x = V u that is

    u += V[k] * delta * shape(t)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.models.regressors import columns
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.models.regressors import Regressor

    FloatArray = NDArray[np.float64]


@frozen
class PartEvent:
    """What a dated event did to one part: its shape, and the normal prior of its size in logits."""

    part: int
    regressor: Regressor


def event_shapes(events: Sequence[PartEvent], starts: FloatArray, ends: FloatArray) -> FloatArray:
    """Return how much of each event is on over windows, (n, n_events).

    Parameters
    ----------
    starts, ends : (n,), decimal years; equal for a point
    """
    return columns([event.regressor for event in events], starts, ends)


def event_directions(events: Sequence[PartEvent], basis: FloatArray) -> FloatArray:
    """Return what an event of size one adds to the coordinates, (n_events, C).

    Parameters
    ----------
    basis : (K, C), orthonormal columns
    """
    return basis[[event.part for event in events]]


def event_moves(
    events: Sequence[PartEvent],
    sizes: FloatArray,
    basis: FloatArray,
    *,
    starts: FloatArray,
    ends: FloatArray,
) -> FloatArray:
    """Return what events of drawn sizes add to the coordinates over windows.

    Parameters
    ----------
    sizes : (n_events, n_draws), logit units
    basis : (K, C)
    starts, ends : (n,), decimal years; equal for a point

    Returns
    -------
    (n, C, n_draws)
    """
    shapes, directions = event_shapes(events, starts, ends), event_directions(events, basis)
    return np.asarray(np.einsum("ne,ec,ed->ncd", shapes, directions, sizes))
