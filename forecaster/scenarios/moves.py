"""Move the path that a series would take without drivers by what drivers do to it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.records import frozen
from forecaster.scenarios.absorb import absorbed_path, absorbed_scale
from forecaster.scenarios.effects import (
    caps_in_force,
    shift_after_caps,
    shift_before_caps,
    total_shift,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.scenarios.effects import BasePath
    from forecaster.scenarios.worlds import Worlds
    from forecaster.workspace.driver_types import Effect

    FloatArray = NDArray[np.float64]


@frozen
class Held:
    """What drivers do to a path whatever its news.

    Attributes
    ----------
    scale : (n_steps + 1,) by what news are multiplied
    shift : (n_steps + 1, n_draws) before caps, link units
    log_caps : (n_steps, n_draws), or None without caps
    """

    scale: FloatArray
    shift: FloatArray
    log_caps: FloatArray | None


@frozen
class Mover:
    """The drivers of one series in drawn worlds.

    Attributes
    ----------
    effects : on the series
    worlds : of the scenario
    baseline : the same draws with nothing forced; the same object where there is no scenario
    held_at : what effects do whatever the news are; None where it is found from the path
    """

    effects: tuple[Effect, ...]
    worlds: Worlds
    baseline: Worlds
    held_at: Held | None = None

    def held(self, path: BasePath) -> Mover:
        """Return the same for this path with other news, so that these take little time."""
        held = Held(
            scale=absorbed_scale(self.effects, self.baseline, path),
            shift=shift_before_caps(self.effects, self.worlds, self.baseline, path),
            log_caps=caps_in_force(self.effects, self.worlds, path),
        )
        return replace(self, held_at=held)

    def added(self, path: BasePath) -> FloatArray:
        """Return what drivers add to a path at the ends of its steps.

        What is news in the path shrinks by what drivers in the history had put into it.

        Parameters
        ----------
        path : with as many draws as there are worlds

        Returns
        -------
        (n_steps + 1, n_draws), link units
        """
        held = self.held_at
        if held is not None:
            inner = replace(path, levels=absorbed_path(path, held.scale))
            shift = shift_after_caps(held.shift, held.log_caps, inner)
            return np.asarray(inner.levels + shift - path.levels)
        scale = absorbed_scale(self.effects, self.baseline, path)
        inner = replace(path, levels=absorbed_path(path, scale))
        shift = total_shift(self.effects, self.worlds, self.baseline, inner)
        return np.asarray(inner.levels + shift - path.levels)


def over_steps(added: FloatArray, *, is_stock: bool) -> FloatArray:
    """Return what is added to each step: to the level at its end, or to its average.

    What drivers add changes linearly within a step, so its average is that of both ends.

    Parameters
    ----------
    added : (n_steps + 1, n_draws) at the ends of the steps, the beginning first
    is_stock : whether the levels at the ends are wanted

    Returns
    -------
    (n_steps, n_draws)
    """
    return np.asarray(added[1:] if is_stock else (added[:-1] + added[1:]) / 2)


def uncapped(levels: FloatArray, cap: FloatArray) -> FloatArray:
    """Return the logit of a share, of levels on the logit of share / cap.

    Parameters
    ----------
    levels : (n, n_draws)
    cap : (n_draws,)
    """
    # cap expit(u) / (1 - cap expit(u)) = cap / (exp(-u) + 1 - cap)
    return np.asarray(np.log(cap) - np.log(1 - cap + np.exp(-np.clip(levels, -600.0, None))))


def link_of(kind: str) -> str:
    """Return the name of a kind's link: 'logit', 'identity' or 'log'."""
    return {"share": "logit", "real": "identity"}.get(kind, "log")


def movers_of(effects: Sequence[Effect], worlds: Worlds, baseline: Worlds) -> dict[str, Mover]:
    """Return series -> its drivers, of all series that effects are on."""
    names = dict.fromkeys(effect.series for effect in effects)
    return {
        name: Mover(tuple(e for e in effects if e.series == name), worlds, baseline)
        for name in names
    }
