"""Calibrate the fusion of judgements by simulation, and measure what naive fusion would cover."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

from calibration.problems import make_prior
from forecaster.forecasts.trajectories import simulate_steps
from forecaster.inference.certify import infer
from forecaster.inference.judgement_weights import de_anchor, forecasts_then
from forecaster.inference.judgements import fuse
from forecaster.inference.posterior import Posterior
from forecaster.inference.report import FitReport
from forecaster.inference.single import single_problem
from forecaster.models.judgement_readings import JudgementReading, error_covariance
from forecaster.models.observations import Observations
from forecaster.models.static_effects import static_prior
from forecaster.models.trend import S_O, trend_model
from forecaster.workspace.judgements import Judgement
from forecaster.workspace.periods import parse_period

TEN_TO_NINETY = 1.2815515655446004
N_SIMULATED = 200_000


def _reading(name, *, own_sd, herd_sd, kappa=0.5, **changes):
    judgement = Judgement(
        id=name, series="s", period=parse_period("2020"), low=None, value=1.0, high=None,
        unit="u", made_on=date(2017, 12, 31), by=name, publisher=name, kind="bank", source="x",
        basis="", note="", outcome=None, outcome_source="", where="made",
    )  # fmt: skip
    start = 2019.0
    starts = start + np.arange(4) / 4
    settings = {
        "judgement": judgement, "said": 0.0, "starts": starts, "ends": starts + 0.25,
        "weights": np.full(4, 0.25), "jensen": 0.0, "own_sd": own_sd, "herd_sd": herd_sd,
        "publisher_sd": 0.0, "bias": 0.0, "offset_sd": 0.0, "kappa_low": kappa,
        "kappa_high": kappa, "house": name, "figure": "f", "round": "r", "basis": "",
        "time": 2018.0,
    }  # fmt: skip
    return JudgementReading(**{**settings, **changes})


def _statements(rng, *, n, own_sd, herd_sd, kappa):
    """Return z and statements (N, n) about it, our forecast being 0 with an error of sd 1."""
    z = rng.standard_normal(N_SIMULATED)
    errors = own_sd * rng.standard_normal((N_SIMULATED, n))
    errors += herd_sd * rng.standard_normal((N_SIMULATED, 1))
    return z, (1 - kappa) * z[:, None] + errors


def _fused(said, readings, *, kappa):
    """Return mean and sd of z by the recipe: prior N(0, 1), de-anchored values as observations."""
    n = said.shape[1]
    points = SimpleNamespace(said=said, ours=np.zeros_like(said))
    value = de_anchor(readings, points, np.full((n, len(said)), kappa))
    covariance = error_covariance(readings, np.full((n, 1), kappa), np.zeros(1))[0]
    pull = np.linalg.solve(covariance, np.ones(n))
    variance = 1 / (1 + pull.sum())
    return variance * (value @ pull), np.sqrt(variance)


def _naive(said, *, total_sd):
    """Return mean and sd of z when statements are taken for independent observations of it."""
    precision = 1 + said.shape[1] / total_sd**2
    return said.sum(axis=1) / total_sd**2 / precision, precision**-0.5


def _coverage(z, mean, sd):
    return float((np.abs(z - mean) < TEN_TO_NINETY * sd).mean())


# Four standard errors of a share of 200,000 are at most 0.0045; the rest is rounding of the
# percentages, which were measured with experts of the sds below.
TOLERANCE = 0.0045 + 0.005


def test_naive_fusion_of_five_experts_covers_44_percent_and_the_recipe_80():
    rng = np.random.default_rng(1)
    settings = {"own_sd": 0.63, "herd_sd": 0.13}
    z, said = _statements(rng, n=5, kappa=0.5, **settings)
    assert _coverage(z, *_naive(said, total_sd=np.hypot(0.63, 0.13))) == pytest.approx(
        0.44, abs=TOLERANCE
    )
    mean, sd = _fused(said, [_reading(str(i), **settings) for i in range(5)], kappa=0.5)
    assert _coverage(z, mean, sd) == pytest.approx(0.80, abs=TOLERANCE)
    assert np.sqrt(np.mean((z - mean) ** 2)) == pytest.approx(0.53, abs=TOLERANCE)


def test_one_expert_taken_at_his_word_covers_67_percent_and_the_recipe_80():
    rng = np.random.default_rng(2)
    settings = {"own_sd": 0.63, "herd_sd": 0.63}  # together 0.9, with a correlation of one half
    z, said = _statements(rng, n=1, kappa=0.5, **settings)
    naive = _coverage(z, *_naive(said, total_sd=np.hypot(0.63, 0.63)))
    assert naive == pytest.approx(0.67, abs=TOLERANCE)
    found = _fused(said, [_reading("a", **settings)], kappa=0.5)
    assert _coverage(z, *found) == pytest.approx(0.80, abs=TOLERANCE)


@pytest.mark.parametrize(("truth", "expected"), [(0.8, 0.66), (0.0, 0.93)])
def test_a_kappa_taken_too_low_covers_too_little_and_one_too_high_too_much(truth, expected):
    rng = np.random.default_rng(3)
    settings = {"own_sd": 0.5, "herd_sd": 0.0}
    z, said = _statements(rng, n=1, kappa=truth, **settings)
    found = _fused(said, [_reading("a", **settings)], kappa=0.5)
    assert _coverage(z, *found) == pytest.approx(expected, abs=TOLERANCE)


N_YEARS, FIRST = 8, 2010.0
LEVEL_MEAN, LEVEL_SD = 1.0, 2.0
N_DRAWS = 99


def _history(z, noise_sd=0.02):
    n = len(z)
    start = FIRST + np.arange(n)
    return Observations(
        start=start, end=start + 1, z=np.asarray(z), jensen=np.zeros(n),
        noise_sd=np.full(n, noise_sd), basis=np.zeros(n, dtype=np.int64), bases=("",),
        offset_sd=np.zeros(1), scale=1.0, log_jacobian=0.0, target_noise_sd=noise_sd, target=0,
    )  # fmt: skip


def _model(z):
    observations = _history(z)
    prior = make_prior()
    static = static_prior(observations, prior, is_share=False)
    mean, sd = static.mean.copy(), static.sd.copy()
    mean[0], sd[0] = LEVEL_MEAN, LEVEL_SD  # a level centred on the first value would break ranks
    return trend_model(observations, replace(static, mean=mean, sd=sd), prior)


def _truth(rng):
    """Draw hyperparameters, and annual averages of ten years: eight are history."""
    model = _model(np.zeros(N_YEARS))
    theta = model.theta_at(rng.standard_normal((1, 4)))
    effects = np.array([[LEVEL_MEAN], [0.05]]) + np.array([[LEVEL_SD], [0.15]]) * (
        rng.standard_normal((2, 1))
    )
    state = np.array([effects[0], theta[1] * rng.standard_normal(1)])
    start = Posterior(theta, np.zeros(1, dtype=np.int64), effects, state, np.zeros((0, 1)), None)
    noise = rng.standard_normal((4 * (N_YEARS + 2), 3, 1))
    averages, _ = simulate_steps(start, step_length=0.25, innovations=noise)
    return theta, averages[:, 0].reshape(-1, 4).mean(axis=1)


def _simulate(seed):
    """Return ranks of kappa, s_l, the level's average and a step's among draws given all."""
    rng = np.random.default_rng([7, seed])
    theta, years = _truth(rng)
    figures = years + theta[S_O] * rng.standard_normal(len(years))
    z = figures[:N_YEARS] + 0.02 * rng.standard_normal(N_YEARS)
    model, then = _model(z), _model(z[:-1])
    own, herd, house = 0.08, 0.06, 0.05
    made = [
        _reading(name, own_sd=own, herd_sd=herd, publisher_sd=house, kappa_low=0.3,
                 kappa_high=0.9)
        for name in "AB"
    ]  # fmt: skip
    kappa = rng.uniform(0.3, 0.9)
    ours = forecasts_then(lambda _: then, made, theta, per_year=4)[0]
    errors = own * rng.standard_normal(2) + herd * rng.standard_normal()
    errors += house * rng.standard_normal(2)
    said = kappa * ours + (1 - kappa) * figures[9] + errors
    readings = [replace(r, said=float(s)) for r, s in zip(made, said, strict=True)]
    hyper = infer(single_problem(model), engine="amis", seed=1, rng=rng, announce=lambda _: None)
    found = fuse(
        model, hyper, readings, lambda _: then, kept=(), end=FIRST + N_YEARS, per_year=4,
        n_draws=N_DRAWS * 8, rng=rng,
    )  # fmt: skip
    assert isinstance(found.posterior.report, FitReport)
    chosen = rng.choice(N_DRAWS * 8, N_DRAWS, replace=False)
    innovations = found.steer(rng.standard_normal((8, 3, N_DRAWS * 8)), rng=rng)
    averages, _ = simulate_steps(found.posterior, step_length=0.25, innovations=innovations)
    truths = (kappa, theta[0, 0], years[9], years[8])
    draws = (
        found.kappa[0], found.posterior.theta[0], averages[4:].mean(axis=0),
        averages[:4].mean(axis=0),
    )  # fmt: skip
    return [int((d[chosen] < t).sum()) for t, d in zip(truths, draws, strict=True)]


@pytest.mark.slow
def test_ranks_of_the_truth_are_even_when_experts_err_as_the_model_says():
    n = 300
    ranks = np.array([_simulate(seed) for seed in range(n)])
    for name, column in zip(("kappa", "s_l", "year 10", "year 9"), ranks.T, strict=True):
        uniform = np.sort((column + 0.5) / (N_DRAWS + 1))
        distance = np.abs(uniform - (np.arange(n) + 0.5) / n).max()
        # Kolmogorov's 0.1% bound for each of the four, beside the ranks' own steps
        print(f"{name}: distance {distance:.3f}, mean rank {uniform.mean():.3f}")
        assert distance < 1.95 / np.sqrt(n) + 1 / N_DRAWS, name
