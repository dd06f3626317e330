"""Scenarios: what is read, and whole messages for those that contradict themselves or history."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from small_drivers import DRIVERS, changed, load_drivers, write_prior

from forecaster.errors import InputError
from forecaster.workspace.scenario_beliefs import Scenario, load_scenarios, require_history

if TYPE_CHECKING:
    from pathlib import Path

SCENARIOS = """
[[scenario]]
id = "deal"
title = "A deal"
narrative = "Both sides agree."
by = 2027-12-31
exclusive = true
on = ["driver:deal", { driver = "boom", date = "2026-Q3" }]
off = ["ban"]
evidence = "An essay."
essays = ["one.txt"]

[[scenario]]
id = "leaning"
title = "Leaning"
narrative = "A ban is likelier."
probability = [{ driver = "ban", probability = { "10%" = 0.2, "90%" = 0.4 } }]
"""


def _load(workspace: Path, text: str = SCENARIOS, drivers: str = DRIVERS) -> tuple[Scenario, ...]:
    write_prior(workspace, "scenarios.toml", text)
    return load_scenarios(workspace, load_drivers(workspace, drivers))


def _faults(workspace: Path, text: str, drivers: str = DRIVERS) -> list[str]:
    """Return the faults of a file of scenarios as they are printed, its folder cut away."""
    with pytest.raises(InputError) as caught:
        _load(workspace, text, drivers)
    folder = f"{workspace / 'priors'}/"
    return [str(fault).replace(folder, "") for fault in caught.value.faults]


def test_a_file_without_faults_is_read_in_its_order(workspace: Path):
    deal, leaning = _load(workspace)
    assert [(forced.driver, str(forced.start)) for forced in deal.on] == [
        ("deal", "None"),
        ("boom", "2026-Q3"),
    ]
    assert (deal.off, deal.by, deal.is_exclusive) == (("ban",), date(2027, 12, 31), True)
    assert (leaning.on, leaning.off, leaning.by) == ((), (), date(2028, 12, 31))
    assert leaning.probability["ban"].high == 0.4
    assert not leaning.is_exclusive


def test_a_workspace_without_the_file_has_no_scenarios(workspace: Path):
    assert load_scenarios(workspace, load_drivers(workspace)) == ()


def test_exclusive_drivers_both_set_on_are_refused(workspace: Path):
    text = changed(SCENARIOS, 'off = ["ban"]', "")
    (fault,) = _faults(workspace, changed(text, '["driver:deal", ', '["deal", "ban", '))
    assert fault == (
        "error: 'ban' and 'deal' are never on together\n"
        "  where: scenarios.toml, [[scenario]] 1, key 'on'\n"
        "  fix:   set one of them off"
    )


def test_a_driver_set_on_and_off_is_refused(workspace: Path):
    (fault,) = _faults(workspace, changed(SCENARIOS, 'off = ["ban"]', 'off = ["deal"]'))
    assert fault == (
        "error: the driver 'deal' is set both on and off\n"
        "  where: scenarios.toml, [[scenario]] 1, key 'off'\n"
        "  fix:   remove it from 'on' or from 'off'"
    )


def test_a_probability_that_an_exclusion_forbids_is_refused(workspace: Path):
    likely = '{ "10%" = 0.9, "90%" = 0.95 }'
    text = changed(SCENARIOS, '{ "10%" = 0.2, "90%" = 0.4 }', likely)
    (fault,) = _faults(workspace, text)
    assert "the exclusive drivers 'ban' and 'deal' cannot be on with probabilities" in fault
    assert "scenarios.toml, [[scenario]] 2, key 'probability'" in fault
    # with the other one off there is room
    _load(workspace, text + 'off = ["deal"]\n')


@pytest.mark.parametrize(
    ("old", "new", "place", "problem"),
    [
        ('"driver:deal"', '"dael"', "1, key 'on 1.driver'", "there is no driver 'dael'"),
        ('"driver:deal"', "7", "1, key 'on'", "7 is no driver"),
        ('["ban"]', '["bann"]', "1, key 'off'", "there is no driver 'bann'"),
        ('["ban"]', '["ban", "ban"]', "1, key 'off'", "the driver 'ban' is off twice"),
        ('"driver:deal"', '"boom"', "1, key 'on'", "the driver 'boom' is on twice"),
        ('"2026-Q3"', '"2026-Q5"', "1, key 'on 2.date'", "'date' is not a date: '2026-Q5'"),
        ('"2026-Q3"', '"2026"', "1, key 'on 2.date'", "2026 is too long for the date"),
        ('"2026-Q3"', '"2028-Q1"', "1, key 'on'", "is set on in 2028-Q1, after 2027-12-31"),
        ('"leaning"', '"deal"', "2, key 'id'", "the scenario 'deal' is there twice"),
        ("by = 2027-12-31", "by = 2025-12-31", "1, key 'by'", "cannot come on by 2025-12-31"),
        ("by = 2027-12-31", 'by = "soon"', "1, key 'by'", "'by' is not a day: 'soon'"),
        ('title = "Leaning"\n', "", "2, key 'title'", "'title' is missing"),
        ('"90%" = 0.4', '"90%" = 1.4', "2, key 'probability 1.probability.90%'", "1.4 is not"),
        ('driver = "ban"', 'driver = "bn"', "2, key 'probability 1.driver'", "no driver 'bn'"),
        ('driver = "ban"', 'driver = "boom"', "2, key 'probability'", "'boom' has no start"),
        ("probability = [", "chance = [", "2, key 'chance'", "the key 'chance' has no meaning"),
    ],
)
def test_faults_of_a_scenario_name_its_key(
    workspace: Path, old: str, new: str, place: str, problem: str
):
    faults = _faults(workspace, changed(SCENARIOS, old, new))
    (fault,) = (each for each in faults if problem in each)
    assert f"  where: scenarios.toml, [[scenario]] {place}\n  fix:   " in fault


def test_all_faults_of_all_scenarios_are_told_at_once(workspace: Path):
    text = changed(SCENARIOS, '"driver:deal"', '"dael"')
    text = changed(changed(text, '"2026-Q3"', '"2026"'), '"90%" = 0.4', '"90%" = 4')
    assert len(_faults(workspace, text)) == 3


@pytest.mark.parametrize(
    "text",
    [
        "scenario = 3",
        "[[scenario]]\nid = 5\non = 'ban'\noff = 'ban'\nprobability = 0.3\nby = 5\nexclusive = 1",
        "[[scenario]]\nid = 'a'\non = [{ driver = 5, date = 5 }, [1]]\noff = [1]\nessays = 'x'",
        "[[scenario]]\nid = 'a'\nprobability = [{ driver = 'ban', probability = 1 }, {}]",
    ],
)
def test_values_of_another_sort_are_faults_and_no_crash(workspace: Path, text: str):
    for fault in _faults(workspace, text):
        assert "  where: scenarios.toml, " in fault or "scenarios.toml, key" in fault
        assert "\n  fix:   " in fault


# --- what has happened ---


def test_a_scenario_that_sets_on_what_was_off_in_the_past_is_refused(workspace: Path):
    text = changed(SCENARIOS, '"driver:deal"', '{ driver = "deal", date = "2025-02" }')
    (fault,) = _faults(workspace, text)
    assert fault == (
        "error: 'deal' is set on in 2025-02, but it was off until 2025-12-31\n"
        "  where: scenarios.toml, [[scenario]] 1, key 'on'\n"
        "  fix:   use a later date, or add its event to drivers.toml"
    )


def test_a_scenario_is_checked_against_what_was_known_on_the_day_of_a_forecast(workspace: Path):
    text = changed(SCENARIOS, '"driver:deal"', '{ driver = "deal", date = "2026-Q2" }')
    deal, _ = _load(workspace, text)
    drivers = load_drivers(workspace)
    require_history(deal, drivers, as_of=date(2026, 6, 29))
    # a quarter that ends on the day itself is past
    with pytest.raises(InputError, match="'deal' is set on in 2026-Q2, but it was off until"):
        require_history(deal, drivers, as_of=date(2026, 6, 30))
    with pytest.raises(InputError, match="is set by 2027-12-31, which is past"):
        require_history(deal, drivers, as_of=date(2028, 1, 1))


def test_an_event_that_has_happened_cannot_be_set_off(workspace: Path):
    drivers = changed(
        DRIVERS,
        'reason = "Talks go on."\n',
        'reason = "Talks go on."\n[[driver.event]]\ndate = "2026-02"\ntitle = "Signed"\n'
        'source = "c1"\n',
    )
    text = changed(SCENARIOS, 'id = "leaning"', 'id = "leaning"\noff = ["deal"]')
    _, leaning = _load(workspace, text, drivers)
    beliefs = load_drivers(workspace, drivers)
    require_history(leaning, beliefs, as_of=date(2026, 2, 28))
    with pytest.raises(InputError, match="'deal' is set off, but it has happened"):
        require_history(leaning, beliefs, as_of=date(2026, 3, 1))
