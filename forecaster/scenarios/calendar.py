"""Count time in quarters, from the day whose knowledge is used.

    as of 2026-11-22          column 0         the state known on that day
    2026-Q4  (q = 8107)       column 1         state at its end; 0.43 of the quarter was to come
    2027-Q1  (q = 8108)       column 2         state at its end

A quarter's number is 4 * year + (quarter - 1), so 4 times a decimal year at its first moment.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import TYPE_CHECKING

from forecaster.records import frozen
from forecaster.workspace.periods import decimal_year

if TYPE_CHECKING:
    from numpy.typing import NDArray

import numpy as np

_ROUNDING = 1e-6
"""Quarters; far below a day."""


@frozen
class Quarters:
    """The quarters that are simulated.

    Attributes
    ----------
    as_of : the day whose knowledge is used; the first simulated moment is the day after
    n : how many
    """

    as_of: date
    n: int

    @property
    def begin(self) -> float:
        """The first simulated moment, counted in quarters."""
        return moment(self.as_of)

    @property
    def first(self) -> int:
        """Number of the first quarter."""
        return math.floor(self.begin + _ROUNDING)

    @property
    def exposure(self) -> float:
        """Part of the first quarter that is still to come, in (0, 1]."""
        return min(self.first + 1 - self.begin, 1.0)

    @property
    def ends(self) -> NDArray[np.float64]:
        """Decimal years of all columns, the beginning of the first quarter first: (n + 1,)."""
        return np.asarray((self.first + np.arange(self.n + 1.0)) / 4)

    def column_by(self, day: date) -> int:
        """Return the last column whose quarter has ended by the end of a day; 0 for one before."""
        return max(math.floor(moment(day) + _ROUNDING) - self.first, 0)

    def column_of(self, day: date) -> int:
        """Return the column at the end of the quarter that holds a day; may be below 1."""
        return quarter_of(day) - self.first + 1


def moment(day: date) -> float:
    """Return the end of a day, counted in quarters."""
    return 4 * decimal_year(day + timedelta(days=1))


def quarter_of(day: date) -> int:
    """Return the number of the quarter that holds a day."""
    return 4 * day.year + (day.month - 1) // 3


def quarters_until(as_of: date, until: date) -> Quarters:
    """Return the quarters from an as-of day to the one that holds `until`, at least one."""
    first = Quarters(as_of, 0).first
    return Quarters(as_of, max(quarter_of(until) - first + 1, 1))
