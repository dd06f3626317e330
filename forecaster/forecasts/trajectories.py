"""Draw joint trajectories of a series' figures from its posterior."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.models.jumps import JUMP_RATE, JUMP_SD
from forecaster.models.regressors import columns
from forecaster.models.static_effects import DRIFT, FIRST_OFFSET
from forecaster.models.trend import S_O, make_step
from forecaster.records import frozen
from forecaster.scenarios.base_path import BasePath, added_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from forecaster.forecasts.plan import Plan, Stretch, Unit
    from forecaster.inference.posterior import Posterior
    from forecaster.models.single import SingleModel
    from forecaster.models.static_effects import StaticPrior
    from forecaster.models.trend import Step
    from forecaster.scenarios.base_path import Mover
    from forecaster.workspace.facts import SeriesEntry

    FloatArray = NDArray[np.float64]

_LARGEST = 600.0
"""Link values are held below this, so that exp and its sums stay finite."""


@frozen
class FigureErrors:
    """What a published figure has beyond the latent level, link units.

    Attributes
    ----------
    offset : (n_draws,) of the target basis
    noise_sd : (n_draws,) of one publication
    cap : (n_draws,) of a share that fills a market, or None
    measurement_sd : of one publication, on the logit of the share itself where there is a cap
    """

    offset: FloatArray
    noise_sd: FloatArray
    cap: FloatArray | None = None
    measurement_sd: float = 0.0


def draw_trajectories(
    posterior: Posterior,
    plan: Plan,
    model: SingleModel,
    entry: SeriesEntry,
    *,
    rng: np.random.Generator,
    innovations: FloatArray | None = None,
    mover: Mover | None = None,
) -> FloatArray:
    """Return joint draws of the figures planned.

    A published figure carries the offset of the target basis and one error of observation for
    each publication that is still to come; what is published already is taken as it stands.

    Parameters
    ----------
    posterior : drawn with `plan.kept` kept and ended at `plan.end`
    plan, model, entry : of one series
    innovations : (n_steps, 3, n_draws) standard normals of the steps; drawn from `rng` when None
    mover : the drivers of the series in as many worlds; None leaves them out

    Returns
    -------
    (n_draws, n_periods), unit of the series; a latent amount per period is an annual rate
    """
    n_draws = posterior.n_draws
    if innovations is None:
        innovations = rng.standard_normal((plan.n_steps, 3, n_draws))
    jumps = _future_jumps(posterior, plan, rng) if model.has_jumps else None
    averages, levels = simulate_steps(
        posterior, step_length=plan.step_length, innovations=innovations, jumps=jumps
    )
    is_stock = entry.timing == "stock" and entry.kind != "cumulative"
    drawn = levels if is_stock else averages
    cap = None if model.cap is None else posterior.theta[model.cap]
    added = np.zeros_like(drawn)
    if mover is not None:
        path = base_path(posterior, levels, end=plan.end, step_length=plan.step_length)
        path = path if cap is None else path.of_shares(cap)
        added = added_by(mover.moves(path), path, is_stock=is_stock)
    drawn = drawn if cap is not None else drawn + added
    kept = posterior.kept
    if model.static.regressors:
        drawn, kept = with_regressors(
            drawn, kept, posterior.effects, plan, model.static, is_stock=is_stock
        )

    def level_of(stretch: Stretch) -> FloatArray:
        """Return the drawn level of a stretch, link scale."""
        source, k = (drawn, stretch.step) if stretch.kept is None else (kept, stretch.kept)
        return np.asarray(source[k])

    def added_to(stretch: Stretch) -> FloatArray:
        """Return what drivers add to a stretch of a share with a cap, on the share's logit."""
        return np.asarray(added[stretch.step]) if stretch.kept is None else np.zeros(n_draws)

    errors = _errors(posterior, model, cap, is_latent=plan.is_latent)
    return assemble_figures(plan, entry, level_of, errors, rng=rng, added_to=added_to)


def _errors(
    posterior: Posterior, model: SingleModel, cap: FloatArray | None, *, is_latent: bool
) -> FigureErrors:
    """Return offset, noise and cap of the figures of one series."""
    observations = model.observations
    offset = np.zeros(posterior.n_draws)
    if is_latent:
        return FigureErrors(offset, np.zeros(posterior.n_draws), cap)
    if observations.target > 0:
        offset = posterior.effects[FIRST_OFFSET + observations.target - 1]
    own, measured = posterior.theta[S_O], observations.target_noise_sd
    if cap is None:
        return FigureErrors(offset, np.hypot(own, measured))
    return FigureErrors(offset, own, cap, measured)


def assemble_figures(
    plan: Plan,
    entry: SeriesEntry,
    level_of: Callable[[Stretch], FloatArray],
    errors: FigureErrors,
    *,
    rng: np.random.Generator,
    normals: Iterator[FloatArray] | None = None,
    added_to: Callable[[Stretch], FloatArray] | None = None,
) -> FloatArray:
    """Return figures made of drawn levels.

    Parameters
    ----------
    level_of : the drawn level of a stretch, link scale, (n_draws,)
    normals : (n_draws,) standard normals for the error of each unit drawn, in order; from `rng`
        where None
    added_to : of a share with a cap, what drivers add to a stretch on the logit of the share

    Returns
    -------
    (n_draws, n_periods), unit of the series
    """
    n_draws = len(errors.offset)

    def figure_of(unit: Unit) -> FloatArray:
        """Return the drawn figure of a unit, unit of the series."""
        if unit.known is not None:
            return np.full(n_draws, unit.known)
        normal = rng.standard_normal(n_draws) if normals is None else next(normals)
        error = errors.offset + errors.noise_sd * normal
        stretches = [(stretch.length, level_of(stretch)) for stretch in unit.stretches]
        figure = _figure(stretches, error, entry, is_latent=plan.is_latent, rng=rng)
        if errors.cap is None:
            return figure
        # measured is the share itself, which knows nothing of its cap; nor do drivers
        share = errors.cap * figure
        measured = errors.measurement_sd * rng.standard_normal(n_draws)
        if added_to is not None:
            years = sum(stretch.length for stretch in unit.stretches) or 1.0
            measured = measured + sum(
                (stretch.length or 1.0) / years * added_to(stretch) for stretch in unit.stretches
            )
        return np.asarray(share / (share + (1 - share) * np.exp(-measured)))

    periods = []
    for units in plan.units:
        figures = [figure_of(unit) for unit in units]
        periods.append(_combine(units, figures, entry, is_latent=plan.is_latent))
    trajectories = np.column_stack(periods)
    if entry.kind == "cumulative":
        trajectories = plan.base + np.cumsum(trajectories, axis=1)
    return trajectories


def with_regressors(
    drawn: FloatArray,
    kept: FloatArray,
    effects: FloatArray,
    plan: Plan,
    static: StaticPrior,
    *,
    is_stock: bool,
) -> tuple[FloatArray, FloatArray]:
    """Return steps and kept values with what seasons and dated events add to each.

    Parameters
    ----------
    drawn, kept : (n_steps, n_draws) and (n_kept, n_draws), link scale
    effects : (n_effects, n_draws), those of the regressors last
    """
    sizes = effects[static.first_regressor :]
    ends = np.asarray(plan.end + plan.step_length * np.arange(1.0, len(drawn) + 1))
    starts = ends if is_stock else ends - plan.step_length
    kept_starts, kept_ends = np.array(plan.kept).reshape(-1, 2).T
    on_steps = columns(static.regressors, starts, ends)
    on_kept = columns(static.regressors, kept_starts, kept_ends)
    return drawn + np.asarray(on_steps @ sizes), kept + np.asarray(on_kept @ sizes)


def _future_jumps(posterior: Posterior, plan: Plan, rng: np.random.Generator) -> FloatArray:
    """Return the jump of the level at the start of each step, (n_steps, n_draws)."""
    rate, sd = posterior.theta[JUMP_RATE], posterior.theta[JUMP_SD]
    # more than a hundred a year moves nothing more that a forecast could show
    expected = np.minimum(rate, 100.0) * plan.step_length
    n_jumps = rng.poisson(expected, size=(plan.n_steps, posterior.n_draws))
    sizes = rng.standard_normal((plan.n_steps, posterior.n_draws))
    return np.asarray(sd * np.sqrt(n_jumps) * sizes)


def simulate_steps(
    posterior: Posterior,
    *,
    step_length: float,
    innovations: FloatArray,
    jumps: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Carry the posterior's final state forward.

    Parameters
    ----------
    step_length : years
    innovations : (n_steps, 3, n_draws) standard normals, for slope, level and integral
    jumps : (n_steps, n_draws) of the level at the start of each step, link units

    Returns
    -------
    averages : (n_steps, n_draws) average level over each step, link scale
    levels : (n_steps, n_draws) level at the end of each step
    """
    step = make_step(posterior.theta, step_length)
    root = _noise_root(step)
    drift = posterior.effects[DRIFT]
    level, slope = posterior.state
    averages, levels = np.empty((2, len(innovations), posterior.n_draws))
    for k, (first, second, third) in enumerate(innovations):
        if jumps is not None:
            level = level + jumps[k]
        integral = step_length * level + step.integral_gain * slope
        integral += root[2] * first + root[4] * second + root[5] * third
        averages[k] = integral / step_length + drift * step_length / 2
        level = level + step.slope_gain * slope + drift * step_length
        level += root[1] * first + root[3] * second
        slope = step.phi * slope + root[0] * first
        levels[k] = level
    return averages, levels


def base_path(
    posterior: Posterior, levels: FloatArray, *, end: float, step_length: float
) -> BasePath:
    """Return the path of simulated levels, beside that of the same draws without news.

    Parameters
    ----------
    levels : (n_steps, n_draws) at the ends of the steps, link scale
    end : where the steps begin, decimal years
    """
    quiet = np.zeros((len(levels), 3, 1))
    _, steady = simulate_steps(posterior, step_length=step_length, innovations=quiet)
    start = posterior.state[:1]
    times = end + step_length * np.arange(len(levels) + 1.0)
    return BasePath(times, np.vstack([start, levels]), np.vstack([start, steady]))


def _noise_root(step: Step) -> tuple[FloatArray, ...]:
    """Return the Cholesky factor of a step's noise, columns one after the other.

    In the order slope, level, integral: (bb, lb, ib, ll, il, ii), each (n_draws,).
    """
    bb = np.sqrt(step.q_bb)
    lb, ib = step.q_lb / bb, step.q_ib / bb
    ll = np.sqrt(step.q_ll - lb**2)
    il = (step.q_il - lb * ib) / ll
    # what is left is the integral's own noise, tiny beside the rest: rounding must not turn it
    ii = np.sqrt(np.maximum(step.q_ii - ib**2 - il**2, 0.0))
    return bb, lb, ib, ll, il, ii


def _figure(
    stretches: list[tuple[float, FloatArray]],
    error: FloatArray,
    entry: SeriesEntry,
    *,
    is_latent: bool,
    rng: np.random.Generator,
) -> FloatArray:
    """Return the figure of one unit on the scale of the data."""
    length = sum(years for years, _ in stretches)
    if entry.kind in ("share", "real"):
        # a share of a flow is averaged on the link scale, as it was observed
        average = sum(years * level for years, level in stretches) / length if length else None
        link = (stretches[0][1] if average is None else average) + error
        return link if entry.kind == "real" else 1 / (1 + np.exp(-np.clip(link, -30.0, 30.0)))
    if not length:
        figure = np.exp(np.clip(stretches[0][1] + error, -_LARGEST, _LARGEST))
    else:
        rates = np.exp(np.clip([level + error for _, level in stretches], -_LARGEST, _LARGEST))
        figure = np.array([years for years, _ in stretches]) @ rates
        if is_latent and entry.kind != "cumulative":
            return np.asarray(figure / length)
    is_counted = entry.kind == "count" or entry.counting_error == "poisson"
    if is_counted and not is_latent:
        return _whole_number(np.asarray(figure), entry, rng)
    return np.asarray(figure)


def _whole_number(rate: FloatArray, entry: SeriesEntry, rng: np.random.Generator) -> FloatArray:
    """Return counts: Poisson about the rate where events are counted, else the nearest one."""
    if entry.counting_error == "none":
        return np.rint(rate)
    # numpy draws Poisson only up to about 9e18; beyond 1e12 its error is far below a millionth
    return np.where(rate < 1e12, rng.poisson(np.minimum(rate, 1e12)), np.rint(rate))


def _combine(
    units: tuple[Unit, ...], figures: list[FloatArray], entry: SeriesEntry, *, is_latent: bool
) -> FloatArray:
    """Return the figure of a period from those of its units: the sum, or for shares the average."""
    if len(figures) == 1:
        return figures[0]
    is_average = entry.kind in ("share", "real") or (is_latent and entry.kind != "cumulative")
    if not is_average:
        return np.asarray(np.sum(figures, axis=0))
    lengths = np.array([unit.length for unit in units])
    return np.asarray((lengths / lengths.sum()) @ np.array(figures))
