"""Answer small networks exactly, by following the distribution over all their states.

Written independently of the simulation: probabilities have no ranges, interactions no spread. A
state is (which are on, which have ever started). Within a quarter drivers switch in file order,
and each looks at the quarter before, except that an exclusive one also looks at those before it.
"""

from __future__ import annotations

from collections import defaultdict
from math import exp, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.workspace.driver_types import DriverBeliefs

State = tuple[tuple[bool, ...], tuple[bool, ...]]
Distribution = dict[State, float]


class Exact:
    """Follow a network for `n` quarters.

    Parameters
    ----------
    start, end : quarterly hazards of each driver by itself
    forced : driver -> column from which it is held on; its centres are those of the baseline
    """

    def __init__(
        self,
        beliefs: DriverBeliefs,
        start: list[float],
        end: list[float],
        n: int,
        *,
        forced: dict[int, int] | None = None,
        centres: list[dict[str, float]] | None = None,
    ) -> None:
        self.beliefs, self.start, self.end = beliefs, start, end
        self.names = [driver.id for driver in beliefs.drivers]
        self.forced = forced or {}
        self.centres = centres or []
        self._is_solving = centres is None
        none = (False,) * len(self.names)
        at: Distribution = {(tuple(driver.is_on for driver in beliefs.drivers), none): 1.0}
        self.columns = [at]
        paths = [self._path(i, n) for i in range(len(self.names))]
        for column in range(1, n + 1):
            at = self._step(at, column, paths)
            self.columns.append(at)

    def chance(self, column: int, happens: Callable[[dict[str, bool]], bool]) -> float:
        """Return the probability of a statement about which drivers are on at a column."""
        return sum(
            p
            for (on, _), p in self.columns[column].items()
            if happens(dict(zip(self.names, on, strict=True)))
        )

    def _path(self, i: int, n: int) -> list[tuple[float, float]]:
        """Return (P(started by), P(on at)) of a driver by itself."""
        driver = self.beliefs.drivers[i]
        h, e = self.start[i], self.end[i]
        on, never_on, never_off = float(driver.is_on), float(driver.is_on), float(not driver.is_on)
        found = [(0.0, on)]
        for _ in range(n):
            never_off, never_on = never_off * (1 - h) + never_on * e, never_on * (1 - e)
            on = on * (1 - e) + (1 - on) * h
            found.append((1 - never_on - never_off, on))
        return found

    def _odds(self, i: int, on: tuple[bool, ...], acts_on: str) -> float:
        """Return the odds of a switch with interactions, before centring."""
        hazard = self.start[i] if acts_on == "start" else self.end[i]
        odds = hazard / (1 - hazard)
        for each in self.beliefs.interactions:
            rows = [self.names.index(source) for source in each.sources]
            if (
                each.target == self.names[i]
                and each.acts_on == acts_on
                and all(on[r] for r in rows)
            ):
                odds *= exp(each.log_odds.mean)
        return odds

    def _is_open(self, i: int, before: tuple[bool, ...], now: list[bool]) -> bool:
        """Say whether nothing excludes a start."""
        name = self.names[i]
        for each in self.beliefs.exclusions:
            if name in (each.first, each.second):
                other = self.names.index(each.second if name == each.first else each.first)
                if before[other] or now[other]:
                    return False
        return True

    def _step(
        self, at: Distribution, column: int, paths: list[list[tuple[float, float]]]
    ) -> Distribution:
        """Return the distribution a quarter later; drivers switch one after the other."""
        centres = {} if self._is_solving else self.centres[column - 1]
        partial: dict[tuple[State, tuple[bool, ...]], float] = {
            (state, ()): p for state, p in at.items()
        }
        for i, name in enumerate(self.names):
            c = 0.0
            if self._is_solving:
                c = self._solve(partial, i, paths[i][column])
                centres[name] = c
            elif name in centres:
                c = centres[name]
            following: dict[tuple[State, tuple[bool, ...]], float] = defaultdict(float)
            for ((on, started), now), p in partial.items():
                up = self._hazard(i, on, now, c)
                if i in self.forced:
                    chance = float(column >= self.forced[i])
                else:
                    chance = (1 - self._ends(i, on)) if on[i] else up
                for is_on, q in ((True, chance), (False, 1 - chance)):
                    if q:
                        following[((on, started), (*now, is_on))] += p * q
            partial = following
        if self._is_solving:
            self.centres.append(centres)
        found: Distribution = defaultdict(float)
        for ((on, started), now), p in partial.items():
            ever = tuple(s or (n and not o) for s, n, o in zip(started, now, on, strict=True))
            found[(now, ever)] += p
        return dict(found)

    def _ends(self, i: int, on: tuple[bool, ...]) -> float:
        """Return the hazard of ending; these networks do not move it."""
        assert not any(each.acts_on == "end" for each in self.beliefs.interactions)
        del on
        return self.end[i]

    def _hazard(self, i: int, on: tuple[bool, ...], now: tuple[bool, ...], c: float) -> float:
        """Return the centred hazard of starting in a state."""
        if not self.start[i]:
            return 0.0
        pending = [*now, *on[len(now) :]]
        if not self._is_open(i, on, pending):
            return 0.0
        odds = self._odds(i, on, "start") / exp(c)
        return odds / (1 + odds)

    def _solve(
        self,
        partial: dict[tuple[State, tuple[bool, ...]], float],
        i: int,
        path: tuple[float, float],
    ) -> float:
        """Return the centre with which the path is met, by bisection."""
        driver = self.beliefs.drivers[i]
        if driver.start is None:
            return 0.0
        by_start = not driver.start.is_in_force
        wanted, live = path[0] if by_start else path[1], {}
        for ((on, started), now), p in partial.items():
            if by_start:
                wanted -= p * started[i]
            elif on[i]:
                wanted -= p * (1 - self.end[i])
            if not on[i] and not (by_start and started[i]):
                key = ((on, started), now)
                live[key] = live.get(key, 0.0) + p
        low, high = -log(1e9), log(1e9)
        for _ in range(80):
            c = (low + high) / 2
            total = sum(p * self._hazard(i, on, now, c) for ((on, _), now), p in live.items())
            low, high = (c, high) if total > wanted else (low, c)
        return (low + high) / 2
