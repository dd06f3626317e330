"""Draw worlds in which what is given holds, chunk after chunk, until enough are effective."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.given_bend import Place, bend_chunk, hold_movers
from forecaster.forecasts.given_conditions import driver_holds
from forecaster.forecasts.settings import random_stream
from forecaster.inference.posterior import resample
from forecaster.records import frozen
from forecaster.scenarios.conditioning import MOST_K_HAT, certify

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from forecaster.forecasts.given_conditions import FigureSeen
    from forecaster.forecasts.given_sources import Source
    from forecaster.scenarios.conditioning import Certified
    from forecaster.scenarios.worlds import Worlds
    from forecaster.workspace.conditions import SeenDriver
    from forecaster.workspace.driver_types import Effect

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]

ENOUGH = 1000.0
"""Effective draws."""
MOST_DRAWS = 2_000_000
LEAST_TRIED = 40_000
"""Draws after which a condition that leaves too few is given up before all are made."""
_PATIENCE = 5
"""Chunks after which it is said that more are needed."""
_NEGLIGIBLE = 1e-6
"""A draw of so little weight beside the heaviest of its chunk is not kept."""


@frozen
class Asked:
    """What is drawn, and what is given.

    Attributes
    ----------
    sources : of targets and conditions
    targets : series whose figures are wanted
    figures, states : the conditions
    effects : series -> effects of drivers on it
    make_worlds : seed -> all drivers in the world asked for, and in the baseline; None where
        neither a condition nor an effect needs them
    n_draws, seed : of a chunk, of the run
    announce : takes a sentence where it takes long
    """

    sources: tuple[Source, ...]
    targets: tuple[str, ...]
    figures: tuple[FigureSeen, ...]
    states: tuple[SeenDriver, ...]
    effects: Mapping[str, tuple[Effect, ...]]
    make_worlds: Callable[[int], tuple[Worlds, Worlds]] | None
    n_draws: int
    seed: int
    announce: Callable[[str], None]


@frozen
class Kept:
    """Draws of one chunk in which the conditions hold.

    Attributes
    ----------
    weights : (n,) positive
    figures : target -> (n, n_periods), unit of the series
    states : (n_drivers, n_quarters + 1, n) of the drivers; None where none were drawn
    is_exact : whether the weights are exact probabilities
    """

    weights: FloatArray
    figures: Mapping[str, FloatArray]
    states: BoolArray | None
    is_exact: bool


@frozen
class Conditioned:
    """Draws of the targets given the conditions, each counting the same.

    Attributes
    ----------
    figures : target -> (n_draws, n_periods)
    states : (n_drivers, n_quarters + 1, n_draws) of the drivers in these draws; None without any
    worlds : of the first chunk, which tell drivers and quarters; None without any
    n_drawn : how many were drawn in all
    certified : what the weights are worth
    is_exact : whether they are exact probabilities of the conditions
    sources : of targets and conditions
    """

    figures: Mapping[str, FloatArray]
    states: BoolArray | None
    worlds: Worlds | None
    n_drawn: int
    certified: Certified
    is_exact: bool
    sources: tuple[Source, ...]

    @property
    def resampled_worlds(self) -> Worlds | None:
        """The worlds of these draws: what drivers do where the conditions hold."""
        if self.worlds is None or self.states is None:
            return None
        return replace(self.worlds, states=self.states)


def draw_given(asked: Asked) -> Conditioned:
    """Return draws in which the conditions hold, or as many as could be made of them.

    Chunks are drawn until 1,000 are effective, two million are drawn, or it is plain that two
    million would not do.
    """
    kept: list[Kept] = []
    worlds, n_drawn = None, 0
    while True:
        chunk, here = _draw_chunk(asked, _chunk_seed(asked.seed, len(kept)))
        worlds = worlds or here
        kept.append(chunk)
        n_drawn += asked.n_draws
        weights = np.concatenate([each.weights for each in kept])
        # chunks have innovations and worlds of their own, and share posterior draws
        n_independent = asked.n_draws if asked.figures else n_drawn
        certified = certify(weights, n_drawn, n_independent=n_independent)
        if _is_over(certified, n_drawn):
            break
        if len(kept) == _PATIENCE:
            asked.announce(
                f"what is given is rare: {certified.ess:,.0f} of {n_drawn:,} draws are effective "
                f"so far; more are drawn until {ENOUGH:,.0f} are"
            )
    rng = random_stream(asked.seed, "(given)", "resample")
    n = asked.n_draws
    chosen = resample(certified.weights, n, rng=rng) if len(weights) else np.zeros(0, np.int64)
    figures = {
        name: np.concatenate([each.figures[name] for each in kept])[chosen]
        for name in asked.targets
    }
    states = None
    if worlds is not None:
        states = np.concatenate([each.states for each in kept if each.states is not None], axis=2)
        states = states[..., chosen]
    is_exact = all(each.is_exact for each in kept)
    return Conditioned(figures, states, worlds, n_drawn, certified, is_exact, asked.sources)


def _is_over(certified: Certified, n_drawn: int) -> bool:
    """Say whether the draws suffice, or more would be of no use."""
    if certified.ess >= ENOUGH and certified.k_hat < MOST_K_HAT:
        return True
    if n_drawn >= MOST_DRAWS:
        return True
    # three standard errors of a count: what looks hopeless may be bad luck
    hoped = (certified.ess + 3 * np.sqrt(certified.ess + 1)) * MOST_DRAWS / n_drawn
    return bool(n_drawn >= LEAST_TRIED and hoped < ENOUGH)


def _chunk_seed(seed: int, chunk: int) -> int:
    """Return the seed of a chunk: the run's own for the first, whose worlds others share."""
    if not chunk:
        return seed
    return int(np.random.SeedSequence([seed, chunk]).generate_state(1)[0])


def _draw_chunk(asked: Asked, seed: int) -> tuple[Kept, Worlds | None]:
    """Return the draws of one chunk in which the conditions hold, and its worlds."""
    worlds = asked.make_worlds(seed) if asked.make_worlds else None
    redrawn = tuple((source, source.draw(seed)) for source in asked.sources)
    place = Place(redrawn, hold_movers(redrawn, asked.effects, worlds))
    holds = np.ones(asked.n_draws, dtype=bool)
    for seen in asked.states:
        assert worlds is not None  # a condition on a driver has them made
        holds &= driver_holds(seen, worlds[0])
    bent = bend_chunk(place, asked.figures, asked.targets, n_draws=asked.n_draws, seed=seed)
    weights = np.where(holds, bent.weights, 0.0)
    is_kept = weights > _NEGLIGIBLE * weights.max(initial=0.0)
    figures = {name: bent.figures[name][is_kept] for name in asked.targets}
    states = None if worlds is None else worlds[0].states[..., is_kept]
    kept = Kept(weights[is_kept], figures, states, bent.is_exact)
    return kept, None if worlds is None else worlds[0]
