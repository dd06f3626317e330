"""The filter of several coordinates: one is the single filter, many are the dense normal."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from calibration.shares import DESIGNS, dense_log_density, make_prior, simulate

from forecaster.inference import kalman_many
from forecaster.inference.kalman import log_likelihood, run_filter
from forecaster.inference.kalman_many import log_likelihood_many, run_filter_many
from forecaster.inference.linearisation import publication_timeline
from forecaster.inference.timeline import lay_out
from forecaster.models.composition import composition_static, coordinate_scale
from forecaster.models.composition_readings import linearise
from forecaster.models.observations import Observations
from forecaster.models.static_effects import static_prior
from forecaster.models.trend import theta_at

TOLERANCE = 1e-6  # of 1 + |log density|: design, section 4


def _single(rng):
    """Return overlapping windows and points of one series with two houses."""
    start = np.array([2015.0, 2015.0, 2016.0, 2017.5, 2018.0, 2018.0])
    end = np.array([2016.0, 2015.5, 2017.0, 2017.5, 2019.0, 2018.5])
    order = np.argsort(end, kind="stable")
    n = len(start)
    return Observations(
        start[order], end[order], rng.standard_normal(n), np.zeros(n), np.full(n, 0.05),
        np.array([0, 1, 0, 0, 1, 0]), ("a", "b"), np.array([0.0, 0.25]), 1.0, 0.0, 0.05, 0,
    )  # fmt: skip


def _theta(n, *, scale=1.0, seed=3):
    unit = np.random.default_rng(seed).standard_normal((n, 4))
    return theta_at(unit, make_prior().share, scale=scale)


def test_one_coordinate_is_the_single_filter(rng):
    observations = _single(rng)
    static = static_prior(observations, make_prior().share, is_share=True)
    timeline = lay_out(observations)
    n = observations.n
    readings = SimpleNamespace(
        first=np.arange(n + 1), direction=np.ones((n, 1)), z=observations.z,
        noise_sd=observations.noise_sd,
    )  # fmt: skip
    theta = _theta(50)
    one = run_filter(theta, observations, timeline, static)
    many = run_filter_many(theta, readings, timeline, static)
    for name in ("log_det", "gram", "mean", "covariance"):
        assert getattr(many, name) == pytest.approx(getattr(one, name), rel=1e-9, abs=1e-11), name
    found = log_likelihood_many(theta, readings, timeline, static)
    assert found == pytest.approx(log_likelihood(theta, observations, timeline, static), rel=1e-10)


@pytest.mark.parametrize("name", DESIGNS)
def test_many_coordinates_have_the_dense_log_density(name):
    prior = make_prior()
    for seed in range(3):
        p = simulate(DESIGNS[name], prior, np.random.default_rng(seed)).publications
        readings = linearise(p, p.shares)
        static = composition_static(p, readings, prior)
        theta = _theta(20, scale=coordinate_scale(p.n_parts), seed=seed)
        found = log_likelihood_many(theta, readings, publication_timeline(p), static)
        expected = np.array([dense_log_density(p, readings, static, prior, t) for t in theta.T])
        assert (np.abs(found - expected) / (1 + np.abs(expected))).max() < TOLERANCE


def test_points_do_not_know_of_each_other(monkeypatch):
    prior = make_prior()
    p = simulate(DESIGNS["whole years"], prior, np.random.default_rng(4)).publications
    readings = linearise(p, p.shares)
    static = composition_static(p, readings, prior)
    timeline = publication_timeline(p)
    theta = _theta(40, scale=coordinate_scale(p.n_parts))
    at_once = log_likelihood_many(theta, readings, timeline, static)
    monkeypatch.setattr(kalman_many, "_MOST_CHUNK", 7)
    monkeypatch.setattr(kalman_many, "_LEAST_CHUNK", 7)
    assert log_likelihood_many(theta, readings, timeline, static) == pytest.approx(
        at_once, rel=1e-12
    )
