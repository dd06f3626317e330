"""Forecast figures by a drift random walk, the baseline that a model has to beat.

On the link scale of the kind (log, logit or identity) the published figures are taken as a
Brownian motion with drift, seen without error at z_0, ..., z_m at times t_0 < ... < t_m:

    drift     mu = (z_m - z_0) / (t_m - t_0)                          maximum likelihood
    variance  s^2 = sum (dz_i - mu dt_i)^2 / dt_i / (m - 1)           one degree for the drift
    ahead     z(t_m + h) = z_m + M h + s B(h),  M ~ N(mu, s^2 / (t_m - t_0))

so that the variance h ahead is s^2 h (1 + h / (t_m - t_0)), as in Hyndman and Athanasopoulos'
`rwf(drift = TRUE)`. Two variants stand beside it, since each is the stronger one somewhere:

    student   draws s^2 too, from (m - 1) s^2 / chi^2 with m - 1 degrees of freedom
    still     has no drift: s^2 = sum dz_i^2 / dt_i / m
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.models.links import LINKS
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.workspace.beliefs import TrendPrior
    from forecaster.workspace.facts import Row, SeriesEntry
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]

WALKS = ("drift", "student", "still")
LEAST_VALUES = 3
"""Link values that leave one degree of freedom after the drift."""
_LARGEST = 600.0
"""Link values are held below this, so that exp and its sums stay finite."""


@frozen
class DriftWalk:
    """A fitted Brownian motion with drift.

    Attributes
    ----------
    last_time, last_value : where it stands, decimal years and link units
    drift : link units per year
    sd : link units per square root of a year
    span : years from the first value to the last; the drift's variance is sd^2 / span
    degrees : degrees of freedom of `sd`
    """

    last_time: float
    last_value: float
    drift: float
    sd: float
    span: float
    degrees: int


def fit_drift_walk(times: FloatArray, values: FloatArray, *, is_still: bool) -> DriftWalk:
    """Return the random walk of some link values; see the formulas above.

    Parameters
    ----------
    times : (n,), decimal years, rising
    values : (n,), link scale
    is_still : no drift, known to be zero: its `span` is infinite

    Raises
    ------
    ValueError
        If there are fewer than three values, or the times do not rise.
    """
    if len(times) < LEAST_VALUES:
        raise ValueError(f"a drift random walk needs {LEAST_VALUES} values, not {len(times)}")
    elapsed = np.diff(times)
    if not (elapsed > 0).all():
        raise ValueError(f"times must rise: {times}")
    span = float(times[-1] - times[0])
    drift = 0.0 if is_still else float(values[-1] - values[0]) / span
    residuals = np.diff(values) - drift * elapsed
    degrees = len(elapsed) - (not is_still)
    variance = float((residuals**2 / elapsed).sum()) / degrees
    return DriftWalk(
        last_time=float(times[-1]),
        last_value=float(values[-1]),
        drift=drift,
        sd=variance**0.5,
        span=np.inf if is_still else span,
        degrees=degrees,
    )


def simulate_drift_walk(
    walk: DriftWalk,
    times: FloatArray,
    *,
    n_draws: int,
    is_student: bool,
    rng: np.random.Generator,
) -> FloatArray:
    """Return paths of the walk at later times, (n_draws, n_times), link scale.

    Parameters
    ----------
    times : (n_times,), decimal years, rising, after `walk.last_time`
    n_draws : even; the second half mirrors the first, which removes the error of the mean
    is_student : whether the uncertainty of the walk's own sd is drawn too
    """
    half = n_draws // 2
    ahead = times - walk.last_time
    elapsed = np.diff(ahead, prepend=0.0)
    noise = rng.standard_normal((half, len(times) + 1))
    noise = np.concatenate([noise, -noise])
    sd = np.full(half, walk.sd)
    if is_student:
        sd = walk.sd * np.sqrt(walk.degrees / rng.chisquare(walk.degrees, size=half))
    stray = np.cumsum(noise[:, 1:] * np.sqrt(elapsed), axis=1)
    stray += noise[:, :1] * ahead / np.sqrt(walk.span)
    return np.asarray(walk.last_value + walk.drift * ahead + np.tile(sd, 2)[:, None] * stray)


def walk_figures(
    rows: Sequence[Row],
    periods: Sequence[Period],
    *,
    entry: SeriesEntry,
    prior: TrendPrior,
    walk: str,
    n_draws: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Return figures of later periods under a random walk, (n_draws, n_periods).

    Link values, zeros among them, are those of the program's own links. A stock stands at the end
    of its period, a flow in the middle. Counts are whole; a cumulative series adds up increments,
    which are not rounded, as those of the program are not.

    Parameters
    ----------
    rows : published figures of one basis and frequency, by period
    periods : of the same frequency, after the last row's; for a cumulative series without a gap
    walk : one of WALKS

    Raises
    ------
    ValueError
        If the walk is unknown, or as `fit_drift_walk`.
    """
    if walk not in WALKS:
        raise ValueError(f"unknown walk {walk!r}; one of {WALKS}")
    values = LINKS[entry.kind](rows, entry, prior, entry.typical_change or 1.0)
    is_rate = entry.timing == "flow" or entry.kind == "cumulative"
    fitted = fit_drift_walk(
        np.array([(v.start + v.end) / 2 for v in values]),
        np.array([v.z for v in values]),
        is_still=walk == "still",
    )
    shift = 0.5 if is_rate else 0.0
    times = np.array([period.end_year - shift * period.length for period in periods])
    link = simulate_drift_walk(
        fitted, times, n_draws=n_draws, is_student=walk == "student", rng=rng
    )
    length = periods[0].length if is_rate else 1.0
    return _figures(link, entry, length=length, base=rows[-1].value)


def _figures(link: FloatArray, entry: SeriesEntry, *, length: float, base: float) -> FloatArray:
    """Return link values as published figures: shares, amounts of a period, totals."""
    if entry.kind == "real":
        return link
    if entry.kind == "share":
        return np.asarray(1 / (1 + np.exp(-np.clip(link, -_LARGEST, _LARGEST))))
    amounts = np.exp(np.clip(link, -_LARGEST, _LARGEST)) * length
    if entry.kind == "count":
        amounts = np.rint(amounts)
    return base + np.cumsum(amounts, axis=1) if entry.kind == "cumulative" else amounts
