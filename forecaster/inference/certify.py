"""Fit a model to a history, and go on until the fit is certified or nothing is left to try."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.importance import (
    BRUTE_FORCE_POINTS,
    N_FIRST,
    WeightedPoints,
    enumerate_prior,
    explore,
)
from forecaster.inference.proposals import JOINT, SINGLE
from forecaster.inference.report import FitReport
from forecaster.inference.straighten import make_chart
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from forecaster.inference.nuts import NutsRun
    from forecaster.models.problem import Problem

    FloatArray = NDArray[np.float64]
    LogDensity = Callable[[FloatArray], FloatArray]
    Announce = Callable[[str], None]

ENGINES = ("amis", "brute-force", "nuts")
WIDER_START = 8 * N_FIRST
"""Sobol points of the second attempt, which looks for a mode that the first one missed."""
NUTS_DRAWS, NUTS_TUNE = 2000, 1000


@frozen
class HyperPosterior:
    """The hyperparameters' posterior as weighted columns.

    Attributes
    ----------
    theta : (n_theta, n)
    weights : (n,), sum to one
    report : FitReport
    points : the points as they were weighed; None for draws of NUTS
    """

    theta: FloatArray
    weights: FloatArray
    report: FitReport
    points: WeightedPoints | None = None


def infer(
    problem: Problem,
    *,
    engine: str,
    seed: int,
    rng: np.random.Generator,
    announce: Announce,
) -> HyperPosterior:
    """Return the hyperparameters' posterior with its report.

    `amis` escalates: a wider start, brute force over the prior with up to 2^20 points, and NUTS
    from every mode found. Whether the result is reliable stands in the report.

    Parameters
    ----------
    engine : one of ENGINES
    seed : for NUTS, which keeps random streams of its own
    announce : takes one sentence for each escalation

    Raises
    ------
    ValueError
        If the engine is unknown.
    """
    if engine not in ENGINES:
        raise ValueError(f"unknown engine {engine!r}; one of {ENGINES}")
    search = _Search(problem, rng, announce)
    if engine == "amis":
        found = search.adapt()
        if found.failures():
            found = search.enumerate(instead_of=found)
        name = search.engine
    elif engine == "brute-force":
        found, name = search.enumerate(instead_of=None), "brute-force"
    else:
        found, name = search.explore(N_FIRST), "nuts"
    if name == "nuts" or found.failures():
        return _by_nuts(problem, found, search, seed=seed)
    return HyperPosterior(
        theta=problem.theta_at(found.unit),
        weights=found.weights,
        report=_weights_report(name, found, problem, tuple(search.escalations)),
        points=found,
    )


class _Search:
    """The attempts that weigh points, one after the other, with what was said of them."""

    def __init__(self, problem: Problem, rng: np.random.Generator, announce: Announce) -> None:
        self._likelihood = problem.log_likelihood_at
        self._n_dimensions = problem.n_free
        self._chart = make_chart(problem.theta_at, problem.stand_ins, problem.n_free)
        self._tuning = JOINT if problem.stand_ins else SINGLE
        self._rng = rng
        self._announce = announce
        self.engine = "amis"
        self.escalations: list[str] = []

    def escalate(self, sentence: str) -> None:
        """Note and announce what is tried next, and why."""
        self.escalations.append(sentence)
        self._announce(sentence)

    def explore(self, n_first: int) -> WeightedPoints:
        """Return an adaptive fit from so many Sobol points."""
        return explore(
            self._likelihood,
            self._n_dimensions,
            rng=self._rng,
            n_first=n_first,
            chart=self._chart,
            tuning=self._tuning,
        )

    def adapt(self) -> WeightedPoints:
        """Return an adaptive fit, tried again from a wider start when the first one fails."""
        found = self.explore(N_FIRST)
        if found.failures():
            self.escalate(f"{found.failures()[0]}: starting again from {WIDER_START} points")
            found = self.explore(WIDER_START)
        return found

    def enumerate(self, *, instead_of: WeightedPoints | None) -> WeightedPoints:
        """Return the first certified brute-force fit, or the last attempt."""
        if instead_of is not None:
            self.escalate(f"{instead_of.failures()[0]}: weighing the whole prior by brute force")
        for n_points in BRUTE_FORCE_POINTS:
            found = enumerate_prior(
                self._likelihood, self._n_dimensions, n_points=n_points, rng=self._rng
            )
            if not found.failures():
                self.engine = "brute-force"
                return found
            if found.ess * BRUTE_FORCE_POINTS[-1] / n_points < 100:
                break  # even the largest set would not come near
        # a failed enumeration knows less about the modes than the adaptive search before it
        return found if instead_of is None else instead_of


def _weights_report(
    engine: str, found: WeightedPoints, problem: Problem, escalations: tuple[str, ...]
) -> FitReport:
    """Return the report of a fit by weighted points."""
    return FitReport(
        engine=engine,
        k_hat=found.k_hat,
        ess=found.ess,
        log_evidence=found.log_evidence + problem.log_jacobian,
        evidence_gap=found.evidence_gap,
        n_points=len(found.weights),
        rounds=found.rounds,
        failures=found.failures(),
        escalations=escalations,
    )


def _by_nuts(
    problem: Problem, found: WeightedPoints, search: _Search, *, seed: int
) -> HyperPosterior:
    """Return the posterior sampled by NUTS from every mode of an adaptive search."""
    from forecaster.inference.nuts import sample_nuts  # PyMC takes seconds to import

    if found.failures():
        search.escalate(f"{found.failures()[0]}: sampling with NUTS from {len(found.modes)} modes")
    run: NutsRun = sample_nuts(
        problem.pymc_model,
        names=problem.names,
        starts=found.modes,
        n_draws=NUTS_DRAWS,
        n_tune=NUTS_TUNE,
        seed=seed,
        announce=search.escalate,
    )
    unit = run.theta_unit.reshape(-1, problem.n_free)
    report = FitReport(
        engine="nuts",
        k_hat=math.nan,
        ess=run.diagnostics["ess_bulk"],
        log_evidence=math.nan,
        evidence_gap=math.nan,
        n_points=len(unit),
        rounds=1,
        failures=run.failures,
        escalations=tuple(search.escalations),
        diagnostics=dict(run.diagnostics),
    )
    return HyperPosterior(
        theta=problem.theta_at(unit),
        weights=np.full(len(unit), 1 / len(unit)),
        report=report,
    )
