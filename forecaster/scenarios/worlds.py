"""Hold what drivers do in every draw: one draw is one coherent world for all series."""

from __future__ import annotations

import math
from dataclasses import field
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.errors import InputError
from forecaster.records import frozen
from forecaster.scenarios.chain import Chain, draw_chances
from forecaster.scenarios.force import onsets_of
from forecaster.scenarios.streams import keyed_stream
from forecaster.workspace.driver_types import state_known
from forecaster.workspace.faults import quoted
from forecaster.workspace.periods import date_at
from forecaster.workspace.probabilities import Probability

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from numpy.typing import NDArray

    from forecaster.scenarios.calendar import Quarters
    from forecaster.scenarios.calibrate import Calibration
    from forecaster.scenarios.chain import Chances
    from forecaster.scenarios.network import Network
    from forecaster.workspace.driver_types import DriverBeliefs
    from forecaster.workspace.scenario_beliefs import Scenario

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]


@frozen
class Chance:
    """A probability counted in draws.

    Attributes
    ----------
    probability, error : with its Monte Carlo standard error
    """

    probability: float
    error: float


@frozen
class Worlds:
    """All drivers on all draws.

    Attributes
    ----------
    beliefs : what was simulated
    quarters : column 0 is the state known on the as-of day, column k that at the end of quarter k
    states : (n_drivers, n_quarters + 1, n_draws), file order
    mean_on : (n_drivers, n_quarters + 1) mean state in the calibrated baseline
    seed : of the draws
    is_hindsight : whether some driver was assessed after the as-of day
    memo : what was worked out of these worlds before, which every scenario's forecast needs of
        the baseline
    """

    beliefs: DriverBeliefs
    quarters: Quarters
    states: BoolArray
    mean_on: FloatArray
    seed: int
    is_hindsight: bool
    memo: dict[object, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def drivers(self) -> tuple[str, ...]:
        """Ids of the drivers, file order."""
        return tuple(driver.id for driver in self.beliefs.drivers)

    @property
    def first_quarter(self) -> int:
        """Number of the first simulated quarter: 4 * year + (quarter - 1)."""
        return self.quarters.first

    @property
    def n_draws(self) -> int:
        """How many worlds."""
        return int(self.states.shape[2])

    def row(self, driver: str) -> int:
        """Return the row of a driver; ValueError if there is none."""
        return self.drivers.index(driver)

    def on(self, driver: str) -> BoolArray:
        """Return the states of a driver, (n_quarters + 1, n_draws)."""
        return np.asarray(self.states[self.row(driver)])

    def past(self, driver: str, n_quarters: int) -> BoolArray:
        """Return the states known of a driver at the ends of the quarters before column 0.

        Returns
        -------
        (n_quarters,), the earliest first
        """
        named = self.beliefs.of(driver)
        days = [date_at((self.first_quarter - back) / 4) for back in range(n_quarters, 0, -1)]
        return np.array([state_known(named, day) for day in days], dtype=bool)

    def started(self, driver: str) -> BoolArray:
        """Say whether a driver has started by each column, (n_quarters + 1, n_draws).

        What is on at the beginning has not started since.
        """
        on = self.on(driver)
        starts = np.zeros_like(on)
        starts[1:] = on[1:] & ~on[:-1]
        return np.asarray(np.logical_or.accumulate(starts, axis=0))

    def chance_started(self, driver: str, by: date) -> Chance:
        """Return the probability that a driver starts at least once by the end of a day."""
        return self.chance(self.started(driver)[self._column(by)])

    def chance_on(self, driver: str, at: date) -> Chance:
        """Return the probability that a driver is on at the last end of a quarter by a day."""
        return self.chance(self.on(driver)[self._column(at)])

    def chance(self, happens: BoolArray) -> Chance:
        """Return the share of draws in which something happens; `happens` is (n_draws,)."""
        share = float(np.count_nonzero(happens)) / len(happens)
        return Chance(share, math.sqrt(share * (1 - share) / len(happens)))

    def amplification(self, driver: str, series: str) -> FloatArray | None:
        """Return what the effects of a driver on a series are multiplied by, or None for one.

        Returns
        -------
        (n_quarters + 1, n_draws)
        """
        log_times = None
        for each in self.beliefs.amplifications:
            if each.target != driver or (each.series and series not in each.series):
                continue
            name = f"{'+'.join(each.sources)}>{driver}"
            normals = keyed_stream(self.seed, "amplification", name).standard_normal(self.n_draws)
            size = each.log_times.mean + each.log_times.sd * normals
            active = np.logical_and.reduce([self.on(source) for source in each.sources])
            log_times = active * size + (0.0 if log_times is None else log_times)
        return None if log_times is None else np.exp(log_times)

    def _column(self, day: date) -> int:
        """Return the last column that has ended by a day.

        Raises
        ------
        ValueError
            If the day lies beyond the simulated quarters.
        """
        column = self.quarters.column_by(day)
        if column > self.quarters.n:
            raise ValueError(f"{day} lies beyond the {self.quarters.n} quarters simulated")
        return column


def draw_worlds(
    network: Network,
    calibration: Calibration,
    scenario: Scenario | None = None,
    *,
    n_draws: int,
    seed: int,
    replaced: Mapping[str, Probability] | None = None,
    chances: Chances | None = None,
) -> Worlds:
    """Simulate all drivers: the baseline, or what a scenario makes of it.

    A scenario cuts the arrows into the drivers that it forces and leaves everything else as it
    was calibrated, so that descendants respond. The same seed gives the same thresholds.

    Parameters
    ----------
    replaced : start probabilities that stand for the stated ones, above those of the scenario
    chances : of the network with its stated probabilities, drawn by this seed; drawn where None

    Raises
    ------
    InputError
        If the scenario contradicts itself or what is known.
    """
    stated = {} if scenario is None else scenario.probability
    changed = network.with_probabilities({**stated, **(replaced or {})})
    if chances is None or changed is not network:
        chances = draw_chances(changed, n_draws=n_draws, seed=seed)
    onsets = {}
    if scenario is not None:
        hazards = chances.strengths.later
        onsets = onsets_of(scenario, changed, n_draws=n_draws, seed=seed, hazards=hazards)
    chain = Chain(
        changed, n_draws=n_draws, seed=seed, centres=calibration.centres, onsets=onsets,
        chances=chances,
    )  # fmt: skip
    states = np.empty((len(network.drivers), network.quarters.n + 1, n_draws), dtype=bool)
    for column, now in enumerate(chain.run()):
        states[:, column] = now
    return Worlds(
        beliefs=network.beliefs,
        quarters=network.quarters,
        states=states,
        mean_on=calibration.mean_on,
        seed=seed,
        is_hindsight=any(d.assessed_on > network.quarters.as_of for d in network.beliefs.drivers),
    )


def draw_ends(
    network: Network,
    calibration: Calibration,
    driver: str,
    scenario: Scenario | None = None,
    *,
    n_draws: int,
    seed: int,
) -> tuple[Worlds, Worlds]:
    """Return the worlds with the start of one driver as likely as each end of its range.

    Its probability is the 10%, then the 90% quantile of what is believed, without a range; what
    it moves responds, as where a scenario replaces a probability.

    Raises
    ------
    InputError
        If the driver has no start.
    """
    start = network.beliefs.of(driver).start
    if start is None:
        raise InputError(
            problem=f"the driver {quoted(driver)} has no start whose probability could be moved",
            fix="name a driver that can start",
        )
    low, high = (
        draw_worlds(
            network,
            calibration,
            scenario,
            n_draws=n_draws,
            seed=seed,
            replaced={driver: all_but_sure(end)},
        )
        for end in (start.probability.low, start.probability.high)
    )
    return low, high


def all_but_sure(probability: float) -> Probability:
    """Return a probability whose range is too narrow to matter."""
    half = 1e-7 * probability * (1 - probability)
    return Probability(probability - half, probability + half)
