"""Hold what one series' figures are made of, so that other worlds need no other fit."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.trajectories import draw_path, draw_trajectories
from forecaster.records import frozen
from forecaster.scenarios.effects import BasePath
from forecaster.scenarios.moves import link_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.forecasts.plan import Plan
    from forecaster.inference.posterior import Posterior
    from forecaster.inference.steering import Steering
    from forecaster.models.single import SingleModel
    from forecaster.scenarios.moves import Mover
    from forecaster.workspace.facts import SeriesEntry

    FloatArray = NDArray[np.float64]


@frozen
class FamilyPaths:
    """What one family of a pool draws.

    Attributes
    ----------
    posterior : of the family's draws
    chosen : (n,) which draws of the series these are
    innovations : (n_steps, 3, n) standard normals of the steps
    rng : in the state before the first use; every use takes a copy
    steering : what judgements ask of the steps; the innovations heed it already
    normals : (n_units, n) of the error of each unit that is drawn; from `rng` where None
    """

    model: SingleModel
    posterior: Posterior
    chosen: NDArray[np.int64]
    innovations: FloatArray
    rng: np.random.Generator
    steering: Steering | None = None
    normals: FloatArray | None = None

    def driven_by(
        self,
        innovations: FloatArray,
        normals: FloatArray,
        *,
        places: NDArray[np.int64],
        rng: np.random.Generator,
    ) -> FamilyPaths:
        """Return the paths of the same posterior with other normals.

        Parameters
        ----------
        innovations, normals : of all draws of the series; those of the steps know of no judgement
        places : (n,) which draws of the series these become
        rng : copied; the errors of judgements come from it too
        """
        mine, rng = innovations[..., places], deepcopy(rng)
        if self.steering is not None:
            mine = self.steering.steer(self.posterior.theta, mine, rng=rng)
        return replace(self, chosen=places, innovations=mine, normals=normals[..., places], rng=rng)


@frozen
class SinglePaths:
    """Everything that the trajectories of a series fitted alone are made of."""

    families: tuple[FamilyPaths, ...]
    plan: Plan
    entry: SeriesEntry

    @property
    def n_draws(self) -> int:
        """How many draws, over all families."""
        return sum(len(family.chosen) for family in self.families)

    def path(self) -> BasePath:
        """Return the path in worlds without drivers."""
        parts = [
            draw_path(
                family.posterior, self.plan, family.model, self.entry,
                rng=deepcopy(family.rng), innovations=family.innovations,
            )
            for family in self.families
        ]  # fmt: skip
        levels, continuation = np.empty((2, len(parts[0].ends), self.n_draws))
        for family, part in zip(self.families, parts, strict=True):
            levels[:, family.chosen] = part.levels
            continuation[:, family.chosen] = part.continuation
        return BasePath(parts[0].ends, levels, continuation, link_of(self.entry.kind))

    def figures(self, mover: Mover | None = None) -> FloatArray:
        """Return joint draws of the figures, (n_draws, n_periods), unit of the series.

        Parameters
        ----------
        mover : the drivers of the series in as many worlds; None leaves them out
        """
        added = None if mover is None else mover.added(self.path())
        trajectories = np.empty((self.n_draws, len(self.plan.periods)))
        for family in self.families:
            trajectories[family.chosen] = draw_trajectories(
                family.posterior, self.plan, family.model, self.entry,
                rng=deepcopy(family.rng), innovations=family.innovations,
                normals=family.normals,
                added=None if added is None else added[:, family.chosen],
            )  # fmt: skip
        return trajectories
