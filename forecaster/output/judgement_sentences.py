"""Say what judgements, and families side by side, did to a forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.output.digits import format_share
from forecaster.output.judgement_screen import shift_sentence
from forecaster.output.plain import safe_text

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
    sentence = shift_sentence(shift)
    return sentence[0].upper() + sentence[1:]


def families_sentence(forecast: Forecast) -> str:
    """Return the families that the draws come from with their shares, where there are several."""
    weights = {name: share for name, share in forecast.weights.items() if share > 0}
    if len(weights) < 2:
        return ""
    ordered = sorted(weights.items(), key=lambda item: -item[1])
    return "Families: " + ", ".join(f"{name} {format_share(w)}" for name, w in ordered) + "."
