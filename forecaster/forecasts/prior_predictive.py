"""Draw paths of a series from its prior alone, before any history is seen.

prior -> theta, drift, start -> exact yearly steps -> link scale -> figures
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.models.trend import S_B, S_L, TAU, make_step, theta_at
from forecaster.records import frozen
from forecaster.workspace.beliefs import THETA_NAMES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.workspace.facts import History, SeriesEntry
    from forecaster.workspace.series_beliefs import SeriesPrior

    FloatArray = NDArray[np.float64]

N_DRAWS = 20_000
_LARGEST = 600.0
"""Link values are held below this, so that exp stays finite."""


@frozen
class Start:
    """Where the paths begin.

    Attributes
    ----------
    time : decimal years
    mean, sd : on the link scale; sd 0 is a known figure
    what : in words
    is_relative : whether values are multiples of, or changes since, an unknown figure
    """

    time: float
    mean: float
    sd: float
    what: str
    is_relative: bool = False


@frozen
class PriorPaths:
    """Paths drawn from a prior.

    Attributes
    ----------
    start : Start
    times : (n_years + 1,), decimal years; the first is the start
    values : (n_draws, n_years + 1), unit of the series, of amounts of a flow per year
    typical_change : (n_draws,), link units: sd of the change in a year about its long-run rate
    """

    start: Start
    times: FloatArray
    values: FloatArray
    typical_change: FloatArray


def find_start(
    prior: SeriesPrior, entry: SeriesEntry, history: History | None, *, now: float
) -> Start:
    """Return where the paths of a prior begin: the last figure, the stated level, or anywhere.

    Parameters
    ----------
    now : decimal years; from then on, where nothing says when
    """
    if history is not None and entry.kind != "cumulative":
        rows = [row for row in history.data if row.basis == history.target_basis]
        last = max(rows, key=lambda row: (row.period.end, -row.period.length))
        is_flow = entry.timing == "flow"
        is_amount = is_flow and entry.kind in ("positive", "count")
        value = last.value / last.period.length if is_amount else last.value
        period = last.period
        time = (period.start_year + period.end_year) / 2 if is_flow else period.end_year
        if _has_link(value, entry.kind):
            return Start(time, _link(value, entry.kind), 0.0, f"the figure of {period}")
    if prior.level is not None:
        at = prior.stated["level"].at
        return Start(prior.level.time, prior.level.mean, prior.level.sd, f"the level of {at}")
    thin = prior.trend.thin_level
    if thin is not None:
        return Start(now, thin.mean, thin.sd, "nothing known of its level")
    what = "the rate at which it grows" if entry.kind == "cumulative" else "any figure"
    return Start(now, 0.0, 0.0, what, is_relative=True)


def draw_prior(
    prior: SeriesPrior,
    entry: SeriesEntry,
    start: Start,
    *,
    n_years: int,
    rng: np.random.Generator,
    n_draws: int = N_DRAWS,
) -> PriorPaths:
    """Return paths of the level under the prior, a point a year, errors of figures left out.

    A series with a cap moves on the logit of its share of the cap; caps below the start are not
    drawn, as a history would rule them out.

    Parameters
    ----------
    n_years : how far to go
    """
    scale = (entry.typical_change or 1.0) if entry.kind == "real" else 1.0
    theta = theta_at(rng.standard_normal((n_draws, len(THETA_NAMES))), prior.trend, scale=scale)
    drift = scale * (prior.trend.drift.mean + prior.trend.drift.sd * rng.standard_normal(n_draws))
    first = start.mean + start.sd * rng.standard_normal(n_draws)
    cap = _draw_caps(prior, 1 / (1 + np.exp(-first)), rng) if entry.kind == "share" else None
    if cap is not None:
        share = 1 / (1 + np.exp(-first))
        first = np.log(share / (cap - share))
    step = make_step(theta, 1.0)
    root_b = np.sqrt(step.q_bb)
    cross = step.q_lb / root_b
    root_l = np.sqrt(np.maximum(step.q_ll - cross**2, 0.0))
    levels = np.empty((n_draws, n_years + 1))
    levels[:, 0] = first
    slope = theta[S_B] * rng.standard_normal(n_draws)  # b - d is stationary with sd s_b
    for k in range(n_years):
        shock, other = rng.standard_normal((2, n_draws))
        levels[:, k + 1] = levels[:, k] + step.slope_gain * slope + drift
        levels[:, k + 1] += cross * shock + root_l * other
        slope = step.phi * slope + root_b * shock
    return PriorPaths(
        start=start,
        times=start.time + np.arange(n_years + 1.0),
        values=_figures(levels, entry, cap),
        typical_change=_typical_change(theta),
    )


def _typical_change(theta: FloatArray) -> FloatArray:
    """Return the sd of the change in a year about the long-run rate, link units, (n_draws,)."""
    tau = theta[TAU]
    weight = 2 * tau**2 * (np.expm1(-1 / tau) + 1 / tau)
    return np.asarray(np.sqrt(theta[S_L] ** 2 + theta[S_B] ** 2 * weight))


def _draw_caps(
    prior: SeriesPrior, share: FloatArray, rng: np.random.Generator
) -> FloatArray | None:
    """Return a cap above the start for each path; None where the family has none."""
    if prior.cap is None or prior.family != "substitution":
        return None
    caps = 1 / (1 + np.exp(-(prior.cap.mean + prior.cap.sd * rng.standard_normal(len(share)))))
    for _ in range(200):
        below = caps <= share + 1e-6
        if not below.any():
            return np.asarray(caps)
        again = rng.standard_normal(int(below.sum()))
        caps[below] = 1 / (1 + np.exp(-(prior.cap.mean + prior.cap.sd * again)))
    return np.maximum(caps, share + (1 - share) / 2)


def _figures(levels: FloatArray, entry: SeriesEntry, cap: FloatArray | None) -> FloatArray:
    """Return the levels in the unit of the series."""
    if entry.kind == "real":
        return levels
    if entry.kind == "share":
        shares = 1 / (1 + np.exp(-np.clip(levels, -_LARGEST, _LARGEST)))
        return np.asarray(shares if cap is None else shares * cap[:, None])
    return np.asarray(np.exp(np.clip(levels, -_LARGEST, _LARGEST)))


def _has_link(value: float, kind: str) -> bool:
    """Say whether a figure has a link value: zeros have none, nor has a whole share."""
    return kind == "real" or (value > 0.0 and not (kind == "share" and value >= 1.0))


def _link(value: float, kind: str) -> float:
    """Return a figure on the link scale."""
    if kind == "real":
        return value
    return math.log(value / (1 - value)) if kind == "share" else math.log(value)
