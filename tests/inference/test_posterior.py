"""Resampling, and draws of effects and states against the dense answer."""

from __future__ import annotations

import numpy as np
import pytest
from calibration import dense
from calibration.histories import REPORT
from calibration.problems import as_problem, make_observations, make_prior
from hypothesis import given, settings
from hypothesis import strategies as st

from forecaster.inference import posterior as module
from forecaster.inference.posterior import draw_posterior, resample
from forecaster.inference.timeline import lay_out
from forecaster.models.static_effects import static_prior

THETA = np.array([0.2, 0.15, 2.0, 0.05])


@given(
    weights=st.lists(st.floats(0, 1), min_size=1, max_size=40).filter(lambda w: sum(w) > 0.01),
    n_draws=st.integers(1, 300),
    seed=st.integers(0, 99),
)
@settings(max_examples=100, deadline=None)
def test_resampling_gives_every_point_its_share_but_for_one(weights, n_draws, seed):
    weights = np.array(weights) / sum(weights)
    chosen = resample(weights, n_draws, rng=np.random.default_rng(seed))
    counts = np.bincount(chosen, minlength=len(weights))
    assert (np.abs(counts - n_draws * weights) < 1 + 1e-6).all()
    assert (np.diff(chosen) >= 0).all()
    assert len(chosen) == n_draws


def test_resampling_keeps_the_mean(rng):
    weights = np.array([0.5, 0.3, 0.2])
    counts = np.array(
        [np.bincount(resample(weights, 7, rng=rng), minlength=3) for _ in range(4000)]
    )
    # each count is one of two neighbouring whole numbers: sd at most 1/2, of the mean 0.008
    assert counts.mean(axis=0) == pytest.approx(7 * weights, abs=4 * 0.008)


def _draws(n, *, kept=(), end=None, theta=THETA):
    observations = make_observations("overlapping houses", np.random.default_rng(2), n=4)
    prior = make_prior()
    static = static_prior(observations, prior, is_share=False)
    timeline = lay_out(observations, kept=kept, end=end)
    found = draw_posterior(
        np.asarray(theta).reshape(4, -1),
        np.zeros(n, dtype=np.int64),
        observations,
        timeline,
        static,
        report=REPORT,
        rng=np.random.default_rng(3),
    )
    return found, as_problem(observations, prior), timeline


def test_draws_have_the_joint_moments_of_the_dense_answer():
    n = 40_000
    found, problem, timeline = _draws(n, kept=[(2012.0, 2012.0), (2013.5, 2015.5)], end=2016.0)
    targets = dense.Targets(
        ("level", "beta", "level", "level", "start-level", "drift", "offset", "offset"),
        np.array([2016.0, 2016.0, 2012.0, 2013.5, 2010, 2010, 2010, 2010]),
        np.array([2016.0, 2016.0, 2012.0, 2015.5, 2010, 2010, 2010, 2010]),
        np.array([-1, -1, -1, -1, -1, -1, 1, 2]),
    )
    assert timeline.end == 2016.0
    mean, covariance = dense.conditional(targets, problem, THETA)
    draws = np.vstack([found.state, found.kept, found.effects]).T
    sd = np.sqrt(np.diag(covariance))
    assert np.abs((draws.mean(axis=0) - mean) / sd).max() < 4.5 / np.sqrt(n)
    error = np.sqrt((np.outer(sd, sd) ** 2 + covariance**2) / n)
    assert np.abs((np.cov(draws.T) - covariance) / error).max() < 4.5


def test_a_kept_point_at_the_end_is_the_final_level():
    found, _, _ = _draws(100, kept=[(2016.0, 2016.0)], end=2016.0)
    assert found.kept[0] == pytest.approx(found.state[0], abs=1e-6)


def test_draws_do_not_depend_on_the_chunks_they_are_made_in(monkeypatch):
    observations = make_observations("annual points", np.random.default_rng(2))
    static = static_prior(observations, make_prior(), is_share=False)
    theta = THETA[:, None] * np.exp(np.random.default_rng(4).normal(0, 0.3, (4, 30)))
    index = np.repeat(np.arange(30), 3)

    def draw():
        return draw_posterior(
            theta, index, observations, lay_out(observations), static,
            report=REPORT, rng=np.random.default_rng(5),
        )  # fmt: skip

    whole = draw()
    monkeypatch.setattr(module, "_CHUNK_VALUES", 40)
    pieces = draw()
    assert pieces.state == pytest.approx(whole.state, rel=1e-12)
    assert pieces.effects == pytest.approx(whole.effects, rel=1e-12)


def test_draws_name_the_hyperparameters_they_share():
    found, _, _ = _draws(10)
    assert found.n_draws == 10
    assert found.theta_index.tolist() == [0] * 10
    assert (found.theta == THETA[:, None]).all()
