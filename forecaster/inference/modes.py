"""Find the modes of a posterior over few standard normal hyperparameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.mixture import TMixture, floored_root

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    LogDensity = Callable[[FloatArray], FloatArray]

MOST_MODES = 4
APART = 1.5
"""Starting points nearer than this, in prior sd, are taken for the same mode."""
DIFFERENCE = 0.05
"""Step of the finite differences, prior sd."""
LONGEST_MOVE = 2.0
NEGLIGIBLE = 12.0
"""A mode this many log units below the best one holds no mass worth a proposal."""
N_ITERATIONS = 8
CLOSE_ENOUGH = 0.05
"""A mode only centres a proposal: stop when a step gains less than this in every mode."""
INFLATION = 1.3**2
"""Widens the Laplace covariance: posteriors of scales are skewed."""
LEAST_SHARE = 0.05
"""Every mode gets at least this share of the best one's points, for Laplace masses can be wrong."""
N_STARTS = 4
FAR = 1.5
"""A start is also taken from the points more than this many prior sd up each axis."""


def find_modes(
    log_posterior: LogDensity, points: FloatArray, values: FloatArray, *, far_up: bool = True
) -> TMixture:
    """Return a t mixture at the modes reached from the best of the points.

    Parameters
    ----------
    log_posterior : (n, d) -> (n,), unnormalised
    points, values : (n, d), (n,)
        Points already weighed, among which the search starts.
    far_up : start from the best one far up each axis too

    Returns
    -------
    TMixture
        One component a mode, Laplace covariance times INFLATION, weight by Laplace mass.
    """
    modes = _starts(points, values, far_up=far_up)
    heights, gradient, hessian = _derivatives(log_posterior, modes)
    shrink = np.ones(len(modes))
    for _ in range(N_ITERATIONS):
        tried = modes + shrink[:, None] * _newton_steps(gradient, hessian)
        # the derivatives at the tried points come with their heights: a refused step is rare
        found = _derivatives(log_posterior, tried)
        gain = found[0] - heights
        better = gain > 0
        shrink = np.where(better, 1.0, shrink / 4)
        modes[better] = tried[better]
        for old, new in zip((heights, gradient, hessian), found, strict=True):
            old[better] = new[better]
        kept = _distinct(modes, heights)
        is_settled = (np.abs(gain[kept]) < CLOSE_ENOUGH).all()
        modes, heights, gradient, hessian, shrink = (
            values[kept] for values in (modes, heights, gradient, hessian, shrink)
        )
        if is_settled:
            break
    high = heights > heights.max() - NEGLIGIBLE
    modes, heights, hessian = (part[high][:MOST_MODES] for part in (modes, heights, hessian))
    roots = np.array([_laplace_root(h) for h in hessian])
    mass = heights - heights.max() + np.array([np.log(np.diag(r)).sum() for r in roots])
    weights = np.maximum(np.exp(mass - mass.max()), LEAST_SHARE)
    return TMixture(weights / weights.sum(), modes, roots)


def _starts(points: FloatArray, values: FloatArray, *, far_up: bool) -> FloatArray:
    """Return the best points that lie APART, and the best one far up each axis where wanted.

    A history can often be read as steady growth with noise or as a walk without: two modes, of
    which the lower one may hold mass but no good point by chance.
    """
    order = np.argsort(-values)
    chosen: list[int] = []
    best = order[: len(order) // 4]
    while len(best) and len(chosen) < N_STARTS:
        chosen.append(int(best[0]))
        best = _apart(points, best, chosen[-1])
    for axis in range(points.shape[1] if far_up else 0):
        beyond = order[points[order, axis] > FAR][:1]
        for i in chosen:
            beyond = _apart(points, beyond, i)
        chosen += beyond.tolist()
    return points[chosen].copy()


def _apart(points: FloatArray, indices: NDArray[np.int64], centre: int) -> NDArray[np.int64]:
    """Return those of the indices whose points lie APART from the centre's."""
    distance = np.linalg.norm(points[indices] - points[centre], axis=1)
    return np.asarray(indices[distance > APART])


def _distinct(modes: FloatArray, heights: FloatArray) -> list[int]:
    """Return the modes, best first, of any two that came together the higher one."""
    kept: list[int] = []
    for i in np.argsort(-heights):
        if all(np.linalg.norm(modes[i] - modes[j]) > APART / 3 for j in kept):
            kept.append(int(i))
    return kept


def _derivatives(
    log_posterior: LogDensity, modes: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return heights (m,), gradients (m, d) and Hessians (m, d, d) by differences in one batch."""
    m, d = modes.shape
    eye = np.eye(d) * DIFFERENCE
    pairs = [(i, j) for i in range(d) for j in range(i)]
    offsets = np.concatenate(
        [eye, -eye, np.array([eye[i] + eye[j] for i, j in pairs]).reshape(-1, d), np.zeros((1, d))]
    )
    around = log_posterior((modes[:, None] + offsets).reshape(-1, d)).reshape(m, -1)
    up, down, corner = around[:, :d], around[:, d : 2 * d], around[:, 2 * d : -1]
    heights = around[:, -1].copy()
    gradient = (up - down) / (2 * DIFFERENCE)
    hessian = np.empty((m, d, d))
    for i in range(d):
        hessian[:, i, i] = (up[:, i] - 2 * heights + down[:, i]) / DIFFERENCE**2
    for k, (i, j) in enumerate(pairs):
        mixed = (corner[:, k] - up[:, i] - up[:, j] + heights) / DIFFERENCE**2
        hessian[:, i, j] = hessian[:, j, i] = mixed
    return heights, gradient, hessian


def _newton_steps(gradient: FloatArray, hessian: FloatArray) -> FloatArray:
    """Return ascent steps: Newton's with the curvature made negative, held to LONGEST_MOVE."""
    values, vectors = np.linalg.eigh(-hessian)
    along = np.einsum("mji,mj->mi", vectors, gradient) / np.maximum(np.abs(values), 0.3)
    steps = np.einsum("mij,mj->mi", vectors, along)
    lengths = np.sqrt((steps**2).sum(axis=1))
    return np.asarray(steps * np.minimum(1.0, LONGEST_MOVE / (lengths + 1e-12))[:, None])


def _laplace_root(hessian: FloatArray) -> FloatArray:
    """Return the root of the widened Laplace covariance, no flatter than the prior's."""
    values, vectors = np.linalg.eigh(-hessian)
    covariance = (vectors / np.clip(values, 1.0, 1e4)) @ vectors.T
    return floored_root(INFLATION * covariance, least=1e-6, most=INFLATION)
