"""Put what is believed about single members of a group in the place of the group's priors."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.records import frozen
from forecaster.workspace.belief_tables import Normal

if TYPE_CHECKING:
    from forecaster.models.regressors import Regressor
    from forecaster.workspace.beliefs import TrendPrior
    from forecaster.workspace.pooled_beliefs import PooledPrior
    from forecaster.workspace.series_beliefs import SeriesPrior

LEAST_DEVIATION = 0.5
"""A stated growth narrows a member's deviation to no less than this share of the usual sd."""


@frozen
class MemberBelief:
    """What is believed about one member's own part.

    Attributes
    ----------
    trend : as `PooledPrior.own`, with what is stated about the member
    regressors : dated events that moved it
    """

    trend: TrendPrior
    regressors: tuple[Regressor, ...] = ()


def member_belief(
    prior: PooledPrior, series: SeriesPrior, regressors: tuple[Regressor, ...] = ()
) -> MemberBelief:
    """Return the prior of one member's own part.

    A stated growth N(m, s^2) is of the member's whole drift, which is the group's N(g, v^2) and a
    deviation. The deviation becomes N(m - g, s^2 - v^2): the whole is then as stated. The group's
    drift cannot be known better through one member's statement, so a growth that is stated about
    as narrowly as the group's, or more, leaves the deviation half its usual sd, and the whole a
    little wider than stated. Offsets of bases are taken as stated.
    """
    own = replace(prior.own, basis_offset_sd=series.trend.basis_offset_sd)
    if "growth" in series.stated:
        own = replace(own, drift=_deviation(prior, series.trend.drift))
    return MemberBelief(own, regressors)


def whole_drift(prior: PooledPrior, member: MemberBelief) -> Normal:
    """Return the prior of a member's whole drift: the group's and its deviation together."""
    own = member.trend.drift
    sd = math.hypot(prior.drift.sd, own.sd)
    return Normal(prior.drift.mean + own.mean, sd, own.unit, own.reason)


def _deviation(prior: PooledPrior, growth: Normal) -> Normal:
    """Return the deviation of a drift from the group's under a stated growth."""
    usual = prior.own.drift
    variance = growth.sd**2 - prior.drift.sd**2
    sd = math.sqrt(max(variance, (LEAST_DEVIATION * usual.sd) ** 2))
    return Normal(growth.mean - prior.drift.mean, sd, usual.unit, growth.reason)
