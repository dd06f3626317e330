"""Bad input: each case of `bad_input.txt` gives its whole message, exit code 2, nothing else.

The file reads like a terminal: a command behind `$ forecaster`, then what it prints on stderr.
Its CSV files are those of tests/data; today is 2026-11-22.
"""

from __future__ import annotations

import errno
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from forecaster.inference.cache import (
    DRIVERS_SUFFIX,
    FINISHED_SUFFIX,
    SUFFIX,
    cache_files,
    cache_folder,
)

from .conftest import DATA, Ran

if TYPE_CHECKING:
    from collections.abc import Callable

PROMPT = "$ forecaster "
SERIES = "cn-ai-chip-domestic-share"
PRECIOUS = "what was there before\n"


def _cases() -> list[tuple[str, str]]:
    """Return (command line, expected stderr) of every case."""
    text = (Path(__file__).parent / "bad_input.txt").read_text(encoding="utf-8")
    cases = []
    for block in text.split(PROMPT)[1:]:
        command, _, message = block.partition("\n")
        cases.append((command, message.removesuffix("\n")))
    return cases


CASES = _cases()


@pytest.mark.parametrize(("command", "message"), CASES, ids=[command for command, _ in CASES])
def test_bad_input_is_told_in_whole_and_leaves_files_alone(
    command: str, message: str, run: Callable[..., Ran], data_file: Callable[[str], str]
) -> None:
    arguments = shlex.split(command)
    for argument in arguments:
        if (DATA / argument).is_file():
            data_file(argument)
    output = Path("out.csv")
    output.write_text(PRECIOUS, encoding="utf-8")
    if arguments[0] == "forecast" and not {"--csv", "--layout"} & set(arguments):
        arguments += ["--csv", "out.csv"]
    before = sorted(Path.cwd().iterdir())

    ran = run(*arguments)

    assert ran.stderr == message
    assert ran.code == 2
    assert ran.stdout == ""
    assert output.read_text(encoding="utf-8") == PRECIOUS
    assert sorted(Path.cwd().iterdir()) == before


def test_every_case_has_the_three_parts_of_an_error() -> None:
    assert len(CASES) > 70
    for command, message in CASES:
        assert message.startswith("error: "), command
        assert "\n  where: " in message, command
        assert "\n  fix:   " in message, command


@pytest.mark.parametrize(
    "name", ["good-annual.csv", "good-byte-order-mark.csv", "good-unsorted.csv", "good-one-row.csv"]
)
def test_odd_but_readable_files_are_forecast(
    name: str, run: Callable[..., Ran], data_file: Callable[[str], str]
) -> None:
    ran = run("forecast", data_file(name), "--kind", "positive", "--csv", "-", "--until", "2028")
    assert ran.code == 0, ran.stderr
    assert ran.stdout.splitlines()[-1].split(",")[4] == "2028"


def test_unsorted_lines_are_sorted_and_that_is_said(
    run: Callable[..., Ran], data_file: Callable[[str], str]
) -> None:
    ran = run("forecast", data_file("good-unsorted.csv"), "--kind", "positive")
    assert ran.code == 0
    assert ran.stdout.count("the lines were not in order of time; they were sorted") == 1


def test_a_hundred_thousand_rows_are_cut_to_the_last_five_hundred(run: Callable[..., Ran]) -> None:
    days = [f"{1700 + i // 336}-{i // 28 % 12 + 1:02d}-{i % 28 + 1:02d}" for i in range(100_000)]
    lines = [f"{day},{100 + i % 7}" for i, day in enumerate(days)]
    Path("long.csv").write_text("\n".join(["period,value", *lines, ""]), encoding="utf-8")
    ran = run("forecast", "long.csv", "--kind", "positive", "--until", "2027")
    assert ran.code == 0, ran.stderr
    assert ran.stdout.replace("\n", " ").count("only the last 500 of 100000 periods are used") == 1


@pytest.mark.parametrize("suffix", [SUFFIX, FINISHED_SUFFIX, DRIVERS_SUFFIX])
def test_a_corrupt_cache_file_is_rebuilt_with_one_line(
    suffix: str, run: Callable[..., Ran]
) -> None:
    first = run("forecast", SERIES, "--csv", "-")
    for other in list(cache_files(cache_folder())):
        if other.suffix == FINISHED_SUFFIX != suffix:
            other.unlink()
    (path,) = (path for path in cache_files(cache_folder()) if path.suffix == suffix)
    good = path.read_bytes()
    path.write_bytes(good[:-8] + b"\0" * 8)
    second = run("forecast", SERIES, "--csv", "-")
    assert first.stderr == ""
    assert second.stderr.count("\n") == 1
    assert str(path) in second.stderr
    assert "it is rebuilt" in second.stderr
    assert second.code == 0
    assert second.stdout == first.stdout
    assert path.read_bytes() == good


def test_a_full_cache_disk_costs_the_cache_and_not_the_forecast(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> tuple[int, str]:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    ran = run("forecast", SERIES, "--csv", "-")
    assert ran.code == 0
    assert ran.stderr.count("\n") == 1
    assert "was not kept in the cache" in ran.stderr
    assert ran.stdout.startswith("series,scenario,as_of")


def test_a_cache_folder_that_is_a_file_costs_the_cache_and_not_the_forecast(
    run: Callable[..., Ran],
) -> None:
    folder = cache_folder()
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way", encoding="utf-8")
    ran = run("forecast", SERIES, "--csv", "-")
    assert ran.code == 0
    assert ran.stdout.startswith("series,scenario,as_of")
    assert ran.stderr == (
        f"the fit was not kept in the cache {folder} (File exists): until that folder can be "
        "written, every run fits anew\n"
    )


def test_inputs_are_checked_before_anything_is_fitted(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("fitted before all inputs were checked")

    monkeypatch.setattr("forecaster.pipeline.Run.forecast", refuse)
    ran = run("forecast", SERIES, "hyperscaler-big4-capx")
    assert ran.code == 2
    assert "did you mean 'hyperscaler-big4-capex'" in ran.stderr


def test_a_disk_that_fills_while_the_csv_is_written_leaves_the_old_file(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    output = Path("out.csv")
    output.write_text(PRECIOUS, encoding="utf-8")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("forecaster.output.atomic.os.fsync", refuse)
    ran = run("forecast", SERIES, "--csv", "out.csv")
    assert ran.code == 2
    assert "the disk is full" in ran.stderr
    assert output.read_text(encoding="utf-8") == PRECIOUS
    assert [path.name for path in Path.cwd().iterdir()] == ["out.csv"]
