"""Answers about drivers and events: counted by hand on a few worlds of two years."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scenarios.builders import ASSESSED, BY, beliefs, between, driver, end, start

from forecaster.forecasts.question_drivers import answer_driver, answer_event
from forecaster.scenarios.calendar import quarters_until
from forecaster.scenarios.worlds import Worlds
from forecaster.workspace.driver_types import PastEvent
from forecaster.workspace.periods import parse_period
from forecaster.workspace.question_types import DriverAsked, EventAsked

BAN = driver("ban", start(between(0.2, 0.4)), end(between(0.3, 0.5)))
DEAL = driver("deal", start(between(0.2, 0.4)))


def worlds_of(states, *, made=BAN, as_of=ASSESSED):
    """Worlds of one driver, (n_columns, n_draws), column 0 the state known on the day."""
    array = np.array(states, dtype=bool)[None]
    n = array.shape[1] - 1
    return Worlds(
        beliefs=beliefs([made]),
        quarters=replace(quarters_until(as_of, as_of), n=n),
        states=array,
        mean_on=array.mean(axis=2),
        seed=1,
        is_hindsight=False,
    )


# columns: the day, then 2026-Q1 to 2026-Q4; four worlds in the columns of each line
STATES = [
    [0, 0, 0, 0],
    [1, 0, 0, 0],
    [0, 0, 1, 0],
    [0, 1, 0, 0],
    [1, 1, 0, 0],
]


def started(first="2025-12-31", until="2026-12-31", name="ban"):
    return DriverAsked(name, "started", date.fromisoformat(first), date.fromisoformat(until), None)


def in_force(day, name="ban"):
    return DriverAsked(name, "in_force", None, None, date.fromisoformat(day))


def test_a_start_counts_once_whatever_comes_later():
    found = answer_driver(started(), worlds_of(STATES))
    # by quarter: world 1; world 3 too; world 2 too; the same
    assert [each.probability for each in found.times.by] == [0.25, 0.5, 0.75, 0.75]
    assert found.chance.probability == 0.75
    assert [str(period) for period in found.times.periods] == [f"2026-Q{k}" for k in range(1, 5)]


def test_a_start_before_the_time_asked_about_does_not_count():
    found = answer_driver(started("2026-03-31"), worlds_of(STATES))
    # world 1 starts again in the fourth quarter; worlds 2 and 3 for the first time
    assert found.chance.probability == 0.75
    assert [each.probability for each in found.times.by] == [0.25, 0.5, 0.75]
    assert answer_driver(started("2026-09-30"), worlds_of(STATES)).chance.probability == 0.25


def test_the_state_on_a_day_is_that_at_the_end_of_a_quarter():
    worlds = worlds_of(STATES)
    assert answer_driver(in_force("2026-12-31"), worlds).chance.probability == 0.5
    assert answer_driver(in_force("2026-06-30"), worlds).chance.probability == 0.25


def test_the_ends_are_those_of_the_stated_range():
    worlds = worlds_of(np.zeros((13, 4)), made=DEAL)  # to the end of 2028, as stated
    found = answer_driver(started(until=str(BY), name="deal"), worlds)
    assert (found.ends.low, found.ends.high) == pytest.approx((0.2, 0.4), abs=1e-6)


def test_the_ends_of_half_the_time_have_half_the_log_odds_of_staying_off():
    worlds = worlds_of(np.zeros((13, 4)), made=DEAL)
    found = answer_driver(started(until="2027-06-30", name="deal"), worlds)
    # six of twelve quarters: 1 - sqrt(1 - p)
    assert found.ends.low == pytest.approx(1 - 0.8**0.5, abs=1e-6)
    assert found.ends.high == pytest.approx(1 - 0.6**0.5, abs=1e-6)


def test_a_verified_start_on_record_decides():
    event = PastEvent(parse_period("2026-05"), None, "It came", "s9", True, False)
    made = replace(DEAL, events=(event,))
    as_of = date(2026, 9, 30)
    found = answer_driver(started(name="deal"), worlds_of(np.ones((3, 2)), made=made, as_of=as_of))
    assert (found.decided.answer, found.decided.source) == ("yes", "s9")
    assert found.chance is None
    before = worlds_of(STATES, made=made, as_of=ASSESSED)
    assert answer_driver(started(name="deal"), before).decided is None


@pytest.mark.parametrize("change", [{"is_verified": False}, {"is_moment": True}])
def test_what_is_no_verified_start_decides_nothing(change):
    event = PastEvent(parse_period("2026-05"), None, "It came", "s9", True, False)
    made = replace(DEAL, events=(replace(event, **change),))
    worlds = worlds_of(np.zeros((2, 2)), made=made, as_of=date(2026, 9, 30))
    assert answer_driver(started(name="deal"), worlds).decided is None


def test_a_time_that_is_over_has_what_is_on_record():
    worlds = worlds_of(STATES, as_of=date(2027, 3, 31))
    found = answer_driver(started(), worlds)
    assert found.chance is None
    assert "no start is on record" in found.warnings[0]


def test_seen_from_before_its_assessment_it_is_hindsight():
    worlds = worlds_of(STATES, as_of=date(2025, 6, 30))
    found = answer_driver(in_force("2026-06-30"), worlds)
    assert "stated on 2025-12-31, after the as-of day: hindsight" in found.warnings[0]


def test_a_driver_rests_on_judgement_unless_it_was_counted():
    assert answer_driver(started(), worlds_of(STATES)).footing.is_judgement
    made = replace(BAN, is_judgement=False)
    assert not answer_driver(started(), worlds_of(STATES, made=made)).footing.is_judgement


def event(**changes):
    fields = {
        "by": date(2026, 12, 31), "probability": None, "driver": "ban",
        "given_on": between(0.5, 0.7), "given_off": between(0.1, 0.2),
    }  # fmt: skip
    return EventAsked(**(fields | changes))


def test_a_stated_event_has_its_mean_and_its_ends():
    stated = between(0.1, 0.3)
    found = answer_event(event(probability=stated, driver="", given_on=None, given_off=None), None)
    assert found.chance.probability == stated.mean
    assert found.chance.mcse == 0.0
    assert (found.ends.low, found.ends.high) == (0.1, 0.3)


def test_an_event_is_the_mixture_over_its_driver():
    found = answer_event(event(), worlds_of(STATES))
    on, off = between(0.5, 0.7).mean, between(0.1, 0.2).mean
    # on in half of the worlds at the end of 2026
    assert found.chance.probability == pytest.approx((on + off) / 2)
    assert found.chance.mcse == pytest.approx((on - off) * 0.25)
    # the driver alone is on with some chance, so both stated ranges take part
    assert 0.1 < found.ends.low < found.ends.high < 0.7
    assert found.footing.is_judgement


def test_a_driver_whose_day_is_past_is_known():
    worlds = worlds_of([[0, 0]], made=replace(BAN, is_on=True), as_of=date(2027, 3, 31))
    found = answer_event(event(), worlds)
    assert found.chance.probability == pytest.approx(between(0.5, 0.7).mean)
    assert (found.ends.low, found.ends.high) == pytest.approx((0.5, 0.7))
