"""Put what is stated about one series in the place of its kind's default priors."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.workspace.belief_tables import LogNormal, Normal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.workspace.beliefs import TrendPrior
    from forecaster.workspace.stated_beliefs import StatedBelief

_S_L, _S_B, _TAU = 0, 1, 2
"""Places in `TrendPrior.theta`."""


def with_beliefs(trend: TrendPrior, stated: Mapping[str, StatedBelief]) -> TrendPrior:
    """Return the trend's prior with the growth, volatility and offsets that are stated."""
    changed = trend
    if growth := stated.get("growth"):
        unit = trend.drift.unit
        changed = replace(changed, drift=Normal(growth.mean, growth.sd, unit, growth.reason))
    if volatility := stated.get("volatility"):
        changed = replace(changed, theta=_scaled_theta(trend, volatility))
    offsets = {
        key.removeprefix("offset."): belief.sd
        for key, belief in stated.items()
        if key.startswith("offset.")
    }
    if offsets:
        changed = replace(changed, basis_offset_sd=offsets)
    return changed if changed is trend else replace(changed, predictive={})


def _scaled_theta(trend: TrendPrior, volatility: StatedBelief) -> tuple[LogNormal, ...]:
    """Return priors of s_l and s_b under which a change in a year is typically as stated.

    About its long-run rate the level changes in a year by sd c, c^2 = s_l^2 + w s_b^2, with
    w = 2 tau^2 (exp(-1/tau) - 1 + 1/tau). Both scales keep their default ratio at the median tau.
    With p the share of s_l in c^2 and s the log-sd of either, log c has, to second order, the sd
    s sqrt(p^2 + (1 - p)^2) and lies 2 p (1 - p) s^2 above that of the medians. The sd is undone
    in full, the shift by three quarters: at the wide priors used here the second order takes it
    for larger than it is, and the median then comes within 6% of what was stated.
    """
    theta = list(trend.theta)
    tau = theta[_TAU].median
    weight = 2 * tau**2 * (math.expm1(-1 / tau) + 1 / tau)
    usual = math.hypot(theta[_S_L].median, theta[_S_B].median * math.sqrt(weight))
    share = (theta[_S_L].median / usual) ** 2
    log_sd = volatility.sd / math.hypot(share, 1 - share)
    factor = math.exp(volatility.mean - 1.5 * share * (1 - share) * log_sd**2) / usual
    for i in (_S_L, _S_B):
        default = theta[i]
        median = default.median * factor
        theta[i] = LogNormal(median, log_sd, default.unit, volatility.reason)
    return tuple(theta)
