"""Find the joint law of static effects and final states at many points, and what figures expect."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.kalman import integrate_static, run_filter
from forecaster.inference.timeline import LEVEL_STATE, SLOPE_STATE, lay_out
from forecaster.models.jumps import share_after
from forecaster.models.regressors import columns
from forecaster.models.static_effects import DRIFT, FIRST_OFFSET, LEVEL
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.models.judgement_readings import JudgementReading
    from forecaster.models.observations import Observations
    from forecaster.models.single import SingleModel
    from forecaster.models.static_effects import StaticPrior

    FloatArray = NDArray[np.float64]

_CHUNK_VALUES = 4_000_000
"""Numbers that the filter may hold at once."""


@frozen
class JumpPoints:
    """Where the level jumped at each point.

    Attributes
    ----------
    time : (n_points,) decimal years; infinite where it did not
    sd : (n_points,) prior sd of the jump
    """

    time: FloatArray
    sd: FloatArray


@frozen
class FinalMoments:
    """Effects and states given the history, at every point; p effects, m states.

    The states are level and stray slope at the end, then the kept averages, all without static
    effects: s = mean - design delta + root e, where delta are the effects' deviations.

    Attributes
    ----------
    static : with a jump's column where there are jumps
    effects_mean, effects_root : (n_points, p), (n_points, p, p)
    mean : (n_points, m)
    design : (n_points, m, p)
    covariance : (n_points, m, m)
    """

    static: StaticPrior
    effects_mean: FloatArray
    effects_root: FloatArray
    mean: FloatArray
    design: FloatArray
    covariance: FloatArray


def final_moments(
    model: SingleModel,
    theta: FloatArray,
    *,
    kept: Sequence[tuple[float, float]],
    end: float,
    jumps: JumpPoints | None = None,
) -> FinalMoments:
    """Return the law of effects and states at `end`.

    Parameters
    ----------
    theta : (n_theta, n_points)
    kept : windows, or points, whose average is a state
    jumps : where the level jumped, for a model with jumps
    """
    o = model.observations
    static = model.static if jumps is None else _with_jump(model.static, o, jumps)
    timeline = lay_out(o, kept=kept, end=end, anchor=static.anchor)
    wanted = [LEVEL_STATE, SLOPE_STATE, *timeline.kept]
    lengths = np.concatenate([[1.0, 1.0], timeline.kept_lengths])
    linked = model.linked_at(theta)
    width = max(
        1, _CHUNK_VALUES // (timeline.n_states * (timeline.n_states + len(static.mean) + 1))
    )
    parts = []
    for first in range(0, theta.shape[1], width):
        points = slice(first, first + width)
        part = static.at(points)
        filtered = run_filter(
            np.ascontiguousarray(theta[:, points]),
            o,
            timeline,
            part,
            linked=None if linked is None else linked.at(points),
        )
        marginal = integrate_static(filtered, part, n=o.n)
        mean = np.moveaxis(filtered.mean[wanted], -1, 0) / lengths[:, None]
        covariance = np.moveaxis(filtered.covariance[np.ix_(wanted, wanted)], -1, 0)
        parts.append(
            (
                marginal.effects_mean, marginal.effects_root, mean[:, :, 0], mean[:, :, 1:],
                covariance / (lengths[:, None] * lengths),
            )
        )  # fmt: skip
    return FinalMoments(static, *(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _with_jump(static: StaticPrior, observations: Observations, jumps: JumpPoints) -> StaticPrior:
    """Return the prior with the jump as one more static effect."""
    n_points = len(jumps.time)
    shares = share_after(observations.start, observations.end, jumps.time)
    repeated = np.broadcast_to(static.columns[..., None], (*static.columns.shape, n_points))
    sd = np.broadcast_to(static.sd[:, None], (len(static.sd), n_points))
    return replace(
        static,
        mean=np.append(static.mean, 0.0),
        sd=np.vstack([sd, jumps.sd]),
        columns=np.concatenate([repeated, shares[:, None]], axis=1),
    )


def static_rows(
    readings: Sequence[JudgementReading],
    model: SingleModel,
    *,
    jumps: JumpPoints | None = None,
) -> FloatArray:
    """Return what each static effect adds to each reading, (n_points or 1, n_readings, p)."""
    static, bases = model.static, model.observations.bases
    rows = np.zeros((len(readings), len(static.mean)))
    rows[:, LEVEL] = 1.0
    for i, reading in enumerate(readings):
        rows[i, DRIFT] = reading.middle - static.anchor
        # a basis that the model does not know is read as the reference basis
        number = bases.index(reading.basis) if reading.basis in bases else 0
        if number:
            rows[i, FIRST_OFFSET + number - 1] = 1.0
        if static.regressors:
            shapes = columns(static.regressors, reading.starts, reading.ends)
            rows[i, static.first_regressor :] = reading.weights @ shapes
    if jumps is None:
        return rows[None]
    shares = np.array([r.weights @ share_after(r.starts, r.ends, jumps.time) for r in readings])
    repeated = np.broadcast_to(rows, (len(jumps.time), *rows.shape))
    return np.concatenate([repeated, shares.T[:, :, None]], axis=2)
