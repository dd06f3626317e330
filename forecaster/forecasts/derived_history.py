"""Work out what a formula would have been in periods whose figures are published.

A figure of a period counts as published if the target basis has it, or has all of its parts: a
flow is the sum of four quarters, a share of a flow their average, a stock the last of them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from forecaster.records import frozen
from forecaster.workspace.facts import QUALITIES, History, Row
from forecaster.workspace.formula_tree import Name, Negative, Node, Number
from forecaster.workspace.periods import period_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.workspace.derived_series import Resolved
    from forecaster.workspace.facts import SeriesEntry, Source
    from forecaster.workspace.formulas import Formula
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]

BEST_QUALITY = "derived"
"""A figure that was worked out is at best this good."""
FEWEST_DIGITS, MOST_DIGITS = 3, 6
"""Significant digits of a derived figure; between them, one more than the roughest input has."""


def evaluate(node: Node, values: Mapping[str, FloatArray]) -> FloatArray:
    """Return a formula computed on arrays, with no word about results that are not finite.

    Parameters
    ----------
    values : series -> array, all of one shape
    """
    with np.errstate(all="ignore"):
        return np.asarray(_computed(node, values))


def _computed(node: Node, values: Mapping[str, FloatArray]) -> FloatArray | np.float64:
    """Return one part of a formula."""
    if isinstance(node, Number):
        return np.float64(node.value)
    if isinstance(node, Name):
        return values[node.id]
    if isinstance(node, Negative):
        return -_computed(node.inner, values)
    left, right = _computed(node.left, values), _computed(node.right, values)
    if node.sign in "+-":
        return left + right if node.sign == "+" else left - right
    return left * right if node.sign == "*" else left / right


@frozen
class Known:
    """A published figure, and the rows that make it up."""

    value: float
    rows: tuple[Row, ...]


def published_figures(history: History, *, frequency: str | None = None) -> dict[Period, Known]:
    """Return the figures published on the target basis, by period.

    Parameters
    ----------
    frequency : of the periods; parts of them are put together. None takes the rows as they are.
    """
    rows = [row for row in history.published or history.data if row.basis == history.target_basis]
    if frequency is None:
        periods = {row.period for row in rows}
    else:
        periods = {period_at(row.period.end, frequency) for row in rows}
    found = {period: figure_in(rows, period, history.entry) for period in sorted(periods)}
    return {period: known for period, known in found.items() if known is not None}


def figure_in(rows: Sequence[Row], period: Period, entry: SeriesEntry) -> Known | None:
    """Return the figure of a period, whole or put together from its parts.

    Parameters
    ----------
    rows : of one series and basis
    """
    whole = [row for row in rows if row.period == period]
    is_state = entry.timing == "stock" or entry.kind == "cumulative"
    if is_state:
        # the state at the end of the period, whatever the row that says it calls its period
        whole = whole or [row for row in rows if row.period.end == period.end]
    if whole:
        return Known(whole[0].value, (whole[0],))
    parts = _cover([row for row in rows if period.contains(row.period)], period)
    if not parts or is_state:
        return None
    values = np.array([row.value for row in parts])
    if entry.kind in ("share", "real"):
        lengths = np.array([row.period.length for row in parts])
        return Known(float(lengths @ values / lengths.sum()), parts)
    return Known(float(values.sum()), parts)


def _cover(inside: Sequence[Row], period: Period) -> tuple[Row, ...]:
    """Return rows that make up the period without a gap, the longest first choice; else none."""
    chosen: list[Row] = []
    for row in sorted(inside, key=lambda row: (-row.period.length, row.period.start)):
        if not any(row.period.overlaps(other.period) for other in chosen):
            chosen.append(row)
    days = sum((row.period.end - row.period.start).days + 1 for row in chosen)
    is_whole = days == (period.end - period.start).days + 1
    return tuple(sorted(chosen, key=lambda row: row.period.start)) if is_whole else ()


def derive_history(resolved: Resolved, histories: Mapping[str, History]) -> History:
    """Return the history of a formula, worked out from those of the series it rests on.

    Parameters
    ----------
    histories : series -> history, for `resolved.series`, all of one as-of date
    """
    known = dict(histories)
    for name, definition in resolved.definitions:
        known[name] = _history(definition, resolved.entries[name], known)
    return _history(resolved.formula, resolved.entry, known)


def _history(formula: Formula, entry: SeriesEntry, histories: Mapping[str, History]) -> History:
    """Return the history of one formula, from those of the series in it."""
    chosen = {name: histories[name] for name in formula.series}
    rows = derive_rows(formula, entry, chosen)
    notes = [f"{name}: {note}" for name, history in chosen.items() for note in history.notes]
    return History(
        entry=entry,
        as_of=next(iter(chosen.values())).as_of,
        data=rows,
        bases=("",),
        target_basis="",
        notes=tuple(dict.fromkeys(notes)),
        published=rows,
    )


def derive_rows(
    formula: Formula, entry: SeriesEntry, histories: Mapping[str, History]
) -> tuple[Row, ...]:
    """Return a row for every period that all series of a formula have figures for.

    Where the arithmetic has no finite result, as in a division by a share printed as 0, there is
    no row.

    Parameters
    ----------
    entry : of the series that the formula makes
    histories : series -> history, of every series of the formula

    Returns
    -------
    tuple of Row
        In order of time; basis '', the value with all its digits, `printed` rounded.
    """
    periods = sorted({p for history in histories.values() for p in published_figures(history)})
    rows = []
    for period in sorted(periods, key=lambda period: (period.end, period.start)):
        known = {name: _known_in(history, period) for name, history in histories.items()}
        figures = {name: figure for name, figure in known.items() if figure is not None}
        if len(figures) < len(known):
            continue
        values = {name: np.array(figure.value) for name, figure in figures.items()}
        value = float(evaluate(formula.tree, values))
        if np.isfinite(value):
            inputs = [row for figure in figures.values() for row in figure.rows]
            rows.append(_row(value, period, entry, inputs, note=str(formula)))
    if entry.timing == "stock":
        # the end of 2024 and of 2024-12 are one moment: the longest period names it
        rows = list({row.period.end: row for row in reversed(rows)}.values())[::-1]
    return tuple(rows)


def _known_in(history: History, period: Period) -> Known | None:
    """Return the published figure of a period, on the target basis."""
    rows = [row for row in history.published or history.data if row.basis == history.target_basis]
    return figure_in(rows, period, history.entry)


def _row(
    value: float, period: Period, entry: SeriesEntry, inputs: Sequence[Row], *, note: str
) -> Row:
    """Return the row of one derived figure."""
    qualities = [BEST_QUALITY, *(row.quality for row in inputs)]
    digits = min(_significant_digits(row.printed) for row in inputs) + 1
    return Row(
        series=entry.id,
        period=period,
        value=value,
        printed=_printed(value, min(max(digits, FEWEST_DIGITS), MOST_DIGITS)),
        unit=entry.unit,
        basis="",
        quality=max(qualities, key=QUALITIES.index),
        source=_newest_source([row.source for row in inputs]),
        note=note,
        where="; ".join(dict.fromkeys(row.where for row in inputs)),
    )


def _newest_source(sources: Sequence[Source]) -> Source:
    """Return the source that came last: before it, the figure could not be worked out."""
    return max(sources, key=lambda source: (source.published, source.id))


def _significant_digits(printed: str) -> int:
    """Return how many digits a figure was printed with, zeros before it not counted."""
    digits = "".join(str(digit) for digit in Decimal(printed).as_tuple().digits).lstrip("0")
    return len(digits) or 1


def _printed(value: float, digits: int) -> str:
    """Return a value rounded to some significant digits, without an exponent where it is short."""
    rounded = f"{value:#.{digits}g}"
    if value == 0 or 1e-6 <= abs(value) < 1e15:
        return f"{Decimal(rounded):f}"
    return rounded
