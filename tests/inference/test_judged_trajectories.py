"""Weighing drawn figures by statements, against the exact Gaussian answer."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.inference.judged_trajectories import weigh_trajectories
from inference.test_judgements import _reading


def test_weighed_draws_have_the_moments_of_the_exact_answer(rng):
    # figures ~ N(1, .5^2); a statement of 2 without kappa, error .5: mean 1.5, sd sqrt(.125)
    n = 20_000
    figures = 1 + 0.5 * rng.standard_normal((1, n))
    reading = _reading(2.0, 2017, 2018, own_sd=0.5)
    found = weigh_trajectories(figures, np.array([2.0]), np.array([np.nan]), [reading], rng=rng)
    drawn = figures[0, found.chosen]
    assert not found.failures
    assert drawn.mean() == pytest.approx(1.5, abs=4.5 * 0.354 / np.sqrt(found.ess))
    assert drawn.std() == pytest.approx(np.sqrt(0.125), abs=4.5 * 0.354 / np.sqrt(2 * found.ess))


def test_a_statement_is_de_anchored_from_our_forecast(rng):
    # kappa 1/2, ours 1, said 1.25: the news is 1.5, with twice the error of .25
    n = 20_000
    figures = 1 + 0.5 * rng.standard_normal((1, n))
    reading = _reading(1.25, 2017, 2018, own_sd=0.25, kappa_low=0.5, kappa_high=0.5)
    found = weigh_trajectories(figures, np.array([1.25]), np.array([1.0]), [reading], rng=rng)
    drawn = figures[0, found.chosen]
    assert drawn.mean() == pytest.approx(1.25, abs=4.5 * 0.354 / np.sqrt(found.ess))


def test_a_statement_far_from_every_draw_fails(rng):
    figures = 0.1 * rng.standard_normal((1, 4000))
    reading = _reading(3.0, 2017, 2018, own_sd=0.05)
    found = weigh_trajectories(figures, np.array([3.0]), np.array([np.nan]), [reading], rng=rng)
    assert found.failures
