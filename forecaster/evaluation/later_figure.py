"""Give the density of a figure that came after a fit, on the scale of the data.

counts of events, and their totals    mean of Poisson probabilities over drawn rates
totals of anything else               the drawn increments' logarithms, smoothed by a kernel
all others                            the mixture of normal densities, link and cap unfolded
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.trajectories import draw_trajectories
from forecaster.inference.ahead import log_density_ahead
from forecaster.inference.mixture import log_sum_exp
from forecaster.models.links import LINKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.evaluation.candidates import Candidate
    from forecaster.forecasts.plan import Plan
    from forecaster.inference.certify import HyperPosterior
    from forecaster.inference.posterior import Posterior
    from forecaster.models.observations import Observations
    from forecaster.models.single import SingleModel
    from forecaster.workspace.facts import Row, SeriesEntry

    FloatArray = NDArray[np.float64]

_LEAST = 1e-12


def later_density(
    candidate: Candidate,
    hyper: HyperPosterior,
    posterior: Posterior,
    plan: Plan,
    model: SingleModel,
    entry: SeriesEntry,
    *,
    known: Sequence[Row],
    later: Row,
    rng: np.random.Generator,
) -> float:
    """Return the log predictive density, or probability of a count, of a later figure.

    Parameters
    ----------
    hyper, posterior, model : of what was known
    plan : whose periods hold the later figure's
    known : figures of the target basis and frequency
    """
    column = plan.periods.index(later.period)
    if entry.counting_error == "poisson":
        continuous = replace(
            entry,
            kind="cumulative" if entry.kind == "cumulative" else "positive",
            counting_error="none",
        )
        rates = draw_trajectories(posterior, plan, model, continuous, rng=rng)[:, column]
        return poisson_log_probability(later.value - plan.base, rates - plan.base)
    if entry.kind == "cumulative":
        totals = draw_trajectories(posterior, plan, model, entry, rng=rng)[:, column]
        return kernel_log_density(later.value - plan.base, totals - plan.base)
    extended, log_slope = extend(model.observations, entry, candidate, known=known, later=later)
    larger = candidate.model_of(extended, is_share=entry.kind == "share")
    return log_density_ahead(larger, hyper, rng=rng) + log_slope


def extend(
    observations: Observations,
    entry: SeriesEntry,
    candidate: Candidate,
    *,
    known: Sequence[Row],
    later: Row,
) -> tuple[Observations, float]:
    """Return the observations with a later figure behind them, and its log |dz / dvalue|.

    The later figure's window is tilted as the last known one's: the growth beyond is not known.
    """
    o = observations
    rows = [*known, later]
    value = LINKS[entry.kind](rows, entry, candidate.trend, o.scale)[-1]
    on_target = np.flatnonzero(o.basis == o.target)
    last = int(on_target[np.argmax(o.end[on_target])])
    length = value.end - value.start
    is_tilted = bool(o.jensen[last]) and length > 0
    shift = (o.end[last] - known[-1].period.end_year) if is_tilted else 0.0
    growth = 12 * shift / length**2 if is_tilted else 0.0
    noise = max(value.sd, candidate.trend.floor_noise * o.scale)
    extended = replace(
        o,
        start=np.append(o.start, value.start + shift),
        end=np.append(o.end, value.end + shift),
        z=np.append(o.z, value.z + growth**2 * length**2 / 24),
        jensen=np.append(o.jensen, length / 12 if is_tilted else 0.0),
        noise_sd=np.append(o.noise_sd, noise),
        basis=np.append(o.basis, o.target),
        periods=(),
        log_slopes=np.empty(0),
    )
    return extended, value.log_slope


def poisson_log_probability(count: float, rates: FloatArray) -> float:
    """Return the log of the mean Poisson probability of a count over drawn rates.

    Parameters
    ----------
    rates : (n_draws,), events expected
    """
    safe = np.maximum(rates, _LEAST)
    each = count * np.log(safe) - safe - math.lgamma(count + 1)
    return float(log_sum_exp(each, axis=0)) - math.log(len(rates))


def kernel_log_density(value: float, draws: FloatArray) -> float:
    """Return the log density of a positive value by a normal kernel over the draws' logarithms.

    The bandwidth is Silverman's (1986, equation 3.31). Not a number for values and draws at zero.
    """
    inside = draws[draws > 0]
    if value <= 0 or len(inside) < len(draws) / 2:
        return math.nan
    logs = np.log(inside)
    quarter, three_quarters = np.quantile(logs, [0.25, 0.75])
    scale = min(float(logs.std()), float(three_quarters - quarter) / 1.34) or _LEAST
    width = 0.9 * scale * len(logs) ** -0.2
    each = -0.5 * ((math.log(value) - logs) / width) ** 2
    log_mean = float(log_sum_exp(each, axis=0)) - math.log(len(logs))
    return log_mean - math.log(width * math.sqrt(2 * math.pi) * value)
