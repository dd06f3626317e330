"""Exit codes, and what a user sees of failures that are not about input."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import forecaster
from forecaster import pipeline
from forecaster.__main__ import ONE_THREAD

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Ran

SERIES = "cn-ai-chip-domestic-share"
PROGRAM = [sys.executable, "-m", "forecaster"]


def _raise(fault: BaseException) -> Callable[..., Any]:
    """Return a function that raises."""

    def fail(*_: object, **__: object) -> Any:
        raise fault

    return fail


def test_version(run: Callable[..., Ran]) -> None:
    assert run("--version").stdout == f"forecaster {forecaster.__version__}\n"


def test_a_mistyped_command_is_offered_the_nearest(run: Callable[..., Ran]) -> None:
    ran = run("forcast", SERIES)
    assert ran.code == 2
    assert "No such command 'forcast'. Did you mean 'forecast'?" in ran.stderr
    assert ran.stdout == ""


def test_our_own_bug_shows_the_traceback_and_ends_with_1(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline.Run, "forecast", _raise(ZeroDivisionError("by zero")))
    ran = run("forecast", SERIES)
    assert ran.code == 1
    assert ran.stderr.startswith("Traceback (most recent call last):\n")
    assert ran.stderr.endswith(
        "ZeroDivisionError: by zero\n"
        "error: this is a bug in forecaster, not a fault of your input\n"
        "  fix:   report it with the command you typed and the lines above\n"
    )


def test_interruption_ends_with_130_and_says_nothing(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline.Run, "forecast", _raise(KeyboardInterrupt()))
    ran = run("forecast", SERIES)
    assert ran.code == 130
    assert ran.stdout == ""
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("more", [[], ["--workers", "2"]])
def test_ctrl_c_ends_a_running_fit_quickly(more: list[str]) -> None:
    names = [SERIES, "hyperscaler-big4-capex"]
    # the line says that Python is up, however busy the machine: before that no program can answer
    program = "from forecaster.__main__ import main; print(flush=True); raise SystemExit(main())"
    wanted = ["forecast", *names, "--engine", "brute-force", "--no-cache", *more]
    command = [sys.executable, "-c", program, *wanted]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.2)
    if process.poll() is not None:
        pytest.skip("the fit was over before it could be interrupted")
    process.send_signal(signal.SIGINT)
    before = time.monotonic()
    stdout, stderr = process.communicate(timeout=30)
    assert time.monotonic() - before < 5.0
    assert process.returncode == 130
    assert stdout == ""
    assert stderr == ""


def test_control_bytes_of_the_user_are_printed_and_not_obeyed(run: Callable[..., Ran]) -> None:
    ran = run("forecast", "evil\x1b[31m.csv", "--kind", "positive")
    assert ran.code == 2
    assert "\x1b" not in ran.stderr
    assert r"evil\x1b[31m.csv" in ran.stderr


@pytest.mark.parametrize("command", ["list", "list models", f"forecast {SERIES}"])
def test_a_reader_that_leaves_early_is_no_fault(command: str) -> None:
    ran = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m forecaster {command} | true; echo ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "0\n"
    assert ran.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_stdout_is_told() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ran = subprocess.run(
            [*PROGRAM, "forecast", SERIES, "--csv", "-"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ran.returncode == 2
    assert ran.stderr == (
        "error: the result could not be written: No space left on device\n"
        "  where: stdout\n"
        "  fix:   free some space, or send the result elsewhere\n"
    )


def test_closed_streams_are_no_fault() -> None:
    ran = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m forecaster list models >&- 2>&- <&-"], check=False
    )
    assert ran.returncode == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "gbk"])
def test_a_terminal_without_our_letters_gets_the_result_all_the_same(encoding: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    ran = subprocess.run(
        [*PROGRAM, "reach", SERIES, "40%"], capture_output=True, env=environment, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert b"Already passed" in ran.stdout


def test_data_on_stdout_is_utf_8_whatever_the_terminal() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    ran = subprocess.run(
        [*PROGRAM, "forecast", "-", "--kind", "positive", "--csv", "-"],
        input="period,value,unit\n2024,1,百万元\n2025,2,百万元\n".encode(),
        capture_output=True,
        env=environment,
        check=True,
    )
    assert "百万元\n".encode() in ran.stdout
    assert b"\r" not in ran.stdout


def test_numbers_are_computed_on_one_thread_unless_told_otherwise(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ONE_THREAD:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    run("--version")
    assert [os.environ[name] for name in ONE_THREAD] == ["1", "3", "1"]


def test_an_interrupt_that_python_loses_is_sent_again(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Lost:
        """Python does not raise what a destructor raises."""

        def __del__(self) -> None:
            raise KeyboardInterrupt

    def forecast(*_: object, **__: object) -> None:
        Lost()
        until = time.monotonic() + 5.0
        while time.monotonic() < until:  # at work, as a fit is; nothing wakes a sleeping one
            pass

    monkeypatch.setattr(pipeline.Run, "forecast", forecast)
    before = time.monotonic()
    ran = run("forecast", SERIES)
    assert time.monotonic() - before < 4.0
    assert ran.code == 130
    assert ran.stderr == ""
