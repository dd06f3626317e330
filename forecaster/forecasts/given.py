"""Forecast what is likely where something is taken as seen.

    conditions -> decided by history?  -> sources, each with its own horizon
               -> draws in which they hold -> forecasts that say how rare that was

All arrows between drivers and series stay as they are: seeing is not doing. What is seen tells of
hyperparameters, drivers, and of every series that shares them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.forecasts.given_chunks import ENOUGH, MOST_DRAWS, Asked, draw_given
from forecaster.forecasts.given_conditions import (
    driver_decided,
    figure_seen,
    holds_already,
    refuse,
)
from forecaster.forecasts.given_fits import make_sources, settings_of
from forecaster.forecasts.given_joint import Members
from forecaster.forecasts.plan import parse_until
from forecaster.forecasts.settings import TREND_ALONE
from forecaster.records import frozen
from forecaster.scenarios.conditioning import MOST_K_HAT
from forecaster.workspace.conditions import SeenDriver, SeenLevel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forecaster.forecasts.given_chunks import Conditioned
    from forecaster.forecasts.given_conditions import FigureSeen
    from forecaster.forecasts.given_fits import Fits
    from forecaster.forecasts.given_sources import Source
    from forecaster.scenarios.worlds import Worlds
    from forecaster.workspace.conditions import Given
    from forecaster.workspace.periods import Period


@frozen
class Split:
    """Conditions by what is to be done about them.

    Attributes
    ----------
    figures, states : those that are open
    decided : the texts of those that history has met already
    """

    figures: tuple[FigureSeen, ...]
    states: tuple[SeenDriver, ...]
    decided: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        """Whether anything is left to condition on."""
        return bool(self.figures or self.states)


def split_conditions(conditions: Sequence[Given], fits: Fits) -> Split:
    """Return the conditions that are open, and those that history has met.

    Raises
    ------
    InputError
        If history has decided against one.
    """
    figures: list[FigureSeen] = []
    states: list[SeenDriver] = []
    decided: list[str] = []
    as_of = fits.settings.as_of
    for given in conditions:
        if isinstance(given, SeenLevel):
            resolved = fits.resolved(given.target.text)
            condition = figure_seen(given, resolved, fits.facts, as_of=as_of)
            known = holds_already(condition)
            if known is None:
                figures.append(condition)
        else:
            known = driver_decided(given, fits.drivers, as_of=as_of)
            if known is None:
                states.append(given)
        if known:
            decided.append(given.text)
        if known is False:
            problem = f"it is known by {as_of} that this is not so"
            raise refuse(given.text, problem, "give what is still open")
    return Split(tuple(figures), tuple(states), tuple(decided))


def draw_conditioned(split: Split, targets: Sequence[str], fits: Fits) -> Conditioned:
    """Return draws of the targets in which the conditions hold.

    Parameters
    ----------
    split : with something open
    targets : series, no formulas
    fits : under settings without conditions

    Raises
    ------
    InputError
        If the conditions are too rare, or a source cannot be drawn.
    UnreliableFit
        If the fit of a source is not certified and that is not allowed.
    """
    wanted = dict.fromkeys([*targets, *(name for c in split.figures for name in c.drawn)])
    needs = {name: settings_of(name, list(wanted), targets, split.figures, fits) for name in wanted}
    last = max((there.until for there in needs.values()), key=lambda text: parse_until(text).end)
    ends = [parse_until(last), *(s.period for s in split.states if s.period is not None)]
    sources = make_sources(needs, fits)
    for condition in split.figures:
        _check_drawn(condition, sources)
    # parts of a whole move each other, members of a group do not
    moved = [
        name
        for source in sources
        for name in source.histories
        if name in wanted or not isinstance(source, Members)
    ]
    is_driven = fits.settings.scenario != TREND_ALONE and fits.beliefs.has_drivers
    effects = fits.drivers.effects_on(moved) if is_driven else {}
    make = None
    if effects or split.states:
        make = _world_maker(fits, str(max(ends, key=lambda period: period.end)))
    found = draw_given(
        Asked(
            sources, tuple(targets), split.figures, split.states, effects, make,
            fits.settings.n_draws, fits.settings.seed, fits.announce,
        )
    )  # fmt: skip
    _require_enough(found, split)
    return found


def _world_maker(fits: Fits, until: str) -> Callable[[int], tuple[Worlds, Worlds]]:
    """Return what draws all drivers in the world asked for and in the baseline, by seed."""
    settings = replace(fits.settings, until=until)
    simulation = fits.drivers.simulation(settings)
    scenario = fits.drivers.scenario(settings)

    def make(seed: int) -> tuple[Worlds, Worlds]:
        """Return both; the same object where nothing is forced."""
        here = replace(simulation, seed=seed)
        baseline = here.worlds(None)
        return (baseline if scenario is None else here.worlds(scenario), baseline)

    return make


def _require_enough(found: Conditioned, split: Split) -> None:
    """Refuse conditions that leave too few draws, and say how rare they are."""
    certified, n = found.certified, found.n_drawn
    if certified.ess >= ENOUGH and certified.k_hat < MOST_K_HAT:
        return
    texts = [condition.seen.text for condition in split.figures]
    texts += [seen.text for seen in split.states]
    text = "' and '".join(texts)
    if certified.probability == 0:
        problem = f"this holds in none of {n:,} draws, so nothing can be said of what follows"
        raise refuse(text, problem, "give something less extreme, or leave it out")
    chance = certified.probability
    shown = f"{chance:.2g}" if chance < 0.001 else f"{chance:.2%}"
    hoped = certified.ess * MOST_DRAWS / n
    made = f"{n:,} draws leave {certified.ess:,.0f} effective"
    more = f", and {MOST_DRAWS:,} would leave about {hoped:,.0f}" if n < MOST_DRAWS else ""
    problem = (
        f"this is too rare to be seen in simulated worlds: its chance is {shown}; {made}{more}"
    )
    fix = f"give something less extreme ({ENOUGH:,.0f} are needed), or set a driver with --set"
    raise refuse(text, problem, fix)


def _check_drawn(condition: FigureSeen, sources: Sequence[Source]) -> None:
    """Check that what is seen is among what is drawn."""
    for name in condition.drawn:
        source = next(each for each in sources if name in each.histories)
        periods: tuple[Period, ...] = source.periods[name]
        if condition.seen.period not in periods:
            problem = f"the figure of '{name}' for {condition.seen.period} is neither published "
            problem += f"nor forecast: forecasts of it begin with {periods[0]}"
            raise refuse(condition.seen.text, problem, f"use a period from {periods[0]} on")
