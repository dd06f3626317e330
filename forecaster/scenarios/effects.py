"""Add up what drivers do to one series, on the link scale, in every world.

    shift  =  sum over effects of  size (course - w mean course)      step, ramp, pulse, slope
           +  the path's own growth, times what growth effects multiply it by, less once
           +  what a cap takes from the path, or gives

The mean is that of the baseline and w the part of such events that the history holds already, so
that drivers add no bias to a forecast. Judgemental sizes of a series share one multiplier: experts
who name twenty effects are too sure of them as a set.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.scenarios.caps import log_cap, saturate
from forecaster.scenarios.shapes import ADDITIVE, action, course, quarters_back
from forecaster.scenarios.streams import keyed_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from forecaster.scenarios.worlds import Worlds
    from forecaster.workspace.driver_types import Effect

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]

MULTIPLIER_MEDIAN, MULTIPLIER_LOG_SD = 0.7, 0.4
"""Of the log-normal that all judgemental sizes on a series share."""
MOST_KEPT = 40
"""Contributions kept of one baseline; each takes a megabyte to 2035."""
_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class BasePath:
    """A series without drivers, in every draw.

    Attributes
    ----------
    ends : (n_steps + 1,) decimal years of the step ends, the first where the path begins
    levels : (n_steps + 1, n_draws) link scale
    continuation : (n_steps + 1, n_draws) the same draws with no further innovations
    link : 'log' | 'logit' | 'identity'
    """

    ends: FloatArray
    levels: FloatArray
    continuation: FloatArray
    link: str


def total_shift(
    effects: Sequence[Effect], worlds: Worlds, baseline: Worlds, path: BasePath
) -> FloatArray:
    """Return how far all effects on a series move its path.

    Parameters
    ----------
    effects : on one series
    worlds, baseline : with the same draws; the same object where there is no scenario

    Returns
    -------
    (n_steps + 1, n_draws), link scale; 0 up to the as-of day

    Raises
    ------
    ValueError
        If the path goes on beyond the worlds, or has other draws.
    """
    shift = shift_before_caps(effects, worlds, baseline, path)
    return shift_after_caps(shift, caps_in_force(effects, worlds, path), path)


def shift_before_caps(
    effects: Sequence[Effect], worlds: Worlds, baseline: Worlds, path: BasePath
) -> FloatArray:
    """Return how far all effects but caps move a path, whatever its news: as `total_shift`."""
    shift = additive_shift(effects, worlds, baseline, path.ends)
    shift += _growth_shift(effects, worlds, baseline, path)
    return shift


def shift_after_caps(shift: FloatArray, log_caps: FloatArray | None, path: BasePath) -> FloatArray:
    """Return how far a path is moved once caps have taken from it what they take.

    Parameters
    ----------
    shift : (n_steps + 1, n_draws) before caps
    log_caps : (n_steps, n_draws) as from `caps_in_force`; None without any
    """
    if log_caps is None:
        return shift
    return np.asarray(saturate(path.levels + shift, log_caps, link=path.link) - path.levels)


def additive_shift(
    effects: Sequence[Effect], worlds: Worlds, baseline: Worlds, ends: FloatArray
) -> FloatArray:
    """Return how far steps, ramps, pulses and slopes move a series, (n_ends, n_draws)."""
    total = np.zeros((worlds.quarters.n + 1, worlds.n_draws))
    for effect in effects:
        if effect.shape in ADDITIVE:
            total += contribution(effect, worlds, baseline)
    return at_times(total, worlds, ends)


def contribution(effect: Effect, worlds: Worlds, baseline: Worlds) -> FloatArray:
    """Return the centred contribution of one additive effect, (n_quarters + 1, n_draws).

    Scenarios leave most drivers as they are in the baseline; what these do is kept from there.
    """
    if not _is_usual(effect, worlds, baseline):
        return _sizes(effect, worlds) * _centred(effect, worlds, baseline, course)
    kept = baseline.memo.setdefault("contributions", {})
    key = key_of_effect(effect)
    if key not in kept:
        if len(kept) == MOST_KEPT:
            del kept[next(iter(kept))]  # the one that was kept first
        kept[key] = _sizes(effect, baseline) * _centred(effect, baseline, baseline, course)
    return np.asarray(kept[key])


def _is_usual(effect: Effect, worlds: Worlds, baseline: Worlds) -> bool:
    """Say whether a driver, and what amplifies its effect, are as in the baseline everywhere."""
    if worlds is baseline:
        return True
    names = [effect.driver]
    for each in worlds.beliefs.amplifications:
        if each.target == effect.driver:
            names += each.sources
    return all(np.array_equal(worlds.on(name), baseline.on(name)) for name in names)


def at_times(values: FloatArray, worlds: Worlds, ends: FloatArray) -> FloatArray:
    """Return values of columns at other times, linear in between, (n_ends, n_draws).

    Parameters
    ----------
    values : (n_quarters + 1, n_draws)
    ends : decimal years; before column 0 its value holds

    Raises
    ------
    ValueError
        If a time lies beyond the last column.
    """
    last = worlds.quarters.n
    place = ends * 4 - worlds.first_quarter
    if place.max() > last + _TOLERANCE:
        raise ValueError(f"a path to {ends.max():.2f} goes on beyond the worlds drawn")
    held = np.clip(place, 0.0, last)
    below = np.minimum(held.astype(np.int64), last - 1)
    part = (held - below)[:, None]
    return np.asarray((1 - part) * values[below] + part * values[below + 1])


def _centred(
    effect: Effect,
    worlds: Worlds,
    baseline: Worlds,
    course_of: Callable[[Effect, BoolArray, BoolArray], FloatArray],
) -> FloatArray:
    """Return an effect's amplified course less w times its mean in the baseline."""
    found = _amplified(effect, worlds, course_of)
    weight = effect.in_history
    if not weight:
        return found
    key = ("usual", course_of, *key_of_effect(effect))
    if key not in baseline.memo:
        usual = found if worlds is baseline else _amplified(effect, baseline, course_of)
        baseline.memo[key] = usual.mean(axis=1, keepdims=True)
    return np.asarray(found - weight * baseline.memo[key])


def key_of_effect(effect: Effect) -> tuple[object, ...]:
    """Return what tells an effect from all others; a record's own hash would take longer."""
    return (
        effect.driver, effect.series, effect.shape, effect.lag, effect.quarters, effect.persists,
        effect.in_history, effect.is_judgement, effect.link.mean, effect.link.sd,
    )  # fmt: skip


def _amplified(
    effect: Effect,
    worlds: Worlds,
    course_of: Callable[[Effect, BoolArray, BoolArray], FloatArray],
) -> FloatArray:
    """Return what comes of an effect after column 0, amplified by other drivers.

    What has come before is in the history: of a driver that is on already, only the rest of a
    ramp is still to come, and the release. Amplifiers multiply what is there of a step, ramp or
    pulse, and of a slope the growth to come, not what was won before.
    """
    past = worlds.past(effect.driver, quarters_back(effect))
    found = course_of(effect, past, worlds.on(effect.driver))
    factor = worlds.amplification(effect.driver, effect.series)
    if factor is None:
        return np.asarray(found - found[0])
    if effect.shape not in ("slope", "growth"):
        return np.asarray(found * factor - found[0] * factor[0])
    total = np.zeros_like(found)
    np.cumsum(np.diff(found, axis=0) * (factor[1:] + factor[:-1]) / 2, axis=0, out=total[1:])
    return total


def _sizes(effect: Effect, worlds: Worlds) -> FloatArray:
    """Return the size of an effect in each draw, (n_draws,), link scale."""
    names = ("size", effect.driver, effect.series, effect.shape)
    normals = keyed_stream(worlds.seed, *names).standard_normal(worlds.n_draws)
    sizes = effect.link.mean + effect.link.sd * normals
    # a cap is a level and no size: judgement about it is as wide as it was stated
    if not effect.is_judgement or effect.shape == "cap":
        return sizes
    return np.asarray(sizes * judgement_multiplier(effect.series, worlds))


def judgement_multiplier(series: str, worlds: Worlds) -> FloatArray:
    """Return what all judgemental sizes on a series are multiplied by, (n_draws,)."""
    rng = keyed_stream(worlds.seed, "judgement-multiplier", series)
    normals = rng.standard_normal(worlds.n_draws)
    return np.asarray(np.exp(math.log(MULTIPLIER_MEDIAN) + MULTIPLIER_LOG_SD * normals))


def _growth_shift(
    effects: Sequence[Effect], worlds: Worlds, baseline: Worlds, path: BasePath
) -> FloatArray:
    """Return how far growth effects move a path, (n_steps + 1, n_draws).

    They multiply the growth that the path has without further innovations: what is random stays
    as large as it was.
    """
    shift = np.zeros(path.levels.shape)
    acting = [effect for effect in effects if effect.shape == "growth"]
    if not acting:
        return shift
    quarters = np.zeros((worlds.quarters.n + 1, worlds.n_draws))
    for effect in acting:
        quarters += _sizes(effect, worlds) * _centred(effect, worlds, baseline, action)
    lengths = np.diff(path.ends)[:, None] * 4
    log_times = np.diff(at_times(quarters, worlds, path.ends), axis=0) / lengths
    increments = np.diff(path.continuation, axis=0) * np.expm1(log_times)
    np.cumsum(increments, axis=0, out=shift[1:])
    return shift


def caps_in_force(effects: Sequence[Effect], worlds: Worlds, path: BasePath) -> FloatArray | None:
    """Return the logarithm of the lowest cap over each step, inf for none: (n_steps, n_draws).

    None where no effect is a cap. Of the path only its times and its link count.
    """
    caps = [effect for effect in effects if effect.shape == "cap"]
    if not caps:
        return None
    lowest = np.full((len(path.ends) - 1, worlds.n_draws), np.inf)
    lengths = np.diff(path.ends)[:, None] * 4
    for effect in caps:
        past = worlds.past(effect.driver, quarters_back(effect))
        acted = action(effect, past, worlds.on(effect.driver))
        # a step in which it acts for half of the time or more is under the cap
        is_capped = np.diff(at_times(acted, worlds, path.ends), axis=0) >= lengths / 2 - _TOLERANCE
        cap = log_cap(_sizes(effect, worlds), link=path.link)
        lowest = np.where(is_capped, np.minimum(lowest, cap), lowest)
    return lowest
