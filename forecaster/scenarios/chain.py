"""Carry all drivers from quarter to quarter, in every draw at once.

Each driver in each draw waits behind a uniform threshold: what is left of the probability that
nothing has happened shrinks by 1 - hazard each quarter, and when it falls below the threshold the
driver switches and waits behind a new one. So a larger hazard can only bring the switch forward:
scenarios on the same thresholds differ by what the scenario does, and by nothing else.

    logit hazard  =  logit of its own hazard  +  sum of interactions  -  centre
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.records import frozen
from forecaster.scenarios.centring import QuarterTarget, solve_centres, wanted_ends
from forecaster.scenarios.ignorance import draw_strengths
from forecaster.scenarios.streams import key_of, keyed_stream, spread_uniforms, uniform_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from forecaster.scenarios.ignorance import Strengths
    from forecaster.scenarios.network import Network

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]
    Float32Array = NDArray[np.float32]
    IntArray = NDArray[np.int64]


@frozen
class Chances:
    """What is drawn of a network before anything happens; every scenario has the same.

    Attributes
    ----------
    thresholds : (n_drivers, n_draws) each driver's first
    """

    strengths: Strengths
    thresholds: Float32Array


def draw_chances(network: Network, *, n_draws: int, seed: int) -> Chances:
    """Return strengths and first thresholds of all drivers."""
    thresholds = np.empty((len(network.drivers), n_draws), dtype=np.float32)
    for row, driver in zip(thresholds, network.drivers, strict=True):
        row[:] = spread_uniforms(keyed_stream(seed, "threshold", driver), n_draws)
    centred = [*network.early.tolist(), *network.late.tolist()]
    return Chances(draw_strengths(network, centred, n_draws=n_draws, seed=seed), thresholds)


class Chain:
    """The drivers of a network on some draws.

    Parameters
    ----------
    seed : of the draws
    centres : (n_centred, n_quarters) as calibrated, of the starts of `network.centred`, then of
        the ends of `network.centred_ends`; solved for where None, and left in `centres`
    onsets : row -> (n_draws,) column from which a driver is held on, and before which it is held
        off; drivers that are not named are free
    chances : of this network, draws and seed; drawn where None
    """

    def __init__(
        self,
        network: Network,
        *,
        n_draws: int,
        seed: int,
        centres: FloatArray | None = None,
        onsets: dict[int, IntArray] | None = None,
        chances: Chances | None = None,
    ) -> None:
        self.network, self.n_draws = network, n_draws
        self._is_solving = centres is None
        self._centred = [*network.early.tolist(), *network.late.tolist()]
        n_centred = len(self._centred) + len(network.centred_ends)
        self.centres = np.zeros((n_centred, network.quarters.n)) if centres is None else centres
        self._onsets = onsets or {}
        chances = chances or draw_chances(network, n_draws=n_draws, seed=seed)
        self.strengths = chances.strengths
        self._keys = np.array([key_of(seed, "again", d) for d in network.drivers], dtype=np.uint64)
        shape = (len(network.drivers), n_draws)
        self._left = np.ones(shape, dtype=np.float32)
        self._threshold = chances.thresholds.copy()
        self._odds = self.strengths.first_odds.copy()
        ends = np.searchsorted(network.can_end, network.centred_ends)
        self._end_places = ends
        self._end_odds = _odds(self.strengths.first_end[ends])
        self._influences = _influences(network, self._centred, n_draws)
        self._before = np.zeros(shape, dtype=bool)
        self._starts, self._ends = np.empty(shape, np.float32), np.zeros(shape, np.float32)
        self.owed = np.zeros(len(network.drivers))

    def run(self) -> Iterator[BoolArray]:
        """Yield the state of all drivers at each column: (n_drivers, n_draws), a new array each."""
        now = np.repeat(self.network.is_on[:, None], self.n_draws, axis=1)
        started = np.zeros_like(now)
        yield now
        for column in range(1, self.network.quarters.n + 1):
            before, now = now, now.copy()
            self._step(before, now, started, column)
            started |= now & ~before
            yield now

    def _step(self, before: BoolArray, now: BoolArray, started: BoolArray, column: int) -> None:
        """Write the state at the end of a quarter into `now`."""
        network, is_first = self.network, column == 1
        if column == 2 and network.quarters.exposure < 1.0:
            self._go_to_whole_quarters()
        self._interact(before)
        for row, onset in self._onsets.items():
            now[row] = onset <= column
        own = self.strengths.first if is_first else self.strengths.later
        if column <= 2:  # from the second quarter on only centred rows change
            self._starts[:] = own
            self._ends[network.can_end] = (
                self.strengths.first_end if is_first else self.strengths.later_end
            )
        self._centre_ends(now, column)
        target = QuarterTarget(network, column, own, self._ends, now, started, self.owed)
        if len(early := network.early):
            is_open = self._open(early, before, now)
            chosen = slice(0, len(early))
            self._starts[early] = self._start_hazards(chosen, early, target, is_open)
        hazard = self._starts * ~now  # np.where takes ten times as long
        hazard += self._ends * now
        hazard[network.late] = 0.0
        hazard[list(self._onsets)] = 0.0
        self._switch(slice(None), hazard, now, column)
        self._step_late(before, now, target)
        self._end_excluded(now, column)

    def _step_late(self, before: BoolArray, now: BoolArray, target: QuarterTarget) -> None:
        """Switch the late drivers, each after those before it."""
        network = self.network
        for place, row in enumerate(network.late.tolist(), start=len(network.early)):
            if row in self._onsets:
                continue
            rows, chosen = np.array([row]), slice(place, place + 1)
            is_open = self._open(rows, before, now)
            starts = self._start_hazards(chosen, rows, target, is_open)
            hazard = starts * ~now[rows] + self._ends[rows] * now[rows]
            self._switch(slice(row, row + 1), hazard, now, target.column)

    def _go_to_whole_quarters(self) -> None:
        """Bring odds of the part of a quarter that was left at first to those of whole ones."""
        strengths = self.strengths
        self._odds *= strengths.later_odds / strengths.first_odds
        whole, part = (
            _odds(hazards[self._end_places])
            for hazards in (strengths.later_end, strengths.first_end)
        )
        self._end_odds *= whole / part

    def _interact(self, before: BoolArray) -> None:
        """Move the odds of targets in draws whose sources switched in the quarter before."""
        changed = before ^ self._before
        self._before = before
        places = changed.reshape(-1).nonzero()[0]  # in two dimensions it takes three times as long
        bounds = np.searchsorted(places, np.arange(len(before) + 1) * self.n_draws)
        for influence in self._influences:
            first = influence.sources[0]
            moved = places[bounds[first] : bounds[first + 1]] - first * self.n_draws
            is_active = before[first, moved]
            if len(influence.sources) > 1:
                active = np.logical_and.reduce(before[list(influence.sources)])
                moved = (active != influence.active).nonzero()[0]
                influence.active[:] = active
                is_active = active[moved]
            if not len(moved):
                continue
            all_active = bool(is_active.all())
            for odds, pairs in (
                (self._odds, influence.starts),
                (self._end_odds, influence.ends),
            ):
                for edge, place in pairs:
                    times = self.strengths.edges[edge][moved]
                    target = odds[place]
                    target[moved] *= times if all_active else np.where(is_active, times, 1 / times)

    def _open(self, rows: IntArray, before: BoolArray, now: BoolArray) -> BoolArray:
        """Say in which draws nothing excludes the start of some rows."""
        found = np.ones((len(rows), self.n_draws), dtype=bool)
        for out, row in zip(found, rows.tolist(), strict=True):
            for partner in self.network.partners.get(row, ()):
                out &= ~(before[partner] | now[partner])
        return found

    def _start_hazards(
        self,
        chosen: slice,
        rows: IntArray,
        target: QuarterTarget,
        is_open: BoolArray,
    ) -> Float32Array:
        """Return the centred hazards of starting, (n_rows, n_draws)."""
        odds, centres, column = self._odds[chosen], self.centres[chosen], target.column
        if self._is_solving:
            live = target.at_risk(rows) & is_open
            guess = centres[:, max(column - 2, 0)]
            centres[:, column - 1] = solve_centres(odds, live, target.starts(rows, live), guess)
        hazards = odds / (odds + np.exp(centres[:, column - 1, None]).astype(np.float32))
        hazards *= is_open
        return hazards

    def _centre_ends(self, now: BoolArray, column: int) -> None:
        """Write the hazards of ending of the rows whose end is centred."""
        rows = self.network.centred_ends
        if not len(rows):
            return
        own = self.strengths.first_end if column == 1 else self.strengths.later_end
        centres = self.centres[len(self._centred) :]
        if self._is_solving:
            live = now[rows]
            wanted = wanted_ends(self.network, column, own[self._end_places], live)
            guess = centres[:, max(column - 2, 0)]
            centres[:, column - 1] = solve_centres(self._end_odds, live, wanted, guess)
        scale = np.exp(centres[:, column - 1, None]).astype(np.float32)
        self._ends[rows] = self._end_odds / (self._end_odds + scale)

    def _switch(self, rows: slice, hazard: Float32Array, now: BoolArray, column: int) -> None:
        """Switch the drivers whose threshold is passed; `hazard` is used up."""
        left = self._left[rows]
        left *= np.subtract(1, hazard, out=hazard)
        passed = (left < self._threshold[rows]).reshape(-1).nonzero()[0]
        self._flip(passed + (rows.start or 0) * self.n_draws, now, column)

    def _flip(self, places: IntArray, now: BoolArray, column: int) -> None:
        """Switch drivers at flat places of (n_drivers, n_draws), and let them wait anew."""
        if not len(places):
            return
        rows, draws = np.divmod(places, self.n_draws)
        quarter = self.network.quarters.first + column
        now.reshape(-1)[places] ^= True
        self._left.reshape(-1)[places] = 1.0
        again = uniform_at(self._keys[rows], quarter, draws)
        self._threshold.reshape(-1)[places] = again

    def _end_excluded(self, now: BoolArray, column: int) -> None:
        """End drivers that are on together with a forced one that excludes them."""
        for row in self._onsets:
            for partner in self.network.partners.get(row, ()):
                ended = np.flatnonzero(now[row] & now[partner])
                self._flip(ended + partner * self.n_draws, now, column)


@frozen
class _Influence:
    """What moves while some drivers are on together.

    Attributes
    ----------
    starts, ends : (edge, place of its target among centred starts, or ends)
    active : (n_draws,) whether all sources were on when last looked at
    """

    sources: tuple[int, ...]
    starts: list[tuple[int, int]]
    ends: list[tuple[int, int]]
    active: BoolArray


def _influences(network: Network, centred: list[int], n_draws: int) -> list[_Influence]:
    """Return the interactions of a network by their sources; what moves nothing is left out."""
    centred_ends = network.centred_ends.tolist()
    found: dict[tuple[int, ...], _Influence] = {}
    for i, edge in enumerate(network.edges):
        targets = centred if edge.on_start else centred_ends
        if edge.target not in targets:
            continue
        fresh = _Influence(edge.sources, [], [], np.zeros(n_draws, dtype=bool))
        influence = found.setdefault(edge.sources, fresh)
        pairs = influence.starts if edge.on_start else influence.ends
        pairs.append((i, targets.index(edge.target)))
    return list(found.values())


def _odds(hazard: Float32Array) -> Float32Array:
    """Return h / (1 - h)."""
    return np.asarray(hazard / (1 - hazard))
