"""Say how far drivers moved a forecast: the trend alone, the baseline and the scenario."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from forecaster.forecasts.settings import BASELINE, TREND_ALONE
from forecaster.output.digits import format_number, format_value, shown_unit
from forecaster.output.plain import safe_text
from forecaster.output.sentences import with_unit

if TYPE_CHECKING:
    from forecaster.forecasts.driver_shift import DriverShift
    from forecaster.forecasts.forecast import Forecast


def driver_sentence(forecast: Forecast) -> str:
    """Return what drivers did to the last median and its 80% band, or that none moves it."""
    shift = forecast.drivers
    if shift is None:
        return "No drivers move it."
    parts = [f"{_named(world)} {_said(shift, world)}" for world in shift.quantiles]
    said = f"Median for {shift.period} with its 80% band: {'; '.join(parts)}."
    return f"{said} {difference_sentence(shift)}"


def difference_sentence(shift: DriverShift) -> str:
    """Return what drivers add to the median of the trend alone, and which drivers these are."""
    added = _added(shift)
    if not added:
        return (
            "Drivers leave the median where the trend alone has it; what the history holds of "
            "them is in the trend already."
        )
    return (
        f"The difference to the trend alone, {added}, is of drivers whose like the history does "
        "not hold, or not in full; what it holds is in the trend already."
    )


def driver_record(forecast: Forecast) -> dict[str, Any] | None:
    """Return the same for machines: world -> 10, 50 and 90% quantiles of the last period.

    `mcse` are their Monte Carlo standard errors, `added` is what drivers add to the median of the
    trend alone, in the unit of the series.
    """
    shift = forecast.drivers
    if shift is None:
        return None
    return {
        "period": str(shift.period),
        "quantiles": {world: _by_level(found) for world, found in shift.quantiles.items()},
        "mcse": {world: _by_level(found) for world, found in shift.errors.items()},
        "added": shift.baseline - shift.alone,
        "added_mcse": shift.difference_error,
    }


def say_change(
    first: float, second: float, *, kind: str, unit: str, mcse: float = 0.0, spread: float = 0.0
) -> str:
    """Return second less first with its sign: in points of shares, in percent of amounts.

    Of counts and real series it is in their unit.

    Parameters
    ----------
    mcse, spread : of the difference, unit of the series; of amounts relative to `first`
    """
    if kind == "share":
        number, suffix = 100 * (second - first), " points"
        mcse, spread = 100 * mcse, 100 * spread
    elif kind in ("real", "count") or first <= 0:
        number, suffix = second - first, f" {safe_text(shown_unit(kind, unit))}".rstrip()
        mcse = max(mcse, 1.0) if kind == "count" else mcse
    else:
        number, suffix = 100 * (second / first - 1), "%"
        mcse, spread = 100 * mcse / first, 100 * spread / first
    text = signed(number, mcse=mcse, spread=spread) + suffix
    return text.removesuffix("s") if text in ("+1 points", "-1 points") else text


def signed(number: float, *, mcse: float, spread: float = 0.0) -> str:
    """Return a number with its sign and the digits that its error supports, two at most.

    One that is smaller than a digit is '0'.
    """
    size = abs(number)
    two_digits = 10.0 ** (math.floor(math.log10(size) + 1e-9) - 1) if size else 0.0
    text = format_number(size, mcse=max(mcse, spread / 100, two_digits))
    if text.startswith("under") or not any(digit in text for digit in "123456789"):
        return "0"
    return f"{'-' if number < 0 else '+'}{text}"


def _added(shift: DriverShift) -> str:
    """Return what drivers add to the median of the trend alone; nothing where that is nothing."""
    entry = shift.series
    said = say_change(
        shift.alone, shift.baseline, kind=entry.kind, unit=entry.unit,
        mcse=shift.difference_error, spread=shift.spreads[BASELINE],
    )  # fmt: skip
    return "" if said.startswith("0") else said


def _named(world: str) -> str:
    """Return a world as a sentence calls it."""
    done, seen, _ = world.partition(" | ")
    if seen:
        return "given what is seen" if done == BASELINE else f"{_named(done)} given what is seen"
    own = {TREND_ALONE: "trend alone", BASELINE: "baseline (drivers at their probabilities)"}
    return own.get(world) or f"scenario {safe_text(world)}"


def _said(shift: DriverShift, world: str) -> str:
    """Return the median of one world with its band."""
    entry, spread = shift.series, shift.spreads[world]
    low, middle, high = (
        format_value(value, kind=entry.kind, unit=entry.unit, mcse=mcse, spread=spread)
        for value, mcse in zip(shift.quantiles[world], shift.errors[world], strict=True)
    )
    return f"{with_unit(middle, entry)} ({low} to {high})"


def _by_level(found: tuple[float, float, float]) -> dict[str, float]:
    """Return three quantiles by their level."""
    return dict(zip(("10%", "50%", "90%"), found, strict=True))
