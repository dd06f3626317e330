"""Draw joint trajectories of a series' figures from its posterior."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.figures import FigureErrors, assemble_figures
from forecaster.models.jumps import JUMP_RATE, JUMP_SD
from forecaster.models.regressors import columns
from forecaster.models.static_effects import DRIFT, FIRST_OFFSET
from forecaster.models.trend import S_O, make_step
from forecaster.scenarios.effects import BasePath
from forecaster.scenarios.moves import link_of, over_steps, uncapped

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.forecasts.plan import Plan, Stretch
    from forecaster.inference.posterior import Posterior
    from forecaster.models.single import SingleModel
    from forecaster.models.static_effects import StaticPrior
    from forecaster.models.trend import Step
    from forecaster.workspace.facts import SeriesEntry

    FloatArray = NDArray[np.float64]


def draw_trajectories(
    posterior: Posterior,
    plan: Plan,
    model: SingleModel,
    entry: SeriesEntry,
    *,
    rng: np.random.Generator,
    innovations: FloatArray | None = None,
    normals: FloatArray | None = None,
    added: FloatArray | None = None,
) -> FloatArray:
    """Return joint draws of the figures planned.

    A published figure carries the offset of the target basis and one error of observation for
    each publication that is still to come; what is published already is taken as it stands.

    Parameters
    ----------
    posterior : drawn with `plan.kept` kept and ended at `plan.end`
    plan, model, entry : of one series
    innovations : (n_steps, 3, n_draws) standard normals of the steps; drawn from `rng` when None
    normals : (n_units, n_draws) standard normals for the error of each unit that is drawn; from
        `rng` when None
    added : (n_steps + 1, n_draws) what drivers add at the ends of the steps, the beginning first;
        link units, of a share with a cap on the logit of the share; None leaves them out

    Returns
    -------
    (n_draws, n_periods), unit of the series; a latent amount per period is an annual rate
    """
    if innovations is None:
        innovations = rng.standard_normal((plan.n_steps, 3, posterior.n_draws))
    averages, levels = _steps(posterior, plan, model, rng=rng, innovations=innovations)
    is_stock = entry.timing == "stock" and entry.kind != "cumulative"
    cap = None if model.cap is None else posterior.theta[model.cap]
    if added is None:
        added = np.zeros((len(levels) + 1, 1))
    extra = over_steps(added, is_stock=is_stock)
    drawn = (levels if is_stock else averages) + (extra if cap is None else 0.0)
    kept = posterior.kept
    if model.static.regressors:
        drawn, kept = with_regressors(
            drawn, kept, posterior.effects, plan, model.static, is_stock=is_stock
        )

    def level_of(stretch: Stretch) -> FloatArray:
        """Return the drawn level of a stretch, link scale."""
        source, k = (drawn, stretch.step) if stretch.kept is None else (kept, stretch.kept)
        return np.asarray(source[k])

    def added_to(stretch: Stretch) -> FloatArray | float:
        """Return what drivers add to a stretch of a share with a cap, on the share's logit."""
        return np.asarray(extra[stretch.step]) if stretch.kept is None else 0.0

    errors = figure_errors(posterior, model, cap, is_latent=plan.is_latent)
    given = None if normals is None else iter(normals)
    return assemble_figures(
        plan, entry, level_of, errors, rng=rng, normals=given, added_to=added_to
    )


def draw_path(
    posterior: Posterior,
    plan: Plan,
    model: SingleModel,
    entry: SeriesEntry,
    *,
    rng: np.random.Generator,
    innovations: FloatArray,
) -> BasePath:
    """Return the path that `draw_trajectories` makes figures of, in worlds without drivers.

    Parameters
    ----------
    rng : in the same state
    """
    _, levels = _steps(posterior, plan, model, rng=rng, innovations=innovations)
    steady = steady_levels(posterior, len(levels), step_length=plan.step_length)
    levels = np.vstack([posterior.state[:1], levels])
    if model.cap is not None:
        cap = posterior.theta[model.cap]
        levels, steady = uncapped(levels, cap), uncapped(steady, cap)
    return BasePath(
        step_ends(plan.end, plan.step_length, plan.n_steps), levels, steady, link_of(entry.kind)
    )


def step_ends(end: float, step_length: float, n_steps: int) -> FloatArray:
    """Return the decimal years of the ends of all steps, their beginning first: (n_steps + 1,)."""
    return np.asarray(end + step_length * np.arange(n_steps + 1.0))


def _steps(
    posterior: Posterior,
    plan: Plan,
    model: SingleModel,
    *,
    rng: np.random.Generator,
    innovations: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return averages over the steps and levels at their ends, jumps included."""
    jumps = _future_jumps(posterior, plan, rng) if model.has_jumps else None
    return simulate_steps(
        posterior, step_length=plan.step_length, innovations=innovations, jumps=jumps
    )


def figure_errors(
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


def news_of_steps(
    theta: FloatArray, innovations: FloatArray, *, step_length: float
) -> tuple[FloatArray, FloatArray]:
    """Return what innovations add to the steps of a trend that would stand still without them.

    Parameters
    ----------
    theta : (n_theta, n_draws)
    innovations : (n_steps, 3, ..., n_draws) standard normals, in the order slope, level, integral;
        coordinates with the same hyperparameters may stand between
    step_length : years

    Returns
    -------
    averages, levels : (n_steps, ..., n_draws) over each step and at its end, link scale
    """
    step = make_step(theta, step_length)
    root = _noise_root(step)
    averages, levels = np.empty((2, len(innovations), *innovations.shape[2:]))
    level = slope = np.zeros(innovations.shape[2:])
    for k, (first, second, third) in enumerate(innovations):
        integral = step_length * level + step.integral_gain * slope
        averages[k] = (
            integral + root[2] * first + root[4] * second + root[5] * third
        ) / step_length
        level = level + step.slope_gain * slope + root[1] * first + root[3] * second
        slope = step.phi * slope + root[0] * first
        levels[k] = level
    return averages, levels


def steady_levels(posterior: Posterior, n_steps: int, *, step_length: float) -> FloatArray:
    """Return the levels of draws in which nothing new happens.

    Returns
    -------
    (n_steps + 1, n_draws) at the ends of the steps, the beginning first; link scale
    """
    quiet = np.zeros((n_steps, 3, 1))
    _, levels = simulate_steps(posterior, step_length=step_length, innovations=quiet)
    return np.vstack([posterior.state[:1], levels])


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
