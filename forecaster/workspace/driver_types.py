"""Name what is believed about drivers: when they start and end, what they do, how they interact."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from forecaster.workspace.belief_tables import Normal
    from forecaster.workspace.periods import Period
    from forecaster.workspace.probabilities import Probability
    from forecaster.workspace.stated_sizes import StatedSize

GROUPS = ("us", "china", "markets", "middle-powers")
"""Drivers of one group share our ignorance about probabilities."""


@frozen
class Start:
    """How a driver goes on.

    Attributes
    ----------
    probability : that it starts at least once from `assessed_on` to `by`; or, where `is_in_force`,
        that it is on at `by`
    """

    probability: Probability
    by: date
    is_in_force: bool
    reason: str


@frozen
class End:
    """How a driver goes off: the probability that a spell ends within so many quarters."""

    probability: Probability
    within_quarters: float
    reason: str


@frozen
class PastEvent:
    """Something that has happened.

    Attributes
    ----------
    ended : None while it is in force
    is_verified : whether its source bears it; what is not verified changes no state
    is_moment : whether it came and went, and left the state of the driver as it was
    """

    date: Period
    ended: Period | None
    title: str
    source: str
    is_verified: bool
    is_moment: bool
    note: str = ""


@frozen
class Effect:
    """What a driver does to one series while it is on.

    Attributes
    ----------
    shape : 'step' | 'ramp' | 'pulse' | 'slope' | 'growth' | 'cap'
    lag : quarters from start, and end, to effect
    quarters : until a ramp is full or a pulse gone, or for how long a slope or growth acts at most
    persists : does not go back when the driver ends
    size : as stated
    link : its prior, as `read_effect_size` says
    in_history : in [0, 1], how far such events are in the history already
    is_judgement : scaled by the multiplier that judgemental sizes on a series share
    """

    driver: str
    series: str
    shape: str
    lag: float
    quarters: float | None
    persists: bool
    size: StatedSize
    link: Normal
    in_history: float
    is_judgement: bool
    reason: str


@frozen
class Driver:
    """An uncertain event or condition.

    Attributes
    ----------
    group : one of GROUPS
    essays : file names
    assessed_on : the day whose knowledge `start` and `end` describe
    is_on : its state on that day
    is_judgement : whether its probabilities are judgement
    kind : 'event', which happens once and stays; or 'state', which switches
    start : None where it cannot start
    end : None where it never ends by itself
    """

    id: str
    title: str
    summary: str
    actors: tuple[str, ...]
    group: str
    source: str
    essays: tuple[str, ...]
    assessed_on: date
    is_on: bool
    is_judgement: bool
    kind: str
    start: Start | None
    end: End | None
    events: tuple[PastEvent, ...]
    effects: tuple[Effect, ...]


@frozen
class Interaction:
    """Odds of `target` are multiplied while every driver of `sources` was on a quarter before.

    Attributes
    ----------
    log_odds : prior of the log of the multiplier
    acts_on : 'start' | 'end'
    """

    sources: tuple[str, ...]
    target: str
    log_odds: Normal
    acts_on: str
    reason: str
    essays: tuple[str, ...] = ()


@frozen
class Exclusion:
    """Two drivers that are never on together: while one is, the other cannot start."""

    first: str
    second: str
    reason: str


@frozen
class Amplification:
    """Effects of `target` are multiplied while every driver of `sources` is on.

    Attributes
    ----------
    series : those on which its effects are multiplied, each one that `target` moves
    log_times : prior of the log of the multiplier
    """

    sources: tuple[str, ...]
    target: str
    series: tuple[str, ...]
    log_times: Normal
    reason: str


@dataclass(frozen=True)
class DriverBeliefs:
    """Everything that `drivers.toml` says.

    Attributes
    ----------
    drivers : in file order
    hash : sha256 of the file; '' where there is none
    where : the file, for messages
    unread : ids of drivers that are in the file but have faults, for the checks of other files
    """

    drivers: tuple[Driver, ...] = ()
    interactions: tuple[Interaction, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    amplifications: tuple[Amplification, ...] = ()
    hash: str = ""
    where: str = field(default="", compare=False)
    unread: tuple[str, ...] = ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The ids of all drivers of the file."""
        return (*self.by_id, *self.unread)

    @cached_property
    def by_id(self) -> Mapping[str, Driver]:
        """Every driver by its id, in file order."""
        return {driver.id: driver for driver in self.drivers}

    def of(self, driver: str) -> Driver:
        """Return the driver of an id; KeyError if there is none."""
        return self.by_id[driver]

    def on(self, series: str) -> tuple[Effect, ...]:
        """Return the effects on a series, in file order."""
        return tuple(
            effect
            for driver in self.drivers
            for effect in driver.effects
            if effect.series == series
        )

    def excluded_by(self, driver: str) -> tuple[str, ...]:
        """Return the drivers that are never on together with one."""
        pairs = [(each.first, each.second) for each in self.exclusions]
        return tuple(b if a == driver else a for a, b in pairs if driver in (a, b))


def state_known(driver: Driver, as_of: date) -> bool:
    """Say whether a driver is on by what was known on a day.

    On the day of its assessment it is as assessed. Else its events tell, if it has verified ones
    that are no moments: before the first of them it is off. Without any it is as assessed.
    """
    found = None if as_of == driver.assessed_on else state_by_events(driver, as_of)
    return driver.is_on if found is None else found


def state_by_events(driver: Driver, day: date) -> bool | None:
    """Return the state to which the events before a day lead; None where no events tell.

    An event counts once its whole period is past; one whose end was not past by then is in force.
    """
    history = [event for event in driver.events if event.is_verified and not event.is_moment]
    if not history:
        return None
    return any(
        event.date.end < day and not (event.ended is not None and event.ended.end < day)
        for event in history
    )
