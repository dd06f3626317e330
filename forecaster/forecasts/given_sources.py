"""Say what a source of draws can do: be drawn again with other normals, and be bent.

A source is what is drawn together: all series fitted alone (their steps are coupled), one whole,
or one group. Its draws are a function of standard normals, on posteriors already drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from forecaster.forecasts.judged_joint import said_of
from forecaster.forecasts.settings import random_stream
from forecaster.inference.judged_trajectories import statement_densities
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from forecaster.forecasts.judged_joint import Statement
    from forecaster.scenarios.effects import BasePath
    from forecaster.scenarios.moves import Mover
    from forecaster.workspace.facts import History
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]
    Normals = Mapping[str, FloatArray]
    """name -> standard normals, or coefficients of them; the last axis is that of the draws."""


@frozen
class Heard:
    """What experts said about a whole or a group: its draws count by how likely they make that.

    Attributes
    ----------
    statements : at least one
    name : of the whole or group, which names the random stream
    """

    statements: tuple[Statement, ...]
    name: str

    @property
    def series(self) -> tuple[str, ...]:
        """The series that something was said about."""
        return tuple(dict.fromkeys(statement.series for statement in self.statements))

    def log_density(self, figures: Mapping[str, FloatArray], *, seed: int) -> FloatArray:
        """Return the log density of all statements in each draw, (n_draws,).

        Parameters
        ----------
        figures : series -> (n_draws, n_periods) in worlds without drivers
        """
        rng = random_stream(seed, self.name, "judgements")
        return statement_densities(*said_of(self.statements, figures), rng=rng)


class Redrawn(Protocol):
    """One source in one chunk of draws."""

    @property
    def normals(self) -> Normals:
        """What its figures are made of; empty where nothing can be bent."""

    def gradient(self, series: str, column: int) -> Normals:
        """Return how the figure of a period hangs on the normals, link scale."""

    def response(self, gradient: Normals) -> Normals:
        """Return the covariance of all normals with what has this gradient."""

    def figures(
        self,
        normals: Normals,
        movers: Mapping[str, Mover],
        *,
        only: Collection[str],
        is_smooth: bool,
    ) -> dict[str, FloatArray]:
        """Return series -> (n_draws, n_periods), unit of the series.

        Parameters
        ----------
        only : the series wanted; others may be returned too
        is_smooth : whether counts of events stand at their rate
        """

    def path(self, series: str) -> BasePath | None:
        """Return the path of a series in worlds without drivers; None where only figures are."""


class Source(Protocol):
    """What is drawn together."""

    @property
    def histories(self) -> Mapping[str, History]:
        """Series -> what is known of it."""

    @property
    def heard(self) -> Heard | None:
        """What experts said about it that no draw knows of yet; None where nothing is."""

    @property
    def periods(self) -> Mapping[str, tuple[Period, ...]]:
        """Series -> periods of the columns of its figures."""

    def draw(self, seed: int) -> Redrawn:
        """Return the source with the normals of one chunk."""


def errors_of(series: str) -> str:
    """Return what the errors of a series' publications are called; no series is called so."""
    return f"{series} (errors)"
