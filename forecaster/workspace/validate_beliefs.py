"""Check what a workspace believes: the defaults of families, single series, wholes, experts."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from forecaster.errors import Fault, InputError
from forecaster.workspace.belief_tables import belief_file, faults_of, open_table
from forecaster.workspace.beliefs import (
    load_beliefs,
    read_families,
    read_quality_sd,
    read_trend_prior,
    series_folder,
)
from forecaster.workspace.composition_beliefs import read_composition_prior
from forecaster.workspace.expert_beliefs import EXPERTS_FILE, expert_readings, load_experts
from forecaster.workspace.facts import KINDS
from forecaster.workspace.pool_beliefs import POOL_FILE, read_pool
from forecaster.workspace.pooled_beliefs import POOLED_KINDS, read_pooled_prior
from forecaster.workspace.reader import SHIPPED
from forecaster.workspace.single_beliefs import read_jump_prior
from forecaster.workspace.validate_series import check_series
from forecaster.workspace.validate_wholes import check_wholes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.validate_facts import CheckedFacts


def check_beliefs(workspace: Path, checked: CheckedFacts) -> list[Fault]:
    """Return every fault of the beliefs of a workspace, and of how they suit its facts."""
    beliefs = _usable(workspace)
    faults = faults_of(_family_readings(workspace, beliefs))
    faults += faults_of(_pool_readings(workspace))
    if beliefs is not None:
        faults += check_series(beliefs, checked.facts, listed=checked.lines)
    faults += check_wholes(workspace, checked.facts, beliefs)
    faults += faults_of(_expert_readings(workspace))
    return list(dict.fromkeys(faults))


def _usable(workspace: Path) -> Beliefs | None:
    """Return the beliefs, with the shipped defaults where the workspace's own are at fault."""
    try:
        return load_beliefs(workspace)
    except InputError:
        pass  # the readings of its tables meet it, and tell it
    try:
        shipped = load_beliefs(SHIPPED)
    except InputError:
        return None  # the shipped ones are those at fault, and no series can be read with them
    return replace(shipped, workspace=workspace, folder=series_folder(workspace))


def _family_readings(workspace: Path, beliefs: Beliefs | None) -> Iterator[Callable[[], object]]:
    """Yield the reading of every table of families.toml.

    Parameters
    ----------
    beliefs : lend the tables of wholes and groups what these share with the trend family
    """
    reader, _ = read_families(workspace)
    yield partial(read_quality_sd, reader)
    yield partial(reader.normal, "substitution.cap")
    for kind in KINDS:
        yield partial(read_trend_prior, reader, kind, {})
        yield partial(read_jump_prior, reader, kind)
    if beliefs is None:
        return
    yield partial(read_composition_prior, reader, beliefs.trend["share"])
    for kind in POOLED_KINDS:
        yield partial(read_pooled_prior, reader, kind, beliefs.trend[kind])


def _pool_readings(workspace: Path) -> Iterator[Callable[[], object]]:
    """Yield the reading of every table of pool.toml, and of whatever else a forecast meets."""
    reader, _ = open_table(belief_file(workspace, POOL_FILE))
    for kind in KINDS:
        yield partial(read_pool, reader, kind)
    yield partial(load_beliefs, workspace)


def _expert_readings(workspace: Path) -> Iterator[Callable[[], object]]:
    """Yield the reading of every table of experts.toml."""
    reader, _ = open_table(belief_file(workspace, EXPERTS_FILE))
    yield from expert_readings(reader)
    yield partial(load_experts, workspace)
