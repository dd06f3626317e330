"""Find the centres with which interactions leave every stated marginal as it was stated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.records import frozen
from forecaster.scenarios.hazards import NEVER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.scenarios.network import Network

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]
    Float32Array = NDArray[np.float32]
    IntArray = NDArray[np.int64]

_TOLERANCE = 2e-3
"""Relative, of the starts of one quarter."""
_MOST_ROUNDS = 25
_LONGEST_STEP = 4.0
MOST_EXCLUDED_HAZARD = 0.5
"""Largest mean hazard at which an excluded driver makes up for what exclusion cost it."""
_LEAST = 1e-4
"""Hazard of a driver that should not start at all this quarter."""


@frozen
class QuarterTarget:
    """What should happen in a quarter for every marginal to stay on its path.

    The path is that of the driver by itself. Wanted is the part of those at risk that starts on
    it, not the number that leads back to it: centres that made up for the chance of these draws
    would carry it to all others. Only what a driver could not do because another excluded it is
    made up for later.

    Attributes
    ----------
    column : at whose end the path is met
    own : (n_drivers, n_draws) hazards of starting without interactions
    ends : (n_drivers, n_draws) hazards of ending, 0 for what cannot end
    now, started : (n_drivers, n_draws) states before the quarter; whether ever started
    owed : (n_drivers,) starts that exclusion did not leave room for, brought up to date
    """

    network: Network
    column: int
    own: Float32Array
    ends: Float32Array
    now: BoolArray
    started: BoolArray
    owed: FloatArray

    def at_risk(self, rows: IntArray) -> BoolArray:
        """Say which draws count: those off, and never on where the first start is stated."""
        first_only = self.network.keeps_start[rows, None]
        return np.asarray(~(self.now[rows] | (self.started[rows] & first_only)))

    def starts(self, rows: IntArray, live: BoolArray) -> FloatArray:
        """Return how many starts are wanted among the draws at risk, (n_rows,).

        Up to the date of the stated probability the path is followed. Beyond it a driver that
        another excludes keeps its hazard, not its path: two of them need not both have room.
        """
        n_live = np.count_nonzero(live, axis=1).astype(float)
        wanted = np.empty(len(rows))
        for i, row in enumerate(rows.tolist()):
            come, at_risk = self._on_path(row)
            if row in self.network.partners:
                wanted[i] = self._beside_others(row, come, live[i], n_live[i])
            else:
                wanted[i] = n_live[i] * come / at_risk
        return np.asarray(np.clip(wanted, _LEAST * n_live, (1 - _LEAST) * n_live))

    def _beside_others(self, row: int, come: float, live: BoolArray, n_live: float) -> float:
        """Return how many starts are wanted of an excluded driver, and note what it still owes."""
        by_itself = float(self.own[row] @ live)
        if self.column > self.network.stated_column[row]:
            return by_itself
        wanted = come * len(live) + self.owed[row]
        if not self.network.keeps_start[row]:
            wanted = len(live) * self.network.hazards.on[row, self.column] - self._staying(row)
        found = min(float(wanted), max(MOST_EXCLUDED_HAZARD * n_live, by_itself))
        self.owed[row] = wanted - found
        return found

    def _on_path(self, row: int) -> tuple[float, float]:
        """Return the probabilities of starting in the quarter, and of being at risk before."""
        hazards, before = self.network.hazards, self.column - 1
        if self.network.keeps_start[row]:
            started = hazards.started[row]
            come = started[self.column] - started[before]
            return float(come), max(float(hazards.waiting[row, before]), NEVER)
        on, stays = hazards.on[row], 1.0
        if n_on := np.count_nonzero(self.now[row]):
            stays = self._staying(row) / n_on
        return float(on[self.column] - on[before] * stays), max(float(1 - on[before]), NEVER)

    def _staying(self, row: int) -> float:
        """Return how many of those on are expected to stay on."""
        on = self.now[row]
        return float(np.count_nonzero(on)) - float(self.ends[row] @ on)


def wanted_ends(network: Network, column: int, own: Float32Array, live: BoolArray) -> FloatArray:
    """Return how many ends are wanted of the rows whose end is centred, (n_rows,).

    What can start again keeps the mean hazard; what cannot keeps its path.

    Parameters
    ----------
    own : (n_rows, n_draws) hazards without interactions
    live : (n_rows, n_draws) whether on
    """
    n_on = np.count_nonzero(live, axis=1).astype(float)
    wanted = np.einsum("ij,ij->i", own, live)
    for i, row in enumerate(network.centred_ends.tolist()):
        if not network.can_start[row]:
            on = network.hazards.on[row]
            wanted[i] = n_on[i] * (1 - on[column] / max(on[column - 1], NEVER))
    return np.asarray(np.clip(wanted, _LEAST * n_on, (1 - _LEAST) * n_on))


def solve_centres(
    odds: Float32Array, live: BoolArray, wanted: FloatArray, guess: FloatArray
) -> FloatArray:
    """Return c with which the hazards odds / (odds + exp(c)) of live draws add up to `wanted`.

    Newton steps on the logarithm of the sum, which is all but linear in c for small hazards.

    Parameters
    ----------
    odds, live : (n_rows, n_draws)
    wanted, guess : (n_rows,)

    Returns
    -------
    (n_rows,); the guess where nothing is wanted, as where nobody is at risk
    """
    centres = guess.copy()
    if not len(centres):
        return centres
    can_move = wanted > 0
    goal = np.where(can_move, wanted, 1.0)
    for _ in range(_MOST_ROUNDS):
        hazard = odds + np.exp(centres[:, None]).astype(np.float32)
        np.divide(odds, hazard, out=hazard)
        hazard *= live
        total = np.maximum(hazard.sum(axis=1, dtype=np.float64), 1e-30)
        gap = np.where(can_move, np.log(total / goal), 0.0)
        if np.max(np.abs(gap)) < _TOLERANCE:
            break
        slope = 1 - np.einsum("ij,ij->i", hazard, hazard) / total
        step = gap / np.maximum(slope, 0.05)
        centres += np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
    return np.asarray(centres)
