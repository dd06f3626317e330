"""Drivers, scenarios and questions are checked together, and every fault is told once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from small_drivers import DRIVERS, changed, write_drivers, write_prior

from forecaster.workspace.validate import validate_workspace

if TYPE_CHECKING:
    from pathlib import Path

SCENARIO = '[[scenario]]\nid = "deal"\ntitle = "A deal"\nnarrative = "They agree."\non = ["{}"]\n'
QUESTION = (
    '[[question]]\nid = "q1"\ntitle = "Will it?"\ntype = "driver"\ndriver = "{}"\n'
    'asks_for = "started"\nuntil = 2028-12-31\nresolves_by = "IDC"\nresolves_on = 2029-01-31\n'
    'reason = "As it says."\n'
)


def _problems(workspace: Path) -> list[str]:
    """Return the problems that validation finds in the three files."""
    faults = validate_workspace(workspace)
    return [fault.problem for fault in faults if "priors" in fault.where]


def test_files_without_faults_have_none(workspace: Path):
    write_drivers(workspace)
    write_prior(workspace, "scenarios.toml", SCENARIO.format("deal"))
    write_prior(workspace, "questions.toml", QUESTION.format("ban"))
    assert _problems(workspace) == []


def test_faults_of_all_three_files_are_told_at_once(workspace: Path):
    write_drivers(workspace, changed(DRIVERS, '"cn-share"', '"cn-shar"'))
    write_prior(workspace, "scenarios.toml", SCENARIO.format("dael"))
    write_prior(workspace, "questions.toml", QUESTION.format("bann"))
    assert _problems(workspace) == [
        "there is no series 'cn-shar'",
        "there is no driver 'dael'",
        "there is no driver 'bann'",
    ]


def test_what_names_a_driver_with_faults_is_not_at_fault_itself(workspace: Path):
    write_drivers(workspace, changed(DRIVERS, '"cn-share"', '"cn-shar"'))
    write_prior(workspace, "scenarios.toml", SCENARIO.format("ban"))
    write_prior(workspace, "questions.toml", QUESTION.format("ban"))
    assert _problems(workspace) == ["there is no series 'cn-shar'"]


def test_a_file_of_drivers_that_is_no_toml_is_told_alone(workspace: Path):
    write_drivers(workspace, "[[driver")
    write_prior(workspace, "scenarios.toml", SCENARIO.format("ban"))
    (problem,) = _problems(workspace)
    assert problem.startswith("the priors cannot be read")
