"""Check every file of a workspace against its schema and the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.workspace.faults import FaultList
from forecaster.workspace.statements import check_statements
from forecaster.workspace.validate_beliefs import check_beliefs
from forecaster.workspace.validate_facts import check_facts
from forecaster.workspace.validate_worlds import check_worlds

if TYPE_CHECKING:
    from pathlib import Path

    from forecaster.errors import Fault


def validate_workspace(workspace: Path) -> list[Fault]:
    """Return every fault of the facts, statements and beliefs of a workspace, with its place.

    Of a table of beliefs the first fault is told; of all tables at once. Of drivers, scenarios and
    questions all faults are.

    Raises
    ------
    InputError
        If `series.csv` or `sources.csv` cannot be read at all, for every rule needs them.
    """
    faults = FaultList()
    checked = check_facts(workspace, faults)
    entries = checked.facts.entries
    check_statements(workspace, entries, checked.sources, faults, listed=checked.lines)
    found = [
        *faults.faults(),
        *check_worlds(workspace, entries),
        *check_beliefs(workspace, checked),
    ]
    return list(dict.fromkeys(found))
