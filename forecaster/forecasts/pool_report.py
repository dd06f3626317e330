"""Join the reports of several fits into one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forecaster.inference.report import FitReport

if TYPE_CHECKING:
    from collections.abc import Mapping


def join_reports(reports: Mapping[str, FitReport], weights: Mapping[str, float]) -> FitReport:
    """Return one report: the worst k-hat and evidence gap, and what is wrong with any of them.

    Parameters
    ----------
    reports, weights : family -> report, and its share of the draws

    Returns
    -------
    FitReport
        Its effective size is that of a stratified sample; its log evidence that of the mixture.
    """
    if len(reports) == 1:
        return next(iter(reports.values()))
    largest = max(r.log_evidence for r in reports.values())
    mixed = sum(weights[f] * math.exp(r.log_evidence - largest) for f, r in reports.items())
    diagnostics = {f"weight {family}": weight for family, weight in weights.items()}
    for family, report in reports.items():
        diagnostics |= {f"{family}: {name}": value for name, value in report.diagnostics.items()}
    return FitReport(
        engine=" and ".join(dict.fromkeys(r.engine for r in reports.values())),
        k_hat=max(r.k_hat for r in reports.values()),
        ess=1 / sum(weights[f] ** 2 / r.ess for f, r in reports.items()),
        log_evidence=largest + math.log(mixed),
        evidence_gap=max(r.evidence_gap for r in reports.values()),
        n_points=sum(r.n_points for r in reports.values()),
        rounds=max(r.rounds for r in reports.values()),
        failures=tuple(f"{f}: {failure}" for f, r in reports.items() for failure in r.failures),
        escalations=tuple(f"{f}: {text}" for f, r in reports.items() for text in r.escalations),
        diagnostics=diagnostics,
    )
