"""Make published figures of drawn levels: offsets, errors, sums over units, whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from forecaster.forecasts.plan import Plan, Stretch, Unit
    from forecaster.workspace.facts import SeriesEntry

    FloatArray = NDArray[np.float64]

_LARGEST = 600.0
"""Link values are held below this, so that exp and its sums stay finite."""


@frozen
class FigureErrors:
    """What a published figure has beyond the latent level, link units.

    Attributes
    ----------
    offset : (n_draws,) of the target basis
    noise_sd : (n_draws,) of one publication
    cap : (n_draws,) of a share that fills a market, or None
    measurement_sd : of one publication, on the logit of the share itself where there is a cap
    """

    offset: FloatArray
    noise_sd: FloatArray
    cap: FloatArray | None = None
    measurement_sd: float = 0.0


def assemble_figures(
    plan: Plan,
    entry: SeriesEntry,
    level_of: Callable[[Stretch], FloatArray],
    errors: FigureErrors,
    *,
    rng: np.random.Generator,
    normals: Iterator[FloatArray] | None = None,
    added_to: Callable[[Stretch], FloatArray | float] | None = None,
) -> FloatArray:
    """Return figures made of drawn levels.

    Parameters
    ----------
    level_of : the drawn level of a stretch, link scale, (n_draws,)
    normals : (n_draws,) standard normals for the error of each unit drawn, in order; from `rng`
        where None
    added_to : of a share with a cap, what drivers add to a stretch on the logit of the share

    Returns
    -------
    (n_draws, n_periods), unit of the series
    """
    n_draws = len(errors.offset)

    def figure_of(unit: Unit) -> FloatArray:
        """Return the drawn figure of a unit, unit of the series."""
        if unit.known is not None:
            return np.full(n_draws, unit.known)
        normal = rng.standard_normal(n_draws) if normals is None else next(normals)
        error = errors.offset + errors.noise_sd * normal
        stretches = [(stretch.length, level_of(stretch)) for stretch in unit.stretches]
        figure = _figure(stretches, error, entry, is_latent=plan.is_latent, rng=rng)
        if errors.cap is None:
            return figure
        # measured is the share itself, which knows nothing of its cap; nor do drivers
        share = errors.cap * figure
        measured = errors.measurement_sd * rng.standard_normal(n_draws)
        if added_to is not None:
            years = sum(stretch.length for stretch in unit.stretches) or 1.0
            measured = measured + sum(
                (stretch.length or 1.0) / years * added_to(stretch) for stretch in unit.stretches
            )
        return np.asarray(share / (share + (1 - share) * np.exp(-measured)))

    periods = []
    for units in plan.units:
        figures = [figure_of(unit) for unit in units]
        periods.append(_combine(units, figures, entry, is_latent=plan.is_latent))
    trajectories = np.column_stack(periods)
    if entry.kind == "cumulative":
        trajectories = plan.base + np.cumsum(trajectories, axis=1)
    return trajectories


def _figure(
    stretches: list[tuple[float, FloatArray]],
    error: FloatArray,
    entry: SeriesEntry,
    *,
    is_latent: bool,
    rng: np.random.Generator,
) -> FloatArray:
    """Return the figure of one unit on the scale of the data."""
    length = sum(years for years, _ in stretches)
    if entry.kind in ("share", "real"):
        # a share of a flow is averaged on the link scale, as it was observed
        average = sum(years * level for years, level in stretches) / length if length else None
        link = (stretches[0][1] if average is None else average) + error
        return link if entry.kind == "real" else 1 / (1 + np.exp(-np.clip(link, -30.0, 30.0)))
    if not length:
        figure = np.exp(np.clip(stretches[0][1] + error, -_LARGEST, _LARGEST))
    else:
        rates = np.exp(np.clip([level + error for _, level in stretches], -_LARGEST, _LARGEST))
        figure = np.array([years for years, _ in stretches]) @ rates
        if is_latent and entry.kind != "cumulative":
            return np.asarray(figure / length)
    is_counted = entry.kind == "count" or entry.counting_error == "poisson"
    if is_counted and not is_latent:
        return _whole_number(np.asarray(figure), entry, rng)
    return np.asarray(figure)


def _whole_number(rate: FloatArray, entry: SeriesEntry, rng: np.random.Generator) -> FloatArray:
    """Return counts: Poisson about the rate where events are counted, else the nearest one."""
    if entry.counting_error == "none":
        return np.rint(rate)
    # numpy draws Poisson only up to about 9e18; beyond 1e12 its error is far below a millionth
    return np.where(rate < 1e12, rng.poisson(np.minimum(rate, 1e12)), np.rint(rate))


def _combine(
    units: tuple[Unit, ...], figures: list[FloatArray], entry: SeriesEntry, *, is_latent: bool
) -> FloatArray:
    """Return the figure of a period from those of its units: the sum, or for shares the average."""
    if len(figures) == 1:
        return figures[0]
    is_average = entry.kind in ("share", "real") or (is_latent and entry.kind != "cumulative")
    if not is_average:
        return np.asarray(np.sum(figures, axis=0))
    lengths = np.array([unit.length for unit in units])
    return np.asarray((lengths / lengths.sum()) @ np.array(figures))
