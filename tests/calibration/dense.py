"""State the trend process as one multivariate normal, slowly and in plain numpy, to test against.

Nothing here is shared with `forecaster`: covariances come from double integrals of the
Ornstein-Uhlenbeck kernel in closed form (mathematics, section 1), never from a recursion.

The model of one series, times t in years since the anchor (the earliest window start):

    l(t) = l0 + d t + x(t)       x(0) = 0,   dx = beta dt + s_l dW
    beta stationary, sd s_b, correlation exp(-|h| / tau)
    z_i  = average of l over window i + jensen_i s_l^2 + offset[basis_i] + e_i
    e_i  ~ N(0, s_o^2 + noise_sd_i^2)

theta = (s_l, s_b, tau, s_o). A window whose start equals its end is a point.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import factorial

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Problem:
    """Observations of one series with the priors of its static effects.

    start, end, link_value, noise_sd, jensen : (n,)
    basis : (n,) integers; offset_sd : (n_bases,), 0 for the reference basis
    """

    start: Array
    end: Array
    link_value: Array
    noise_sd: Array
    basis: NDArray[np.int64]
    jensen: Array
    offset_sd: Array
    level_mean: float
    level_sd: float
    drift_mean: float
    drift_sd: float

    @property
    def anchor(self) -> float:
        return float(self.start.min())


@dataclass(frozen=True)
class Targets:
    """Linear functionals of the latent state: level averages, slopes and static effects.

    kind : (m,) of 'level' | 'beta' | 'x' | 'offset' | 'drift' | 'start-level'
        'level' is l averaged over [start, end], 'x' the same for x alone, 'beta' is b - d at start
    start, end : (m,) decimal years; basis : (m,) used by 'offset'
    """

    kind: tuple[str, ...]
    start: Array
    end: Array
    basis: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


def levels(start: Array, end: Array) -> Targets:
    """Return targets for the average of l over each window."""
    return Targets(("level",) * len(start), np.asarray(start), np.asarray(end))


def phi(x: Array) -> Array:
    """Return exp(-x) - 1 + x for x >= 0, without the cancellation at small x.

    The first term left out, 0.3^16 / 16!, is 2e-22; second differences divide this function by
    products of window lengths, so a series that stops at x^9 costs six digits of a log density.
    """
    small = np.minimum(x, 0.3)
    total = np.zeros_like(small)
    for k in range(15, 1, -1):
        total = total * small + (-1.0) ** k / factorial(k)
    return np.where(x < 0.3, total * small**2, np.expm1(-x) + x)


def average_min(a: Array, b: Array, c: Array, d: Array) -> Array:
    """Return the mean of min(s, t) over s in [a, b], t in [c, d]; a == b or c == d is a point."""
    distance = average_second(
        lambda x: np.abs(x), lambda x: x * np.abs(x) / 2, lambda x: np.abs(x) ** 3 / 6, a, b, c, d
    )
    return ((a + b) / 2 + (c + d) / 2 - distance) / 2


def average_second(g, g_once, g_twice, a: Array, b: Array, c: Array, d: Array) -> Array:
    """Return the mean of g(s - t) over [a, b] x [c, d], given its first two antiderivatives."""
    v, w = b - a, d - c
    safe_v, safe_w = np.where(v == 0, 1.0, v), np.where(w == 0, 1.0, w)
    both = (g_twice(b - c) + g_twice(a - d) - g_twice(a - c) - g_twice(b - d)) / (safe_v * safe_w)
    point_then_window = (g_once(a - c) - g_once(a - d)) / safe_w
    window_then_point = (g_once(b - c) - g_once(a - c)) / safe_v
    one = np.where(v == 0, point_then_window, window_then_point)
    return np.where((v == 0) & (w == 0), g(a - c), np.where((v == 0) | (w == 0), one, both))


def average_decay(a: Array, b: Array, tau: float) -> Array:
    """Return the mean of exp(-s / tau) over [a, b]."""
    w = b - a
    safe = np.where(w == 0, 1.0, w)
    return np.exp(-a / tau) * np.where(w == 0, 1.0, -tau * np.expm1(-w / tau) / safe)


def level_covariance(a: Array, b: Array, c: Array, d: Array, theta: Array) -> Array:
    """Return Cov of the averages of x over [a, b] and over [c, d]; times from the anchor."""
    s_l, s_b, tau, _ = theta
    decay = average_second(
        lambda x: np.exp(-np.abs(x) / tau),
        lambda x: -np.sign(x) * tau * np.expm1(-np.abs(x) / tau),
        lambda x: tau**2 * phi(np.abs(x) / tau),
        a, b, c, d,
    )  # fmt: skip
    shared = average_min(a, b, c, d)
    both = average_decay(a, b, tau) + average_decay(c, d, tau)
    return s_l**2 * shared + s_b**2 * tau**2 * (2 * shared / tau - 1 + both - decay)


def slope_level_covariance(s: Array, c: Array, d: Array, theta: Array) -> Array:
    """Return Cov(beta at s, average of x over [c, d]).

    Cov(beta_s, x_t) = s_b^2 times the integral of exp(-|s - u| / tau) over u in [0, t].
    """
    _, s_b, tau, _ = theta

    def once(x: Array) -> Array:
        return -np.sign(x) * tau * np.expm1(-np.abs(x) / tau)

    def twice(x: Array) -> Array:
        return tau**2 * phi(np.abs(x) / tau)

    w = d - c
    safe = np.where(w == 0, 1.0, w)
    upper = np.where(w == 0, once(c - s), (twice(d - s) - twice(c - s)) / safe)
    return s_b**2 * (upper - once(-s))


def prior_moments(targets: Targets, problem: Problem, theta: Array) -> tuple[Array, Array]:
    """Return mean (m,) and covariance (m, m) of the targets before any datum."""
    kinds = np.array(targets.kind)
    start, end = targets.start - problem.anchor, targets.end - problem.anchor
    is_level, is_slope = np.isin(kinds, ("level", "x")), kinds == "beta"
    with_static = kinds == "level"
    load_level = (with_static | (kinds == "start-level")).astype(float)
    load_drift = np.where(with_static, (start + end) / 2, (kinds == "drift").astype(float))
    mean = load_level * problem.level_mean + load_drift * problem.drift_mean
    cov = problem.level_sd**2 * np.outer(load_level, load_level)
    cov += problem.drift_sd**2 * np.outer(load_drift, load_drift)
    _, s_b, tau, _ = theta
    a, c = np.meshgrid(start, start, indexing="ij")
    b, d = np.meshgrid(end, end, indexing="ij")
    cov += np.where(np.outer(is_level, is_level), level_covariance(a, b, c, d, theta), 0.0)
    cov += np.where(np.outer(is_slope, is_slope), s_b**2 * np.exp(-np.abs(a - c) / tau), 0.0)
    cross = np.where(np.outer(is_slope, is_level), slope_level_covariance(a, c, d, theta), 0.0)
    cov += cross + cross.T
    if len(targets.basis):
        offsets = (kinds == "offset")[:, None] & (
            targets.basis[:, None] == np.arange(len(problem.offset_sd))
        )
        cov += (offsets * problem.offset_sd**2) @ offsets.T
    return mean, cov


def moments(problem: Problem, theta: Array) -> tuple[Array, Array]:
    """Return mean (n,) and covariance (n, n) of the observed link values."""
    s_l, _, _, s_o = theta
    mean, cov = prior_moments(levels(problem.start, problem.end), problem, theta)
    same_basis = problem.basis[:, None] == problem.basis
    cov = cov + same_basis * problem.offset_sd[problem.basis] ** 2
    return mean + problem.jensen * s_l**2, cov + np.diag(s_o**2 + problem.noise_sd**2)


def log_density(problem: Problem, theta: Array) -> float:
    """Return log p(link values | theta), static effects integrated out."""
    mean, cov = moments(problem, theta)
    root = np.linalg.cholesky(cov)
    white = np.linalg.solve(root, problem.link_value - mean)
    log_det = 2 * np.log(np.diag(root)).sum()
    return float(-0.5 * (white @ white + log_det + len(mean) * np.log(2 * np.pi)))


def conditional(targets: Targets, problem: Problem, theta: Array) -> tuple[Array, Array]:
    """Return mean (m,) and covariance (m, m) of the targets given all observations."""
    n, m = len(problem.start), len(targets.kind)
    no_basis = np.full(n, -1)
    basis = targets.basis if len(targets.basis) else np.full(m, -1)
    joint = Targets(
        ("level",) * n + targets.kind,
        np.concatenate([problem.start, targets.start]),
        np.concatenate([problem.end, targets.end]),
        np.concatenate([no_basis, basis]),
    )
    mean, cov = prior_moments(joint, problem, theta)
    is_offset = np.array(targets.kind) == "offset"
    shared = (is_offset[:, None] & (basis[:, None] == problem.basis)) * problem.offset_sd[
        problem.basis
    ] ** 2
    observed_mean, observed_cov = moments(problem, theta)
    cross = cov[n:, :n] + shared
    gain = np.linalg.solve(observed_cov, cross.T).T
    fitted = mean[n:] + gain @ (problem.link_value - observed_mean)
    return fitted, cov[n:, n:] - gain @ cross.T
