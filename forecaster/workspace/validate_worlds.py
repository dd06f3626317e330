"""Check drivers, scenarios and questions, which rest on one another."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.workspace.belief_tables import faults_of
from forecaster.workspace.driver_beliefs import read_driver_beliefs
from forecaster.workspace.question_bank import load_questions
from forecaster.workspace.scenario_beliefs import load_scenarios

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from forecaster.errors import Fault
    from forecaster.workspace.facts import SeriesEntry


def check_worlds(workspace: Path, entries: Mapping[str, SeriesEntry]) -> list[Fault]:
    """Return every fault of the three files, each once.

    Scenarios and questions may name drivers that have faults of their own; where the file of
    drivers cannot be read at all, what names them cannot be checked.
    """
    try:
        drivers, faults = read_driver_beliefs(workspace, entries)
    except InputError as error:
        return list(error.faults)
    readings: list[Callable[[], object]] = [
        partial(load_scenarios, workspace, drivers),
        partial(load_questions, workspace, entries, drivers),
    ]
    return list(dict.fromkeys([*faults, *faults_of(readings)]))
