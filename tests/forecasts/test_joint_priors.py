"""The prior shown of a part or a member is the one that its forecast uses."""

from __future__ import annotations

from datetime import date

import pytest

from forecaster.forecasts.joint_priors import prior_in_use
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.composition_beliefs import load_composition_prior
from forecaster.workspace.families import needs_of
from forecaster.workspace.reader import SHIPPED, load_entries, load_facts

AS_OF = date(2026, 11, 22)


def _used(series, as_of=AS_OF):
    entries, beliefs = load_entries(SHIPPED), load_beliefs(SHIPPED, [series])
    needed = needs_of([series], entries, beliefs, "").series
    facts = load_facts(SHIPPED, needed, entries=entries)
    prior = beliefs.of(entries[series])
    return prior, prior_in_use(prior, entries[series], facts, beliefs, as_of=as_of), beliefs


def test_a_part_keeps_its_stated_growth_and_takes_the_scales_of_all_parts():
    prior, used, beliefs = _used("cn-ai-chip-domestic-share")
    whole = load_composition_prior(SHIPPED, beliefs)
    assert used.trend.theta == whole.share.theta != prior.trend.theta
    assert set(used.stated) == {"growth"}
    # Nvidia's statement is nearly the same one with its sign turned
    assert used.trend.drift.mean == pytest.approx(prior.trend.drift.mean, abs=0.03)
    assert used.trend.drift.sd == pytest.approx(prior.trend.drift.sd, rel=0.15)


def test_a_member_has_the_scales_of_own_part_and_factor_together():
    prior, used, _ = _used("us-ai-private-investment")
    # families.toml: 0.12 and 0.09 make 0.15
    assert used.trend.theta[0].median == pytest.approx(0.15)
    assert (used.trend.drift.mean, used.trend.drift.sd) == pytest.approx(
        (prior.trend.drift.mean, prior.trend.drift.sd)
    )
    assert "volatility" not in used.stated


def test_a_series_fitted_alone_uses_all_that_is_stated():
    prior, used, _ = _used("cn-magnet-share")
    assert used == prior


def test_before_any_figure_of_its_whole_a_part_has_what_is_stated():
    prior, used, _ = _used("cn-ai-chip-domestic-share", as_of=date(2001, 1, 1))
    assert used == prior
