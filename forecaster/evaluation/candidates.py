"""Name the families, with their priors, that a backtest compares."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.models.choose import single_model
from forecaster.models.regressors import seasons
from forecaster.models.static_effects import static_prior
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.models.observations import Observations
    from forecaster.models.single import SingleModel
    from forecaster.workspace.beliefs import TrendPrior
    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.series_beliefs import Cap
    from forecaster.workspace.single_beliefs import JumpPrior


@frozen
class Candidate:
    """One way to forecast a series by itself.

    Attributes
    ----------
    family : one of SINGLE_FAMILIES
    trend : prior of the trend's numbers
    jumps, cap : priors of the families that know them
    seasonal_sd : prior sd of each seasonal contrast, link units; 0 for none
    """

    family: str
    trend: TrendPrior
    jumps: JumpPrior
    cap: Cap
    seasonal_sd: float = 0.0

    def model_of(self, observations: Observations, *, is_share: bool) -> SingleModel:
        """Return the model of some observations."""
        regressors = seasons(self.seasonal_sd) if self.seasonal_sd else ()
        static = static_prior(observations, self.trend, is_share=is_share, regressors=regressors)
        return single_model(
            self.family, observations, static, trend=self.trend, jumps=self.jumps, cap=self.cap
        )

    def with_drift_sd(self, sd: float) -> Candidate:
        """Return the same with another width of the long-run rate."""
        return replace(self, trend=replace(self.trend, drift=replace(self.trend.drift, sd=sd)))

    def with_jumps(self, *, rate: float, size: float) -> Candidate:
        """Return the same with other medians of the jumps' rate and size."""
        jumps = replace(
            self.jumps,
            rate=replace(self.jumps.rate, median=rate),
            size=replace(self.jumps.size, median=size),
        )
        return replace(self, jumps=jumps)


def suits(family: str, entry: SeriesEntry) -> bool:
    """Say whether a family can take a series of this kind."""
    return family != "substitution" or entry.kind == "share"


def candidates_of(
    entry: SeriesEntry,
    *,
    trend: Mapping[str, TrendPrior],
    jumps: Mapping[str, JumpPrior],
    cap: Cap,
    families: tuple[str, ...] = ("trend", "walk", "jumps", "substitution"),
) -> dict[str, Candidate]:
    """Return the families that suit a series, by name, with the default priors of its kind.

    What is stated about a single series is left out: it may have been stated with its whole
    history in view.
    """
    return {
        family: Candidate(family, trend[entry.kind], jumps[entry.kind], cap)
        for family in families
        if suits(family, entry)
    }
