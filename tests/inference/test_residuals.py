"""One-step-ahead residuals against a dense factor, and their law."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from calibration import dense
from calibration.histories import PRIORS, linked, make_history, model_of, plan_of, posterior_at
from calibration.problems import as_problem

from forecaster.inference.residuals import one_step_residuals
from forecaster.models.substitution import linked_at, substitution_model
from forecaster.workspace.series_beliefs import Cap

THETA = (0.2, 0.15, 2.0, 0.05)
HISTORY = make_history(
    "share", "stock", {"2018": "0.31", "2019": "0.30", "2020": "0.33", "2021": "0.31"},
    others={"b": {"2021": "0.36", "2023": "0.45", "2024-Q2": "0.47"}},
    relations={"b": "same-measure"},
)  # fmt: skip


def _posterior(history=HISTORY, theta=THETA):
    plan = plan_of(history, "2027")
    return posterior_at(history, plan, theta, n_draws=20)


def _dense_residuals(observations, kind):
    """Return residuals with effects at their posterior mean, by one Cholesky factor."""
    problem = as_problem(observations, PRIORS[kind])
    still = replace(problem, level_sd=0.0, drift_sd=0.0, offset_sd=np.zeros_like(problem.offset_sd))
    mean, noise = dense.moments(still, np.array(THETA))
    design = [np.ones(observations.n), (problem.start + problem.end) / 2 - problem.anchor]
    design += [1.0 * (problem.basis == k) for k in range(1, len(problem.offset_sd))]
    design = np.array(design).T
    prior_sd = np.array([problem.level_sd, problem.drift_sd, *problem.offset_sd[1:]])
    weighed = np.linalg.solve(noise, design)
    precision = design.T @ weighed + np.diag(prior_sd**-2.0)
    effects = np.linalg.solve(precision, weighed.T @ (problem.link_value - mean))
    rest = problem.link_value - mean - design @ effects
    return np.linalg.solve(np.linalg.cholesky(noise), rest)


def test_residuals_are_those_of_the_dense_factor():
    observations = linked(HISTORY)
    expected = _dense_residuals(observations, "share")
    found = one_step_residuals(model_of(HISTORY), _posterior())
    on_target = [i for i in range(1, observations.n) if observations.basis[i] == 1]
    periods = [observations.periods[i] for i in on_target]
    assert list(found) == [(p.start, p.end) for p in periods]
    assert list(found.values()) == pytest.approx(expected[on_target], rel=1e-6)


def test_the_first_figure_has_no_residual():
    history = make_history("real", "stock", {"2024": "1"}, typical_change=1.0)
    assert one_step_residuals(model_of(history), _posterior(history)) == {}
    longer = make_history("real", "stock", {"2024": "1", "2025": "3"}, typical_change=1.0)
    assert len(one_step_residuals(model_of(longer), _posterior(longer))) == 1


def test_a_surprise_has_its_sign():
    calm = {str(year): "10" for year in range(2015, 2025)}
    for last, sign in (("20", 1), ("5", -1)):
        history = make_history("positive", "stock", calm | {"2025": last})
        found = one_step_residuals(model_of(history), _posterior(history))
        newest = found[max(found)]
        assert np.sign(newest) == sign
        assert abs(newest) > 2 * max(abs(v) for k, v in found.items() if k != max(found))


def test_under_a_cap_figures_are_read_as_shares_of_the_cap():
    model = model_of(HISTORY)
    observations = model.observations
    capped = substitution_model(observations, model.static, PRIORS["share"], Cap(1.0, 0.5))
    posterior = _posterior()
    theta = np.vstack([posterior.theta, np.full(20, 0.6)])
    found = one_step_residuals(capped, replace(posterior, theta=theta))
    z = linked_at(theta[:, :1], observations).z[:, 0]
    as_if = replace(observations, z=z)
    # the level's prior stays where it was: ten link units wide, it moves nothing here
    expected = _dense_residuals(as_if, "share")
    on_target = [i for i in range(1, observations.n) if observations.basis[i] == 1]
    assert list(found.values()) == pytest.approx(expected[on_target], abs=0.02)
