"""Check what a workspace believes of each series, alone and against its figures."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from forecaster.errors import Fault, InputError
from forecaster.workspace.faults import did_you_mean, printable, quoted
from forecaster.workspace.history import known_by
from forecaster.workspace.pooled_beliefs import POOLED_KINDS
from forecaster.workspace.pools import WHOLE, pool_names
from forecaster.workspace.series_beliefs import check_cap

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import Facts, History, SeriesEntry
    from forecaster.workspace.series_beliefs import SeriesPrior

LAST_DAY = date.max
"""Every row counts, whenever it was published."""


def check_series(beliefs: Beliefs, facts: Facts, *, listed: Collection[str]) -> list[Fault]:
    """Return the faults of the files under `priors/series`.

    A file that no series has is a fault: it would never be read.

    Parameters
    ----------
    facts : of all series whose lines in `series.csv` have no faults
    listed : every id of `series.csv`
    """
    faults: list[Fault] = []
    priors: dict[str, SeriesPrior] = {}
    for path in sorted(beliefs.folder.glob("*.toml")) if beliefs.folder else ():
        entry = facts.entries.get(path.stem)
        if entry is None:
            if path.stem not in listed:  # else its line in series.csv is at fault
                faults.append(_no_series(path, facts.entries))
            continue
        try:
            priors[entry.id] = beliefs.of(entry)
        except InputError as error:
            faults += error.faults
    for prior in priors.values():
        faults += _faults_of_one(prior, facts)
    return faults + _faults_of_formulas(priors, facts.entries, listed=listed)


def _no_series(path: Path, entries: Mapping[str, SeriesEntry]) -> Fault:
    """Say that a file is about no series."""
    problem = f"there is no series {quoted(path.stem)} for these beliefs"
    fix = did_you_mean(path.stem, entries) or "name the file after a series of series.csv"
    return Fault(problem, printable(str(path)), fix)


def _faults_of_one(prior: SeriesPrior, facts: Facts) -> list[Fault]:
    """Return what is wrong with the beliefs about one series, its formula apart."""
    faults: list[Fault] = []
    try:
        if prior.family == "custom":
            from forecaster.workspace.user_function import split_name

            split_name(prior.function, where=f"{prior.where}, key 'function'")
        if prior.cap is not None and (history := known_history(facts, prior.series)):
            check_cap(prior, history)
    except InputError as error:
        faults += error.faults
    entry = facts.entries[prior.series]
    return [*faults, *_faults_of_offsets(prior, entry), *_faults_of_group(prior, entry, facts)]


def _faults_of_formulas(
    priors: Mapping[str, SeriesPrior],
    entries: Mapping[str, SeriesEntry],
    *,
    listed: Collection[str],
) -> list[Fault]:
    """Return what is wrong with the formulas of derived series, the first fault of each.

    A series whose own line is at fault is no fault of the formula that names it.
    """
    from forecaster.workspace.derived_series import resolve_formula
    from forecaster.workspace.formulas import Formula, parse_formula

    faults: dict[Fault, None] = {}
    definitions: dict[str, Formula] = {}
    for name, prior in priors.items():
        if prior.family != "derived":
            continue
        try:
            formula = parse_formula(prior.formula, place=f"{prior.where}, key 'formula'")
        except InputError as error:
            faults |= dict.fromkeys(error.faults)
            continue
        if all(other in entries or other not in listed for other in formula.series):
            definitions[name] = formula
    for name in definitions:
        try:
            # by its name, so that a circle through it is found
            resolve_formula(parse_formula(name), entries=entries, definitions=definitions)
        except InputError as error:
            faults |= dict.fromkeys(error.faults)
    return list(faults)


def known_history(facts: Facts, series: str) -> History | None:
    """Return all that is known of a series; None where nothing is, or its rows are at fault."""
    try:
        return known_by(facts, series, as_of=LAST_DAY)
    except InputError:
        return None  # faulty rows are told where the rows are checked


def _faults_of_offsets(prior: SeriesPrior, entry: SeriesEntry) -> Iterator[Fault]:
    """Yield the offsets of bases that the series does not have, or that have none."""
    for key in prior.stated:
        basis = key.removeprefix("offset.")
        if key == basis or basis in entry.relations:
            continue
        fix = did_you_mean(basis, entry.relations) or "relate it in series.csv, or drop the offset"
        problem = f"{quoted(entry.id)} relates no basis {quoted(basis)} to its reference basis"
        yield Fault(problem, f"{prior.where}, key '{key}'", fix)


def _faults_of_group(prior: SeriesPrior, entry: SeriesEntry, facts: Facts) -> Iterator[Fault]:
    """Yield why a series that its beliefs would pool with its group cannot be."""
    if prior.family != "pooled":
        return
    where = f"{prior.where}, key 'family'"
    fix = "name another family, such as family = 'pool'"
    if entry.kind not in POOLED_KINDS:
        yield Fault(f"series of kind '{entry.kind}' cannot be pooled", where, fix)
    elif entry.region == WHOLE:
        problem = f"{quoted(entry.id)} is the world's total, which has no like in its group"
        yield Fault(problem, where, fix)
    else:
        like = [name for name in pool_names(facts.entries, [entry.id]) if name != entry.id]
        if not any(known_history(facts, name) for name in like):
            problem = (
                f"a group of one has nothing to borrow: {quoted(entry.id)} has no like series "
                f"with figures in its group {quoted(entry.group)}"
            )
            yield Fault(problem, where, fix)
