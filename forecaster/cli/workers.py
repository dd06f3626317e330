"""Forecast several series, in this process or shared out to others.

Every series is forecast from its own facts and the one seed, so that the result does not depend
on who computes it.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.errors import InputError, UnreliableFit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from forecaster.cli.request import Request, Subject
    from forecaster.errors import Fault
    from forecaster.forecasts.forecast import Forecast
    from forecaster.inference.report import FitReport
    from forecaster.pipeline import Run, Settings

    Outcome = Forecast | UnreliableFit
    Parcel = tuple[Forecast | FitReport | tuple[Fault, ...], list[str]]

_HAS_MASKS = os.name == "posix"


def forecast_each(
    request: Request, *, n_workers: int, announce: Callable[[str], None]
) -> Iterator[Outcome]:
    """Yield the forecast of each series, or why its fit is unreliable, in the order asked for.

    Parameters
    ----------
    n_workers : processes to share the series among; 1 stays in this one
    announce : takes the one-line statements of the pipeline, in the same order

    Raises
    ------
    InputError
        If the pipeline finds a fault of the input that the request did not show.
    """
    if min(n_workers, len(request.subjects)) < 2:
        forecast_one = _Forecaster(request.settings)
        for subject in request.subjects:
            try:
                yield forecast_one(subject, announce)
            except UnreliableFit as failure:
                yield failure
        return
    yield from _shared_out(request, n_workers=n_workers, announce=announce)


class _Forecaster:
    """Forecast subjects one after the other; those that share facts share a run."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._runs: dict[int, Run] = {}

    def __call__(self, subject: Subject, announce: Callable[[str], None]) -> Forecast:
        """Return the forecast of one subject."""
        run = self._runs.get(id(subject.facts))
        if run is None:
            run = self._runs[id(subject.facts)] = subject.run(self._settings, announce)
        run.announce = announce
        return run.forecast(subject.series)


def _shared_out(
    request: Request, *, n_workers: int, announce: Callable[[str], None]
) -> Iterator[Outcome]:
    """Forecast in other processes, each with its share of the series, in the order asked for.

    Each worker has a pipe of its own: no thread and no lock is left to wait for when the user
    interrupts.
    """
    owners = _owners(request, n_workers)
    n = max(owners) + 1
    workers: list[tuple[BaseProcess, Connection]] = []
    try:
        with _interrupts_held():
            workers.extend(_start(_share(request, owners, k)) for k in range(n))
        for owner, subject in zip(owners, request.subjects, strict=True):
            process, results = workers[owner]
            try:
                content, notes = results.recv()
            except EOFError as error:
                problem = f"the process that forecast '{subject.series}' was killed"
                fix = "run again with fewer --workers; memory may have run out"
                raise InputError(problem=problem, where="--workers", fix=fix) from error
            for note in notes:
                announce(note)
            yield _unpack(content, subject)
    finally:
        for process, results in workers:
            process.kill()
            process.join()
            results.close()


def _owners(request: Request, n_workers: int) -> list[int]:
    """Return which worker forecasts each subject; what is fitted together stays together."""
    from forecaster.workspace.families import joint_key

    numbers: dict[tuple[str, ...], int] = {}
    owners = []
    for subject in request.subjects:
        entry = subject.facts.entries.get(subject.series)
        is_single = entry is None or subject.series in subject.definitions
        key: tuple[str, ...] = (subject.series,)
        if not is_single and entry is not None:
            key = joint_key(entry, subject.beliefs, request.settings.model)
        owners.append(numbers.setdefault(key, len(numbers) % n_workers))
    return owners


def _share(request: Request, owners: Sequence[int], worker: int) -> Request:
    """Return the part of a request that one worker forecasts."""
    mine = [s for owner, s in zip(owners, request.subjects, strict=True) if owner == worker]
    return replace(request, subjects=tuple(mine))


def _start(share: Request) -> tuple[BaseProcess, Connection]:
    """Start a worker on its share of the series; return it with the pipe of its results."""
    import multiprocessing

    # Processes are started afresh: a fork copies locks that threads of this process may hold.
    context = multiprocessing.get_context("spawn")
    results, end = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(share, end), daemon=True)
    process.start()
    end.close()  # the worker's alone now, so that its death ends the pipe
    return process, results


def _work(share: Request, end: Connection) -> None:
    """Forecast a share of the series in a worker, and send each result when it is made."""
    import signal

    # Ctrl-C reaches every process of a terminal; the parent ends the workers
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    forecast_one = _Forecaster(share.settings)
    for subject in share.subjects:
        try:
            end.send(_pack(subject, forecast_one))
        except BrokenPipeError:
            return  # whoever asked is gone


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Keep Ctrl-C waiting, also in the processes started meanwhile: a start must not be torn.

    The mask is what new processes inherit; a handler is needed as well, because a signal that one
    thread holds off reaches another.
    """
    import signal
    import threading

    if _HAS_MASKS:
        from multiprocessing import resource_tracker

        # started with the first process otherwise, when it would let interrupts through again
        resource_tracker.ensure_running()
    if threading.current_thread() is not threading.main_thread():
        yield  # Python hands interrupts to the main thread alone
        return
    came: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, _frame: came.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if _HAS_MASKS else None
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    if came:
        raise KeyboardInterrupt


def _pack(subject: Subject, forecast_one: _Forecaster) -> Parcel:
    """Forecast one series in a worker; failures travel as their content, not as exceptions."""
    notes: list[str] = []
    try:
        made = forecast_one(subject, notes.append)
    except UnreliableFit as failure:
        return failure.report, notes
    except InputError as fault:
        return fault.faults, notes
    return made, notes


def _unpack(content: Forecast | FitReport | tuple[Fault, ...], subject: Subject) -> Outcome:
    """Make of a parcel's content what the same series would have given in this process."""
    from forecaster.errors import FaultyInput
    from forecaster.forecasts.forecast import Forecast

    if isinstance(content, Forecast):
        return content
    if isinstance(content, tuple):
        raise FaultyInput(content)
    return UnreliableFit(content, series=subject.series)
