"""Read what experts forecast about one series: `judgements.csv`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from forecaster.records import frozen
from forecaster.workspace.cells import read_date, read_number, read_period, read_word
from forecaster.workspace.faults import CellError, FaultList
from forecaster.workspace.publishers import affiliations, house_of
from forecaster.workspace.reader import read_file
from forecaster.workspace.statements import EXPERT_KINDS, JUDGEMENT_COLUMNS, JUDGEMENTS_FILE
from forecaster.workspace.tables import scan_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from forecaster.workspace.periods import Period

_BASIS = re.compile(r"basis ([^\s;,]+)")
NOT_STATED = "not-stated"


@frozen
class Judgement:
    """What an expert said about one figure of a series.

    Attributes
    ----------
    low, value, high : unit of the series; None where not said
    made_on : the last day of the month or year where only that is known
    by : person or house as written
    publisher : the house, by one name whatever the write-up
    kind : of expert, one of EXPERT_KINDS
    source : id of the write-up; it may be younger than the statement
    basis : who counts what, '' where the statement does not say
    outcome : the figure that came, unit of the series; None where not known
    outcome_source : id of its source
    where : file and line, for messages
    """

    id: str
    series: str
    period: Period
    low: float | None
    value: float | None
    high: float | None
    unit: str
    made_on: date
    by: str
    publisher: str
    kind: str
    source: str
    basis: str
    note: str
    outcome: float | None
    outcome_source: str
    where: str


@frozen
class LeftOutJudgement:
    """A judgement that does not enter the forecast, with the reason in words."""

    judgement: Judgement
    reason: str


def read_judgements(workspace: Path, series: str, *, as_of: date) -> tuple[Judgement, ...]:
    """Return the judgements about one series that had been made by a day, the oldest first.

    The day on which a judgement was made decides: that is when it was said in public, while its
    source may be a later write-up of it.

    Raises
    ------
    InputError
        If the file cannot be read, or lines about the series have faults.
    """
    found = read_all_judgements(workspace, series=series)
    return tuple(judgement for judgement in found if judgement.made_on <= as_of)


def read_all_judgements(workspace: Path, *, series: str | None = None) -> tuple[Judgement, ...]:
    """Return every judgement of a workspace, or those about one series, the oldest first.

    A workspace without the file has none.

    Raises
    ------
    InputError
        As `read_judgements`.
    """
    path = workspace / JUDGEMENTS_FILE
    if not path.exists():
        return ()
    table = scan_table(
        read_file(path), name=JUDGEMENTS_FILE, required=JUDGEMENT_COLUMNS, optional=()
    )
    by, kind, about = (table.columns.index(name) for name in ("by", "by_kind", "series"))
    people = affiliations((record[by].strip(), record[kind].strip()) for _, record in table.lines)
    faults = FaultList()
    found = []
    for line, record in table.lines:
        if series is not None and record[about].strip() != series:
            continue
        try:
            where = f"{JUDGEMENTS_FILE}, line {line}"
            found.append(_read_judgement(table.cells_of(record), people, where))
        except CellError as error:
            faults.add_cell(error, file=JUDGEMENTS_FILE, line=line)
    faults.raise_any()
    return tuple(sorted(found, key=lambda j: (j.made_on, j.period, j.id)))


def _read_judgement(cells: Mapping[str, str], people: Mapping[str, str], where: str) -> Judgement:
    """Make a judgement of one line's cells."""
    kind = read_word(cells["by_kind"], EXPERT_KINDS, what="kind of expert")
    return Judgement(
        id=cells["id"],
        series=cells["series"],
        period=read_period(cells["about_period"]),
        low=_number(cells["value_low"]),
        value=_number(cells["value"]),
        high=_number(cells["value_high"]),
        unit=cells["unit"],
        made_on=read_date(cells["made_on"]),
        by=cells["by"],
        publisher=house_of(cells["by"], kind=kind, people=people),
        kind=kind,
        source=cells["source"],
        basis=stated_basis(cells["note"]),
        note=cells["note"],
        outcome=_number(cells["outcome_value"]),
        outcome_source=cells["outcome_source"],
        where=where,
    )


def _number(text: str) -> float | None:
    """Read a number, or nothing."""
    return read_number(text) if text else None


def stated_basis(note: str) -> str:
    """Return the basis that a note states at its beginning, '' where it states none."""
    match = _BASIS.match(note)
    return "" if match is None or match[1] == NOT_STATED else match[1]
