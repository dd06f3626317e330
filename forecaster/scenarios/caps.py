"""Let a path fill a smaller or a larger market: a logistic curve up to a new cap.

From the onset on, u = logit(y / cap) moves by the increments of the path's own link, and starts
where the path is, so that nothing jumps. Far below the cap y moves as before.

References
----------
Fisher and Pry (1971): substitution along a logistic curve, here up to a cap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

_NO_CAP = np.inf


def saturate(levels: FloatArray, log_caps: FloatArray, *, link: str) -> FloatArray:
    """Return a path whose increments saturate at caps.

    A path above a new cap stays where it is, or falls as it would have. When a cap is lifted the
    path goes on from where it is.

    Parameters
    ----------
    levels : (n_steps + 1, n_draws), link scale
    log_caps : (n_steps, n_draws) logarithm of the cap in force over each step; inf for none
    link : 'log' | 'logit'

    Returns
    -------
    (n_steps + 1, n_draws), link scale
    """
    found = levels.copy()
    ceiling = np.full(levels.shape[1], _NO_CAP)
    before = ceiling
    for k, cap in enumerate(log_caps):
        now = found[k]
        log_y = _log_level(now, link)
        # a cap that has just come is no lower than the path; one that stays, stays as it was
        ceiling = np.where(cap == before, ceiling, np.maximum(cap, log_y))
        before = cap
        moved = levels[k + 1] - levels[k]
        found[k + 1] = np.where(
            np.isinf(ceiling), now + moved, _under(now, log_y, ceiling, moved, link)
        )
    return found


def log_cap(cap_link: FloatArray, *, link: str) -> FloatArray:
    """Return the logarithm of caps given on the link scale."""
    return _log_level(cap_link, link)


def _under(
    now: FloatArray, log_y: FloatArray, ceiling: FloatArray, moved: FloatArray, link: str
) -> FloatArray:
    """Return the next link value of paths under a ceiling; paths at it can only fall."""
    finite = np.where(np.isinf(ceiling), log_y + 1.0, ceiling)
    room = log_y - finite
    is_below = room < -1e-12
    ratio = np.where(is_below, room, -1.0)
    u = ratio - np.log(-np.expm1(ratio)) + moved
    log_share = -np.logaddexp(0.0, -u)
    following = _link_of(finite + log_share, link)
    return np.where(is_below, following, now + np.minimum(moved, 0.0))


def _log_level(at: FloatArray, link: str) -> FloatArray:
    """Return log y of a link value."""
    return at if link == "log" else np.asarray(-np.logaddexp(0.0, -at))


def _link_of(log_y: FloatArray, link: str) -> FloatArray:
    """Return the link value of log y."""
    if link == "log":
        return log_y
    held = np.minimum(log_y, -1e-15)
    return np.asarray(held - np.log(-np.expm1(held)))
