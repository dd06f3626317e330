"""Turn an explanation into a record for machines."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from forecaster.output.chart_points import coverage_label
from forecaster.output.explain_screen import effect_sentences, summary_sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.forecasts.estimates import Estimate
    from forecaster.forecasts.explanation import EffectEstimate, Explanation, ParameterEstimate
    from forecaster.workspace.drivers import Intervention


def explanation_record(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation as plain lists, numbers and texts, in full precision.

    Keys: `series`, `title`, `kind`, `unit`, `as_of`, `n_figures`, `sentence`, `events`, `left_out`,
    `family`, `weight`, `points_at`, `parameters`, `judgements` and `warnings`. Events and
    parameters have `prior` and `posterior`, each with `median`, its `mcse` and `bands` (by coverage
    in percent: `lower`, `upper`), `unit`, `moved_prior_sds` and `variance_removed`.
    """
    entry = explanation.entry
    return {
        "series": entry.id,
        "title": entry.title,
        "kind": entry.kind,
        "unit": entry.unit,
        "as_of": explanation.as_of.isoformat(),
        "n_figures": explanation.n_figures,
        "sentence": summary_sentence(explanation),
        "events": [_effect_record(effect, explanation) for effect in explanation.effects],
        "left_out": [
            {**_event_record(event), "why_left_out": why} for event, why in explanation.left_out
        ],
        "family": explanation.family,
        "weight": explanation.weight,
        "points_at": explanation.at,
        "parameters": [
            {"name": parameter.name, **_estimates_record(parameter, explanation.coverages)}
            for parameter in explanation.parameters
        ],
        "judgements": list(explanation.judgements),
        "warnings": list(explanation.warnings),
    }


def _effect_record(effect: EffectEstimate, explanation: Explanation) -> dict[str, Any]:
    """Return one event with its estimates."""
    return {
        **_event_record(effect.event),
        "sentences": effect_sentences(effect, explanation),
        "is_informed": effect.is_informed,
        "on_at_last_figure": effect.on_at_last,
        **_estimates_record(effect, explanation.coverages),
    }


def _event_record(event: Intervention) -> dict[str, Any]:
    """Return what an event is."""
    return {
        "driver": event.driver,
        "title": event.title,
        "date": str(event.dated),
        "shape": event.shape,
        "start": event.start,
        "end": event.end if math.isfinite(event.end) else None,
        "at": event.stated.at,
        "source": event.source,
        "reason": event.reason,
    }


def _estimates_record(
    found: EffectEstimate | ParameterEstimate, coverages: Sequence[float]
) -> dict[str, Any]:
    """Return what was believed before, what after, and the way between."""
    return {
        "unit": found.unit,
        "prior": _estimate_record(found.prior, coverages),
        "posterior": _estimate_record(found.posterior, coverages),
        "moved_prior_sds": found.moved,
        "variance_removed": found.variance_removed,
    }


def _estimate_record(estimate: Estimate, coverages: Sequence[float]) -> dict[str, Any]:
    """Return a median with its bands by coverage in percent."""
    bands = {
        coverage_label(coverage): {"lower": low, "upper": high}
        for coverage, (low, high) in zip(coverages, estimate.bands, strict=True)
    }
    return {"median": estimate.median, "mcse": estimate.errors[0], "bands": bands}
