"""Quantities by hand, and checks that see a prior or a model that does not fit."""

from __future__ import annotations

import numpy as np
import pytest
from calibration.problems import make_prior, observe

from forecaster.evaluation.predictive_checks import (
    check_posterior,
    check_prior,
    quantities_of,
)
from forecaster.models.static_effects import static_prior
from forecaster.models.trend import trend_model

PRIOR = make_prior()


def _model(z, *, basis=None, offset_sd=None):
    start = 2010.0 + np.arange(len(z))
    if basis is not None:
        start = 2010.0 + np.arange(len(z)) // 2
    observations = observe(
        start, start + 1, np.array(z), noise_sd=0.01, basis=basis, offset_sd=offset_sd
    )
    static = static_prior(observations, PRIOR, is_share=False)
    return trend_model(observations, static, PRIOR)


def test_quantities_by_hand():
    # changes 2, 0, 4 over 1, 1 and 4 years: 2, 0, 2 a root of a year; mean 4/3,
    # centred 2/3, -4/3, 2/3: variance 24/27, persistence (-8/9 - 8/9)/2 / (24/27) = -1
    found = quantities_of(np.array([[0.0], [2.0], [2.0], [6.0]]), np.array([1.0, 1.0, 4.0]))
    assert found["volatility"][0] == pytest.approx((24 / 27) ** 0.5)
    assert found["largest change"][0] == 2.0
    assert found["persistence"][0] == pytest.approx(-1.0)
    assert found["last change"][0] == 2.0


def test_a_history_like_the_prior_falls_inside_it():
    rng = np.random.default_rng(1)
    z = np.cumsum(0.05 + 0.2 * rng.standard_normal(21))
    found = check_prior(_model(z), rng=rng)
    assert found.n_changes == 20
    # each of 20 changes of half the prior's width lies inside the 80% band with 95% or so
    assert found.in_80 >= 15
    assert found.in_95 >= found.in_80
    assert found.lower < 0.05 < found.upper
    assert found.years == pytest.approx(1.0)


def test_a_history_wilder_than_the_prior_falls_outside_it():
    found = check_prior(_model([0.0, 5.0, 0.0, 5.0, 0.0]), rng=np.random.default_rng(2))
    assert found.in_95 == 0
    assert (found.below, found.above) == (2, 2)


def test_one_figure_has_no_change():
    assert check_prior(_model([1.0]), rng=np.random.default_rng(3)) is None


def test_only_figures_of_the_target_basis_are_compared():
    basis = np.array([0, 1, 0, 1, 0, 1])
    model = _model([0.0, 9.0, 0.1, -9.0, 0.2, 9.0], basis=basis, offset_sd=np.array([0.0, 0.3]))
    assert check_prior(model, rng=np.random.default_rng(4)).n_changes == 2


def test_posterior_checks_rank_the_history_among_replicates():
    z = np.array([0.0, 1.0, 0.0, 1.0, 0.0])
    model = _model(z)
    rng = np.random.default_rng(5)
    calm = np.cumsum(0.1 * rng.standard_normal((5, 400)), axis=0)
    like = np.tile(z[:, None], 400) + 1e-9 * rng.standard_normal((5, 400))
    by_name = {q.name: q for q in check_posterior(model, [calm])}
    assert by_name["volatility"].probability == 0.0
    assert by_name["volatility"].observed > by_name["volatility"].upper
    # half calm, half like it: about half of the replicates reach it or not, by a hair
    mixed = {q.name: q for q in check_posterior(model, [calm, like])}
    assert 0.1 < mixed["volatility"].probability < 0.4


def test_too_short_a_history_is_not_checked():
    model = _model([0.0, 0.1, 0.3])
    assert check_posterior(model, [np.zeros((3, 10))]) == ()


def test_a_constant_history_has_no_persistence():
    model = _model([1.0, 1.0, 1.0, 1.0, 1.0])
    replicates = np.random.default_rng(6).standard_normal((5, 50))
    names = [q.name for q in check_posterior(model, [replicates])]
    assert "persistence" not in names
    assert "volatility" in names
