"""Start the program, and turn what went wrong into a message and an exit code."""

from __future__ import annotations

import errno
import gc
import os
import sys
from typing import TYPE_CHECKING

from forecaster.errors import ExitCode, InputError, UnreliableFit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""Sums split over threads are added in another order, and the last digits then depend on the
machine's load; the matrices here are small, so threads would only cost."""

FEW_COLLECTIONS = 200_000
"""New objects between searches for garbage; starting up makes many objects and no garbage, and
looking for it took a fifteenth of a forecast."""
FULL_DISK = (errno.ENOSPC, errno.EDQUOT)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments : what follows the program's name; None takes them from the process
    """
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    gc.set_threshold(FEW_COLLECTIONS)
    report_lost = sys.unraisablehook
    sys.unraisablehook = _repeat_lost_interrupts(report_lost)
    try:
        return _run(arguments)
    except (InputError, UnreliableFit) as fault:
        _tell(_printable(str(fault)))
        return ExitCode.INPUT if isinstance(fault, InputError) else ExitCode.UNRELIABLE
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except OSError as fault:
        return _tell_disk(fault)
    except Exception:  # noqa: BLE001  # the one place where any failure becomes an exit code
        _tell_bug()
        return ExitCode.BUG
    finally:
        sys.unraisablehook = report_lost


def _repeat_lost_interrupts(
    report_lost: Callable[[sys.UnraisableHookArgs], object],
) -> Callable[[sys.UnraisableHookArgs], object]:
    """Return a hook that sends Ctrl-C again where Python lost it.

    One that comes while a destructor or a weak reference's callback runs is not raised: the
    program would go on as if nothing had been typed.
    """

    def hook(lost: sys.UnraisableHookArgs) -> None:
        """Ask for another interrupt a moment later, once the destructor is over."""
        if lost.exc_type is not KeyboardInterrupt:
            report_lost(lost)
            return
        import _thread
        import threading

        again = threading.Timer(0.01, _thread.interrupt_main)
        again.daemon = True
        again.start()

    return hook


def _run(arguments: Sequence[str] | None) -> int:
    """Run the program without error handling."""
    from forecaster.cli.app import app
    from forecaster.cli.streams import finish_stdout, prepare_streams

    prepare_streams()
    try:
        app(args=arguments, prog_name="forecaster")
    except SystemExit as stop:
        # typer ends every run this way, with its own codes for usage (2) and interruption (130)
        finish_stdout()
        return stop.code if isinstance(stop.code, int) else ExitCode.DONE
    return ExitCode.DONE


def _tell_disk(fault: OSError) -> int:
    """Print that a disk is full, or that the failure is a bug."""
    if fault.errno not in FULL_DISK:
        _tell_bug()
        return ExitCode.BUG
    from forecaster.cli.streams import drop_stdout

    drop_stdout()
    where = fault.filename or "stdout"
    _tell(
        f"error: the result could not be written: {fault.strerror}\n"
        f"  where: {where}\n"
        "  fix:   free some space, or send the result elsewhere"
    )
    return ExitCode.INPUT


def _printable(message: str) -> str:
    """Return the message with control bytes of the user's own text written out."""
    from forecaster.output.plain import safe_text

    return "\n".join(safe_text(line) for line in message.split("\n"))


def _tell(message: str) -> None:
    """Print to stderr, if there is one."""
    if sys.stderr is not None:
        print(message, file=sys.stderr)


def _tell_bug() -> None:
    """Print the traceback, and say that the fault is ours."""
    import traceback

    _tell(traceback.format_exc().rstrip())
    _tell(
        "error: this is a bug in forecaster, not a fault of your input\n"
        "  fix:   report it with the command you typed and the lines above"
    )


if __name__ == "__main__":
    sys.exit(main())
