"""Hold the answer to a question of the bank, of whatever type."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from forecaster.records import frozen

if TYPE_CHECKING:
    from datetime import date

    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.periods import Period
    from forecaster.workspace.question_types import Question

OPEN, DECIDED, DUE, UNKNOWN_THEN = "open", "decided", "due", "unknown-then"
FAULTY, UNRELIABLE = "faulty", "unreliable"
NO_ANSWER = (FAULTY, UNRELIABLE)
"""The input is at fault, or a fit failed its checks."""
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantile levels of a figure asked about."""
SHARE_LEVELS = (0.1, 0.5, 0.9)
"""Quantile levels of a part of a whole: its median, and its 80% band."""


@frozen
class Chance:
    """A probability, with its Monte Carlo standard error (0 where nothing was drawn)."""

    probability: float
    mcse: float = 0.0


@frozen
class Spread:
    """Quantiles of a figure.

    Attributes
    ----------
    levels : quantile levels, ascending, each in (0, 1)
    values, mcse : as many, unit of the figure; the error is 0 where nothing was drawn
    """

    levels: tuple[float, ...]
    values: tuple[float, ...]
    mcse: tuple[float, ...]

    def at(self, level: float) -> float:
        """Return the quantile at a level; ValueError if it is not among them."""
        return self.values[self.levels.index(level)]

    def error_at(self, level: float) -> float:
        """Return the Monte Carlo standard error of the quantile at a level."""
        return self.mcse[self.levels.index(level)]


@frozen
class ByPeriod:
    """When something first happens.

    Attributes
    ----------
    by, first : as many as periods: happened by the end of each, and in it for the first time
    never : not by the end of the last
    """

    periods: tuple[Period, ...]
    by: tuple[Chance, ...]
    first: tuple[Chance, ...]
    never: Chance

    @property
    def median(self) -> Period | None:
        """The first period by whose end it has happened in half of the draws, if there is one."""
        pairs = zip(self.periods, self.by, strict=True)
        return next((period for period, by in pairs if by.probability >= 0.5), None)


@frozen
class PartShare:
    """What falls to one part of a whole."""

    name: str
    share: Spread


@frozen
class Ends:
    """The answer at both ends of the stated range that it rests on, the lower answer first."""

    low: float
    high: float


@frozen
class Known:
    """What has been decided.

    Attributes
    ----------
    answer : 'yes', 'no', a figure, a period or a text
    source : id of a source
    known_on : the day from which it was known
    is_history : whether published figures or dated events tell, and not the bank itself
    """

    answer: str | float
    source: str
    known_on: date
    note: str = ""
    is_history: bool = False


@frozen
class Footing:
    """What an answer rests on.

    Attributes
    ----------
    text : in a few words
    is_judgement : whether it is a judgement, and not figures
    """

    text: str
    is_judgement: bool


@frozen
class Found:
    """What was worked out about a question, before anything is said of its status.

    Attributes
    ----------
    period : the period or span asked about, in words
    applied : the level that counts as reached once figures are rounded, unit of the series
    decided : by published figures or dated events
    is_driven : whether drivers outweigh the figures below it
    """

    footing: Footing
    period: str = ""
    basis: str = ""
    chance: Chance | None = None
    spread: Spread | None = None
    against: Chance | None = None
    times: ByPeriod | None = None
    parts: tuple[PartShare, ...] = ()
    ends: Ends | None = None
    applied: float | None = None
    entry: SeriesEntry | None = None
    decided: Known | None = None
    warnings: tuple[str, ...] = ()
    is_driven: bool = False


@frozen
class Answer:
    """The answer to one question, as of one day.

    Attributes
    ----------
    status : OPEN, DECIDED, DUE, UNKNOWN_THEN, FAULTY or UNRELIABLE
    found : None where nothing could be worked out; `reason` says why
    outcome : what was known by the as-of day
    earlier : of a decided question, what would have been said before that was known
    """

    question: Question
    as_of: date
    scenario: str
    status: str
    found: Found | None = None
    outcome: Known | None = None
    earlier: Answer | None = None
    reason: str = ""
    warnings: tuple[str, ...] = field(default=())

    @property
    def rests_on(self) -> str:
        """What it rests on, in a few words."""
        return self.found.footing.text if self.found else ""
