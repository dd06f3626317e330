"""Dated events: the shipped file, what is read, what is refused, and how many a history bears."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

import pytest

from forecaster.errors import FaultyInput, InputError
from forecaster.workspace.drivers import Intervention, choose_events, load_interventions
from forecaster.workspace.reader import SHIPPED, load_entries, load_facts
from forecaster.workspace.stated_sizes import MOST_SD

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
[[driver]]
id = "ban"
title = "A ban"
actors = ["Someone"]
source = "c1"

[[driver.event]]
date = "2024-04"

[[driver.past_effect]]
date = "2024-04"
series = "cn-share"
shape = "window"
until = "2024-07"
size = { quantiles = { "10%" = -20, "90%" = -10 }, unit = "percentage points", at = 0.5 }
reason = "A judgement."

[[driver.past_effect]]
date = '2024-04'
series = "us-spend"
shape = "ramp"
lag = 2
quarters = 4
size = { quantiles = { "10%" = 10, "90%" = 50 }, unit = "percent" }
reason = "Another."

[[driver]]
id = "plan"
title = "A plan"
actors = []
source = "idc-2025"

[[driver.event]]
date = 2024-12-31

[[driver.past_effect]]
date = "2024-12-31"
series = "us-spend"
shape = "step"
size = { quantiles = { "5%" = 0, "50%" = 10, "95%" = 21 }, unit = "percent" }
reason = "A third."
"""


def _load(workspace: Path, text: str = GOOD, **only) -> tuple[Intervention, ...]:
    (workspace / "priors").mkdir(exist_ok=True)
    (workspace / "priors" / "drivers.toml").write_text(text, encoding="utf-8")
    return load_interventions(workspace, load_entries(workspace), **only)


def test_window_lies_between_the_middles_of_its_months(workspace: Path):
    ban = _load(workspace)[0]
    # April 2024 is [2024.25, 2024 + 4/12), its middle 2024 + 3.5/12
    assert (ban.start, ban.end) == pytest.approx((2024 + 3.5 / 12, 2024 + 6.5 / 12))
    assert (ban.driver, ban.shape, ban.source, ban.actors) == ("ban", "window", "c1", ("Someone",))


def test_ramp_starts_after_its_lag_and_fills_over_its_quarters(workspace: Path):
    ramp = _load(workspace)[1]
    assert (ramp.start, ramp.end) == pytest.approx((2024 + 3.5 / 12 + 0.5, 2024 + 3.5 / 12 + 1.5))


def test_step_never_ends(workspace: Path):
    step = _load(workspace)[2]
    assert step.start == pytest.approx(2025.0, abs=0.01)
    assert step.end == math.inf


def test_points_become_logits_at_their_level_by_hand(workspace: Path):
    # logit(.3) = -0.847298, logit(.4) = -0.405465, logit(.5) = 0; z of 90% is 1.281552
    effect = _load(workspace)[0].effect
    assert effect.mean == pytest.approx((-0.847298 - 0.405465) / 2, abs=1e-6)
    assert effect.sd == pytest.approx((0.847298 - 0.405465) / 2 / 1.281552, abs=1e-6)


def test_percents_become_logs_by_hand(workspace: Path):
    # log 1.1 = 0.095310, log 1.5 = 0.405465
    effect = _load(workspace)[1].effect
    assert effect.mean == pytest.approx((0.095310 + 0.405465) / 2, abs=1e-6)
    assert effect.sd == pytest.approx((0.405465 - 0.095310) / 2 / 1.281552, abs=1e-6)


def test_three_quantiles_are_fitted_by_least_squares(workspace: Path):
    # log 1 = 0, log 1.1 = 0.0953, log 1.21 = 0.1906: on a line, so the fit is exact
    effect = _load(workspace)[2].effect
    assert effect.mean == pytest.approx(math.log(1.1))
    assert effect.sd == pytest.approx(math.log(1.1) / 1.644854, abs=1e-6)


def test_sizes_come_back_from_the_link_scale(workspace: Path):
    for event in _load(workspace):
        for _, value in event.stated.quantiles:
            assert event.stated.to_natural(event.stated.to_link(value)) == pytest.approx(value)


def test_a_file_is_parsed_only_for_series_that_it_mentions(workspace: Path):
    assert _load(workspace, "this is no TOML", only=["eu-plan"]) == ()
    assert [event.driver for event in _load(workspace, only=["us-spend"])] == ["ban", "plan"]


def test_a_workspace_without_the_file_has_no_events(workspace: Path):
    # it stands alone: the shipped events are about series that it lacks
    assert load_interventions(workspace, load_entries(workspace)) == ()


def test_toml_dates_are_read_as_days(workspace: Path):
    (step,) = (
        event
        for event in _load(workspace, GOOD.replace('= "2024-12-31"', "= 2024-12-31"))
        if event.driver == "plan"
    )
    assert str(step.dated) == "2024-12-31"


@pytest.mark.parametrize(
    ("old", "new", "key", "problem"),
    [
        ('"cn-share"', '"cn-shar"', "past_effect 1.series", "there is no series 'cn-shar'"),
        ('"window"', '"windows"', "past_effect 1.shape", "the shape 'windows' is not known"),
        ('"c1"', '"c9"', "source", "the source 'c9' is not known"),
        (
            'date = "2024-04"\nseries',
            'date = "2024-13"\nseries',
            "past_effect 1.date",
            "'date' is not a date: '2024-13'",
        ),
        (
            'date = "2024-04"\n\n',
            'date = "2024-05"\n\n',
            "past_effect 1.date",
            "no verified event of the driver has the date '2024-04'",
        ),
        (
            'date = "2024-04"\n\n',
            'date = "2024-04"\nverified = false\n\n',
            "past_effect 1.date",
            "no verified event",
        ),
        (
            '"2024-07"',
            '"2024-04"',
            "past_effect 1.until",
            "the window ends at 2024-04, before it begins",
        ),
        ("at = 0.5", "at = 0.15", "past_effect 1.size.quantiles.10%", "lead out of the range"),
        ("at = 0.5", "at = 50", "past_effect 1.size.at", "'at' is 50"),
        (", at = 0.5", "", "past_effect 1.size.at", "mean nothing without a level"),
        ('"percentage points"', '"percent"', "past_effect 1.size.unit", "does not suit 'cn-share'"),
        ('"90%" = -10', '"90%" = -30', "past_effect 1.size.quantiles", "-20 at 10% and -30 at 90%"),
        (
            '"10%" = -20',
            '"10%" = -45',
            "past_effect 1.size.quantiles",
            "sd 0.99, and 0.5 is the most",
        ),
        ('"10%" = -20, ', "", "past_effect 1.size.quantiles", "there are not enough quantiles"),
        (
            '"10%" = -20',
            '"ten" = -20',
            "past_effect 1.size.quantiles",
            "'ten' is not a quantile level",
        ),
        ('"10%" = -20', '"10%" = "x"', "past_effect 1.size.quantiles", "is not a number: 'x'"),
        ('"10%" = -20', '"10%" = -inf', "past_effect 1.size.quantiles", "is not a number: -inf"),
        ('reason = "A judgement."', "", "past_effect 1.reason", "'reason' is missing"),
        (
            'until = "2024-07"',
            "untill = 3",
            "past_effect 1.untill",
            "the key 'untill' has no meaning",
        ),
        ("lag = 2", "lag = -2", "past_effect 2.lag", "'lag' is -2"),
        ("quarters = 4", "", "past_effect 2.quarters", "a ramp needs 'quarters'"),
        ("quarters = 4", 'until = "2025"', "past_effect 2.until", "a ramp has no 'until'"),
        (
            '"us-spend"\nshape = "ramp"',
            '"cn-share"\nshape = "ramp"',
            "past_effect 2.size.unit",
            "suit",
        ),
        ('title = "A ban"', "", "title", "'title' is missing"),
        ('["Someone"]', '"Someone"', "actors", "'actors' is not a list of names"),
    ],
)
def test_faults_name_the_driver_and_the_key(
    workspace: Path, old: str, new: str, key: str, problem: str
):
    assert GOOD.count(old) == 1
    with pytest.raises(InputError) as caught:
        _load(workspace, GOOD.replace(old, new))
    (fault,) = caught.value.faults
    assert problem in fault.problem
    assert fault.where.endswith(f"drivers.toml, [[driver]] 1, key '{key}'")
    assert fault.fix


def test_skewed_quantiles_are_refused(workspace: Path):
    # log 1, log 1.01, log 1.5: the middle one lies far from the line of the others
    with pytest.raises(InputError, match="no normal prior has these quantiles"):
        _load(workspace, GOOD.replace('"50%" = 10, "95%" = 21', '"50%" = 1, "95%" = 50'))


def test_a_driver_given_twice_is_refused(workspace: Path):
    with pytest.raises(InputError, match="the driver 'ban' is there twice"):
        _load(workspace, GOOD.replace('"plan"', '"ban"'))


def test_a_second_effect_on_one_series_is_refused(workspace: Path):
    again = GOOD + GOOD[GOOD.rindex("[[driver.past_effect]]") :]
    with pytest.raises(InputError, match="a second effect on 'us-spend'"):
        _load(workspace, again)


def test_faults_of_several_drivers_are_reported_at_once(workspace: Path):
    with pytest.raises(FaultyInput) as caught:
        _load(workspace, GOOD.replace('"c1"', '"c9"').replace('= "2024-12-31"', '= "x"'))
    assert ["[[driver]] 1" in f.where for f in caught.value.faults] == [True, False]


def test_a_file_that_is_no_toml_is_refused(workspace: Path):
    with pytest.raises(InputError, match="cannot be read"):
        _load(workspace, "[[driver")
    with pytest.raises(InputError, match="no list of drivers"):
        _load(workspace, "driver = 3")


# --- which events a history bears ---


def test_one_event_for_every_four_figures_and_the_widest_first(workspace: Path):
    events = _load(workspace)
    choose = {
        n: choose_events(events, "us-spend", as_of=date(2026, 1, 1), n_figures=n)
        for n in (3, 4, 7, 8)
    }
    assert [len(choose[n].kept) for n in (3, 4, 7, 8)] == [0, 1, 1, 2]
    # the ramp's sd is 0.121, the step's 0.058
    assert [event.driver for event in choose[4].kept] == ["ban"]
    assert [(event.driver, reason) for event, reason in choose[7].left_out] == [
        (
            "plan",
            "7 figures bear at most 1 dated event, and those with wider priors come first",
        )
    ]


def test_an_event_counts_only_after_its_last_possible_day(workspace: Path):
    events = _load(workspace)
    before = choose_events(events, "cn-share", as_of=date(2024, 4, 30), n_figures=8)
    after = choose_events(events, "cn-share", as_of=date(2024, 5, 1), n_figures=8)
    assert (len(before.kept), len(after.kept)) == (0, 1)


def test_a_window_is_still_on_as_long_as_its_end_is_not_known(workspace: Path):
    events = _load(workspace)
    (then,) = choose_events(events, "cn-share", as_of=date(2024, 6, 1), n_figures=8).kept
    (now,) = choose_events(events, "cn-share", as_of=date(2024, 8, 1), n_figures=8).kept
    assert then.end == math.inf
    assert now.end == pytest.approx(2024 + 6.5 / 12)


# --- the shipped file ---


@pytest.fixture(scope="module")
def shipped() -> tuple[Intervention, ...]:
    return load_interventions(SHIPPED, load_entries(SHIPPED))


def test_every_shipped_event_obeys_the_rules(shipped: tuple[Intervention, ...]):
    assert len(shipped) >= 8
    for event in shipped:
        assert 0 < event.effect.sd <= MOST_SD
        assert event.reason.endswith(".")
        assert event.actors
        assert event.dated.end < date(2026, 1, 1)


def test_shipped_on_and_off_policies_are_windows(shipped: tuple[Intervention, ...]):
    windows = {(event.driver, event.series): event for event in shipped if event.until}
    ban = windows["us-china-specific-chip-ban", "cn-ai-chip-share-nvidia"]
    assert (str(ban.dated), str(ban.until)) == ("2025-04", "2025-07")
    controls = windows["rare-earth-export-controls", "cn-magnet-share"]
    assert (str(controls.dated), str(controls.until)) == ("2025-10", "2025-11")


def test_shipped_events_are_on_series_with_at_least_four_figures(
    shipped: tuple[Intervention, ...],
):
    facts = load_facts(SHIPPED, sorted({event.series for event in shipped}))
    for event in shipped:
        assert len(facts.rows[event.series]) >= 4, event.series


def test_the_stop_of_the_h20_is_minus_15_to_minus_40_points(shipped: tuple[Intervention, ...]):
    (ban,) = (
        event
        for event in shipped
        if (event.driver, event.series) == ("us-china-specific-chip-ban", "cn-ai-chip-share-nvidia")
    )
    ends = [ban.effect.mean + z * ban.effect.sd for z in (-1.281552, 1.281552)]
    assert [ban.stated.to_natural(end) for end in ends] == pytest.approx([-40, -15], abs=1e-4)
