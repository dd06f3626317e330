"""Draw from, weigh under and refit mixtures of Student t distributions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.records import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

DEGREES_OF_FREEDOM = 5.0
"""Heavy enough to cover log-normal posteriors, light enough to waste few points."""


@frozen
class TMixture:
    """A mixture of multivariate t distributions.

    Attributes
    ----------
    weights : (n_components,), sum to one
    means : (n_components, n_dimensions)
    roots : (n_components, n_dimensions, n_dimensions), Cholesky factors of the scale matrices
    df : degrees of freedom
    """

    weights: FloatArray
    means: FloatArray
    roots: FloatArray
    df: float = DEGREES_OF_FREEDOM


def draw_mixture(mixture: TMixture, n: int, *, rng: np.random.Generator) -> FloatArray:
    """Return n draws, (n, n_dimensions), each component having its share of them."""
    n_dimensions = mixture.means.shape[1]
    uniform = (np.arange(n) + rng.random()) / n
    component = np.searchsorted(np.cumsum(mixture.weights)[:-1], uniform)
    normal = rng.standard_normal((n, n_dimensions))
    stretch = np.sqrt(mixture.df / rng.chisquare(mixture.df, n))
    turned = np.einsum("nij,nj->ni", mixture.roots[component], normal)
    return np.asarray(mixture.means[component] + stretch[:, None] * turned)


def component_log_densities(mixture: TMixture, points: FloatArray) -> FloatArray:
    """Return the log density of each component at each point, (n_components, n)."""
    df, n_dimensions = mixture.df, points.shape[1]
    constant = (
        math.lgamma((df + n_dimensions) / 2)
        - math.lgamma(df / 2)
        - n_dimensions / 2 * math.log(df * math.pi)
    )
    found = np.empty((len(mixture.weights), len(points)))
    for j, (mean, root) in enumerate(zip(mixture.means, mixture.roots, strict=True)):
        whitened = np.linalg.inv(root) @ (points - mean).T
        distance = (whitened**2).sum(axis=0)
        log_det = np.log(np.diag(root)).sum()
        found[j] = constant - log_det - (df + n_dimensions) / 2 * np.log1p(distance / df)
    return found


def mixture_log_density(mixture: TMixture, points: FloatArray) -> FloatArray:
    """Return the log density of the mixture at each point, (n,)."""
    return log_sum_exp(
        component_log_densities(mixture, points) + np.log(mixture.weights)[:, None], axis=0
    )


def refit_mixture(
    start: TMixture, points: FloatArray, weights: FloatArray, *, floor: float, n_sweeps: int = 3
) -> TMixture:
    """Refit a mixture to weighted points by expectation and maximisation.

    Parameters
    ----------
    start : TMixture
    points : (n, n_dimensions)
    weights : (n,), sum to one
    floor : least eigenvalue of a scale matrix, so that no component collapses
    """
    mixture = start
    df, n_dimensions = start.df, points.shape[1]
    for _ in range(n_sweeps):
        joint = component_log_densities(mixture, points) + np.log(mixture.weights)[:, None]
        share = np.exp(joint - log_sum_exp(joint, axis=0)) * weights
        total = np.maximum(share.sum(axis=1), 1e-12)
        means, roots = np.empty_like(mixture.means), np.empty_like(mixture.roots)
        for j in range(len(total)):
            whitened = np.linalg.inv(mixture.roots[j]) @ (points - mixture.means[j]).T
            # points far out count less: the t distribution's own weights
            pull = share[j] * (df + n_dimensions) / (df + (whitened**2).sum(axis=0))
            means[j] = pull @ points / max(pull.sum(), 1e-12)
            centred = points - means[j]
            scale = (pull[:, None] * centred).T @ centred / total[j]
            roots[j] = floored_root(scale, least=floor, most=math.inf)
        mixture = TMixture(total / total.sum(), means, roots, df)
    return mixture


def floored_root(matrix: FloatArray, *, least: float, most: float) -> FloatArray:
    """Return the Cholesky factor after holding the eigenvalues between `least` and `most`."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    held = np.clip(values, least, most)
    return np.asarray(np.linalg.cholesky((vectors * held) @ vectors.T))


def log_sum_exp(values: FloatArray, axis: int) -> FloatArray:
    """Return log of the sum of exp along an axis, without overflow."""
    top = values.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        total = np.log(np.exp(values - top).sum(axis=axis, keepdims=True))
    return np.asarray(np.squeeze(top + total, axis=axis))
