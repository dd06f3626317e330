"""Find how the figure of a period hangs on the normals that drive a path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.inference.steering import ReadingWeights, find_sensitivities
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from forecaster.forecasts.composition_plan import CompositionPlan
    from forecaster.forecasts.plan import Plan

    FloatArray = NDArray[np.float64]


@frozen
class FigureReading:
    """Where a figure is taken from, weights that sum to one with what is known before the steps.

    Attributes
    ----------
    averages, levels : (n_steps,) of the average over each step, of the level at its end
    units : (n_units,) of the error of each unit that is drawn, in the order of the plan
    """

    averages: FloatArray
    levels: FloatArray
    units: FloatArray

    @property
    def last_step(self) -> int:
        """The last step that the figure is taken from; -1 where it lies before the steps."""
        used = np.flatnonzero(self.averages + self.levels)
        return int(used[-1]) if len(used) else -1


def read_figure(
    plan: Plan | CompositionPlan, columns: Iterable[int], *, part: int | None = None
) -> FigureReading:
    """Return where the figure of some periods together is taken from.

    Parameters
    ----------
    columns : of the plan's periods; several for a running total
    part : of a whole; None for a plan of one series
    """
    wanted = set(columns)
    every: Sequence[Sequence[Any]] = plan.units  # of either sort: with lengths and stretches
    length = sum(unit.length for column in wanted for unit in every[column])
    averages, levels = np.zeros((2, plan.n_steps))
    shares: list[float] = []
    for column, units in enumerate(every):
        for unit in units:
            known = unit.known is not None if part is None else part in unit.known
            if part is None and known:
                continue  # no error is drawn for it
            share = unit.length / length if length else 1.0
            share = share if column in wanted and not known else 0.0
            shares.append(share)
            years = sum(stretch.length for stretch in unit.stretches)
            for stretch in unit.stretches:
                if stretch.kept is None:
                    weight = share * (stretch.length / years if years else 1.0)
                    (averages if stretch.length else levels)[stretch.step] += weight
    return FigureReading(averages, levels, np.array(shares))


def sensitivities(theta: FloatArray, reading: FigureReading, step_length: float) -> FloatArray:
    """Return how a figure hangs on the normals of the steps of a trend.

    Returns
    -------
    (n_steps, 3, n_draws), in the order slope, level, integral; link units
    """
    weights = ReadingWeights(
        (), np.zeros((1, 0)), reading.averages[:, None], reading.levels[:, None], step_length
    )
    found = find_sensitivities(theta, weights).innovations[:, :, 0]
    return np.ascontiguousarray(np.moveaxis(found, 1, 2))


def share_direction(basis: FloatArray, coordinates: FloatArray, part: int) -> FloatArray:
    """Return how the logit of a part's share hangs on the coordinates of a whole.

    The others count by their shares of the rest, where the whole would be without news.

    Parameters
    ----------
    basis : (K, C)
    coordinates : (C, n_draws)

    Returns
    -------
    (C, n_draws)
    """
    x = np.delete(basis @ coordinates, part, axis=0)
    others = np.exp(x - x.max(axis=0))
    others /= others.sum(axis=0)
    return np.asarray(basis[part][:, None] - np.delete(basis, part, axis=0).T @ others)
