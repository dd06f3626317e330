"""Forecast several series, in this process or shared out to others.

Every series is forecast from its own facts and the one seed, so that the result does not depend
on who computes it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from forecaster.errors import InputError, UnreliableFit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future, ProcessPoolExecutor

    from forecaster.cli.request import Request, Subject
    from forecaster.errors import Fault
    from forecaster.forecasts.forecast import Forecast
    from forecaster.inference.report import FitReport
    from forecaster.pipeline import Settings
    from forecaster.workspace.beliefs import Beliefs

    Outcome = Forecast | UnreliableFit
    Parcel = tuple[Forecast | FitReport | tuple[Fault, ...], list[str]]


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
    forecast_one = partial(_forecast_one, beliefs=request.beliefs, settings=request.settings)
    if min(n_workers, len(request.subjects)) < 2:
        for subject in request.subjects:
            try:
                yield forecast_one(subject, announce=announce)
            except UnreliableFit as failure:
                yield failure
        return
    yield from _shared_out(request, n_workers=n_workers, announce=announce)


def _forecast_one(
    subject: Subject,
    *,
    beliefs: Beliefs,
    settings: Settings,
    announce: Callable[[str], None],
) -> Forecast:
    """Run the pipeline on one series."""
    from forecaster.pipeline import make_forecast

    return make_forecast(subject.facts, subject.series, beliefs, settings, announce=announce)


def _shared_out(
    request: Request, *, n_workers: int, announce: Callable[[str], None]
) -> Iterator[Outcome]:
    """Forecast in other processes; results come back in the order asked for."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # Processes are started afresh: a fork copies locks that threads of this process may hold.
    pool = ProcessPoolExecutor(
        max_workers=min(n_workers, len(request.subjects)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_leave_interrupts_to_the_parent,
    )
    pack = partial(_pack, beliefs=request.beliefs, settings=request.settings)
    try:
        parcels: list[Future[Parcel]] = [pool.submit(pack, s) for s in request.subjects]
        for subject, parcel in zip(request.subjects, parcels, strict=True):
            content, notes = parcel.result()
            for note in notes:
                announce(note)
            yield _unpack(content, subject)
    except BaseException:
        _end(pool)
        raise
    pool.shutdown()


def _pack(subject: Subject, *, beliefs: Beliefs, settings: Settings) -> Parcel:
    """Forecast one series in a worker; failures travel as their content, not as exceptions."""
    notes: list[str] = []
    try:
        made = _forecast_one(subject, beliefs=beliefs, settings=settings, announce=notes.append)
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


def _leave_interrupts_to_the_parent() -> None:
    """Keep Ctrl-C from printing a traceback in every worker; the parent ends them."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end(pool: ProcessPoolExecutor) -> None:
    """End the workers at once, their work unfinished."""
    import multiprocessing

    pool.shutdown(wait=False, cancel_futures=True)
    for worker in multiprocessing.active_children():
        worker.terminate()
