"""Do the arithmetic of calendar periods.

A decimal year counts every month as one twelfth, so that quarters and halves are exact:

    2024-01-01 -> 2024.0      2024-Q3 covers [2024.50, 2024.75)
    2024-07-01 -> 2024.5      2024-06-15 is a day: [2024 + 5/12 + 14/360, one day later)
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

FREQUENCIES = ("year", "half", "quarter", "month", "day")
"""From the coarsest to the finest."""

PER_YEAR = {"year": 1, "half": 2, "quarter": 4, "month": 12}
"""How many of them make a year; days are dates, not periods of a regular grid."""

_LETTER = {"half": "H", "quarter": "Q"}
_PATTERN = re.compile(r"(\d{4})(?:-(?:(H)([12])|(Q)([1-4])|(\d{2})(?:-(\d{2}))?))?")


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """One calendar period, ordered by its first day.

    Attributes
    ----------
    start : first day
    end : last day, included
    frequency : 'year' | 'half' | 'quarter' | 'month' | 'day'
    """

    start: date
    end: date
    frequency: str

    @property
    def start_year(self) -> float:
        """Where it begins, decimal years."""
        return decimal_year(self.start)

    @property
    def end_year(self) -> float:
        """Where it ends, decimal years: the first moment after its last day."""
        return decimal_year(self.end + timedelta(days=1))

    @property
    def length(self) -> float:
        """Its length in years; exact for all but days."""
        if self.frequency == "day":
            return self.end_year - self.start_year
        return 1.0 / PER_YEAR[self.frequency]

    def __str__(self) -> str:
        year = f"{self.start.year:04d}"
        if self.frequency == "year":
            return year
        if self.frequency in _LETTER:
            number = (self.start.month - 1) * PER_YEAR[self.frequency] // 12 + 1
            return f"{year}-{_LETTER[self.frequency]}{number}"
        if self.frequency == "month":
            return f"{year}-{self.start.month:02d}"
        return self.start.isoformat()

    def next(self) -> Period:
        """Return the period of the same frequency that follows."""
        return period_at(self.end + timedelta(days=1), self.frequency)

    def contains(self, other: Period) -> bool:
        """Say whether `other` lies inside this period."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Period) -> bool:
        """Say whether the two share a day."""
        return self.start <= other.end and other.start <= self.end


def decimal_year(day: date) -> float:
    """Return the decimal year at the beginning of `day`; months are twelfths."""
    days_in_month = calendar.monthrange(day.year, day.month)[1]
    return day.year + (day.month - 1 + (day.day - 1) / days_in_month) / 12


def date_at(decimal: float) -> date:
    """Return the day that holds the decimal year, the inverse of `decimal_year`."""
    months = decimal * 12 + 1e-9  # a whole month must not fall to the day before by rounding
    year, month0 = divmod(int(months // 1), 12)
    days_in_month = calendar.monthrange(year, month0 + 1)[1]
    return date(year, month0 + 1, 1 + min(int((months % 1) * days_in_month), days_in_month - 1))


def period_at(day: date, frequency: str) -> Period:
    """Return the period of that frequency that holds `day`.

    Raises
    ------
    ValueError
        If `frequency` is not one of `FREQUENCIES`.
    """
    if frequency == "day":
        return Period(day, day, frequency)
    if frequency not in PER_YEAR:
        raise ValueError(f"unknown frequency {frequency!r}; one of {FREQUENCIES}")
    months = 12 // PER_YEAR[frequency]
    first_month = (day.month - 1) // months * months + 1
    last_month = first_month + months - 1
    last_day = calendar.monthrange(day.year, last_month)[1]
    return Period(date(day.year, first_month, 1), date(day.year, last_month, last_day), frequency)


def parse_period(text: str) -> Period:
    """Read `2024`, `2024-H1`, `2024-Q3`, `2024-06` or `2024-06-15`.

    Raises
    ------
    ValueError
        If the text is none of these, or no day of the calendar.
    """
    match = _PATTERN.fullmatch(text)
    if match is None or not text.isascii():
        raise ValueError(f"'{text}' is not a period")
    year = int(match[1])
    if year == 0:
        raise ValueError(f"'{text}' is not a period: there is no year 0")
    if match[2]:
        return period_at(date(year, 6 * int(match[3]), 1), "half")
    if match[4]:
        return period_at(date(year, 3 * int(match[5]), 1), "quarter")
    if match[7]:
        return period_at(date(year, int(match[6]), int(match[7])), "day")
    if match[6]:
        return period_at(date(year, int(match[6]), 1), "month")
    return period_at(date(year, 1, 1), "year")


def last_day(text: str) -> date:
    """Return the last day of a period text; so a date without a day reads as its month's end."""
    return parse_period(text).end


def periods_from(first: Period, *, until: date) -> tuple[Period, ...]:
    """Return `first` and its successors of the same frequency that end by `until`."""
    found = []
    period = first
    while period.end <= until:
        found.append(period)
        period = period.next()
    return tuple(found)


def split_period(period: Period, frequency: str) -> tuple[Period, ...]:
    """Return the periods of a finer frequency that make up `period`."""
    return periods_from(period_at(period.start, frequency), until=period.end)
