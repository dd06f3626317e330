"""Say what an unfinished year already holds, which no fit may use.

A year to date is no figure of the year, so it stands in a series of its own. It is known all the
same, and a reader must not be shown a forecast of the year below it without a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from forecaster.workspace.facts import Facts, Row

SUFFIX = "-year-to-date"


def with_years_to_date(series: Collection[str], listed: Collection[str]) -> frozenset[str]:
    """Return the series and those of the listed ones that hold their unfinished years."""
    siblings = {name + SUFFIX for name in series}
    return frozenset(series) | (siblings & set(listed))


def year_to_date_notes(facts: Facts, data: Sequence[Row], *, as_of: date) -> list[str]:
    """Return a statement for the newest unfinished year after the figures of a fit, or nothing.

    Parameters
    ----------
    data : the fitted figures of one series and its target basis
    """
    last = max(data, key=lambda row: row.period.end)
    rows = [
        row
        for row in facts.rows.get(last.series + SUFFIX, ())
        if last.period.end < row.period.end
        and row.source.published <= as_of
        and row.basis == last.basis
    ]
    if not rows:
        return []
    newest = max(rows, key=lambda row: (row.period.end, row.source.published))
    amount = f"{newest.printed} {newest.unit}"
    return [
        f"not in the fit: by {newest.period.end} the year had come to {amount} ({newest.source.id})"
    ]
