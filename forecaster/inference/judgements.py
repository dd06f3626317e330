"""Fuse judgements of experts with a fitted model of one series, exactly given its hyperparameters.

    points of theta, with a kappa each -> weighed by what experts said -> effects and states drawn
    given it -> innovations of later steps steered by what is left of it

Judgements are about later periods than the history, so the state where steps begin is drawn with
the steps integrated out, and the steps are then drawn given that state (`Fusion.steer`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.certify import HyperPosterior, infer
from forecaster.inference.final_moments import JumpPoints
from forecaster.inference.judged_draws import all_rows, draw_given, take, take_jumps
from forecaster.inference.judgement_weights import (
    de_anchor,
    judge_points,
    kappas_at,
    log_likelihood_of,
)
from forecaster.inference.jumps import jump_times, weigh_jumps
from forecaster.inference.posterior import Posterior, resample
from forecaster.inference.psis import effective_size, smooth_weights
from forecaster.inference.single import single_problem
from forecaster.inference.steering import Steering
from forecaster.inference.timeline import lay_out
from forecaster.models.judgement_readings import error_covariance
from forecaster.models.jumps import JUMP_SD, share_after
from forecaster.models.static_effects import DRIFT, LEVEL
from forecaster.models.trend import S_O
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from forecaster.inference.judgement_weights import JudgedPoints, ModelOf
    from forecaster.inference.report import FitReport
    from forecaster.models.judgement_readings import JudgementReading
    from forecaster.models.single import SingleModel

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]
    Announce = Callable[[str], None]

MOST_K_HAT = 0.7
LEAST_ESS = 500.0
MOST_POINTS = 4096
"""Points of the hyperparameters that are weighed by judgements; more are resampled to so many."""
KAPPAS = (1, 4, 16)
"""Values of kappa tried with each point, in turn until the weights hold."""


@frozen
class Fusion:
    """A posterior given history and judgements, and what they ask of the steps to come.

    Attributes
    ----------
    posterior : effects, states at the end and kept windows, given the judgements
    steering : what the judgements still ask of the steps
    kappa : (n, n_draws)
    ours, values : (n,) our forecast of each judgement's day and its de-anchored value, link scale,
        medians over the draws; ours is nan where nothing was known on the day
    """

    posterior: Posterior
    steering: Steering
    kappa: FloatArray
    ours: FloatArray
    values: FloatArray

    def steer(
        self,
        innovations: FloatArray,
        *,
        rng: np.random.Generator,
        jumps: FloatArray | None = None,
    ) -> FloatArray:
        """Return the innovations of the steps given the judgements, as `Steering.steer`."""
        return self.steering.steer(self.posterior.theta, innovations, rng=rng, jumps=jumps)


def fuse(
    model: SingleModel,
    hyper: HyperPosterior,
    readings: Sequence[JudgementReading],
    model_of: ModelOf,
    *,
    kept: Sequence[tuple[float, float]],
    end: float,
    per_year: int,
    n_draws: int,
    rng: np.random.Generator,
    announce: Announce = lambda _: None,
) -> Fusion:
    """Return the posterior of one series given its history and judgements.

    Parameters
    ----------
    hyper : hyperparameters given the history
    readings : of at least one judgement
    model_of : the model on what was known on a day
    kept, end : as for `draw_single`: windows that are drawn with the final state, and where
        steps begin
    per_year : steps a year
    announce : takes one sentence for each escalation

    Raises
    ------
    ValueError
        If there are no readings.
    """
    if not readings:
        raise ValueError("no judgements to fuse")
    judge = _Judge(model, readings, model_of, kept, end, per_year)
    weighed = judge.weigh(_thin(model, hyper, rng), rng)
    if weighed.failures() and not model.has_jumps:
        sentence = f"judgements: {weighed.failures()[0]}: fitting with them from the start"
        announce(sentence)
        weighed = judge.refit(rng, announce) or weighed
        weighed = replace(weighed, escalations=(sentence,))
    return judge.draw(weighed, hyper.report, n_draws, rng)


@frozen
class _Base:
    """Points before the judgements: log weights, which theta they have, where the level jumped."""

    theta: FloatArray
    log_weights: FloatArray
    theta_index: IntArray
    jumps: JumpPoints | None


@frozen
class _Weighed:
    """Points with a kappa each and their weights given the judgements."""

    base: _Base
    points: JudgedPoints
    point: IntArray
    level: FloatArray
    weights: FloatArray
    k_hat: float
    escalations: tuple[str, ...] = ()

    @property
    def ess(self) -> float:
        """Effective number of points."""
        return effective_size(self.weights)

    def failures(self) -> tuple[str, ...]:
        """Return why the weights do not hold, or nothing."""
        found = []
        if not self.k_hat < MOST_K_HAT:
            found.append(f"k-hat {self.k_hat:.2f} of the weights by judgements")
        if self.ess < LEAST_ESS:
            found.append(f"ESS {self.ess:.0f} of the weights by judgements")
        return tuple(found)


def _thin(model: SingleModel, hyper: HyperPosterior, rng: np.random.Generator) -> _Base:
    """Return the points worth weighing, with the time of a jump each where the level may jump."""
    theta, weights = hyper.theta, hyper.weights
    worth = np.flatnonzero(weights > weights.max() * 1e-7)
    log_weights = np.log(weights[worth])
    if len(worth) > MOST_POINTS or model.has_jumps:
        # equal weights from here on; a point that came up twice is there twice
        worth = resample(weights, MOST_POINTS, rng=rng)
        log_weights = np.zeros(len(worth))
    theta = np.ascontiguousarray(theta[:, worth])
    jumps = _draw_jumps(model, theta, rng) if model.has_jumps else None
    return _Base(theta, log_weights, worth.astype(np.int64), jumps)


def _draw_jumps(model: SingleModel, theta: FloatArray, rng: np.random.Generator) -> JumpPoints:
    """Return where the level jumped at each point, given the history."""
    timeline = lay_out(model.observations, anchor=model.static.anchor)
    found = weigh_jumps(theta, model.observations, timeline, model.static)
    edges = np.cumsum(np.exp(found.log_weights), axis=0)
    number = (edges < rng.random(theta.shape[1]) * edges[-1]).sum(axis=0)
    times = np.concatenate([[np.inf], jump_times(timeline).times])
    return JumpPoints(times[number], theta[JUMP_SD])


class _Judge:
    """The judgements of one series, ready to weigh points and to draw from them."""

    def __init__(
        self,
        model: SingleModel,
        readings: Sequence[JudgementReading],
        model_of: ModelOf,
        kept: Sequence[tuple[float, float]],
        end: float,
        per_year: int,
    ) -> None:
        self._model, self._readings, self._model_of = model, readings, model_of
        self._kept, self._end, self._per_year = kept, end, per_year

    def _judge(self, theta: FloatArray, jumps: JumpPoints | None = None) -> JudgedPoints:
        return judge_points(
            self._model, self._model_of, self._readings, theta,
            kept=self._kept, end=self._end, per_year=self._per_year, jumps=jumps,
        )  # fmt: skip

    def weigh(self, base: _Base, rng: np.random.Generator) -> _Weighed:
        """Return the points weighed with as many kappas each as it takes."""
        points = self._judge(base.theta, base.jumps)
        n_points = len(base.log_weights)
        log_weights: list[FloatArray] = []
        levels: list[FloatArray] = []
        weighed = None
        for n_kappas in KAPPAS:
            while len(levels) < n_kappas:
                level = (rng.permutation(n_points) + rng.random(n_points)) / n_points
                density = log_likelihood_of(
                    self._readings, points, kappas_at(self._readings, level)
                )
                levels.append(level)
                log_weights.append(base.log_weights + density)
            weights, k_hat = smooth_weights(np.concatenate(log_weights))
            point = np.tile(np.arange(n_points), n_kappas)
            weighed = _Weighed(base, points, point, np.concatenate(levels), weights, k_hat)
            if not weighed.failures():
                break
        assert weighed is not None
        return weighed

    def refit(self, rng: np.random.Generator, announce: Announce) -> _Weighed | None:
        """Return points found with the judgements in the likelihood; None where that fails too."""
        alone = single_problem(self._model)

        def likelihood(theta: FloatArray) -> FloatArray:
            """Return the log likelihood of history and judgements."""
            inner = np.ascontiguousarray(theta[:-1])
            kappa = kappas_at(self._readings, theta[-1])
            judged = log_likelihood_of(self._readings, self._judge(inner), kappa)
            return np.asarray(alone.log_likelihood(inner) + judged)

        def theta_at(unit: FloatArray) -> FloatArray:
            """Return the model's hyperparameters, then the quantile level of kappa."""
            level = _normal_probability(unit[:, -1])
            return np.vstack([alone.theta_at(unit[:, :-1]), level])

        problem = replace(
            alone,
            names=(*alone.names, "kappa"),
            theta_at=theta_at,
            log_likelihood=likelihood,
            pymc_model=_no_reference,
        )
        try:
            found = infer(problem, engine="amis", seed=0, rng=rng, announce=announce)
        except _NoReferenceError:
            return None
        theta = np.ascontiguousarray(found.theta[:-1])
        n_points = theta.shape[1]
        base = _Base(theta, np.log(np.maximum(found.weights, 1e-300)), np.arange(n_points), None)
        return _Weighed(
            base, self._judge(theta), np.arange(n_points), found.theta[-1], found.weights,
            found.report.k_hat,
        )  # fmt: skip

    def draw(
        self, weighed: _Weighed, report: FitReport, n_draws: int, rng: np.random.Generator
    ) -> Fusion:
        """Return draws of effects and states given the judgements, and what the steps must do."""
        chosen = resample(weighed.weights, n_draws, rng=rng)
        points = take(weighed.points, weighed.point[chosen])
        kappa = kappas_at(self._readings, weighed.level[chosen])
        value = de_anchor(self._readings, points, kappa)
        errors = error_covariance(self._readings, kappa, points.theta[S_O] ** 2)
        deviation, state = draw_given(points, value, errors, rng)
        reading = (
            points.mean
            - np.einsum("kij,kj->ki", points.on_effects, points.moments.effects_mean)
            - np.einsum("kij,kj->ki", points.on_states, points.moments.mean)
            + np.einsum("kij,kj->ki", all_rows(points), deviation)
            + np.einsum("kij,kj->ki", points.on_states, state)
        )
        base = weighed.base
        return Fusion(
            posterior=self._posterior(
                points,
                deviation,
                state,
                theta_index=base.theta_index[weighed.point[chosen]],
                report=_report(report, weighed),
                jumps=take_jumps(base.jumps, weighed.point[chosen]),
            ),
            steering=Steering(
                points.weights,
                np.ascontiguousarray((value - reading).T),
                np.asarray(np.linalg.cholesky(errors)),
                points.jump_variance,
            ),
            kappa=kappa,
            ours=_middle(points.ours),
            values=_middle(value),
        )

    def _posterior(
        self,
        points: JudgedPoints,
        deviation: FloatArray,
        state: FloatArray,
        *,
        theta_index: IntArray,
        report: FitReport,
        jumps: JumpPoints | None,
    ) -> Posterior:
        """Return draws in the form that trajectories start from."""
        static = points.moments.static
        effects = (static.mean + deviation).T
        level, drift = effects[LEVEL], effects[DRIFT]
        windows = np.array(self._kept, dtype=np.float64).reshape(-1, 2)
        kept = state[:, 2 : 2 + len(windows)].T + level
        kept += drift * (windows.mean(axis=1) - static.anchor)[:, None]
        final = state[:, 0] + level + drift * (self._end - static.anchor)
        if jumps is not None:
            kept += effects[-1] * share_after(windows[:, 0], windows[:, 1], jumps.time)
            final += np.where(np.isfinite(jumps.time), effects[-1], 0.0)
            effects = effects[:-1]
        return Posterior(
            theta=points.theta,
            theta_index=theta_index,
            effects=effects,
            state=np.array([final, state[:, 1]]),
            kept=kept,
            report=report,
        )


def _report(report: FitReport, weighed: _Weighed) -> FitReport:
    """Return the fit's report with the weights by judgements in it."""
    return replace(
        report,
        k_hat=max(report.k_hat, weighed.k_hat) if report.k_hat == report.k_hat else weighed.k_hat,
        ess=weighed.ess,
        failures=(*report.failures, *weighed.failures()),
        escalations=(*report.escalations, *weighed.escalations),
        diagnostics={**report.diagnostics, "judgements_k_hat": weighed.k_hat},
    )


def _middle(draws: FloatArray) -> FloatArray:
    """Return the medians of columns, (n_draws, n) -> (n,)."""
    return np.asarray(np.sort(draws, axis=0)[len(draws) // 2])


class _NoReferenceError(Exception):
    """There is no PyMC model of a likelihood with judgements in it."""


def _no_reference() -> object:
    """Refuse: a fit with judgements is certified by its weights or not at all."""
    raise _NoReferenceError


def _normal_probability(unit: FloatArray) -> FloatArray:
    """Return the standard normal distribution function, (n,)."""
    from math import erf, sqrt

    return np.array([0.5 * (1 + erf(u / sqrt(2))) for u in unit])
