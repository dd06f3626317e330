"""Weigh trajectories that were drawn without judgements by what experts said about them.

For families that fit several series at once: drawn figures stand for what is known of them, and a
draw counts as much as it makes the statements likely, biases and herd effects integrated out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.judgement_weights import kappas_at
from forecaster.inference.posterior import resample
from forecaster.inference.psis import effective_size, smooth_weights
from forecaster.models.judgement_readings import error_covariance
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.models.judgement_readings import JudgementReading

    FloatArray = NDArray[np.float64]

MOST_K_HAT = 0.7


@frozen
class JudgedTrajectories:
    """Which draws to take, and whether their weights hold.

    Attributes
    ----------
    chosen : (n_draws,) draws to take, one as often as its weight
    weights : (n_draws,), sum to one
    k_hat, ess : of the weights
    failures : why they do not hold; empty when they do
    """

    chosen: NDArray[np.int64]
    weights: FloatArray
    k_hat: float
    ess: float
    failures: tuple[str, ...]


def weigh_trajectories(
    figures: FloatArray,
    said: FloatArray,
    ours: FloatArray,
    readings: Sequence[JudgementReading],
    *,
    rng: np.random.Generator,
) -> JudgedTrajectories:
    """Return draws weighed by the statements about them.

    Parameters
    ----------
    figures : (n, n_draws) the drawn figure that each statement is about, as published, link scale
    said : (n,) the statements, link scale
    ours : (n,) our forecast's median on the day of each, link scale; nan where nothing was known
    readings : of the statements, for their errors
    rng : draws a kappa for each draw, and settles fractions of draws
    """
    n_draws = figures.shape[1]
    log_weights = statement_densities(figures, said, ours, readings, rng=rng)
    weights, k_hat = smooth_weights(log_weights)
    failures = () if k_hat < MOST_K_HAT else (f"k-hat {k_hat:.2f} of the weights by judgements",)
    return JudgedTrajectories(
        chosen=resample(weights, n_draws, rng=rng),
        weights=weights,
        k_hat=k_hat,
        ess=effective_size(weights),
        failures=failures,
    )


def statement_densities(
    figures: FloatArray,
    said: FloatArray,
    ours: FloatArray,
    readings: Sequence[JudgementReading],
    *,
    rng: np.random.Generator,
) -> FloatArray:
    """Return the log density of all statements in each draw, (n_draws,).

    Parameters as for `weigh_trajectories`.
    """
    n, n_draws = figures.shape
    level = (rng.permutation(n_draws) + rng.random(n_draws)) / n_draws
    kappa = kappas_at(readings, level)
    rest = 1 - kappa
    is_anchored = np.isfinite(ours)[:, None]
    bias = np.array([reading.bias for reading in readings])[:, None]
    stated = said[:, None] - bias
    anchor = kappa * np.nan_to_num(ours)[:, None]
    value = np.where(is_anchored, (stated - anchor) / rest, stated)
    # the figures are drawn with their error of publication, so statements add none
    root = np.linalg.cholesky(error_covariance(readings, kappa, np.zeros(n_draws)))
    whitened = np.linalg.solve(root, (value - figures).T[:, :, None])[:, :, 0]
    log_weights = -0.5 * (whitened**2).sum(axis=1) - 0.5 * n * math.log(2 * math.pi)
    log_weights -= np.log(np.einsum("kii->ki", root)).sum(axis=1)
    log_weights -= np.where(is_anchored, np.log(rest), 0.0).sum(axis=0)
    return np.asarray(log_weights)
