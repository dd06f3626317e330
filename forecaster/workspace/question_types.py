"""Name the questions of the bank: what each asks, and what it resolves on."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from forecaster.records import frozen

if TYPE_CHECKING:
    from datetime import date

    from forecaster.workspace.periods import Period
    from forecaster.workspace.probabilities import Probability
    from forecaster.workspace.targets import Target


@frozen
class Stated:
    """A judgement about a figure that no series has: quantiles in its own unit."""

    quantiles: tuple[tuple[float, float], ...]
    unit: str


@frozen
class Threshold:
    """Whether the figure of a period, or any figure up to one, reaches a level.

    Attributes
    ----------
    level : in the unit of the target
    level_text : as written
    below : whether it must come below
    period : whose figure is meant; None where any from `first` to `until` is
    first, until : both None where `period` is stated; `first` None: from the as-of day on
    """

    target: Target
    level: float
    level_text: str
    below: bool
    period: Period | None
    first: Period | None
    until: Period | None


@frozen
class Numeric:
    """The figure of a period.

    Attributes
    ----------
    target : None where the answer is `stated`
    against : a level whose exceedance is told beside
    """

    target: Target | None
    period: Period
    against: float | None
    against_text: str
    stated: Stated | None


@frozen
class Crossing:
    """When a level is first reached.

    Attributes
    ----------
    frequency : 'year' | 'half' | 'quarter', of the periods told apart
    until : the horizon
    """

    target: Target
    level: float
    level_text: str
    below: bool
    until: Period
    frequency: str


@frozen
class Ranking:
    """Whether a series ranks so high among others.

    Attributes
    ----------
    rank : 1 for the largest
    at_least : whether a better rank does as well
    growth_from : the period from which relative growth is ranked, not the figures themselves
    """

    first: Target
    others: tuple[Target, ...]
    period: Period
    rank: int
    at_least: bool
    growth_from: Period | None


@frozen
class Part:
    """One part of a whole: of a series, or of a stated share."""

    name: str
    target: Target | None
    stated: Stated | None


@frozen
class Shares:
    """How a whole divides; `rest` names the part that the others leave, '' if they fill it."""

    parts: tuple[Part, ...]
    rest: str
    period: Period


@frozen
class DriverAsked:
    """Whether a driver comes on, or is on.

    Attributes
    ----------
    asks_for : 'started', at least once from `first` to `until`; 'in_force', on `on`
    """

    driver: str
    asks_for: str
    first: date | None
    until: date | None
    on: date | None


@frozen
class EventAsked:
    """Whether something happens that is no driver.

    Attributes
    ----------
    probability : None where it hangs on a driver
    driver : '' where it does not hang on one
    given_on, given_off : its probability with that driver on at `by`, and off
    """

    by: date
    probability: Probability | None
    driver: str
    given_on: Probability | None
    given_off: Probability | None


Ask = Threshold | Numeric | Crossing | Ranking | Shares | DriverAsked | EventAsked


@frozen
class Outcome:
    """What has been decided, and from when on that was known."""

    answer: str | float
    source: str
    known_on: date
    note: str = ""


@frozen
class Question:
    """A question that resolves on something.

    Attributes
    ----------
    type : 'threshold' | 'numeric' | 'crossing' | 'ranking' | 'shares' | 'driver' | 'event'
    asks : 'published', the figure that a source prints, or 'latent', what is so
    basis : target basis; '' for that of each series
    is_judgement : whether what it rests on is judgement
    where : file and block, for messages
    """

    id: str
    title: str
    type: str
    ask: Ask
    asks: str
    resolves_by: str
    resolves_on: date
    rounding: str
    void_if: str
    basis: str
    is_judgement: bool
    reason: str
    essays: tuple[str, ...]
    outcome: Outcome | None
    where: str = field(default="", compare=False)

    @property
    def series(self) -> tuple[str, ...]:
        """Ids of the series that it names, each once."""
        names = [name for target in targets_of(self.ask) for name in target.series]
        return tuple(dict.fromkeys(names))


def targets_of(ask: Ask) -> list[Target]:
    """Return the series and formulas that a question is about."""
    found: list[Target | None] = []
    if isinstance(ask, Threshold | Crossing | Numeric):
        found = [ask.target]
    elif isinstance(ask, Ranking):
        found = [ask.first, *ask.others]
    elif isinstance(ask, Shares):
        found = [part.target for part in ask.parts]
    return [target for target in found if target is not None]


def first_moment(ask: Ask) -> date | None:
    """Return the first day on which a question may be decided; None for a crossing, at any time."""
    if isinstance(ask, Threshold):
        period = ask.period or ask.first or ask.until
        return None if period is None else period.start
    if isinstance(ask, Numeric | Ranking | Shares):
        return ask.period.start
    if isinstance(ask, DriverAsked):
        return ask.on or ask.first
    return None
