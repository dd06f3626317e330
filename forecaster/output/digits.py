"""Write a number with the digits that its Monte Carlo error supports.

    value   error    printed          why
    812.4   6.1      810              the last printed digit is tens: 6.1 <= 10
    0.4137  0.003    41%              the last printed digit is one point: 0.3 <= 1
    3.96e6  31000    4.0 million      the last printed digit is a hundred thousand

Without an error (a published figure) the digits as published stand.
"""

from __future__ import annotations

import math

SIGNIFICANT = 3
"""Digits of a number on the screen when neither its error nor its band asks for fewer or more."""

_TINY = 1e-290
"""Below this the digits of a number cannot be told by powers of ten: it is shown as zero."""

_WORDS = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
_SCALE_WORDS = ("thousand", "million", "billion", "trillion")


def unit_of_error(mcse: float) -> float:
    """Return the least power of ten that is not below the error; 0 when there is no error.

    A number printed to this unit has a Monte Carlo error of at most one unit of its last digit.
    """
    if not mcse > 0.0:
        return 0.0
    # The guard keeps log10(0.01) = -2 from becoming -1 by rounding.
    return float(10.0 ** math.ceil(math.log10(mcse) - 1e-9))


def format_number(
    value: float, *, unit: str = "", mcse: float = 0.0, spread: float = 0.0, whole: bool = False
) -> str:
    """Return an amount or a count for the screen, without its unit.

    Parameters
    ----------
    value
        in `unit`
    unit
        unit of the series; one that holds a scale word ('USD billion') gets no second one
    mcse
        Monte Carlo standard error of the value, same unit
    spread
        width of a band around it, same unit; digits enough to tell its ends apart
    whole
        whether only whole numbers are possible

    Returns
    -------
    text : such as '376', '1,240', '4.0 million', '3.2e25', 'under 10'

    """
    if not math.isfinite(value):
        return "none"
    if abs(value) < _TINY:
        value = 0.0
    least = max(unit_of_error(mcse), 1.0 if whole else 0.0)
    first = _round_to(value, max(_wanted_step(value, spread), least))
    step = max(_wanted_step(first or value, spread), least)  # 9.999 is 10.0, not 10.00
    rounded = _round_to(value, step)
    if rounded == 0.0 and value != 0.0:
        return f"under {_plain(step, step)}" if value > 0.0 else f"over {_plain(-step, step)}"
    size = abs(rounded)
    if size >= 1e15 or (size < 1e-4 and size > 0.0):
        return _scientific(rounded, step)
    if not _has_scale_word(unit):
        for scale, word in _WORDS:
            if size >= scale:
                return f"{_plain(rounded / scale, step / scale)} {word}"
    return _plain(rounded, step)


def format_share(value: float, *, mcse: float = 0.0, spread: float = 0.0) -> str:
    """Return a share of one as percent: '41%', '4.2%', '0.4%', '99.6%'.

    Parameters
    ----------
    value, mcse, spread
        fractions of one; meaning as in `format_number`

    """
    if not math.isfinite(value):
        return "none"
    percent = 100.0 * value
    step = max(_wanted_percent_step(percent, 100.0 * spread), unit_of_error(100.0 * mcse))
    rounded = _round_to(percent, step)
    if rounded <= 0.0 < percent:
        return f"under {_plain(step, step)}%"
    if rounded >= 100.0 > percent:
        return f"over {_plain(100.0 - step, step)}%"
    return f"{_plain(rounded, step)}%"


def format_probability(probability: float, *, mcse: float = 0.0) -> str:
    """Return a probability in whole percent: '83%', 'under 1%', 'over 99%'.

    Parameters
    ----------
    probability
        in [0, 1]
    mcse
        its Monte Carlo standard error; above one point it is rounded to tens

    """
    if not math.isfinite(probability):
        return "none"
    step = max(1.0, unit_of_error(100.0 * mcse))
    percent = 100.0 * probability
    if percent < step:
        return f"under {step:.0f}%"
    if percent > 100.0 - step:
        return f"over {100.0 - step:.0f}%"
    return f"{_round_to(percent, step):.0f}%"


def format_error(mcse: float) -> str:
    """Return the error of a probability in points, rounded up to one digit: '0.6 points'."""
    points = max(100.0 * mcse, 0.1)
    step = 10.0 ** math.floor(math.log10(points) + 1e-9)
    rounded = math.ceil(points / step - 1e-9) * step
    text = _plain(rounded, step)
    return f"{text} {'point' if text == '1' else 'points'}"


def format_value(
    value: float, *, kind: str, unit: str, mcse: float = 0.0, spread: float = 0.0
) -> str:
    """Return a value of a series for the screen; shares as percent, the rest without its unit."""
    if kind == "share":
        return format_share(value, mcse=mcse, spread=spread)
    is_counted = kind in ("count", "cumulative") and not _has_scale_word(unit)
    whole = is_counted and float(value).is_integer()
    return format_number(value, unit=unit, mcse=mcse, spread=spread, whole=whole)


def format_published(value: float, printed: str, *, kind: str, unit: str) -> str:
    """Return a published figure with the digits it was published with.

    Parameters
    ----------
    value, kind, unit
        The figure, and kind and unit of its series.
    printed
        the value as written in the history file, from which its digits are read

    """
    digits = printed.strip().lower().partition("e")[0].partition(".")[2]
    if kind == "share":
        return f"{100.0 * value:.{max(len(digits) - 2, 0)}f}%"
    if abs(value) >= 1e6 or (0.0 < abs(value) < 1e-4):
        return format_number(value, unit=unit)
    return f"{value:,.{len(digits)}f}"


def count_of(number: int, thing: str) -> str:
    """Return a number of things: '1 source', '1,240 sources'."""
    return f"{number:,} {thing if number == 1 else thing + 's'}"


def shown_unit(kind: str, unit: str) -> str:
    """Return the unit to print after a number; none for shares, which carry their percent."""
    if kind == "share" or unit in ("count", "ratio"):
        return ""
    return unit


def _has_scale_word(unit: str) -> bool:
    """Say whether a unit counts in thousands or more."""
    return any(word in unit for word in _SCALE_WORDS)


def _wanted_step(value: float, spread: float) -> float:
    """Return the last digit worth printing: three digits, more where the band is narrower."""
    if value == 0.0:
        return 10.0 ** math.floor(math.log10(spread / 10.0)) if spread > _TINY else 1.0
    step = 10.0 ** (math.floor(math.log10(abs(value))) - SIGNIFICANT + 1)
    if spread > _TINY:
        step = min(step, 10.0 ** math.floor(math.log10(spread / 10.0)))
    # Nine digits are the most a reader can use, however narrow the band.
    return float(max(step, abs(value) * 1e-9))


def _wanted_percent_step(percent: float, spread: float) -> float:
    """Return the last digit worth printing of a percentage."""
    room = min(abs(percent), abs(100.0 - percent))
    if room == 0.0 or percent > 100.0:
        return 1.0
    step = min(1.0, 10.0 ** (math.floor(math.log10(room) + 1e-9) - (1 if room >= 1.0 else 0)))
    if spread > _TINY:
        step = min(step, 10.0 ** math.floor(math.log10(spread / 10.0)))
    return float(max(step, 1e-6))


def _round_to(value: float, step: float) -> float:
    """Round to a multiple of a power of ten; halves go to the even neighbour."""
    if abs(value) > 1e300:
        return value  # the next multiple may be past the largest float
    return float(round(value, -round(math.log10(step))))


def _plain(value: float, step: float) -> str:
    """Write a rounded number with grouped digits and the decimals of its step."""
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value + 0.0:,.{decimals}f}"


def _scientific(value: float, step: float) -> str:
    """Write a very large or very small number, such as training compute, with an exponent."""
    exponent = math.floor(math.log10(abs(value)))
    decimals = max(0, exponent - math.floor(math.log10(step) + 1e-9))
    mantissa, _, power = f"{value:.{decimals}e}".partition("e")
    return f"{mantissa}e{int(power)}"
