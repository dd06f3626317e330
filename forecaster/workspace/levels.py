"""Read a level that the user typed, in the unit of its series."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from forecaster.workspace.cells import narrow, percent_as_fraction, read_number
from forecaster.workspace.faults import CellError, quoted

if TYPE_CHECKING:
    from forecaster.errors import InputError
    from forecaster.workspace.facts import SeriesEntry

WHERE = "the level"

_LEVEL = re.compile(
    r"(?P<symbol>[$€£]?)\s*"
    r"(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"\s*(?P<words>[^0-9\s+.,_'-].*)?"
)
_SCALES = {
    "k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9,
    "billion": 1e9, "t": 1e12, "tn": 1e12, "trillion": 1e12, "lakh": 1e5, "crore": 1e7,
}  # fmt: skip
_CURRENCIES = {"usd", "cny", "eur", "gbp", "jpy", "krw", "inr", "cad"}
_OTHER_NAMES = {
    "$": "usd", "dollar": "usd", "us$": "usd", "€": "eur", "euro": "eur", "£": "gbp",
    "rmb": "cny", "yuan": "cny", "yen": "jpy", "won": "krw", "percent": "%", "per cent": "%",
}  # fmt: skip


def parse_level(text: str, entry: SeriesEntry) -> float:
    """Read a level such as `40%`, `0.4`, `200bn USD`, `200 USD billion` or `1.5e3`.

    A plain number is in the unit of the series. A scale (`bn`, `million`) is converted to it.

    Returns
    -------
    float, in the unit of the series

    Raises
    ------
    InputError
        If it is no number, its unit does not fit the series, or the series can never be there.
    """
    try:
        level = _in_unit_of_series(text.strip(), entry)
        _check_possible(level, text.strip(), entry)
    except CellError as error:
        raise _as_input_error(error, entry) from None
    return level


def _as_input_error(error: CellError, entry: SeriesEntry) -> InputError:
    """Make the error say which series the level was for."""
    unit = f", in {entry.unit}" if entry.unit else ""
    return error.as_input_error(f"{WHERE} of {quoted(entry.id)}{unit}")


def _in_unit_of_series(text: str, entry: SeriesEntry) -> float:
    """Return the number in the unit of the series, whatever the possible range."""
    plain = narrow(text)
    if plain != text and plain.isascii():
        problem = f"{quoted(text)} has full-width characters"
        raise CellError("full-width", problem, f"type {plain.strip()}")
    match = _LEVEL.fullmatch(text)
    try:
        number = read_number(text if match is None else match["number"])
    except CellError as error:
        if error.rule in ("not finite", "a number is missing", "not a number"):
            raise CellError(error.rule, error.problem, f"type {_example(entry)}") from None
        raise
    if match is None:
        return number
    words = _words_of(match["symbol"], match["words"] or "")
    if "%" in words:
        return _from_percent(number, text, words, entry)
    scale, currency, measure = _sorted_words(words, entry)
    if any(word is not None for word in (scale, currency)) or measure:
        return number * _factor(text, scale, currency, measure, entry)
    return number


def _words_of(symbol: str, words: str) -> list[str]:
    """Return the unit's words in lower case, currencies and percents by one name each."""
    spaced = words.replace("%", " % ").replace("per cent", "percent")
    found = [symbol, *spaced.split()] if symbol else spaced.split()
    folded = [word.casefold() for word in found]
    return [
        _OTHER_NAMES.get(word.removesuffix("s"), _OTHER_NAMES.get(word, word)) for word in folded
    ]


def _from_percent(number: float, text: str, words: list[str], entry: SeriesEntry) -> float:
    """Return a percentage as a fraction; only a series of fractions takes it."""
    if words != ["%"] or not _is_fraction(entry):
        problem = f"{quoted(text)} is a percentage, but {quoted(entry.id)} is {_described(entry)}"
        raise CellError("unit", problem, f"type {_example(entry)}")
    return float(percent_as_fraction(repr(number)))


def _is_fraction(entry: SeriesEntry) -> bool:
    """Say whether percentages fit the series."""
    return entry.kind == "share" or entry.unit == "fraction"


def _described(entry: SeriesEntry) -> str:
    """Return the unit of a series in words."""
    if _is_fraction(entry):
        return "a fraction"
    return f"in {entry.unit}" if entry.unit else "without a unit"


def _example(entry: SeriesEntry) -> str:
    """Return what a fitting level may look like."""
    if _is_fraction(entry):
        return "a percentage such as 40%, or a fraction such as 0.4"
    if not entry.unit:
        return "the number alone, such as 200"
    return f"the number alone, such as 200, or with its unit: '200 {entry.unit}'"


def _sorted_words(
    words: list[str], entry: SeriesEntry
) -> tuple[float | None, str | None, list[str]]:
    """Return the scale, the currency and the other words of a unit."""
    scale: float | None = None
    currency: str | None = None
    measure = []
    for word in words:
        if word in _SCALES and scale is None and not _means_tonnes(word, entry):
            scale = _SCALES[word]
        elif word in _CURRENCIES and currency is None:
            currency = word
        else:
            measure.append(word.removesuffix("s"))
    return scale, currency, measure


def _means_tonnes(word: str, entry: SeriesEntry) -> bool:
    """Say whether a `t` is a tonne and not a trillion."""
    return word == "t" and "tonne" in entry.unit.casefold()


def _factor(
    text: str, scale: float | None, currency: str | None, measure: list[str], entry: SeriesEntry
) -> float:
    """Return what to multiply the number by to have it in the unit of the series."""
    own_words = [] if _is_fraction(entry) else _words_of("", entry.unit)
    own_scale, own_currency, own_measure = _sorted_words(own_words, entry)
    measure = ["tonne" if _means_tonnes(word, entry) else word for word in measure]
    known = currency in (None, own_currency) and set(measure) <= set(own_measure)
    if not known or _is_fraction(entry):
        problem = f"{quoted(text)} does not fit {quoted(entry.id)}, which is {_described(entry)}"
        raise CellError("unit", problem, f"type {_example(entry)}")
    if scale is None:
        if own_scale is not None:
            problem = f"{quoted(text)} does not say whether it is in {entry.unit}"
            raise CellError("unit", problem, f"type {_example(entry)}")
        return 1.0
    return scale / (own_scale or 1.0)


def _check_possible(level: float, text: str, entry: SeriesEntry) -> None:
    """Check that a series of this kind can come to the level."""
    if entry.kind == "share" and not 0 < level < 1:
        fix = "type a percentage between 0% and 100%, such as 40%"
        if 1 < level < 100 and "%" not in text:
            fix = f"did you mean {level:.12g}%?"
        problem = f"a share cannot reach the level {quoted(text)}: it lies between 0 and 1"
        raise CellError("level", problem, fix)
    if entry.kind not in ("share", "real") and level <= 0:
        problem = f"a {entry.kind} series cannot be asked to reach {quoted(text)}"
        raise CellError("level", problem, "type a level above zero")
