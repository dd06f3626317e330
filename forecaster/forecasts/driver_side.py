"""Find what drivers do to the series of a run: in the baseline, and in the scenario asked for."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.forecasts.settings import BASELINE, TREND_ALONE
from forecaster.workspace.drivers import has_future_effects
from forecaster.workspace.faults import did_you_mean, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from forecaster.forecasts.driver_worlds import Simulation
    from forecaster.forecasts.settings import Settings
    from forecaster.scenarios.moves import Mover
    from forecaster.scenarios.worlds import Worlds
    from forecaster.workspace.driver_types import DriverBeliefs, Effect
    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.prior_changes import Change
    from forecaster.workspace.scenario_beliefs import Scenario

    Announce = Callable[[str], None]


class DriverSide:
    """The drivers of a workspace, read and simulated when they are first needed.

    One object serves a whole run, whatever its series, so that all are in the same worlds.

    Parameters
    ----------
    workspace : None for a bare file, which no driver moves
    changes : beliefs that are others in this run
    """

    def __init__(
        self,
        workspace: Path | None,
        entries: Mapping[str, SeriesEntry],
        announce: Announce,
        *,
        changes: Sequence[Change] = (),
    ) -> None:
        self._workspace = workspace
        self._entries = entries
        self._announce = announce
        self._changes = changes
        self._beliefs: DriverBeliefs | None = None
        self._scenarios: dict[str, Scenario] | None = None
        self._simulations: dict[tuple[object, ...], Simulation] = {}
        self._worlds: dict[tuple[object, ...], Worlds] = {}

    @property
    def beliefs(self) -> DriverBeliefs:
        """What is believed about all drivers."""
        if self._beliefs is None:
            from forecaster.workspace.driver_beliefs import load_driver_beliefs

            if self._workspace is None:
                raise InputError(
                    problem="a file has no drivers, so no scenario moves it",
                    where="--scenario, --set or --given",
                    fix="leave it out, or put the figures into a workspace",
                )
            self._beliefs = load_driver_beliefs(
                self._workspace, self._entries, changes=self._changes
            )
        return self._beliefs

    @property
    def scenarios(self) -> Mapping[str, Scenario]:
        """All named scenarios, in file order."""
        if self._scenarios is None:
            from forecaster.workspace.scenario_beliefs import load_scenarios

            beliefs = self.beliefs
            assert self._workspace is not None
            found = load_scenarios(self._workspace, beliefs)
            self._scenarios = {scenario.id: scenario for scenario in found}
        return self._scenarios

    def movers(self, series: Collection[str], settings: Settings) -> dict[str, dict[str, Mover]]:
        """Return what moves some series, by world.

        Returns
        -------
        world -> series -> its drivers: the baseline, and every other world of the settings. Empty
        where no driver moves any of them.

        Raises
        ------
        InputError
            If drivers or scenarios have faults, or the scenario is not known.
        """
        is_alone = settings.scenario == TREND_ALONE and not settings.besides
        if is_alone or not self._may_move(series, settings):
            return {}
        from forecaster.scenarios.moves import Mover

        effects = {
            name: tuple(
                effect
                for driver in self.beliefs.drivers
                for effect in driver.effects
                if effect.series == name
            )
            for name in series
        }
        moved = {name: found for name, found in effects.items() if found}
        chosen = [(there, self.scenario(there)) for there in settings.each_world]
        if not moved:
            return {}
        baseline = self.worlds(None, settings)
        found = {BASELINE: {n: Mover(e, baseline, baseline) for n, e in moved.items()}}
        for there, scenario in chosen:
            if scenario is not None:
                worlds = self.worlds(scenario, there)
                found[there.world] = {n: Mover(e, worlds, baseline) for n, e in moved.items()}
        return found

    def effects_on(self, series: Collection[str]) -> dict[str, tuple[Effect, ...]]:
        """Return series -> effects of drivers on it, of those that any driver moves."""
        found: dict[str, tuple[Effect, ...]] = {}
        for driver in self.beliefs.drivers:
            for effect in driver.effects:
                if effect.series in series:
                    found[effect.series] = (*found.get(effect.series, ()), effect)
        return found

    def warnings(self, settings: Settings) -> tuple[str, ...]:
        """Return what must be said of a series that drivers move."""
        later = [d.assessed_on for d in self.beliefs.drivers if d.assessed_on > settings.as_of]
        if not later:
            return ()
        said = (
            f"hindsight: what is believed about {len(later)} drivers was written down on "
            f"{max(later)}, after {settings.as_of}; this is no test of what would have been said "
            "then"
        )
        return (said,)

    def scenario(self, settings: Settings) -> Scenario | None:
        """Return the scenario asked for, with what `--set` changes in it; None for the baseline.

        Raises
        ------
        InputError
            If there is no such scenario, it contradicts what is known on the as-of day, or a set
            driver is not known.
        """
        chosen = None
        if settings.scenario not in (BASELINE, TREND_ALONE):
            name = settings.scenario.removeprefix("scenario:")
            chosen = self.scenarios.get(name)
            if chosen is None:
                fix = did_you_mean(name, self.scenarios) or (
                    f"use {', '.join(self.scenarios)}"
                    if self.scenarios
                    else "write one into priors/scenarios.toml"
                )
                problem = f"there is no scenario {quoted(name)}"
                raise InputError(problem=problem, where="--scenario", fix=fix)
        if settings.sets:
            from forecaster.scenarios.setting import with_sets

            chosen = with_sets(chosen, settings.sets, self.beliefs, until=settings.until)
        if chosen is not None:
            from forecaster.workspace.scenario_beliefs import require_history

            require_history(chosen, self.beliefs, as_of=settings.as_of)
        return chosen

    def worlds(self, scenario: Scenario | None, settings: Settings) -> Worlds:
        """Return all drivers on all draws, to the horizon of the settings.

        Raises
        ------
        InputError
            If a probability cannot be reached, or the scenario contradicts itself.
        """
        name = BASELINE if scenario is None else settings.world
        key = (name, *_simulation_key(settings))
        if key not in self._worlds:
            place = self.beliefs.where if scenario is None else scenario.where
            with _placed(place):
                self._worlds[key] = self.simulation(settings).worlds(scenario)
        return self._worlds[key]

    def simulation(self, settings: Settings) -> Simulation:
        """Return what simulates all drivers to the horizon of the settings."""
        from forecaster.forecasts.driver_worlds import make_simulation
        from forecaster.forecasts.plan import parse_until

        key = _simulation_key(settings)
        if key not in self._simulations:
            self._simulations[key] = make_simulation(
                self.beliefs,
                as_of=settings.as_of,
                until=parse_until(settings.until).end,
                n_draws=settings.n_draws,
                seed=settings.seed,
                use_cache=settings.use_cache,
                announce=self._announce,
            )
        return self._simulations[key]

    def _may_move(self, series: Collection[str], settings: Settings) -> bool:
        """Say whether the drivers' file may name one of the series, or has to be read anyhow.

        A file of thousands of lines is not parsed for a series that it does not mention.
        """
        is_forced = settings.scenario != BASELINE or settings.sets or settings.besides
        if is_forced or self._beliefs is not None:
            return True
        return self._workspace is not None and has_future_effects(self._workspace, series)


@contextmanager
def _placed(where: str) -> Iterator[None]:
    """Say where the fault lies that a simulation meets, which knows numbers and no files."""
    try:
        yield
    except InputError as error:
        told = error.faults[0]
        if told.where or len(error.faults) > 1:
            raise
        raise InputError(problem=told.problem, where=where, fix=told.fix) from error


def _simulation_key(settings: Settings) -> tuple[object, ...]:
    """Return what a simulation of all drivers hangs on."""
    return (settings.as_of, settings.until, settings.n_draws, settings.seed)
