"""Find what a formula rests on, and describe the series that it makes.

A formula may name series that are themselves defined by formulas; they are computed first:

    gap = us / cn;  us = us-spend + us-grants     ->  needs us-spend, us-grants, cn; then us, gap
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.records import frozen
from forecaster.workspace.facts import SeriesEntry
from forecaster.workspace.faults import did_you_mean, quoted
from forecaster.workspace.formula_ranges import has_mean, kind_of, unit_of
from forecaster.workspace.formula_reasoning import Reasoning
from forecaster.workspace.formula_tree import names_in
from forecaster.workspace.formula_units import FRACTION, RATIO

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from forecaster.workspace.formulas import Formula

MAX_CHAIN = 20
"""Formulas that lead to one another, from the first to the last."""

_FITTING_KINDS = {
    "share": ("share",),
    "positive": ("share", "positive", "cumulative"),
    "count": ("count",),
    "cumulative": ("cumulative",),
    "real": ("share", "positive", "count", "cumulative", "real"),
}
"""Declared kind -> kinds of formulas that keep its promise."""


@frozen
class Resolved:
    """A formula with all that it rests on.

    Attributes
    ----------
    formula : what is asked for
    entry : the series that it makes; its id is the formula
    definitions : (id, formula) of the derived series that it needs, each after those it uses
    series : ids of the series to draw, each once
    entries : series id -> entry, of every series named, drawn or derived
    has_mean : whether its forecast has a finite mean
    """

    formula: Formula
    entry: SeriesEntry
    definitions: tuple[tuple[str, Formula], ...]
    series: tuple[str, ...]
    entries: Mapping[str, SeriesEntry]
    has_mean: bool


def resolve_formula(
    formula: Formula,
    *,
    entries: Mapping[str, SeriesEntry],
    definitions: Mapping[str, Formula],
) -> Resolved:
    """Return what a formula needs, checked from the ground up.

    Parameters
    ----------
    entries : series id -> entry, of the workspace
    definitions : id -> formula, of series that are derived

    Raises
    ------
    InputError
        If a series is unknown, a formula leads back to itself, units are mixed, a divisor can be
        zero, or a formula does not fit what `series.csv` declares of its series.
    """
    order = _Order(definitions, {*entries, *definitions})
    order.visit(formula, ())
    known = {name: entries[name] for name in order.series}
    reasoning = Reasoning(known)
    means: dict[str, bool] = {}
    for name, definition in order.definitions:
        declared = entries.get(name)
        known[name] = _entry(definition, known, reasoning, name=name, declared=declared)
        reasoning.define(name, definition)
        means[name] = has_mean(definition, known, reasoning=reasoning, derived=means)
    return Resolved(
        formula=formula,
        entry=_entry(formula, known, reasoning, name=str(formula), declared=None),
        definitions=tuple(order.definitions),
        series=tuple(order.series),
        entries=known,
        has_mean=has_mean(formula, known, reasoning=reasoning, derived=means),
    )


class _Order:
    """Walk through formulas, and note series and definitions in the order they are needed."""

    def __init__(self, definitions: Mapping[str, Formula], known: Collection[str]) -> None:
        self._definitions = definitions
        self._known = known
        self._done: set[str] = set()
        self.series: list[str] = []
        self.definitions: list[tuple[str, Formula]] = []

    def visit(self, formula: Formula, path: tuple[str, ...]) -> None:
        """Note everything below a formula; `path` has the derived series that led to it."""
        check_names(formula, self._known)
        for name in names_in(formula.tree):
            if name.id in path:
                chain = " -> ".join([*path[path.index(name.id) :], name.id])
                problem = f"the formula of {quoted(name.id)} leads back to itself: {chain}"
                fix = "write one of these formulas without the others"
                raise formula.text.fault(problem, name.span, fix)
            if len(path) > MAX_CHAIN:
                problem = f"more than {MAX_CHAIN} formulas lead to one another"
                raise formula.text.fault(problem, name.span, "write some of them into one")
            if name.id in self._done:
                continue
            if name.id in self._definitions:
                self.visit(self._definitions[name.id], (*path, name.id))
                self.definitions.append((name.id, self._definitions[name.id]))
            else:
                self.series.append(name.id)
            self._done.add(name.id)


def derived_entry(formula: Formula, entries: Mapping[str, SeriesEntry]) -> SeriesEntry:
    """Return the entry of the series that a formula makes; its id is the formula.

    Parameters
    ----------
    entries : of every series of the formula

    Raises
    ------
    InputError
        If units are mixed, or a divisor can be zero.
    """
    return _entry(formula, entries, Reasoning(entries), name=str(formula), declared=None)


def _entry(
    formula: Formula,
    entries: Mapping[str, SeriesEntry],
    reasoning: Reasoning,
    *,
    name: str,
    declared: SeriesEntry | None,
) -> SeriesEntry:
    """Return the entry of a derived series: the one declared, checked, or a new one."""
    kind = kind_of(formula, entries, reasoning=reasoning)
    unit = unit_of(formula, entries, reasoning=reasoning)
    if declared is not None:
        _check_declared(formula, declared, kind=kind, unit=unit)
        return declared
    are_stocks = all(entries[series].timing == "stock" for series in formula.series)
    return SeriesEntry(
        id=name,
        title=str(formula),
        title_zh=str(formula),
        unit=unit,
        kind=kind,
        timing="stock" if are_stocks else "flow",
    )


def _check_declared(formula: Formula, declared: SeriesEntry, *, kind: str, unit: str) -> None:
    """Check that a formula makes the series that `series.csv` declares."""
    name, span = quoted(declared.id), formula.tree.span
    plain = (FRACTION, RATIO, "")
    if declared.unit != unit and not (declared.unit in plain and unit in plain):
        problem = f"{name} is declared in {quoted(declared.unit)}, but its formula is in {unit!r}"
        raise formula.text.fault(problem, span, f"declare the unit {unit!r} in series.csv")
    if kind not in _FITTING_KINDS[declared.kind]:
        problem = f"{name} is declared of kind {declared.kind}, but its formula makes a {kind} one"
        raise formula.text.fault(problem, span, f"declare the kind {kind!r} in series.csv")


def check_names(formula: Formula, known: Collection[str]) -> None:
    """Check that every series of a formula exists.

    Raises
    ------
    InputError
        At the first that does not, with the nearest names; or with the spaces that a minus needs.
    """
    for name in names_in(formula.tree):
        if name.id in known:
            continue
        fix = _spaced_minus(name.id, known) or did_you_mean(name.id, known)
        fix = fix or "choose series that 'forecaster list' shows"
        problem = f"there is no series {quoted(name.id)}"
        raise formula.text.fault(problem, name.span, fix)


def _spaced_minus(word: str, known: Collection[str]) -> str:
    """Return the order to put spaces about a minus, if that makes known words of one."""
    for at, character in enumerate(word):
        left, right = word[:at], word[at + 1 :]
        sides = [side in known or side.isdigit() for side in (left, right)]
        if character == "-" and all(sides) and not (left.isdigit() and right.isdigit()):
            return f"put spaces about the minus: '{left} - {right}'"
    return ""
