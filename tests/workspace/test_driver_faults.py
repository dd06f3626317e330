"""Faults of drivers and of how they work together, each with its whole message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from small_drivers import (
    DRIVERS,
    ENDS_SOON,
    changed,
    driver_fault,
    driver_faults,
)

if TYPE_CHECKING:
    from pathlib import Path

Z = 1.2815515655


# --- what is refused, with whole messages ---


def test_a_driver_that_acts_on_itself_is_refused(workspace: Path):
    assert driver_fault(workspace, 'from = ["boom"]', 'from = ["boom", "deal"]') == (
        "error: the driver 'deal' acts on itself\n"
        "  where: drivers.toml, [[interaction]] 1, key 'to'\n"
        "  fix:   remove 'deal' from 'from'"
    )
    assert driver_fault(workspace, '["ban", "deal"]', '["ban", "ban"]') == (
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
    (fault,) = driver_faults(workspace, text)
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
    (fault,) = driver_faults(workspace, text)
    assert "cannot be on with probabilities 1.00 + 1.00 = 2.00 at the end of 2025-Q4" in fault


def test_a_driver_cannot_start_while_what_excludes_it_is_still_on(workspace: Path):
    # the boom is on and ends within 8 quarters with .343, so within the 11 before 2028-Q4 with .439
    text = changed(DRIVERS, '["ban", "deal"]', '["deal", "boom"]')
    text = changed(text, 'class = "event"', 'class = "state"\n' + ENDS_SOON)
    (fault,) = driver_faults(workspace, text)
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
    (fault,) = driver_faults(workspace, text)
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
    (fault,) = driver_faults(workspace, text)
    # hazards in [0, 1] lead from 0 to about 1 / (1 + .34)
    assert fault == (
        "error: 'ban' cannot be in force on 2028-12-31 with probability 0.9: with its end it lies "
        "between 0 and 0.74\n"
        "  where: drivers.toml, [[driver]] 1, key 'start.probability'\n"
        "  fix:   state a probability between them, or another [driver.end]"
    )


def test_points_without_a_level_are_refused(workspace: Path):
    assert driver_fault(workspace, ", at = 0.5", "") == (
        "error: percentage points of 'cn-share' mean nothing without a level\n"
        "  where: drivers.toml, [[driver]] 1, key 'effect 1.size.at'\n"
        "  fix:   add at = 0.4 for points at 40%"
    )


def test_an_effect_on_a_derived_series_is_refused(workspace: Path):
    folder = workspace / "priors" / "series"
    folder.mkdir(parents=True)
    (folder / "cn-share.toml").write_text('family = "derived"\nformula = "us-spend / us-spend"\n')
    (fault,) = driver_faults(workspace, DRIVERS)
    assert fault == (
        "error: 'cn-share' is computed from other series, which would undo the effect\n"
        "  where: drivers.toml, [[driver]] 1, key 'effect 1.series'\n"
        "  fix:   put the effect on a series of its formula"
    )


def test_a_state_that_its_events_contradict_is_refused(workspace: Path):
    assert driver_fault(workspace, 'ended = "2025-07"\n', "") == (
        "error: it is off on 2025-12-31, but its events leave it on\n"
        "  where: drivers.toml, [[driver]] 1, key 'on_when_assessed'\n"
        "  fix:   correct 'on_when_assessed', 'ended' of an event, or mark what passed "
        "moment = true"
    )
