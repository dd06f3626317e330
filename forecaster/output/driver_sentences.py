"""Say how far drivers moved a forecast: the trend alone, the baseline and the scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecaster.forecasts.settings import BASELINE, TREND_ALONE
from forecaster.output.plain import safe_text
from forecaster.output.sentences import say_value

if TYPE_CHECKING:
    from forecaster.forecasts.driver_shift import DriverShift
    from forecaster.forecasts.forecast import Forecast


def driver_sentence(forecast: Forecast) -> str:
    """Return what drivers did to the last median and its 80% band, or that none moves it."""
    shift = forecast.drivers
    if shift is None:
        return "No drivers move it."
    parts = [f"{_named(world)} {_said(shift, world)}" for world in shift.quantiles]
    difference = _difference(shift)
    return f"Median for {shift.period} with its 80% band: {'; '.join(parts)}{difference}."


def driver_record(forecast: Forecast) -> dict[str, Any] | None:
    """Return the same for machines: world -> 10, 50 and 90% quantiles of the last period."""
    shift = forecast.drivers
    if shift is None:
        return None
    return {
        "period": str(shift.period),
        "quantiles": {
            world: {"10%": low, "50%": middle, "90%": high}
            for world, (low, middle, high) in shift.quantiles.items()
        },
    }


def _named(world: str) -> str:
    """Return a world as a sentence calls it."""
    own = {TREND_ALONE: "trend alone", BASELINE: "baseline (drivers at their probabilities)"}
    return own.get(world) or f"scenario {safe_text(world)}"


def _said(shift: DriverShift, world: str) -> str:
    """Return the median of one world with its band."""
    low, middle, high = shift.quantiles[world]
    spread = high - low
    low_text, middle_text, high_text = (
        say_value(value, shift.series, spread=spread) for value in (low, middle, high)
    )
    return f"{middle_text} ({low_text} to {high_text})"


def _difference(shift: DriverShift) -> str:
    """Return what share series gain or lose by drivers, in points; nothing for other kinds."""
    if shift.series.kind != "share":
        return ""
    points = 100 * (shift.baseline - shift.alone)
    return f". Drivers add {points:+.0f} points to the trend alone" if abs(points) >= 1 else ""
