"""Draw joint trajectories of all parts of a composition: shares that sum to one in every draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.smoother_many import noise_root
from forecaster.models.part_events import event_moves
from forecaster.models.trend import make_step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.forecasts.composition_plan import CompositionPlan, SharedUnit
    from forecaster.forecasts.plan import Stretch
    from forecaster.inference.composition_fit import CompositionPosterior

    FloatArray = NDArray[np.float64]

LEAST_LEFT = 1e-9
"""Published parts leave at least this to the others, for a share lies inside (0, 1)."""
_SPREAD = 60.0
"""Log shares this far below the largest are no smaller: a share of 1e-26 is as good as none."""


def draw_composition(
    posterior: CompositionPosterior,
    plan: CompositionPlan,
    *,
    rng: np.random.Generator,
    innovations: FloatArray | None = None,
) -> dict[str, FloatArray]:
    """Return joint draws of all shares planned.

    A published share carries the offset of the target basis and one error a publication, drawn in
    log shares, so that sums stay one. What is published already stands; parts that are not share
    what it leaves in drawn proportions.

    Parameters
    ----------
    posterior : fitted with `plan.kept` and `plan.end`
    innovations : (n_steps, 3, C, n_draws) standard normals of the coordinates' steps, in the order
        slope, level, integral; drawn where None

    Returns
    -------
    part -> (n_draws, n_periods), each in (0, 1); over all parts they sum to one
    """
    c, n_draws = posterior.drift.shape
    if innovations is None:
        innovations = rng.standard_normal((plan.n_steps, 3, c, n_draws))
    averages, levels = _steps(posterior, plan, innovations)
    kept = posterior.kept
    if posterior.events:
        averages, levels, kept = _with_events(averages, levels, posterior, plan)
    pieces = _Pieces(averages, levels, kept)
    shares = np.empty((len(plan.names), n_draws, len(plan.periods)))
    for column, units in enumerate(plan.units):
        drawn = [_unit_shares(unit, posterior, plan, pieces, rng) for unit in units]
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
    averages, levels = np.empty((2, *innovations[:, 0].shape))
    for k, normal in enumerate(innovations):
        integral = length * level + step.integral_gain * slope
        integral += root[2, 0] * normal[0] + root[2, 1] * normal[1] + root[2, 2] * normal[2]
        averages[k] = integral / length + drift * length / 2
        level = level + step.slope_gain * slope + drift * length
        level += root[1, 0] * normal[0] + root[1, 1] * normal[1]
        slope = step.phi * slope + root[0, 0] * normal[0]
        levels[k] = level
    return averages, levels


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Coordinates of which units are made, dated events included.

    Attributes
    ----------
    averages, levels : (n_steps, C, n_draws) over each step, and at its end
    kept : (n_kept, C, n_draws)
    """

    averages: FloatArray
    levels: FloatArray
    kept: FloatArray

    def of(self, stretch: Stretch) -> FloatArray:
        """Return the coordinates of one stretch, (C, n_draws)."""
        if stretch.kept is not None:
            return np.asarray(self.kept[stretch.kept])
        after = self.averages if stretch.length else self.levels
        return np.asarray(after[stretch.step])


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


def _unit_shares(
    unit: SharedUnit,
    posterior: CompositionPosterior,
    plan: CompositionPlan,
    pieces: _Pieces,
    rng: np.random.Generator,
) -> FloatArray:
    """Return the shares of one publication, (K, n_draws)."""
    total = sum(stretch.length for stretch in unit.stretches)
    w = np.zeros_like(posterior.drift)
    for stretch in unit.stretches:
        w += pieces.of(stretch) * (stretch.length / total if total else 1.0)
    if not plan.is_latent:
        w += posterior.offset + posterior.noise_sd * rng.standard_normal(w.shape)
    x = posterior.basis @ w
    shares = np.exp(np.maximum(x - x.max(axis=0), -_SPREAD))
    shares /= shares.sum(axis=0)
    return _with_known(shares, unit)


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
