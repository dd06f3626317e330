"""Read the lines of `series.csv`, which say what each series measures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from forecaster.workspace.cells import read_number, read_period, read_word
from forecaster.workspace.facts import KINDS, RELATIONS, SeriesEntry
from forecaster.workspace.faults import CellError, quoted
from forecaster.workspace.folders import SERIES_FILE
from forecaster.workspace.tables import scan_table

if TYPE_CHECKING:
    from forecaster.workspace.faults import FaultList

REQUIRED = ("id", "title", "unit", "kind", "timing")
OPTIONAL = (
    "title_zh",
    "region",
    "group",
    "composition",
    "reference_basis",
    "relations",
    "counting_error",
    "typical_change",
    "publication_lag_days",
    "iamc_variable",
    "higher_source_preferred",
    "computed_periods",
    "left_out",
    "decided",
    "core",
    "limits",
)
TIMINGS = ("stock", "flow")
COUNTING_ERRORS = ("none", "poisson")
_TRUTHS = {"true": True, "false": False, "": False}


def read_entries(payload: bytes, faults: FaultList) -> dict[str, SeriesEntry]:
    """Read `series.csv` whole; a line with a fault is noted in `faults` and left out.

    Raises
    ------
    InputError
        If the file as a whole cannot be read.
    """
    table = scan_table(payload, name=SERIES_FILE, required=REQUIRED, optional=OPTIONAL)
    entries: dict[str, SeriesEntry] = {}
    first_lines: dict[str, int] = {}
    for line, record in table.lines:
        try:
            entry = _read_entry(table.cells_of(record))
            if entry.id in entries:
                raise _repeated(entry, entries[entry.id], first_lines[entry.id])
        except CellError as error:
            faults.add_cell(error, file=SERIES_FILE, line=line)
        else:
            entries[entry.id] = entry
            first_lines[entry.id] = line
    return entries


def _repeated(entry: SeriesEntry, first: SeriesEntry, first_line: int) -> CellError:
    """Say that a series has two lines, and whether they give it two kinds."""
    problem = f"the series {quoted(entry.id)} already has line {first_line}"
    if entry.kind != first.kind:
        problem += f", where its kind is '{first.kind}' and not '{entry.kind}'"
    return CellError("a series listed twice", problem, "keep one of the two lines")


def _read_entry(cells: dict[str, str]) -> SeriesEntry:
    """Make an entry of one line of cells."""
    if not cells["id"]:
        raise CellError("no id", "the line has no series id", "give the series an id")
    kind = read_word(cells["kind"], KINDS, what="kind")
    _check_unit(cells["id"], kind=kind, unit=cells["unit"])
    return SeriesEntry(
        id=cells["id"],
        title=cells["title"] or cells["id"],
        title_zh=cells["title_zh"],
        unit=cells["unit"],
        kind=kind,
        timing=read_word(cells["timing"], TIMINGS, what="timing"),
        region=cells["region"],
        group=cells["group"],
        composition=cells["composition"],
        reference_basis=cells["reference_basis"],
        relations=_read_relations(cells["relations"]),
        counting_error=read_word(
            cells["counting_error"] or "none", COUNTING_ERRORS, what="counting error"
        ),
        typical_change=_read_typical_change(cells["typical_change"]),
        publication_lag_days=_read_lag(cells["publication_lag_days"]),
        iamc_variable=cells["iamc_variable"],
        higher_source_preferred=_read_truth(cells["higher_source_preferred"]),
        computed_periods=_read_computed(cells["computed_periods"]),
        left_out=_read_left_out(cells["left_out"]),
        decided=_read_truth(cells["decided"]),
        core=_read_truth(cells["core"]),
        **_read_limits(cells["limits"]),
    )


def _check_unit(series: str, *, kind: str, unit: str) -> None:
    """Check that the series has a unit, and that a share is a fraction of one."""
    if not unit:
        problem = f"the series {quoted(series)} has no unit"
        raise CellError("no unit", problem, "give it the unit of its rows, such as 'USD billion'")
    if kind == "share" and unit != "fraction":
        problem = f"a share is a fraction, but {quoted(series)} has the unit {quoted(unit)}"
        raise CellError("unit of a share", problem, "write 'fraction', or correct the kind")


def _parts(text: str) -> list[str]:
    """Return the parts between semicolons, without blanks around them."""
    return [part.strip() for part in text.split(";") if part.strip()] if text else []


def _read_relations(text: str) -> dict[str, str]:
    """Read `basis=same-measure;other=other-measure`."""
    found = {}
    for part in _parts(text):
        basis, equals, relation = part.rpartition("=")
        if not equals:
            fix = "write basis=same-measure or basis=other-measure"
            raise CellError("a relation", f"{quoted(part)} is not a relation of a basis", fix)
        found[basis.strip()] = read_word(relation.strip(), RELATIONS, what="relation")
    return found


def _read_computed(text: str) -> frozenset[tuple[str, str]]:
    """Read `basis:2025-H2;:2024-Q4`, a blank basis being one basis."""
    found = set()
    for part in _parts(text):
        basis, colon, period = part.rpartition(":")
        if not colon:
            problem = f"{quoted(part)} is not a basis with a period"
            fix = "write basis:2025-H2, or :2025-H2 for the blank basis"
            raise CellError("a computed period", problem, fix)
        found.add((basis.strip(), str(read_period(period.strip()))))
    return frozenset(found)


def _read_left_out(text: str) -> dict[str, str]:
    """Read `2025:unfinished year;2024-Q1:two firms missing`."""
    found = {}
    for part in _parts(text):
        period, _, reason = part.partition(":")
        if not reason.strip():
            problem = f"{quoted(part)} leaves a period out without a reason"
            raise CellError("left out without a reason", problem, "write period:reason")
        found[str(read_period(period.strip()))] = reason.strip()
    return found


def _read_limits(text: str) -> dict[str, Any]:
    """Read `never-falls;least=1;most=195;part-of=us-spend`, in any order."""
    found: dict[str, Any] = {}
    for part in _parts(text):
        name, equals, number = (word.strip() for word in part.partition("="))
        if name == "never-falls" and not equals:
            found["never_falls"] = True
        elif name in ("least", "most") and equals:
            found[name] = read_number(number)
        elif name == "part-of" and number:
            found["part_of"] = number
        else:
            fix = "write never-falls, least=NUMBER, most=NUMBER or part-of=SERIES, with ; between"
            raise CellError("a limit", f"{quoted(part)} is not a limit", fix)
    if found.get("least", -math.inf) >= found.get("most", math.inf):
        problem = f"the least {found['least']:g} is not below the most {found['most']:g}"
        raise CellError("limits in order", problem, "correct one of the two")
    return found


def _read_truth(text: str) -> bool:
    """Read true or false, blank being false."""
    return _TRUTHS[read_word(text, _TRUTHS, what="truth value")]


def _read_typical_change(text: str) -> float | None:
    """Read a positive number, or nothing."""
    if not text:
        return None
    change = read_number(text)
    if change <= 0:
        problem = f"a typical change of {text} is not above zero"
        raise CellError("typical change", problem, "write the size of a usual change in a year")
    return change


def _read_lag(text: str) -> int | None:
    """Read a number of days, or nothing."""
    if not text:
        return None
    days = read_number(text)
    if days != int(days):
        problem = f"a publication lag of {text} is not a whole number of days"
        raise CellError("publication lag", problem, "write whole days")
    return int(days)
