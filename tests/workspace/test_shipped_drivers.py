"""The shipped drivers, scenarios and questions are those of the essays, each with its reasons."""

from __future__ import annotations

import csv
import re
import tomllib
from datetime import date

import pytest

from forecaster.workspace.beliefs import SHIPPED_PRIORS
from forecaster.workspace.driver_beliefs import load_driver_beliefs, state_known
from forecaster.workspace.question_bank import load_questions
from forecaster.workspace.reader import SHIPPED, load_entries, load_facts
from forecaster.workspace.scenario_beliefs import load_scenarios

SEEDS_END = date(2025, 12, 31)
TODAY = date(2026, 11, 22)

DRIVERS = """
us-chip-controls-2022 us-semiconductor-controls-2024 us-china-specific-chip-ban
us-chip-threshold-tightening algorithm-level-controls cloud-compute-rental-limits
chip4-alignment third-country-chip-quota huawei-blocking-sanctions fdpr-on-chinese-champions
outbound-investment-limits controls-relaxed chip-leakage us-tariffs-and-sanctions
china-foreign-chip-ban-state-dc china-chip-state-support ascend-performance-ramp
smic-yield-and-tools domestic-software-stack hbm-self-sufficiency
china-compute-centralisation china-power-buildout china-growth-slowdown
content-compliance-burden belt-and-road-compute-export china-unilateral-openness
rare-earth-export-controls rare-earth-fdpr us-rare-earth-rebuild taiwan-customs-quarantine
algorithmic-efficiency-shock inference-and-system-shift open-model-diffusion
chinese-app-bans us-frontier-rebound hyperscaler-capex-surge ai-valuation-correction
gpu-scarcity compute-cost-decline us-federal-ai-mobilisation defence-ai-mobilisation
sovereign-ai-buildout middle-power-pooling niche-specialisation gulf-chip-deals
gulf-side-choice eu-investai-delivery eu-ai-act-burden us-capital-absorbs-champions
japan-korea-hedging energy-price-gap talent-drain data-sovereignty-rules standards-split
un-centred-governance africa-data-centres africa-huawei-conversion
india-brazil-public-compute swing-state-courtship compute-sharing-cooperation
"""

DATED_EVENTS = """
2010 belt-and-road-compute-export
2018 defence-ai-mobilisation
2022-10 us-chip-controls-2022
2024 un-centred-governance
2024-08 eu-ai-act-burden
2024-10 africa-data-centres
2024-12 us-semiconductor-controls-2024
2024-12 defence-ai-mobilisation
2025-01 third-country-chip-quota
2025-01 algorithmic-efficiency-shock
2025-01 chinese-app-bans
2025-02-11 eu-investai-delivery
2025-04 us-china-specific-chip-ban
2025-04 us-chip-threshold-tightening
2025-04 un-centred-governance
2025-05 gulf-chip-deals
2025-07 us-federal-ai-mobilisation
2025-07 us-rare-earth-rebuild
2025-07 defence-ai-mobilisation
2025-07 chinese-app-bans
2025-09 china-foreign-chip-ban-state-dc
2025-09 us-frontier-rebound
2025-10 rare-earth-export-controls
2025-10 rare-earth-fdpr
2025-11 us-federal-ai-mobilisation
2025-11 us-frontier-rebound
"""
"""InvestAI stands at the day of its announcement, which the essay puts two months later."""

EXCLUSIVE = """
status-quo full-decoupling controls-relaxed huawei-blocked taiwan-quarantine investment-winter
"""
OVERLAYS = """
algorithmic-controls two-ecosystems middle-power-pooling gulf-pivot compute-divide-widens
unguided-diffusion rare-earth-squeeze efficiency-shock central-compute un-led-sharing
"""


@pytest.fixture(scope="module")
def entries():
    return load_entries(SHIPPED)


@pytest.fixture(scope="module")
def beliefs(entries):
    return load_driver_beliefs(SHIPPED, entries)


@pytest.fixture(scope="module")
def scenarios(beliefs):
    return load_scenarios(SHIPPED, beliefs)


@pytest.fixture(scope="module")
def questions(entries, beliefs):
    return load_questions(SHIPPED, entries, beliefs)


@pytest.fixture(scope="module")
def essays() -> set[str]:
    with (SHIPPED / "claims.csv").open(encoding="utf-8", newline="") as file:
        return {line["seed"] for line in csv.DictReader(file)}


def _table(name: str) -> dict[str, list[dict]]:
    return tomllib.loads((SHIPPED_PRIORS / name).read_text(encoding="utf-8"))


def _published(name: str) -> dict[str, str]:
    with (SHIPPED / name).open(encoding="utf-8", newline="") as file:
        return {line["source"]: line["published"] for line in csv.DictReader(file)}


def test_the_sixty_drivers_of_the_essays_are_there(beliefs):
    assert len(DRIVERS.split()) == 60
    assert [driver.id for driver in beliefs.drivers] == DRIVERS.split()


def test_the_twenty_six_dated_events_of_the_essays_are_there(beliefs):
    wanted = {tuple(line.split()) for line in DATED_EVENTS.strip().splitlines()}
    assert len(wanted) == 26
    found = {(str(event.date), driver.id) for driver in beliefs.drivers for event in driver.events}
    assert wanted <= found


def test_what_the_essays_do_not_bear_is_marked_unverified(beliefs):
    unverified = {
        (str(event.date), driver.id)
        for driver in beliefs.drivers
        for event in driver.events
        if not event.is_verified
    }
    assert unverified == {
        ("2025-04", "us-chip-threshold-tightening"),
        ("2024", "un-centred-governance"),
    }


def test_the_sixteen_scenarios_of_the_essays_are_there(scenarios):
    by_exclusive = {True: [], False: []}
    for scenario in scenarios:
        by_exclusive[scenario.is_exclusive].append(scenario.id)
    assert sorted(by_exclusive[True]) == sorted(EXCLUSIVE.split())
    assert sorted(by_exclusive[False]) == sorted(OVERLAYS.split())


def test_the_seventy_seven_questions_of_the_essays_are_there(questions):
    assert [question.id for question in questions] == [f"q{k:02d}" for k in range(1, 78)]


def test_every_driver_scenario_and_question_names_essays_that_there_are(essays):
    for name, key in (("drivers", "driver"), ("scenarios", "scenario"), ("questions", "question")):
        for block in _table(f"{name}.toml")[key]:
            assert block["essays"], block["id"]
            assert set(block["essays"]) <= essays, block["id"]


def test_every_link_between_drivers_names_a_reason_and_essays_that_there_are(essays):
    table = _table("drivers.toml")
    for kind in ("interaction", "exclusion", "amplification"):
        for block in table[kind]:
            assert block["reason"].strip(), block
            assert block["essays"], block
            assert set(block["essays"]) <= essays, block


def test_every_probability_and_size_has_a_reason():
    for driver in _table("drivers.toml")["driver"]:
        stated = [driver[key] for key in ("start", "end") if key in driver]
        stated += driver.get("effect", []) + driver.get("past_effect", [])
        assert stated, driver["id"]
        for block in stated:
            assert len(block["reason"]) > 15, (driver["id"], block)


def test_a_size_of_ours_and_one_of_the_essays_can_be_told_apart():
    """What is no number of the essays says so at the start of its reason."""
    for driver in _table("drivers.toml")["driver"]:
        for effect in driver.get("effect", []):
            reason = effect["reason"]
            assert reason.startswith("Ours") or re.search(r"\d|[Aa]s on|same", reason), reason


def test_every_driver_is_a_judgement_of_the_day_on_which_the_essays_end(beliefs):
    assert {driver.assessed_on for driver in beliefs.drivers} == {SEEDS_END}
    assert all(driver.is_judgement for driver in beliefs.drivers)


def test_every_driver_does_something_and_can_be_moved_or_has_happened(beliefs):
    for driver in beliefs.drivers:
        assert driver.effects, driver.id
        assert driver.start or driver.end or driver.events, driver.id


def test_scenarios_force_drivers_that_there_are(scenarios):
    for scenario in scenarios:
        forced = [each.driver for each in scenario.on] + list(scenario.off)
        assert scenario.on, scenario.id
        assert set(forced) <= set(DRIVERS.split()), scenario.id
        assert len(set(forced)) == len(forced), scenario.id
        assert scenario.narrative, scenario.id
        assert scenario.evidence, scenario.id


def test_past_states_are_known_as_of_their_days(beliefs):
    ban = beliefs.of("us-china-specific-chip-ban")
    days = (date(2025, 3, 31), date(2025, 5, 15), SEEDS_END, TODAY)
    assert [state_known(ban, day) for day in days] == [False, True, False, False]
    assert [state_known(beliefs.of("controls-relaxed"), day) for day in days] == [
        False, False, True, True,
    ]  # fmt: skip
    minerals = beliefs.of("rare-earth-export-controls")
    assert state_known(minerals, date(2025, 11, 15))
    assert not state_known(minerals, SEEDS_END)


def test_outcomes_were_known_when_their_sources_were_published(questions):
    published = _published("sources.csv")
    for question in questions:
        if question.outcome is None:
            continue
        month = published[question.outcome.source][:7]
        assert question.outcome.known_on.isoformat()[:7] == month, question.id
        assert question.outcome.known_on <= TODAY


def test_outcomes_agree_with_the_figures_of_the_facts(questions, entries):
    by_id = {question.id: question for question in questions}
    decided = {name for name, question in by_id.items() if question.outcome is not None}
    assert decided == {"q01", "q02", "q15", "q46", "q52"}
    series = [name for key in ("q01", "q15", "q46") for name in by_id[key].series]
    facts = load_facts(SHIPPED, series, entries=entries)
    values = {
        (row.series, str(row.period), row.basis): row.value
        for rows in facts.rows.values()
        for row in rows
        if row.quality != "recalled"
    }
    share = "cn-ai-chip-domestic-share"
    assert values[share, "2025", "idc-units"] >= by_id["q01"].ask.level
    assert values[share, "2025-H1", "idc-units"] < by_id["q02"].ask.level
    assert values[share, "2025-H2", "idc-units"] >= by_id["q02"].ask.level
    money = "us-ai-private-investment"
    assert values[money, "2025", "ai-index"] >= by_id["q15"].ask.level
    downloads = "qwen-cumulative-downloads"
    assert values[downloads, "2026-01-13", "alibaba-claim"] < by_id["q46"].ask.level
    assert values[downloads, "2026-05", "alibaba-claim"] >= by_id["q46"].ask.level


def test_a_question_on_a_past_date_without_a_figure_stays_open(questions):
    """The Index of 2026 is out, and no figure of South Korea or India for 2025 is in the facts."""
    (question,) = [each for each in questions if each.id == "q17"]
    assert question.resolves_on < TODAY
    assert question.outcome is None


def test_no_fact_decides_a_question_unnoticed(questions, entries):
    """A threshold on a year of one series that a figure has decided carries its outcome."""
    plain = [
        each
        for each in questions
        if each.type == "threshold" and not each.ask.target.is_formula and each.ask.period
    ]
    facts = load_facts(SHIPPED, [each.series[0] for each in plain], entries=entries)
    known = {
        (row.series, str(row.period), row.basis) for rows in facts.rows.values() for row in rows
    }
    for question in plain:
        basis = question.basis or entries[question.series[0]].reference_basis
        if (question.series[0], str(question.ask.period), basis) in known:
            assert question.outcome is not None, question.id
