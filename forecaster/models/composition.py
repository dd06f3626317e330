"""Declare the composition family: shares of one whole, which sum to one in every draw.

    share of part k = softmax(x)_k,    x = V w,    w_1 .. w_C independent trends, C = K - 1

V is any orthonormal basis of the vectors that sum to zero (isometric log-ratios). The trends share
their hyperparameters, so no part is special: turning V changes nothing (mathematics, section 6).

What theta means. A logit of one share moves by var(logit p_k) = s^2 (1 + H), where s is the scale
of a coordinate and H = sum of squared shares among the other parts: 1 for two parts, and 2 / K on
average when the complement is split at random (a flat Dirichlet). Priors are stated for the logit
of one share; coordinates take them times sqrt(K / (K + 2)), the inverse of sqrt(1 + 2 / K).

Figures are linear readings of the coordinates (models/composition_readings). Dated events and
stated growth of a part enter as static effects (models/part_events, models/part_drifts).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.models.part_events import event_directions, event_shapes
from forecaster.models.regressors import average
from forecaster.models.static_effects import StaticPrior
from forecaster.models.window_covariance import cell_covariance, cut_into_cells
from forecaster.workspace.beliefs import THETA_NAMES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.models.composition_readings import LinearReadings
    from forecaster.models.publications import Publications
    from forecaster.workspace.composition_beliefs import CompositionPrior

    FloatArray = NDArray[np.float64]

UNIT_NAME = "theta_unit"
"""The free variable of the PyMC model: (4,), standard normal under the prior."""


def log_ratio_basis(n_parts: int) -> FloatArray:
    """Return V, (n_parts, n_parts - 1): orthonormal columns, each summing to zero."""
    basis = np.zeros((n_parts, n_parts - 1))
    for j in range(1, n_parts):
        basis[:j, j - 1] = 1 / math.sqrt(j * (j + 1))
        basis[j, j - 1] = -j / math.sqrt(j * (j + 1))
    return basis


def coordinate_scale(n_parts: int) -> float:
    """Return the scale of a coordinate per scale of one share's logit, sqrt(K / (K + 2))."""
    return math.sqrt(n_parts / (n_parts + 2))


def composition_static(
    publications: Publications, readings: LinearReadings, prior: CompositionPrior
) -> StaticPrior:
    """Return prior and design of the static effects, blocks of C coordinates each.

    In the order levels at the anchor, drifts, offsets of the bases but the reference, then one
    effect for each dated event and one for each entry. An event moves readings by their slope
    against the log share of its part.
    """
    p, a, row = publications, readings.direction, publications.publication
    scale, c = coordinate_scale(p.n_parts), a.shape[1]
    anchor = float(p.start.min())
    middle = ((p.start + p.end) / 2 - anchor)[row]
    drift_mean, turned = (np.zeros(c), a) if p.drift is None else (p.drift.mean, a @ p.drift.turn)
    level = log_ratio_basis(p.n_parts).T @ _first_log_shares(p)
    blocks = [
        (level, prior.share.level_sd, a),
        (drift_mean, prior.share.drift.sd * scale, turned * middle[:, None]),
    ]
    for k, sd in enumerate(p.offset_sd[1:], start=1):
        blocks.append((np.zeros(c), scale * sd, a * (p.basis[row] == k)[:, None]))
    for event, column in zip(p.events, _event_columns(p, readings).T, strict=True):
        size = event.regressor
        blocks.append((np.array([size.mean]), size.sd, column[:, None]))
    blocks.append((readings.entry_mean, prior.entry_sd, readings.entry))
    return StaticPrior(
        anchor=anchor,
        mean=np.concatenate([mean for mean, _, _ in blocks]),
        sd=np.concatenate([np.full(len(mean), sd) for mean, sd, _ in blocks]),
        columns=np.hstack([columns for _, _, columns in blocks]),
    )


def _event_columns(publications: Publications, readings: LinearReadings) -> FloatArray:
    """Return what an event of size one adds to each reading, (n_rows, n_events)."""
    p = publications
    on = event_shapes(p.events, p.start, p.end)[p.publication]
    slopes = readings.direction @ event_directions(p.events, log_ratio_basis(p.n_parts)).T
    return np.asarray(slopes * on)


def event_sizes(publications: Publications, effects: FloatArray) -> FloatArray:
    """Return the sizes of the dated events among static effects, (n_events, n_draws)."""
    first = (publications.n_parts - 1) * (1 + len(publications.bases))
    return effects[first : first + len(publications.events)]


def drifts_of(publications: Publications, effects: FloatArray) -> FloatArray:
    """Return the drifts of the coordinates from static effects, (C, n_draws)."""
    c = publications.n_parts - 1
    turned = effects[c : 2 * c]
    return turned if publications.drift is None else publications.drift.turn @ turned


def _first_log_shares(publications: Publications) -> FloatArray:
    """Return the log of each part's share at the first publication at which it exists, (K,)."""
    first = publications.exists.argmax(axis=0)
    return np.asarray(np.log(publications.shares[first, np.arange(publications.n_parts)]))


def pymc_model(
    publications: Publications,
    readings: LinearReadings,
    static: StaticPrior,
    prior: CompositionPrior,
) -> Any:
    """Return the same marginal likelihood as a PyMC model, from its closed-form covariance.

    Cov = (A A') o (K_theta + levels + offsets + s_o^2 of one publication) + (A D A') o t t' +
    events + entries + noise, with A the directions, D the drifts' covariance, t the middles of the
    windows and o the product element by element.

    Returns
    -------
    pymc.Model
        Free variable `UNIT_NAME`, deterministics s_l, s_b, tau and s_o.
    """
    import pymc
    import pytensor.tensor as pt

    p, row = publications, publications.publication
    scale = coordinate_scale(p.n_parts)
    cell_start, cell_end, weights = cut_into_cells(p.start - static.anchor, p.end - static.anchor)
    angles = readings.direction @ readings.direction.T
    mean, fixed = _known_moments(p, readings, static, prior)
    same = angles * (row[:, None] == row)
    log_median = np.log([q.median * s for q, s in _scaled(prior, scale)])
    log_sd = np.array([q.log_sd for q in prior.share.theta])
    with pymc.Model() as model:
        unit = pymc.Normal(UNIT_NAME, 0.0, 1.0, shape=len(THETA_NAMES))
        theta = pt.exp(log_median + log_sd * unit)
        s_l, s_b, tau, s_o = (
            pymc.Deterministic(name, theta[j]) for j, name in enumerate(THETA_NAMES)
        )
        cells = cell_covariance(cell_start, cell_end, s_l=s_l, s_b=s_b, tau=tau)
        windows = pt.dot(pt.dot(weights, cells), weights.T)
        covariance = angles * windows[row][:, row] + fixed + s_o**2 * same
        root = pt.linalg.cholesky(covariance)
        pymc.MvNormal("logit", mu=np.zeros(p.n_rows), chol=root, observed=readings.z - mean)
    return model


def _known_moments(
    publications: Publications,
    readings: LinearReadings,
    static: StaticPrior,
    prior: CompositionPrior,
) -> tuple[FloatArray, FloatArray]:
    """Return mean and covariance of the readings without what hangs on the hyperparameters."""
    p, a, row = publications, readings.direction, publications.publication
    c = a.shape[1]
    times = ((p.start + p.end) / 2 - static.anchor)[row]
    # one block of C equal sds for levels and each basis
    basis_sd = np.array([0.0, *static.sd[2 * c : c * (1 + len(p.bases)) : c]])[p.basis]
    shared = static.sd[0] ** 2 + (p.basis[:, None] == p.basis) * basis_sd**2
    entry = readings.entry * prior.entry_sd
    drift_mean, drift_covariance = drift_moments(p, prior)
    event_mean, event_covariance = _event_moments(p, readings)
    mean = a @ static.mean[:c] + a @ drift_mean * times + event_mean
    covariance = (a @ a.T) * shared[np.ix_(row, row)]
    covariance += a @ drift_covariance @ a.T * np.outer(times, times) + event_covariance
    covariance += entry @ entry.T + np.diag(readings.noise_sd**2)
    return mean + readings.entry @ readings.entry_mean, covariance


def drift_moments(
    publications: Publications, prior: CompositionPrior
) -> tuple[FloatArray, FloatArray]:
    """Return mean, (C,), and covariance, (C, C), of the drifts of the coordinates."""
    c = publications.n_parts - 1
    variance = (coordinate_scale(publications.n_parts) * prior.share.drift.sd) ** 2
    stated = publications.drift
    if stated is None:
        return np.zeros(c), variance * np.eye(c)
    return stated.turn @ stated.mean, variance * (stated.turn @ stated.turn.T)


def _event_moments(
    publications: Publications, readings: LinearReadings
) -> tuple[FloatArray, FloatArray]:
    """Return what dated events add to mean and covariance of the readings."""
    p = publications
    # the slope of a reading against the log share of each part
    slopes = readings.direction @ log_ratio_basis(p.n_parts).T
    mean, covariance = np.zeros(p.n_rows), np.zeros((p.n_rows, p.n_rows))
    for event in p.events:
        on = average(event.regressor.shape, p.start, p.end)[p.publication]
        column = slopes[:, event.part] * on
        mean += event.regressor.mean * column
        covariance += event.regressor.sd**2 * np.outer(column, column)
    return mean, covariance


def _scaled(prior: CompositionPrior, scale: float) -> list[tuple[Any, float]]:
    """Return each hyperparameter's prior with what it is multiplied by; tau is in years."""
    return list(zip(prior.share.theta, (scale, scale, 1.0, scale), strict=True))
