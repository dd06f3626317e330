"""Draw the posterior of one series, whatever its family, from its weighed hyperparameters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.jumps import jump_times, weigh_jumps
from forecaster.inference.posterior import draw_posterior, resample
from forecaster.inference.timeline import lay_out
from forecaster.models.jumps import JUMP_SD, share_after

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.inference.certify import HyperPosterior
    from forecaster.inference.posterior import Posterior
    from forecaster.models.observations import Observations
    from forecaster.models.single import SingleModel
    from forecaster.models.static_effects import StaticPrior

    FloatArray = NDArray[np.float64]
    Windows = Sequence[tuple[float, float]]


def draw_single(
    model: SingleModel,
    hyper: HyperPosterior,
    *,
    kept: Windows,
    end: float,
    n_draws: int,
    rng: np.random.Generator,
) -> Posterior:
    """Return joint draws of hyperparameters, static effects and states.

    Parameters
    ----------
    kept : windows, or points, whose level is drawn with the final state
    end : where trajectories begin, decimal years
    """
    chosen, index = np.unique(resample(hyper.weights, n_draws, rng=rng), return_inverse=True)
    theta = np.ascontiguousarray(hyper.theta[:, chosen])
    if model.has_jumps:
        return _draw_with_jumps(model, hyper, theta, index, kept=kept, end=end, rng=rng)
    return draw_posterior(
        theta,
        index,
        model.observations,
        lay_out(model.observations, kept=kept, end=end, anchor=model.static.anchor),
        model.static,
        report=hyper.report,
        rng=rng,
        linked=model.linked_at(theta),
    )


def _draw_with_jumps(
    model: SingleModel,
    hyper: HyperPosterior,
    theta: FloatArray,
    index: NDArray[np.int64],
    *,
    kept: Windows,
    end: float,
    rng: np.random.Generator,
) -> Posterior:
    """Draw where the level jumped, then everything else given that the jump is a static effect."""
    o = model.observations
    reading = lay_out(o, anchor=model.static.anchor)
    where = jump_times(reading)
    jumped = _draw_times(weigh_jumps(theta, o, reading, model.static).log_weights, index, rng)
    # draws of one theta and one time share their filter
    n_times = len(where.times) + 1
    pairs, pair_index = np.unique(index * n_times + jumped, return_inverse=True)
    points, time = pairs // n_times, np.append(where.times, np.inf)[pairs % n_times]
    posterior = draw_posterior(
        np.ascontiguousarray(theta[:, points]),
        pair_index,
        o,
        lay_out(o, kept=kept, end=end, anchor=model.static.anchor),
        _with_jump(model.static, o, time, sd=theta[JUMP_SD, points]),
        report=hyper.report,
        rng=rng,
    )
    jump, after = posterior.effects[-1], time[pair_index]
    starts, ends = np.array(kept).reshape(-1, 2).T
    level, slope = posterior.state
    return replace(
        posterior,
        theta_index=index,
        effects=posterior.effects[:-1],
        state=np.array([level + np.where(np.isfinite(after), jump, 0.0), slope]),
        kept=posterior.kept + jump * share_after(starts, ends, after),
    )


def _with_jump(
    static: StaticPrior, o: Observations, time: FloatArray, *, sd: FloatArray
) -> StaticPrior:
    """Return the static effects with a jump as the last of them.

    Parameters
    ----------
    time : (n_points,) when the level jumped, decimal years; infinite where it did not
    sd : (n_points,) of the jump, link units
    """
    columns = np.broadcast_to(static.columns[..., None], (*static.columns.shape, len(time)))
    jump_column = share_after(o.start, o.end, time)[:, None]
    other_sd = np.broadcast_to(static.sd[:, None], (len(static.sd), len(time)))
    return replace(
        static,
        mean=np.append(static.mean, 0.0),
        sd=np.vstack([other_sd, sd]),
        columns=np.concatenate([columns, jump_column], axis=1),
    )


def _draw_times(
    log_weights: FloatArray, index: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return for each draw the number of its jump time, n_times where there was no jump.

    Parameters
    ----------
    log_weights : (1 + n_times, n_distinct), no jump first
    index : (n_draws,) which column each draw uses
    """
    in_order = np.roll(np.exp(log_weights), -1, axis=0)
    edges = np.cumsum(in_order, axis=0)
    uniform = rng.random(len(index)) * edges[-1, index]
    return np.asarray((edges[:, index] < uniform).sum(axis=0), dtype=np.int64)
