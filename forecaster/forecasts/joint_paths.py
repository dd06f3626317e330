"""Keep the paths that joint figures are made of, so that other worlds need no other fit."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

from forecaster.forecasts.figures import FigureErrors, assemble_figures
from forecaster.forecasts.settings import random_stream
from forecaster.forecasts.trajectories import news_of_steps
from forecaster.records import frozen
from forecaster.scenarios.effects import BasePath
from forecaster.scenarios.moves import link_of, over_steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from forecaster.forecasts.plan import Plan, Stretch
    from forecaster.scenarios.moves import Mover
    from forecaster.workspace.facts import SeriesEntry

    FloatArray = NDArray[np.float64]


class JointPaths(Protocol):
    """Paths of several series on one draw axis, from which their figures are made in any world."""

    def figures(self, movers: Mapping[str, Mover]) -> dict[str, FloatArray]:
        """Return series -> (n_draws, n_periods), as the drivers of some of them leave them."""

    def path(self, series: str) -> BasePath:
        """Return the path of one series in worlds without drivers."""

    def at(self, chosen: NDArray[np.int64]) -> Self:
        """Return some of the draws."""

    def arrays(self) -> dict[str, FloatArray]:
        """Return all of it for the cache."""


@frozen
class MemberPaths:
    """Paths of one member of a group, link scale; the last axis of every array is that of draws.

    Attributes
    ----------
    times : (n_steps + 1,) decimal years of the ends of the steps, the beginning first
    levels, steady : (n_steps + 1, n_draws) as in BasePath
    drawn : (n_steps, n_draws) averages over the steps, of a stock levels at their ends; dated
        events included
    kept : (n_kept, n_draws) the same of windows before the steps
    offset, noise_sd : (n_draws,) of a published figure
    normals : (n_units, n_draws) of the error of each unit that is drawn
    own_theta, factor_theta : (n_theta, n_draws) hyperparameters of both parts of the path
    quiet : (n_steps, n_draws) what `drawn` would be without news
    """

    times: FloatArray
    levels: FloatArray
    steady: FloatArray
    drawn: FloatArray
    kept: FloatArray
    offset: FloatArray
    noise_sd: FloatArray
    normals: FloatArray
    own_theta: FloatArray
    factor_theta: FloatArray
    quiet: FloatArray

    def driven_by(
        self, own: FloatArray, factor: FloatArray, normals: FloatArray, *, is_stock: bool
    ) -> MemberPaths:
        """Return the paths of the same posterior with other normals.

        Parameters
        ----------
        own, factor : (n_steps, 3, n_draws) of the steps, in the order slope, level, integral
        normals : (n_units, n_draws) of the errors of publications
        """
        length = float(self.times[1] - self.times[0])
        n_steps = len(self.times) - 1
        parts = [
            news_of_steps(theta, innovations[:n_steps], step_length=length)
            for theta, innovations in ((self.own_theta, own), (self.factor_theta, factor))
        ]
        averages, ends = (a + b for a, b in zip(*parts, strict=True))
        levels = self.steady.copy()
        levels[1:] += ends
        drawn = self.quiet + (ends if is_stock else averages)
        return replace(self, levels=levels, drawn=drawn, normals=normals)

    def at(self, chosen: NDArray[np.int64]) -> MemberPaths:
        """Return some of the draws."""
        arrays = {each.name: getattr(self, each.name) for each in fields(self)}
        picked = {name: x[..., chosen] for name, x in arrays.items() if name != "times"}
        return replace(self, **picked)

    def path(self, entry: SeriesEntry) -> BasePath:
        """Return the path in worlds without drivers."""
        return BasePath(self.times, self.levels, self.steady, link_of(entry.kind))

    def figures(
        self,
        plan: Plan,
        entry: SeriesEntry,
        *,
        rng: np.random.Generator,
        mover: Mover | None = None,
    ) -> FloatArray:
        """Return joint draws of the member's figures, (n_draws, n_periods), unit of the series.

        Parameters
        ----------
        rng : for counts of events alone
        mover : the drivers of the series in as many worlds; None leaves them out
        """
        drawn = self.drawn
        if mover is not None:
            added = mover.added(self.path(entry))
            drawn = drawn + over_steps(added, is_stock=entry.timing == "stock")

        def level_of(stretch: Stretch) -> FloatArray:
            """Return the drawn level of a stretch, link scale."""
            source, k = (drawn, stretch.step) if stretch.kept is None else (self.kept, stretch.kept)
            return np.asarray(source[k])

        errors = FigureErrors(self.offset, self.noise_sd)
        return assemble_figures(plan, entry, level_of, errors, rng=rng, normals=iter(self.normals))


@frozen
class GroupPaths:
    """Paths of the members of a group that are forecast.

    Attributes
    ----------
    members : series id -> its paths
    plans, entries : series id -> Plan, SeriesEntry
    seed : of the run, for counts of events
    """

    members: Mapping[str, MemberPaths]
    plans: Mapping[str, Plan]
    entries: Mapping[str, SeriesEntry]
    seed: int

    def figures(self, movers: Mapping[str, Mover]) -> dict[str, FloatArray]:
        """Return series -> (n_draws, n_periods), as the drivers of some of them leave them."""
        return {
            name: paths.figures(
                self.plans[name],
                self.entries[name],
                rng=random_stream(self.seed, name, "pooled counts"),
                mover=movers.get(name),
            )
            for name, paths in self.members.items()
        }

    def path(self, series: str) -> BasePath:
        """Return the path of one series in worlds without drivers."""
        return self.members[series].path(self.entries[series])

    def at(self, chosen: NDArray[np.int64]) -> GroupPaths:
        """Return some of the draws."""
        return replace(self, members={name: x.at(chosen) for name, x in self.members.items()})

    def arrays(self) -> dict[str, FloatArray]:
        """Return all of it for the cache."""
        return {
            f"{name}/{each.name}": getattr(paths, each.name)
            for name, paths in self.members.items()
            for each in fields(paths)
        }


def members_in(arrays: Mapping[str, FloatArray], names: Iterable[str]) -> dict[str, MemberPaths]:
    """Return the paths of members from what `GroupPaths.arrays` returned."""
    each = [field.name for field in fields(MemberPaths)]
    return {
        name: MemberPaths(**{field: arrays[f"{name}/{field}"] for field in each}) for name in names
    }


def n_drawn_units(plan: Plan) -> int:
    """Return how many units of a plan are still to be published."""
    return sum(unit.known is None for units in plan.units for unit in units)
