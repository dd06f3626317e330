"""Read a formula over series: numbers, ids, + - * / and parentheses.

    sum      =  product { ('+' | '-') product }
    product  =  factor { ('*' | '/') factor }
    factor   =  '-' factor  |  number  |  series  |  '(' sum ')'

Nothing else is a formula, so nothing in one can run: it is read here, word by word, into a tree.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.records import frozen
from forecaster.workspace.faults import quoted
from forecaster.workspace.formula_text import ALLOWED, OTHER_SIGNS, FormulaText, Word, split_words
from forecaster.workspace.formula_tree import (
    Name,
    Negative,
    Node,
    Number,
    Operation,
    names_in,
    write_tree,
)

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_CHARACTERS = 2000
MAX_TERMS = 100
"""Numbers and series in one formula. Walking the tree of a longer sum would go too deep."""
MAX_NESTED = 30
"""Parentheses and signs inside one another."""

_SIGN_BETWEEN = re.compile(r"[+*()^<>=＋－＊／（）]|[0-9A-Za-z_)]\s+[-/]|[-/]\s+[0-9A-Za-z_(]|^-.")


@frozen
class Formula:
    """A formula that has been read.

    Attributes
    ----------
    tree : what is computed
    text : as typed, with the place that it was found at
    series : ids in it, each once, in the order in which they appear
    """

    tree: Node
    text: FormulaText
    series: tuple[str, ...]

    def __str__(self) -> str:
        """Return it with one space about every sign and no needless parentheses."""
        return write_tree(self.tree)


def parse_formula(text: str, *, place: str = "") -> Formula:
    """Read a formula.

    Parameters
    ----------
    place : file and key that it comes from, for messages; empty for the command line

    Raises
    ------
    InputError
        If it is empty, too long, nested too deep, holds no series, or is no formula. The message
        shows the text with a marker under the fault.
    """
    source = FormulaText(text, place)
    if len(text) > MAX_CHARACTERS:
        raise InputError(
            problem=f"the formula has {len(text)} characters, more than {MAX_CHARACTERS}",
            where=f"{place}, {quoted(text)}".removeprefix(", "),
            fix="give its parts formulas of their own, and name those",
        )
    tree = _Parser(source).parse()
    series = tuple(dict.fromkeys(name.id for name in names_in(tree)))
    if not series:
        problem = f"{source.cut(tree.span)} names no series"
        raise source.fault(problem, tree.span, "name at least one series, such as '2 * us-spend'")
    return Formula(tree, source, series)


def is_formula(text: str, known: Collection[str] = ()) -> bool:
    """Say whether a text asks for a formula, and not for a series or a file.

    What ends in '.csv' or begins like a path is a file. A '/' or '-' without spaces may stand in
    the name of a file or a series, so 'a/b' is a formula only if one of the two is a known series.

    Parameters
    ----------
    known : ids of series
    """
    stripped = text.strip()
    if stripped.lower().endswith(".csv") or stripped.startswith(("/", "./", "../", "~")):
        return False
    if stripped in ("", "-") or stripped in known:
        return False
    if any(sign in stripped for sign in OTHER_SIGNS) or _SIGN_BETWEEN.search(stripped):
        return True
    return "/" in stripped and any(part.strip() in known for part in stripped.split("/"))


class _Parser:
    """Read words from left to right; each method reads one rule of the grammar."""

    def __init__(self, source: FormulaText) -> None:
        self._source = source
        self._words = split_words(source)
        self._at = 0
        self._n_terms = 0

    def parse(self) -> Node:
        """Return the tree of the whole text."""
        if self._here.kind == "end":
            raise InputError(
                problem="the formula is empty",
                where=self._source.place or "the formula",
                fix="type one such as 'us-spend / cn-spend'",
            )
        tree = self._sum(0)
        if self._here.kind == ")":
            problem = "this parenthesis closes none that was opened"
            raise self._fault(problem, self._here, "remove it, or open one before it")
        if self._here.kind != "end":
            raise self._sign_missing()
        return tree

    @property
    def _here(self) -> Word:
        """The next word."""
        return self._words[self._at]

    def _take(self) -> Word:
        """Return the next word, and go past it."""
        word = self._here
        self._at += 1
        return word

    def _fault(self, problem: str, word: Word, fix: str) -> InputError:
        """Return the error about one word."""
        return self._source.fault(problem, (word.start, word.stop), fix)

    def _sum(self, depth: int) -> Node:
        """Return products, added and subtracted from left to right."""
        tree = self._product(depth)
        while self._here.kind in ("+", "-"):
            sign = self._take().kind
            right = self._product(depth)
            tree = Operation(sign, tree, right, (tree.span[0], right.span[1]))
        return tree

    def _product(self, depth: int) -> Node:
        """Return factors, multiplied and divided from left to right."""
        tree = self._factor(depth)
        while self._here.kind in ("*", "/"):
            sign = self._take().kind
            right = self._factor(depth)
            tree = Operation(sign, tree, right, (tree.span[0], right.span[1]))
        return tree

    def _factor(self, depth: int) -> Node:
        """Return a part with its sign, a group or a term; `depth` counts what it stands in."""
        if depth > MAX_NESTED:
            problem = f"the formula is nested more than {MAX_NESTED} deep"
            raise self._fault(problem, self._here, "remove parentheses or signs it can do without")
        if self._here.kind == "-":
            start = self._take().start
            inner = self._factor(depth + 1)
            return Negative(inner, (start, inner.span[1]))
        if self._here.kind == "(":
            return self._group(depth)
        return self._term()

    def _group(self, depth: int) -> Node:
        """Return what stands between parentheses, which are part of its place in the text."""
        opened = self._take()
        if self._here.kind == ")":
            span = (opened.start, self._here.stop)
            raise self._source.fault("there is nothing between the parentheses", span, ALLOWED)
        tree = self._sum(depth + 1)
        if self._here.kind == "end":
            raise self._fault("this parenthesis is never closed", opened, "close it with ')'")
        if self._here.kind != ")":
            raise self._sign_missing()
        span = (opened.start, self._take().stop)
        if isinstance(tree, Operation):
            return Operation(tree.sign, tree.left, tree.right, span)
        return tree

    def _term(self) -> Node:
        """Return a number or a series."""
        word = self._take()
        if word.kind not in ("number", "name"):
            raise self._nothing_at(word)
        self._n_terms += 1
        if self._n_terms > MAX_TERMS:
            problem = f"the formula has more than {MAX_TERMS} numbers and series"
            raise self._fault(problem, word, "give its parts formulas of their own, and name those")
        span = (word.start, word.stop)
        if word.kind == "number":
            return Number(float(word.text), span)
        if self._here.kind == "(":
            called = quoted(word.text)
            problem = f"a formula can call nothing, and {called} stands before a parenthesis"
            raise self._source.fault(problem, (word.start, self._here.stop), ALLOWED)
        return Name(word.text, span)

    def _nothing_at(self, word: Word) -> InputError:
        """Say that a number or a series is missing where another word stands."""
        if word.kind == "end":
            before = quoted(self._words[self._at - 2].text)
            problem = f"something is missing after {before}"
        else:
            problem = f"something is missing before {quoted(word.text)}"
        return self._fault(problem, word, "put a number, a series or a parenthesis there")

    def _sign_missing(self) -> InputError:
        """Say that two words stand side by side."""
        before = quoted(self._words[self._at - 1].text)
        problem = f"a sign is missing between {before} and {quoted(self._here.text)}"
        return self._fault(problem, self._here, "put one of + - * / between them")
