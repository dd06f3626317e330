"""Print the checks of one series: its pool, its fit, and what both say of the history."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forecaster.evaluation.sensitivity import MEANINGS as DIAGNOSES
from forecaster.output.check_sentences import (
    leaning_sentence,
    one_step_sentences,
    prior_sentence,
    summary_sentence,
)
from forecaster.output.explain_screen import MORE_MEANINGS
from forecaster.output.layout import WARNING, put, put_table
from forecaster.output.plain import safe_text
from forecaster.output.prior_screen import MEANINGS
from forecaster.output.sentences import title_of

if TYPE_CHECKING:
    from rich.console import Console

    from forecaster.evaluation.check import Check, FamilyCheck
    from forecaster.evaluation.predictive_checks import QuantityCheck
    from forecaster.evaluation.sensitivity import Sensitivity

RARE = 0.05
"""A history whose quantity fewer replicates reach, or fewer stay below, is told to be unusual."""


def print_check(check: Check, console: Console, *, language: str = "en") -> None:
    """Print everything that was checked of one series."""
    entry = check.entry
    put(console, f"{title_of(entry, language)} ({safe_text(entry.id)})", style="bold")
    for note in check.notes:
        put(console, f"note: {safe_text(note)}", style=WARNING)
    put(console, summary_sentence(check))
    put(console)
    _put_families(console, check)
    for sentence in one_step_sentences(check):
        put(console, sentence)
    put(console)
    put(console, prior_sentence(check))
    put(console)
    _put_posterior(console, check)
    _put_sensitivity(console, check)
    _put_engines(console, check)


def _put_families(console: Console, check: Check) -> None:
    """Print weights and scores of every family, then how its fit is certified."""
    rows = [family_cells(family) for family in check.families]
    headers = ["family", "kind", "own", "in use", "log evidence", "log score"]
    short = ["weights", "kind", "own", "used", "evid.", "score"]
    put_table(console, headers, [row[:6] for row in rows], shorter=(short, [r[:6] for r in rows]))
    put(
        console,
        "Weights: by all series of its kind, with this series' own folds, in the forecast. "
        "Log score: mean log density of a figure one step ahead.",
    )
    put(console)
    headers = ["fit", "k-hat", "of worst step", "ESS", "rounds", "evidence gap"]
    short = ["fit", "k-hat", "ESS", "rounds", "gap"]
    fits = [[row[0], *row[6:]] for row in rows]
    put_table(console, headers, fits, shorter=(short, [[*fit[:2], *fit[3:]] for fit in fits]))
    put(console, f"Pool of its kind: {safe_text(check.pool.reason)} ({check.pool.n_folds} folds).")
    put(console)


def family_cells(family: FamilyCheck) -> list[str]:
    """Return the cells of one family: its weights and scores, then its fit."""
    report = family.report
    steps = family.steps
    return [
        family.family,
        f"{family.kind_weight:.2f}",
        f"{family.own_weight:.2f}",
        f"{family.forecast_weight:.2f}",
        _number(report.log_evidence, 1),
        _number(family.mean_log_score, 2),
        _number(report.k_hat, 2),
        "none" if steps is None else _number(float(steps.k_hat.max()), 2),
        f"{report.ess:,.0f}",
        str(report.rounds),
        _number(report.evidence_gap, 3),
    ]


def _number(value: float, digits: int) -> str:
    """Return a number with fixed digits, or 'none'."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "none"


def _put_posterior(console: Console, check: Check) -> None:
    """Print the posterior predictive checks."""
    if not check.posterior:
        put(console, "The history is too short for posterior predictive checks.")
        put(console)
        return
    put(console, "Posterior predictive checks: this history among replicated ones, link scale.")
    headers = ["changes", "history", "80% of replicates", "at or above", ""]
    rows = [
        [
            found.name,
            f"{found.observed:.2f}",
            f"{found.lower:.2f} to {found.upper:.2f}",
            f"{found.probability:.0%}",
            surprise(found),
        ]
        for found in check.posterior
    ]
    shorter = (["changes", "history", "replicates", ""], [[*row[:3], row[4]] for row in rows])
    put_table(console, headers, rows, shorter=shorter)
    put(console)


def surprise(found: QuantityCheck) -> str:
    """Return what an unusual quantity says of the model; nothing for a usual one."""
    if found.probability < RARE:
        return "higher than the model expects"
    if found.probability > 1 - RARE:
        return "lower than the model expects"
    return ""


def _put_sensitivity(console: Console, check: Check) -> None:
    """Print how much the leading family leans on prior and history."""
    found = check.sensitivity
    if found is None:
        put(console, "No sensitivity: a fit by NUTS has no weighed points.")
        put(console)
        return
    put(
        console,
        f"Sensitivity to the power of prior and likelihood, family {check.leading.family} "
        "(Jensen-Shannon distance for a doubling; above 0.05 it counts):",
    )
    rows = [sensitivity_cells(found.forecast, f"figure of {check.horizon}")]
    rows += [sensitivity_cells(parameter) for parameter in found.parameters]
    short = [
        [row[0].rpartition("(")[2].rstrip(")").removeprefix("figure of "), *row[1:]] for row in rows
    ]
    headers = ["", "prior", "history", "diagnosis"]
    put_table(console, headers, rows, shorter=(["", "prior", "history", ""], short))
    said = {one.diagnosis for one in (found.forecast, *found.parameters)}
    for name, meaning in DIAGNOSES.items():
        if name in said:
            put(console, f"{name.capitalize()}: {meaning}.")
    put(console, leaning_sentence(check))
    put(console)


def sensitivity_cells(one: Sensitivity, name: str = "") -> list[str]:
    """Return the cells of one quantity's row.

    Parameters
    ----------
    name : in words; of a parameter its meaning, where empty
    """
    meanings = {**MEANINGS, **MORE_MEANINGS}
    said = name or f"{meanings.get(one.quantity, one.quantity)} ({one.quantity})"
    return [said, f"{one.prior:.2f}", f"{one.likelihood:.2f}", one.diagnosis]


def _put_engines(console: Console, check: Check) -> None:
    """Print the comparison of the engines, where it was asked for."""
    if not check.engines:
        return
    put(console, f"Quantiles of the default engine and of NUTS, family {check.leading.family}:")
    rows = [
        [
            f"{gap.name} {gap.quantile_level:.0%}",
            f"{gap.amis:.4g}",
            f"{gap.nuts:.4g}",
            f"{gap.in_errors:+.1f}",
        ]
        for gap in check.engines
    ]
    headers = ["quantile", "amis", "nuts", "difference in standard errors"]
    shorter = (["quantile", "amis", "nuts", "in se"], rows)
    put_table(console, headers, rows, shorter=shorter)
    put(console)
