"""Which stated beliefs and dated events the joint families use."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.compositions import known_composition
from forecaster.workspace.drivers import load_interventions
from forecaster.workspace.joint_beliefs import (
    events_of,
    stated_growth,
    unheeded,
    unheeded_notes,
    with_notes,
)
from forecaster.workspace.reader import SHIPPED, load_entries, load_facts

DOMESTIC, AMD, NVIDIA = (
    "cn-ai-chip-domestic-share", "cn-ai-chip-share-amd", "cn-ai-chip-share-nvidia",
)  # fmt: skip


@pytest.fixture(scope="module")
def market():
    """Return the parts of China's chip market as known late in 2026, and the beliefs."""
    entries = load_entries(SHIPPED)
    facts = load_facts(SHIPPED, [DOMESTIC, AMD, NVIDIA], entries=entries)
    beliefs = load_beliefs(SHIPPED, [DOMESTIC])
    beliefs = replace(beliefs, events=load_interventions(SHIPPED, entries))
    return known_composition(facts, "cn-chip-market", as_of=date(2026, 11, 22)), beliefs


def test_every_part_takes_one_event_for_four_figures_of_its_own(market):
    known, beliefs = market
    events = events_of(known.histories, beliefs, as_of=date(2026, 11, 22))
    assert set(events) == {DOMESTIC, NVIDIA}  # none is about AMD
    assert {name: len(known.histories[name].data) for name in events} == {DOMESTIC: 7, NVIDIA: 4}
    # the widest priors come first
    assert [e.driver for e in events[NVIDIA].kept] == ["us-china-specific-chip-ban"]
    assert [e.driver for e in events[DOMESTIC].kept] == ["china-foreign-chip-ban-state-dc"]
    assert all(len(chosen.left_out) == 1 for chosen in events.values())


def test_no_event_is_used_before_it_happened(market):
    known, beliefs = market
    assert not events_of(known.histories, beliefs, as_of=date(2022, 9, 30))[NVIDIA].kept


def test_growth_is_taken_from_the_parts_that_state_it(market):
    known, beliefs = market
    growth = stated_growth(known.histories, beliefs)
    assert set(growth) == {DOMESTIC, AMD, NVIDIA}
    assert growth[NVIDIA].mean < 0 < growth[DOMESTIC].mean


def test_what_a_joint_family_cannot_use_is_named_with_the_reason(market):
    known, beliefs = market
    prior = beliefs.of(known.histories[DOMESTIC].entry)
    assert set(unheeded(prior, "composition")) == {"volatility", "cap"}
    assert unheeded(prior, "trend") == {}
    (note,) = unheeded_notes(prior, "composition")
    assert note.startswith(f"not used of what is stated about {DOMESTIC}: volatility (all parts")
    noted = with_notes(known.histories, beliefs, "composition")
    assert noted[DOMESTIC].notes[-1] == note
    assert noted[DOMESTIC].data == known.histories[DOMESTIC].data


def test_offsets_are_used_by_groups_and_not_by_wholes(market):
    known, beliefs = market
    prior = beliefs.of(known.histories[NVIDIA].entry)
    stated = {"offset.some-house": prior.stated["growth"]}
    prior = replace(prior, stated=stated)
    assert set(unheeded(prior, "composition")) == {"offset.some-house"}
    assert unheeded(prior, "pooled") == {}
