"""Say how much the forecast of one family leans on its prior and on the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.evaluation.sensitivity import (
    Sensitivity,
    moved_quantile,
    reweighed,
    scaled_by,
    sensitivities,
)
from forecaster.forecasts.settings import random_stream
from forecaster.forecasts.trajectories import draw_trajectories
from forecaster.inference.draw_single import draw_single
from forecaster.inference.importance import prior_log_density
from forecaster.inference.posterior import resample
from forecaster.inference.single import single_problem
from forecaster.models.static_effects import DRIFT
from forecaster.records import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.forecasts.plan import Plan
    from forecaster.inference.certify import HyperPosterior
    from forecaster.models.single import SingleModel
    from forecaster.workspace.facts import SeriesEntry

    FloatArray = NDArray[np.float64]

STRONGER = 1.25
"""A power at which the median and the width of the forecast are told; its inverse beside it."""
LONG_RUN = "d"
_TINY = 1e-12


@frozen
class ForecastSensitivity:
    """What prior and history do to the forecast of one family.

    Attributes
    ----------
    forecast : of the figure at the horizon
    parameters : of every hyperparameter, and of the long-run rate
    median_shift : of the figure at the horizon, in widths of its 80% band, for a doubling of the
        prior's power
    width_change : of that band, as a share of it, for a doubling of the prior's power
    """

    forecast: Sensitivity
    parameters: tuple[Sensitivity, ...]
    median_shift: float
    width_change: float


def forecast_sensitivity(
    model: SingleModel,
    hyper: HyperPosterior,
    plan: Plan,
    entry: SeriesEntry,
    *,
    n_draws: int,
    seed: int,
) -> ForecastSensitivity:
    """Return what prior and history do to the figure of the last period, and to the parameters.

    Parameters
    ----------
    hyper : with its points
    """
    if hyper.points is None:
        raise ValueError("a fit by NUTS has no weighed points")
    words = f"{entry.id}/{model.family}"
    # the draws are made from the points that this very stream would choose
    chosen = resample(hyper.weights, n_draws, rng=random_stream(seed, words, "sensitivity"))
    rng = random_stream(seed, words, "sensitivity")
    posterior = draw_single(model, hyper, kept=plan.kept, end=plan.end, n_draws=n_draws, rng=rng)
    figures = draw_trajectories(posterior, plan, model, entry, rng=rng)[:, -1]
    unit = hyper.points.unit[chosen]
    drift = posterior.effects[DRIFT]
    spread = (drift - model.static.mean[DRIFT]) / model.static.sd[DRIFT]
    log_prior = prior_log_density(unit) - spread**2 / 2
    distinct, index = np.unique(chosen, return_inverse=True)
    log_likelihood = single_problem(model).log_likelihood_at(hyper.points.unit[distinct])[index]
    forecast = _on_link_scale(figures, entry, base=plan.base)
    quantities = {"forecast": forecast}
    quantities |= {name: unit[:, j] for j, name in enumerate(model.names)}
    quantities[LONG_RUN] = drift
    weights = np.full(n_draws, 1 / n_draws)
    first, *others = sensitivities(
        quantities, log_prior=log_prior, log_likelihood=log_likelihood, weights=weights
    )
    shift, change = _moves(forecast, weights, log_prior)
    return ForecastSensitivity(first, tuple(others), shift, change)


def _on_link_scale(figures: FloatArray, entry: SeriesEntry, *, base: float) -> FloatArray:
    """Return figures where their distribution is near symmetric, on which distances are taken."""
    if entry.kind == "real":
        return figures
    if entry.kind == "share":
        inside = np.clip(figures, _TINY, 1 - _TINY)
        return np.asarray(np.log(inside) - np.log1p(-inside))
    return np.asarray(
        np.log(np.maximum(figures - base, 0.0) + 0.5 * (entry.kind == "count") + _TINY)
    )


def _moves(values: FloatArray, weights: FloatArray, log_prior: FloatArray) -> tuple[float, float]:
    """Return how median and width of the 80% band move for a doubling of the prior's power."""
    levels = (0.1, 0.5, 0.9)
    scaled = scaled_by(log_prior)
    weak, strong = (
        moved_quantile(values, reweighed(weights, scaled(power)), levels)
        for power in (1 / STRONGER, STRONGER)
    )
    doublings = 2 * np.log2(STRONGER)
    low, _, high = moved_quantile(values, weights, levels)
    width = max(float(high - low), _TINY)
    shift = float(strong[1] - weak[1]) / width / doublings
    change = float((strong[2] - strong[0]) - (weak[2] - weak[0])) / width / doublings
    return shift, change
