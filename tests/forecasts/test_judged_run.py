"""Judgements in a forecast: gathered as of a day, drawn with and without, kept in the cache."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecaster.forecasts.judged_run import run_judged
from forecaster.forecasts.judgement_job import gather_judgements
from forecaster.forecasts.settings import Settings
from forecaster.forecasts.single_job import prepare_single
from forecaster.forecasts.single_run import run_single
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.reader import SHIPPED, load_facts

SERIES = "hyperscaler-big4-capex"


def _gather(as_of, *, series=SERIES, until="2028", basis=None, n_draws=1000):
    facts, beliefs = load_facts(SHIPPED, [series]), load_beliefs(SHIPPED, [series])
    settings = Settings(
        as_of=as_of, until=until, basis=basis, n_draws=n_draws, use_cache=False, model="trend"
    )

    def prepare(asked):
        return prepare_single(facts, series, beliefs, asked, family="trend")

    job = prepare(settings)
    return job, gather_judgements(facts, beliefs, settings, job, prepare=prepare), settings


def _say(sentence):
    raise AssertionError(sentence)


@pytest.fixture(scope="module")
def run():
    job, judged, settings = _gather(date(2026, 2, 28))
    return job, judged, settings, run_judged(job, judged, settings, announce=_say)


def test_judgements_move_the_median_towards_what_they_say(run):
    _, judged, _, found = run
    # guidance of 630 to 660 and a bank's 550 against a forecast of about 535 for 2026
    before, after = (np.median(x[:, 0]) for x in (found.without, found.drawn.trajectories))
    assert len(judged.readings) == 3
    assert before + 20 < after < 660
    assert found.shift.with_them > found.shift.without
    assert found.drawn.report.is_reliable


def test_what_is_drawn_without_judgements_is_the_forecast_without_them(run):
    job, _, settings, found = run
    alone = run_single(
        job.models, job.weights, job.plan, job.history.entry, settings, announce=_say
    )
    assert np.array_equal(alone.trajectories, found.without)


def test_the_same_settings_give_the_same_draws(run):
    job, judged, settings, found = run
    again = run_judged(job, judged, settings, announce=_say)
    assert np.array_equal(again.drawn.trajectories, found.drawn.trajectories)


def test_the_cache_gives_the_same_draws(run):
    job, judged, settings, found = run
    kept = replace(settings, use_cache=True)
    first = run_judged(job, judged, kept, announce=_say)
    second = run_judged(job, judged, kept, announce=_say)
    assert not first.drawn.from_cache
    assert second.drawn.from_cache
    for other in (first, second):
        assert np.array_equal(other.drawn.trajectories, found.drawn.trajectories)
        assert np.array_equal(other.without, found.without)


def test_nothing_made_or_learned_later_enters():
    _, judged, _ = _gather(date(2025, 12, 1))
    assert [j.id for j in judged.used] == ["ms-2025-10-2026"]
    (reading,) = judged.readings
    # no outcome was known by then that could move a bank's table but one of April 2024
    assert reading.kappa_high <= 0.9
    assert judged.job_of(date(2025, 10, 31)).history.as_of == date(2025, 10, 31)


def test_a_series_without_judgements_has_none():
    assert _gather(date(2026, 11, 22), series="world-vc")[1].readings == ()
    assert _gather(date(2020, 11, 22), until="2022")[1] is None


def test_an_unstated_basis_has_the_offset_of_another_measure(run):
    job, judged, _, _ = run
    by_id = {reading.judgement.id: reading for reading in judged.readings}
    offset = job.prior.trend.offset_sd["other-measure"]
    assert by_id["ms-2025-10-2026"].offset_sd == offset > 0
    assert by_id["guid-2026-02-2026"].offset_sd == 0
