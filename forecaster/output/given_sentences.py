"""Say what was taken as seen, how rare that was, and what it changed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from forecaster.output.digits import format_number, format_probability
from forecaster.output.plain import safe_text
from forecaster.output.sentences import say_value

if TYPE_CHECKING:
    from forecaster.forecasts.forecast import Forecast
    from forecaster.forecasts.given_shift import GivenShift


def given_sentence(forecast: Forecast) -> str:
    """Return what is given and how many draws that leaves; nothing where nothing is."""
    given = forecast.given
    if given is None:
        return ""
    told = " and ".join(safe_text(text) for text in given.conditions)
    chance = format_probability(given.chance, mcse=given.error)
    ess = format_number(given.ess, whole=True)
    median = _medians(forecast, given)
    return (
        f"Given that {told} (chance {chance}): {ess} of {given.n_drawn:,} draws effective. "
        f"{median}{_drivers(given)}"
    )


def _medians(forecast: Forecast, given: GivenShift) -> str:
    """Return what seeing it did to the last median."""
    entry = forecast.history.entry
    spread = float(_spread(forecast))
    before, after = (
        say_value(value, entry, spread=spread) for value in (given.without, given.with_them)
    )
    return f"The median for {given.period} goes from {before} to {after}."


def _spread(forecast: Forecast) -> float:
    """Return the width of the 95% band of the last period, which decides how many digits show."""
    last = sorted(forecast.trajectories[:, -1].tolist())
    n = len(last)
    return float(last[int(0.975 * (n - 1))] - last[int(0.025 * (n - 1))])


def _drivers(given: GivenShift) -> str:
    """Return the drivers whose chances moved most."""
    if not given.drivers:
        return ""
    told = "; ".join(
        f"{safe_text(name)} from {before:.0%} to {after:.0%}"
        for name, before, after in given.drivers
    )
    return f" Drivers more or less likely to be on at the end: {told}."


def given_record(forecast: Forecast) -> dict[str, Any] | None:
    """Return the same for machines."""
    given = forecast.given
    if given is None:
        return None
    return {
        "conditions": list(given.conditions),
        "decided": list(given.decided),
        "chance": given.chance,
        "chance_mcse": given.error,
        "draws": given.n_drawn,
        "ess": given.ess,
        "k_hat": given.k_hat if math.isfinite(given.k_hat) else None,
        "is_exact": given.is_exact,
        "period": str(given.period),
        "median_without": given.without,
        "median_with": given.with_them,
        "drivers": {name: {"before": b, "after": a} for name, b, a in given.drivers},
    }
