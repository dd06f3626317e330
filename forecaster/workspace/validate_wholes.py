"""Check the parts of wholes: which series they are, and that their figures fit into one."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from forecaster.errors import Fault, InputError
from forecaster.workspace.composition_beliefs import open_compositions, read_parts
from forecaster.workspace.compositions import faults_of_totals, figures_by_period, parts_of
from forecaster.workspace.faults import SHOWN_PER_RULE, did_you_mean, quoted
from forecaster.workspace.folders import SERIES_FILE
from forecaster.workspace.history import published_by
from forecaster.workspace.validate_series import LAST_DAY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from forecaster.workspace.belief_tables import TableReader
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import Facts, SeriesEntry

    Chosen = dict[str, tuple[str, ...]]


def check_wholes(workspace: Path, facts: Facts, beliefs: Beliefs | None) -> list[Fault]:
    """Return the faults of compositions.toml, and of the figures of every whole.

    Parameters
    ----------
    beliefs : tell which series are forecast as parts; None where they cannot be read
    """
    chosen: Chosen = {}
    faults: list[Fault] = []
    try:
        reader = open_compositions(workspace)
        for name in reader.table if reader is not None else ():
            assert reader is not None
            found = _faults_of_table(reader, name, facts.entries)
            faults += found
            if not found:
                chosen[name] = read_parts(reader, name)
    except InputError as error:
        faults += error.faults
    for name in sorted({entry.composition for entry in facts.entries.values()} - {""}):
        faults += _faults_of_whole(name, facts, beliefs, chosen)
    return faults


def _faults_of_table(
    reader: TableReader, name: str, entries: Mapping[str, SeriesEntry]
) -> list[Fault]:
    """Return what is wrong with one table of compositions.toml."""
    try:
        parts = read_parts(reader, name)
    except InputError as error:
        return list(error.faults)
    members = [entry.id for entry in entries.values() if entry.composition == name]
    key = f"{name}.parts"
    if not members:
        known = {entry.composition for entry in entries.values()} - {""}
        fix = did_you_mean(name, known) or "name a composition that series.csv has"
        return [*reader.fault(name, f"there is no composition {quoted(name)}", fix).faults]
    faults: list[Fault] = []
    for part, times in Counter(parts).items():
        if times > 1:
            problem = f"the part {quoted(part)} is named {times} times"
            faults += reader.fault(key, problem, "name it once").faults
        if part not in members:
            problem = f"{quoted(part)} is no series of the composition {quoted(name)}"
            fix = did_you_mean(part, members) or "name series that series.csv puts there"
            faults += reader.fault(key, problem, fix).faults
    return faults


def _faults_of_whole(
    name: str, facts: Facts, beliefs: Beliefs | None, chosen: Chosen
) -> list[Fault]:
    """Return what is wrong with the parts of one whole, and with their figures.

    Series that share a composition need be no parts of it unless their beliefs say so: amounts may
    be listed together too.
    """
    try:
        parts = parts_of(facts.entries, name, chosen)
    except InputError as error:
        members = [entry for entry in facts.entries.values() if entry.composition == name]
        return list(error.faults) if _are_forecast_jointly(members, beliefs) else []
    figures = figures_by_period({part: published_by(facts, part, as_of=LAST_DAY) for part in parts})
    found = list(faults_of_totals(figures, name))
    n_more = len(found) - SHOWN_PER_RULE
    if n_more > 0:
        periods = "1 more period has" if n_more == 1 else f"{n_more} more periods have"
        counted = Fault(f"{periods} the same fault: parts of {quoted(name)}", SERIES_FILE)
        found = [*found[:SHOWN_PER_RULE], counted]
    return found


def _are_forecast_jointly(members: list[SeriesEntry], beliefs: Beliefs | None) -> bool:
    """Say whether the beliefs about any of the series make it a part of a whole."""
    for entry in members if beliefs is not None else ():
        assert beliefs is not None
        try:
            if beliefs.of(entry).family == "composition":
                return True
        except InputError:
            continue  # told where its file is checked
    return False
