"""Say from when on a scenario holds its drivers on or off in each draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.errors import InputError
from forecaster.scenarios.ignorance import draw_strengths
from forecaster.scenarios.streams import keyed_stream, spread_uniforms
from forecaster.workspace.faults import quoted

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from forecaster.scenarios.network import Network
    from forecaster.workspace.scenario_beliefs import Forced, Scenario

    Float32Array = NDArray[np.float32]
    IntArray = NDArray[np.int64]


def onsets_of(
    scenario: Scenario,
    network: Network,
    *,
    n_draws: int,
    seed: int,
    hazards: Float32Array | None = None,
) -> dict[int, IntArray]:
    """Return the column from which each forced driver is held on; beyond the last for `off`.

    With a date that is the quarter of the date. Without one it is drawn from the driver's own
    hazard, given that it starts by the scenario's `by`; a driver that is on stays on.

    Parameters
    ----------
    hazards : (n_drivers, n_draws) of starting, those of the seed; drawn where None

    Returns
    -------
    row -> (n_draws,)

    Raises
    ------
    InputError
        If two exclusive drivers are forced on, one driver is forced both ways, or a date lies
        before what is known.
    """
    _check_forced(scenario, network)
    never = np.full(n_draws, network.quarters.n + 1, dtype=np.int64)
    found = {network.row[driver]: never for driver in scenario.off}
    undated = [forced.driver for forced in scenario.on if forced.start is None]
    if hazards is None and any(not network.is_on[network.row[driver]] for driver in undated):
        hazards = draw_strengths(network, (), n_draws=n_draws, seed=seed).later
    for forced in scenario.on:
        row = network.row[forced.driver]
        if network.is_on[row]:
            found[row] = np.zeros(n_draws, dtype=np.int64)
        elif forced.start is not None:
            column = network.quarters.column_of(forced.start.start)
            found[row] = np.full(n_draws, column, dtype=np.int64)
        else:
            assert hazards is not None
            rng = keyed_stream(seed, "onset", forced.driver)
            chances = spread_uniforms(rng, n_draws)
            found[row] = _draw_onsets(hazards[row], chances, network, by=scenario.by)
    return found


def _draw_onsets(
    hazard: Float32Array, chances: Float32Array, network: Network, *, by: date
) -> IntArray:
    """Return columns of a start at constant hazard, given that it is at or before `by`.

    The time T of the start, in quarters, has P(T <= t) = (1 - (1-h)^t) / (1 - (1-h)^K).
    """
    quarters = network.quarters
    last = max(quarters.column_by(by), 1)
    span = quarters.exposure + last - 1
    rate = np.maximum(-np.log1p(-hazard.astype(float)), 1e-9)  # at 0 any quarter is as likely
    times = -np.log1p(chances * np.expm1(-rate * span)) / rate
    columns = np.ceil(times + 1 - quarters.exposure).astype(np.int64)
    return np.asarray(np.clip(columns, 1, last))


def _check_forced(scenario: Scenario, network: Network) -> None:
    """Check that a scenario contradicts neither itself nor what is known.

    Raises
    ------
    InputError
        If it does.
    """
    where = f"scenario {quoted(scenario.id)}"
    on = [forced.driver for forced in scenario.on]
    for driver in (*on, *scenario.off, *scenario.probability):
        if driver not in network.row:
            problem = f"there is no driver {quoted(driver)}"
            raise InputError(problem=problem, where=where, fix="name a driver of drivers.toml")
    for driver in on:
        if driver in scenario.off:
            problem = f"{quoted(driver)} is both on and off"
            raise InputError(problem=problem, where=where, fix="remove one of the two")
        for partner in network.partners.get(network.row[driver], ()):
            other = network.drivers[partner]
            if other in on:
                raise InputError(
                    problem=f"{quoted(driver)} and {quoted(other)} exclude each other, "
                    "and both are on",
                    where=where,
                    fix="remove one of the two",
                )
    for forced in scenario.on:
        _check_date(forced, network, where)


def _check_date(forced: Forced, network: Network, where: str) -> None:
    """Check that a driver is not to start before what is known of it.

    Raises
    ------
    InputError
        If it is.
    """
    if forced.start is None or network.is_on[network.row[forced.driver]]:
        return
    as_of = network.quarters.as_of
    if forced.start.end <= as_of:
        raise InputError(
            problem=f"{quoted(forced.driver)} is to start in {forced.start}, "
            f"but on {as_of} it was known to be off",
            where=where,
            fix=f"use a date after {as_of}, or an earlier --as-of",
        )
