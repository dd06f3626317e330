"""Hold what was asked for besides the series, and give every purpose its random stream."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.records import frozen

if TYPE_CHECKING:
    from datetime import date

DEFAULT_SEED = 20260101
DEFAULT_DRAWS = 4000
DEFAULT_COVERAGES = (0.5, 0.8, 0.95)
BASELINE = "baseline"
"""The scenario that forces nothing: every driver is left to its own probability."""
TREND_ALONE = "trend alone"
"""The world without drivers."""


@frozen
class Settings:
    """What was asked for, besides the series.

    Attributes
    ----------
    as_of : only what was published by then is used
    until : last period; its frequency is that of the figures
    coverages : nominal probabilities of the bands, each in (0, 1)
    engine : 'amis' | 'brute-force' | 'nuts'
    model : family name, 'module:function' of a custom model, or '' for what the beliefs say
    n_draws, seed : of the trajectories
    basis : target basis; None takes the one with the newest figure
    latent : the latent level on the finest grid, not the published figure
    allow_unreliable : go on when a fit is not certified, with a warning
    use_cache : look for the posterior in the user's cache, and keep it there
    without_judgements : leave out what experts said
    scenario : id of a scenario, BASELINE, or TREND_ALONE
    sets : drivers set on top of it, as typed
    given : conditions that are taken as seen, as typed
    priors : beliefs that are others in this run, as typed
    besides : other worlds that are drawn on the same fit, each a scenario and what is set on top
    """

    as_of: date
    until: str
    coverages: tuple[float, ...] = DEFAULT_COVERAGES
    engine: str = "amis"
    model: str = ""
    n_draws: int = DEFAULT_DRAWS
    seed: int = DEFAULT_SEED
    basis: str | None = None
    latent: bool = False
    allow_unreliable: bool = False
    use_cache: bool = True
    without_judgements: bool = False
    scenario: str = BASELINE
    sets: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    priors: tuple[str, ...] = ()
    besides: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def world(self) -> str:
        """What the world of these settings is called: scenario, what is set on top, what is seen.

        'full-decoupling + ban=on | cn-share@2027 >= 20%'.
        """
        name = self.scenario.removeprefix("scenario:")
        done = " + ".join((name, *self.sets))
        return f"{done} | {' & '.join(self.given)}" if self.given else done

    @property
    def each_world(self) -> tuple[Settings, ...]:
        """These settings, and the same for every other world that is asked for."""
        alone = replace(self, besides=())
        others = (replace(alone, scenario=name, sets=sets) for name, sets in self.besides)
        return (alone, *others)


def random_stream(seed: int, series: str, purpose: str) -> np.random.Generator:
    """Return the random stream of one series and purpose.

    Keyed by the series' id, so that its draws are the same whether it runs alone or with others.
    """
    words = np.frombuffer(hashlib.sha256(f"{series}/{purpose}".encode()).digest(), dtype="<u4")
    return np.random.default_rng(np.random.SeedSequence([seed, *words.tolist()]))
