"""Answer a question about a driver, or about an event that hangs on one, from simulated worlds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.monte_carlo import share_error
from forecaster.forecasts.question_answer import (
    ByPeriod,
    Chance,
    Ends,
    Footing,
    Found,
    Known,
)
from forecaster.scenarios.hazards import make_hazards
from forecaster.workspace.driver_types import state_by_events, state_known
from forecaster.workspace.periods import period_at, periods_from
from forecaster.workspace.probabilities import Probability

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from numpy.typing import NDArray

    from forecaster.scenarios.hazards import Hazards
    from forecaster.scenarios.worlds import Worlds
    from forecaster.workspace.driver_types import Driver
    from forecaster.workspace.periods import Period
    from forecaster.workspace.question_types import DriverAsked, EventAsked

    BoolArray = NDArray[np.bool_]

HINDSIGHT = "its probability was stated on {day}, after the as-of day: hindsight"


def answer_driver(ask: DriverAsked, worlds: Worlds) -> Found:
    """Return the chance that a driver starts within a time, or is on on a day.

    Parameters
    ----------
    worlds : to the end of the time asked about, at least
    """
    driver, as_of = worlds.beliefs.of(ask.driver), worlds.quarters.as_of
    if ask.asks_for == "in_force":
        assert ask.on is not None  # the reader of questions wants it
        return _answer_in_force(driver, ask.on, worlds)
    assert ask.first is not None  # the reader of questions wants both
    assert ask.until is not None
    found = Found(
        footing=_footing(driver),
        period=f"{ask.first} to {ask.until}",
        warnings=_hindsight(driver, as_of),
    )
    start = _start_on_record(driver, ask, as_of)
    if start is not None:
        return replace(found, decided=start)
    if ask.until <= as_of:
        said = f"its time ended on {ask.until}, and no start is on record"
        return replace(found, warnings=(*found.warnings, said))
    times = _times(worlds, driver.id, ask.first, ask.until)
    return replace(
        found, chance=times.by[-1], times=times, ends=_ends_of_start(driver, ask, worlds)
    )


def _answer_in_force(driver: Driver, day: date, worlds: Worlds) -> Found:
    """Return the chance that a driver is on on a day."""
    as_of = worlds.quarters.as_of
    found = Found(footing=_footing(driver), period=f"on {day}", warnings=_hindsight(driver, as_of))
    if day <= as_of:
        state = state_by_events(driver, day)
        on_record = "nothing is on record" if state is None else "on" if state else "not on"
        said = f"its day is past; by the events on record: {on_record}"
        return replace(found, warnings=(*found.warnings, said))
    at = worlds.chance_on(driver.id, day)
    column = worlds.quarters.column_by(day)
    each = [_alone(one, worlds).on[0, column] for one in _at_ends(driver)]
    ends = Ends(float(min(each)), float(max(each)))
    return replace(found, chance=Chance(at.probability, at.error), ends=ends)


def answer_event(ask: EventAsked, worlds: Worlds | None) -> Found:
    """Return the chance of an event, by a stated range or by two that a driver decides between.

    Parameters
    ----------
    worlds : to `ask.by` at least; needed only where it hangs on a driver
    """
    if ask.probability is not None:
        stated = ask.probability
        return Found(
            footing=Footing(f"a probability stated as {_range(stated)} (judgement)", True),
            period=f"by {ask.by}",
            chance=Chance(stated.mean),
            ends=Ends(stated.low, stated.high),
        )
    assert worlds is not None  # the caller simulates drivers where a question names one
    assert ask.given_on is not None  # the reader of questions wants both
    assert ask.given_off is not None
    driver = worlds.beliefs.of(ask.driver)
    on, alone = _chance_on(driver, ask.by, worlds)
    high, low = ask.given_on, ask.given_off
    p = on.probability * high.mean + (1 - on.probability) * low.mean
    pairs = ((high.low, low.low), (high.high, low.high))
    corners = [w * with_it + (1 - w) * without for w in alone for with_it, without in pairs]
    share = f"{on.probability:.0%} of the worlds"
    ranges = f"with it {_range(high)}, without {_range(low)} (judgement)"
    return Found(
        footing=Footing(f"driver {driver.id}, on {ask.by} on in {share}; {ranges}", True),
        period=f"by {ask.by}",
        chance=Chance(p, abs(high.mean - low.mean) * on.mcse),
        ends=Ends(min(corners), max(corners)),
        warnings=_hindsight(driver, worlds.quarters.as_of),
    )


def _chance_on(driver: Driver, day: date, worlds: Worlds) -> tuple[Chance, list[float]]:
    """Return the chance that a driver is on on a day, and the chances at its stated ends."""
    if day <= worlds.quarters.as_of:
        state = float(state_known(driver, day))
        return Chance(state), [state]
    at = worlds.chance_on(driver.id, day)
    column = worlds.quarters.column_by(day)
    each = [float(_alone(one, worlds).on[0, column]) for one in _at_ends(driver)]
    return Chance(at.probability, at.error), each or [at.probability]


def _start_on_record(driver: Driver, ask: DriverAsked, as_of: date) -> Known | None:
    """Return the first verified start within the time asked about, if one was known."""
    assert ask.first is not None
    assert ask.until is not None
    for event in sorted(driver.events, key=lambda event: event.date.end):
        counts = event.is_verified and not event.is_moment and event.date.end < as_of
        if counts and event.date.end > ask.first and event.date.start <= ask.until:
            return Known("yes", event.source, event.date.end, event.title, is_history=True)
    return None


def _times(worlds: Worlds, driver: str, first: date, until: date) -> ByPeriod:
    """Return when a driver first starts within a time, by quarters."""
    quarters, on = worlds.quarters, worlds.on(driver)
    skipped, last = quarters.column_by(first), quarters.column_by(until)
    starts = on[1:] & ~on[:-1]  # row k is column k + 1
    started = np.logical_or.accumulate(starts[skipped:last], axis=0).T
    begin = max(first, quarters.as_of)
    periods = periods_from(period_at(begin, "quarter"), until=until)[-started.shape[1] :]
    return by_quarter(periods, np.asarray(started))


def by_quarter(periods: tuple[Period, ...], reached: BoolArray) -> ByPeriod:
    """Return when something first happens in worlds, (n_draws, n_periods)."""
    first = np.diff(reached.astype(np.int8), axis=1, prepend=0) == 1
    columns = np.concatenate([reached, first, ~reached[:, -1:]], axis=1)
    errors = share_error(columns, theta_index=None, ess=float("inf"))
    each = [Chance(float(p), float(e)) for p, e in zip(columns.mean(axis=0), errors, strict=True)]
    n = reached.shape[1]
    return ByPeriod(periods, tuple(each[:n]), tuple(each[n : 2 * n]), each[-1])


def _ends_of_start(driver: Driver, ask: DriverAsked, worlds: Worlds) -> Ends | None:
    """Return the chance of a start at both ends of the stated range.

    Of a driver that switches, nothing is said about a time that begins later: it may have started
    before, and again.
    """
    assert ask.first is not None
    assert ask.until is not None
    begin, last = worlds.quarters.column_by(ask.first), worlds.quarters.column_by(ask.until)
    if begin > 0 and driver.kind != "event":
        return None
    each = []
    for one in _at_ends(driver):
        started = _alone(one, worlds).started[0]
        each.append(float(started[last] - started[begin]))
    return Ends(min(each), max(each)) if each else None


def _at_ends(driver: Driver) -> Iterator[Driver]:
    """Yield a driver with its stated probabilities at either end, in every combination."""
    starts = [driver.start]
    if driver.start is not None:
        stated = driver.start.probability
        starts = [
            replace(driver.start, probability=Probability(end, end))
            for end in (stated.low, stated.high)
        ]
    ends = [driver.end]
    # of a stated chance of being in force, the hazard of starting makes up for that of ending
    if driver.end is not None and not (driver.start is not None and driver.start.is_in_force):
        lasting = driver.end.probability
        ends = [
            replace(driver.end, probability=Probability(end, end))
            for end in (lasting.low, lasting.high)
        ]
    for start in starts:
        for end in ends:
            yield replace(driver, start=start, end=end)


def _alone(driver: Driver, worlds: Worlds) -> Hazards:
    """Return the marginals of a driver by itself in the quarters simulated."""
    as_of = worlds.quarters.as_of
    return make_hazards([driver], [state_known(driver, as_of)], worlds.quarters)


def _footing(driver: Driver) -> Footing:
    """Return what the chance of a driver rests on."""
    kind = "judgement" if driver.is_judgement else "counted from data"
    stated = []
    if driver.start is not None:
        words = "in force on" if driver.start.is_in_force else "started by"
        stated.append(f"{_range(driver.start.probability)} {words} {driver.start.by}")
    if driver.end is not None:
        within = f"{driver.end.within_quarters:g} quarters"
        stated.append(f"{_range(driver.end.probability)} ended within {within}")
    said = ", ".join(stated) or "it cannot change"
    return Footing(
        f"driver {driver.id}: {said} ({kind}, stated on {driver.assessed_on})",
        driver.is_judgement,
    )


def _range(stated: Probability) -> str:
    """Return a range of probabilities in words."""
    return f"{stated.low:.0%} to {stated.high:.0%}"


def _hindsight(driver: Driver, as_of: date) -> tuple[str, ...]:
    """Warn of a probability that was stated after the as-of day."""
    if driver.assessed_on <= as_of:
        return ()
    return (HINDSIGHT.format(day=driver.assessed_on),)
