"""Paths drawn from a prior: the right spread, the right start, never above a cap."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecaster.forecasts.prior_predictive import Start, draw_prior, find_start
from forecaster.workspace.beliefs import LogNormal, Normal, load_beliefs
from forecaster.workspace.facts import Facts, Row, SeriesEntry, Source
from forecaster.workspace.history import known_by
from forecaster.workspace.periods import parse_period
from forecaster.workspace.reader import SHIPPED
from forecaster.workspace.series_beliefs import Cap, Level, SeriesPrior, StatedBelief

TREND = load_beliefs(SHIPPED).trend
AMOUNT = SeriesEntry("amount", "Amount", "", "USD billion", "positive", "flow")
SHARE = SeriesEntry("share", "Share", "", "fraction", "share", "stock")
N_DRAWS = 100_000


def _fixed(kind: str, *, s_l: float, s_b: float, tau: float, mean: float = 0.0) -> SeriesPrior:
    """Return a prior with hyperparameters all but fixed and a certain drift."""
    values = (s_l, s_b, tau, 0.05)
    theta = tuple(LogNormal(value, 1e-9, "", "") for value in values)
    trend = replace(TREND[kind], theta=theta, drift=Normal(mean, 1e-12, "", ""))
    return SeriesPrior("x", "trend", "", trend)


def test_the_spread_after_some_years_is_that_of_the_dense_covariance(rng):
    s_l, s_b, tau, years = 0.2, 0.3, 2.0, 4
    prior = _fixed("positive", s_l=s_l, s_b=s_b, tau=tau, mean=0.1)
    start = Start(2025.5, math.log(5.0), 0.0, "")
    paths = draw_prior(prior, AMOUNT, start, n_years=years, rng=rng, n_draws=N_DRAWS)
    change = np.log(paths.values[:, years] / paths.values[:, 0])
    # mathematics 1: s_l^2 t + s_b^2 tau^2 (2 t / tau + 2 expm1(-t / tau))
    variance = s_l**2 * years + s_b**2 * tau**2 * (2 * years / tau + 2 * math.expm1(-years / tau))
    sd = math.sqrt(variance)
    # three standard errors of a mean and of a variance
    assert change.mean() == pytest.approx(0.1 * years, abs=3 * sd / math.sqrt(N_DRAWS))
    assert change.var() == pytest.approx(variance, rel=3 * math.sqrt(2 / N_DRAWS))
    assert paths.times.tolist() == [2025.5, 2026.5, 2027.5, 2028.5, 2029.5]


def test_the_typical_change_is_the_sd_of_the_first_year(rng):
    prior = _fixed("positive", s_l=0.2, s_b=0.3, tau=2.0)
    start = Start(2025.5, 0.0, 0.0, "")
    paths = draw_prior(prior, AMOUNT, start, n_years=1, rng=rng, n_draws=N_DRAWS)
    assert np.log(paths.values[:, 1]).std() == pytest.approx(
        float(paths.typical_change[0]), rel=3 * math.sqrt(0.5 / N_DRAWS)
    )


def test_no_path_of_a_substitution_passes_its_cap(rng):
    prior = replace(
        _fixed("share", s_l=0.5, s_b=0.3, tau=2.0, mean=1.0),
        family="substitution",
        cap=Cap(math.log(0.9 / 0.1), 0.05),
    )
    start = Start(2025.0, math.log(0.8 / 0.2), 0.0, "")
    paths = draw_prior(prior, SHARE, start, n_years=10, rng=rng, n_draws=5_000)
    assert paths.values[:, 0] == pytest.approx(np.full(5_000, 0.8))
    assert 0.87 < np.median(paths.values[:, -1]) < 0.905
    # 0.92 is five sds of the cap above its median
    assert paths.values.max() < 0.92


def test_only_a_substitution_has_a_cap(rng):
    prior = replace(
        _fixed("share", s_l=0.1, s_b=0.1, tau=2.0, mean=2.0), cap=Cap(0.0, 0.05), family="trend"
    )
    start = Start(2025.0, 0.0, 0.0, "")
    paths = draw_prior(prior, SHARE, start, n_years=5, rng=rng, n_draws=1_000)
    assert np.median(paths.values[:, -1]) > 0.99


def test_a_level_that_is_stated_is_uncertain_from_the_start(rng):
    stated = StatedBelief(1.0, 0.4, "", "", "", at="2025")
    prior = replace(
        _fixed("positive", s_l=0.1, s_b=0.1, tau=2.0),
        level=Level(2025.5, 1.0, 0.4),
        stated={"level": stated},
    )
    start = find_start(prior, AMOUNT, None, now=2026.9)
    assert (start.time, start.mean, start.sd, start.what) == (
        2025.5, 1.0, 0.4, "the level of 2025",
    )  # fmt: skip
    paths = draw_prior(prior, AMOUNT, start, n_years=1, rng=rng, n_draws=N_DRAWS)
    first = np.log(paths.values[:, 0])
    assert first.std() == pytest.approx(0.4, rel=3 * math.sqrt(0.5 / N_DRAWS))


def _history(entry: SeriesEntry, period: str, value: str):
    source = Source("s", "S", "S", date(2030, 1, 1), "stated", "")
    row = Row(
        entry.id, parse_period(period), float(value), value, entry.unit, "", "reported", source,
        "", "h.csv",
    )  # fmt: skip
    facts = Facts({entry.id: entry}, {entry.id: (row,)}, "")
    return known_by(facts, entry.id, as_of=date(2031, 1, 1))


def test_paths_begin_at_the_last_figure_as_a_rate_a_year():
    prior = SeriesPrior("amount", "trend", "", TREND["positive"])
    start = find_start(prior, AMOUNT, _history(AMOUNT, "2026-Q1", "10"), now=2026.9)
    assert start.mean == pytest.approx(math.log(40))
    assert start.sd == 0.0
    assert parse_period("2026-Q1").start_year < start.time < parse_period("2026-Q1").end_year


@pytest.mark.parametrize("value", ["0", "1"])
def test_a_share_of_nothing_or_all_is_no_start(value):
    prior = SeriesPrior("share", "trend", "", TREND["share"])
    start = find_start(prior, SHARE, _history(SHARE, "2025", value), now=2026.9)
    assert start.sd == TREND["share"].thin_level.sd
    assert start.time == 2026.9


def test_amounts_without_any_figure_are_multiples():
    start = find_start(SeriesPrior("x", "pool", "", TREND["positive"]), AMOUNT, None, now=2026.9)
    assert start.is_relative
