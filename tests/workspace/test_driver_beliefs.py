"""Drivers: what is read by hand, what is refused with its whole message, and what is known when."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

import pytest
from small_drivers import DRIVERS, changed, load_drivers, write_drivers

from forecaster.errors import InputError
from forecaster.workspace.driver_beliefs import DriverBeliefs, load_driver_beliefs, state_known
from forecaster.workspace.driver_text import cut_at_headers
from forecaster.workspace.drivers import has_future_effects
from forecaster.workspace.reader import load_entries

if TYPE_CHECKING:
    from pathlib import Path

Z = 1.2815515655


def _faults(workspace: Path, text: str) -> list[str]:
    """Return the faults of a file of drivers as they are printed, its folder cut away."""
    with pytest.raises(InputError) as caught:
        load_drivers(workspace, text)
    folder = f"{workspace / 'priors'}/"
    return [str(fault).replace(folder, "") for fault in caught.value.faults]


def _fault(workspace: Path, old: str, new: str) -> str:
    """Return the only fault that one change of the file makes."""
    (fault,) = _faults(workspace, changed(DRIVERS, old, new))
    return fault


# --- what is read ---


def test_a_file_without_faults_is_read_in_its_order(workspace: Path):
    beliefs = load_drivers(workspace)
    assert [driver.id for driver in beliefs.drivers] == ["ban", "boom", "deal"]
    ban = beliefs.of("ban")
    assert (ban.kind, ban.is_on, ban.group, ban.essays) == ("state", False, "us", ("one.txt",))
    assert ban.start is not None
    assert (ban.start.by, ban.start.is_in_force) == (date(2028, 12, 31), False)
    assert ban.end is not None
    assert ban.end.within_quarters == 8
    assert beliefs.excluded_by("ban") == ("deal",)
    assert beliefs.excluded_by("boom") == ()
    assert len(beliefs.hash) == 64


def test_a_workspace_without_the_file_has_no_drivers(workspace: Path):
    assert load_driver_beliefs(workspace, load_entries(workspace)) == DriverBeliefs()


def test_effects_on_a_series_are_found_across_drivers(workspace: Path):
    beliefs = load_drivers(workspace)
    assert [effect.driver for effect in beliefs.on("us-spend")] == ["boom"]
    assert beliefs.on("eu-plan") == ()


def test_a_step_in_points_is_a_shift_of_the_logit_by_hand(workspace: Path):
    # logit(.3) = -0.847298, logit(.4) = -0.405465, logit(.5) = 0
    (effect,) = load_drivers(workspace).on("cn-share")
    assert effect.link.mean == pytest.approx((-0.847298 - 0.405465) / 2, abs=1e-6)
    assert effect.link.sd == pytest.approx((0.847298 - 0.405465) / 2 / Z, abs=1e-6)
    assert (effect.lag, effect.quarters, effect.persists) == (2.0, None, False)
    assert effect.is_judgement


def test_a_multiplier_is_normal_on_its_log_by_hand(workspace: Path):
    # log 1.1 = 0.095310, log 2 = 0.693147
    beliefs = load_drivers(workspace)
    (effect,) = beliefs.on("us-spend")
    assert effect.link.mean == pytest.approx((0.095310 + 0.693147) / 2, abs=1e-6)
    # log 1.5 = 0.405465, log 4 = 1.386294
    (interaction,) = beliefs.interactions
    assert interaction.log_odds.mean == pytest.approx((0.405465 + 1.386294) / 2, abs=1e-6)
    assert interaction.log_odds.sd == pytest.approx((1.386294 - 0.405465) / 2 / Z, abs=1e-6)


def test_an_amplification_without_series_is_of_all_that_its_driver_moves(workspace: Path):
    (amplification,) = load_drivers(workspace).amplifications
    assert amplification.series == ("us-spend",)


def test_past_and_lasting_drivers_are_in_the_history_and_new_ones_are_not(workspace: Path):
    text = DRIVERS + (
        '[[driver]]\nid = "new"\ntitle = "New"\nsummary = "New."\nactors = []\ngroup = "us"\n'
        'source = "c1"\nassessed_on = 2025-12-31\non_when_assessed = false\nclass = "event"\n'
        '[driver.start]\nprobability = { "10%" = 0.1, "90%" = 0.2 }\nby = 2028-12-31\n'
        'reason = "r"\n[[driver.effect]]\nseries = "eu-plan"\nshape = "pulse"\nquarters = 4\n'
        'size = { quantiles = { "10%" = 1, "90%" = 5 }, unit = "percent" }\nreason = "r"\n'
    )
    beliefs = load_drivers(workspace, text)
    weights = {
        effect.driver: effect.in_history for one in beliefs.drivers for effect in one.effects
    }
    assert weights == {"ban": 1.0, "boom": 1.0, "new": 0.0}


# --- the state on a day ---


def test_the_state_follows_the_events_once_their_whole_period_is_past(workspace: Path):
    ban = load_drivers(workspace).of("ban")
    days = [date(2024, 1, 1), date(2025, 4, 30), date(2025, 5, 1), date(2025, 7, 31)]
    assert [state_known(ban, day) for day in days] == [False, False, True, True]
    assert not state_known(ban, date(2025, 8, 1))


def test_a_driver_without_events_is_as_it_was_assessed(workspace: Path):
    boom = load_drivers(workspace).of("boom")
    assert state_known(boom, date(2020, 1, 1))


def test_moments_and_what_is_not_verified_leave_the_state_alone(workspace: Path):
    for mark in ("moment = true", "verified = false"):
        text = changed(DRIVERS, 'ended = "2025-07"\n', f"{mark}\n")
        ban = load_drivers(workspace, text).of("ban")
        assert not state_known(ban, date(2025, 6, 1))


def test_an_event_in_the_month_of_the_assessment_may_be_in_it(workspace: Path):
    # announced on 8 December, written as a month, assessed on the 31st
    text = changed(DRIVERS, 'date = "2025-04"\nended = "2025-07"\n', 'date = "2025-12"\n')
    text = changed(
        text,
        'on_when_assessed = false\nclass = "state"',
        'on_when_assessed = true\nclass = "state"',
    )
    text = changed(text, '"10%" = 0.3, "90%" = 0.6', '"10%" = 0.03, "90%" = 0.06')
    ban = load_drivers(workspace, text).of("ban")
    days = [date(2025, 12, 30), date(2025, 12, 31), date(2026, 1, 1)]
    assert [state_known(ban, day) for day in days] == [False, True, True]


# --- what is refused, with whole messages ---


def test_a_driver_that_acts_on_itself_is_refused(workspace: Path):
    assert _fault(workspace, 'from = ["boom"]', 'from = ["boom", "deal"]') == (
        "error: the driver 'deal' acts on itself\n"
        "  where: drivers.toml, [[interaction]] 1, key 'to'\n"
        "  fix:   remove 'deal' from 'from'"
    )
    assert _fault(workspace, '["ban", "deal"]', '["ban", "ban"]') == (
        "error: the driver 'ban' excludes itself\n"
        "  where: drivers.toml, [[exclusion]] 1, key 'drivers'\n"
        "  fix:   name two drivers"
    )


def test_exclusive_drivers_cannot_be_more_than_certain_together(workspace: Path):
    # without its end the ban stays on: .9 by 2028 and .45 for the deal
    text = changed(DRIVERS, '{ "10%" = 0.1, "90%" = 0.3 }', '{ "10%" = 0.85, "90%" = 0.95 }')
    text = changed(
        text,
        'within_quarters = 8\nreason = "A judgement about',
        'within_quarters = 400\nreason = "A judgement about',
    )
    (fault,) = _faults(workspace, text)
    assert fault == (
        "error: the exclusive drivers 'ban' and 'deal' cannot be on with probabilities "
        "0.90 + 0.45 = 1.35 at the end of 2028-Q4\n"
        "  where: drivers.toml, [[exclusion]] 1, key 'drivers'\n"
        "  fix:   lower the probability of one, let one end sooner, or remove the exclusion"
    )


def test_exclusive_drivers_that_are_both_on_are_refused(workspace: Path):
    text = changed(DRIVERS, '["ban", "deal"]', '["ban", "boom"]')
    text = changed(text, 'date = "2025-04"\nended = "2025-07"\n', 'date = "2025-04"\n')
    text = changed(
        text,
        'on_when_assessed = false\nclass = "state"',
        'on_when_assessed = true\nclass = "state"',
    )
    (fault,) = _faults(workspace, text)
    assert "cannot be on with probabilities 1.00 + 1.00 = 2.00 at the end of 2025-Q4" in fault


def test_a_driver_cannot_start_while_what_excludes_it_is_still_on(workspace: Path):
    # the boom is on and ends within 8 quarters with .343, so within the 11 before 2028-Q4 with .439
    text = changed(DRIVERS, '["ban", "deal"]', '["deal", "boom"]')
    text = changed(text, 'class = "event"', 'class = "state"\n' + ENDS_SOON)
    (fault,) = _faults(workspace, text)
    assert fault == (
        "error: 'deal' cannot start by 2028-12-31 with probability 0.45: it is excluded while "
        "'boom' is on, which ends in time with probability 0.44\n"
        "  where: drivers.toml, [[exclusion]] 1, key 'drivers'\n"
        "  fix:   lower the probability of one, let one end sooner, or remove the exclusion"
    )


def test_three_drivers_that_all_exclude_each_other_are_added(workspace: Path):
    deal = DRIVERS[DRIVERS.index('[[driver]]\nid = "deal"') : DRIVERS.index("[[interaction]]")]
    pairs = [("deal", "x"), ("deal", "y"), ("x", "y")]
    text = DRIVERS + "".join(deal.replace('"deal"', f'"{name}"') for name in "xy")
    text += "".join(f'[[exclusion]]\ndrivers = ["{a}", "{b}"]\nreason = "r"\n' for a, b in pairs)
    # each is on with .448 at the end of 2028: two together are possible, three are not
    (fault,) = _faults(workspace, text)
    assert "'deal' and 'x' and 'y' cannot be on with probabilities" in fault
    assert "[[exclusion]] 2" in fault


def test_a_probability_out_of_reach_is_refused(workspace: Path):
    # with half of the spells ending within one quarter it is hardly on with .9 on any day
    text = changed(
        DRIVERS,
        '{ "10%" = 0.1, "90%" = 0.3 }\nby = 2028-12-31',
        '{ "10%" = 0.85, "90%" = 0.95 }\nin_force_on = 2028-12-31',
    )
    text = changed(
        text,
        'within_quarters = 8\nreason = "A judgement about',
        'within_quarters = 1\nreason = "A judgement about',
    )
    (fault,) = _faults(workspace, text)
    # hazards in [0, 1] lead from 0 to about 1 / (1 + .34)
    assert fault == (
        "error: 'ban' cannot be in force on 2028-12-31 with probability 0.9: with its end it lies "
        "between 0 and 0.74\n"
        "  where: drivers.toml, [[driver]] 1, key 'start.probability'\n"
        "  fix:   state a probability between them, or another [driver.end]"
    )


def test_points_without_a_level_are_refused(workspace: Path):
    assert _fault(workspace, ", at = 0.5", "") == (
        "error: percentage points of 'cn-share' mean nothing without a level\n"
        "  where: drivers.toml, [[driver]] 1, key 'effect 1.size.at'\n"
        "  fix:   add at = 0.4 for points at 40%"
    )


def test_an_effect_on_a_derived_series_is_refused(workspace: Path):
    folder = workspace / "priors" / "series"
    folder.mkdir(parents=True)
    (folder / "cn-share.toml").write_text('family = "derived"\nformula = "us-spend / us-spend"\n')
    (fault,) = _faults(workspace, DRIVERS)
    assert fault == (
        "error: 'cn-share' is computed from other series, which would undo the effect\n"
        "  where: drivers.toml, [[driver]] 1, key 'effect 1.series'\n"
        "  fix:   put the effect on a series of its formula"
    )


def test_a_state_that_its_events_contradict_is_refused(workspace: Path):
    assert _fault(workspace, 'ended = "2025-07"\n', "") == (
        "error: it is off on 2025-12-31, but its events leave it on\n"
        "  where: drivers.toml, [[driver]] 1, key 'on_when_assessed'\n"
        "  fix:   correct 'on_when_assessed', 'ended' of an event, or mark what passed "
        "moment = true"
    )


ENDS_SOON = (
    '[driver.end]\nprobability = { "10%" = 0.8, "90%" = 0.9 }\nwithin_quarters = 1\nreason = "r"'
)
RANGE = 'probability = { "10%" = 0.1, "90%" = 0.3 }'
SIZE = 'size = { quantiles = { "10%" = 1.1, "90%" = 2 }, unit = "times" }'
START = "[driver.start]\n" + RANGE + '\nby = 2028-12-31\nreason = "A judgement."\n'


@pytest.mark.parametrize(
    ("old", "new", "place", "problem"),
    [
        (
            RANGE,
            RANGE.replace("0.3", "0.05"),
            "1, key 'start.probability'",
            "0.1 at 10% is not below 0.05 at 90%",
        ),
        (RANGE, RANGE.replace("0.3", "0.1"), "1, key 'start.probability'", "is no range"),
        (
            RANGE,
            RANGE.replace("0.3", "1"),
            "1, key 'start.probability.90%'",
            "the probability 1 is not between 0 and 1",
        ),
        (
            RANGE,
            RANGE.replace("0.1", "0"),
            "1, key 'start.probability.10%'",
            "the probability 0 is not between",
        ),
        (
            RANGE,
            RANGE.replace("0.1", "nan"),
            "1, key 'start.probability.10%'",
            "it is not a number: nan",
        ),
        (
            RANGE,
            RANGE.replace("0.1", '"x"'),
            "1, key 'start.probability.10%'",
            "it is not a number: 'x'",
        ),
        (
            RANGE,
            RANGE.replace("10%", "5%"),
            "1, key 'start.probability'",
            "is not a range of its 10% and 90%",
        ),
        (RANGE, "probability = 0.2", "1, key 'start.probability'", "is not a range"),
        (START, "", "1, key 'start'", "the driver is off and can never start"),
        (
            START,
            START.replace("by =", "at ="),
            "1, key 'start.at'",
            "the key 'at' has no meaning here",
        ),
        (
            START,
            START.replace("by = 2028-12-31\n", ""),
            "1, key 'start.by'",
            "the start has no date",
        ),
        (
            START,
            START.replace("2028-12-31", "2025-12-31"),
            "1, key 'start.by'",
            "is not in a later quarter than",
        ),
        (
            START,
            START.replace("2028-12-31", '"2028-02-31"'),
            "1, key 'start.by'",
            "'by' is not a day: '2028-02-31'",
        ),
        (
            START,
            START.replace("2028-12-31", '"2028"'),
            "1, key 'start.by'",
            "'by' is not a day: '2028'",
        ),
        (
            START,
            START.replace("2028-12-31", "9999-12-31"),
            "1, key 'start.by'",
            "'by' is 9999-12-31, which is not between 1900 and 2200",
        ),
        ('id = "ban"', 'id = "boom"', "2, key 'id'", "the driver 'boom' is there twice"),
        ('id = "ban"', 'id = "a ban"', "1, key 'id'", "'a ban' is not an id"),
        (
            'title = "A ban"',
            f'title = "{"x" * 90}"',
            "1, key 'title'",
            "the title has 90 characters",
        ),
        ('group = "us"', 'group = "usa"', "1, key 'group'", "the group 'usa' is not known"),
        (
            'group = "us"\nsource = "c1"',
            'group = "us"\nsource = "c9"',
            "1, key 'source'",
            "the source 'c9' is not known",
        ),
        (
            '"Sales stopped"\nsource = "c1"',
            '"Sales stopped"\nsource = "c9"',
            "1, key 'event 1.source'",
            "the source 'c9'",
        ),
        (
            'date = "2025-04"',
            'date = "2025-13"',
            "1, key 'event 1.date'",
            "'date' is not a date: '2025-13'",
        ),
        (
            'ended = "2025-07"',
            'ended = "2025-01"',
            "1, key 'event 1.ended'",
            "it ended in 2025-01, before it began",
        ),
        (
            'ended = "2025-07"',
            'ended = "2025-07"\nmoment = true',
            "1, key 'event 1.ended'",
            "a moment has no end",
        ),
        (
            'series = "cn-share"',
            'series = "cn-shar"',
            "1, key 'effect 1.series'",
            "there is no series 'cn-shar'",
        ),
        (
            'shape = "step"',
            'shape = "stepp"',
            "1, key 'effect 1.shape'",
            "the shape 'stepp' is not known",
        ),
        (
            'shape = "step"',
            'shape = "ramp"',
            "1, key 'effect 1.quarters'",
            "a ramp needs 'quarters'",
        ),
        (
            'shape = "step"',
            'shape = "step"\nquarters = 2',
            "1, key 'effect 1.quarters'",
            "a step has no 'quarters'",
        ),
        (
            'shape = "step"',
            'shape = "slope"',
            "1, key 'effect 1.size.unit'",
            "does not suit 'cn-share'",
        ),
        (
            'shape = "step"',
            'shape = "cap"',
            "1, key 'effect 1.size.unit'",
            "does not suit 'cn-share'",
        ),
        (
            "lag = 2",
            "lag = 2025",
            "1, key 'effect 1.lag'",
            "'lag' is 2025 quarters, more than 400",
        ),
        ("lag = 2", "lag = -1", "1, key 'effect 1.lag'", "'lag' is -1"),
        ("lag = 2", "in_history = 1.5", "1, key 'effect 1.in_history'", "'in_history' is 1.5"),
        (
            "at = 0.5",
            "at = 0.1",
            "1, key 'effect 1.size.quantiles.10%'",
            "lead out of the range of 'cn-share'",
        ),
        (
            "at = 0.5",
            "at = 0.5, growth_at = 1",
            "1, key 'effect 1.size.growth_at'",
            "is for points of growth alone",
        ),
        (
            SIZE,
            SIZE.replace("1.1", "-1"),
            "2, key 'effect 1.size.quantiles.10%'",
            "-1 times lead out",
        ),
        (
            SIZE,
            SIZE.replace('"times"', '"percent"'),
            "2, key 'effect 1.size.unit'",
            "the unit 'percent' does not",
        ),
        (
            SIZE,
            SIZE.replace("unit", "units"),
            "2, key 'effect 1.size.units'",
            "the key 'units' has no meaning",
        ),
        (
            'class = "event"',
            'class = "state"\n[driver.end]\n' + RANGE + '\nwithin_quarters = 0\nreason = "r"',
            "3, key 'end.within_quarters'",
            "'within_quarters' is 0",
        ),
        (
            'class = "event"',
            'class = "event"\n[driver.end]\n' + RANGE + '\nwithin_quarters = 4\nreason = "r"',
            "3, key 'end'",
            "an event stays once it has happened",
        ),
        (
            'class = "event"',
            'class = "happening"',
            "3, key 'class'",
            "the class 'happening' is not known",
        ),
        (
            "on_when_assessed = true",
            "on_when_assessed = 1",
            "2, key 'on_when_assessed'",
            "is neither true nor false: 1",
        ),
        (
            "on_when_assessed = true\n",
            "",
            "2, key 'on_when_assessed'",
            "'on_when_assessed' is missing",
        ),
        (
            'by = 2028-12-31\nreason = "Talks',
            'in_force_on = 2028-12-31\nreason = "Talks',
            "3, key 'start.in_force_on'",
            "what never ends",
        ),
    ],
)
def test_faults_of_a_driver_name_its_key(
    workspace: Path, old: str, new: str, place: str, problem: str
):
    faults = _faults(workspace, changed(DRIVERS, old, new))
    (fault,) = (each for each in faults if problem in each)
    assert f"  where: drivers.toml, [[driver]] {place}\n  fix:   " in fault


@pytest.mark.parametrize(
    ("old", "new", "place", "problem"),
    [
        (
            'from = ["boom"]',
            'from = ["bom"]',
            "[[interaction]] 1, key 'from'",
            "there is no driver 'bom'",
        ),
        ('from = ["boom"]', "from = []", "[[interaction]] 1, key 'from'", "'from' has 0 names"),
        (
            '"10%" = 1.5',
            '"10%" = -1',
            "[[interaction]] 1, key 'odds.10%'",
            "the multiplier -1 is not above 0",
        ),
        (
            '"90%" = 4',
            '"90%" = 1',
            "[[interaction]] 1, key 'odds'",
            "1.5 at 10% is not below 1 at 90%",
        ),
        (
            'to = "deal"',
            'to = "deal"\nacts_on = "end"',
            "[[interaction]] 1, key 'to'",
            "'deal' has no end",
        ),
        (
            '["ban", "deal"]',
            '["ban"]',
            "[[exclusion]] 1, key 'drivers'",
            "'drivers' has 1 names, and needs 2",
        ),
        (
            '["ban", "deal"]',
            '["ban", "deal", "boom"]',
            "[[exclusion]] 1, key 'drivers'",
            "is of two",
        ),
        (
            'from = ["deal"]\nto = "boom"',
            'from = ["ban"]\nto = "deal"',
            "[[amplification]] 1, key 'to'",
            "has no effects",
        ),
        (
            'to = "boom"\n',
            'to = "boom"\nseries = ["eu-plan"]\n',
            "[[amplification]] 1, key 'series'",
            "no effect on 'eu-plan'",
        ),
        (
            "[[exclusion]]",
            "[[exclusions]]",
            "top level, key 'exclusions'",
            "the key 'exclusions' has no meaning",
        ),
    ],
)
def test_faults_of_relations_name_their_block(
    workspace: Path, old: str, new: str, place: str, problem: str
):
    faults = _faults(workspace, changed(DRIVERS, old, new))
    (fault,) = (each for each in faults if problem in each)
    assert f"  where: drivers.toml, {place}\n  fix:   " in fault


@pytest.mark.parametrize(
    "text",
    [
        "driver = 3",
        "driver = [3]",
        "[[driver]]\nid = 5\nstart = 5\nend = [1]\nevent = 1\neffect = {}\nactors = [1]",
        "[[driver]]\nid = ['a']\n[[driver.effect]]\nseries = 5\nsize = 3\n[[driver.event]]\n",
        "[[driver]]\nid = 'a'\n[driver.start]\nprobability = [0.1, 0.2]\nby = 5\n",
        "[[driver]]\n[[driver.past_effect]]\nseries = 'cn-share'\n",
        "[[interaction]]\nfrom = 'boom'\nto = 5\n[[exclusion]]\ndrivers = 5\n",
        "[[amplification]]\nfrom = ['a']\nto = 'a'\nseries = 5\ntimes = { '10%' = inf }\n",
    ],
)
def test_values_of_another_sort_are_faults_and_no_crash(workspace: Path, text: str):
    for fault in _faults(workspace, text):
        assert "  where: drivers.toml, " in fault
        assert "\n  fix:   " in fault


def test_all_faults_are_told_at_once(workspace: Path):
    text = changed(DRIVERS, RANGE, RANGE.replace("0.3", "2"))
    text = changed(text, 'series = "us-spend"', 'series = "us-spendd"')
    text = changed(text, 'series = "cn-share"', 'series = "cn-shar"')
    text = changed(text, 'to = "boom"', 'to = "bom"')
    assert len(_faults(workspace, text)) == 4


def test_a_driver_given_twice_and_a_pair_excluded_twice_are_refused(workspace: Path):
    again = DRIVERS + '[[exclusion]]\ndrivers = ["deal", "ban"]\nreason = "Again."\n'
    (fault,) = _faults(workspace, again)
    assert "'deal' and 'ban' are excluded twice" in fault


# --- what is found without parsing ---


def test_the_text_alone_tells_which_series_will_be_moved(workspace: Path):
    write_drivers(workspace)
    assert has_future_effects(workspace, ["cn-share"])
    assert has_future_effects(workspace, ["eu-plan", "us-spend"])
    assert not has_future_effects(workspace, ["eu-plan"])
    write_drivers(workspace, 'driver = [{ id = "odd style" }]')
    assert has_future_effects(workspace, ["eu-plan"])


def test_a_file_is_cut_at_its_headers_or_not_at_all():
    stretches = cut_at_headers(DRIVERS)
    assert stretches is not None
    assert "".join(text for _, text in stretches) == DRIVERS.lstrip("\n")
    assert [name for name, _ in stretches].count("[[driver]]") == 3
    for odd in (
        "a = 1\n" + DRIVERS,
        DRIVERS + "[other]\n",
        DRIVERS.replace("[[driver]]", "[[ driver ]]"),
    ):
        assert cut_at_headers(odd) is None


def test_the_mean_of_a_range_is_that_of_its_logit_normal(workspace: Path):
    # against a sum over 2,000 equally likely quantiles of the normal
    from statistics import NormalDist

    start = load_drivers(workspace).of("ban").start
    assert start is not None
    p = start.probability
    nodes = [NormalDist().inv_cdf((k + 0.5) / 2000) for k in range(2000)]
    draws = [1 / (1 + math.exp(-p.logit_mean - p.logit_sd * z)) for z in nodes]
    assert p.mean == pytest.approx(sum(draws) / 2000, abs=1e-5)
    assert p.low < p.mean < p.high
