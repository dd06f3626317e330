"""Turn a comparison of scenarios into a record for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecaster.forecasts.bands import band_table
from forecaster.output.compare_sentences import comparison_sentence
from forecaster.output.json_output import forecast_record

if TYPE_CHECKING:
    from forecaster.forecasts.compare import Compared, Comparison, Difference
    from forecaster.forecasts.forecast import Reach


def comparison_record(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as plain lists, numbers and texts, in full precision.

    Keys: `sentence`, `reference`, `is_moved`, `level`, `below` and `asked_by` (null without a
    level), and `scenarios`: each with `scenario`, `forces`, `difference` (to the reference:
    quantiles by level, relative for positive series; null for the reference), `reach` (null
    without a level) and `forecast`, its record.
    """
    tables = [band_table(found.forecast) for found in comparison.scenarios]
    level = comparison.level
    return {
        "sentence": comparison_sentence(comparison, tables),
        "reference": comparison.reference,
        "is_moved": comparison.is_moved,
        "level": level.level if level else None,
        "below": level.below if level else None,
        "asked_by": level.question or None if level else None,
        "scenarios": [_scenario_record(found) for found in comparison.scenarios],
    }


def _scenario_record(found: Compared) -> dict[str, Any]:
    """Return one scenario."""
    return {
        "scenario": found.forecast.scenario,
        "forces": [
            {"driver": f.driver, "state": f.state, "date": f.date or None, "acts": f.acts}
            for f in found.forced
        ],
        "difference": _difference_record(found.difference),
        "reach": _reach_record(found.reach),
        "forecast": forecast_record(found.forecast),
    }


def _difference_record(difference: Difference | None) -> dict[str, Any] | None:
    """Return the quantiles of a difference by period."""
    if difference is None:
        return None
    names = ("10%", "50%", "90%")
    return {
        "is_relative": difference.is_relative,
        "quantiles": dict(zip(names, difference.values.tolist(), strict=True)),
        "mcse": dict(zip(names, difference.mcse.tolist(), strict=True)),
    }


def _reach_record(reach: Reach | None) -> dict[str, Any] | None:
    """Return the chances of a level by period."""
    if reach is None:
        return None
    return {
        "by_period": reach.by_period.tolist(),
        "mcse": reach.mcse.tolist(),
        "at_or_beyond": reach.at_or_beyond.tolist(),
    }
