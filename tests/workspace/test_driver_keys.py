"""Every fault of a driver names the block and the key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from small_drivers import (
    DRIVERS,
    changed,
    driver_faults,
)

if TYPE_CHECKING:
    from pathlib import Path

Z = 1.2815515655


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
    faults = driver_faults(workspace, changed(DRIVERS, old, new))
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
    faults = driver_faults(workspace, changed(DRIVERS, old, new))
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
    for fault in driver_faults(workspace, text):
        assert "  where: drivers.toml, " in fault
        assert "\n  fix:   " in fault


def test_all_faults_are_told_at_once(workspace: Path):
    text = changed(DRIVERS, RANGE, RANGE.replace("0.3", "2"))
    text = changed(text, 'series = "us-spend"', 'series = "us-spendd"')
    text = changed(text, 'series = "cn-share"', 'series = "cn-shar"')
    text = changed(text, 'to = "boom"', 'to = "bom"')
    assert len(driver_faults(workspace, text)) == 4


def test_a_driver_given_twice_and_a_pair_excluded_twice_are_refused(workspace: Path):
    again = DRIVERS + '[[exclusion]]\ndrivers = ["deal", "ban"]\nreason = "Again."\n'
    (fault,) = driver_faults(workspace, again)
    assert "'deal' and 'ban' are excluded twice" in fault
