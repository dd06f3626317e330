"""Take the draws of a user's own model as they are: nothing is known of how they were made."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from forecaster.forecasts.moved_figures import moved_figures
from forecaster.forecasts.settings import random_stream
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from forecaster.forecasts.given_sources import Heard, Normals
    from forecaster.scenarios.effects import BasePath
    from forecaster.scenarios.moves import Mover
    from forecaster.workspace.facts import History
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]


@frozen
class Custom:
    """A model of the user's own, of which nothing but the draws is known.

    Attributes
    ----------
    drawn : (n_draws, n_periods), unit of the series
    """

    history: History
    grid: tuple[Period, ...]
    drawn: FloatArray

    @property
    def heard(self) -> Heard | None:
        """None: no expert is heard about a model of the user's own."""
        return None

    @property
    def histories(self) -> Mapping[str, History]:
        """The series -> what is known of it."""
        return {self.history.entry.id: self.history}

    @property
    def periods(self) -> Mapping[str, tuple[Period, ...]]:
        """The series -> periods of the columns of its figures."""
        return {self.history.entry.id: self.grid}

    def draw(self, seed: int) -> CustomRedrawn:
        """Return the draws in another order."""
        rng = random_stream(seed, self.history.entry.id, "given")
        return CustomRedrawn(self, self.drawn[rng.permutation(len(self.drawn))])


@frozen
class CustomRedrawn:
    """Draws of a model of the user's own, in one chunk."""

    source: Custom
    drawn: FloatArray
    normals: Normals = field(default_factory=dict)

    def gradient(self, series: str, column: int) -> Normals:
        """Return nothing: there are no normals."""
        del series, column
        return {}

    def response(self, gradient: Normals) -> Normals:
        """Return nothing: there are no normals."""
        return gradient

    def figures(
        self,
        normals: Normals,
        movers: Mapping[str, Mover],
        *,
        only: Collection[str],
        is_smooth: bool,
    ) -> dict[str, FloatArray]:
        """Return the series -> (n_draws, n_periods)."""
        del normals, only, is_smooth
        history = self.source.history
        mover = movers.get(history.entry.id)
        moved = self.drawn
        if mover is not None:
            moved = moved_figures(moved, history, self.source.grid, mover)
        return {history.entry.id: moved}

    def path(self, series: str) -> BasePath | None:
        """Return nothing: its news are found from its figures, which are never bent."""
        del series
        return None
