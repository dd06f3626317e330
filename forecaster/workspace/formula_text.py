"""Cut the text of a formula into words, and mark the place of a fault under it.

    us-spend / (us-spend + cn-spend)
    name     /  ( name   +  name   )

The id of a series may hold '-', so a minus stands for itself only where a space, a parenthesis or
another sign keeps it apart from the words on both sides.
"""

from __future__ import annotations

import re
from unicodedata import east_asian_width

from forecaster.errors import InputError
from forecaster.records import frozen
from forecaster.workspace.faults import printable, quoted

SIGNS = "+-*/()"
ALLOWED = "use numbers, series, + - * / and parentheses"
OTHER_SIGNS = {"×": "*", "∗": "*", "·": "*", "÷": "/", "⁄": "/", "−": "-", "–": "-", "—": "-"}
"""Signs that people write or paste for those of a formula."""

_BLANK = " \t\r\n"
_NUMBER = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_GOES_ON = re.compile(r"-?[A-Za-z0-9_]|\.")
_NAME = re.compile(r"[A-Za-z0-9_]+(?:-+[A-Za-z0-9_]+)*")
_BROKEN_NUMBER = re.compile(r"[0-9]*\.[A-Za-z0-9_.]*")
_FOREIGN = re.compile(r"[^\x00-\x7f]+")

_INDENT = " " * len("  where: ")
_SHOWN_WHOLE = 100
_BEFORE, _AFTER = 30, 40
"""Characters of a longer formula that are shown before and after the place of a fault."""


@frozen
class Word:
    """One word of a formula.

    Attributes
    ----------
    kind : 'number', 'name', one of SIGNS, or 'end'
    start, stop : where it stands in the text
    """

    kind: str
    text: str
    start: int
    stop: int


@frozen
class FormulaText:
    """The text of a formula, and where it was found.

    Attributes
    ----------
    place : file and key, or an empty text for a formula typed on the command line
    """

    text: str
    place: str = ""

    def fault(self, problem: str, span: tuple[int, int], fix: str) -> InputError:
        """Return the error about a stretch of the text, with a marker under it."""
        lines = [self.place] if self.place else []
        lines += _marked(self.text, *span)
        return InputError(problem=problem, where=f"\n{_INDENT}".join(lines), fix=fix)

    @property
    def shown(self) -> str:
        """The place and the text, for messages about the formula as a whole."""
        return "\n".join([self.place, _INDENT + self._head] if self.place else [self._head])

    @property
    def _head(self) -> str:
        """The text, cut where it is long."""
        return _marked(self.text, 0, 0)[0]

    def cut(self, span: tuple[int, int]) -> str:
        """Return a stretch of the text in quotes, for a message."""
        return quoted(_on_one_line(self.text[slice(*span)]))


def _on_one_line(text: str) -> str:
    """Return the text with every blank as one space, so that columns stay where they are."""
    return "".join(" " if character in _BLANK else character for character in text)


def _marked(text: str, start: int, stop: int) -> list[str]:
    """Return the text, cut about the fault where it is long, and a line of carets below it."""
    first, last = 0, len(text)
    if last > _SHOWN_WHOLE:
        first = max(start - _BEFORE, 0)
        last = min(max(stop, start + 1) + _AFTER, start + 2 * _AFTER)
    head = "..." if first > 0 else ""
    tail = "..." if last < len(text) else ""
    shown = printable(_on_one_line(text[first:last]))
    before = head + _on_one_line(text[first:start])  # plain: what is not plain is a fault itself
    under = _width(printable(_on_one_line(text[start : min(stop, last)])))
    return [(head + shown + tail).rstrip(), " " * len(before) + "^" * max(under, 1)]


def _width(text: str) -> int:
    """Return the columns that a text takes on a terminal; Chinese characters take two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def split_words(source: FormulaText) -> list[Word]:
    """Return the words of a formula, closed by one of kind 'end'.

    Raises
    ------
    InputError
        At the first character that has no place in a formula.
    """
    text = source.text
    words: list[Word] = []
    at = 0
    while at < len(text):
        if text[at] in _BLANK:
            at += 1
            continue
        word = _word_at(source, at, words)
        words.append(word)
        at = word.stop
    return [*words, Word("end", "", len(text), len(text))]


def _word_at(source: FormulaText, at: int, before: list[Word]) -> Word:
    """Return the word that begins at a place."""
    text = source.text
    for double, problem, fix in _DOUBLE_SIGNS:
        if text.startswith(double, at):
            raise source.fault(problem, (at, at + len(double)), fix)
    if text[at] in SIGNS:
        return Word(text[at], text[at], at, at + 1)
    number = _NUMBER.match(text, at)
    if number and not _GOES_ON.match(text, number.end()):
        return _number(source, number)
    is_after_name = bool(before) and before[-1].kind == "name" and before[-1].stop == at
    broken = None if is_after_name else _BROKEN_NUMBER.match(text, at)
    if broken:
        problem = f"{source.cut(broken.span())} is not a number"
        raise source.fault(problem, broken.span(), "write a plain number, such as 1200 or 0.41")
    name = _NAME.match(text, at)
    if name is None:
        raise _no_word(source, at, before)
    return Word("name", name[0], *name.span())


def _number(source: FormulaText, match: re.Match[str]) -> Word:
    """Return a number that is finite."""
    if float(match[0]) == float("inf"):
        problem = f"{source.cut(match.span())} is too large for a number"
        raise source.fault(problem, match.span(), "use a larger unit")
    return Word("number", match[0], *match.span())


_DOUBLE_SIGNS = (
    ("**", "a formula has no powers", "multiply: 'a * a'"),
    ("//", "'//' is no sign of a formula", "write one '/'"),
)
_MEANINGS = {
    "^": ("a formula has no powers", "multiply: 'a * a'"),
    "%": ("a formula has no percentages", "write a fraction, such as 0.4 for 40%"),
    ",": ("',' has no meaning in a formula", "write numbers as 1200 or 0.41"),
    ".": ("the name of a series has no dot in a formula", "name a series by its id alone"),
    "[": ("'[' has no meaning in a formula", "write '('"),
    "]": ("']' has no meaning in a formula", "write ')'"),
    "{": ("'{' has no meaning in a formula", "write '('"),
    "}": ("'}' has no meaning in a formula", "write ')'"),
    "'": ("a formula holds no text in quotes", "name a series without quotes"),
    '"': ("a formula holds no text in quotes", "name a series without quotes"),
}
_COMPARISONS = "<>=!"


def _no_word(source: FormulaText, at: int, before: list[Word]) -> InputError:
    """Say why no word of a formula begins at a place."""
    character = source.text[at]
    if character in _COMPARISONS:
        fix = "forecast the ratio or the difference, and ask 'forecaster reach' about a level"
        return source.fault("a formula cannot compare", (at, at + 1), fix)
    if character == "%" and before and before[-1].kind == "number":
        written = f"{float(before[-1].text) / 100:.12g}"
        problem, fix = _MEANINGS["%"][0], f"write {written}"
        return source.fault(problem, (before[-1].start, at + 1), fix)
    if character in _MEANINGS:
        problem, fix = _MEANINGS[character]
        return source.fault(problem, (at, at + 1), fix)
    if foreign := _FOREIGN.match(source.text, at):
        return _foreign_fault(source, foreign)
    problem = f"{quoted(character)} has no meaning in a formula"
    return source.fault(problem, (at, at + 1), ALLOWED)


def _foreign_fault(source: FormulaText, foreign: re.Match[str]) -> InputError:
    """Say what to type for characters that no plain keyboard has."""
    from forecaster.workspace.cells import narrow

    sign = OTHER_SIGNS.get(foreign[0][0])
    if sign is not None:
        problem = f"{quoted(foreign[0][0])} is not the sign that a formula knows"
        return source.fault(problem, (foreign.start(), foreign.start() + 1), f"type '{sign}'")
    plain = narrow(foreign[0])
    if plain.isascii() and plain.isprintable():
        problem = f"{quoted(foreign[0])} has full-width characters"
        return source.fault(problem, foreign.span(), f"type {quoted(plain)}")
    return source.fault(
        f"{quoted(foreign[0])} has no meaning in a formula", foreign.span(), ALLOWED
    )
