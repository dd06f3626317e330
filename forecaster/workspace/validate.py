"""Check every file of a workspace against its schema and the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.workspace.driver_blocks import DRIVERS_FILE
from forecaster.workspace.drivers import load_interventions
from forecaster.workspace.faults import FaultList
from forecaster.workspace.statements import check_statements
from forecaster.workspace.validate_beliefs import check_beliefs
from forecaster.workspace.validate_facts import check_facts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from forecaster.errors import Fault
    from forecaster.workspace.facts import SeriesEntry


def validate_workspace(workspace: Path) -> list[Fault]:
    """Return every fault of the facts, statements and beliefs of a workspace, with its place.

    Of a table of beliefs the first fault is told; of all tables at once.

    Raises
    ------
    InputError
        If `series.csv` or `sources.csv` cannot be read at all, for every rule needs them.
    """
    faults = FaultList()
    checked = check_facts(workspace, faults)
    entries = checked.facts.entries
    check_statements(workspace, entries, checked.sources, faults, listed=checked.lines)
    _check_drivers(workspace, entries, faults)
    found = [*faults.faults(), *check_beliefs(workspace, checked)]
    return list(dict.fromkeys(found))


def _check_drivers(workspace: Path, entries: Mapping[str, SeriesEntry], faults: FaultList) -> None:
    """Check the drivers that have happened."""
    try:
        load_interventions(workspace, entries)
    except InputError as error:
        faults.extend(error.faults, file=DRIVERS_FILE)
