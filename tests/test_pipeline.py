"""The straight line as a whole: reproducible, blind to the future, honest about its fit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pytest

from forecaster.errors import InputError, UnreliableFit
from forecaster.forecasts import single_run
from forecaster.inference.cache import DRIVERS_SUFFIX, cache_files, cache_folder
from forecaster.pipeline import Run, Settings, make_forecast, make_reach, settle
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.families import needs_of
from forecaster.workspace.reader import SHIPPED, load_entries, load_facts

SHARE = "cn-ai-chip-domestic-share"
MONEY = "us-ai-private-investment"
USERS = "world-internet-users-share"
SETTINGS = Settings(as_of=date(2026, 11, 22), until="2028", n_draws=1000, use_cache=False)


@cache
def _facts(*series: str):
    needs = needs_of(series, load_entries(SHIPPED), _beliefs(), "")
    return load_facts(SHIPPED, needs.series)


@cache
def _beliefs():
    return load_beliefs(SHIPPED)


def _forecast(series=SHARE, *, facts=None, announce=lambda sentence: None, **changes):
    facts = facts or _facts(series)
    settings = replace(SETTINGS, **changes)
    return make_forecast(facts, series, _beliefs(), settings, announce=announce)


@pytest.mark.parametrize(
    "series", [SHARE, MONEY, "cn-notable-models", "cn-large-scale-models-cumulative"]
)
def test_a_warm_cache_gives_the_same_bytes(series):
    cold = _forecast(series)
    first, second = (_forecast(series, use_cache=True) for _ in range(2))
    assert (cold.from_cache, first.from_cache, second.from_cache) == (False, False, True)
    for other in (first, second):
        assert other.trajectories.tobytes() == cold.trajectories.tobytes()
        assert other.report == cold.report


def test_a_series_has_the_same_draws_alone_and_with_others():
    alone = _forecast(MONEY)
    together = _facts(SHARE, MONEY, USERS)
    for order in ((MONEY, SHARE, USERS), (USERS, SHARE, MONEY)):
        found = {series: _forecast(series, facts=together) for series in order}
        assert found[MONEY].trajectories.tobytes() == alone.trajectories.tobytes()


def test_another_seed_gives_other_draws_of_the_same_forecast():
    first, second = _forecast(seed=1), _forecast(seed=2)
    assert first.trajectories.tobytes() != second.trajectories.tobytes()
    a, b = first.trajectories[:, -1], second.trajectories[:, -1]
    # the error of a median is 1.25 sd / sqrt(1000), of a difference sqrt(2) of that
    assert abs(np.median(a) - np.median(b)) < 4 * 1.25 * np.sqrt(2) * a.std() / np.sqrt(1000)


def test_two_series_do_not_share_their_draws():
    first, second = _forecast(SHARE), _forecast(USERS)
    z = [np.log(f.trajectories[:, 0] / (1 - f.trajectories[:, 0])) for f in (first, second)]
    # independent: a correlation of 1,000 pairs has standard error 0.032
    assert abs(np.corrcoef(*z)[0, 1]) < 4 * 0.032


@pytest.mark.parametrize("series", [SHARE, MONEY])
@pytest.mark.parametrize("as_of", [date(2024, 6, 30), date(2025, 6, 30), date(2026, 3, 31)])
def test_nothing_published_after_the_as_of_date_is_used(series, as_of):
    facts = _facts(series)
    known = {
        name: tuple(row for row in rows if row.source.published <= as_of)
        for name, rows in facts.rows.items()
    }
    assert 0 < len(known[series]) < len(facts.rows[series])
    without_later = replace(facts, rows=known)
    full, cut = (
        _forecast(series, facts=given, as_of=as_of, until="2029")
        for given in (facts, without_later)
    )
    assert full.trajectories.tobytes() == cut.trajectories.tobytes()
    assert full.periods == cut.periods
    used = [*full.history.data, *full.history.published]
    assert max(row.source.published for row in used) <= as_of


def test_before_the_first_figure_there_is_no_forecast():
    with pytest.raises(InputError, match="nothing was known"):
        _forecast(MONEY, as_of=date(1990, 1, 1))


def test_published_figures_are_those_asked_for_and_latent_ones_are_finer():
    published, latent = _forecast(MONEY), _forecast(MONEY, latent=True)
    assert published.quantity == "published"
    assert {period.frequency for period in published.periods} == {"year"}
    assert latent.quantity == "latent"
    assert {period.frequency for period in latent.periods} == {"quarter"}
    assert latent.trajectories.shape == (1000, len(latent.periods))
    # latent rates of a year average to about its total; the published one adds its error
    last = latent.trajectories[:, -4:].mean(axis=1)
    assert np.median(np.log(published.trajectories[:, -1])) == pytest.approx(
        np.median(np.log(last)), abs=0.2
    )


def test_trajectories_name_their_periods_up_to_until():
    found = _forecast(MONEY, until="2030")
    assert str(found.periods[-1]) == "2030"
    assert found.trajectories.shape == (1000, len(found.periods))
    newest = max(row.period.end for row in found.history.published)
    assert found.periods[0].end > newest


def test_reach_counts_its_own_trajectories():
    settings = replace(SETTINGS, until="2030")
    run = Run(_facts(MONEY), _beliefs(), settings, lambda sentence: None)
    reach = make_reach(run, MONEY, level=400.0, below=False)
    paths = reach.forecast.trajectories
    expected = [(paths[:, : k + 1].max(axis=1) >= 400).mean() for k in range(paths.shape[1])]
    assert reach.by_period == pytest.approx(expected)
    assert reach.by_period[-1] + reach.never == pytest.approx(1.0)
    # paths alone leave sqrt(p (1 - p) / 1000), hyperparameters add to it
    p = reach.by_period
    assert (reach.mcse >= 0.5 * np.sqrt(p * (1 - p) / 1000)).all()
    assert (reach.mcse < 0.05).all()
    assert all(row.value >= 400 for row in reach.passed)


def test_a_level_that_history_passed_names_the_figures():
    settings = replace(SETTINGS, until="2030")
    run = Run(_facts(SHARE), _beliefs(), settings, lambda sentence: None)
    reach = make_reach(run, SHARE, level=0.4, below=False)
    assert reach.passed
    assert all(row.value >= 0.4 for row in reach.passed)
    assert {row.series for row in reach.passed} == {SHARE}


def test_a_question_about_the_past_is_settled_by_its_figures():
    settings = replace(SETTINGS, until="2024")
    found = settle(_facts(SHARE), SHARE, settings, level=0.2, below=False)
    assert found is not None
    assert all(row.period.end <= date(2024, 12, 31) for row in found.figures)
    assert settle(_facts(SHARE), SHARE, SETTINGS, level=0.2, below=False) is None


def _spoil(monkeypatch):
    """Make every fit fail one of its checks."""
    infer = single_run.infer

    def failing(*arguments, **choices):
        found = infer(*arguments, **choices)
        report = replace(found.report, failures=("k-hat 0.90 is not below 0.5",))
        return replace(found, report=report)

    monkeypatch.setattr(single_run, "infer", failing)


def test_an_unreliable_fit_is_refused_with_its_numbers(monkeypatch):
    _spoil(monkeypatch)
    with pytest.raises(UnreliableFit, match=r"k-hat 0\.90") as raised:
        _forecast(model="trend", without_judgements=True, use_cache=True)
    assert raised.value.series == SHARE
    assert raised.value.report.failures == ("k-hat 0.90 is not below 0.5",)


def test_an_unreliable_fit_goes_on_with_a_warning_when_allowed_and_is_never_kept(monkeypatch):
    _spoil(monkeypatch)
    found = _forecast(model="trend", without_judgements=True, allow_unreliable=True, use_cache=True)
    assert sum("unreliable: k-hat 0.90 is not below 0.5" in w for w in found.warnings) == 1
    kept = [path for path in cache_files(cache_folder()) if path.suffix != DRIVERS_SUFFIX]
    assert kept == []


def test_escalations_are_announced_with_the_series(monkeypatch):
    infer = single_run.infer

    def escalating(*arguments, announce, **choices):
        announce("starting again")
        return infer(*arguments, announce=announce, **choices)

    monkeypatch.setattr(single_run, "infer", escalating)
    said = []
    _forecast(model="trend", without_judgements=True, announce=said.append)
    assert said == [f"{SHARE}: starting again"]


def test_the_cache_tells_apart_seeds_engines_draws_and_beliefs():
    _forecast(model="trend", without_judgements=True, use_cache=True)
    for changes in ({"seed": 3}, {"engine": "brute-force"}, {"n_draws": 999}, {"until": "2029"}):
        again = _forecast(model="trend", without_judgements=True, use_cache=True, **changes)
        # the horizon alone changes no posterior
        assert again.from_cache == ("until" in changes), changes
    beliefs = _beliefs()
    share = beliefs.trend["share"]
    wider = replace(share, theta=(replace(share.theta[0], median=0.5), *share.theta[1:]))
    other = replace(beliefs, trend={**beliefs.trend, "share": wider})
    settings = replace(SETTINGS, model="trend", without_judgements=True, use_cache=True)
    found = make_forecast(_facts(SHARE), SHARE, other, settings, announce=lambda sentence: None)
    assert not found.from_cache


def test_the_manifest_says_how_to_make_the_numbers_again():
    manifest = _forecast(seed=77).manifest
    assert (manifest.seed, manifest.n_draws, manifest.engine) == (77, 1000, "amis")
    assert manifest.facts_hash == _facts(SHARE).hash
    assert manifest.beliefs_hash == _beliefs().hash
