"""Reason about the values that a formula can take: whether it is a share, or can be divided by.

Every part gets an interval that certainly holds it, ends in or out:

    share (0, 1)    positive, cumulative (0, inf)    count [0, inf)    real (-inf, inf)

Sums are taken as wholes, so that a part that stands in them twice cancels: a + b - a is b. A
ratio is below one where its divisor is certainly above its dividend: a / (a + b) is a share.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forecaster.workspace.formula_tree import Name, Negative, Node, Number, Operation
from forecaster.workspace.formula_units import FRACTION, multiply_units
from forecaster.workspace.ranges import Range, add, exactly, invert, multiply

if TYPE_CHECKING:
    from collections.abc import Mapping

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


def range_of(formula: Formula, entries: Entries) -> Range:
    """Return an interval that certainly holds the formula.

    Raises
    ------
    InputError
        If it divides by something that can be zero.
    """
    return Reasoning(entries).checked_range(formula)


def kind_of(formula: Formula, entries: Entries, *, reasoning: Reasoning | None = None) -> str:
    """Return the kind of series that a formula makes.

    Parameters
    ----------
    reasoning : what is known of derived series among those named

    Returns
    -------
    'share' if certainly inside (0, 1) and without dimension; 'cumulative' or 'count' for sums of
    such series; 'positive' if certainly above zero; else 'real'

    Raises
    ------
    InputError
        If it divides by something that can be zero, or adds parts of different units.
    """
    reasoning = reasoning or Reasoning(entries)
    found = reasoning.checked_range(formula)
    is_inside = found.low >= 0 and found.high <= 1 and not (found.holds(0.0) or found.holds(1.0))
    if multiply_units(formula, entries).is_plain and is_inside:
        return "share"
    constant, terms = reasoning.terms(formula.tree)
    kinds = {entries[node.id].kind if isinstance(node, Name) else "" for node in terms}
    numbers = (constant, *terms.values())
    if kinds == {"cumulative"} and constant == 0 and min(numbers) >= 0:
        return "cumulative"
    if kinds == {"count"} and all(number.is_integer() and number >= 0 for number in numbers):
        return "count"
    return "positive" if found.is_positive else "real"


def unit_of(formula: Formula, entries: Entries, *, reasoning: Reasoning | None = None) -> str:
    """Return the unit of a formula.

    Returns
    -------
    str
        'fraction' for a share and where fractions and numbers are added or multiplied, 'ratio'
        for other plain numbers, else a unit of the series or a compound: 'USD billion per chips'.

    Raises
    ------
    InputError
        If parts of different units are added or subtracted, or a divisor can be zero.
    """
    unit = multiply_units(formula, entries)
    is_share = kind_of(formula, entries, reasoning=reasoning) == "share"
    return FRACTION if is_share else str(unit)


def has_mean(
    formula: Formula,
    entries: Entries,
    *,
    reasoning: Reasoning | None = None,
    derived: Mapping[str, bool] | None = None,
) -> bool:
    """Say whether the forecast of a formula has a finite mean.

    Under uncertain volatility, positive series and counts have none, nor has what is divided by
    a series that comes arbitrarily near zero; shares and real series have one.

    Parameters
    ----------
    reasoning : what is known of derived series among those named
    derived : those series -> whether they have a mean
    """
    reasoning = reasoning or Reasoning(entries)
    known = derived or {}

    def has_one(node: Node) -> bool:
        if reasoning.range_of(node).is_bounded:
            return True
        if isinstance(node, Negative):
            return has_one(node.inner)
        if not isinstance(node, Operation):
            assert isinstance(node, Name)  # the mean of a number is itself, a bounded range
            return known.get(node.id, entries[node.id].kind == "real")
        if node.sign in "+-":
            return has_one(node.left) and has_one(node.right)
        if node.sign == "/":
            divisor = reasoning.range_of(node.right)
            return has_one(node.left) and divisor.low * divisor.high > 0
        sides = (node.left, node.right)
        # two factors without bounds may depend on one another
        is_tame = any(reasoning.range_of(side).is_bounded for side in sides)
        return is_tame and all(has_one(side) for side in sides)

    return has_one(formula.tree)


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
        found = self.range_of(divisor)
        if found.holds(0.0):
            raise DivisorError(divisor, is_zero=found.low == found.high)
        return found

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
        total = exactly(constant)
        for node, factor in terms.items():
            if node not in self._ranges:
                self._ranges[node] = self._range_of_one(node)
            total = add(total, multiply(exactly(factor), self._ranges[node]))
        return total

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
        fix = "divide by what is always above zero: shares, positive series, running totals"
        return formula.text.fault(problem, span, fix)


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
