"""Turn stated long-run growth of parts into a prior of the drifts of a composition.

The growth of part k is the drift of the logit of its share, a_k' d with a_k the slope of that logit
at the last shares. By default d ~ N(0, s0^2 I). A statement a_k' d ~ N(m_k, s_k^2) takes the place
of what the default says in that direction, v_k = s0^2 a_k' a_k, and leaves the rest:

    precision = I / s0^2 + sum of c_k a_k a_k' (1 / s_k^2 - 1 / v_k)
    precision @ mean = sum of c_k a_k m_k / s_k^2,     c_k = 1 / sum over j of |cos(a_k, a_j)|

One statement alone (c = 1) is then exactly what is believed of its part. Parts of one whole move
against each other, so that two statements may say one thing twice: they share the place, c = 1/2
each. By Gershgorin's theorem the precision stays positive definite whatever is stated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from forecaster.workspace.belief_tables import Normal

    FloatArray = NDArray[np.float64]


@frozen
class StatedDrift:
    """Drifts of the coordinates as turned effects: d = turn @ e, e ~ N(mean, s0^2 I).

    Attributes
    ----------
    turn : (C, C), lower triangular
    mean : (C,), of e
    """

    turn: FloatArray
    mean: FloatArray


def stated_drift(
    growth: Mapping[int, Normal], shares: FloatArray, basis: FloatArray, *, sd: float
) -> StatedDrift | None:
    """Return the drifts' prior under the growth that is stated of some parts.

    Parameters
    ----------
    growth : part -> its long-run growth, logit units a year; None is returned where it is empty
    shares : (K,) last shares, those of the parts named above 0
    basis : (K, C), orthonormal columns that sum to zero
    sd : s0, the default sd of a coordinate's drift
    """
    if not growth:
        return None
    slopes = np.array([logit_slope(shares, part) for part in growth]) @ basis
    lengths = np.sqrt((slopes**2).sum(axis=1))
    cosines = slopes @ slopes.T / np.outer(lengths, lengths)
    counts = 1 / np.abs(cosines).sum(axis=1)
    means = np.array([belief.mean for belief in growth.values()])
    sds = np.array([belief.sd for belief in growth.values()])
    more = counts * (1 / sds**2 - 1 / (sd * lengths) ** 2)
    precision = np.eye(basis.shape[1]) / sd**2 + (slopes.T * more) @ slopes
    covariance = np.linalg.inv(precision)
    turn = np.asarray(np.linalg.cholesky((covariance + covariance.T) / 2) / sd)
    drift = covariance @ (slopes.T @ (counts * means / sds**2))
    return StatedDrift(turn, np.asarray(np.linalg.solve(turn, drift)))


def logit_slope(shares: FloatArray, part: int) -> FloatArray:
    """Return the slope of the logit of a part's share by all log shares, (K,); it sums to zero.

    Parameters
    ----------
    shares : (K,), sum to one
    """
    others = np.where(np.arange(len(shares)) == part, 0.0, shares)
    slope = -others / others.sum()
    slope[part] = 1.0
    return np.asarray(slope)
