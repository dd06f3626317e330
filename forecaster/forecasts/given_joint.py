"""Draw wholes and groups again with other normals on the same fits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.given_readings import read_figure, sensitivities, share_direction
from forecaster.forecasts.given_sources import errors_of
from forecaster.forecasts.settings import random_stream
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from forecaster.forecasts.composition_paths import WholePaths
    from forecaster.forecasts.given_sources import Heard, Normals
    from forecaster.forecasts.joint_paths import GroupPaths
    from forecaster.scenarios.effects import BasePath
    from forecaster.scenarios.moves import Mover
    from forecaster.workspace.facts import History
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]

_FACTOR = "(factor)"
"""A name that no series has."""


@frozen
class Whole:
    """All parts of a whole."""

    histories: Mapping[str, History]
    paths: WholePaths
    name: str
    heard: Heard | None = None

    @property
    def periods(self) -> Mapping[str, tuple[Period, ...]]:
        """Part -> periods of the columns of its figures."""
        return dict.fromkeys(self.histories, self.paths.plan.periods)

    def draw(self, seed: int) -> WholeRedrawn:
        """Return the whole with the normals of one chunk."""
        rng = random_stream(seed, self.name, "given")
        n_steps, c, n_draws = self.paths.paths.averages.shape
        there = self.paths.at(rng.permutation(n_draws))
        steps = rng.standard_normal((n_steps, 3, c, n_draws))
        errors = rng.standard_normal(there.paths.errors.shape)
        return WholeRedrawn(there, {"steps": steps, "errors": errors})


@frozen
class WholeRedrawn:
    """All parts of a whole, in one chunk."""

    whole: WholePaths
    normals: Normals

    def _paths(self, normals: Normals) -> WholePaths:
        """Return the paths that normals make."""
        driven = self.whole.paths.driven_by(normals["steps"], normals["errors"])
        return replace(self.whole, paths=driven)

    def gradient(self, series: str, column: int) -> Normals:
        """Return how the logit of a share hangs on the normals."""
        paths, plan = self.whole.paths, self.whole.plan
        part = plan.names.index(series)
        reading = read_figure(plan, [column], part=part)
        direction = share_direction(paths.basis, paths.steady[reading.last_step + 1], part)
        steps = sensitivities(paths.theta, reading, plan.step_length)
        return {
            "steps": steps[:, :, None] * direction,
            "errors": reading.units[:, None, None] * (paths.noise_sd * direction),
        }

    def response(self, gradient: Normals) -> Normals:
        """Return the covariance of all normals with what has this gradient."""
        return gradient

    def figures(
        self,
        normals: Normals,
        movers: Mapping[str, Mover],
        *,
        only: Collection[str],
        is_smooth: bool,
    ) -> dict[str, FloatArray]:
        """Return part -> (n_draws, n_periods)."""
        del only, is_smooth  # shares are not counted, and none stands without the others
        known = {part: mover for part, mover in movers.items() if part in self.whole.plan.names}
        return self._paths(normals).figures(known)

    def path(self, series: str) -> BasePath:
        """Return the path of the logit of a share in worlds without drivers."""
        return self._paths(self.normals).path(series)


@frozen
class Members:
    """All members of a group that are forecast."""

    histories: Mapping[str, History]
    paths: GroupPaths
    heard: Heard | None = None

    @property
    def periods(self) -> Mapping[str, tuple[Period, ...]]:
        """Member -> periods of the columns of its figures."""
        return {name: plan.periods for name, plan in self.paths.plans.items()}

    def draw(self, seed: int) -> MembersRedrawn:
        """Return the group with the normals of one chunk."""
        first = next(iter(self.paths.members))
        rng = random_stream(seed, first, "given")
        n_draws = self.paths.members[first].levels.shape[-1]
        there = replace(self.paths.at(rng.permutation(n_draws)), seed=seed)
        n_steps = max(len(each.drawn) for each in there.members.values())
        normals = {_FACTOR: rng.standard_normal((n_steps, 3, n_draws))}
        for name, each in there.members.items():
            own = random_stream(seed, name, "given")
            normals[name] = own.standard_normal((len(each.drawn), 3, n_draws))
            normals[errors_of(name)] = own.standard_normal(each.normals.shape)
        return MembersRedrawn(there, normals)


@frozen
class MembersRedrawn:
    """All members of a group, in one chunk."""

    group: GroupPaths
    normals: Normals

    def _paths(self, normals: Normals, only: Collection[str]) -> GroupPaths:
        """Return the paths that normals make of some members."""
        members = {
            name: each.driven_by(
                normals[name], normals[_FACTOR], normals[errors_of(name)],
                is_stock=self.group.entries[name].timing == "stock",
            )
            for name, each in self.group.members.items()
            if name in only
        }  # fmt: skip
        return replace(self.group, members=members)

    def gradient(self, series: str, column: int) -> Normals:
        """Return how a member's figure hangs on the normals, link scale."""
        member, plan = self.group.members[series], self.group.plans[series]
        is_total = self.group.entries[series].kind == "cumulative"
        reading = read_figure(plan, range(column + 1) if is_total else [column])
        own, factor = (
            sensitivities(theta, reading, plan.step_length)
            for theta in (member.own_theta, member.factor_theta)
        )
        shared = np.zeros(self.normals[_FACTOR].shape)
        shared[: len(factor)] = factor
        errors = reading.units[:, None] * member.noise_sd
        return {series: own, _FACTOR: shared, errors_of(series): errors}

    def response(self, gradient: Normals) -> Normals:
        """Return the covariance of all normals with what has this gradient."""
        return gradient

    def figures(
        self,
        normals: Normals,
        movers: Mapping[str, Mover],
        *,
        only: Collection[str],
        is_smooth: bool,
    ) -> dict[str, FloatArray]:
        """Return member -> (n_draws, n_periods)."""
        paths = self._paths(normals, only)
        if is_smooth:
            entries = {n: replace(e, counting_error="none") for n, e in paths.entries.items()}
            paths = replace(paths, entries=entries)
        return paths.figures(movers)

    def path(self, series: str) -> BasePath:
        """Return the path of a member in worlds without drivers."""
        return self._paths(self.normals, [series]).path(series)
