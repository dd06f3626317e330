"""Write answers as CSV, with a data package beside the file that says what is in it.

A question has one row; a date of crossing one for each period, a whole one for each part, and a
decided question another for what would have been said before, under that day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecaster.forecasts.question_answer import LEVELS, SHARE_LEVELS
from forecaster.output.csv_file import csv_line, guarded, write_csv_file
from forecaster.output.datapackage import resource_name, table_resource
from forecaster.output.json_output import json_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import TextIO

    from forecaster.forecasts.question_answer import Answer, Chance, Found, Spread
    from forecaster.output.atomic import Written

_QUANTILES = {f"q{round(100 * level):02d}": level for level in sorted({*LEVELS, *SHARE_LEVELS})}
FIELDS: Mapping[str, tuple[str, str]] = {
    "id": ("string", "id of the question"),
    "type": ("string", "threshold, numeric, crossing, ranking, shares, driver or event"),
    "status": ("string", "open, decided, due, unknown-then, faulty or unreliable"),
    "as_of": ("date", "only what was published by this day was used"),
    "scenario": ("string", "scenario; 'baseline' forces nothing"),
    "basis": ("string", "what the figures count, and who counts"),
    "period": ("string", "period, span or day asked about; of a crossing one row for each"),
    "part": ("string", "part of a whole; empty where there is none"),
    "probability": ("number", "of a figure, to be at or above the level told beside it"),
    "mcse": ("number", "Monte Carlo standard error: of the median where there are quantiles"),
    **{name: ("number", f"quantile at {level:g}, in `unit`") for name, level in _QUANTILES.items()},
    "unit": ("string", "unit of the quantiles; 'fraction' is a share of one"),
    "low_end": ("number", "the answer at the lower end of the stated range it rests on"),
    "high_end": ("number", "the answer at the upper end of the stated range it rests on"),
    "outcome": ("string", "what had been decided by the as-of day"),
    "outcome_source": ("string", "id of the source of the outcome"),
    "rests_on": ("string", "figures, judgements or drivers below it"),
    "title": ("string", "the question"),
}
"""Column -> its type and meaning."""


def write_answers(
    found: Sequence[Answer], destination: str, *, manifest: Mapping[str, Any], stdout: TextIO
) -> None:
    """Write answers into a CSV.

    Parameters
    ----------
    destination : a file, replaced whole or not at all, beside which goes
        `<stem>.datapackage.json`; '-' writes to `stdout` without one
    manifest : what produced the answers, for the data package

    Raises
    ------
    InputError
        If the file cannot be written; an existing one is then as it was.
    """

    def package(name: str, written: Written) -> str:
        """Describe the CSV that has just been written."""
        fields = [
            {"name": column, "type": kind, "description": said}
            for column, (kind, said) in FIELDS.items()
        ]
        key = ["id", "as_of", "scenario", "period", "part"]
        record = {
            "profile": "tabular-data-package",
            "name": resource_name(name),
            "resources": [table_resource(fields, key, name=name, written=written)],
            "manifest": dict(manifest),
        }
        return json_text(record)

    write_csv_file(destination, lambda: answer_lines(found), package, stdout=stdout)


def answer_lines(found: Sequence[Answer]) -> Iterator[str]:
    """Yield the CSV line by line; the same answers give the same bytes."""
    yield csv_line(FIELDS)
    for answer in found:
        for row in _rows(answer):
            yield csv_line(row.get(name, "") for name in FIELDS)


def _rows(answer: Answer) -> Iterator[dict[str, str]]:
    """Yield the rows of one answer."""
    fixed = _fixed(answer)
    if answer.outcome is not None:
        fixed |= {
            "outcome": guarded(_plain(answer.outcome.answer)),
            "outcome_source": guarded(answer.outcome.source),
        }
        yield fixed
    else:
        for cells in _found_rows(answer.found):
            yield fixed | cells
    if answer.earlier is not None and answer.earlier.outcome is None:
        for cells in _found_rows(answer.earlier.found):
            yield _fixed(answer.earlier) | cells


def _fixed(answer: Answer) -> dict[str, str]:
    """Return the cells that all rows of one answer share."""
    question, found = answer.question, answer.found
    return {
        "id": guarded(question.id),
        "type": question.type,
        "status": answer.status,
        "as_of": answer.as_of.isoformat(),
        "scenario": guarded(answer.scenario),
        "basis": guarded(found.basis if found else question.basis),
        "period": guarded(found.period if found else ""),
        "unit": guarded(found.entry.unit if found and found.entry else ""),
        "rests_on": guarded(answer.rests_on or answer.reason.partition("\n")[0]),
        "title": guarded(question.title),
    }


def _found_rows(found: Found | None) -> Iterator[dict[str, str]]:
    """Yield what each row of an answer has of its own, at least one."""
    ends = {}
    if found is not None and found.ends is not None:
        ends = {"low_end": repr(found.ends.low), "high_end": repr(found.ends.high)}
    if found is None:
        yield {}
    elif found.times is not None and found.entry is not None:
        for period, by in zip(found.times.periods, found.times.by, strict=True):
            yield {"period": str(period), **_chance(by)}
    elif found.parts:
        for part in found.parts:
            yield {"part": guarded(part.name), **_spread(part.share)}
    elif found.spread is not None:
        against = found.against.probability if found.against else None
        told = {} if against is None else {"probability": repr(against)}
        yield {**_spread(found.spread), **told}
    else:
        yield {**(_chance(found.chance) if found.chance else {}), **ends}


def _chance(chance: Chance) -> dict[str, str]:
    """Return the cells of a probability."""
    return {"probability": repr(chance.probability), "mcse": repr(chance.mcse)}


def _spread(spread: Spread) -> dict[str, str]:
    """Return the cells of quantiles; the error is that of the median."""
    cells = {
        name: repr(spread.at(level)) for name, level in _QUANTILES.items() if level in spread.levels
    }
    return {**cells, "mcse": repr(spread.error_at(0.5))}


def _plain(answer: str | float) -> str:
    """Return an outcome as text."""
    return answer if isinstance(answer, str) else repr(answer)
