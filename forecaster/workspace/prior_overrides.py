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

    About its long-run rate the level changes in a year by sd sqrt(s_l^2 + s_b^2 w(tau)), with
    w = 2 tau^2 (exp(-1/tau) - 1 + 1/tau). Both scales keep their default ratio, at the median tau.
    """
    theta = list(trend.theta)
    tau = theta[_TAU].median
    weight = 2 * tau**2 * (math.expm1(-1 / tau) + 1 / tau)
    usual = math.hypot(theta[_S_L].median, theta[_S_B].median * math.sqrt(weight))
    factor = math.exp(volatility.mean) / usual
    for i in (_S_L, _S_B):
        default = theta[i]
        theta[i] = LogNormal(
            default.median * factor, volatility.sd, default.unit, volatility.reason
        )
    return tuple(theta)
