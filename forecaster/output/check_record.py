"""Turn the checks of a series into a record for machines."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from forecaster.output.check_sentences import (
    bins_of,
    leaning_sentence,
    one_step_sentences,
    prior_sentence,
    summary_sentence,
)

if TYPE_CHECKING:
    from forecaster.evaluation.check import Check, FamilyCheck
    from forecaster.evaluation.sensitivity import Sensitivity


def check_record(check: Check) -> dict[str, Any]:
    """Return the checks as plain lists, numbers and texts, in full precision.

    Keys: `series`, `title`, `kind`, `applies` (true), `n_figures`, `sentences`, `families`, `pool`,
    `one_step` (`n`, `pit`, `pit_fifths`), `prior_predictive`, `posterior_predictive`,
    `sensitivity`, `engines` and `notes`. Numbers that do not exist are null.
    """
    entry = check.entry
    sentences = [
        summary_sentence(check),
        *one_step_sentences(check),
        prior_sentence(check),
        leaning_sentence(check),
    ]
    return {
        "series": entry.id,
        "title": entry.title,
        "kind": entry.kind,
        "applies": True,
        "n_figures": check.n_figures,
        "sentences": [sentence for sentence in sentences if sentence],
        "families": [_family_record(family) for family in check.families],
        "pool": {
            "weights": dict(check.pool.weights),
            "n_folds": check.pool.n_folds,
            "reason": check.pool.reason,
            "evidence": check.pool.evidence,
        },
        "one_step": {
            "n": check.n_folds,
            "pit": [float(value) for value in check.pit],
            "pit_fifths": bins_of(check.pit),
        },
        "prior_predictive": None if check.prior is None else asdict(check.prior),
        "posterior_predictive": [asdict(found) for found in check.posterior],
        "sensitivity": _sensitivity_record(check),
        "engines": [asdict(gap) for gap in check.engines],
        "notes": list(check.notes),
    }


def _family_record(family: FamilyCheck) -> dict[str, Any]:
    """Return one family with its fit and its steps."""
    report, steps = family.report, family.steps
    return {
        "family": family.family,
        "kind_weight": family.kind_weight,
        "own_weight": family.own_weight,
        "forecast_weight": family.forecast_weight,
        "engine": report.engine,
        "k_hat": _finite(report.k_hat),
        "ess": _finite(report.ess),
        "log_evidence": _finite(report.log_evidence),
        "evidence_gap": _finite(report.evidence_gap),
        "rounds": report.rounds,
        "failures": list(report.failures),
        "mean_log_score": _finite(family.mean_log_score),
        "steps": []
        if steps is None
        else [
            {
                "end": float(steps.end[k]),
                "n_before": int(steps.n_before[k]),
                "log_density": _finite(float(steps.log_density[k])),
                "pit": float(steps.pit[k]),
                "k_hat": _finite(float(steps.k_hat[k])),
                "ess": float(steps.ess[k]),
            }
            for k in range(len(steps.end))
        ],
    }


def _sensitivity_record(check: Check) -> dict[str, Any] | None:
    """Return how the leading family's forecast leans on prior and history."""
    found = check.sensitivity
    if found is None:
        return None
    return {
        "family": check.leading.family,
        "horizon": str(check.horizon),
        "forecast": _one(found.forecast),
        "parameters": [_one(parameter) for parameter in found.parameters],
        "median_shift": found.median_shift,
        "width_change": found.width_change,
    }


def _one(found: Sensitivity) -> dict[str, Any]:
    """Return one quantity."""
    return {
        "quantity": found.quantity,
        "prior": found.prior,
        "likelihood": found.likelihood,
        "diagnosis": found.diagnosis,
    }


def _finite(value: float) -> float | None:
    """Return a number, or nothing where JSON has none for it."""
    return float(value) if math.isfinite(value) else None
