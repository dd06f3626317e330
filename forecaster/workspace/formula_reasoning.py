"""Reason about the values that parts of formulas can take.

Every part gets an interval that certainly holds it, ends in or out:

    share (0, 1)    positive, cumulative (0, inf)    count [0, inf)    real (-inf, inf)

Sums are taken as wholes, so that a part that stands in them twice cancels: a + b - a is b. A
ratio is at most one where its divisor is never below its dividend: a / (a + b) is a share. Parts
of one composition sum to at most one in every draw: so is what they leave, 1 - a - b.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forecaster.workspace.formula_tree import Name, Negative, Node, Number, Operation
from forecaster.workspace.ranges import Range, add, exactly, invert, multiply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forecaster.errors import InputError
    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.formulas import Formula

    Entries = Mapping[str, SeriesEntry]
    Terms = tuple[float, Mapping[Node, float]]
    """A sum: its constant, and what else is added, with factors."""

RANGE_OF_KIND = {
    "share": Range(0.0, 1.0),
    "positive": Range(0.0, math.inf),
    "count": Range(0.0, math.inf, holds_low=True),
    # its increments can be zero, its total cannot
    "cumulative": Range(0.0, math.inf),
    "real": Range(-math.inf, math.inf),
}


class DivisorError(Exception):
    """A divisor is zero, or can be; those who know the text make an `InputError` of it."""

    def __init__(self, divisor: Node, *, is_zero: bool) -> None:
        self.divisor = divisor
        self.is_zero = is_zero
        super().__init__()


class Reasoning:
    """What is known of the ranges of series, and of the parts of formulas met so far."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries
        # a long chain of divisions would ask for its beginning twice at every link
        self._ranges: dict[Node, Range] = {}
        self._sums: dict[str, Terms] = {}

    def define(self, name: str, formula: Formula) -> None:
        """Let a series stand for its formula from now on, so that its parts can cancel."""
        self._sums[name] = self.terms(formula.tree)

    def checked_range(self, formula: Formula) -> Range:
        """Return the range of a formula; raises `InputError` if a divisor can be zero."""
        try:
            # what cancels or is multiplied by zero is divided all the same
            self._check_divisors(formula.tree)
            return self.range_of(formula.tree)
        except DivisorError as error:
            raise self._by_zero(error, formula) from None

    def _check_divisors(self, node: Node) -> None:
        """Raise `DivisorError` at the first divisor of a tree that can be zero."""
        if isinstance(node, Negative):
            self._check_divisors(node.inner)
        elif isinstance(node, Operation):
            self._check_divisors(node.left)
            self._check_divisors(node.right)
            if node.sign == "/":
                self._check_divisor(node.right)

    def _check_divisor(self, divisor: Node) -> Range:
        """Return the range of a divisor, which is never zero."""
        constant, terms = self.terms(divisor)
        found = self._range_of_sum(constant, terms)
        if found.low == 0 and sum(self._is_count(node) for node in terms) > 1:
            # all of them at zero together is left to the draws, which are checked
            return Range(0.0, found.high, holds_high=found.holds_high)
        if found.holds(0.0):
            raise DivisorError(divisor, is_zero=found.low == found.high)
        return found

    def _is_count(self, node: Node) -> bool:
        """Say whether a part is a series of counts."""
        return isinstance(node, Name) and self._entries[node.id].kind == "count"

    def range_of(self, node: Node) -> Range:
        """Return the range of a part; raises `DivisorError`."""
        constant, terms = self.terms(node)
        return self._range_of_sum(constant, terms)

    def terms(self, node: Node) -> Terms:
        """Return a part as a constant and multiples of other parts, equal ones put together."""
        if isinstance(node, Name) and node.id in self._sums:
            return self._sums[node.id]
        if isinstance(node, Number):
            return node.value, {}
        if isinstance(node, Negative):
            return _scaled(self.terms(node.inner), -1.0)
        if isinstance(node, Operation) and node.sign in "+-":
            right = _scaled(self.terms(node.right), 1.0 if node.sign == "+" else -1.0)
            return _added(self.terms(node.left), right)
        if isinstance(node, Operation):
            left, right = self.terms(node.left), self.terms(node.right)
            if node.sign == "*" and not (left[1] and right[1]):
                return _scaled(left, right[0]) if not right[1] else _scaled(right, left[0])
            if node.sign == "/" and not right[1] and right[0] != 0:
                return _scaled(left, 1 / right[0])
        return 0.0, {node: 1.0}

    def _range_of_sum(self, constant: float, terms: Mapping[Node, float]) -> Range:
        """Return the range of a sum, parts of one composition taken together."""
        total = exactly(constant)
        parts: dict[str, list[float]] = {}
        for node, factor in terms.items():
            if composition := self._composition_of(node):
                parts.setdefault(composition, []).append(factor)
                continue
            if node not in self._ranges:
                self._ranges[node] = self._range_of_one(node)
            total = add(total, multiply(exactly(factor), self._ranges[node]))
        for factors in parts.values():
            total = add(total, _range_of_parts(factors))
        return total

    def _composition_of(self, node: Node) -> str:
        """Return the composition of which a series is a share, if there is one."""
        entry = self._entries[node.id] if isinstance(node, Name) else None
        return entry.composition if entry is not None and entry.kind == "share" else ""

    def _range_of_one(self, node: Node) -> Range:
        """Return the range of a series, a product or a ratio."""
        if isinstance(node, Name):
            return RANGE_OF_KIND[self._entries[node.id].kind]
        assert isinstance(node, Operation)
        left = self.range_of(node.left)
        if node.sign == "*":
            return multiply(left, self.range_of(node.right))
        right = self._check_divisor(node.right)
        ratio = multiply(left, invert(right))
        if not right.is_positive:
            return ratio
        rest = self._range_of_sum(
            *_added(self.terms(node.right), _scaled(self.terms(node.left), -1.0))
        )
        if rest.low < 0 or ratio.high < 1:
            return ratio
        return Range(ratio.low, 1.0, ratio.holds_low, rest.holds(0.0))

    def _by_zero(self, error: DivisorError, formula: Formula) -> InputError:
        """Say that a divisor is zero, or can be."""
        divisor, span = error.divisor, error.divisor.span
        if error.is_zero:
            problem = "a formula cannot divide by zero"
            return formula.text.fault(problem, span, "remove the division")
        cut = formula.text.cut(span)
        if not isinstance(divisor, Name):
            problem = f"{cut} can be zero, and nothing can be divided by zero"
        else:
            kind = self._entries[divisor.id].kind
            problem = f"{cut} is of kind {kind} and can be zero; nothing can be divided by it"
        fix = "divide by what stays above zero: shares, positive series, totals, several counts"
        return formula.text.fault(problem, span, fix)


def _range_of_parts(factors: Sequence[float]) -> Range:
    """Return the range of a sum of parts of one composition, each above zero, at most one in all.

    The sum is largest where the part of the largest factor has everything, or where all of them
    have next to nothing. That end is reached only by all parts together, under one factor.
    """
    low, high = min(factors), max(factors)
    return Range(
        min(low, 0.0),
        max(high, 0.0),
        holds_low=len(factors) > 1 and low == high < 0,
        holds_high=len(factors) > 1 and low == high > 0,
    )


def _scaled(sum_: Terms, factor: float) -> Terms:
    """Return a sum times a number."""
    terms = {node: factor * number for node, number in sum_[1].items() if factor}
    return factor * sum_[0], terms


def _added(left: Terms, right: Terms) -> Terms:
    """Return the sum of two sums, without what cancels."""
    terms = dict(left[1])
    for node, number in right[1].items():
        terms[node] = terms.get(node, 0.0) + number
    return left[0] + right[0], {node: number for node, number in terms.items() if number}
