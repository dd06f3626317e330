"""Turn trajectories into quantiles, central bands and their Monte Carlo errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.monte_carlo import share_error
from forecaster.records import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.forecasts.forecast import Forecast
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]

KINDS_WITH_A_MEAN = ("share", "real")
"""The others live on a log scale: under uncertain volatility their mean does not exist."""
_COLUMNS_AT_ONCE = 64
"""Questions about all draws that are counted together."""


@frozen
class Bands:
    """Quantiles of a forecast by period.

    Attributes
    ----------
    quantile_levels : (n_levels,), ascending, each in (0, 1); 0.5 is among them
    values : (n_levels, n_periods), unit of the series
    mean : (n_periods,), unit of the series; None for positive, count and cumulative series
    mcse : (n_levels, n_periods), Monte Carlo standard error of `values`, unit of the series
    coverages : nominal probabilities of the central bands, ascending

    """

    periods: tuple[Period, ...]
    quantile_levels: FloatArray
    values: FloatArray
    mean: FloatArray | None
    mcse: FloatArray
    coverages: tuple[float, ...]

    def index(self, quantile_level: float) -> int:
        """Return the row of `values` that holds a quantile level.

        Raises
        ------
        ValueError
            If that level was not asked for.

        """
        found = np.flatnonzero(np.abs(self.quantile_levels - quantile_level) < 1e-9)
        if found.size == 0:
            raise ValueError(f"no quantile level {quantile_level}; has {self.quantile_levels}")
        return int(found[0])

    @property
    def median(self) -> FloatArray:
        """The medians, (n_periods,), unit of the series."""
        return np.asarray(self.values[self.index(0.5)])

    def band(self, coverage: float) -> tuple[FloatArray, FloatArray]:
        """Return lower and upper, each (n_periods,), of the central band of that coverage."""
        low, high = band_ends(coverage)
        return self.values[self.index(low)], self.values[self.index(high)]

    def band_mcse(self, coverage: float) -> tuple[FloatArray, FloatArray]:
        """Return the Monte Carlo standard errors of both ends, each (n_periods,)."""
        low, high = band_ends(coverage)
        return self.mcse[self.index(low)], self.mcse[self.index(high)]


def band_ends(coverage: float) -> tuple[float, float]:
    """Return the quantile levels at which a central band begins and ends.

    Raises
    ------
    ValueError
        If `coverage` is outside (0, 1).

    """
    if not 0.0 < coverage < 1.0:
        raise ValueError(f"coverage must lie in (0, 1), not {coverage}")
    # Rounded, so that 0.95 gives 0.025 and not 0.025000000000000022 in a file.
    return round((1.0 - coverage) / 2.0, 12), round((1.0 + coverage) / 2.0, 12)


def central_band(trajectories: FloatArray, *, coverage: float) -> tuple[FloatArray, FloatArray]:
    """Return the central band holding `coverage` of the trajectories at each step.

    The band is pointwise: right at every single step, not for whole paths.

    Parameters
    ----------
    trajectories : (n_draws, horizon), unit of the target
        Posterior predictive paths; column 0 is step 1, the first after the origin.
    coverage : float in (0, 1)
        Nominal probability; 0.9 gives the 0.05 and 0.95 quantiles.

    Returns
    -------
    lower, upper : (horizon,), unit of the target

    Raises
    ------
    ValueError
        If `coverage` is outside (0, 1) or a trajectory is not finite.

    References
    ----------
    Quantiles interpolate linearly: Hyndman and Fan (1996), type 7.

    """
    _require_finite(trajectories)
    lower, upper = quantiles(np.sort(trajectories, axis=0), np.array(band_ends(coverage)))
    return lower, upper


def quantiles(ordered: FloatArray, quantile_levels: FloatArray) -> FloatArray:
    """Return quantiles of draws already in ascending order, (n_levels, n_periods).

    The quantile at p stands at position p (n - 1) of 0..n-1, on a straight line between its two
    neighbours (Hyndman and Fan 1996, type 7). As `np.quantile`, which loads `numpy.ma` on the
    way: a tenth of the time of a whole cold forecast.

    Parameters
    ----------
    ordered : (n_draws, n_periods)
    quantile_levels : (n_levels,)
        Each in (0, 1).
    """
    position = quantile_levels * (len(ordered) - 1)
    below = np.floor(position).astype(int)
    above = np.minimum(below + 1, len(ordered) - 1)
    share = (position - below)[:, None]
    return np.asarray(ordered[below] + share * (ordered[above] - ordered[below]))


def quantile_mcse(
    draws: FloatArray,
    quantile_levels: FloatArray,
    *,
    theta_index: NDArray[np.int64] | None = None,
    ess: float = np.inf,
) -> FloatArray:
    """Return the Monte Carlo standard error of quantiles.

    The share of draws under the quantile at level p has a standard error e, so half the distance
    between the quantiles at p - e and p + e is the error of the quantile. That needs no estimate
    of the density.

    Parameters
    ----------
    draws : (n_draws, n_periods), unit of the target
    quantile_levels : (n_levels,)
        Each in (0, 1).
    theta_index, ess
        As in `share_error`.

    Returns
    -------
    mcse : (n_levels, n_periods), unit of the target

    References
    ----------
    Vehtari, Gelman, Simpson, Carpenter and Buerkner (2021), section 4.4, with the normal
    approximation to their beta quantiles.
    """
    return _mcse_of(draws, np.sort(draws, axis=0), quantile_levels, theta_index, ess)


def _mcse_of(
    draws: FloatArray,
    ordered: FloatArray,
    quantile_levels: FloatArray,
    theta_index: NDArray[np.int64] | None,
    ess: float,
) -> FloatArray:
    """Return what `quantile_mcse` promises, from draws and the same draws in ascending order."""
    values = quantiles(ordered, quantile_levels)
    n_draws, n_periods = draws.shape
    # some levels at a time, so that memory stays a few copies of the draws
    at_once = max(1, _COLUMNS_AT_ONCE // n_periods)
    error = np.concatenate(
        [
            share_error(
                (draws[:, None] <= values[first : first + at_once]).reshape(n_draws, -1),
                theta_index=theta_index,
                ess=ess,
            )
            for first in range(0, len(values), at_once)
        ]
    ).reshape(values.shape)
    levels = quantile_levels[:, None]
    below = np.clip(np.floor((levels - error) * n_draws), 0, n_draws - 1).astype(int)
    above = np.clip(np.ceil((levels + error) * n_draws), 0, n_draws - 1).astype(int)
    column = np.arange(n_periods)
    return np.asarray((ordered[above, column] - ordered[below, column]) / 2.0)


def band_table(forecast: Forecast) -> Bands:
    """Return median, both ends of each band, mean and Monte Carlo errors of a forecast.

    Quantiles of a count whose draws are all whole are rounded to whole numbers. The mean is
    given for share and real series only, and where the forecast says that it has one.

    Raises
    ------
    ValueError
        If a coverage is outside (0, 1) or a trajectory is not finite.

    """
    draws = forecast.trajectories
    _require_finite(draws)
    kind = forecast.history.entry.kind
    coverages = tuple(sorted(set(forecast.coverages)))
    ends = {0.5}.union(*(band_ends(coverage) for coverage in coverages))
    levels = np.array(sorted(ends))
    ordered = np.sort(draws, axis=0)
    values = quantiles(ordered, levels)
    if kind in ("count", "cumulative") and np.array_equal(draws, np.rint(draws)):
        values = np.rint(values)
    return Bands(
        periods=forecast.periods,
        quantile_levels=levels,
        values=values,
        mean=draws.mean(axis=0) if kind in KINDS_WITH_A_MEAN and forecast.has_mean else None,
        mcse=_mcse_of(draws, ordered, levels, forecast.theta_index, forecast.report.ess),
        coverages=coverages,
    )


def _require_finite(trajectories: FloatArray) -> None:
    """Refuse draws that no quantile can be taken of."""
    if trajectories.ndim != 2 or trajectories.shape[0] == 0:
        raise ValueError(f"trajectories must be (n_draws, n_periods), not {trajectories.shape}")
    if not np.isfinite(trajectories).all():
        raise ValueError("a trajectory is not finite")
