"""Show one driver, scenario or question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.cli.list_beliefs import load_drivers, load_questions_of, load_scenarios_of
from forecaster.cli.request import find_folder, is_file_name
from forecaster.errors import InputError
from forecaster.workspace.faults import did_you_mean, quoted
from forecaster.workspace.folders import SERIES_FILE
from forecaster.workspace.ids import find_id

if TYPE_CHECKING:
    from datetime import date

    from forecaster.cli.streams import Streams

WORDS = ("driver", "scenario", "question")


def is_belief(name: str, workspace: str | None) -> bool:
    """Say whether a name may mean a driver, scenario or question: it is no series, formula or file.

    `driver:ID`, `scenario:ID` and `question:ID` always do.
    """
    from forecaster.workspace.formulas import is_formula
    from forecaster.workspace.reader import load_entries

    if name.partition(":")[0] in WORDS:
        return True
    if name == "-" or name.lower().endswith(".csv"):
        return False
    entries = load_entries(find_folder(workspace))
    return not (name in entries or is_file_name(name, entries) or is_formula(name, entries))


def show_belief(name: str, workspace: str | None, streams: Streams, *, as_of: date) -> None:
    """Print a driver, scenario or question.

    Raises
    ------
    InputError
        If there is none of that name, or there are both a driver and a scenario.
    """
    from forecaster.output.driver_screen import print_driver, print_scenario

    drivers = load_drivers(workspace)
    scenarios = {each.id: each for each in load_scenarios_of(workspace, drivers)}
    is_meant = name.partition(":")[0]
    if is_meant not in ("driver", "scenario"):
        questions = {each.id: each for each in load_questions_of(workspace, drivers)}
        wanted = name.removeprefix("question:")
        if wanted in questions:
            from forecaster.output.question_screen import print_question

            print_question(questions[wanted], streams.console())
            return
        if is_meant == "question" or name not in {*drivers.by_id, *scenarios}:
            raise _unknown(name, [*questions, *drivers.by_id, *scenarios], workspace)
    kind, found = find_id(name, drivers.by_id, scenarios, where="SERIES")
    if kind == "driver":
        print_driver(drivers.of(found), drivers, streams.console(), as_of=as_of)
    else:
        print_scenario(scenarios[found], streams.console())


def _unknown(name: str, others: list[str], workspace: str | None) -> InputError:
    """Say that nothing has a name; the nearest of all is offered."""
    from forecaster.workspace.reader import load_entries

    known = [*load_entries(find_folder(workspace)), *others]
    fix = did_you_mean(name, known) or "choose one that 'forecaster list' shows"
    return InputError(problem=f"there is no series {quoted(name)}", where=SERIES_FILE, fix=fix)
