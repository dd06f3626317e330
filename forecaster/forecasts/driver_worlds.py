"""Simulate the drivers for a forecast, with the calibration kept between runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from forecaster import __version__
from forecaster.inference.cache import DRIVERS_SUFFIX, ArrayCache, Stored, cache_folder, cache_key
from forecaster.inference.report import FitReport
from forecaster.scenarios.calendar import quarters_until
from forecaster.scenarios.calibrate import CALIBRATION_DRAWS, Calibration, calibrate
from forecaster.scenarios.chain import draw_chances
from forecaster.scenarios.network import make_network
from forecaster.scenarios.worlds import draw_worlds
from forecaster.workspace.driver_types import state_known

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.scenarios.chain import Chances
    from forecaster.scenarios.network import Network
    from forecaster.scenarios.worlds import Worlds
    from forecaster.workspace.driver_types import DriverBeliefs
    from forecaster.workspace.scenario_beliefs import Scenario

USUAL_HORIZON = 2035
"""Calibration goes to the end of this year at least, so that one is enough for most forecasts."""
_LONGER_BY = 10


@dataclass(frozen=True)
class Simulation:
    """The drivers of one day, horizon and seed; what all scenarios share is made once.

    Attributes
    ----------
    network : to the horizon
    n_draws, seed : of every world
    """

    network: Network
    calibration: Calibration
    n_draws: int
    seed: int

    @cached_property
    def chances(self) -> Chances:
        """What is drawn before anything happens."""
        return draw_chances(self.network, n_draws=self.n_draws, seed=self.seed)

    def worlds(self, scenario: Scenario | None) -> Worlds:
        """Return all drivers on all draws; None is the baseline.

        Raises
        ------
        InputError
            If the scenario contradicts itself or what is known.
        """
        return draw_worlds(
            self.network, self.calibration, scenario, n_draws=self.n_draws, seed=self.seed,
            chances=self.chances,
        )  # fmt: skip


def make_simulation(
    driver_beliefs: DriverBeliefs,
    *,
    as_of: date,
    until: date,
    n_draws: int,
    seed: int,
    use_cache: bool,
    announce: Callable[[str], None],
) -> Simulation:
    """Return what simulates all drivers from the as-of day to the quarter that holds `until`.

    Parameters
    ----------
    announce : takes one sentence when the cache is damaged or cannot be written

    Raises
    ------
    InputError
        If a stated probability cannot be reached.
    """
    is_on = [state_known(driver, as_of) for driver in driver_beliefs.drivers]
    long = make_network(driver_beliefs, is_on, quarters_until(as_of, _horizon(until)))
    calibration = _calibrated(long, use_cache=use_cache, announce=announce)
    quarters = quarters_until(as_of, until)
    return Simulation(long.until(quarters), calibration.until(quarters), n_draws, seed)


def simulate_worlds(
    driver_beliefs: DriverBeliefs,
    scenario: Scenario | None,
    *,
    as_of: date,
    until: date,
    n_draws: int,
    seed: int,
    use_cache: bool,
    announce: Callable[[str], None],
) -> Worlds:
    """Return all drivers on all draws; arguments and errors as those of `make_simulation`.

    Parameters
    ----------
    scenario : None for the baseline
    """
    simulation = make_simulation(
        driver_beliefs, as_of=as_of, until=until, n_draws=n_draws, seed=seed, use_cache=use_cache,
        announce=announce,
    )  # fmt: skip
    return simulation.worlds(scenario)


def _horizon(until: date) -> date:
    """Return the last day that the calibration for a forecast goes to."""
    beyond = max(until.year - USUAL_HORIZON, 0)
    return date(USUAL_HORIZON + -(-beyond // _LONGER_BY) * _LONGER_BY, 12, 31)


def _calibrated(
    network: Network, *, use_cache: bool, announce: Callable[[str], None]
) -> Calibration:
    """Return the calibration of a network, from the cache where it is there."""
    is_kept = use_cache and network.beliefs.hash
    cache = ArrayCache(cache_folder(), announce, suffix=DRIVERS_SUFFIX) if is_kept else None
    key = _key(network)
    shapes = {
        "centres": (network.n_centred, network.quarters.n),
        "mean_on": (len(network.drivers), network.quarters.n + 1),
    }
    found = cache.load(key) if cache else None
    if found and {name: array.shape for name, array in found.arrays.items()} == shapes:
        return Calibration(**found.arrays)
    calibration = calibrate(network)
    if cache:
        arrays = {"centres": calibration.centres, "mean_on": calibration.mean_on}
        cache.store(key, Stored(arrays, _report()))
    return calibration


def _key(network: Network) -> str:
    """Return the cache's key: everything that a calibration hangs on."""
    return cache_key(
        "drivers",
        __version__,
        network.beliefs.hash,
        network.quarters.as_of.isoformat(),
        network.quarters.n,
        network.is_on,
        CALIBRATION_DRAWS,
    )


def _report() -> FitReport:
    """Return the report that a file of the cache carries; nothing was fitted."""
    nan = float("nan")
    return FitReport("centring", nan, nan, nan, nan, CALIBRATION_DRAWS, 1)
