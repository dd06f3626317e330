"""Series driven as one world: whose surprises couple them, and what drives their steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pytest

from forecaster.forecasts.joint_draws import couple_jobs
from forecaster.forecasts.settings import Settings
from forecaster.forecasts.single_job import prepare_single
from forecaster.forecasts.single_run import run_single
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.facts import Facts, Row, SeriesEntry, Source
from forecaster.workspace.periods import parse_period
from forecaster.workspace.reader import SHIPPED

SETTINGS = Settings(
    as_of=date(2026, 6, 30), until="2028", n_draws=2000, use_cache=False, model="trend"
)
_BELIEFS = load_beliefs(SHIPPED)


@cache
def _jobs(family="trend"):
    """Return jobs of three series of one group: two that wander together, one by itself."""
    rng = np.random.default_rng(8)
    shared, alone = rng.normal(0.05, 0.2, (2, 25)).cumsum(axis=1)
    levels = {"one": shared, "other": shared + rng.normal(0, 0.02, 25), "third": alone}
    entries, rows = {}, {}
    for name, level in levels.items():
        entries[name] = SeriesEntry(name, name, name, "USD", "positive", "stock", group="g")
        rows[name] = tuple(
            Row(name, parse_period(str(2001 + k)), value, f"{value:.6f}", "USD", "", "reported",
                Source("s", "s", "p", date(2002 + k, 1, 31), "stated", ""), "", f"line {k}")
            for k, value in enumerate(np.exp(3 + level))
        )  # fmt: skip
    facts = Facts(entries, rows, "hash")
    jobs = {name: prepare_single(facts, name, _BELIEFS, SETTINGS, family=family) for name in levels}
    posteriors = {
        name: run_single(job.models, job.weights, job.plan, job.history.entry, SETTINGS,
                         announce=lambda _: None).posteriors
        for name, job in jobs.items()
    }  # fmt: skip
    return jobs, posteriors


def test_series_that_moved_together_are_coupled_and_the_third_is_less():
    coupling, _ = couple_jobs(*_jobs(), SETTINGS)
    assert coupling.series == ("one", "other", "third")
    pair, *others = coupling.correlation[np.triu_indices(3, 1)]
    assert pair > 0.6  # nearly one, pulled to what is believed of a group
    assert max(others) < pair - 0.3


def test_innovations_are_standard_normals_coupled_as_said():
    jobs, posteriors = _jobs()
    coupling, innovations = couple_jobs(jobs, posteriors, SETTINGS)
    n = SETTINGS.n_draws
    for name, drawn in innovations.items():
        assert drawn.shape == (jobs[name].plan.n_steps, 3, n)
        total = drawn[0].size * len(drawn)
        assert abs(drawn.mean()) < 4.5 / np.sqrt(total)
        assert abs(drawn.var() - 1) < 4.5 * np.sqrt(2 / total)
    for channel, expected in (
        (0, coupling.correlation[0, 1]),
        (1, coupling.correlation[0, 1]),
        (2, 0),
    ):
        one, other = (innovations[name][:, channel].ravel() for name in ("one", "other"))
        error = (1 - expected**2) / np.sqrt(one.size)
        assert abs(np.corrcoef(one, other)[0, 1] - expected) < 4.5 * error


def test_the_order_of_the_series_changes_nothing():
    jobs, posteriors = _jobs()
    coupling, innovations = couple_jobs(jobs, posteriors, SETTINGS)
    turned = {name: jobs[name] for name in ("third", "other", "one")}
    again, others = couple_jobs(turned, posteriors, SETTINGS)
    assert np.array_equal(coupling.correlation, again.correlation)
    assert all(np.array_equal(innovations[name], others[name]) for name in jobs)


def test_the_family_of_most_weight_says_what_surprised_a_pool(monkeypatch):
    jobs, posteriors = _jobs("pool")
    asked = []
    monkeypatch.setattr(
        "forecaster.forecasts.joint_draws.one_step_residuals",
        lambda model, posterior: asked.append((model.family, posterior.n_draws)) or {},
    )
    couple_jobs(jobs, posteriors, SETTINGS)
    weights = jobs["one"].weights
    heaviest = max(weights, key=weights.__getitem__)
    assert len(weights) > 1
    assert asked == [(heaviest, posteriors["one"][heaviest].n_draws)] * 3


def test_a_series_is_driven_by_its_innovations_and_a_ratio_is_narrower_for_it():
    jobs, posteriors = _jobs()
    _, innovations = couple_jobs(jobs, posteriors, SETTINGS)

    def drawn(name, given):
        job = jobs[name]
        return np.log(run_single(
            job.models, job.weights, job.plan, job.history.entry, SETTINGS,
            announce=lambda _: None, innovations=given,
        ).trajectories[:, -1])  # fmt: skip

    joint = drawn("one", innovations["one"]) - drawn("other", innovations["other"])
    apart = drawn("one", None) - drawn("other", None)
    assert joint.std() < 0.9 * apart.std()
    # and each by itself is as wide as it was: 5 standard errors of the ratio of two variances
    ratio = drawn("one", innovations["one"]).var() / drawn("one", None).var()
    assert ratio == pytest.approx(1.0, abs=5 * np.sqrt(4 / SETTINGS.n_draws))


def test_another_seed_drives_otherwise():
    jobs, posteriors = _jobs()
    _, first = couple_jobs(jobs, posteriors, SETTINGS)
    _, second = couple_jobs(jobs, posteriors, replace(SETTINGS, seed=1))
    assert not np.array_equal(first["one"], second["one"])
