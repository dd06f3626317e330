"""Say what judgements, and families side by side, did to a forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.output.digits import count_of, format_share, format_value
from forecaster.output.plain import safe_text
from forecaster.output.sentences import with_unit

if TYPE_CHECKING:
    from forecaster.forecasts.forecast import Forecast


def judgement_sentence(forecast: Forecast) -> str:
    """Return how far judgements moved the last median, or that there are none."""
    shift = forecast.judgements
    if shift is None:
        return "No judgements of experts enter it."
    if shift.n_used == 0:
        return (
            f"No judgements enter it: {shift.n_left_out} left out, and "
            f"'show {safe_text(shift.series.id)} --judgements' says why."
        )
    entry = shift.series

    def said(value: float, width: float) -> str:
        """Return a median with the digits that its band leaves it."""
        return format_value(value, kind=entry.kind, unit=entry.unit, spread=width)

    before, after = (
        said(shift.without, shift.width_without),
        with_unit(said(shift.with_them, shift.width_with), entry),
    )
    who = count_of(shift.n_used, "judgement")
    if said(shift.with_them, shift.width_with) == before:
        return f"{who} of experts left the {shift.period} median at {after}."
    return f"{who} of experts moved the {shift.period} median from {before} to {after}."


def families_sentence(forecast: Forecast) -> str:
    """Return the families that the draws come from with their shares, where there are several."""
    weights = {name: share for name, share in forecast.weights.items() if share > 0}
    if len(weights) < 2:
        return ""
    ordered = sorted(weights.items(), key=lambda item: -item[1])
    return "Families: " + ", ".join(f"{name} {format_share(w)}" for name, w in ordered) + "."
