"""Hold the world outside a command: its streams, its terminal and today's date.

Commands get it from `open_streams`, which tests replace.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from datetime import date
from typing import TYPE_CHECKING, BinaryIO, TextIO

from forecaster.records import frozen

if TYPE_CHECKING:
    from rich.console import Console


@frozen
class Streams:
    """The outside world of one command.

    Attributes
    ----------
    stdout : the result and nothing else
    stderr : notes, progress and errors
    is_terminal : whether a person watches stderr
    is_quiet : whether notes and progress are left out
    today : the day on which the command runs
    """

    stdin: BinaryIO
    stdout: TextIO
    stderr: TextIO
    is_terminal: bool
    is_quiet: bool
    today: date

    def console(self) -> Console:
        """Return the screen that results are printed on."""
        return _screen(self.stdout)

    def print(self, text: str) -> None:
        """Print a line of the result."""
        print(text, file=self.stdout)

    def note(self, text: str) -> None:
        """Print a one-line statement on stderr, unless told to be quiet."""
        if not self.is_quiet:
            print(text, file=self.stderr)

    def complain(self, text: str) -> None:
        """Print an error on stderr, quiet or not."""
        print(text, file=self.stderr)

    def data(self) -> TextIO:
        """Return stdout for data: UTF-8 with bare line feeds, whatever the terminal's encoding."""
        if isinstance(self.stdout, io.TextIOWrapper):
            self.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
        return self.stdout

    def write_json(self, record: object) -> None:
        """Write a record to stdout; same errors as `json_text`."""
        self.data().write(json_text(record) + "\n")


def json_text(record: object) -> str:
    """Return a record as JSON text, which knows no NaN and no infinity.

    Raises
    ------
    ValueError
        If the record holds one.
    """
    import json

    return json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False)


def open_streams(*, is_quiet: bool = False) -> Streams:
    """Return the streams of this process."""
    stdin = getattr(sys.stdin, "buffer", None) or io.BytesIO()
    return Streams(
        stdin=stdin,
        stdout=sys.stdout,
        stderr=sys.stderr,
        is_terminal=sys.stderr.isatty(),
        is_quiet=is_quiet,
        today=read_clock(),
    )


def read_clock() -> date:
    """Return today's date; the only place where the command line asks for it."""
    return date.today()


def prepare_streams() -> None:
    """Make stdout and stderr safe to print on.

    A stream that the shell has closed (`>&-`) is None: what goes there is dropped.  A terminal
    that lacks a letter gets a question mark for it rather than a traceback.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace" if name == "stdout" else "backslashreplace")


def finish_stdout() -> None:
    """Write out what is still buffered, while a failure can still be told.

    A reader that has seen enough, as in `| head`, is no failure.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        drop_stdout()


def drop_stdout() -> None:
    """Point stdout at nothing, so that flushing it at exit cannot fail a second time."""
    with contextlib.suppress(io.UnsupportedOperation):  # a stream kept in memory has no number
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _screen(stream: TextIO) -> Console:
    """Return a rich console that lets a broken pipe through to its one handler."""
    from rich.console import Console

    class Screen(Console):
        def on_broken_pipe(self) -> None:
            """Raise again: rich would end the process with exit code 1, which means a bug here."""
            raise  # rich calls this from its except clause

    return Screen(file=stream, highlight=False, emoji=False, markup=False)
