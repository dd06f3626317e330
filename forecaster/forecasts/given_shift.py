"""Hold how rare what is given was, and what seeing it changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.records import frozen

if TYPE_CHECKING:
    from forecaster.workspace.periods import Period


@frozen
class GivenShift:
    """What was taken as seen, and what came of it.

    Attributes
    ----------
    conditions : as typed, those that were open
    decided : as typed, those that history had met already
    chance, error : of all open conditions together, with its Monte Carlo standard error
    n_drawn, ess, k_hat : draws made, effective ones among them, and the tail of their weights
    is_exact : whether weights are exact probabilities, and not corrected ones
    period : the last one forecast
    without, with_them : its median without conditions and with them, unit of the series
    drivers : those whose chance of being on at the end moved most: id, before, after
    """

    conditions: tuple[str, ...]
    decided: tuple[str, ...]
    chance: float
    error: float
    n_drawn: int
    ess: float
    k_hat: float
    is_exact: bool
    period: Period
    without: float
    with_them: float
    drivers: tuple[tuple[str, float, float], ...] = ()
