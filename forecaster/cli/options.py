"""Read what was typed after a flag; every fault says the flag, the text and what to type.

The functions take and give plain values, so that the Python interface reads its arguments by the
same rules as the command line.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.workspace.faults import did_you_mean, quoted
from forecaster.workspace.periods import Period, last_day, parse_period, period_at

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

FEWEST_DRAWS, MOST_DRAWS = 100, 200_000
"""Fewer draws cannot show a 95% band, more do not fit into the memory of a laptop."""
MOST_SEED = 2**63 - 1
MOST_COVERAGES = 6
MOST_YEARS_AHEAD = 50
DEFAULT_YEARS_AHEAD = 4
MOST_WORKERS = 256

_WHOLE = re.compile(r"[0-9]+")
_PERCENT = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)%?")
_DAY_EXAMPLES = "2025-06-30, 2025-06 or 2025"
_PERIOD_EXAMPLES = "2030, 2027-H1, 2027-Q4 or 2027-06"


def read_day(text: str, *, flag: str, today: date) -> date:
    """Read `2025-06-30`, or the last day of `2025-06` or `2025`, but no day after today.

    A month or a year that is not over yet is read as today.

    Raises
    ------
    InputError
        If it is no date, or lies after today.
    """
    plain = _plain(text, flag=flag, example=_DAY_EXAMPLES)
    try:
        period = parse_period(plain)
    except ValueError:
        raise InputError(
            problem=f"{quoted(text)} is not a date", where=flag, fix=f"type {_DAY_EXAMPLES}"
        ) from None
    if period.start > today:
        raise InputError(
            problem=f"nobody knows yet what will be known on {quoted(text)}",
            where=flag,
            fix=f"use {today}, which is today, or an earlier day",
        )
    return min(period.end, today)


def read_horizon(text: str, *, flag: str, as_of: date) -> str:
    """Read the last period of a forecast: `2030`, `end-2030`, `2027-Q4`, `2027-06`, `2027-12-31`.

    A day is read as the longest period that ends on it.

    Returns
    -------
    the period as `workspace.periods` writes it

    Raises
    ------
    InputError
        If it is no period, a day within a month, or lies more than 50 years ahead.
    """
    plain = _plain(text, flag=flag, example=_PERIOD_EXAMPLES).lower().removeprefix("end-").upper()
    try:
        period = parse_period(plain)
    except ValueError:
        raise InputError(
            problem=f"{quoted(text)} is not a period", where=flag, fix=f"type {_PERIOD_EXAMPLES}"
        ) from None
    if period.frequency == "day":
        period = _period_ending_on(period.end, text=text, flag=flag)
    if period.end.year > as_of.year + MOST_YEARS_AHEAD:
        raise InputError(
            problem=f"{quoted(text)} is more than {MOST_YEARS_AHEAD} years ahead of {as_of}",
            where=flag,
            fix=f"use {as_of.year + MOST_YEARS_AHEAD} or an earlier year",
        )
    return str(period)


def default_horizon(as_of: date) -> str:
    """Return the year four years after the as-of year."""
    return str(as_of.year + DEFAULT_YEARS_AHEAD)


def _period_ending_on(day: date, *, text: str, flag: str) -> Period:
    """Return the longest period that ends on the day."""
    for frequency in ("year", "half", "quarter", "month"):
        period = period_at(day, frequency)
        if period.end == day:
            return period
    month = period_at(day, "month")
    raise InputError(
        problem=f"{quoted(text)} lies within a month, and a forecast is of whole ones",
        where=flag,
        fix=f"type {month} for the whole month",
    )


def read_coverages(text: str, *, flag: str = "--coverage") -> tuple[float, ...]:
    """Read percents such as `50,80,95` as ascending probabilities.

    Raises
    ------
    InputError
        If one is no number, lies outside 0 to 100, comes twice, or there are more than six.
    """
    example = "percents between 0 and 100, such as 50,80,95"
    parts = [_plain(part, flag=flag, example=example) for part in text.split(",")]
    for part in parts:
        if not _PERCENT.fullmatch(part):
            raise InputError(
                problem=f"{quoted(part)} is not a percent", where=flag, fix=f"type {example}"
            )
    return check_coverages([float(part.rstrip("%")) / 100 for part in parts], flag=flag)


def check_coverages(coverages: Collection[float], *, flag: str) -> tuple[float, ...]:
    """Return the coverages in ascending order.

    Raises
    ------
    InputError
        If there is none, one lies outside (0, 1), one comes twice, or there are more than six.
    """
    if not 1 <= len(coverages) <= MOST_COVERAGES:
        raise InputError(
            problem=f"{len(coverages)} coverages were asked for",
            where=flag,
            fix=f"ask for 1 to {MOST_COVERAGES} of them",
        )
    for coverage in coverages:
        if not 0.0 < coverage < 1.0:
            raise _impossible_coverage(coverage, flag=flag)
    ascending = tuple(sorted(round(coverage, 12) for coverage in coverages))
    if len(set(ascending)) < len(ascending):
        raise InputError(
            problem="the same coverage is asked for twice", where=flag, fix="name each once"
        )
    return ascending


def _impossible_coverage(coverage: float, *, flag: str) -> InputError:
    """Say so in percents to who typed percents, and in probabilities to who gave those."""
    shown, example = f"{coverage:g}", "probabilities between 0 and 1, such as 0.8"
    if flag.startswith("-"):
        shown, example = f"{coverage * 100:g}%", "percents between 0 and 100, such as 50,80,95"
    return InputError(
        problem=f"no band can have a coverage of {shown}", where=flag, fix=f"use {example}"
    )


def read_whole_number(text: str, *, flag: str, least: int, most: int) -> int:
    """Read a whole number typed in ASCII digits.

    Raises
    ------
    InputError
        If it is not one, or lies outside `least` to `most`.
    """
    example = f"a whole number from {least} to {most}"
    plain = _plain(text, flag=flag, example=example)
    # int() itself refuses very long numbers; twenty digits are beyond every range here
    if not _WHOLE.fullmatch(plain.replace("_", "").replace(",", "")) or len(plain) > 30:
        raise InputError(
            problem=f"{quoted(text)} is not a whole number", where=flag, fix=f"type {example}"
        )
    return check_whole_number(
        int(plain.replace("_", "").replace(",", "")), flag=flag, least=least, most=most
    )


def read_draws(text: str) -> int:
    """Read `--draws`; same errors as `read_whole_number`."""
    return read_whole_number(text, flag="--draws", least=FEWEST_DRAWS, most=MOST_DRAWS)


def read_seed(text: str | None) -> int:
    """Read `--seed`, the fixed one by default; same errors as `read_whole_number`."""
    if text is None:
        from forecaster.forecasts.settings import DEFAULT_SEED

        return DEFAULT_SEED
    return read_whole_number(text, flag="--seed", least=0, most=MOST_SEED)


def read_workers(text: str) -> int:
    """Read `--workers`; same errors as `read_whole_number`."""
    return read_whole_number(text, flag="--workers", least=1, most=MOST_WORKERS)


def check_whole_number(number: int, *, flag: str, least: int, most: int) -> int:
    """Return the number.

    Raises
    ------
    InputError
        If it lies outside `least` to `most`.
    """
    if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
        raise InputError(
            problem=f"{number} is out of range",
            where=flag,
            fix=f"use a whole number from {least} to {most}",
        )
    return number


def read_choice(text: str, *, flag: str, known: Collection[str]) -> str:
    """Return the text if it is one of the known words.

    Raises
    ------
    InputError
        If it is not; the nearest is offered.
    """
    if text in known:
        return text
    near = did_you_mean(text, known)
    raise InputError(
        problem=f"{quoted(text)} is not known here",
        where=flag,
        fix=near or f"use one of {', '.join(known)}",
    )


def check_after_history(until: str, *, flag: str, last: Period) -> None:
    """Check that a horizon ends after the history does.

    Raises
    ------
    InputError
        If it does not; the last figure is named.
    """
    if last_day(until) <= last.end:
        raise InputError(
            problem=f"'{until}' does not end after the last figure, which is of {last}",
            where=flag,
            fix=f"use a period after {last}, or an earlier --as-of",
        )


def _plain(text: str, *, flag: str, example: str) -> str:
    """Return the text without outer blanks.

    Raises
    ------
    InputError
        If it is empty, or has letters that only look like those of a number.
    """
    stripped = text.strip()
    if not stripped:
        raise InputError(problem="nothing was typed", where=flag, fix=f"type {example}")
    narrow = unicodedata.normalize("NFKC", stripped)
    if narrow != stripped and narrow.isascii():
        raise InputError(
            problem=f"{quoted(stripped)} has full-width characters",
            where=flag,
            fix=f"type {narrow}",
        )
    return stripped
