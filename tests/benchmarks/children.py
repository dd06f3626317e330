"""Run commands as child processes and take their time and peak memory from the system.

Only the standard library is imported: a child's peak memory cannot read below that of the process
that started it, so this one has to stay small.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# ru_maxrss counts kilobytes on Linux, bytes on macOS
BYTES_PER_MAXRSS = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Usage:
    """What one child used: seconds on the clock, of processor time, and peak bytes."""

    wall: float
    cpu: float
    peak: int
    stdout: str


class Failed(RuntimeError):
    """A child ended with an error; the message is what it said."""


def run_child(command: list[str], environment: dict[str, str] | None = None) -> Usage:
    """Run a command to its end.

    Raises
    ------
    Failed
        If its exit code is not 0.
    """
    # what it prints goes to files, so that reading it costs this process no time in between
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=clean_environment() | (environment or {}),
        )
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)  # reaped here, not by subprocess
        out.seek(0)
        err.seek(0)
        if child.returncode:
            said = err.read().decode(errors="replace").strip()
            raise Failed(said.splitlines()[-1] if said else f"exit code {child.returncode}")
        return Usage(
            wall=wall,
            cpu=used.ru_utime + used.ru_stime,
            peak=used.ru_maxrss * BYTES_PER_MAXRSS,
            stdout=out.read().decode(),
        )


def clean_environment() -> dict[str, str]:
    """Return the environment without what would slow or colour one side of a comparison."""
    unwanted = ("PYTHONDONTWRITEBYTECODE", "PYTHONPROFILEIMPORTTIME", "FORCECOLOR", "COLUMNS")
    return {name: value for name, value in os.environ.items() if name not in unwanted}


@dataclass(frozen=True, slots=True)
class Timed:
    """The runs of one command, in order."""

    runs: tuple[Usage, ...]

    @property
    def wall(self) -> float:
        """Median seconds on the clock."""
        return median(run.wall for run in self.runs)

    @property
    def cpu(self) -> float:
        """Median seconds of processor time."""
        return median(run.cpu for run in self.runs)

    @property
    def peak(self) -> int:
        """Largest peak, bytes."""
        return max(run.peak for run in self.runs)

    def over(self, other: Timed) -> tuple[float, float]:
        """Return the medians of the ratios of paired runs: by the clock, by processor time."""
        pairs = list(zip(self.runs, other.runs, strict=True))
        return (
            median(own.wall / its.wall for own, its in pairs),
            median(own.cpu / its.cpu for own, its in pairs),
        )


def run_in_turn(commands: dict[str, list[str]], *, rounds: int, scratch: Path) -> dict[str, Timed]:
    """Run every command once a round, after a round that is not counted.

    Every run gets an empty cache of its own, except those whose name begins with 'cached'.
    """
    runs: dict[str, list[Usage]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            shared = "kept" if name.startswith("cached") else f"{number}-{name}"
            used = run_child(command, {"XDG_CACHE_HOME": str(scratch / shared.replace(" ", "-"))})
            if number:
                runs[name].append(used)
    return {name: Timed(tuple(found)) for name, found in runs.items()}
