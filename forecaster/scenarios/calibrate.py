"""Calibrate the centres of a network, once for all draws and scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.errors import InputError
from forecaster.records import frozen
from forecaster.scenarios.chain import Chain
from forecaster.workspace.faults import quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.scenarios.calendar import Quarters
    from forecaster.scenarios.network import Network

    FloatArray = NDArray[np.float64]

CALIBRATION_DRAWS = 5000
"""With so many, marginals of the shipped drivers on 100,000 other draws are off by .004 at most."""
CALIBRATION_SEED = 8107
"""Centres are beliefs: they do not change with the seed of a forecast."""
MOST_MISSED = 0.01
"""How far a stated marginal may be missed before it counts as out of reach."""


@frozen
class Calibration:
    """The centres of a network, and the marginals found with them.

    Attributes
    ----------
    centres : (n_centred, n_quarters), logit units: of starts, then of ends
    mean_on : (n_drivers, n_quarters + 1) mean state of each driver in the baseline
    """

    centres: FloatArray
    mean_on: FloatArray

    def until(self, quarters: Quarters) -> Calibration:
        """Return the calibration of the first quarters."""
        return Calibration(self.centres[:, : quarters.n], self.mean_on[:, : quarters.n + 1])


def calibrate(
    network: Network, *, n_draws: int = CALIBRATION_DRAWS, seed: int = CALIBRATION_SEED
) -> Calibration:
    """Find the centres with which all stated marginals are kept.

    Raises
    ------
    InputError
        If a stated probability cannot be reached, as that of two exclusive drivers whose
        probabilities add up to more than one.
    """
    chain = Chain(network, n_draws=n_draws, seed=seed)
    mean_on = np.empty((len(network.drivers), network.quarters.n + 1))
    for column, now in enumerate(chain.run()):
        mean_on[:, column] = np.count_nonzero(now, axis=1) / n_draws
    _check_reached(network, chain.owed / n_draws)
    return Calibration(chain.centres, mean_on)


def _check_reached(network: Network, missed: FloatArray) -> None:
    """Check that excluded drivers have the marginals that were stated.

    Where a driver, or one that excludes it, has switched since the assessment, or hindsight looks
    from before it, facts may leave no room for what was stated; that is no fault.

    Parameters
    ----------
    missed : (n_drivers,) probability that exclusion left no room for by the stated date

    Raises
    ------
    InputError
        If one has not.
    """
    for row in sorted(network.partners):
        start = network.beliefs.drivers[row].start
        column = min(network.stated_column[row], network.quarters.n)
        if start is None or missed[row] <= MOST_MISSED or not network.is_as_assessed(row):
            continue
        keeps_start = network.keeps_start[row]
        wanted = (network.hazards.started if keeps_start else network.hazards.on)[row, column]
        others = ", ".join(quoted(network.drivers[i]) for i in network.partners[row])
        verb = "starts" if keeps_start else "is on"
        raise InputError(
            problem=f"{quoted(network.drivers[row])} {verb} by {start.by} with probability "
            f"{wanted:.2g}, but beside {others}, which it excludes, at most with "
            f"{wanted - missed[row]:.2g}",
            where=network.beliefs.where,
            fix="lower one of the probabilities, or remove the exclusion",
        )
