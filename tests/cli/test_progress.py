"""The spinner: late, only on a terminal, gone at the end."""

from __future__ import annotations

import io
import time
from dataclasses import replace

import pytest

from forecaster.cli import progress
from forecaster.cli.progress import Progress
from forecaster.cli.streams import Streams, open_streams


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Streams:
    """Streams of a person at a terminal, whose patience is short."""
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 0.02)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    return replace(open_streams(), stderr=io.StringIO(), is_terminal=True)


def _told(streams: Streams) -> str:
    """Return what was written to stderr."""
    assert isinstance(streams.stderr, io.StringIO)
    return streams.stderr.getvalue()


def test_slow_step_is_shown_and_then_wiped_away(terminal: Streams) -> None:
    with Progress(terminal, "fitting a") as shown:
        time.sleep(0.4)
        shown.update("fitting b")
        shown.note("b: more points were needed")
        time.sleep(0.2)
    assert "fitting a" in _told(terminal)
    assert "fitting b" in _told(terminal)
    assert "b: more points were needed\n" in _told(terminal)
    assert _told(terminal).endswith("\x1b[?25h\r\x1b[1A\x1b[2K")  # cursor back, line wiped


def test_quick_step_shows_nothing(terminal: Streams) -> None:
    with Progress(terminal, "fitting"):
        pass
    time.sleep(0.1)
    assert _told(terminal) == ""


@pytest.mark.parametrize("other", [{"is_terminal": False}, {"is_quiet": True}])
def test_nobody_watching_or_quiet_shows_nothing(other: dict[str, bool], terminal: Streams) -> None:
    with Progress(replace(terminal, **other), "fitting"):
        time.sleep(0.1)
    assert _told(terminal) == ""


def test_notes_are_told_to_files_but_not_when_quiet(terminal: Streams) -> None:
    for is_quiet in (False, True):
        with Progress(replace(terminal, is_terminal=False, is_quiet=is_quiet), "fitting") as shown:
            shown.note("more points were needed")
    assert _told(terminal) == "more points were needed\n"


def test_an_error_ends_the_spinner(terminal: Streams) -> None:
    def fail() -> None:
        with Progress(terminal, "fitting"):
            time.sleep(0.3)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    told = _told(terminal)
    time.sleep(0.2)
    assert _told(terminal) == told


def test_the_same_note_is_printed_once(terminal: Streams) -> None:
    with Progress(terminal, "fitting") as shown:
        for text in ("no cache", "no cache", "more points", "no cache"):
            shown.note(text)
    assert _told(terminal) == "no cache\nmore points\n"
