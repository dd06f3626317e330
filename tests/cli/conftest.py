"""Run the program as a user would, inside the test's own process."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from forecaster.__main__ import main
from forecaster.cli import streams

TODAY = date(2026, 11, 22)
DATA = Path(__file__).parent.parent / "data"

Run = Callable[..., "Ran"]


@dataclass(frozen=True)
class Ran:
    """What a run gave."""

    code: int
    stdout: str
    stderr: str


@pytest.fixture(autouse=True)
def _fixed_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every command run on one day."""
    monkeypatch.setattr(streams, "read_clock", lambda: TODAY)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs `forecaster ARGUMENTS` and returns code, stdout and stderr."""

    def run_main(*arguments: str, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        code = main(arguments)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run_main


@pytest.fixture
def data_file() -> Callable[[str], str]:
    """Return a function that copies a file of tests/data here and returns its name."""

    def copy(name: str) -> str:
        shutil.copy(DATA / name, name)
        return name

    return copy
