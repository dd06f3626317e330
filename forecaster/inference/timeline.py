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

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.models.observations import Observations

    FloatArray = NDArray[np.float64]

LEVEL_STATE, SLOPE_STATE, FIRST_SLOT = 0, 1, 2
TIME_TOLERANCE = 1e-9
"""Edges closer than this, in years, are one edge."""


@dataclass(frozen=True, slots=True)
class Read:
    """One observation: which state it reads, divided by the window's length."""

    observation: int
    state: int
    divisor: float


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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
) -> Timeline:
    """Return the order of events for a set of observations.

    Parameters
    ----------
    observations : Observations
    kept : windows (start, end), or points (start == end), whose value the final state must hold
    end : where the filter stops; the last edge when None or earlier than that
    """
    windows = [
        (float(s), float(e)) for s, e in zip(observations.start, observations.end, strict=True)
    ]
    edges = [edge for window in [*windows, *kept] for edge in window]
    times = _distinct(edges if end is None else [*edges, end])
    slots = _assign_slots(windows, list(kept))
    durations = np.diff(times)
    unique, index = np.unique(np.round(durations, 12), return_inverse=True)
    events = []
    all_windows = [*windows, *kept]
    n_active = FIRST_SLOT
    for k, time in enumerate(times):
        here = [i for i, (_, e) in enumerate(all_windows) if _same(e, time)]
        starting = [
            slots[i] for i, (s, e) in enumerate(all_windows) if _same(s, time) and not _same(s, e)
        ]
        running = tuple(
            slots[i]
            for i, (s, e) in enumerate(all_windows)
            if s < time - TIME_TOLERANCE and e > time - TIME_TOLERANCE and not _same(s, e)
        )
        copies = tuple(slots[i] for i in here if i >= len(windows) and _is_point(all_windows[i]))
        n_active = max([n_active, *(slot + 1 for slot in (*copies, *running))])
        events.append(
            Event(
                duration=int(index[k - 1]) if k else -1,
                running=running,
                n_active=n_active,
                reads=tuple(_read(i, windows[i], slots[i]) for i in here if i < len(windows)),
                resets=tuple(
                    slots[i] for i in here if i < len(windows) and not _is_point(windows[i])
                ),
                copies=copies,
            )
        )
        n_active = max([n_active, *(slot + 1 for slot in starting)])
    return Timeline(
        anchor=float(times[0]),
        end=float(times[-1]),
        durations=unique,
        events=tuple(events),
        n_states=max([FIRST_SLOT, *(slot + 1 for slot in slots)]),
        kept=tuple(slots[len(windows) :]),
        kept_lengths=np.array([1.0 if _is_point(w) else w[1] - w[0] for w in kept]),
        kept_middles=np.array([(s + e) / 2 for s, e in kept]),
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
