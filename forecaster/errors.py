"""Say what went wrong, where, and how to mend it.

ForecasterError
├── InputError         the user's input is wrong        exit 2
│   ├── FaultyInput    several faults found at once     exit 2
│   └── NotYetKnown    it was not known by the day      exit 2
└── UnreliableFit      a fit failed its certification   exit 3
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.inference.report import FitReport


class ExitCode(IntEnum):
    """What the process tells its caller."""

    DONE = 0
    BUG = 1
    INPUT = 2
    UNRELIABLE = 3
    INTERRUPTED = 130


@frozen
class Fault:
    """One thing wrong with the input: one sentence, the place, and an order that mends it."""

    problem: str
    where: str = ""
    fix: str = ""

    def __str__(self) -> str:
        lines = [f"error: {self.problem}"]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.fix:
            lines.append(f"  fix:   {self.fix}")
        return "\n".join(lines)


class ForecasterError(Exception):
    """Any failure that the program foresees."""


class InputError(ForecasterError):
    """The user's input or usage is wrong; `main` prints it and exits with 2."""

    def __init__(self, *, problem: str, where: str = "", fix: str = "") -> None:
        self.faults: tuple[Fault, ...] = (Fault(problem, where, fix),)
        super().__init__(problem)

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


class FaultyInput(InputError):  # noqa: N818  # it is an InputError already
    """Several faults, all reported at once."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        first = faults[0]
        super().__init__(problem=first.problem, where=first.where, fix=first.fix)
        self.faults = tuple(faults)


class NotYetKnown(InputError):  # noqa: N818  # it is an InputError already
    """Nothing was known of it by the as-of day; seen from a later one there is no fault."""


class UnreliableFit(ForecasterError):  # noqa: N818  # the design's name for a failed fit
    """A fit did not pass its certification; bands from it are not printed unless asked for.

    Attributes
    ----------
    report : FitReport
        The numbers that failed.
    """

    def __init__(self, report: FitReport, *, series: str) -> None:
        self.report = report
        self.series = series
        failed = "; ".join(report.failures)
        other = "" if report.engine == "nuts" else "try --engine nuts, "
        super().__init__(
            f"error: the fit of '{series}' is unreliable: {failed}\n"
            f"  where: engine {report.engine}, {report.n_points} points in parameter space\n"
            f"  fix:   {other}look at the history with 'forecaster show', "
            "or print it all the same with --allow-unreliable"
        )
