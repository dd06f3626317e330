"""Hold a finished forecast, and a finished answer about a level."""

from __future__ import annotations

from dataclasses import field, fields
from typing import TYPE_CHECKING, Any

from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from forecaster.forecasts.driver_shift import DriverShift
    from forecaster.forecasts.given_shift import GivenShift
    from forecaster.forecasts.judgement_shift import JudgementShift
    from forecaster.forecasts.prior_shift import PriorShift
    from forecaster.inference.report import FitReport
    from forecaster.workspace.facts import History, Row
    from forecaster.workspace.footing import Footing
    from forecaster.workspace.periods import Period


@frozen
class Manifest:
    """What produced the numbers, enough to produce them again.

    Attributes
    ----------
    version : of the program
    seed, n_draws, engine : as asked for
    model : family name
    facts_hash, beliefs_hash : sha256 of what was read
    coupling : series whose innovations were drawn together, and their correlation; None for a
        series that was drawn alone
    given : what was taken as seen, its chance and its effective draws; None where nothing was
    priors : beliefs that were others in this run, as typed; None for no such
    """

    version: str
    seed: int
    n_draws: int
    engine: str
    model: str
    facts_hash: str
    beliefs_hash: str
    coupling: Mapping[str, Any] | None = None
    given: Mapping[str, Any] | None = None
    priors: list[str] | None = None

    def record(self) -> dict[str, Any]:
        """Return it as plain values for files; a coupling only where there is one."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in found.items() if value is not None}


@frozen
class Forecast:
    """Trajectories of one series under one scenario.

    Attributes
    ----------
    periods : the periods forecast, in order
    trajectories : (n_draws, n_periods), unit of the series; joint over periods
    quantity : 'published' (offset and observation noise included) or 'latent'
    coverages : nominal probabilities of the central bands, each in (0, 1)
    from_cache : whether the posterior came from the cache
    theta_index : (n_draws,) draws with the same number share their hyperparameters; None where
        that is not known, which makes Monte Carlo errors larger
    weights : family -> share of the draws, where families were fitted side by side
    judgements : what experts' statements did to the median; None where there are none
    draw_numbers : (n_draws,) number of each draw among those of all series, from 1; None where
        no draw is left out
    footing : figures, judgements or formula that it rests on; None where nobody said
    drivers : what drivers did to it; None where none moves it
    worlds : world -> trajectories there, the trend alone and the baseline among them; empty where
        no driver moves the series, and in a forecast from the cache
    has_mean : whether the mean of a share or real series is finite; not of a difference of
        positive ones
    given : what was taken as seen and what it changed; None where nothing was
    prior_shift : what it was before beliefs were changed for this run; None where none was
    """

    history: History
    scenario: str
    periods: tuple[Period, ...]
    trajectories: NDArray[np.float64]
    quantity: str
    coverages: tuple[float, ...]
    report: FitReport
    manifest: Manifest
    warnings: tuple[str, ...] = ()
    from_cache: bool = False
    theta_index: NDArray[np.int64] | None = None
    has_mean: bool = True
    weights: Mapping[str, float] = field(default_factory=dict)
    judgements: JudgementShift | None = None
    footing: Footing | None = None
    draw_numbers: NDArray[np.int64] | None = None
    drivers: DriverShift | None = None
    worlds: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    given: GivenShift | None = None
    prior_shift: PriorShift | None = None


@frozen
class Reach:
    """How likely a level is reached, by each period.

    Attributes
    ----------
    level : unit of the series
    below : whether reaching means falling to the level or under it
    by_period : (n_periods,) probability of having reached it in this period or an earlier one
    first_in_period : (n_periods,) probability that this period is the first
    at_or_beyond : (n_periods,) probability that the figure of this very period is at or beyond
    never : probability of no crossing before the horizon
    mcse : (n_periods,) Monte Carlo standard error of `by_period`
    passed : published figures of the history, any basis, that are at or beyond the level
    """

    forecast: Forecast
    level: float
    below: bool
    by_period: NDArray[np.float64]
    first_in_period: NDArray[np.float64]
    at_or_beyond: NDArray[np.float64]
    never: float
    mcse: NDArray[np.float64]
    passed: tuple[Row, ...] = field(default=())


@frozen
class Settled:
    """An answer about a level that history has given: every figure up to the date is published.

    Attributes
    ----------
    by : the last period asked about
    figures : published figures of the target basis up to then, in order
    passed : published figures up to then, any basis, that are at or beyond the level
    """

    history: History
    level: float
    below: bool
    by: Period
    figures: tuple[Row, ...]
    passed: tuple[Row, ...]

    @property
    def is_reached(self) -> bool:
        """Whether a figure of the target basis is at or beyond the level."""
        return any(row.basis == self.history.target_basis for row in self.passed)
