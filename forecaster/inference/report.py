"""Hold the numbers by which a fit is certified."""

from __future__ import annotations

from dataclasses import field

from forecaster.records import frozen


@frozen
class FitReport:
    """How a posterior was found, and whether it can be trusted.

    Attributes
    ----------
    engine : 'amis' | 'brute-force' | 'nuts'
    k_hat : Pareto shape of the importance weights (nan for nuts)
    ess : effective sample size of the weights, or the smallest bulk ESS of nuts
    log_evidence : log p(y) on the data scale, Jacobian included (nan for nuts)
    evidence_gap : |difference| of the log evidences of two half-scrambles (nan for nuts)
    n_points : parameter points weighed, or draws kept by nuts
    rounds : adaptation rounds used
    failures : why it is not reliable, one phrase each; empty when certified
    escalations : what was tried after the first attempt, one sentence each
    diagnostics : engine specific numbers, such as R-hat and divergences of nuts
    """

    engine: str
    k_hat: float
    ess: float
    log_evidence: float
    evidence_gap: float
    n_points: int
    rounds: int
    failures: tuple[str, ...] = ()
    escalations: tuple[str, ...] = ()
    diagnostics: dict[str, float] = field(default_factory=dict)

    @property
    def is_reliable(self) -> bool:
        """Whether every check passed."""
        return not self.failures
