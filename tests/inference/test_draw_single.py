"""Draws of one series, whatever its family, against the dense answer."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from calibration import dense
from calibration.histories import REPORT
from calibration.jumped import PRIOR, REGRESSORS, dense_of, jump_edges, jump_terms, made

from forecaster.inference.certify import HyperPosterior
from forecaster.inference.draw_single import _draw_times, draw_single
from forecaster.inference.posterior import draw_posterior
from forecaster.inference.timeline import lay_out
from forecaster.models.jumps import jumps_model
from forecaster.models.substitution import linked_at, substitution_model
from forecaster.models.trend import trend_model
from forecaster.workspace.belief_tables import LogNormal
from forecaster.workspace.series_beliefs import Cap
from forecaster.workspace.single_beliefs import JumpPrior

THETA = np.array([0.2, 0.15, 2.0, 0.05, 0.3, 0.8])
JUMPS = JumpPrior(LogNormal(0.1, 0.7, "", ""), LogNormal(0.6, 0.5, "", ""))
KEPT = ((2012.0, 2012.0), (2013.5, 2015.5), (2014.0, 2014.25))
END = 2016.5
N = 40_000


def _even(theta) -> HyperPosterior:
    theta = np.asarray(theta).reshape(len(theta), -1)
    return HyperPosterior(theta, np.full(theta.shape[1], 1 / theta.shape[1]), REPORT)


def _mixture(observations, static, kinds, starts, ends):
    """Return the moments of targets over all times of the jump: weights, means, covariances."""
    found = dense_of(observations, static, THETA)
    times, terms = jump_terms(found, jump_edges(observations))
    weights = np.exp(terms - np.logaddexp.reduce(terms))
    targets = dense.Targets(kinds, np.array(starts), np.array(ends))
    parts = [found.conditional(targets, time, THETA[5]) for time in times]
    return weights, np.array([mean for mean, _ in parts]), np.array([cov for _, cov in parts])


@pytest.mark.parametrize(
    ("layout", "size"), [("irregular points", 0.9), ("points and averages", 0.0)]
)
@pytest.mark.parametrize("regressors", [(), REGRESSORS])
def test_draws_with_a_jump_have_the_moments_of_the_dense_mixture(layout, size, regressors):
    observations, static = made(layout, np.random.default_rng(5), regressors=regressors)
    z = observations.z + size * (observations.start >= 2013.0)
    observations = replace(observations, z=z)
    model = jumps_model(observations, static, PRIOR, JUMPS)
    rng = np.random.default_rng(6)
    drawn = draw_single(model, _even(THETA), kept=KEPT, end=END, n_draws=N, rng=rng)
    kinds = ("level", "beta", *("level" for _ in KEPT), "drift")
    starts = [END, END, *(window[0] for window in KEPT), 2010.0]
    ends = [END, END, *(window[1] for window in KEPT), 2010.0]
    weights, means, covariances = _mixture(observations, static, kinds, starts, ends)
    assert np.sort(weights)[-2] > 0.02  # a true mixture, not one time for sure
    mean = weights @ means
    apart = means - mean
    covariance = np.einsum("k,kij->ij", weights, covariances)
    covariance += np.einsum("k,ki,kj->ij", weights, apart, apart)
    draws = np.vstack([drawn.state, drawn.kept, drawn.effects[1]]).T
    sd = np.sqrt(np.diag(covariance))
    assert np.abs((draws.mean(axis=0) - mean) / sd).max() < 4.5 / math.sqrt(N)
    # a mixture of normals may have heavier products than one normal: their error is measured
    centred = draws - mean
    products = centred[:, :, None] * centred[:, None, :]
    error = products.std(axis=0) / math.sqrt(N)
    assert np.abs((products.mean(axis=0) - covariance) / error).max() < 4.5


def test_jumps_keep_one_theta_for_each_draw_and_no_effect_of_their_own(rng):
    observations, static = made("annual points", rng, regressors=REGRESSORS)
    model = jumps_model(observations, static, PRIOR, JUMPS)
    thetas = THETA[:, None] * np.exp(rng.normal(0, 0.3, (6, 7)))
    drawn = draw_single(model, _even(thetas), kept=KEPT[:1], end=END, n_draws=70, rng=rng)
    assert drawn.effects.shape == (len(static.mean), 70)
    assert np.bincount(drawn.theta_index).tolist() == [10] * 7
    assert np.array_equal(drawn.theta, thetas[:, drawn.theta_index])
    assert drawn.kept.shape == (1, 70)


def test_jumps_can_be_drawn_with_nothing_kept_and_from_one_figure(rng):
    observations, static = made("annual points", rng, n=1)
    model = jumps_model(observations, static, PRIOR, JUMPS)
    drawn = draw_single(model, _even(THETA), kept=(), end=END, n_draws=10, rng=rng)
    assert drawn.kept.shape == (0, 10)
    assert np.isfinite(drawn.state).all()


def test_a_jump_is_drawn_at_each_time_with_its_weight():
    # no jump .5, first time .3, second .2 for one theta; the other way about for the next
    log_weights = np.log([[0.5, 0.2], [0.3, 0.3], [0.2, 0.5]])
    index = np.repeat([0, 1], 20_000)
    found = _draw_times(log_weights, index, np.random.default_rng(1))
    shares = [np.bincount(found[index == k], minlength=3) / 20_000 for k in (0, 1)]
    error = 4.5 * 0.5 / math.sqrt(20_000)
    assert shares[0] == pytest.approx([0.3, 0.2, 0.5], abs=error)
    assert shares[1] == pytest.approx([0.3, 0.5, 0.2], abs=error)


def test_a_trend_is_drawn_as_before(rng):
    observations, static = made("overlapping houses", rng)
    model = trend_model(observations, static, PRIOR)
    hyper = _even(THETA[:4])
    ours = draw_single(model, hyper, kept=KEPT, end=END, n_draws=50, rng=np.random.default_rng(3))
    again = np.random.default_rng(3)
    again.random()  # where the resampling begins
    plain = draw_posterior(
        THETA[:4, None], np.zeros(50, dtype=np.int64), observations,
        lay_out(observations, kept=KEPT, end=END), static, report=REPORT, rng=again,
    )  # fmt: skip
    assert np.array_equal(ours.state, plain.state)
    assert np.array_equal(ours.kept, plain.kept)


def test_every_cap_reads_the_figures_by_its_own_light(rng):
    # with hardly any noise the level at the last figure is that figure's share of the cap
    observations, static = made("annual points", rng)
    observations = replace(
        observations,
        z=np.linspace(-1.0, 1.0, observations.n),
        noise_sd=np.full(observations.n, 1e-3),
    )
    model = substitution_model(observations, static, PRIOR, Cap(2.5, 1.2))
    thetas = np.array([[0.3, 0.15, 2.0, 1e-3, cap] for cap in (0.75, 0.9, 0.99)]).T
    last = float(observations.end.max())
    drawn = draw_single(model, _even(thetas), kept=(), end=last, n_draws=300, rng=rng)
    expected = linked_at(thetas, observations).z[-1]
    for k in range(3):
        levels = drawn.state[0][drawn.theta_index == k]
        assert levels == pytest.approx(expected[k], abs=0.1)
