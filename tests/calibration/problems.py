"""Make histories on the link scale, as the filter takes them and as the dense reference does."""

from __future__ import annotations

import numpy as np

from calibration.dense import Array, Problem
from forecaster.inference.timeline import lay_out
from forecaster.models.observations import Observations
from forecaster.models.static_effects import StaticPrior, static_prior
from forecaster.workspace.beliefs import LogNormal, Normal, TrendPrior

MEDIANS = (0.15, 0.15, 3.0, 0.05)
LOG_SDS = (0.8, 0.8, 0.7, 1.0)
LAYOUTS = (
    "annual points",
    "annual averages",
    "shifted averages",
    "irregular points",
    "years and quarters",
    "months",
    "points and averages",
    "overlapping houses",
)


def make_prior() -> TrendPrior:
    """Return the prior of a positive series (mathematics, section 4)."""
    theta = tuple(
        LogNormal(median, log_sd, "", "") for median, log_sd in zip(MEDIANS, LOG_SDS, strict=True)
    )
    return TrendPrior(
        theta=theta,
        drift=Normal(0.05, 0.15, "", ""),
        level_sd=10.0,
        thin_level=Normal(0.0, 1.75, "", ""),
        floor_noise=1e-3,
        offset_sd={"same-measure": 0.15, "other-measure": 0.3},
        quality_sd={},
        predictive={},
    )


def random_unit(rng: np.random.Generator, n_points: int) -> Array:
    """Return points with wider tails than the prior's, (n_points, 4)."""
    return rng.standard_normal((n_points, 4)) * 1.5


def theta_of(unit: Array) -> Array:
    """Return (n_points, 4) hyperparameters, from the documented prior and not from the code."""
    return np.array(MEDIANS) * np.exp(np.array(LOG_SDS) * unit)


def _windows(layout: str, rng: np.random.Generator, n: int) -> tuple[Array, Array, Array]:
    """Return start, end and basis index of the named layout."""
    year = 2010.0 + np.arange(n)
    quarter = 2010.0 + n / 2 + np.arange(2 * n) / 4
    if layout == "annual points":
        return year, year, np.zeros(n)
    if layout == "annual averages":
        return year, year + 1, np.zeros(n)
    if layout == "shifted averages":  # shared edges move together, as the tilted average does
        edges = 2010.0 + np.arange(n + 1) + rng.uniform(-0.15, 0.15, n + 1)
        return edges[:-1], edges[1:], np.zeros(n)
    if layout == "irregular points":
        at = 2010.0 + np.sort(rng.uniform(0, n, n))
        return at, at, rng.integers(0, 2, n).astype(float)
    if layout == "years and quarters":
        edges = np.unique(np.concatenate([year[: n // 2], [2010.0 + n // 2]]))
        quarters = edges[-1] + np.arange(n + 1) / 4
        edges = np.concatenate([edges, quarters[1:]]) + 0.02
        return edges[:-1], edges[1:], np.zeros(len(edges) - 1)
    if layout == "months":
        edges = 2010.0 + np.arange(n + 1) / 12
        return edges[:-1], edges[1:], np.zeros(n)
    if layout == "points and averages":  # a point inside windows, on an edge and between them
        at = np.array([2010.4, 2012.0, 2012.5, 2010.0 + n + 0.3])
        basis = np.concatenate([np.zeros(n), np.ones(len(at))])
        return np.concatenate([year, at]), np.concatenate([year + 1, at]), basis
    if layout == "overlapping houses":  # years, shifted years and quarters at once
        starts = [year, year + 0.05 + rng.uniform(0, 0.1), quarter]
        ends = [starts[0] + 1, starts[1] + 1, starts[2] + 0.25]
        basis = np.repeat([0.0, 1.0, 2.0], [n, n, 2 * n])
        return np.concatenate(starts), np.concatenate(ends), basis
    raise ValueError(layout)


def make_observations(layout: str, rng: np.random.Generator, *, n: int = 6) -> Observations:
    """Return a history whose values wander by 0.3 a step, houses unrelated to each other."""
    start, end, basis = _windows(layout, rng, n)
    order = np.lexsort((basis, start, end))
    start, end, basis = start[order], end[order], basis[order].astype(np.int64)
    n_bases = 1 + int(basis.max(initial=0))
    z = 2.0 + np.cumsum(rng.normal(0.05, 0.3, len(start)))
    noise_sd = rng.choice([1e-3, 0.01, 0.05, 0.1], len(start))
    return observe(
        start,
        end,
        z,
        noise_sd=noise_sd,
        basis=basis,
        offset_sd=np.array([0.0, 0.15, 0.3][:n_bases]),
    )


def observe(
    start: Array,
    end: Array,
    z: Array,
    *,
    noise_sd: Array | float,
    basis: np.ndarray | None = None,
    offset_sd: Array | None = None,
) -> Observations:
    """Return observations with the Jensen term of a flow on every window."""
    offset_sd = np.zeros(1) if offset_sd is None else offset_sd
    return Observations(
        start=start,
        end=end,
        z=z,
        jensen=(end - start) / 12,
        noise_sd=np.broadcast_to(noise_sd, z.shape).astype(float),
        basis=np.zeros(len(z), dtype=np.int64) if basis is None else basis,
        bases=tuple("abc"[: len(offset_sd)]),
        offset_sd=offset_sd,
        scale=1.0,
        log_jacobian=0.0,
        target_noise_sd=0.01,
        target=0,
    )


def as_problem(observations: Observations, prior: TrendPrior) -> Problem:
    """Return the same history for the dense reference; the level lies about the first value."""
    o = observations
    return Problem(
        start=o.start,
        end=o.end,
        link_value=o.z,
        noise_sd=o.noise_sd,
        basis=o.basis,
        jensen=o.jensen,
        offset_sd=o.offset_sd,
        level_mean=float(o.z[0]),
        level_sd=prior.level_sd,
        drift_mean=prior.drift.mean,
        drift_sd=prior.drift.sd,
    )


def for_filter(observations: Observations, prior: TrendPrior) -> tuple[object, StaticPrior]:
    """Return the timeline and the static effects that the filter wants."""
    return lay_out(observations), static_prior(observations, prior, is_share=False)
