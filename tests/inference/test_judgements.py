"""Fusing judgements against the filter that takes them for observations, and Monte Carlo."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from calibration.histories import REPORT
from calibration.problems import make_observations, make_prior

from forecaster.forecasts.trajectories import simulate_steps
from forecaster.inference.certify import HyperPosterior
from forecaster.inference.final_moments import final_moments
from forecaster.inference.judgement_weights import (
    forecasts_then,
    judge_points,
    kappas_at,
    log_likelihood_of,
)
from forecaster.inference.judgements import fuse
from forecaster.inference.kalman import integrate_static, run_filter
from forecaster.inference.steering import find_sensitivities, weigh_stretches
from forecaster.inference.timeline import lay_out
from forecaster.models.judgement_readings import JudgementReading
from forecaster.models.static_effects import static_prior
from forecaster.models.trend import S_B, S_L, trend_model
from forecaster.workspace.judgements import Judgement
from forecaster.workspace.periods import decimal_year, parse_period

THETA = np.array([[0.2], [0.15], [2.0], [0.05]])
END = 2016.0
"""After the last figure of the test histories; where steps begin."""


def _model(case="overlapping houses", n=4):
    observations = make_observations(case, np.random.default_rng(2), n=n)
    prior = make_prior()
    return trend_model(observations, static_prior(observations, prior, is_share=False), prior)


def _reading(said, start, end, *, house="A", made="2015-06-30", basis="", **changes):
    made_on = date.fromisoformat(made)
    judgement = Judgement(
        id=f"{house}-{end}", series="s", period=parse_period("2018"), low=None, value=1.0,
        high=None, unit="u", made_on=made_on, by=house, publisher=house, kind="bank", source="x",
        basis=basis, note="", outcome=None, outcome_source="", where="test",
    )  # fmt: skip
    edges = np.arange(round(start * 4), round(end * 4) + 1) / 4 if end > start else np.array([])
    starts, ends = (edges[:-1], edges[1:]) if end > start else (np.array([end]), np.array([end]))
    settings = {
        "judgement": judgement, "said": said, "starts": starts, "ends": ends,
        "weights": np.full(len(starts), 1 / len(starts)), "jensen": (end - start) / 12,
        "own_sd": 0.1, "herd_sd": 0.0, "publisher_sd": 0.0, "bias": 0.0, "offset_sd": 0.0,
        "kappa_low": 0.0, "kappa_high": 0.0, "house": house,
        "figure": f"{start} {end} {house}", "round": f"{house} {made}", "basis": basis,
        "time": decimal_year(made_on),
    }  # fmt: skip
    return JudgementReading(**{**settings, **changes})


def _augmented(model, rows):
    """Return model observations with pseudo-observations (start, end, z, sd) behind them."""
    o = model.observations
    more = len(rows)
    added = np.array(rows, dtype=np.float64)
    joined = replace(
        o,
        start=np.append(o.start, added[:, 0]),
        end=np.append(o.end, added[:, 1]),
        z=np.append(o.z, added[:, 2]),
        jensen=np.append(o.jensen, (added[:, 1] - added[:, 0]) / 12),
        noise_sd=np.append(o.noise_sd, added[:, 3]),
        basis=np.append(o.basis, np.zeros(more, dtype=np.int64)),
    )
    columns = np.zeros((joined.n, len(model.static.mean)))
    columns[: o.n] = model.static.columns
    columns[o.n :, 0] = 1.0
    columns[o.n :, 1] = (joined.start[o.n :] + joined.end[o.n :]) / 2 - model.static.anchor
    return joined, replace(model.static, columns=columns)


def _log_likelihood(observations, static, theta):
    timeline = lay_out(observations, anchor=static.anchor)
    filtered = run_filter(theta, observations, timeline, static)
    return integrate_static(filtered, static, n=observations.n).log_likelihood


def _judge(model, readings, theta=THETA, model_of=lambda _: None, kept=()):
    return judge_points(model, model_of, readings, theta, kept=kept, end=END, per_year=4)


def test_weights_equal_the_filter_that_takes_judgements_for_observations(rng):
    model = _model()
    theta = model.theta_at(rng.standard_normal((50, 4)))
    rows = [(2015.75, 2017.0, 0.4, 0.1), (2017.0, 2018.0, 0.9, 0.2), (2019.5, 2019.5, 1.5, 0.3)]
    readings = [
        _reading(z, start, end, house=str(i), own_sd=sd)
        for i, (start, end, z, sd) in enumerate(rows)
    ]
    found = log_likelihood_of(readings, _judge(model, readings, theta), np.zeros((3, 50)))
    alone = _log_likelihood(model.observations, model.static, theta)
    together = _log_likelihood(*_augmented(model, rows), theta)
    assert found == pytest.approx(together - alone, rel=1e-6, abs=1e-6)


def test_herd_house_and_published_error_are_shared_as_stated():
    # two houses of one round about one figure: own .1, herd .2, house .3, s_o = .05, kappa 1/2
    a, b = (
        _reading(0.5, 2017.0, 2018.0, house=house, herd_sd=0.2, publisher_sd=0.3, figure="f",
                 round="r")
        for house in "AB"
    )  # fmt: skip
    from forecaster.models.judgement_readings import error_covariance

    found = error_covariance([a, b], np.full((2, 1), 0.5), np.array([0.05**2]))[0]
    assert found[0, 0] == pytest.approx(4 * (0.01 + 0.04 + 0.09) + 0.0025)
    assert found[0, 1] == pytest.approx(4 * 0.04 + 0.0025)


def test_our_forecast_of_the_day_is_what_the_filter_expects():
    model = _model()
    reading = _reading(0.5, 2017.0, 2018.0)
    found = forecasts_then(lambda _: model, [reading], THETA, per_year=4)[0, 0]
    # an observation with an enormous error moves nothing: its innovation is 0 - expectation
    observations, static = _augmented(model, [(2017.0, 2018.0, 0.0, 1e4)])
    moments = final_moments(
        replace(model, observations=observations, static=static), THETA,
        kept=[(2017.0, 2018.0)], end=2018.0,
    )  # fmt: skip
    effects = static.mean + moments.effects_mean[0]
    expected = moments.mean[0, 2] - moments.design[0, 2] @ moments.effects_mean[0]
    expected += effects[0] + effects[1] * (2017.5 - static.anchor) + THETA[S_L, 0] ** 2 / 12
    assert found == pytest.approx(expected, abs=1e-6)


def test_a_statement_that_only_repeats_our_forecast_is_no_news():
    # with kappa .6 a statement equal to our forecast is de-anchored to that very forecast
    model = _model()
    ours = forecasts_then(lambda _: model, [_reading(0, 2017.0, 2018.0)], THETA, per_year=4)[0, 0]
    readings = [_reading(ours, 2017.0, 2018.0)]
    points = _judge(model, readings, model_of=lambda _: model)
    from forecaster.inference.judgement_weights import de_anchor

    value = de_anchor(readings, points, np.full((1, 1), 0.6))
    assert value[0, 0] == pytest.approx(ours)
    assert points.mean[0, 0] == pytest.approx(ours)


def test_sensitivities_are_the_derivatives_of_simulated_steps(rng):
    reading = _reading(0.0, 2016.5, 2017.25)
    point = _reading(0.0, 2017.5, 2017.5)
    weights = weigh_stretches([reading, point], kept=(), end=END, per_year=4)
    found = find_sensitivities(THETA, weights)
    from forecaster.inference.posterior import Posterior

    start = Posterior(THETA, np.zeros(1, dtype=np.int64), np.zeros((2, 1)), np.zeros((2, 1)),
                      np.zeros((0, 1)), REPORT)  # fmt: skip
    noise = rng.standard_normal((weights.n_steps, 3, 1))
    averages, levels = simulate_steps(start, step_length=0.25, innovations=noise)
    expected = [averages[2:5, 0].mean(), levels[5, 0]]
    assert np.einsum("skix,sxk->i", found.innovations, noise) == pytest.approx(expected)
    moved = replace(start, state=np.array([[0.3], [0.7]]))
    averages, levels = simulate_steps(moved, step_length=0.25, innovations=0 * noise)
    expected = [averages[2:5, 0].mean(), levels[5, 0]]
    assert found.state[0] @ [0.3, 0.7] == pytest.approx(expected)


def test_fused_draws_and_steered_steps_have_the_exact_moments():
    # a dozen thousand copies of one theta: what is left is Gaussian and known
    model, n = _model(), 40_000
    rows = [(2015.75, 2017.0, 0.8, 0.1), (2018.0, 2019.0, 1.6, 0.2)]
    readings = [
        _reading(z, start, end, house=str(i), own_sd=sd)
        for i, (start, end, z, sd) in enumerate(rows)
    ]
    hyper = HyperPosterior(np.repeat(THETA, 2000, axis=1), np.full(2000, 1 / 2000), REPORT)
    kept = [(2014.5, 2015.5)]
    found = fuse(
        model, hyper, readings, lambda _: None, kept=kept, end=END, per_year=4, n_draws=n,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    rng = np.random.default_rng(2)
    # eight of the twelve steps that the judgements reach to
    innovations = found.steer(rng.standard_normal((8, 3, n)), rng=rng)
    averages, levels = simulate_steps(found.posterior, step_length=0.25, innovations=innovations)
    draws = np.vstack(
        [found.posterior.state[:1], found.posterior.kept, averages[[0, 4]], levels[7:]]
    )
    mean, covariance = _exact(model, rows, [(END, END), *kept, (2016, 2016.25), (2017, 2017.25)])
    sd = np.sqrt(np.diag(covariance))
    assert np.abs((draws.mean(axis=1) - mean) / sd).max() < 4.5 / np.sqrt(n)
    error = np.sqrt((np.outer(sd, sd) ** 2 + covariance**2) / n)
    assert np.abs((np.cov(draws) - covariance) / error).max() < 4.5


def _exact(model, rows, windows):
    """Return mean and covariance of windows' averages, then the level at 2018, given all."""
    observations, static = _augmented(model, rows)
    windows = [*windows, (2018.0, 2018.0)]
    moments = final_moments(
        replace(model, observations=observations, static=static), THETA, kept=windows, end=2019.0
    )
    middles = np.mean(windows, axis=1)
    design = np.zeros((len(windows), len(static.mean)))
    design[:, 0], design[:, 1] = 1.0, middles - static.anchor
    on_effects = design - moments.design[0, 2:]
    mean = design @ static.mean + on_effects @ moments.effects_mean[0] + moments.mean[0, 2:]
    root = on_effects @ moments.effects_root[0]
    return mean, root @ root.T + moments.covariance[0, 2:, 2:]


def test_kappa_is_taken_at_one_level_for_all_experts():
    readings = [
        _reading(0, 2017, 2018, kappa_low=0.3, kappa_high=0.9),
        _reading(0, 2017, 2018, kappa_low=0.1, kappa_high=0.3),
    ]
    assert kappas_at(readings, np.array([0.5]))[:, 0] == pytest.approx([0.6, 0.2])


def test_a_surprise_that_no_point_foretold_is_fitted_again_with_the_judgements():
    model = _model(n=8)
    from forecaster.inference.certify import infer
    from forecaster.inference.single import single_problem

    rng = np.random.default_rng(5)
    hyper = infer(single_problem(model), engine="amis", seed=1, rng=rng, announce=lambda _: None)
    end = float(np.ceil(model.observations.end.max()))
    last = float(model.observations.z[-1])
    readings = [_reading(last + 4.0, end + 1, end + 2, kappa_low=0.3, kappa_high=0.9, own_sd=0.02)]
    said = []
    found = fuse(
        model, hyper, readings, lambda _: model, kept=(), end=end, per_year=4, n_draws=500,
        rng=rng, announce=said.append,
    )  # fmt: skip
    assert len(said) >= 1
    assert "judgements" in said[0]
    assert found.posterior.report.is_reliable
    # what was said must be explained by larger changes than the history's
    from forecaster.inference.posterior import resample

    before = hyper.theta[:, resample(hyper.weights, 2000, rng=rng)]
    size = [np.median(np.hypot(t[S_L], t[S_B])) for t in (before, found.posterior.theta)]
    assert size[1] > 1.3 * size[0]


def test_a_series_without_figures_follows_its_level_and_the_judgements():
    # a level of 1 with sd 1 at 2016, hardly moving; 2 was said of 2018 with an error of .5 / .4
    prior = make_prior()
    made = make_observations("annual points", np.random.default_rng(1), n=1)
    at = np.array([END])
    believed = replace(made, start=at, end=at, z=np.array([1.0]), noise_sd=np.array([1.0]))
    static = static_prior(believed, prior, is_share=False)
    static = replace(static, mean=np.array([1.0, 0.0]), sd=np.array([10.0, 1e-6]))
    model = trend_model(believed, static, prior)
    theta = np.repeat([[1e-4], [1e-4], [2.0], [1e-4]], 2000, axis=1)
    hyper = HyperPosterior(theta, np.full(2000, 1 / 2000), REPORT)
    reading = _reading(2.0, 2018.0, 2018.0, own_sd=0.5, kappa_low=0.6, kappa_high=0.6)
    found = fuse(
        model, hyper, [reading], lambda _: None, kept=(), end=END, per_year=4, n_draws=20_000,
        rng=np.random.default_rng(2),
    )  # fmt: skip
    # nothing was known, so nothing is repeated: precisions 1.01 and (.4 / .5)^2
    precision = 1.01 + 0.64
    level = found.posterior.state[0]
    error = precision**-0.5 / np.sqrt(20_000)
    assert level.mean() == pytest.approx((1.01 + 2.0 * 0.64) / precision, abs=4.5 * error)
    assert level.std() == pytest.approx(precision**-0.5, abs=4.5 * error / np.sqrt(2))


def test_the_density_is_that_of_the_statement_and_not_of_its_de_anchored_value():
    # J = kappa m + (1 - kappa) (z + s_o) + error is normal by itself
    model = _model()
    reading = _reading(0.9, 2017.0, 2018.0, own_sd=0.1, bias=0.05)
    points = _judge(model, [reading], model_of=lambda _: model)
    for kappa in (0.0, 0.6):
        found = log_likelihood_of([reading], points, np.full((1, 1), kappa))[0]
        mean = kappa * points.ours[0, 0] + (1 - kappa) * points.mean[0, 0] + 0.05
        variance = (1 - kappa) ** 2 * (points.covariance[0, 0, 0] + 0.05**2) + 0.1**2
        expected = -0.5 * ((0.9 - mean) ** 2 / variance + np.log(2 * np.pi * variance))
        assert found == pytest.approx(expected)
