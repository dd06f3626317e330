"""Move the path that a series would take without drivers by what drivers do to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from forecaster.records import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]


@frozen
class BasePath:
    """A series' path without drivers, at the ends of its steps, link scale.

    Attributes
    ----------
    times : (n_steps + 1,) decimal years; the first is where the steps begin
    levels : (n_steps + 1, n_draws)
    steady : (n_steps + 1, n_draws) the same draws without news: no innovations, no jumps
    """

    times: FloatArray
    levels: FloatArray
    steady: FloatArray

    def of_shares(self, cap: FloatArray) -> BasePath:
        """Return the path of a share's logit, of a path on the logit of share / cap.

        Parameters
        ----------
        cap : (n_draws,)
        """
        return BasePath(self.times, _uncapped(self.levels, cap), _uncapped(self.steady, cap))


@frozen
class Moves:
    """What drivers do to a path.

    Attributes
    ----------
    shift : (n_steps + 1, n_draws) added at the ends of the steps, link units
    scale : (n_steps + 1,) by which what is news in the path is multiplied, in (0, 1]
    """

    shift: FloatArray
    scale: FloatArray


class Mover(Protocol):
    """The drivers of one series in drawn worlds."""

    def moves(self, path: BasePath) -> Moves:
        """Return what they do to a path with as many draws as there are worlds."""

    def at(self, chosen: NDArray[np.int64]) -> Mover:
        """Return the drivers in some of the worlds."""


def added_by(moves: Moves, path: BasePath, *, is_stock: bool) -> FloatArray:
    """Return what drivers add to each step: to the level at its end, or to its average.

    What they add changes linearly within a step, so its average is that of both ends.

    Parameters
    ----------
    is_stock : whether the levels at the ends are wanted

    Returns
    -------
    (n_steps, n_draws), link units
    """
    at_ends = moves.shift - (1 - moves.scale[:, None]) * (path.levels - path.steady)
    return np.asarray(at_ends[1:] if is_stock else (at_ends[:-1] + at_ends[1:]) / 2)


def _uncapped(levels: FloatArray, cap: FloatArray) -> FloatArray:
    """Return logit(cap * expit(level))."""
    return np.asarray(np.log(cap) - np.log(1 - cap + np.exp(-levels)))
