"""Draw series fitted alone again, their steps coupled, with other normals on the same fits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.given_readings import read_figure, sensitivities
from forecaster.forecasts.given_sources import errors_of
from forecaster.forecasts.innovations import carry_over, draw_innovations
from forecaster.forecasts.joint_paths import n_drawn_units
from forecaster.forecasts.settings import random_stream
from forecaster.forecasts.trajectories import figure_errors
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from forecaster.forecasts.coupling import Coupling
    from forecaster.forecasts.given_sources import Heard, Normals
    from forecaster.forecasts.innovations import StepGrid
    from forecaster.forecasts.single_paths import SinglePaths
    from forecaster.scenarios.effects import BasePath
    from forecaster.scenarios.moves import Mover
    from forecaster.workspace.facts import History
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]


@frozen
class Singles:
    """All series that are fitted alone."""

    histories: Mapping[str, History]
    paths: Mapping[str, SinglePaths]
    grids: Mapping[str, StepGrid]
    coupling: Coupling

    @property
    def heard(self) -> Heard | None:
        """None: what experts said of a series alone is in its fit and steers its steps."""
        return None

    @property
    def periods(self) -> Mapping[str, tuple[Period, ...]]:
        """Series -> periods of the columns of its figures."""
        return {name: paths.plan.periods for name, paths in self.paths.items()}

    def draw(self, seed: int) -> SinglesRedrawn:
        """Return the series with the normals of one chunk."""
        n_draws = next(iter(self.paths.values())).n_draws
        normals = draw_innovations(self.coupling, self.grids, n_draws=n_draws, seed=seed)
        places = {}
        for name, paths in self.paths.items():
            rng = random_stream(seed, name, "given")
            places[name] = rng.permutation(n_draws)
            shape = (n_drawn_units(paths.plan), n_draws)
            normals[errors_of(name)] = rng.standard_normal(shape)
        return SinglesRedrawn(self, normals, places, seed)


@frozen
class SinglesRedrawn:
    """All series that are fitted alone, in one chunk.

    Attributes
    ----------
    places : series -> (n_draws,) where its draws go, so that no two series line up
    """

    source: Singles
    normals: Normals
    places: Mapping[str, NDArray[np.int64]]
    seed: int

    def _paths(self, series: str, normals: Normals) -> SinglePaths:
        """Return the paths of one series that normals make."""
        paths, errors = self.source.paths[series], normals[errors_of(series)]
        families = tuple(
            family.driven_by(
                normals[series], errors, places=self.places[series][family.chosen],
                rng=random_stream(self.seed, f"{series}/{number}", "given noise"),
            )
            for number, family in enumerate(paths.families)
        )  # fmt: skip
        return replace(paths, families=families)

    def gradient(self, series: str, column: int) -> Normals:
        """Return how a figure hangs on the normals, link scale."""
        paths = self.source.paths[series]
        is_total = paths.entry.kind == "cumulative"
        reading = read_figure(paths.plan, range(column + 1) if is_total else [column])
        steps = np.zeros(self.normals[series].shape)
        errors = np.zeros(self.normals[errors_of(series)].shape)
        for family in paths.families:
            theta, places = family.posterior.theta, self.places[series][family.chosen]
            cap = None if family.model.cap is None else theta[family.model.cap]
            found = sensitivities(theta, reading, paths.plan.step_length)
            if family.steering is not None:
                found = family.steering.left_free(theta, found)
            steps[..., places] = found
            law = figure_errors(family.posterior, family.model, cap, is_latent=paths.plan.is_latent)
            errors[:, places] = reading.units[:, None] * law.noise_sd
        return {series: steps, errors_of(series): errors}

    def response(self, gradient: Normals) -> Normals:
        """Return the covariance of all normals with what has this gradient."""
        found = {name: x for name, x in gradient.items() if name not in self.source.grids}
        among, grids = self.source.coupling, self.source.grids
        for i, name in enumerate(among.series):
            found[name] = np.zeros(self.normals[name].shape)
            for j, other in enumerate(among.series):
                if other not in gradient:
                    continue
                if other == name:
                    found[name] += gradient[name]
                    continue
                carried = carry_over(gradient[other], grids[other], grids[name])
                found[name] += among.correlation[i, j] * carried
        return found

    def figures(
        self,
        normals: Normals,
        movers: Mapping[str, Mover],
        *,
        only: Collection[str],
        is_smooth: bool,
    ) -> dict[str, FloatArray]:
        """Return series -> (n_draws, n_periods), unit of the series."""
        found = {}
        for name in only:
            paths = self._paths(name, normals)
            if is_smooth:
                paths = replace(paths, entry=replace(paths.entry, counting_error="none"))
            found[name] = paths.figures(movers.get(name))
        return found

    def path(self, series: str) -> BasePath:
        """Return the path of a series in worlds without drivers."""
        return self._paths(series, self.normals).path()
