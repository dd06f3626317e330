"""Say how far ahead a question needs forecasts, and its drivers."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from forecaster.workspace.periods import period_at
from forecaster.workspace.question_types import Crossing, Numeric, Ranking, Shares, Threshold

if TYPE_CHECKING:
    from forecaster.workspace.periods import Period
    from forecaster.workspace.question_types import Question

HORIZON_STEP = 5
"""Years; horizons are the ends of years that it divides."""


def last_period(question: Question) -> Period:
    """Return the last period whose figure a question needs, in the frequency of its figures."""
    ask = question.ask
    if isinstance(ask, Crossing):
        return period_at(ask.until.end, ask.frequency)
    if isinstance(ask, Threshold):
        found = ask.period or ask.until
        assert found is not None  # the reader of questions wants one
        return found
    assert isinstance(ask, Numeric | Ranking | Shares)  # others have no figures
    return ask.period


def horizon(last: Period, as_of: date) -> str:
    """Return the horizon of a forecast that is to hold a period, of the same frequency.

    2027 -> 2030, 2027-H1 -> 2030-H2. A function of the question and the day alone, and long
    enough that something is left to forecast when the year of the question is published.
    """
    end = end_of_horizon(last.end, as_of)
    return str(period_at(end, last.frequency if last.frequency != "day" else "month"))


def end_of_horizon(last: date, as_of: date) -> date:
    """Return the last day of the year, divisible by five, that holds a day and what is to come."""
    year = max(last.year, as_of.year + 1)
    return date(-(-year // HORIZON_STEP) * HORIZON_STEP, 12, 31)
