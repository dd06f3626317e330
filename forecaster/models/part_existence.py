"""Say which parts of a composition exist when, and what shares its figures put them near.

A part exists from its first figure on; before, it belonged to the rest, which was larger by a
factor that is estimated (an *entry*). Where there is no rest, a part that was not published is
taken to exist as soon as the others leave something over.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

SAME_TIME = 1e-6
"""Years; far below a day."""
LEAST_SHARE = 1e-6
"""Shares at which readings are linearised stay above this."""
TOLD_APART = 4.0
"""Figures settle a rest that is so many sds of their sum: in simulation, taking any rest for known
put last shares 0.09 of their sd too low (mean rank 0.536 +- 0.009, with four 0.525)."""
UNKNOWN_SHARE = 0.1
"""Where the search for a share that no figure states begins."""


@frozen
class Reading:
    """One figure: window, basis, logit, sd, half a step of its rounding, and whether it is 0."""

    window: tuple[float, float]
    basis: str
    z: float
    sd: float
    rounding: float
    is_zero: bool = False

    @property
    def share(self) -> float:
        """The share; for a printed zero the middle of what it may be."""
        return 1 / (1 + math.exp(-self.z))


def first_times(
    seen: Sequence[Mapping[int, Reading]], start: FloatArray, n_parts: int
) -> FloatArray:
    """Return (n_parts,) when each part was first seen; the rest was always there."""
    begun = np.full(n_parts, -math.inf)
    for part in range(n_parts):
        times = [start[i] for i, group in enumerate(seen) if part in group]
        if times:
            begun[part] = min(times)
    return begun


def existing_parts(begun: FloatArray, start: FloatArray, end: FloatArray) -> BoolArray:
    """Return (n, n_parts) whether each part had begun before a window ended."""
    # a point counts from its own moment on, a window only where it overlaps
    late = np.where(end > start, end - SAME_TIME, end + SAME_TIME)
    return np.asarray(begun <= late[:, None])


def counted_parts(seen: Sequence[Mapping[int, Reading]], exists: BoolArray) -> BoolArray:
    """Return (n, n_parts) what exists and was not printed as zero."""
    counted = exists.copy()
    for i, group in enumerate(seen):
        for part, reading in group.items():
            counted[i, part] &= not reading.is_zero
    return counted


def before_entries(times: Sequence[float], start: FloatArray, end: FloatArray) -> BoolArray:
    """Return (n, n_entries) whether a publication lies before an entry."""
    return ~existing_parts(np.array(times, dtype=np.float64), start, end)


def exist_where_needed(
    begun: FloatArray,
    seen: Sequence[Mapping[int, Reading]],
    start: FloatArray,
    end: FloatArray,
) -> None:
    """Let parts exist from where the others leave something over, in place."""
    for i, group in enumerate(seen):
        exists = existing_parts(begun, start[i : i + 1], end[i : i + 1])[0]
        if exists.all() or len(group) < exists.sum():
            continue
        total = math.fsum(reading.share for reading in group.values())
        slack = math.fsum(reading.rounding for reading in group.values())
        if total < 1 - slack or exists.sum() == 1:
            begun[~exists] = np.minimum(begun[~exists], start[i])


def entry_times(begun: FloatArray, start: FloatArray, end: FloatArray) -> list[float]:
    """Return the distinct times at which parts came to be seen beside others."""
    late = [float(time) for time in begun if before_entries([time], start, end).any()]
    ordered: list[float] = []
    for time in sorted(late):
        if not ordered or time - ordered[-1] > SAME_TIME:
            ordered.append(time)
    return ordered


def near_shares(
    seen: Sequence[Mapping[int, Reading]],
    exists: BoolArray,
    middle: FloatArray,
    *,
    has_rest: bool,
) -> tuple[FloatArray, BoolArray]:
    """Return shares near the figures, (n, K), and whether the figures settle them all, (n,)."""
    n, n_parts = exists.shape
    n_seen = n_parts - has_rest
    known = np.full((n, n_parts), np.nan)
    complete = np.zeros(n, dtype=bool)
    for i, group in enumerate(seen):
        for part, reading in group.items():
            known[i, part] = reading.share
        left = 1 - np.nansum(known[i])
        slack = math.fsum(reading.rounding for reading in group.values())
        least = slack + TOLD_APART * _error_of_sum(group) if has_rest else -math.inf
        complete[i] = len(group) == exists[i, :n_seen].sum() and left > least
        if has_rest and complete[i]:
            known[i, -1] = left
    shares = np.zeros((n, n_parts))
    for i in range(n):
        guess = np.array([_nearest(known[:, k], middle, middle[i]) for k in range(n_parts)])
        shares[i] = _filled(known[i], guess, exists[i])
    return shares, complete


def _error_of_sum(group: Mapping[int, Reading]) -> float:
    """Return the sd of the sum of a publication's shares, by the sds of their logits."""
    return math.hypot(*(r.share * (1 - r.share) * r.sd for r in group.values()))


def _nearest(values: FloatArray, times: FloatArray, time: float) -> float:
    """Return the known value nearest in time; UNKNOWN_SHARE where none is known."""
    known = ~np.isnan(values)
    if not known.any():
        return UNKNOWN_SHARE
    return float(values[known][np.abs(times[known] - time).argmin()])


def _filled(known: FloatArray, guess: FloatArray, exists: BoolArray) -> FloatArray:
    """Return shares that sum to one: those known, and the guesses for what they leave."""
    missing = exists & np.isnan(known)
    shares = np.where(exists & ~missing, known, 0.0)
    left = 1 - shares.sum()
    if missing.any():
        guessed = np.where(missing, guess, 0.0)
        # figures that seem to leave nothing leave at least a little of what is usual
        shares += guessed / guessed.sum() * max(left, UNKNOWN_SHARE * min(guessed.sum(), 1.0))
    shares = np.where(exists, np.maximum(shares, LEAST_SHARE), 0.0)
    return np.asarray(shares / shares.sum())
