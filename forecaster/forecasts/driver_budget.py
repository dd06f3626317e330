"""Set what drivers do to each series against the uncertainty that the series has by itself.

Nothing is fitted. The uncertainty is that of the prior: how far the level may have moved after five
years at the median hyperparameters, with the drift's own uncertainty. The drivers are those of the
baseline, seen from the latest day on which one of them was assessed.
"""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.driver_worlds import simulate_worlds
from forecaster.forecasts.prior_predictive import find_start
from forecaster.forecasts.settings import DEFAULT_SEED
from forecaster.models.trend import S_B, make_step
from forecaster.records import frozen
from forecaster.scenarios.absorb import driver_budget
from forecaster.scenarios.effects import BasePath, total_shift
from forecaster.scenarios.moves import link_of
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.driver_beliefs import load_driver_beliefs
from forecaster.workspace.reader import load_entries, load_facts
from forecaster.workspace.validate_series import known_history

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from forecaster.scenarios.absorb import Budget
    from forecaster.scenarios.worlds import Worlds
    from forecaster.workspace.driver_types import Effect
    from forecaster.workspace.facts import Facts, SeriesEntry
    from forecaster.workspace.series_beliefs import SeriesPrior

YEARS = 5
"""How far ahead effects are summed."""
N_DRAWS = 1000
"""The sd of the summed effects is then off by some 2%; only a ratio near 1 could turn."""
_NEEDS_PATH = ("growth", "cap")
"""Shapes whose effect depends on where the series is."""


@frozen
class SeriesBudget:
    """The budget of one series.

    Attributes
    ----------
    n_drivers : how many of them move it
    budget : link units
    """

    series: str
    n_drivers: int
    budget: Budget

    @property
    def outweighs(self) -> bool:
        """Whether drivers are expected to move the series by more than it may move by itself."""
        return self.budget.ratio > 1


def find_budgets(workspace: Path, *, use_cache: bool = True) -> list[SeriesBudget]:
    """Return the budget of every series that drivers move, the largest ratio first.

    Raises
    ------
    InputError
        If facts or beliefs are at fault, or a stated probability cannot be reached beside the
        drivers that exclude it.
    """
    entries = load_entries(workspace)
    drivers = load_driver_beliefs(workspace, entries)
    effects: dict[str, list[Effect]] = {}
    for effect in (effect for driver in drivers.drivers for effect in driver.effects):
        effects.setdefault(effect.series, []).append(effect)
    if not effects:
        return []
    as_of = max(driver.assessed_on for driver in drivers.drivers)
    baseline = simulate_worlds(
        drivers,
        None,
        as_of=as_of,
        until=date(as_of.year + YEARS, as_of.month, min(as_of.day, 28)),
        n_draws=N_DRAWS,
        seed=DEFAULT_SEED,
        use_cache=use_cache,
        announce=lambda _said: None,
    )
    beliefs = load_beliefs(workspace)
    facts = _facts_needed(workspace, effects, entries)
    found = [
        _budget_of(entries[name], beliefs.of(entries[name]), acting, facts, baseline)
        for name, acting in effects.items()
    ]
    return sorted(found, key=lambda each: (-each.budget.ratio, each.series))


def _facts_needed(
    workspace: Path, effects: Mapping[str, Sequence[Effect]], entries: Mapping[str, SeriesEntry]
) -> Facts:
    """Return the facts of the series whose effects depend on where they are."""
    names = [
        name for name, acting in effects.items() if any(e.shape in _NEEDS_PATH for e in acting)
    ]
    return load_facts(workspace, names, entries=entries)


def _budget_of(
    entry: SeriesEntry,
    prior: SeriesPrior,
    effects: Sequence[Effect],
    facts: Facts,
    baseline: Worlds,
) -> SeriesBudget:
    """Return the budget of one series."""
    if entry.id in facts.rows:
        start = find_start(prior, entry, known_history(facts, entry.id), now=0.0)
        # where the level is not known, nothing can be said about a cap
        level, acting = (
            start.mean,
            [e for e in effects if e.shape != "cap" or not start.is_relative],
        )
    else:
        level, acting = 0.0, list(effects)
    years = baseline.quarters.ends - baseline.quarters.ends[0]
    scale = _scale(entry)
    path = np.repeat((level + scale * prior.trend.drift.mean * years)[:, None], N_DRAWS, axis=1)
    shift = total_shift(
        acting,
        baseline,
        baseline,
        BasePath(baseline.quarters.ends, path, path, link_of(entry.kind)),
    )
    budget = driver_budget(shift[-1], prior_sd(entry, prior))
    return SeriesBudget(entry.id, len({effect.driver for effect in effects}), budget)


def prior_sd(entry: SeriesEntry, prior: SeriesPrior, *, years: float = YEARS) -> float:
    """Return the sd of how far the level of a series moves in some years, before any history.

    At the median hyperparameters: theirs is a prior with heavy tails, whose wide end says nothing
    of a usual series. sd^2 = q_ll + (slope_gain s_b)^2 + (years sd of the drift)^2, of which the
    first is the noise of the level and the second that of the stray slope at the start.

    Returns
    -------
    float, link units
    """
    theta = np.array([[each.median] for each in prior.trend.theta])
    step = make_step(theta, float(years))
    stray = float(step.slope_gain[0]) * float(theta[S_B, 0])
    drift = years * prior.trend.drift.sd
    return _scale(entry) * math.hypot(math.sqrt(float(step.q_ll[0])), stray, drift)


def _scale(entry: SeriesEntry) -> float:
    """Return what one unit of the default priors is: a typical change of a real series."""
    return (entry.typical_change or 1.0) if entry.kind == "real" else 1.0
