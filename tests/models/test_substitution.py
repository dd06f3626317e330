"""A share below an uncertain cap against the dense answer, its PyMC model and its Jacobian."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from calibration.histories import PRIORS, linked, make_history
from calibration.jumped import LAYOUTS, PRIOR, REGRESSORS, dense_of, made, pymc_gap

from forecaster.errors import InputError
from forecaster.inference.importance import explore
from forecaster.inference.single import single_problem
from forecaster.models.static_effects import static_prior
from forecaster.models.substitution import CAP, IMPOSSIBLE, linked_at, substitution_model
from forecaster.models.trend import trend_model
from forecaster.workspace.series_beliefs import Cap

CAP_PRIOR = Cap(2.5, 1.2)


def _made(layout, rng, *, regressors=()):
    """Return a history of shares between a few percent and some 90, most caps above them."""
    observations, static = made(layout, rng, regressors=regressors)
    z = -1.0 + 0.8 * (observations.z - observations.z.mean())
    return replace(observations, z=z), replace(static, mean=np.append(z[0], static.mean[1:]))


@pytest.mark.parametrize("regressors", [(), REGRESSORS])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_likelihood_is_that_of_the_share_of_the_cap_times_its_slope(layout, regressors, rng):
    observations, static = _made(layout, rng, regressors=regressors)
    model = substitution_model(observations, static, PRIOR, CAP_PRIOR)
    unit = 1.5 * rng.standard_normal((10, 5))
    share = 1 / (1 + np.exp(-observations.z))
    found = single_problem(model).log_likelihood_at(unit)
    n_possible = 0
    for theta, value in zip(model.theta_at(unit).T, found, strict=True):
        cap = theta[CAP]
        if cap <= share.max() + 1e-6:
            assert value < IMPOSSIBLE / 2
            continue
        n_possible += 1
        z = np.log(share / (cap - share))
        stretch = cap * (1 - share) / (cap - share)
        noise_sd = observations.noise_sd * stretch
        linked = dense_of(replace(observations, z=z, noise_sd=noise_sd), static, theta[:4])
        linked = replace(linked, problem=replace(linked.problem, level_mean=static.mean[0]))
        # d log(v / (cap - v)) / dv = cap / (v (cap - v)), and d logit(v) / dv = 1 / (v (1 - v))
        slope = np.log(cap / (share * (cap - share))) - np.log(1 / (share * (1 - share)))
        # a market that is full up to the errors of its figures is believed less and less
        added = observations.noise_sd * (stretch - 1)
        believed = [-0.5 * (np.log(a / 0.25) / 0.1) ** 2 for a in added if a > 0.25]
        expected = linked.log_density() + slope.sum() + sum(believed)
        assert abs(value - expected) < 1e-6 * (1 + abs(expected))
    assert n_possible >= 4


@pytest.mark.parametrize("layout", ["points and averages", "overlapping houses"])
def test_filter_gives_the_log_density_of_the_pymc_model(layout, rng):
    observations, static = _made(layout, rng, regressors=REGRESSORS)
    model = substitution_model(observations, static, PRIOR, CAP_PRIOR)
    unit = 1.5 * rng.standard_normal((20, 5))
    unit[0, CAP] = -6.0  # a cap of some 1%, below most figures
    assert pymc_gap(model, unit) < 1e-6


def test_a_cap_of_one_is_the_trend(rng):
    observations, _ = _made("annual points", rng)
    theta = np.array([0.2, 0.15, 3.0, 0.05, 1.0])[:, None]
    found = linked_at(theta, observations)
    assert found.z[:, 0] == pytest.approx(observations.z)
    assert found.log_jacobian == pytest.approx([0.0], abs=1e-12)


def test_link_values_by_hand(rng):
    # v = 0.3 under a cap of 0.6: logit(1/2) = 0; slope 0.6 * 0.7 / 0.3 = 1.4 beside the logit's
    observations, _ = made("annual points", rng, n=1)
    observations = replace(observations, z=np.log([0.3 / 0.7]))
    found = linked_at(np.array([[0.2], [0.15], [3.0], [0.05], [0.6]]), observations)
    assert found.z == pytest.approx(0.0, abs=1e-12)
    assert found.log_jacobian == pytest.approx(np.log(1.4))
    assert found.noise_sd[:, 0] == pytest.approx(1.4 * observations.noise_sd)


def test_a_cap_at_the_error_of_a_figure_loses_weight_by_hand(rng):
    # v = 0.5, error 0.1: a cap of 0.55 stretches it by 0.55 * 0.5 / 0.05 = 5.5, which adds 0.45
    observations, _ = made("annual points", rng, n=1)
    observations = replace(observations, z=np.zeros(1), noise_sd=np.array([0.1]))
    found = linked_at(np.array([[0.2], [0.15], [3.0], [0.05], [0.55]]), observations)
    lost = 0.5 * (np.log(0.45 / 0.25) / 0.1) ** 2
    assert found.log_jacobian == pytest.approx(np.log(5.5) - lost)
    # a cap of 0.7 adds 0.1 * (0.7 * 0.5 / 0.2 - 1) = 0.075 and loses nothing
    found = linked_at(np.array([[0.2], [0.15], [3.0], [0.05], [0.7]]), observations)
    assert found.log_jacobian == pytest.approx(np.log(1.75))


@pytest.mark.parametrize("printed", ["0.25", "0.60", "0.601234", "0.90"])
def test_figures_that_repeat_do_not_pin_the_cap_to_themselves(printed):
    # regression: a cap just above eight equal figures won by 60 log units, for errors of
    # measurement kept their size on the link scale and so vanished on that of the figures
    history = make_history("share", "stock", {str(2000 + k): printed for k in range(8)})
    observations, prior = linked(history), PRIORS["share"]
    static = static_prior(observations, prior, is_share=True)
    evidence = []
    for model in (
        trend_model(observations, static, prior),
        substitution_model(observations, static, prior, CAP_PRIOR),
    ):
        problem = single_problem(model)
        fit = explore(problem.log_likelihood_at, problem.n_free, rng=np.random.default_rng(1))
        assert fit.failures() == ()
        evidence.append(fit.log_evidence)
    assert abs(evidence[1] - evidence[0]) < 12
    caps = problem.theta_at(fit.unit)[CAP]
    near = fit.weights[caps < 1.005 * float(printed)].sum()
    assert near < 0.01


def test_a_history_that_no_cap_can_hold_is_refused(rng):
    # regression: such fits were certified, with the same log density of -1e6 everywhere
    observations, static = _made("annual points", rng)
    full = replace(observations, z=np.append(observations.z[:-1], 6.5))
    with pytest.raises(InputError, match=r"a figure of 0.9985 leaves no room .* at most 0.9978"):
        substitution_model(full, static, PRIOR, Cap(2.5, 1.2))
    substitution_model(full, static, PRIOR, Cap(4.0, 1.2))
