"""What a joint fit learnt stays beside its trajectories: same draws, same order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecaster.forecasts.explain_joint import explain_joint
from forecaster.forecasts.joint_runs import run_joint
from forecaster.forecasts.settings import Settings
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.drivers import load_interventions
from forecaster.workspace.reader import SHIPPED, load_entries, load_facts

PARTS = ("cn-ai-chip-domestic-share", "cn-ai-chip-share-amd", "cn-ai-chip-share-nvidia")
NVIDIA = PARTS[2]


@pytest.fixture(scope="module")
def market():
    """Return a function that forecasts China's chip market, with some settings changed."""
    entries = load_entries(SHIPPED)
    facts = load_facts(SHIPPED, PARTS, entries=entries)
    events = load_interventions(SHIPPED, entries, only=PARTS)
    beliefs = replace(load_beliefs(SHIPPED, PARTS), events=events)

    def run(**changed):
        settings = Settings(date(2026, 11, 22), "2027", n_draws=2000)
        return run_joint(
            "composition", "cn-chip-market", facts, beliefs, replace(settings, **changed),
            announce=lambda _: None,
        )  # fmt: skip

    return run


def test_what_was_learnt_is_of_the_same_draws_as_the_forecast(market, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    job, drawn = market(use_cache=False)
    _, stored = market()
    _, again = market()
    assert again.from_cache
    assert again.learnt is None
    for part in PARTS:
        assert np.array_equal(drawn.trajectories[part], stored.trajectories[part])
        assert np.array_equal(drawn.trajectories[part], again.trajectories[part])
    # draws that share their hyperparameters share their number, after shuffling and weighing
    s_l = drawn.learnt.theta["s_l"]
    for number in np.unique(drawn.theta_index)[:50]:
        assert len(np.unique(s_l[drawn.theta_index == number])) == 1
    # a faster long-run growth goes with a higher share at the horizon, in the same draw
    links = np.log(drawn.trajectories[NVIDIA][:, -1] / (1 - drawn.trajectories[NVIDIA][:, -1]))
    assert np.corrcoef(links, drawn.learnt.drifts[NVIDIA])[0, 1] > 0.1
    with pytest.raises(ValueError, match="fit anew"):
        explain_joint(NVIDIA, "composition", job, again)


def test_an_explanation_has_the_draws_quantiles_in_natural_units(market):
    job, drawn = market(use_cache=False, without_judgements=True)
    found = explain_joint(NVIDIA, "composition", job, drawn)
    (effect,) = found.effects
    (sizes,) = drawn.learnt.event_sizes[NVIDIA]
    assert effect.posterior.median == pytest.approx(
        effect.event.stated.to_natural(float(np.median(sizes))), abs=0.05
    )
    assert effect.moved == pytest.approx(
        (np.median(sizes) - effect.event.effect.mean) / effect.event.effect.sd
    )
    assert [event.driver for event, _ in found.left_out] == ["us-chip-controls-2022"]
    drift = found.parameters[-1]
    assert drift.name == "d"
    # its prior is the stated one: -5 points a year, from 55%
    assert drift.prior.median == pytest.approx(-5.0, abs=0.5)


def test_the_event_is_in_the_forecast(market):
    _, with_event = market(use_cache=False, without_judgements=True)
    assert with_event.learnt.event_sizes[NVIDIA].shape == (1, 2000)
    assert with_event.learnt.event_sizes[PARTS[1]].shape == (0, 2000)
    assert sum(with_event.trajectories.values()) == pytest.approx(
        np.ones_like(with_event.trajectories[NVIDIA]), abs=1e-12
    )
