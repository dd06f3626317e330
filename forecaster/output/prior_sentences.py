"""Say what a forecast was before `--prior` changed a belief, and what it is with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecaster.output.digits import format_probability, format_value
from forecaster.output.plain import safe_text
from forecaster.output.sentences import with_unit

if TYPE_CHECKING:
    from forecaster.forecasts.forecast import Forecast
    from forecaster.forecasts.prior_shift import PriorShift
    from forecaster.workspace.facts import SeriesEntry

    Three = tuple[float, float, float]


def prior_sentence(forecast: Forecast) -> str:
    """Return the last median with its 80% band before and after; '' where no belief is changed."""
    shift = forecast.prior_shift
    if shift is None:
        return ""
    entry = forecast.history.entry
    before = _said(shift.before, shift.errors_before, shift, entry)
    after = _said(shift.after, shift.errors_after, shift, entry)
    changed = " and ".join(safe_text(text) for text in shift.priors)
    said = (
        f"With {changed} in place of what the files say, the median for {shift.period} with its "
        f"80% band goes from {before} to {after}"
    )
    if shift.chances is None:
        return f"{said}."
    first, last = (
        format_probability(chance, mcse=error)
        for chance, error in zip(shift.chances, shift.chance_errors, strict=True)
    )
    return f"{said}, and the chance of the level by then from {first} to {last}."


def prior_record(forecast: Forecast) -> dict[str, Any] | None:
    """Return the same for machines: 10, 50 and 90% quantiles of the last period."""
    shift = forecast.prior_shift
    if shift is None:
        return None
    levels = ("10%", "50%", "90%")
    return {
        "priors": list(shift.priors),
        "period": str(shift.period),
        "chances": shift.chances,
        "before": dict(zip(levels, shift.before, strict=True)),
        "after": dict(zip(levels, shift.after, strict=True)),
        "mcse_before": dict(zip(levels, shift.errors_before, strict=True)),
        "mcse_after": dict(zip(levels, shift.errors_after, strict=True)),
    }


def _said(values: Three, errors: Three, shift: PriorShift, entry: SeriesEntry) -> str:
    """Return a median with its band."""
    low, middle, high = (
        format_value(value, kind=entry.kind, unit=entry.unit, mcse=error, spread=shift.spread)
        for value, error in zip(values, errors, strict=True)
    )
    return f"{with_unit(middle, entry)} ({low} to {high})"
