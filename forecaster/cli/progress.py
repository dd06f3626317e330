"""Show that a slow step is still running, to a person who watches."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from rich.status import Status

    from forecaster.cli.streams import Streams

PATIENCE_SECONDS = 1.0
"""A step shorter than this shows nothing: a line that flashes up only disturbs."""


class Progress:
    """A line with a spinner on stderr, once the step has taken a second.

    It appears only on a terminal, and not when told to be quiet; it is gone when the step ends.
    Notes printed meanwhile stand above it.
    """

    def __init__(self, streams: Streams, text: str) -> None:
        self._streams = streams
        self._text = text
        self._status: Status | None = None
        self._noted: set[str] = set()
        self._lock = threading.Lock()
        self._timer = threading.Timer(PATIENCE_SECONDS, self._show)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        if self._streams.is_terminal and not self._streams.is_quiet:
            self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            if self._status is not None:
                self._status.stop()

    def update(self, text: str) -> None:
        """Change the text, shown or not."""
        with self._lock:
            self._text = text
            if self._status is not None:
                self._status.update(text)

    def note(self, text: str) -> None:
        """Print a one-line statement once, above the spinner where there is one.

        Every fit of a run would say again that the cache cannot be written.
        """
        with self._lock:
            if text in self._noted:
                return
            self._noted.add(text)
            if self._status is None or self._streams.is_quiet:
                self._streams.note(text)
            else:
                self._status.console.print(text, markup=False, highlight=False)

    def _show(self) -> None:
        """Start the spinner; the timer's thread calls this."""
        from rich.console import Console
        from rich.status import Status

        with self._lock:
            # the step may have ended while the modules were imported
            if self._timer.finished.is_set():
                return
            console = Console(file=self._streams.stderr, markup=False, emoji=False)
            self._status = Status(self._text, console=console)
            self._status.start()
