"""Answer a reach question by a drift random walk, the baseline that a model has to beat.

On the link scale of the kind (log, logit or identity) the published figures are taken as a
Brownian motion with drift, seen without error at z_0, ..., z_m at times t_0 < ... < t_m:

    drift     mu = (z_m - z_0) / (t_m - t_0)                          maximum likelihood
    variance  s^2 = sum (dz_i - mu dt_i)^2 / dt_i / (m - 1)           one degree for the drift
    ahead     z(t_m + h) = z_m + M h + s B(h),  M ~ N(mu, s^2 / (t_m - t_0))

so that the variance h ahead is s^2 h (1 + h / (t_m - t_0)), as in Hyndman and Athanasopoulos'
`rwf(drift = TRUE)`. The Student variant also draws s^2 from (m - 1) s^2 / chi^2 with m - 1
degrees of freedom: a stronger baseline, exact under flat priors, where the history is short.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.models.links import LINKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.workspace.beliefs import TrendPrior
    from forecaster.workspace.facts import Row, SeriesEntry
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]

LEAST_VALUES = 3
"""Link values that leave one degree of freedom after the drift."""
_LARGEST = 600.0
"""Link values are held below this, so that exp and its sums stay finite."""


@dataclass(frozen=True, slots=True)
class DriftWalk:
    """A fitted Brownian motion with drift.

    Attributes
    ----------
    last_time, last_value : where it stands, decimal years and link units
    drift : link units per year
    sd : link units per square root of a year
    span : years from the first value to the last
    degrees : degrees of freedom of `sd`
    """

    last_time: float
    last_value: float
    drift: float
    sd: float
    span: float
    degrees: int


def fit_drift_walk(times: FloatArray, values: FloatArray) -> DriftWalk:
    """Return the drift random walk of some link values; see the formulas above.

    Parameters
    ----------
    times : (n,), decimal years, rising
    values : (n,), link scale

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
    drift = float(values[-1] - values[0]) / span
    residuals = np.diff(values) - drift * elapsed
    degrees = len(elapsed) - 1
    variance = float((residuals**2 / elapsed).sum()) / degrees
    return DriftWalk(
        last_time=float(times[-1]),
        last_value=float(values[-1]),
        drift=drift,
        sd=variance**0.5,
        span=span,
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


def drift_walk_figures(
    rows: Sequence[Row],
    periods: Sequence[Period],
    *,
    entry: SeriesEntry,
    prior: TrendPrior,
    n_draws: int,
    is_student: bool,
    rng: np.random.Generator,
) -> FloatArray:
    """Return figures of later periods under the drift random walk, (n_draws, n_periods).

    Link values, zeros among them, are those of the program's own links. A stock stands at the end
    of its period, a flow in the middle. Counts are whole; a cumulative series adds up increments.

    Parameters
    ----------
    rows : published figures of one basis and frequency, by period
    periods : of the same frequency, after the last row's; for a cumulative series without a gap
    """
    values = LINKS[entry.kind](rows, entry, prior, entry.typical_change or 1.0)
    is_rate = entry.timing == "flow" or entry.kind == "cumulative"
    walk = fit_drift_walk(
        np.array([(v.start + v.end) / 2 for v in values]), np.array([v.z for v in values])
    )
    shift = 0.5 if is_rate else 0.0
    times = np.array([period.end_year - shift * period.length for period in periods])
    link = simulate_drift_walk(walk, times, n_draws=n_draws, is_student=is_student, rng=rng)
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
        return np.asarray(np.rint(amounts))
    return base + np.cumsum(amounts, axis=1) if entry.kind == "cumulative" else amounts
