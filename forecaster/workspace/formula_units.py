"""Work out the unit of a formula, so that dollars are never added to yuan.

USD billion + USD billion   ->  USD billion
USD billion / chips         ->  USD billion per chips
USD billion / USD billion   ->  ratio
1 - fraction                ->  fraction
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.records import frozen
from forecaster.workspace.faults import quoted
from forecaster.workspace.formula_tree import Name, Negative, Node, Number, Operation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.errors import InputError
    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.formulas import Formula

FRACTION, RATIO = "fraction", "ratio"
_PLAIN = ("", FRACTION, RATIO)
"""Units of numbers without a dimension."""
_JOINED = {"+": "added", "-": "subtracted from one another"}


@frozen
class Unit:
    """A product of powers of units.

    Attributes
    ----------
    powers : (unit, power other than 0), in the order in which they came up
    is_fraction : without dimension, and made of fractions by sums and products only
    is_literal : of numbers alone
    """

    powers: tuple[tuple[str, int], ...] = ()
    is_fraction: bool = False
    is_literal: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it has no dimension."""
        return not self.powers

    def __str__(self) -> str:
        if self.is_plain:
            return FRACTION if self.is_fraction else RATIO
        above = [_grouped(name, self) for name, power in self.powers for _ in range(power)]
        below = [_grouped(name, self) for name, power in self.powers for _ in range(-power)]
        text = " * ".join(above) or "1"
        return f"{text} per {' per '.join(below)}" if below else text


def _grouped(name: str, unit: Unit) -> str:
    """Return a unit in parentheses where it holds a ratio of its own and others stand beside it."""
    is_alone = len(unit.powers) == 1 and unit.powers[0][1] == 1
    has_ratio = " per " in name or "/" in name
    return f"({name})" if has_ratio and not is_alone else name


def multiply_units(formula: Formula, entries: Mapping[str, SeriesEntry]) -> Unit:
    """Return the unit of a formula from those of its series.

    Raises
    ------
    InputError
        If parts of different units are added or subtracted.
    """
    return _unit(formula.tree, formula, entries)


def _unit(node: Node, formula: Formula, entries: Mapping[str, SeriesEntry]) -> Unit:
    """Return the unit of one part of a formula."""
    if isinstance(node, Number):
        return Unit(is_literal=True)
    if isinstance(node, Name):
        unit = entries[node.id].unit
        return Unit(is_fraction=unit == FRACTION) if unit in _PLAIN else Unit(((unit, 1),))
    if isinstance(node, Negative):
        return _unit(node.inner, formula, entries)
    left, right = (_unit(side, formula, entries) for side in (node.left, node.right))
    if node.sign in "+-":
        if dict(left.powers) != dict(right.powers):
            raise _mixed(node, left, right, formula)
        return _plain_or(left.powers, left, right)
    return _multiplied(left, right, power=1 if node.sign == "*" else -1)


def _multiplied(left: Unit, right: Unit, *, power: int) -> Unit:
    """Return left * right, or left / right where `power` is -1; what cancels is gone."""
    powers = dict(left.powers)
    for name, of_right in right.powers:
        powers[name] = powers.get(name, 0) + power * of_right
    kept = tuple((name, n) for name, n in powers.items() if n)
    if kept or left.powers or right.powers:
        return Unit(kept)
    if power < 0 and not right.is_literal:
        return Unit()
    return _plain_or((), left, right)


def _plain_or(powers: tuple[tuple[str, int], ...], left: Unit, right: Unit) -> Unit:
    """Return the unit of a sum or product: a fraction if fractions and numbers made it."""
    is_literal = left.is_literal and right.is_literal
    of_fractions = all(side.is_fraction or side.is_literal for side in (left, right))
    return Unit(powers, is_fraction=of_fractions and not is_literal, is_literal=is_literal)


def _mixed(node: Operation, left: Unit, right: Unit, formula: Formula) -> InputError:
    """Say that two parts have different units."""
    said = [
        f"{formula.text.cut(side.span)} is {_described(unit)}"
        for side, unit in ((node.left, left), (node.right, right))
    ]
    problem = f"{said[0]} and {said[1]}; they cannot be {_JOINED[node.sign]}"
    if left.is_literal or right.is_literal:
        other = right if left.is_literal else left
        fix = f"multiply or divide by the number, or use a series in {quoted(str(other))}"
    else:
        fix = "use series of one unit, or divide one by the other"
    return formula.text.fault(problem, node.span, fix)


def _described(unit: Unit) -> str:
    """Return a unit in words for a message."""
    if unit.is_literal:
        return "a plain number"
    return f"a {unit}" if unit.is_plain else f"in {quoted(str(unit))}"
