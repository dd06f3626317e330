"""What drivers do to a series, against the uncertainty that it has by itself."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from forecaster.forecasts.driver_budget import YEARS, SeriesBudget, find_budgets, prior_sd
from forecaster.forecasts.prior_predictive import Start, draw_prior
from forecaster.scenarios.absorb import Budget
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.reader import SHIPPED, load_entries


def test_the_sd_of_a_series_is_that_of_its_prior_paths() -> None:
    entry = load_entries(SHIPPED)["hyperscaler-big4-capex"]
    prior = load_beliefs(SHIPPED).of(entry)
    sharp = tuple(replace(each, log_sd=1e-9) for each in prior.trend.theta)
    fixed = replace(prior, trend=replace(prior.trend, theta=sharp))
    start = Start(2025.0, 0.0, 0.0, "here")
    n_draws = 20_000
    paths = draw_prior(
        fixed, entry, start, n_years=YEARS, rng=np.random.default_rng(1), n_draws=n_draws
    )
    found = np.log(paths.values[:, -1]).std()
    # the sd of a normal sample has the relative error 1 / sqrt(2 n): 0.005
    assert prior_sd(entry, fixed) == pytest.approx(found, rel=4 / math.sqrt(2 * n_draws))


def test_the_prior_of_a_real_series_is_in_its_own_unit() -> None:
    entries = load_entries(SHIPPED)
    real = next(e for e in entries.values() if e.kind == "real" and e.typical_change)
    prior = load_beliefs(SHIPPED).by_kind(real)
    twice = replace(real, typical_change=2 * real.typical_change)
    assert prior_sd(twice, prior) == pytest.approx(2 * prior_sd(real, prior))


def test_every_series_that_drivers_move_has_a_budget() -> None:
    budgets = find_budgets(SHIPPED, use_cache=False)
    names = [each.series for each in budgets]
    assert len(set(names)) == len(names) > 40
    assert "cn-ai-chip-domestic-share" in names
    ratios = [each.budget.ratio for each in budgets]
    assert ratios == sorted(ratios, reverse=True)
    assert all(math.isfinite(ratio) for ratio in ratios)
    assert all(each.budget.latent_sd > 0 for each in budgets)


def test_drivers_outweigh_a_series_from_their_root_mean_square_on() -> None:
    # sqrt(0.3^2 + 0.4^2) = 0.5
    assert SeriesBudget("x", 1, Budget(0.3, 0.4, 0.49)).outweighs
    assert not SeriesBudget("x", 1, Budget(0.3, 0.4, 0.51)).outweighs
