"""Take single series out of what was drawn of a whole or a group, each fitted once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.forecasts.finish import Result, first_open, with_trend_alone
from forecaster.models import SINGLE_FAMILIES
from forecaster.workspace.history import known_by

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from forecaster.forecasts.driver_side import DriverSide
    from forecaster.forecasts.joint_drawn import JointDrawn
    from forecaster.forecasts.judgement_shift import JudgementShift
    from forecaster.forecasts.settings import Settings
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import Facts

    FloatArray = NDArray[np.float64]


@dataclass(slots=True)
class JointResults:
    """Wholes and groups that were drawn under one set of facts, beliefs and settings.

    Attributes
    ----------
    drawn : (family, whole or series) -> what was drawn
    moved : (family, whole or series, world) -> series -> figures as drivers leave them
    """

    drawn: dict[tuple[str, str], JointDrawn] = field(default_factory=dict)
    moved: dict[tuple[str, str, str], dict[str, FloatArray]] = field(default_factory=dict)

    def result(
        self,
        series: str,
        family: str,
        *,
        facts: Facts,
        beliefs: Beliefs,
        settings: Settings,
        drivers: DriverSide,
        announce: Callable[[str], None],
    ) -> tuple[Result, JudgementShift | None]:
        """Return one part of a whole, or one member of a group, and what judgements did to it.

        Raises
        ------
        InputError
            If nothing is known of the series, or it is no part of its whole.
        """
        entry = facts.entries[series]
        key = (family, entry.composition if family == "composition" else series)
        if key not in self.drawn:
            self._draw(key, facts, beliefs, settings, announce)
        found = self.drawn[key]
        if series not in found.trajectories:
            # nothing is known of it on this basis: the reader of histories says so
            known_by(facts, series, as_of=settings.as_of, basis=settings.basis)
            raise InputError(
                problem=f"'{series}' is no part of '{key[1]}': it belongs to the rest",
                where="priors/compositions.toml",
                fix=f"name it there, or forecast it by itself: --model {SINGLE_FAMILIES[0]}",
            )
        history = found.histories[series]
        # parts of a whole begin together; of this one the first figures may be published
        first = first_open(history, found.periods[series])
        alone = found.trajectories[series][:, first:]
        worlds = {
            world: figures[series][:, first:]
            for world, figures in self._worlds(key, settings, drivers).items()
        }
        result = Result(
            history,
            found.periods[series][first:],
            worlds.get(settings.world, alone),
            found.report,
            worlds=with_trend_alone(worlds, alone),
            family=family,
            notes=(*history.notes, *found.notes),
            theta_index=found.theta_index,
            from_cache=found.from_cache,
        )
        return result, found.shifts.get(series)

    def _draw(
        self,
        key: tuple[str, str],
        facts: Facts,
        beliefs: Beliefs,
        settings: Settings,
        announce: Callable[[str], None],
    ) -> None:
        """Draw a whole or a group, under the names of all that it serves."""
        from forecaster.forecasts.joint_runs import run_joint

        family, name = key
        _, found = run_joint(family, name, facts, beliefs, settings, announce=announce)
        shared = [name] if family == "composition" else list(found.trajectories)
        self.drawn |= {(family, each): found for each in shared}

    def _worlds(
        self, key: tuple[str, str], settings: Settings, drivers: DriverSide
    ) -> dict[str, dict[str, FloatArray]]:
        """Return world -> series -> figures of a whole or a group; empty where nothing moves it."""
        found = {}
        drawn = self.drawn[key]
        for world, movers in drivers.movers(list(drawn.trajectories), settings).items():
            place = (*key, world)
            if place not in self.moved:
                self.moved[place] = drawn.paths.figures(movers)
            found[world] = self.moved[place]
        return found
