"""The documentation: every command has help and a place in the README, and what it shows runs."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer

from forecaster.__main__ import main
from forecaster.cli.app import Commands

README = Path(__file__).parent.parent / "README.md"
SUMMARIES = Commands.summaries
IS_WRITTEN = "```console" in README.read_text(encoding="utf-8")
"""The README begins as a bare title; from its first console block on, all of it is checked."""

needs_readme = pytest.mark.skipif(not IS_WRITTEN, reason="the README is not written yet")


def _commands() -> dict[str, Any]:
    """Return every command that does something, by its full name."""
    found: dict[str, Any] = {}
    for name in SUMMARIES:
        command = typer.main.get_command(import_module(f"forecaster.cli.{name}").app)
        for inner, subcommand in getattr(command, "commands", {"": command}).items():
            found[f"{name} {inner}".strip()] = subcommand
    return found


COMMANDS = _commands()


def _blocks(language: str) -> list[str]:
    """Return the fenced blocks of the README in one language."""
    text = README.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def _shown_commands() -> list[str]:
    """Return what the README types after a prompt, but for the set-up."""
    lines = [
        line.removeprefix("$ ")
        for block in _blocks("console")
        for line in block.replace("\\\n", " ").splitlines()
        if line.startswith("$ ")
    ]
    return [line for line in lines if re.search(r"(^|\| *)forecaster ", line)]


def _run_in_shell(command: str) -> subprocess.CompletedProcess[str]:
    """Run a line as a reader would who has just set the program up."""
    folder = Path(sys.executable).parent
    return subprocess.run(
        ["bash", "-c", f'set -o pipefail; PATH="{folder}:$PATH"; {command}'],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_flag_has_help(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    for param in command.params:
        assert param.help, f"{name} {param.name}"


@pytest.mark.parametrize("name", SUMMARIES)
def test_summaries_are_the_first_line_of_the_help(name: str) -> None:
    module = import_module(f"forecaster.cli.{name}")
    command = typer.main.get_command(module.app)
    assert inspect.cleandoc(command.help or "").splitlines()[0] == SUMMARIES[name]


@pytest.mark.parametrize("name", ["", *SUMMARIES, *COMMANDS])
def test_help_screens_print(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*name.split(), "--help"]) == 0
    assert "Usage: forecaster" in capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
def test_the_example_in_the_help_of_a_command_runs(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = re.findall(r"^forecaster (.*)$", inspect.cleandoc(COMMANDS[name].help), re.M)
    assert example.startswith(name)
    assert main(example.split()) == 0, capsys.readouterr().err


@needs_readme
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name: str) -> None:
    assert f"forecaster {name}" in README.read_text(encoding="utf-8")


@needs_readme
@pytest.mark.parametrize("command", _shown_commands() if IS_WRITTEN else [])
def test_commands_of_the_readme_run(command: str) -> None:
    ran = _run_in_shell(command)
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr


@needs_readme
@pytest.mark.parametrize("code", _blocks("python") if IS_WRITTEN else [])
def test_python_of_the_readme_runs(code: str) -> None:
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_the_docstring_of_the_package_runs() -> None:
    import forecaster

    lines = re.findall(r"^ *>>> (.*)$", forecaster.__doc__ or "", flags=re.MULTILINE)
    assert len(lines) >= 5
    ran = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
