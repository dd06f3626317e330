"""Build the model of one series, by the name of its family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.models.jumps import jumps_model
from forecaster.models.substitution import substitution_model
from forecaster.models.trend import trend_model
from forecaster.models.walk import walk_model

if TYPE_CHECKING:
    from forecaster.models.observations import Observations
    from forecaster.models.single import SingleModel
    from forecaster.models.static_effects import StaticPrior
    from forecaster.workspace.beliefs import TrendPrior
    from forecaster.workspace.series_beliefs import Cap
    from forecaster.workspace.single_beliefs import JumpPrior


def single_model(
    family: str,
    observations: Observations,
    static: StaticPrior,
    *,
    trend: TrendPrior,
    jumps: JumpPrior,
    cap: Cap,
) -> SingleModel:
    """Return the model of one series.

    Parameters
    ----------
    family : one of SINGLE_FAMILIES
    trend, jumps, cap : priors; those that the family does not know are not used

    Raises
    ------
    ValueError
        If the family is unknown, or fits several series at once.
    """
    if family == "trend":
        return trend_model(observations, static, trend)
    if family == "walk":
        return walk_model(observations, static, trend)
    if family == "jumps":
        return jumps_model(observations, static, trend, jumps)
    if family == "substitution":
        return substitution_model(observations, static, trend, cap)
    raise ValueError(f"{family!r} is no family of one series")
