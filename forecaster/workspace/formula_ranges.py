"""Say what kind of series a formula makes, in which unit, and whether it has a mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.workspace.formula_reasoning import Reasoning
from forecaster.workspace.formula_tree import Name, Negative, Node, Operation
from forecaster.workspace.formula_units import FRACTION, multiply_units

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.formulas import Formula
    from forecaster.workspace.ranges import Range

    Entries = Mapping[str, SeriesEntry]


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
    'share' if certainly within [0, 1] and without dimension; 'cumulative' or 'count' for sums of
    such series; 'positive' if certainly above zero; else 'real'

    Raises
    ------
    InputError
        If it divides by something that can be zero, or adds parts of different units.
    """
    reasoning = reasoning or Reasoning(entries)
    found = reasoning.checked_range(formula)
    is_inside = 0 <= found.low < found.high <= 1
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
        """Say it of one part."""
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
