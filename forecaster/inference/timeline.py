"""Lay out the order in which a filter meets windows and points in time.

A flow is read from a running integral of the level. Each window takes a *slot* of the state for
as long as it runs, and a free slot serves the next window, so that one slot does for one basis:

    time      2023          2024          2025
    slot 2    |--- 2023 ---||--- 2024 ---|          basis A, years
    slot 3    |-H1-|              |-H2-|            basis B, halves

Windows that must be known at the end (parts of a figure that is still to be published) keep a
slot of their own: their posterior then stands in the final state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.models.observations import Observations

    FloatArray = NDArray[np.float64]

LEVEL_STATE, SLOPE_STATE, FIRST_SLOT = 0, 1, 2
TIME_TOLERANCE = 1e-9
"""Edges closer than this, in years, are one edge."""


@frozen
class Read:
    """One observation: which state it reads, divided by the window's length."""

    observation: int
    state: int
    divisor: float


@frozen
class Event:
    """What happens at one time: first the state moves there, then it is read, then slots change.

    Attributes
    ----------
    duration : index into `Timeline.durations`, or -1 when no time passes
    running : slots that accumulate on the way here
    n_active : states in use on the way here and at this time
    reads, resets, copies : observations read, slots emptied, slots that keep the level as it is now
    """

    duration: int
    running: tuple[int, ...]
    n_active: int
    reads: tuple[Read, ...]
    resets: tuple[int, ...]
    copies: tuple[int, ...]


@frozen
class Timeline:
    """All events in order.

    Attributes
    ----------
    anchor : time of the first event, decimal years
    end : time of the last event
    durations : (n_unique,) distinct times between events, years
    n_states : level, slope and slots
    kept : slot of each kept window or point, in the order given
    kept_lengths : (n_kept,) window lengths; 1 for a point, so that dividing changes nothing
    kept_middles : (n_kept,) decimal years
    """

    anchor: float
    end: float
    durations: FloatArray
    events: tuple[Event, ...]
    n_states: int
    kept: tuple[int, ...]
    kept_lengths: FloatArray
    kept_middles: FloatArray


def lay_out(
    observations: Observations,
    *,
    kept: Sequence[tuple[float, float]] = (),
    end: float | None = None,
    anchor: float | None = None,
) -> Timeline:
    """Return the order of events for a set of observations.

    Parameters
    ----------
    observations : Observations
    kept : windows (start, end), or points (start == end), whose value the final state must hold
    end : where the filter stops; the last edge when None or earlier than that
    anchor : where the filter begins; the first edge when None or later than that
    """
    windows = [
        (float(start), float(stop))
        for start, stop in zip(observations.start, observations.end, strict=True)
    ]
    spans = [*windows, *kept]
    slots = _assign_slots(windows, kept)
    edges = [edge for span in spans for edge in span]
    edges += [time for time in (anchor, end) if time is not None]
    times = _distinct(edges)
    durations, index = np.unique(np.round(np.diff(times), 12), return_inverse=True)
    events = _Sequence(times, spans, slots, n_read=len(windows)).events([-1, *index.tolist()])
    return Timeline(
        anchor=float(times[0]),
        end=float(times[-1]),
        durations=durations,
        events=events,
        n_states=max([FIRST_SLOT, *(slot + 1 for slot in slots)]),
        kept=tuple(slots[len(windows) :]),
        kept_lengths=np.array([1.0 if _is_point(span) else span[1] - span[0] for span in kept]),
        kept_middles=np.array([(start + stop) / 2 for start, stop in kept]),
    )


class _Sequence:
    """Walk through the times and note what starts, runs and ends at each."""

    def __init__(
        self,
        times: FloatArray,
        spans: Sequence[tuple[float, float]],
        slots: Sequence[int],
        *,
        n_read: int,
    ) -> None:
        self._spans, self._slots, self._n_read = spans, slots, n_read
        self._starting: list[list[int]] = [[] for _ in times]
        self._ending: list[list[int]] = [[] for _ in times]
        bounds = np.searchsorted(times, np.array(spans).reshape(-1, 2) - TIME_TOLERANCE)
        for i, (start, stop) in enumerate(bounds.tolist()):
            self._ending[stop].append(i)
            if start < stop:
                self._starting[start].append(i)

    def events(self, durations: Sequence[int]) -> tuple[Event, ...]:
        """Return the events; `durations` holds the index of the time that passed before each."""
        running: list[int] = []
        n_active = FIRST_SLOT
        found = []
        for duration, ending, starting in zip(durations, self._ending, self._starting, strict=True):
            event = self._event(duration, running, ending, n_active)
            found.append(event)
            running = [i for i in running if i not in ending] + starting
            n_active = max([event.n_active, *(self._slots[i] + 1 for i in starting)])
        return tuple(found)

    def _event(
        self, duration: int, running: Sequence[int], ending: Sequence[int], n_active: int
    ) -> Event:
        """Return what happens at one time."""
        read = [i for i in ending if i < self._n_read]
        copies = [self._slots[i] for i in ending if i >= self._n_read and _is_point(self._spans[i])]
        return Event(
            duration=duration,
            running=tuple(self._slots[i] for i in running),
            n_active=max([n_active, *(slot + 1 for slot in copies)]),
            reads=tuple(_read(i, self._spans[i], self._slots[i]) for i in read),
            resets=tuple(self._slots[i] for i in read if not _is_point(self._spans[i])),
            copies=tuple(copies),
        )


def _same(a: float, b: float) -> bool:
    return abs(a - b) <= TIME_TOLERANCE


def _is_point(window: tuple[float, float]) -> bool:
    return _same(*window)


def _read(observation: int, window: tuple[float, float], slot: int) -> Read:
    """Return how an observation reads the state: the level itself, or its slot's average."""
    if _is_point(window):
        return Read(observation, LEVEL_STATE, 1.0)
    return Read(observation, slot, window[1] - window[0])


def _distinct(edges: Sequence[float]) -> FloatArray:
    """Return the edges in order, near ones once."""
    ordered = np.sort(np.array(edges, dtype=np.float64))
    keep = np.concatenate([[True], np.diff(ordered) > TIME_TOLERANCE])
    return np.asarray(ordered[keep])


def _assign_slots(
    windows: Sequence[tuple[float, float]], kept: Sequence[tuple[float, float]]
) -> list[int]:
    """Return a slot for each window and kept window; points of observations take none (0).

    Slots are numbered in the order in which they are first used, so that the states in use are
    always the first ones.
    """
    everything = [*windows, *kept]
    slots = [LEVEL_STATE] * len(everything)
    free: list[int] = []
    busy: list[tuple[float, int]] = []
    n_slots = FIRST_SLOT
    for i in sorted(range(len(everything)), key=lambda i: everything[i]):
        start, end = everything[i]
        is_kept = i >= len(windows)
        if not is_kept and _is_point(everything[i]):
            continue
        free += [slot for until, slot in busy if until <= start + TIME_TOLERANCE]
        busy = [(until, slot) for until, slot in busy if until > start + TIME_TOLERANCE]
        if free and not is_kept:
            slots[i] = free.pop()
        else:
            slots[i] = n_slots
            n_slots += 1
        if not is_kept:
            busy.append((end, slots[i]))
    return slots
