"""Gather what was known of the parts of a composition on a day.

The parts named in series.csv need not be the whole. A remainder, the *rest*, stands beside them
unless they add up to one, within rounding, wherever all of them are published together:

    domestic .41 + nvidia .55 + amd .04 = 1.00      no rest
    china .11 + united states .59       =  .70      a rest of .30
"""

from __future__ import annotations

import math
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from forecaster.errors import Fault, FaultyInput, InputError
from forecaster.records import frozen
from forecaster.workspace.faults import did_you_mean, printable, quoted
from forecaster.workspace.folders import SERIES_FILE
from forecaster.workspace.history import known_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from forecaster.workspace.facts import Facts, History, Row, SeriesEntry
    from forecaster.workspace.periods import Period

    Chosen = Mapping[str, tuple[str, ...]]
    Figures = Mapping[tuple[str, Period], Mapping[str, Row]]

REST = "(rest)"
"""The name of the remainder among the parts; no series id has brackets."""
COARSEST_STEP = 0.01
"""A share printed as 0.4 may be 0.40: tables drop the closing zero."""
_ROUNDING_OF_SUMS = 1e-9


@frozen
class Composition:
    """Shares of one whole, as they were known on a day.

    Attributes
    ----------
    parts : ids of the parts that have figures, in order
    has_rest : whether something beside the parts makes up the whole
    histories : part -> what was known of it
    timing : 'flow' | 'stock', the same for all parts
    target_basis : the basis that forecasts are about
    bases : bases in use, the reference first
    relations : basis -> relation to the reference, for all bases but that
    merged : ids of the parts without figures; they belong to the rest
    """

    id: str
    parts: tuple[str, ...]
    has_rest: bool
    histories: Mapping[str, History]
    timing: str
    target_basis: str
    bases: tuple[str, ...]
    relations: Mapping[str, str]
    merged: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The parts, and the rest where there is one."""
        return (*self.parts, REST) if self.has_rest else self.parts


def parts_of(
    entries: Mapping[str, SeriesEntry], composition: str, chosen: Chosen | None = None
) -> tuple[str, ...]:
    """Return the ids of the parts of a composition, in order.

    Parameters
    ----------
    chosen : composition -> the only series taken as parts; of one not in it, all are

    Raises
    ------
    InputError
        If there is no such composition, its parts are no shares, or their timing differs.
    """
    members = [entry for entry in entries.values() if entry.composition == composition]
    if not composition or not members:
        known = {entry.composition for entry in entries.values()} - {""}
        raise InputError(
            problem=f"there is no composition {quoted(composition)}",
            where=SERIES_FILE,
            fix=did_you_mean(composition, known) or "name one that series.csv has",
        )
    for entry in members:
        if entry.kind != "share":
            raise InputError(
                problem=f"the composition {quoted(composition)} is not made of shares: "
                f"{quoted(entry.id)} is of kind '{entry.kind}'",
                where=f"{SERIES_FILE}, series {quoted(entry.id)}",
                fix="forecast its parts one by one with --model trend",
            )
        if entry.timing != members[0].timing:
            raise InputError(
                problem=f"parts of the composition {quoted(composition)} are flows and stocks",
                where=f"{SERIES_FILE}, series {quoted(members[0].id)} and {quoted(entry.id)}",
                fix="give all parts the same timing",
            )
    names = sorted(entry.id for entry in members)
    only = (chosen or {}).get(composition, names)
    if strangers := [name for name in only if name not in names]:
        raise InputError(
            problem=f"{quoted(strangers[0])} is no series of the composition {quoted(composition)}",
            where=f"priors/compositions.toml, key '{composition}.parts'",
            fix=did_you_mean(strangers[0], names) or "name series that series.csv puts there",
        )
    return tuple(name for name in names if name in only)


def known_composition(
    facts: Facts,
    composition: str,
    *,
    as_of: date,
    basis: str | None = None,
    chosen: Chosen | None = None,
) -> Composition:
    """Return what was known of the parts of a composition on a day.

    Parameters
    ----------
    facts : with the rows of all parts
    chosen : as for `parts_of`
    basis : the target basis; by default the one with the newest figure of any part, and of
        several the one on which most parts have figures

    Raises
    ------
    InputError
        If nothing was known, or parts of one basis and period add up to more than one.
    """
    ids = parts_of(facts.entries, composition, chosen)
    alone, reasons = _each_alone(facts, ids, as_of, None)
    target = _newest_basis(alone.values()) if basis is None and alone else basis
    on_target, _ = _each_alone(facts, ids, as_of, target)
    histories = {}
    for part in ids:
        if part in on_target:
            histories[part] = on_target[part]
        elif part in alone and target in _declared(facts.entries[part]):
            histories[part] = alone[part]  # on other declared bases, which tell of this one
    if target is None or not on_target:
        raise reasons[ids[0]] if not alone else _no_basis(ids, basis, alone)
    merged = tuple(part for part in ids if part not in histories)
    bases, relations = _bases(histories, target)
    figures = figures_by_period(
        {
            part: [row for row in history.published if row.basis in bases]
            for part, history in histories.items()
        }
    )
    for fault in faults_of_totals(figures, composition):
        raise InputError(problem=fault.problem, where=fault.where, fix=fault.fix)
    has_rest = _has_rest(figures, tuple(histories))
    return Composition(
        id=composition,
        parts=tuple(histories),
        has_rest=has_rest,
        histories=histories,
        timing=facts.entries[ids[0]].timing,
        target_basis=target,
        bases=bases,
        relations=relations,
        merged=merged,
        notes=_notes(merged, has_rest, target, histories),
    )


def rounding_of(rows: Sequence[Row]) -> float:
    """Return how far the sum of the rows' values may be off by rounding: half a step each."""
    return math.fsum(_step(row) / 2 for row in rows) + _ROUNDING_OF_SUMS


def _step(row: Row) -> float:
    """Return the step in which a share was printed."""
    exponent = Decimal(row.printed).as_tuple().exponent
    return min(10.0 ** int(exponent), COARSEST_STEP)


def _each_alone(
    facts: Facts, ids: Sequence[str], as_of: date, basis: str | None
) -> tuple[dict[str, History], dict[str, InputError]]:
    """Return the histories of the parts that have one, and for the others why not."""
    found: dict[str, History] = {}
    reasons: dict[str, InputError] = {}
    for part in ids:
        try:
            found[part] = known_by(facts, part, as_of=as_of, basis=basis)
        except FaultyInput:
            raise  # faulty rows are no missing part
        except InputError as error:
            reasons[part] = error
    return found, reasons


def _newest_basis(histories: Iterable[History]) -> str:
    """Return the basis of the newest datum; of several the one that most parts can speak of."""
    newest: dict[str, date] = {}
    n_parts: dict[str, int] = defaultdict(int)
    for history in histories:
        for name in dict.fromkeys((*_declared(history.entry), *history.bases)):
            n_parts[name] += 1
        for row in history.data:
            newest[row.basis] = max(newest.get(row.basis, row.period.end), row.period.end)
    return max(newest, key=lambda name: (newest[name], n_parts[name], name))


def _declared(entry: SeriesEntry) -> tuple[str, ...]:
    """Return the bases that may stand beside each other in one fit of a series."""
    return (entry.reference_basis, *entry.relations)


def _no_basis(ids: Sequence[str], basis: str | None, alone: Mapping[str, History]) -> InputError:
    """Say that no part has the basis asked for."""
    names = dict.fromkeys(name for history in alone.values() for name in history.bases)
    return InputError(
        problem=f"none of the parts {', '.join(ids)} has figures on the basis {quoted(str(basis))}",
        where="--basis",
        fix=f"choose one of {', '.join(quoted(name) for name in names)}",
    )


def _bases(
    histories: Mapping[str, History], target: str
) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """Return the bases in use, the reference first, and how the others relate to it."""
    references = [
        h.entry.reference_basis for h in histories.values() if target in _declared(h.entry)
    ]
    reference = references[0] if references else target
    names = dict.fromkeys(name for history in histories.values() for name in history.bases)
    others = [name for name in names if name != reference]
    relations = {}
    for name in others:
        said = {h.entry.relations.get(name) for h in histories.values()}
        # the wider relation where parts disagree, or none says anything
        relations[name] = "same-measure" if said - {None} == {"same-measure"} else "other-measure"
    return (reference, *others), relations


def figures_by_period(published: Mapping[str, Sequence[Row]]) -> Figures:
    """Return the published figures of the parts by basis and period.

    Parameters
    ----------
    published : part -> its figures, one for each basis and period
    """
    found: dict[tuple[str, Period], dict[str, Row]] = defaultdict(dict)
    for part, rows in published.items():
        for row in rows:
            found[row.basis, row.period][part] = row
    return found


def faults_of_totals(figures: Figures, composition: str) -> Iterable[Fault]:
    """Yield where figures of one basis and period add up to more than one, in order of time."""
    for (basis, period), rows in sorted(figures.items(), key=lambda item: (item[0][1], item[0][0])):
        total = math.fsum(row.value for row in rows.values())
        if total <= 1 + rounding_of(tuple(rows.values())):
            continue
        terms = " + ".join(f"{part} {row.printed}" for part, row in rows.items())
        places = ", ".join(printable(row.where) for row in rows.values())
        on_basis = f" on the basis {quoted(basis)}" if basis else ""
        yield Fault(
            f"parts of {quoted(composition)} in {period}{on_basis} add up to "
            f"{total:.4g}, more than one: {terms}",
            places,
            "correct the values, or give the rows that count something else another basis",
        )


def _has_rest(figures: Figures, parts: Sequence[str]) -> bool:
    """Say whether the parts leave something over wherever all of them are published."""
    together = [tuple(rows.values()) for rows in figures.values() if len(rows) == len(parts)]
    if not together or len(parts) == 1:
        return True
    return any(math.fsum(row.value for row in rows) < 1 - rounding_of(rows) for rows in together)


def _notes(
    merged: Sequence[str], has_rest: bool, target: str, histories: Mapping[str, History]
) -> tuple[str, ...]:
    """Return what is to be said about parts without figures."""
    on_basis = f" on the basis {quoted(target)}" if target else ""
    place = "it belongs to the rest" if has_rest else "the other parts add up to one without it"
    notes = [f"no figure of {part} is known{on_basis}: {place}" for part in merged]
    notes += [note for history in histories.values() for note in history.notes]
    return tuple(dict.fromkeys(notes))
