"""Match statements of experts with the figures that came, and with our own forecasts of their day.

A statement is resolved by the outcome written beside it, else by the published figure of the same
series, basis and period. Ours is the forecast that could be made on the day of the statement,
without any judgement.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.errors import InputError
from forecaster.records import frozen
from forecaster.workspace.expert_calibration import Resolved, unseen_part
from forecaster.workspace.history import known_by
from forecaster.workspace.judgement_rules import published_figure, reason_unusable
from forecaster.workspace.periods import decimal_year

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from forecaster.workspace.facts import Facts, Row, SeriesEntry
    from forecaster.workspace.judgements import Judgement
    from forecaster.workspace.rows import SourceList

    FloatArray = NDArray[np.float64]
    DrawFigures = Callable[[Judgement, str], tuple[FloatArray, float]]
    """(judgement, target basis) -> (n_draws,) of our forecast on its day, and the decimal year to
    which figures were known then; may raise InputError."""


@frozen
class Outcome:
    """The figure that a statement was about.

    Attributes
    ----------
    value : unit of the series
    basis : on which it is published
    known_on : the day it was first published
    """

    judgement: Judgement
    entry: SeriesEntry
    value: float
    basis: str
    known_on: date


@frozen
class Unresolved:
    """A statement without an outcome that it can be held to, with the reason."""

    judgement: Judgement
    reason: str


def match_outcomes(
    judgements: Sequence[Judgement], facts: Facts, sources: SourceList, *, as_of: date
) -> tuple[tuple[Outcome, ...], tuple[Unresolved, ...]]:
    """Return the statements with their outcomes known on a day, and those without.

    Parameters
    ----------
    facts : of every series that a statement is about
    sources : for the dates of stated outcomes
    """
    found: list[Outcome] = []
    others: list[Unresolved] = []
    for judgement in judgements:
        match = _match(judgement, facts, sources, as_of)
        if isinstance(match, str):
            others.append(Unresolved(judgement, match))
        else:
            found.append(match)
    return tuple(found), tuple(others)


def _match(judgement: Judgement, facts: Facts, sources: SourceList, as_of: date) -> Outcome | str:
    """Return the outcome of one statement, or why there is none."""
    entry = facts.entries.get(judgement.series)
    if entry is None:
        return "its series has no history"
    if reason := reason_unusable(judgement, entry):
        return reason
    basis = judgement.basis or entry.reference_basis
    if judgement.outcome is not None:
        known_on = sources.find(judgement.outcome_source).published
        return Outcome(judgement, entry, judgement.outcome, basis, known_on)
    if judgement.basis != basis:
        return "it does not say on which basis"
    try:
        history = known_by(facts, entry.id, as_of=as_of, basis=basis)
    except InputError:
        return f"no figure on the basis '{basis}'" if basis else "no figure"
    rows = [row for row in history.published if row.basis == basis]
    figure = published_figure(judgement.period, rows, entry)
    if not figure:
        return f"the figure of {judgement.period} is not known"
    value = math.fsum(row.value for row in figure)
    if entry.kind in ("share", "real"):
        value /= len(figure)
    return Outcome(judgement, entry, value, basis, _first_known(figure, facts))


def _first_known(figure: Sequence[Row], facts: Facts) -> date:
    """Return the day on which all rows of a figure were first published, in whatever edition."""
    days = []
    for row in figure:
        editions = [
            other.source.published
            for other in facts.rows[row.series]
            if (other.basis, other.period) == (row.basis, row.period)
        ]
        days.append(min(editions))
    return max(days)


@frozen
class Compared:
    """A resolved statement beside our own forecast of its day.

    Attributes
    ----------
    resolved : on the link scale
    draws : (n_draws,) of our forecast, link scale
    """

    outcome: Outcome
    resolved: Resolved
    draws: FloatArray


def compare(outcome: Outcome, draw_figures: DrawFigures) -> Compared | Unresolved:
    """Return a statement with our forecast of its day, or why we had none.

    Parameters
    ----------
    draw_figures : draws our forecast of the figure, on what was known on the statement's day
    """
    judgement, entry = outcome.judgement, outcome.entry
    try:
        figures, known_to = draw_figures(judgement, outcome.basis)
    except InputError as error:
        return Unresolved(judgement, f"no forecast of ours: {error.faults[0].problem}")
    draws = to_link(figures, entry)
    said, _ = stated_value(judgement, entry)
    made, end = decimal_year(judgement.made_on), judgement.period.end_year
    resolved = Resolved(
        id=judgement.id,
        kind=judgement.kind,
        house=judgement.publisher,
        about=f"{entry.id} {judgement.period}",
        scale="logit" if entry.kind == "share" else "log",
        made_on=judgement.made_on,
        known_on=outcome.known_on,
        lead=end - made,
        unseen=unseen_part(made, known_to=known_to, end=end),
        ours=float(np.median(draws)),
        said=said,
        came=float(to_link(np.array([outcome.value]), entry)[0]),
    )
    return Compared(outcome, resolved, draws)


def to_link(figures: FloatArray, entry: SeriesEntry) -> FloatArray:
    """Return figures on the link scale; amounts of zero are taken for a millionth."""
    if entry.kind == "real":
        return figures
    if entry.kind == "share":
        inside = np.clip(figures, 1e-9, 1 - 1e-9)
        return np.asarray(np.log(inside) - np.log1p(-inside))
    return np.asarray(np.log(np.maximum(figures, 1e-6)))


def stated_value(judgement: Judgement, entry: SeriesEntry) -> tuple[float, float]:
    """Return the central value of a statement on the link scale, and the width of its range."""
    ends = [value for value in (judgement.low, judgement.high) if value is not None]
    linked = to_link(np.array(ends or [math.nan]), entry)
    width = float(linked[-1] - linked[0]) if len(ends) == 2 else 0.0
    if judgement.value is None:
        return float(linked.mean()), width
    return float(to_link(np.array([judgement.value]), entry)[0]), width
