"""Drivers: what is read, by hand, and what is known when."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

import pytest
from small_drivers import DRIVERS, changed, load_drivers, write_drivers

from forecaster.workspace.driver_beliefs import DriverBeliefs, load_driver_beliefs, state_known
from forecaster.workspace.driver_text import cut_at_headers
from forecaster.workspace.drivers import has_future_effects
from forecaster.workspace.reader import load_entries

if TYPE_CHECKING:
    from pathlib import Path

Z = 1.2815515655


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
