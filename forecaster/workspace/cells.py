"""Read single cells of a table: numbers, periods, dates and words from a list."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from forecaster.workspace.faults import CellError, did_you_mean, quoted
from forecaster.workspace.periods import Period, last_day, parse_period

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

PERIOD_FORMS = "2024, 2024-H1, 2024-Q3, 2024-06 or 2024-06-15"

# `float` alone would take '1_000', 'nan', 'infinity' and the digits of any script
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
# of mistakes only, so not compiled at the start
_PERCENT = r"([+-]?[0-9]*\.?[0-9]+) ?%"
_GROUPED = r"[+-]?[0-9]{1,3}(?:([ ,'_\u00a0\u202f])[0-9]{3})(?:\1[0-9]{3})*(?:\.[0-9]+)?"
_DECIMAL_COMMA = r"[+-]?[0-9]+,[0-9]+"
_NOT_FINITE = r"(?i:[+-]?(nan|inf|infinity|n/?a|#n/a|null|none|-+|\.+))"


def read_number(text: str, *, share: bool = False) -> float:
    """Read a finite number written in plain digits.

    Parameters
    ----------
    share : whether the number is a fraction of one, so that percents can be offered as fractions

    Raises
    ------
    CellError
        If the text is anything else; the fix says what to write instead where that is clear.
    """
    if _NUMBER.fullmatch(text) is None:
        raise _number_fault(text, share=share)
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise CellError(
            "not finite", f"{quoted(text)} is too large for a number", "use a larger unit"
        )
    return value


def _number_fault(text: str, *, share: bool) -> CellError:
    """Say why the text is not a plain number."""
    if not text:
        return CellError(
            "a number is missing", "a number is missing", "fill it in, or leave the line out"
        )
    if re.fullmatch(_NOT_FINITE, text):
        fix = "leave the line out where there is no figure"
        return CellError("not finite", f"{quoted(text)} is not a finite number", fix)
    if not text.isascii() and (plain := narrow(text)) != text and plain.isascii():
        percent = re.fullmatch(_PERCENT, plain)
        fix = f"type {percent_as_fraction(percent[1]) if percent and share else plain}"
        return CellError("full-width", f"{quoted(text)} has full-width characters", fix)
    if match := re.fullmatch(_PERCENT, text):
        fix = f"write {percent_as_fraction(match[1])}" if share else "write the number alone"
        return CellError("a percentage", f"{quoted(text)} is a percentage, not a number", fix)
    if match := re.fullmatch(_GROUPED, text):
        fix = f"write {text.replace(match[1], '')}"
        return CellError("separators", f"{quoted(text)} has separators between thousands", fix)
    if re.fullmatch(_DECIMAL_COMMA, text):
        fix = f"write {text.replace(',', '.')}"
        return CellError("a decimal comma", f"{quoted(text)} has a decimal comma", fix)
    fix = "write a plain number, such as 1200 or 0.41"
    return CellError("not a number", f"{quoted(text)} is not a number", fix)


def narrow(text: str) -> str:
    """Return the text with full-width characters, as Chinese keyboards give, made plain."""
    import unicodedata  # only a mistake needs it

    return unicodedata.normalize("NFKC", text)


def percent_as_fraction(percent: str) -> str:
    """Return the digits of a percentage as a fraction: '41' gives '0.41'."""
    return f"{float(percent) / 100:.12g}"


def check_value(value: float, *, printed: str, kind: str) -> None:
    """Check that a series of this kind can have the value.

    Zero is a possible value of every kind; it is measured as zero.

    Raises
    ------
    CellError
        If a share is outside [0, 1], or an amount is negative.
    """
    if kind == "share" and value > 1:
        fix = "write shares as fractions of one"
        if value <= 100:
            fix = f"did you mean {value:.12g}%? write {percent_as_fraction(printed)}"
        raise CellError("a share above 1", f"a share of {printed} is above 1", fix)
    if kind == "share" and value < 0:
        fix = "write shares as fractions between 0 and 1"
        raise CellError("a share below 0", f"a share of {printed} is below 0", fix)
    if kind != "real" and value < 0:
        problem = f"a {kind} series cannot have the negative value {printed}"
        fix = "correct the value, or make the series one of kind 'real'"
        raise CellError("a negative value", problem, fix)


@lru_cache(maxsize=1 << 12)  # a few hundred periods make up tens of thousands of rows
def read_period(text: str) -> Period:
    """Read a period such as `2024`, `2024-H1`, `2024-Q3`, `2024-06` or `2024-06-15`.

    Raises
    ------
    CellError
        If it is none; the fix offers the likely spelling.
    """
    try:
        return parse_period(text)
    except ValueError:
        pass
    if not text:
        raise CellError("a period is missing", "a period is missing", f"write {PERIOD_FORMS}")
    meant = _likely_period(text)
    fix = f"did you mean {meant}?" if meant else f"write {PERIOD_FORMS}"
    raise CellError("not a period", f"{quoted(text)} is not a period", fix)


_LIKELY_PERIODS = (
    (r"(?:FY|CY)?(\d{4})(?:\.0+|年)?", "{0}"),
    (r"(\d{4})[ /.年-]*([HQ][1-4])", "{0}-{1}"),
    (r"([HQ][1-4])[ /.-]*(\d{4})", "{1}-{0}"),
    (r"(\d{4})[/.年-](\d{1,2})月?", "{0}-{1:0>2}"),
    (r"(\d{4})[/.年-](\d{1,2})[/.月-](\d{1,2})日?", "{0}-{1:0>2}-{2:0>2}"),
    (r"(\d{4}-\d\d-\d\d)[T ][0-9:.Z+]*", "{0}"),
)
"""Compiled when a mistake needs them: at the start each would take a tenth of a millisecond."""


def _likely_period(text: str) -> str:
    """Return the period a common other spelling means, or nothing."""
    plain = narrow(text).upper()
    for pattern, form in _LIKELY_PERIODS:
        if match := re.fullmatch(pattern, plain):
            candidate = form.format(*match.groups())
            try:
                return str(parse_period(candidate))
            except ValueError:
                continue
    return ""


def read_date(text: str) -> date:
    """Read a date; one without a day means the last day of that month or year.

    Raises
    ------
    CellError
        If it is none.
    """
    try:
        if "H" not in text and "Q" not in text:
            return last_day(text)
    except ValueError:
        pass
    raise CellError(
        "not a date", f"{quoted(text)} is not a date", "write 2024-06-15, 2024-06 or 2024"
    )


def read_word(text: str, known: Collection[str], *, what: str) -> str:
    """Read one of a few known words.

    Raises
    ------
    CellError
        If it is none of them; the fix offers the nearest.
    """
    if text in known:
        return text
    fix = did_you_mean(text, known) or f"use one of {', '.join(word for word in known if word)}"
    raise CellError(f"unknown {what}", f"{quoted(text)} is not a {what}", fix)
