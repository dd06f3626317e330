"""List drivers, scenarios and questions of a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecaster.cli.request import find_folder

if TYPE_CHECKING:
    from forecaster.cli.streams import Streams
    from forecaster.workspace.driver_types import Driver, DriverBeliefs, End, Start
    from forecaster.workspace.question_types import Question
    from forecaster.workspace.scenario_beliefs import Scenario


def load_drivers(workspace: str | None) -> DriverBeliefs:
    """Return the drivers of a workspace.

    Raises
    ------
    InputError
        If the workspace or the file is at fault.
    """
    from forecaster.workspace.driver_beliefs import load_driver_beliefs
    from forecaster.workspace.reader import load_entries

    folder = find_folder(workspace)
    return load_driver_beliefs(folder, load_entries(folder))


def load_scenarios_of(workspace: str | None, drivers: DriverBeliefs) -> tuple[Scenario, ...]:
    """Return the scenarios of a workspace; errors as for `load_drivers`."""
    from forecaster.workspace.scenario_beliefs import load_scenarios

    return load_scenarios(find_folder(workspace), drivers)


def load_questions_of(workspace: str | None, drivers: DriverBeliefs) -> tuple[Question, ...]:
    """Return the questions of a workspace; errors as for `load_drivers`."""
    from forecaster.workspace.question_bank import load_questions
    from forecaster.workspace.reader import load_entries

    folder = find_folder(workspace)
    return load_questions(folder, load_entries(folder), drivers)


def list_drivers(workspace: str | None, streams: Streams, *, is_json: bool) -> None:
    """Print the drivers."""
    from forecaster.output.driver_screen import print_drivers

    beliefs = load_drivers(workspace)
    if is_json:
        streams.write_json([driver_record(driver) for driver in beliefs.drivers])
    else:
        print_drivers(beliefs.drivers, streams.console(), as_of=streams.today)


def list_scenarios(workspace: str | None, streams: Streams, *, is_json: bool) -> None:
    """Print the scenarios."""
    from forecaster.output.driver_screen import print_scenarios

    scenarios = load_scenarios_of(workspace, load_drivers(workspace))
    if is_json:
        streams.write_json([scenario_record(scenario) for scenario in scenarios])
    else:
        print_scenarios(scenarios, streams.console())


def list_questions(workspace: str | None, streams: Streams, *, is_json: bool) -> None:
    """Print the questions."""
    questions = load_questions_of(workspace, load_drivers(workspace))
    if is_json:
        from forecaster.output.question_record import question_record

        streams.write_json([question_record(question) for question in questions])
    else:
        from forecaster.output.question_screen import print_questions

        print_questions(questions, streams.console())


def driver_record(driver: Driver) -> dict[str, Any]:
    """Return a driver as plain numbers and texts.

    Keys: `id`, `title`, `summary`, `actors`, `group`, `kind`, `assessed_on`,
    `on_when_assessed`, `is_judgement`, `start` and `end` (null where there is none; 10 and 90%
    quantiles as `low` and `high`), `series` (that it moves), `source`, `essays`.
    """
    words = ("id", "title", "summary", "group", "kind", "source")
    return {
        **{name: getattr(driver, name) for name in words},
        "actors": list(driver.actors),
        "assessed_on": driver.assessed_on.isoformat(),
        "on_when_assessed": driver.is_on,
        "is_judgement": driver.is_judgement,
        "start": None if driver.start is None else _start_record(driver.start),
        "end": None if driver.end is None else _end_record(driver.end),
        "series": list(dict.fromkeys(effect.series for effect in driver.effects)),
        "essays": list(driver.essays),
    }


def _start_record(start: Start) -> dict[str, Any]:
    """Return the chance of a start: by a day, or of being in force on it."""
    stated = start.probability
    by = start.by.isoformat()
    return {"low": stated.low, "high": stated.high, "by": by, "is_in_force": start.is_in_force}


def _end_record(end: End) -> dict[str, Any]:
    """Return the chance of an end."""
    stated = end.probability
    return {"low": stated.low, "high": stated.high, "within_quarters": end.within_quarters}


def scenario_record(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario as plain numbers and texts.

    Keys: `id`, `title`, `narrative`, `by`, `exclusive`, `on` (driver -> date, null where it is
    drawn), `off`, `probability` (driver -> `low`, `high`), `evidence`, `essays`.
    """
    return {
        "id": scenario.id,
        "title": scenario.title,
        "narrative": scenario.narrative,
        "by": scenario.by.isoformat(),
        "exclusive": scenario.is_exclusive,
        "on": {each.driver: str(each.start) if each.start else None for each in scenario.on},
        "off": list(scenario.off),
        "probability": {
            name: {"low": stated.low, "high": stated.high}
            for name, stated in scenario.probability.items()
        },
        "evidence": scenario.evidence,
        "essays": list(scenario.essays),
    }
