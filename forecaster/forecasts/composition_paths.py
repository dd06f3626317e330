"""Draw joint trajectories of all parts of a composition: shares that sum to one in every draw."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.trajectories import news_of_steps
from forecaster.inference.smoother_many import noise_root
from forecaster.models.part_events import event_moves
from forecaster.models.trend import make_step
from forecaster.records import frozen
from forecaster.scenarios.effects import BasePath
from forecaster.scenarios.moves import over_steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from forecaster.forecasts.composition_plan import CompositionPlan, SharedUnit
    from forecaster.forecasts.plan import Stretch
    from forecaster.inference.composition_fit import CompositionPosterior
    from forecaster.scenarios.moves import Mover

    FloatArray = NDArray[np.float64]

LEAST_LEFT = 1e-9
"""Published parts leave at least this to the others, for a share lies inside (0, 1)."""
_SPREAD = 60.0
"""Log shares this far below the largest are no smaller: a share of 1e-26 is as good as none."""


@frozen
class CompositionPaths:
    """Paths of all coordinates of a whole; the last axis of every array is that of the draws.

    Attributes
    ----------
    basis : (K, C) log shares are basis @ coordinates up to a constant
    times : (n_steps + 1,) decimal years of the ends of the steps, the beginning first
    levels, steady : (n_steps + 1, C, n_draws) at the ends of the steps; the latter without news
    averages, ends : (n_steps, C, n_draws) over each step and at its end, dated events included
    kept : (n_kept, C, n_draws) of windows before the steps, dated events included
    errors : (n_units, C, n_draws) of each publication to come: its basis' offset and its error
    theta : (4, n_draws) hyperparameters
    quiet : (n_steps, C, n_draws) averages without news
    offset, noise_sd : (C, n_draws) and (n_draws,) of a publication
    """

    basis: FloatArray
    times: FloatArray
    levels: FloatArray
    steady: FloatArray
    averages: FloatArray
    ends: FloatArray
    kept: FloatArray
    errors: FloatArray
    theta: FloatArray
    quiet: FloatArray
    offset: FloatArray
    noise_sd: FloatArray

    def at(self, chosen: NDArray[np.int64]) -> CompositionPaths:
        """Return some of the draws."""
        arrays = {each.name: getattr(self, each.name) for each in fields(self)[2:]}
        return replace(self, **{name: x[..., chosen] for name, x in arrays.items()})

    def part(self, number: int) -> BasePath:
        """Return the path of the logit of one part's share."""
        levels, steady = (_logits(self.basis, x, number) for x in (self.levels, self.steady))
        return BasePath(self.times, levels, steady, "logit")

    def moved(self, movers: Mapping[int, Mover]) -> CompositionPaths:
        """Return the paths as drivers leave them: x_k moves by what they add to part k.

        The logit of its share moves by exactly that where they move no other part.

        Parameters
        ----------
        movers : part index -> its drivers, in as many worlds as there are draws
        """
        averages, ends = self.averages, self.ends
        for number, mover in movers.items():
            added = mover.added(self.part(number))
            direction = self.basis[number][:, None]
            averages = averages + direction * over_steps(added, is_stock=False)[:, None]
            ends = ends + direction * over_steps(added, is_stock=True)[:, None]
        return replace(self, averages=averages, ends=ends)

    def driven_by(self, innovations: FloatArray, normals: FloatArray) -> CompositionPaths:
        """Return the paths of the same posterior with other normals.

        Parameters
        ----------
        innovations : (n_steps, 3, C, n_draws), in the order slope, level, integral
        normals : (n_units, C, n_draws) of the errors of publications
        """
        length = float(self.times[1] - self.times[0])
        averages, news = news_of_steps(self.theta, innovations, step_length=length)
        levels = self.steady.copy()
        levels[1:] += news
        return replace(
            self,
            levels=levels,
            averages=self.quiet + averages,
            ends=self.ends + levels[1:] - self.levels[1:],
            errors=self.offset + self.noise_sd * normals,
        )

    def of(self, stretch: Stretch) -> FloatArray:
        """Return the coordinates of one stretch, (C, n_draws)."""
        if stretch.kept is not None:
            return np.asarray(self.kept[stretch.kept])
        after = self.averages if stretch.length else self.ends
        return np.asarray(after[stretch.step])


@frozen
class WholePaths:
    """Paths of a whole with the plan of its figures."""

    paths: CompositionPaths
    plan: CompositionPlan

    def figures(self, movers: Mapping[str, Mover]) -> dict[str, FloatArray]:
        """Return part -> (n_draws, n_periods), as the drivers of some parts leave them all."""
        numbers = {self.plan.names.index(part): mover for part, mover in movers.items()}
        return figures_of(self.paths.moved(numbers) if numbers else self.paths, self.plan)

    def path(self, series: str) -> BasePath:
        """Return the path of the logit of one part's share in worlds without drivers."""
        return self.paths.part(self.plan.names.index(series))

    def at(self, chosen: NDArray[np.int64]) -> WholePaths:
        """Return some of the draws."""
        return WholePaths(self.paths.at(chosen), self.plan)

    def arrays(self) -> dict[str, FloatArray]:
        """Return all of it for the cache."""
        return {each.name: getattr(self.paths, each.name) for each in fields(self.paths)}


def draw_composition(
    posterior: CompositionPosterior,
    plan: CompositionPlan,
    *,
    rng: np.random.Generator,
    innovations: FloatArray | None = None,
) -> dict[str, FloatArray]:
    """Return joint draws of all shares planned, in worlds without drivers.

    Parameters and errors as `draw_paths`; what is returned as `figures_of`.
    """
    return figures_of(draw_paths(posterior, plan, rng=rng, innovations=innovations), plan)


def draw_paths(
    posterior: CompositionPosterior,
    plan: CompositionPlan,
    *,
    rng: np.random.Generator,
    innovations: FloatArray | None = None,
) -> CompositionPaths:
    """Return joint paths of all coordinates, with the errors of the publications to come.

    A published share carries the offset of the target basis and one error a publication, drawn in
    log shares, so that sums stay one.

    Parameters
    ----------
    posterior : fitted with `plan.kept` and `plan.end`
    innovations : (n_steps, 3, C, n_draws) standard normals of the coordinates' steps, in the order
        slope, level, integral; drawn where None
    """
    c, n_draws = posterior.drift.shape
    if innovations is None:
        innovations = rng.standard_normal((plan.n_steps, 3, c, n_draws))
    averages, levels = _steps(posterior, plan, innovations)
    quiet, steady = _steps(posterior, plan, np.zeros_like(innovations[..., :1]))
    without_events, ends, kept = averages, levels, posterior.kept
    if posterior.events:
        averages, ends, kept = _with_events(averages, levels, posterior, plan)
    n_units = sum(len(units) for units in plan.units)
    errors, offset, noise_sd = np.zeros((n_units, c, n_draws)), posterior.offset, posterior.noise_sd
    if plan.is_latent:
        offset, noise_sd = np.zeros_like(offset), np.zeros_like(noise_sd)
    else:
        errors = noise_sd * rng.standard_normal((n_units, c, n_draws))
        errors += offset
    start = posterior.state[:1]
    return CompositionPaths(
        basis=posterior.basis,
        times=plan.end + plan.step_length * np.arange(plan.n_steps + 1.0),
        levels=np.concatenate([start, levels]),
        steady=np.concatenate([start, steady]),
        averages=averages,
        ends=ends,
        kept=kept,
        errors=errors,
        theta=posterior.theta,
        quiet=quiet + (averages - without_events),
        offset=offset,
        noise_sd=noise_sd,
    )


def figures_of(paths: CompositionPaths, plan: CompositionPlan) -> dict[str, FloatArray]:
    """Return joint draws of all shares planned.

    What is published already stands; parts that are not share what it leaves in drawn proportions.

    Returns
    -------
    part -> (n_draws, n_periods), each in (0, 1); over all parts they sum to one
    """
    shares = np.empty((len(plan.names), paths.levels.shape[-1], len(plan.periods)))
    errors = iter(paths.errors)
    for column, units in enumerate(plan.units):
        drawn = [_unit_shares(unit, paths, next(errors)) for unit in units]
        lengths = np.array([unit.length for unit in units])
        shares[:, :, column] = np.tensordot(lengths / lengths.sum(), np.array(drawn), axes=1)
    return dict(zip(plan.names, shares, strict=True))


def _steps(
    posterior: CompositionPosterior, plan: CompositionPlan, innovations: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return averages over the steps and levels at their ends, (n_steps, C, n_draws) each."""
    length, drift = plan.step_length, posterior.drift
    step = make_step(posterior.theta, length)
    root = np.moveaxis(noise_root(step), 0, -1)
    level, slope = posterior.state
    averages, levels = np.empty((2, len(innovations), *drift.shape))
    for k, normal in enumerate(innovations):
        integral = length * level + step.integral_gain * slope
        integral += root[2, 0] * normal[0] + root[2, 1] * normal[1] + root[2, 2] * normal[2]
        averages[k] = integral / length + drift * length / 2
        level = level + step.slope_gain * slope + drift * length
        level += root[1, 0] * normal[0] + root[1, 1] * normal[1]
        slope = step.phi * slope + root[0, 0] * normal[0]
        levels[k] = level
    return averages, levels


def _with_events(
    averages: FloatArray, levels: FloatArray, posterior: CompositionPosterior, plan: CompositionPlan
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return steps and kept windows with what dated events add to each.

    What is on stays on, what still grows goes on growing, and a window that ends is released.
    """
    ends = plan.end + plan.step_length * np.arange(1.0, len(averages) + 1)
    kept_starts, kept_ends = np.array(plan.kept).reshape(-1, 2).T

    def moves(starts: FloatArray, ends: FloatArray) -> FloatArray:
        """Return what the events add over windows, (n, C, n_draws)."""
        return event_moves(
            posterior.events, posterior.event_sizes, posterior.basis, starts=starts, ends=ends
        )

    return (
        averages + moves(ends - plan.step_length, ends),
        levels + moves(ends, ends),
        posterior.kept + moves(kept_starts, kept_ends),
    )


def _unit_shares(unit: SharedUnit, paths: CompositionPaths, error: FloatArray) -> FloatArray:
    """Return the shares of one publication with its error, (K, n_draws)."""
    total = sum(stretch.length for stretch in unit.stretches)
    w = error.copy()
    for stretch in unit.stretches:
        w += paths.of(stretch) * (stretch.length / total if total else 1.0)
    x = paths.basis @ w
    shares = np.exp(np.maximum(x - x.max(axis=0), -_SPREAD))
    shares /= shares.sum(axis=0)
    return _with_known(shares, unit)


def _logits(basis: FloatArray, coordinates: FloatArray, number: int) -> FloatArray:
    """Return the logit of one part's share, (n, n_draws), of coordinates (n, C, n_draws)."""
    x = np.einsum("kc,ncd->nkd", basis, coordinates)
    others = np.delete(x, number, axis=1)
    top = others.max(axis=1)
    rest = top + np.log(np.exp(others - top[:, None]).sum(axis=1))
    return np.asarray(x[:, number] - rest)


def _with_known(shares: FloatArray, unit: SharedUnit) -> FloatArray:
    """Return shares in which the published ones stand and the others share what is left.

    Where the published ones are all there is, or more than all by rounding, they are taken in
    proportion: a period's forecast is made of them, they are not changed as facts.
    """
    if not unit.known:
        return shares
    known = np.zeros(len(shares))
    # a printed zero is a share below what is printed, and no share is exactly one
    for part, value in unit.known.items():
        known[part] = min(max(value, LEAST_LEFT), 1 - LEAST_LEFT)
    others = np.array([part not in unit.known for part in range(len(shares))])
    if not others.any():
        return np.repeat((known / known.sum())[:, None], shares.shape[1], axis=1)
    left = float(1 - known.sum())
    if left < LEAST_LEFT:
        known *= (1 - LEAST_LEFT) / known.sum()
        left = LEAST_LEFT
    split = shares[others] / shares[others].sum(axis=0)
    found = np.repeat(known[:, None], shares.shape[1], axis=1)
    found[others] = left * split
    return found
