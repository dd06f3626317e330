"""Bring what is believed about drivers into the order in which quarters are simulated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from forecaster.records import frozen
from forecaster.scenarios.hazards import make_hazards

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.scenarios.calendar import Quarters
    from forecaster.scenarios.hazards import Hazards
    from forecaster.workspace.driver_types import DriverBeliefs, Interaction
    from forecaster.workspace.probabilities import Probability

    BoolArray = NDArray[np.bool_]
    IntArray = NDArray[np.int64]


@frozen
class Edge:
    """An interaction between rows: while all sources are on, the odds of the target move.

    Attributes
    ----------
    name : keys the random strength
    """

    name: str
    sources: tuple[int, ...]
    target: int
    mean: float
    sd: float
    on_start: bool


@dataclass(frozen=True)
class Network:
    """All drivers as rows, with what moves them; file order.

    Attributes
    ----------
    beliefs : where it comes from
    quarters : simulated
    is_on : (n_drivers,) state known at the beginning
    hazards : of each driver by itself
    edges : interactions
    exclusions : pairs of rows
    """

    beliefs: DriverBeliefs
    quarters: Quarters
    is_on: BoolArray
    hazards: Hazards
    edges: tuple[Edge, ...]
    exclusions: tuple[tuple[int, int], ...]

    @cached_property
    def drivers(self) -> tuple[str, ...]:
        """Ids of the rows."""
        return tuple(driver.id for driver in self.beliefs.drivers)

    @cached_property
    def row(self) -> Mapping[str, int]:
        """The row of each id."""
        return {name: i for i, name in enumerate(self.drivers)}

    @cached_property
    def partners(self) -> Mapping[int, tuple[int, ...]]:
        """Rows that each excluded row is never on together with."""
        found: dict[int, list[int]] = {}
        for a, b in self.exclusions:
            found.setdefault(a, []).append(b)
            found.setdefault(b, []).append(a)
        return {row: tuple(sorted(others)) for row, others in found.items()}

    @cached_property
    def late(self) -> IntArray:
        """Rows that come after an earlier one which excludes them, within each quarter.

        Two exclusive drivers must not start in the same quarter: the one that stands first in the
        file may, and the other makes up for it, since its marginal is kept.
        """
        return np.array(
            [row for row in sorted(self.partners) if self.partners[row][0] < row], dtype=np.int64
        )

    @cached_property
    def early(self) -> IntArray:
        """Rows whose start is centred and that are not late."""
        moved = {edge.target for edge in self.edges if edge.on_start} | set(self.partners)
        # what must be on at a date has to make up for ends that interactions move
        moved |= {row for row in self.centred_ends.tolist() if not self.keeps_start[row]}
        can_start = [bool(driver.start) for driver in self.beliefs.drivers]
        late = set(self.late.tolist())
        return np.array(
            [row for row in sorted(moved) if can_start[row] and row not in late], dtype=np.int64
        )

    @cached_property
    def centred_ends(self) -> IntArray:
        """Rows whose end is centred."""
        ends = {
            edge.target
            for edge in self.edges
            if not edge.on_start and self.beliefs.drivers[edge.target].end
        }
        return np.array(sorted(ends), dtype=np.int64)

    @cached_property
    def can_end(self) -> IntArray:
        """Rows that go off by themselves."""
        drivers = self.beliefs.drivers
        return np.array([i for i, driver in enumerate(drivers) if driver.end], dtype=np.int64)

    @cached_property
    def can_start(self) -> BoolArray:
        """Whether each row can start, (n_drivers,)."""
        return np.array([bool(driver.start) for driver in self.beliefs.drivers], dtype=bool)

    @cached_property
    def keeps_start(self) -> BoolArray:
        """Whether the marginal kept of each row is P(started by); else it is P(on at)."""
        starts = [driver.start for driver in self.beliefs.drivers]
        return np.array([s is not None and not s.is_in_force for s in starts], dtype=bool)

    @cached_property
    def stated_column(self) -> IntArray:
        """The column to which each row's stated probability goes, (n_drivers,)."""
        return np.array(
            [
                self.quarters.column_by(driver.start.by) if driver.start else self.quarters.n
                for driver in self.beliefs.drivers
            ],
            dtype=np.int64,
        )

    @property
    def n_centred(self) -> int:
        """How many starts and ends are centred."""
        return len(self.early) + len(self.late) + len(self.centred_ends)

    def is_as_assessed(self, row: int) -> bool:
        """Say whether a row and those that exclude it are known to be as they were assessed."""
        drivers, as_of = self.beliefs.drivers, self.quarters.as_of
        return all(
            drivers[i].assessed_on <= as_of and bool(self.is_on[i]) == drivers[i].is_on
            for i in (row, *self.partners.get(row, ()))
        )

    def until(self, quarters: Quarters) -> Network:
        """Return the network on the first of its quarters."""
        columns = quarters.n + 1
        hazards = replace(
            self.hazards,
            started=self.hazards.started[:, :columns],
            on=self.hazards.on[:, :columns],
            waiting=self.hazards.waiting[:, :columns],
        )
        return replace(self, quarters=quarters, hazards=hazards)

    def with_probabilities(self, probability: Mapping[str, Probability]) -> Network:
        """Return the network with other start probabilities; what was centred stays so.

        Raises
        ------
        InputError
            If a driver has no start, or cannot be in force with its new probability.
        """
        if not probability:
            return self
        states = [bool(on) for on in self.is_on]
        drivers = self.beliefs.drivers
        hazards = make_hazards(drivers, states, self.quarters, replaced=probability)
        return replace(self, hazards=hazards)


def make_network(beliefs: DriverBeliefs, is_on: Sequence[bool], quarters: Quarters) -> Network:
    """Return the drivers as a network.

    Parameters
    ----------
    is_on : the state of each driver known on the as-of day, file order

    Raises
    ------
    InputError
        If a stated probability of being in force cannot be.
    """
    rows = {driver.id: i for i, driver in enumerate(beliefs.drivers)}
    return Network(
        beliefs=beliefs,
        quarters=quarters,
        is_on=np.array(is_on, dtype=bool),
        hazards=make_hazards(beliefs.drivers, is_on, quarters),
        edges=tuple(_edge(interaction, rows) for interaction in beliefs.interactions),
        exclusions=tuple((rows[each.first], rows[each.second]) for each in beliefs.exclusions),
    )


def _edge(interaction: Interaction, rows: Mapping[str, int]) -> Edge:
    """Return an interaction between rows."""
    name = f"{'+'.join(interaction.sources)}>{interaction.target}/{interaction.acts_on}"
    return Edge(
        name=name,
        sources=tuple(rows[source] for source in interaction.sources),
        target=rows[interaction.target],
        mean=interaction.log_odds.mean,
        sd=interaction.log_odds.sd,
        on_start=interaction.acts_on == "start",
    )
