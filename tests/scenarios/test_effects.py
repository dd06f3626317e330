"""What drivers do to a series, by hand and against what mathematics says of many draws."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from forecaster.scenarios.calendar import quarters_until
from forecaster.scenarios.effects import BasePath, additive_shift, judgement_multiplier, total_shift
from forecaster.scenarios.worlds import Worlds
from forecaster.workspace.belief_tables import Normal
from forecaster.workspace.driver_types import Amplification
from forecaster.workspace.stated_sizes import StatedSize
from scenarios.builders import ASSESSED, beliefs, driver, effect, start

QUARTERS = quarters_until(ASSESSED, date(2027, 12, 31))
ENDS = 2026 + np.arange(9) / 4


def worlds_of(states, *, seed=1, amplifications=(), names="abc", on=()):
    """Worlds in which drivers a, b, c are as given: lists of (n_quarters + 1, n_draws)."""
    states = np.array(states, dtype=bool)
    if states.ndim == 2:
        states = states[:, :, None]
    drivers = [driver(n, start(0.5), on=n in on) for n in names[: len(states)]]
    made = beliefs(drivers, amplifications=amplifications)
    return Worlds(made, QUARTERS, states, states.mean(axis=2), seed, is_hindsight=False)


def path_of(levels, *, link="log", continuation=None, ends=ENDS):
    levels = np.array(levels, dtype=float)
    levels = levels[:, None] if levels.ndim == 1 else levels
    smooth = levels if continuation is None else np.array(continuation, dtype=float)
    return BasePath(np.asarray(ends), levels, smooth.reshape(levels.shape), link)


FROM_SECOND = [0, 0, 1, 1, 1, 1, 1, 1, 1]
FLAT = np.zeros(9)


def test_a_step_by_hand():
    worlds = worlds_of([FROM_SECOND])
    found = total_shift([effect(size=0.3)], worlds, worlds, path_of(FLAT))
    assert found[:, 0] == pytest.approx(0.3 * np.array(FROM_SECOND))


def test_steps_of_a_month_are_interpolated():
    worlds = worlds_of([FROM_SECOND])
    months = 2026 + np.arange(10) / 12
    found = additive_shift([effect(size=0.3)], worlds, worlds, months)
    # the second quarter is months 4 to 6: a third of the way up at the end of each
    assert found[:, 0] == pytest.approx([0, 0, 0, 0, 0.1, 0.2, 0.3, 0.3, 0.3, 0.3])


def test_nothing_happens_before_the_as_of_day():
    worlds = worlds_of([FROM_SECOND])
    found = additive_shift([effect(size=0.3)], worlds, worlds, np.array([2024.5, 2025.0, 2026.5]))
    assert found[:, 0] == pytest.approx([0, 0, 0.3])


def test_a_path_beyond_the_worlds_is_an_error():
    worlds = worlds_of([FROM_SECOND])
    with pytest.raises(ValueError, match="beyond the worlds"):
        additive_shift([effect()], worlds, worlds, np.array([2028.5]))


def test_effects_add_up():
    worlds = worlds_of([FROM_SECOND, [0, 0, 0, 0, 1, 1, 1, 1, 1]])
    both = [effect(size=0.3), effect(driver="b", size=-0.1)]
    found = total_shift(both, worlds, worlds, path_of(FLAT))
    assert found[:, 0] == pytest.approx([0, 0, 0.3, 0.3, 0.2, 0.2, 0.2, 0.2, 0.2])


def test_a_driver_that_is_on_already_acts_by_its_release_alone():
    # the history ends with the step in it; released after two quarters, it is lost
    worlds = worlds_of([[1, 1, 1, 0, 0, 0, 0, 0, 0]], on="a")
    found = total_shift([effect(size=0.3)], worlds, worlds, path_of(FLAT))
    assert found[:, 0] == pytest.approx([0, 0, 0, -0.3, -0.3, -0.3, -0.3, -0.3, -0.3])


def test_centring_by_hand():
    # two draws, one with the event: its mean is 1/2 from the second quarter on
    states = np.zeros((1, 9, 2), dtype=bool)
    states[0, 2:, 0] = True
    worlds = worlds_of(states)
    found = total_shift(
        [effect(size=0.4, in_history=0.5)], worlds, worlds, path_of(np.zeros((9, 2)))
    )
    assert found[2] == pytest.approx([0.4 * 0.75, -0.4 * 0.25])
    full = total_shift(
        [effect(size=0.4, in_history=1.0)], worlds, worlds, path_of(np.zeros((9, 2)))
    )
    assert full.mean(axis=1) == pytest.approx(np.zeros(9), abs=1e-12)


def test_scenarios_are_centred_by_the_baseline():
    states = np.zeros((1, 9, 2), dtype=bool)
    states[0, 2:, 0] = True
    baseline, forced = (
        worlds_of(states),
        worlds_of(np.ones((1, 9, 2)) * np.array(FROM_SECOND)[:, None]),
    )
    found = total_shift(
        [effect(size=0.4, in_history=1.0)], forced, baseline, path_of(np.zeros((9, 2)))
    )
    # on in every draw, it stands above what the history expects by half of its size
    assert found[-1] == pytest.approx([0.2, 0.2])


def test_growth_is_multiplied_while_the_driver_is_on():
    # .1 a quarter, doubled from the middle of the second quarter to the middle of the fourth:
    # the first of them takes sqrt(2) - 1 more, the third as well
    worlds = worlds_of([[0, 0, 1, 1, 0, 0, 0, 0, 0]])
    found = total_shift(
        [effect(shape="growth", size=np.log(2))], worlds, worlds, path_of(np.arange(9) * 0.1)
    )[:, 0]
    half = 0.1 * (np.sqrt(2) - 1)
    assert np.diff(found) == pytest.approx([0, half, 0.1, half, 0, 0, 0, 0])


def test_growth_effects_leave_innovations_as_they_are(rng):
    levels = np.cumsum(rng.normal(0.1, 0.2, (9, 50)), axis=0)
    smooth = np.arange(9)[:, None] * 0.1 + np.zeros((9, 50))
    worlds = worlds_of(np.ones((1, 9, 50)) * np.array([0, 1, 1, 1, 1, 1, 1, 1, 1])[:, None])
    found = total_shift(
        [effect(shape="growth", size=np.log(3))], worlds, worlds,
        path_of(levels, continuation=smooth),
    )  # fmt: skip
    assert np.ptp(found, axis=1) == pytest.approx(np.zeros(9), abs=1e-12)
    assert np.diff(found[2:, 0]) == pytest.approx(np.full(6, 0.2))


def test_growth_is_centred_on_the_log_scale():
    # on in one draw of two: exponents 1/2 and -1/2, so growth times sqrt(2) and 1/sqrt(2)
    states = np.zeros((1, 9, 2), dtype=bool)
    states[0, 1:, 0] = True
    worlds = worlds_of(states)
    found = total_shift(
        [effect(shape="growth", size=np.log(2), in_history=1.0)], worlds, worlds,
        path_of(np.arange(9)[:, None] * 0.1 + np.zeros((9, 2))),
    )  # fmt: skip
    assert np.diff(found[-2:], axis=0)[0] == pytest.approx(
        [0.1 * (2**0.5 - 1), 0.1 * (2**-0.5 - 1)]
    )


def test_a_cap_holds_from_its_onset():
    # from the second quarter on nothing passes 2, though the path goes on to exp(.8 * 4)
    worlds = worlds_of([FROM_SECOND])
    levels = np.arange(9) * 0.4
    found = total_shift(
        [effect(shape="cap", size=np.log(2.0), judgement=True)], worlds, worlds, path_of(levels)
    )
    natural = np.exp(levels + found[:, 0])
    assert found[:2, 0] == pytest.approx([0, 0])
    assert natural[-1] < 2.0
    # u = logit(e^.4 / 2) at the onset, and moves by .4 a quarter
    u = np.log(np.exp(0.4) / 2) - np.log(1 - np.exp(0.4) / 2)
    assert natural[3] == pytest.approx(2 / (1 + np.exp(-u - 0.8)))


def test_a_cap_binds_other_effects_too():
    worlds = worlds_of([FROM_SECOND, [0, 0, 0, 0, 1, 1, 1, 1, 1]])
    both = [effect(shape="cap", size=np.log(2.0)), effect(driver="b", size=3.0)]
    found = total_shift(both, worlds, worlds, path_of(FLAT))
    assert np.exp(found.max()) < 2.0
    assert np.exp(found[-1, 0]) > 1.8


def test_an_amplifier_multiplies_what_is_there():
    # b comes in the fifth quarter and halves what a does
    halve = Amplification(("b",), "a", ("s",), Normal(np.log(0.5), 0.0, "u", "r"), "r")
    worlds = worlds_of([FROM_SECOND, [0, 0, 0, 0, 0, 1, 1, 1, 1]], amplifications=[halve])
    found = total_shift([effect(size=0.4)], worlds, worlds, path_of(FLAT))
    assert found[:, 0] == pytest.approx([0, 0, 0.4, 0.4, 0.4, 0.2, 0.2, 0.2, 0.2])
    other = total_shift([effect(size=0.4, series="t")], worlds, worlds, path_of(FLAT))
    assert other[-1, 0] == pytest.approx(0.4)


def test_an_amplifier_multiplies_growth_to_come_and_not_what_was_won():
    double = Amplification(("b",), "a", (), Normal(np.log(2), 0.0, "u", "r"), "r")
    always = [0, 1, 1, 1, 1, 1, 1, 1, 1]
    worlds = worlds_of([always, [0, 0, 0, 0, 0, 1, 1, 1, 1]], amplifications=[double])
    found = total_shift([effect(shape="slope", size=0.4)], worlds, worlds, path_of(FLAT))[:, 0]
    assert np.diff(found) == pytest.approx([0.05, 0.1, 0.1, 0.1, 0.15, 0.2, 0.2, 0.2])


def test_sizes_are_drawn_once_for_each_world():
    n = 20_000
    worlds = worlds_of(np.ones((1, 9, n)) * np.array(FROM_SECOND)[:, None])
    found = total_shift([effect(size=0.3, sd=0.1)], worlds, worlds, path_of(np.zeros((9, n))))
    assert found[-1].mean() == pytest.approx(0.3, abs=4 * 0.1 / np.sqrt(n))
    assert found[-1].std() == pytest.approx(0.1, rel=0.03)
    assert np.array_equal(found[2], found[-1])


def test_judgemental_sizes_share_one_multiplier():
    n = 20_000
    states = np.ones((2, 9, n)) * np.array(FROM_SECOND)[:, None]
    worlds = worlds_of(states)
    judged = [effect(size=0.3, judgement=True), effect(driver="b", size=0.3, judgement=True)]
    found = total_shift(judged, worlds, worlds, path_of(np.zeros((9, n))))[-1]
    times = judgement_multiplier("s", worlds)
    assert found == pytest.approx(0.6 * times)
    assert np.log(times).mean() == pytest.approx(np.log(0.7), abs=4 * 0.4 / np.sqrt(n))
    assert np.log(times).std() == pytest.approx(0.4, rel=0.03)


@pytest.mark.parametrize(
    ("size", "link", "before", "stated", "after"),
    [
        # 20 points down at 62% are 20 points down there, and fewer at 10%
        (StatedSize((), "percentage points", at=0.62), "logit", 0.62, -20.0, 0.42),
        (StatedSize((), "percent"), "log", 50.0, -40.0, 30.0),
        (StatedSize((), "index points"), "identity", 7.0, 2.5, 9.5),
    ],
)
def test_a_size_in_natural_units_moves_the_series_by_that_much(size, link, before, stated, after):
    to = {"logit": lambda y: np.log(y / (1 - y)), "log": np.log, "identity": float}[link]
    back = {"logit": lambda x: 1 / (1 + np.exp(-x)), "log": np.exp, "identity": float}[link]
    worlds = worlds_of([FROM_SECOND])
    path = path_of(np.full(9, to(before)), link=link)
    moved = path.levels + total_shift([effect(size=size.to_link(stated))], worlds, worlds, path)
    assert back(moved[0, 0]) == pytest.approx(before)
    assert back(moved[-1, 0]) == pytest.approx(after)
    assert size.to_natural(moved[-1, 0] - path.levels[-1, 0]) == pytest.approx(stated)
