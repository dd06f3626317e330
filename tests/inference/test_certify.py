"""Certification: a good fit passes, a bad one escalates and says so, nothing passes silently."""

from __future__ import annotations

import math

import numpy as np
import pytest
from calibration.problems import make_prior, observe

from forecaster.inference import certify
from forecaster.inference.certify import ENGINES, infer
from forecaster.inference.importance import enumerate_prior, explore
from forecaster.inference.report import FitReport
from forecaster.inference.single import single_problem
from forecaster.models.static_effects import static_prior
from forecaster.models.trend import trend_model


def _infer(engine="amis", *, z=None, announce=lambda sentence: None, seed=1):
    z = np.array([1.0, 1.2, 1.1, 1.5, 1.6, 1.4, 1.9, 2.0]) if z is None else z
    at = 2015.0 + np.arange(len(z))
    observations = observe(at, at, z, noise_sd=0.02)
    prior = make_prior()
    static = static_prior(observations, prior, is_share=False)
    return infer(
        single_problem(trend_model(observations, static, prior)),
        engine=engine,
        seed=1,
        rng=np.random.default_rng(seed),
        announce=announce,
    )


def _failing(log_likelihood, n_dimensions, *, rng, n_first=512, **made):
    """Return a fit whose weights all but vanish."""
    found = explore(lambda unit: -1e4 * (np.abs(unit).sum(axis=1) % 0.1), n_dimensions, rng=rng)
    assert found.failures()
    return found


def test_a_plain_history_is_certified_at_once():
    said = []
    found = _infer(announce=said.append)
    assert found.report.is_reliable
    assert (found.report.engine, said, found.report.escalations) == ("amis", [], ())
    assert found.report.ess >= 1000
    assert found.report.k_hat < 0.5
    assert found.theta.shape == (4, found.report.n_points)
    assert found.weights.sum() == pytest.approx(1.0)


def test_brute_force_agrees_and_is_certified_too():
    amis, brute = _infer(), _infer("brute-force")
    assert brute.report.engine == "brute-force"
    assert brute.report.is_reliable
    # both know the log evidence to 1 / sqrt(1000) or better
    assert brute.report.log_evidence == pytest.approx(amis.report.log_evidence, abs=4 / 31)
    logs = [np.log(found.theta) @ found.weights for found in (amis, brute)]
    assert logs[0] == pytest.approx(logs[1], abs=4 * 0.8 / 31)


def test_a_first_failure_starts_again_from_more_points(monkeypatch):
    calls = []

    def once(log_likelihood, n_dimensions, *, rng, n_first=512, **made):
        calls.append(n_first)
        attempt = _failing if len(calls) == 1 else explore
        return attempt(log_likelihood, n_dimensions, rng=rng, n_first=n_first, **made)

    monkeypatch.setattr(certify, "explore", once)
    said = []
    found = _infer(announce=said.append)
    assert calls == [512, 4096]
    assert found.report.is_reliable
    assert len(said) == 1
    assert said[0].endswith("starting again from 4096 points")
    assert found.report.escalations == tuple(said)


def test_a_second_failure_goes_on_to_brute_force(monkeypatch):
    monkeypatch.setattr(certify, "explore", _failing)
    said = []
    found = _infer(announce=said.append)
    assert found.report.engine == "brute-force"
    assert found.report.is_reliable
    assert [sentence.split(": ")[1] for sentence in said] == [
        "starting again from 4096 points",
        "weighing the whole prior by brute force",
    ]


def test_brute_force_takes_more_points_until_it_is_certified(monkeypatch):
    sizes = []

    def thin(log_likelihood, n_dimensions, *, n_points, rng):
        sizes.append(n_points)
        n = 256 if len(sizes) < 3 else 2**16
        return enumerate_prior(log_likelihood, n_dimensions, n_points=n, rng=rng)

    monkeypatch.setattr(certify, "enumerate_prior", thin)
    assert _infer("brute-force").report.is_reliable
    assert sizes == [2**16, 2**17, 2**18]


def test_nuts_is_the_last_resort_and_is_told_the_modes(monkeypatch):
    asked = {}

    def by_nuts(problem, found, search, *, seed):
        asked.update(modes=found.modes, escalations=list(search.escalations))
        report = FitReport("nuts", math.nan, 900.0, math.nan, math.nan, 8000, 1)
        return certify.HyperPosterior(np.ones((4, 1)), np.ones(1), report)

    monkeypatch.setattr(certify, "explore", _failing)
    monkeypatch.setattr(
        certify,
        "enumerate_prior",
        lambda log_likelihood, d, *, n_points, rng: enumerate_prior(
            log_likelihood, d, n_points=64, rng=rng
        ),
    )
    monkeypatch.setattr(certify, "_by_nuts", by_nuts)
    assert _infer().report.engine == "nuts"
    assert asked["modes"].shape[1] == 4
    assert len(asked["escalations"]) == 2


def test_an_unknown_engine_is_refused():
    with pytest.raises(ValueError, match="unknown engine 'gibbs'"):
        _infer("gibbs")
    assert ENGINES == ("amis", "brute-force", "nuts")


def test_the_same_seed_gives_the_same_posterior():
    first, second = _infer(seed=5), _infer(seed=5)
    assert first.theta.tobytes() == second.theta.tobytes()
    assert first.weights.tobytes() == second.weights.tobytes()
    assert first.report == second.report
