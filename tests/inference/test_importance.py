"""Adaptive importance sampling on targets whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forecaster.inference.importance import (
    LEAST_ESS,
    MOST_ROUNDS,
    enumerate_prior,
    explore,
)
from forecaster.inference.mixture import log_sum_exp

CENTRE = np.array([1.0, -0.5, 2.0, 0.3])


def _normal(sd, centre=CENTRE):
    """Return the log likelihood of observing `centre` with error sd, and its log evidence."""

    def log_likelihood(unit):
        misfit = ((unit - centre) ** 2).sum(axis=1)
        return -0.5 * misfit / sd**2 - len(centre) * math.log(sd * math.sqrt(2 * math.pi))

    # the observation has variance 1 + sd^2 before it is seen
    variance = 1 + sd**2
    evidence = -0.5 * centre @ centre / variance
    return log_likelihood, evidence - len(centre) / 2 * math.log(2 * math.pi * variance)


@pytest.mark.parametrize("sd", [0.05, 0.3, 2.0])
def test_conjugate_target_has_its_known_moments_and_evidence(sd, rng):
    log_likelihood, log_evidence = _normal(sd)
    found = explore(log_likelihood, 4, rng=rng)
    assert found.failures() == ()
    mean, var = CENTRE / (1 + sd**2), sd**2 / (1 + sd**2)
    # standard errors from the effective size: sd / sqrt(ess) of a mean, var sqrt(2 / ess) of a
    # variance, 1 / sqrt(ess) of the log evidence
    own_mean = found.weights @ found.unit
    assert np.abs(own_mean - mean).max() < 4 * math.sqrt(var / found.ess)
    own_var = found.weights @ (found.unit - own_mean) ** 2
    assert np.abs(own_var - var).max() < 4 * var * math.sqrt(2 / found.ess)
    assert abs(found.log_evidence - log_evidence) < 4 / math.sqrt(found.ess)


def test_brute_force_agrees_with_the_conjugate_answer(rng):
    log_likelihood, log_evidence = _normal(0.7)
    found = enumerate_prior(log_likelihood, 4, n_points=2**15, rng=rng)
    assert found.failures() == ()
    assert found.log_evidence == pytest.approx(log_evidence, abs=4 / math.sqrt(found.ess))
    assert found.weights @ found.unit == pytest.approx(CENTRE / 1.49, abs=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_two_modes_have_their_known_masses(seed):
    sd = 0.15
    centres = np.array([[1.5, 0, 0, 0], [-1.2, 1.0, 0, 0]])
    likelihoods, evidences = zip(*(_normal(sd, centre) for centre in centres), strict=True)

    def log_likelihood(unit):
        terms = [f(unit) + math.log(p) for f, p in zip(likelihoods, (0.2, 0.8), strict=True)]
        return log_sum_exp(np.array(terms), axis=0)

    found = explore(log_likelihood, 4, rng=np.random.default_rng(seed))
    assert found.failures() == ()
    odds = 0.25 * math.exp(evidences[0] - evidences[1])
    mass = float(found.weights[found.unit[:, 0] > 0].sum())
    expected = odds / (1 + odds)
    assert abs(mass - expected) < 4 * math.sqrt(expected * (1 - expected) / found.ess)


def _thin_shell(unit):
    """Return a likelihood all of whose mass lies within 0.002 of a sphere of radius 2."""
    return -0.5 * ((np.linalg.norm(unit, axis=1) - 2) / 0.002) ** 2


def test_a_target_that_no_mixture_covers_is_not_certified(rng):
    found = explore(_thin_shell, 4, rng=rng)
    assert found.rounds == MOST_ROUNDS
    assert f"effective sample size {found.ess:.0f} is below {LEAST_ESS:.0f}" in found.failures()


def test_a_likelihood_that_is_no_number_somewhere_is_not_certified(rng):
    def log_likelihood(unit):
        return np.where(unit[:, 0] > 1, math.nan, 0.0)

    assert enumerate_prior(log_likelihood, 4, n_points=1024, rng=rng).failures()


def test_brute_force_far_from_the_prior_is_not_certified(rng):
    log_likelihood, _ = _normal(0.01)
    found = enumerate_prior(log_likelihood, 4, n_points=2**14, rng=rng)
    assert any("effective sample size" in failure for failure in found.failures())


@pytest.mark.parametrize("axis", range(4))
def test_evidences_of_two_halves_agree_where_one_coordinate_decides(axis, rng):
    # Every other Sobol point would be one side of the second coordinate's median: a gap of
    # log(0.841 / 0.159) = 1.67. The mean of exp(u) is exp(1/2), its relative variance e - 1 = 1.72;
    # plain Monte Carlo would leave sqrt(2 * 1.72 / 2048) = 0.041 between two halves of 2,048.
    found = enumerate_prior(lambda unit: unit[:, axis], 4, n_points=2**12, rng=rng)
    assert found.evidence_gap < 2 * 0.041
    assert found.log_evidence == pytest.approx(0.5, abs=0.041)


def test_a_flat_likelihood_gives_the_prior_back(rng):
    found = explore(lambda unit: np.full(len(unit), -3.0), 4, rng=rng)
    assert found.failures() == ()
    assert found.log_evidence == pytest.approx(-3.0, abs=0.02)
    assert np.abs(found.weights @ found.unit).max() < 4 / math.sqrt(found.ess)


def test_the_same_seed_gives_the_same_bytes():
    log_likelihood, _ = _normal(0.3)
    first, second = (explore(log_likelihood, 4, rng=np.random.default_rng(7)) for _ in range(2))
    assert first.weights.tobytes() == second.weights.tobytes()
    assert first.unit.tobytes() == second.unit.tobytes()


def test_weights_sum_to_one_and_points_stay_finite(rng):
    found = explore(_normal(0.3)[0], 4, rng=rng)
    assert found.weights.sum() == pytest.approx(1.0)
    assert np.isfinite(found.unit).all()
    assert found.weights.min() >= 0
