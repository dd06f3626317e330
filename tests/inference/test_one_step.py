"""One-step-ahead densities against refits, and jumps against a sum over all pairs of times."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from calibration.problems import make_observations, make_prior, observe

from forecaster.inference.importance import WeightedPoints, enumerate_prior, explore
from forecaster.inference.jumps import jump_times
from forecaster.inference.mixture import log_sum_exp
from forecaster.inference.normal import normal_log_density
from forecaster.inference.one_step import MOST_K_HAT, one_step_ahead
from forecaster.inference.sequential import condition_in_turn
from forecaster.inference.single import single_problem
from forecaster.inference.step_likelihood import JumpSteps
from forecaster.inference.timeline import lay_out
from forecaster.models.jumps import JUMP_RATE, JUMP_SD, jumps_model, share_after
from forecaster.models.static_effects import static_prior
from forecaster.models.substitution import substitution_model
from forecaster.models.trend import trend_model
from forecaster.models.walk import walk_model
from forecaster.workspace.belief_tables import LogNormal
from forecaster.workspace.series_beliefs import Cap
from forecaster.workspace.single_beliefs import JumpPrior

PRIOR = make_prior()
JUMPS = JumpPrior(LogNormal(0.1, 0.7, "", ""), LogNormal(0.5, 0.5, "", ""))
CAP = Cap(2.5, 1.2)
FAMILIES = ("trend", "walk", "substitution", "jumps")
ARRAYS = ("start", "end", "z", "jensen", "noise_sd", "basis")


def _cut(observations, n):
    """Return the first n observations; of a single basis, so that order is time."""
    return replace(observations, **{name: getattr(observations, name)[:n] for name in ARRAYS})


def _model(family, observations):
    static = static_prior(observations, PRIOR, is_share=False)
    if family == "trend":
        return trend_model(observations, static, PRIOR)
    if family == "walk":
        return walk_model(observations, static, PRIOR)
    if family == "jumps":
        return jumps_model(observations, static, PRIOR, JUMPS)
    return substitution_model(observations, static, PRIOR, CAP)


def _history(n=7):
    """Return a history that climbs, on the logit scale or any other, with one jump."""
    z = np.array([-2.0, -1.7, -1.5, -0.4, -0.2, 0.1, 0.3, 0.4])[:n]
    start = 2015.0 + np.arange(n)
    return observe(start, start + 1, z, noise_sd=0.02)


def _fit(model, seed=1):
    problem = single_problem(model)
    return explore(problem.log_likelihood_at, problem.n_free, rng=np.random.default_rng(seed))


@pytest.mark.parametrize("family", ["trend", "walk", "substitution"])
def test_density_of_a_step_is_the_ratio_of_the_evidences_of_two_refits(family):
    # the same points weigh both histories: no Monte Carlo error is left between the two ways
    observations = _history()
    points = _fit(_model(family, observations))
    found = one_step_ahead(_model(family, observations), points)
    evidences = []
    for n in range(1, observations.n + 1):
        problem = single_problem(_model(family, _cut(observations, n)))
        weights = points.log_prior_ratio + problem.log_likelihood_at(points.unit)
        evidences.append(float(log_sum_exp(weights, axis=0)))
    assert found.log_density[1:] == pytest.approx(np.diff(evidences), abs=1e-6)
    assert found.n_before.tolist() == list(range(observations.n))


@pytest.mark.parametrize("family", ["trend", "walk", "substitution"])
def test_density_of_a_step_agrees_with_brute_force_on_the_history_before(family):
    observations = _history()
    found = one_step_ahead(_model(family, observations), _fit(_model(family, observations)))
    n = 5
    evidences = []
    for n_known in (n, n + 1):
        problem = single_problem(_model(family, _cut(observations, n_known)))
        brute = enumerate_prior(
            problem.log_likelihood_at,
            problem.n_free,
            n_points=2**15,
            rng=np.random.default_rng(2),
        )
        evidences.append(brute.log_evidence)
    # ESS above 300 of either evidence: 1 / sqrt(300) = 0.06 each were they independent; the same
    # points serve both, so that most of it falls out of the ratio
    assert found.ess[n] > 300
    assert found.log_density[n] == pytest.approx(evidences[1] - evidences[0], abs=0.06)


def test_density_integrates_to_one_for_jumps_and_the_pit_is_its_integral():
    observations = _history()
    points = _fit(_model("jumps", observations))
    grid = np.linspace(-6, 6, 201)
    density, below = np.empty(len(grid)), None
    last = observations.n - 1
    for i, value in enumerate(grid):
        z = observations.z.copy()
        z[last] = value
        model = _model("jumps", replace(observations, z=z))
        # points found for the true history weigh the others too: only the last figure differs,
        # and the density before it does not hang on it
        found = one_step_ahead(model, points)
        density[i] = np.exp(found.log_density[last])
        if value <= 0.3 < value + 0.06:
            below = found.pit[last], i
    step = grid[1] - grid[0]
    # the trapezium's error is far below the tails cut off at six sds
    assert density.sum() * step == pytest.approx(1.0, abs=2e-3)
    pit, i = below
    assert density[: i + 1].sum() * step - density[i] * step / 2 == pytest.approx(pit, abs=0.03)


def _dense_pairs(theta, observations, static, k):
    """Return the density of each figure given the earlier ones by summing over pairs of jumps.

    Slow: every pair (past jump or none, new jump or none) is one history with two more columns.
    """
    timeline = lay_out(observations, anchor=static.anchor)
    where = jump_times(timeline)
    columns = share_after(observations.start, observations.end, where.times)
    rate, sd = theta[JUMP_RATE, k], theta[JUMP_SD, k]

    def log_density(n, jumps):
        cut = _cut(observations, n)
        own = static_prior(cut, PRIOR, is_share=False)
        with_jumps = replace(
            own,
            mean=np.append(own.mean, np.zeros(len(jumps))),
            sd=np.append(own.sd, np.full(len(jumps), sd)),
            columns=np.column_stack([own.columns, columns[:n, jumps]]),
        )
        turns = condition_in_turn(theta[:, [k]], cut, lay_out(cut, anchor=own.anchor), with_jumps)
        return float(sum(normal_log_density(t.residual, t.variance) for t in turns)[0])

    found = []
    for n in range(2, observations.n + 1):
        past, new = range(n - 2), n - 2
        before = {(): 0.0} | {(j,): np.log(rate * where.gaps[j]) for j in past}
        weights = {jumps: odds + log_density(n - 1, list(jumps)) for jumps, odds in before.items()}
        total = log_sum_exp(np.array(list(weights.values())), axis=0)
        never = -np.log1p(rate * where.gaps[new])
        parts = []
        for jumps, odds in before.items():
            for more, chance in (((), never), ((new,), never + np.log(rate * where.gaps[new]))):
                parts.append(odds + chance + log_density(n, [*jumps, *more]))
        found.append(float(log_sum_exp(np.array(parts), axis=0) - total))
    return found


def test_jumps_in_turn_are_the_sum_over_all_pairs_of_a_past_and_a_new_jump():
    observations = _history(6)
    model = _model("jumps", observations)
    theta = model.theta_at(np.random.default_rng(3).standard_normal((4, 6)))
    timeline = lay_out(observations, anchor=model.static.anchor)
    turns = condition_in_turn(theta, observations, timeline, model.static, with_jumps=True)
    likelihood = JumpSteps(theta, jump_times(timeline))
    densities = np.array([likelihood.take([turn])[0] for turn in turns])
    for k in range(theta.shape[1]):
        expected = _dense_pairs(theta, observations, model.static, k)
        assert densities[1:, k] == pytest.approx(expected, abs=1e-7)


def test_prefix_likelihood_with_jumps_is_that_of_a_fit_to_the_prefix():
    observations = _history(6)
    model = _model("jumps", observations)
    unit = np.random.default_rng(3).standard_normal((5, 6))
    theta = model.theta_at(unit)
    timeline = lay_out(observations, anchor=model.static.anchor)
    likelihood = JumpSteps(theta, jump_times(timeline))
    turns = condition_in_turn(theta, observations, timeline, model.static, with_jumps=True)
    for n, turn in enumerate(turns, start=1):
        likelihood.take([turn])
        refit = single_problem(_model("jumps", _cut(observations, n)))
        assert likelihood.log_likelihood == pytest.approx(refit.log_likelihood_at(unit), abs=1e-6)


def test_figures_of_one_period_are_one_step():
    observations = make_observations("overlapping houses", np.random.default_rng(4), n=4)
    found = one_step_ahead(_model("trend", observations), _fit(_model("trend", observations)))
    assert len(found.end) == len(np.unique(observations.end))
    assert found.n_before[-1] < observations.n
    whole = single_problem(_model("trend", observations))
    points = _fit(_model("trend", observations))
    # all steps together are the evidence: what the first figure adds is in the first step
    again = one_step_ahead(_model("trend", observations), points)
    weights = points.log_prior_ratio + whole.log_likelihood_at(points.unit)
    evidence = log_sum_exp(weights, axis=0) - log_sum_exp(points.log_prior_ratio, axis=0)
    assert again.log_density.sum() == pytest.approx(float(evidence), abs=1e-6)


def test_a_jump_is_less_of_a_surprise_to_the_family_that_knows_them():
    n = 12
    start = 2010.0 + np.arange(n)
    z = 0.05 * np.arange(n) + np.where(np.arange(n) >= 9, 1.5, 0.0)
    observations = observe(start, start, z, noise_sd=0.01)
    at = {
        family: one_step_ahead(_model(family, observations), _fit(_model(family, observations)))
        for family in ("trend", "jumps")
    }
    assert at["jumps"].log_density[9] > at["trend"].log_density[9] + 1


def test_every_step_has_its_own_k_hat_and_only_good_ones_are_used():
    observations = _history()
    points = _fit(_model("trend", observations))
    spoiled = WeightedPoints(
        unit=points.unit,
        weights=points.weights,
        k_hat=points.k_hat,
        ess=points.ess,
        log_evidence=points.log_evidence,
        evidence_gap=points.evidence_gap,
        rounds=points.rounds,
        modes=points.modes,
        # as if the proposals had hardly ever gone where the prior is: heavy weights there
        log_prior_ratio=points.log_prior_ratio * 30,
    )
    good = one_step_ahead(_model("trend", observations), points)
    bad = one_step_ahead(_model("trend", observations), spoiled)
    assert (good.k_hat < MOST_K_HAT).all()
    assert good.usable(least_before=3).tolist() == [3, 4, 5, 6]
    assert (bad.k_hat > MOST_K_HAT).any()
    assert len(bad.usable(least_before=0)) < len(good.usable(least_before=0))


@pytest.mark.parametrize("family", FAMILIES)
def test_pit_of_simulated_histories_is_even(family):
    rng = np.random.default_rng(6)
    pits = []
    for seed in range(25):
        start = 2012.0 + np.arange(6)
        growth = rng.normal(0.05, 0.15)
        z = np.cumsum(np.r_[-2.0, growth + rng.normal(0, 0.2, 5)])
        model = _model(family, observe(start, start, z, noise_sd=0.02))
        pits += one_step_ahead(model, _fit(model, seed)).pit[3:].tolist()
    # 75 values with mean 1/2 and sd 0.29 if even; neighbours share their drift, so allow for 40
    assert np.mean(pits) == pytest.approx(0.5, abs=4 * 0.29 / 40**0.5)
    assert 0.12 < np.std(pits) < 0.42
