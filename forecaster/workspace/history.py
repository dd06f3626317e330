"""Choose, of all rows of a series, those that were known on a day and enter the fit.

The rules, in their order:

    rows not yet published on the day               unknown, as if they did not exist
    seed claims, periods left out, rows published
    before their period ended (unless decided)      set aside
    several rows of one basis and period            newest edition of each publisher, then the
                                                    best quality, then the latest
    periods computed from others                    dropped
    a whole beside parts that cover it              the better worst quality, the parts on a tie
    bases that are not declared                     set aside
    more than 500 periods on a basis                the last 500
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forecaster.errors import Fault, FaultyInput, InputError, NotYetKnown
from forecaster.workspace.facts import Facts, History, LeftOut, Row, SeriesEntry
from forecaster.workspace.faults import SHOWN_PER_RULE, did_you_mean, printable, quoted
from forecaster.workspace.rivals import overlapping, same_moment, worse_editions
from forecaster.workspace.year_to_date import year_to_date_notes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

MAX_PERIODS = 500
"""Periods of one basis that a fit can use; older ones carry next to no information."""

SEED_CLAIM = "seed-claim"
ASSUMED = "assumed"
"""What `Source.published_is` says of a bare file's rows: known when their period has ended."""


def known_by(facts: Facts, series: str, *, as_of: date, basis: str | None = None) -> History:
    """Return what was known of a series on a day, ready to be fitted.

    Parameters
    ----------
    as_of : rows published later do not exist
    basis : the target basis; by default the declared basis with the newest datum, and the
        reference basis on a tie. A basis that is not declared is a series of its own.

    Raises
    ------
    FaultyInput
        If rows are not in the unit of the series.
    InputError
        If the series has no such basis, or nothing that can be fitted was known by then; a
        `NotYetKnown` where something is known since.
    """
    entry = facts.entries[series]
    rows = facts.rows.get(series, ())
    _check_units(rows, entry)
    bases = _bases_in_use(rows, entry, basis)
    sieve = _best_known(rows, entry, as_of)
    published = tuple(sorted(sieve.rows, key=_by_end))
    sieve.set_aside(lambda row: _reason_computed(row, entry))
    sieve.choose_wholes_or_parts(timing=entry.timing)
    sieve.set_aside(lambda row: _reason_of_basis(row, bases))
    notes = [*facts.notes.get(series, ()), *_unfinished(rows, as_of), *sieve.cut_to_last()]
    if not sieve.rows:
        raise _nothing_known(rows, entry, bases, as_of)
    data = tuple(sorted(sieve.rows, key=_by_end))
    present = tuple(name for name in bases if any(row.basis == name for row in data))
    target = _newest_basis(data, present) if basis is None else basis
    if target not in present:
        raise _nothing_known(rows, entry, (target,), as_of)
    on_target = [row for row in data if row.basis == target]
    notes += year_to_date_notes(facts, on_target, as_of=as_of)
    return History(
        entry, as_of, data, present, target, tuple(sieve.left_out), tuple(notes), published
    )


def published_by(facts: Facts, series: str, *, as_of: date) -> tuple[Row, ...]:
    """Return the figures of a series that had been published by a day, on every basis.

    They are the best edition of each basis and period, ordered as `History.data`.
    """
    sieve = _best_known(facts.rows.get(series, ()), facts.entries[series], as_of)
    return tuple(sorted(sieve.rows, key=_by_end))


def _best_known(rows: Sequence[Row], entry: SeriesEntry, as_of: date) -> _Sieve:
    """Return the rows known on a day that are observations, one for each basis and period."""
    sieve = _Sieve([row for row in rows if row.source.published <= as_of])
    sieve.set_aside(lambda row: _reason_against(row, entry))
    sieve.keep_best_editions()
    return sieve


def _by_end(row: Row) -> tuple[date, date, str]:
    """Order rows as `History.data` states."""
    return row.period.end, row.period.start, row.basis


def _check_units(rows: Sequence[Row], entry: SeriesEntry) -> None:
    """Check that every row has the unit of the series."""
    wrong = [row for row in rows if row.unit != entry.unit]
    if not wrong:
        return
    unit = quoted(entry.unit)
    faults = [
        Fault(
            f"{quoted(row.unit)} is not the unit of {quoted(entry.id)}, which is {unit}",
            printable(row.where),
            f"convert the value and write {unit}, or give it a series of its own",
        )
        for row in wrong[:SHOWN_PER_RULE]
    ]
    if len(wrong) > SHOWN_PER_RULE:
        faults.append(Fault(f"{len(wrong) - SHOWN_PER_RULE} more rows have another unit"))
    raise FaultyInput(faults)


def _bases_in_use(rows: Sequence[Row], entry: SeriesEntry, basis: str | None) -> tuple[str, ...]:
    """Return the bases that may enter the fit, the reference basis first."""
    declared = (entry.reference_basis, *entry.relations)
    if basis is None or basis in declared:
        return tuple(dict.fromkeys(declared))
    existing = dict.fromkeys(row.basis for row in rows if row.basis != SEED_CLAIM)
    if basis == SEED_CLAIM:
        problem = "figures of the basis 'seed-claim' are kept for comparison, not for fitting"
    elif basis not in existing:
        problem = f"the series {quoted(entry.id)} has no basis {quoted(basis)}"
    else:
        return (basis,)
    names = ", ".join(quoted(name) for name in existing)
    fix = did_you_mean(basis, existing) or f"choose one of {names}"
    raise InputError(problem=problem, where="--basis", fix=fix)


def _reason_against(row: Row, entry: SeriesEntry) -> str:
    """Return why a row must not be fitted whatever the others are, or nothing."""
    if row.basis == SEED_CLAIM:
        return "a claim of an essay, kept for comparison"
    if reason := entry.left_out.get(str(row.period), ""):
        return reason
    if row.source.published < row.period.end and not entry.decided:
        return f"a judgement: published on {row.source.published}, before its period ended"
    return ""


def _reason_computed(row: Row, entry: SeriesEntry) -> str:
    """Return why a row adds nothing to the rows that it was computed from, or nothing."""
    is_computed = (row.basis, str(row.period)) in entry.computed_periods
    return "computed from other periods of the same basis" if is_computed else ""


def _reason_of_basis(row: Row, bases: Sequence[str]) -> str:
    """Return why the basis of a row stays out, or nothing."""
    if row.basis in bases:
        return ""
    return f"the basis {quoted(row.basis)} is not declared comparable with {quoted(bases[0])}"


@dataclass
class _Sieve:
    """Rows that are still in, and those that fell out with their reasons."""

    rows: list[Row]
    left_out: list[LeftOut] = field(default_factory=list)

    def __post_init__(self) -> None:
        # the order of lines in a file must not decide anything
        self.rows = sorted(self.rows, key=_by_content)

    def set_aside(self, reason_against: Callable[[Row], str]) -> None:
        """Drop every row against which there is a reason."""
        kept = []
        for row in self.rows:
            if reason := reason_against(row):
                self.left_out.append(LeftOut(row, reason))
            else:
                kept.append(row)
        self.rows = kept

    def drop(self, rejected: Iterable[tuple[Row, str]]) -> None:
        """Drop the rows named, which are still in."""
        reasons = {id(row): reason for row, reason in rejected}
        self.set_aside(lambda row: reasons.get(id(row), ""))

    def keep_best_editions(self) -> None:
        """Keep one row of each basis and period."""
        rivals: dict[tuple[str, date, date], list[Row]] = defaultdict(list)
        for row in self.rows:
            rivals[row.basis, row.period.start, row.period.end].append(row)
        self.drop(
            rejected
            for rows in rivals.values()
            if len(rows) > 1
            for rejected in worse_editions(rows)
        )

    def choose_wholes_or_parts(self, *, timing: str) -> None:
        """Drop wholes that their parts replace, and parts that a better whole replaces."""
        by_basis: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            by_basis[row.basis].append(row)
        replaced = same_moment if timing == "stock" else overlapping
        self.drop(rejected for rows in by_basis.values() for rejected in replaced(rows))

    def cut_to_last(self) -> list[str]:
        """Keep the last periods of each basis; return what was said about it."""
        by_basis: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(self.rows, key=_by_end):
            by_basis[row.basis].append(row)
        notes = []
        for basis, rows in by_basis.items():
            if len(rows) > MAX_PERIODS:
                on_basis = f" on the basis {quoted(basis)}" if basis else ""
                notes.append(
                    f"only the last {MAX_PERIODS} of {len(rows)} periods{on_basis} are used, "
                    f"from {rows[-MAX_PERIODS].period} on"
                )
                reason = f"older than the last {MAX_PERIODS} periods"
                self.drop((row, reason) for row in rows[:-MAX_PERIODS])
        return notes


def _by_content(row: Row) -> tuple[object, ...]:
    """Order rows by what they say, so that equal files in another order give equal histories."""
    source = row.source
    said = (row.quality, source.publisher, source.published, source.id, row.printed, row.note)
    return (row.basis, row.period, *said)


def _unfinished(rows: Sequence[Row], as_of: date) -> list[str]:
    """Say how many rows of a bare file are of periods that have not ended; they are not used."""
    later = [r for r in rows if r.source.published > as_of and r.source.published_is == ASSUMED]
    if not later:
        return []
    first = min(later, key=lambda row: row.period)
    rows_are = "1 row is" if len(later) == 1 else f"{len(later)} rows are"
    return [
        f"{rows_are} not used: {first.period} had not ended by {as_of} ({printable(first.where)})"
    ]


def _newest_basis(data: Sequence[Row], bases: Sequence[str]) -> str:
    """Return the basis with the newest datum; the first of `bases` on a tie."""
    newest = {name: max(r.period.end for r in data if r.basis == name) for name in bases}
    return max(bases, key=lambda name: newest[name])


def _nothing_known(
    rows: Sequence[Row], entry: SeriesEntry, bases: Sequence[str], as_of: date
) -> InputError:
    """Say that nothing can be fitted, since when something can, or on which other basis."""
    name = quoted(entry.id)
    usable = [
        row for row in rows if not (_reason_against(row, entry) or _reason_computed(row, entry))
    ]
    on_bases = [row for row in usable if row.basis in bases]
    if on_bases:
        first = min(on_bases, key=lambda row: (row.source.published, row.period))
        published = first.source.published
        return NotYetKnown(
            problem=f"nothing was known of {name} by {as_of}",
            where=f"{printable(first.where)}, published on {published}",
            fix=f"use --as-of {published} or a later day",
        )
    others = dict.fromkeys(row.basis for row in usable if row.source.published <= as_of)
    problem = f"{name} has no figures that can be fitted"
    if others:
        fix = f"choose one of its bases: --basis {' or --basis '.join(others)}"
    else:
        look = "show" if rows else "priors show"
        fix = f"look at what there is with: forecaster {look} {printable(entry.id)}"
        reasons = (_reason_against(row, entry) for row in rows)
        problem += f": {next(filter(None, reasons), 'it has no rows')}"
    return InputError(problem=problem, where=f"--as-of {as_of}", fix=fix)
