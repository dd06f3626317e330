"""Pair the path of one draw with the news and the world of others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np

from forecaster.forecasts.composition_paths import CompositionPaths, WholePaths
from forecaster.forecasts.joint_paths import GroupPaths
from forecaster.forecasts.single_paths import SinglePaths
from forecaster.scenarios.moves import over_steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from forecaster.forecasts.joint_paths import JointPaths
    from forecaster.scenarios.effects import BasePath
    from forecaster.scenarios.moves import Mover

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Paired:
    """A mover of paths whose news, and whose worlds, are those of other draws.

    Attributes
    ----------
    mover : the drivers; None where none moves the series
    news, worlds : (n_draws,) of which draw each draw has them; None for its own
    """

    mover: Mover | None
    news: IntArray | None
    worlds: IntArray | None

    def added(self, path: BasePath) -> FloatArray:
        """Return what is added to a path at the ends of its steps, (n_steps + 1, n_draws)."""
        levels = path.levels
        if self.news is not None:
            levels = path.continuation + (levels - path.continuation)[:, self.news]
        if self.mover is None:
            return np.asarray(levels - path.levels)
        paired = replace(path, levels=levels)
        if self.worlds is None:
            return np.asarray(levels + self.mover.added(paired) - path.levels)
        # the path of the draw that has world j comes to place j, and what is added goes back
        place = np.argsort(self.worlds)
        there = replace(paired, levels=levels[:, place], continuation=path.continuation[:, place])
        added = self.mover.added(there)[:, self.worlds]
        return np.asarray(levels + added - path.levels)


def paired_figures(
    paths: SinglePaths | JointPaths,
    series: str,
    movers: Mapping[str, Mover],
    *,
    news: IntArray | None = None,
    worlds: IntArray | None = None,
) -> FloatArray:
    """Return latent figures of draws that have news and worlds of others, (n_draws, n_periods).

    Latent is a figure without the error of its publication, and without what is not known of the
    offset of its basis; of an amount it is a rate a year.

    Parameters
    ----------
    movers : series -> its drivers; of a whole those of other parts too
    news, worlds : (n_draws,) of which draw each draw has them; None for its own
    """
    if isinstance(paths, WholePaths):
        inner = replace(_with_news(paths.paths, news), errors=np.zeros_like(paths.paths.errors))
        moved = {name: _mover(mover, None, worlds) for name, mover in movers.items()}
        return replace(paths, paths=inner).figures(moved)[series]
    mover = _mover(movers.get(series), news, worlds)
    if isinstance(paths, SinglePaths):
        return replace(paths, plan=replace(paths.plan, is_latent=True)).figures(mover)
    assert isinstance(paths, GroupPaths)  # there are no others
    member, plan = paths.members[series], replace(paths.plans[series], is_latent=True)
    nothing = np.zeros_like(member.offset)
    exact = {series: replace(member, offset=nothing, noise_sd=nothing)}
    alone = replace(paths, members=exact, plans={series: plan})
    return alone.figures({series: mover})[series]


def _mover(mover: Mover | None, news: IntArray | None, worlds: IntArray | None) -> Mover:
    """Return what pairs, as the paths take it: by its method."""
    return cast("Mover", Paired(mover, news, worlds))


def _with_news(paths: CompositionPaths, news: IntArray | None) -> CompositionPaths:
    """Return the paths of a whole with the news of other draws, of all coordinates together."""
    if news is None:
        return paths
    own = paths.levels - paths.steady
    added = own[..., news] - own
    return replace(
        paths,
        levels=paths.levels + added,
        averages=paths.averages + over_steps(added, is_stock=False),
        ends=paths.ends + over_steps(added, is_stock=True),
    )
