"""Adding drivers to a forecast leaves its bias and its unconditional coverage right."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from scipy.stats import norm

from forecaster.scenarios.absorb import absorbed_path, absorbed_scale, driver_budget
from forecaster.scenarios.calendar import quarters_until
from forecaster.scenarios.effects import BasePath, total_shift
from forecaster.scenarios.worlds import Worlds
from scenarios.builders import ASSESSED, beliefs, driver, effect, start

YEARS, RATE, SIZE, NOISE, HISTORY = 5, 0.25, 0.25, 0.15, 12
N_DRAWS = 1000
N_HISTORIES = 300
ENDS = 2026 + np.arange(YEARS + 1.0)


def shocks(rng):
    """Worlds with five drivers, one for each year, that happen at the rate of the history."""
    quarters = quarters_until(ASSESSED, date(2025 + YEARS, 12, 31))
    states = np.zeros((YEARS, quarters.n + 1, N_DRAWS), dtype=bool)
    for year in range(YEARS):
        states[year, 4 * year + 1 :] = rng.random(N_DRAWS) < RATE
    made = beliefs([driver(f"d{year}", start(0.5)) for year in range(YEARS)])
    return Worlds(made, quarters, states, states.mean(axis=2), 1, is_hindsight=False)


def fitted_path(rng):
    """The trend's forecast from a history of yearly changes, shocks among them."""
    changes = rng.normal(0, NOISE, HISTORY) + SIZE * (rng.random(HISTORY) < RATE)
    sd = np.sqrt(changes.var(ddof=1) * (HISTORY - 1) / rng.chisquare(HISTORY - 1, N_DRAWS))
    drift = changes.mean() + sd / np.sqrt(HISTORY) * rng.standard_normal(N_DRAWS)
    years = np.arange(YEARS + 1.0)[:, None]
    noise = np.zeros((YEARS + 1, N_DRAWS))
    noise[1:] = np.cumsum(sd * rng.standard_normal((YEARS, N_DRAWS)), axis=0)
    return BasePath(ENDS, years * drift + noise, years * drift, "log")


def probability_within(low, high):
    """The exact probability of the true change over five years: six normals, by how many shocks."""
    counts = np.arange(YEARS + 1)
    choose = np.array([1, 5, 10, 10, 5, 1])
    weights = choose * RATE**counts * (1 - RATE) ** (YEARS - counts)
    sd = NOISE * np.sqrt(YEARS)
    return weights @ (norm.cdf((high - SIZE * counts) / sd) - norm.cdf((low - SIZE * counts) / sd))


def test_drivers_leave_bias_and_coverage_as_they_were(rng):
    worlds = shocks(rng)
    plain = [effect(driver=f"d{y}", size=SIZE) for y in range(YEARS)]
    centred = [effect(driver=f"d{y}", size=SIZE, in_history=1.0) for y in range(YEARS)]
    ends = {name: [] for name in ("trend alone", "not centred", "centred", "absorbed")}
    truth = YEARS * RATE * SIZE
    for _ in range(N_HISTORIES):
        path = fitted_path(rng)
        scale = absorbed_scale(centred, worlds, path)
        moved = total_shift(centred, worlds, worlds, path)
        ends["trend alone"].append(path.levels[-1])
        ends["not centred"].append((path.levels + total_shift(plain, worlds, worlds, path))[-1])
        ends["centred"].append((path.levels + moved)[-1])
        ends["absorbed"].append((absorbed_path(path, scale) + moved)[-1])
    bias = {name: np.mean(each) - truth for name, each in ends.items()}
    coverage, error = {}, {}
    for name, each in ends.items():
        bands = [np.quantile(draws, [0.1, 0.9]) for draws in each]
        inside = np.array([probability_within(*band) for band in bands])
        coverage[name], error[name] = inside.mean(), inside.std() / np.sqrt(N_HISTORIES)
    # the mean of a history's drift varies by this much, over five years
    noise = YEARS * np.sqrt((NOISE**2 + SIZE**2 * RATE * (1 - RATE)) / HISTORY / N_HISTORIES)
    assert bias["not centred"] == pytest.approx(truth, abs=3 * noise)
    for name in ("trend alone", "centred", "absorbed"):
        assert bias[name] == pytest.approx(0, abs=3 * noise), name
    assert max(error.values()) < 0.01
    assert coverage["trend alone"] == pytest.approx(0.80, abs=3 * error["trend alone"])
    assert coverage["absorbed"] == pytest.approx(coverage["trend alone"], abs=0.02)
    assert coverage["absorbed"] == pytest.approx(0.80, abs=3 * error["absorbed"] + 0.01)
    assert coverage["not centred"] < coverage["absorbed"] - 0.02
    assert coverage["centred"] > coverage["absorbed"] + 0.02


def test_absorption_keeps_the_fitted_variance(rng):
    worlds = shocks(rng)
    path = fitted_path(rng)
    effects = [effect(driver=f"d{y}", size=0.1, in_history=1.0) for y in range(YEARS)]
    whole = absorbed_path(path, absorbed_scale(effects, worlds, path))
    whole += total_shift(effects, worlds, worlds, path)
    innovations = path.levels - path.continuation
    moved = whole - path.continuation
    # innovations and shocks are independent but for the sampling of 1,000 draws
    assert moved[1:].var(axis=1) == pytest.approx(innovations[1:].var(axis=1), rel=0.1)


def test_half_in_history_absorbs_half_of_the_variance(rng):
    worlds = shocks(rng)
    path = fitted_path(rng)
    one = [effect(driver="d0", size=0.1, in_history=1.0)]
    half = [effect(driver="d0", size=0.1, in_history=0.5)]
    taken = 1 - absorbed_scale(one, worlds, path)[-1] ** 2
    assert 1 - absorbed_scale(half, worlds, path)[-1] ** 2 == pytest.approx(taken / 2)


def test_innovations_keep_a_quarter_of_their_variance(rng):
    worlds = shocks(rng)
    path = fitted_path(rng)
    huge = [effect(driver="d0", size=50.0, in_history=1.0)]
    assert absorbed_scale(huge, worlds, path)[1:] == pytest.approx(np.full(YEARS, 0.5))


def test_the_unprecedented_is_added_and_not_absorbed(rng):
    worlds = shocks(rng)
    path = fitted_path(rng)
    scale = absorbed_scale([effect(driver="d0", size=1.0)], worlds, path)
    assert np.array_equal(scale, np.ones(YEARS + 1))


def test_a_budget_by_hand():
    # two draws at 0 and 4: mean 2, sd 2, root mean square sqrt(8)
    budget = driver_budget(np.array([0.0, 4.0]), 2.0)
    assert (budget.mean, budget.sd) == (2.0, 2.0)
    assert budget.ratio == pytest.approx(np.sqrt(2))
