"""Read what is believed about drivers from `drivers.toml`, with every rule of the file checked."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from forecaster.errors import FaultyInput
from forecaster.workspace.belief_tables import TableReader, open_table
from forecaster.workspace.beliefs import SERIES_ID, series_folder
from forecaster.workspace.blocks import Block, Gathered, blocks_in
from forecaster.workspace.driver_blocks import DRIVERS_FILE, SourceIds, own_or_shipped
from forecaster.workspace.driver_bounds import find_impossible
from forecaster.workspace.driver_reader import Known, read_driver
from forecaster.workspace.driver_relations import (
    read_amplification,
    read_exclusion,
    read_interaction,
)
from forecaster.workspace.driver_types import (
    Amplification,
    Driver,
    DriverBeliefs,
    Effect,
    End,
    Exclusion,
    Interaction,
    PastEvent,
    Start,
    state_known,
)
from forecaster.workspace.drivers import read_past_effects
from forecaster.workspace.faults import did_you_mean, printable, quoted
from forecaster.workspace.probabilities import Probability

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from forecaster.errors import Fault
    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.prior_changes import Change

__all__ = [
    "Amplification",
    "Driver",
    "DriverBeliefs",
    "Effect",
    "End",
    "Exclusion",
    "Interaction",
    "PastEvent",
    "Probability",
    "Start",
    "load_driver_beliefs",
    "read_driver_beliefs",
    "state_known",
]

_TOP = ("driver", "interaction", "exclusion", "amplification")
_DERIVED = re.compile(rb"""^[ \t]*family[ \t]*=[ \t]*["']derived["']""", re.MULTILINE)


def load_driver_beliefs(
    workspace: Path, entries: Mapping[str, SeriesEntry], *, changes: Sequence[Change] = ()
) -> DriverBeliefs:
    """Read `priors/drivers.toml` of a workspace; the shipped one belongs to the shipped facts.

    Parameters
    ----------
    entries : every series of the workspace
    changes : beliefs that are others in this run; those about series are passed over

    Returns
    -------
    DriverBeliefs, without drivers where there is no file

    Raises
    ------
    InputError
        If the file has faults, all of them at once.
    """
    beliefs, faults = read_driver_beliefs(workspace, entries, changes=changes)
    if faults:
        raise FaultyInput(faults)
    return beliefs


def read_driver_beliefs(
    workspace: Path, entries: Mapping[str, SeriesEntry], *, changes: Sequence[Change] = ()
) -> tuple[DriverBeliefs, list[Fault]]:
    """Return what `load_driver_beliefs` does, as far as it is without faults, and these.

    Raises
    ------
    InputError
        If the file cannot be read at all.
    """
    path = own_or_shipped(workspace, DRIVERS_FILE)
    if path is None:
        return DriverBeliefs(), []
    reader, payload = open_table(path)
    if about_drivers := [change for change in changes if change.driver]:
        reader = _changed(reader, about_drivers)
        payload += "\n".join(change.text for change in about_drivers).encode()
    gathered = Gathered()
    gathered.take(partial(_check_top, reader))
    blocks = {name: gathered.take(partial(blocks_in, reader, name)) or [] for name in _TOP}
    known = Known(entries, _Derived(workspace), SourceIds(workspace))
    read = [read_driver(block, known, gathered) for block in blocks["driver"]]
    for block in blocks["driver"]:
        gathered.take(partial(read_past_effects, block, entries, known.sources))
    gathered.take(partial(_check_distinct, blocks["driver"]))
    drivers = tuple(driver for driver in read if driver is not None)
    names = {str(block.find("id")) for block in blocks["driver"]}
    beliefs = DriverBeliefs(
        drivers=drivers,
        hash=hashlib.sha256(payload).hexdigest(),
        where=printable(str(path)),
        unread=tuple(sorted(names - {driver.id for driver in drivers})),
    )
    beliefs = _with_relations(beliefs, blocks, gathered)
    if not gathered.faults:
        gathered.faults += find_impossible(drivers, beliefs.exclusions, where=beliefs.where)
    return beliefs, gathered.faults


def _changed(reader: TableReader, changes: Sequence[Change]) -> TableReader:
    """Return the reader of a file of drivers some of which this run changes."""
    from forecaster.workspace.prior_changes import changed_table

    drivers = reader.find("driver")
    tables = drivers if isinstance(drivers, list) else []
    known = {str(table.get("id")): table for table in tables if isinstance(table, dict)}
    for change in changes:
        if change.driver not in known:
            fix = did_you_mean(change.driver, known) or "see 'forecaster list drivers'"
            raise change.refuse(f"there is no driver {quoted(change.driver)}", fix)
    changed = []
    for table in tables:
        name = str(table.get("id")) if isinstance(table, dict) else ""
        own = [change for change in changes if change.driver == name]
        changed.append(changed_table(table, own, file=f"the driver {quoted(name)}"))
    return TableReader(reader.path, {**reader.table, "driver": changed})


def _with_relations(
    beliefs: DriverBeliefs, blocks: Mapping[str, list[Block]], gathered: Gathered
) -> DriverBeliefs:
    """Return how the drivers work together; what is at fault is noted and left out."""
    names, by_id = beliefs.names, beliefs.by_id
    interactions = [
        gathered.take(partial(read_interaction, block, names, by_id))
        for block in blocks["interaction"]
    ]
    exclusions = [
        gathered.take(partial(read_exclusion, block, names)) for block in blocks["exclusion"]
    ]
    amplifications = [
        gathered.take(partial(read_amplification, block, names, by_id))
        for block in blocks["amplification"]
    ]
    gathered.take(partial(_check_pairs, blocks["exclusion"], exclusions))
    return replace(
        beliefs,
        interactions=tuple(each for each in interactions if each is not None),
        exclusions=tuple(each for each in exclusions if each is not None),
        amplifications=tuple(each for each in amplifications if each is not None),
    )


def _check_top(reader: TableReader) -> None:
    """Refuse what is neither a driver nor about how drivers work together."""
    Block(reader.path, reader.table, title="top level").only_knows(_TOP)


def _check_distinct(blocks: Iterable[Block]) -> None:
    """Check that every driver has an id of its own."""
    seen: set[str] = set()
    for block in blocks:
        name = block.find("id")
        if isinstance(name, str) and name in seen:
            problem = f"the driver {quoted(name)} is there twice"
            raise block.fault("id", problem, "give it another id")
        seen.add(str(name))


def _check_pairs(blocks: Iterable[Block], exclusions: Iterable[Exclusion | None]) -> None:
    """Check that no pair is excluded twice."""
    seen: set[frozenset[str]] = set()
    for block, each in zip(blocks, exclusions, strict=True):
        if each is None:
            continue
        pair = frozenset((each.first, each.second))
        if pair in seen:
            problem = f"{quoted(each.first)} and {quoted(each.second)} are excluded twice"
            raise block.fault("drivers", problem, "keep one of the two")
        seen.add(pair)


class _Derived:
    """The ids of series whose beliefs state a formula, looked up one by one."""

    def __init__(self, workspace: Path) -> None:
        self._folder = series_folder(workspace)
        self._found: dict[str, bool] = {}

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str) or self._folder is None or not SERIES_ID.fullmatch(name):
            return False
        if name not in self._found:
            path = self._folder / f"{name}.toml"
            payload = path.read_bytes() if path.is_file() else b""
            self._found[name] = _DERIVED.search(payload) is not None
        return self._found[name]
