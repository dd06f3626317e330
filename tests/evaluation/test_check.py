"""The checks of a whole series, made from facts by hand, and the comparison of two engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from calibration.histories import REPORT
from calibration.problems import make_prior, observe

from forecaster.evaluation.check import check_single
from forecaster.evaluation.engine_comparison import gaps
from forecaster.evaluation.forecast_sensitivity import forecast_sensitivity
from forecaster.evaluation.stacking import series_weights
from forecaster.forecasts.settings import Settings
from forecaster.inference.certify import HyperPosterior
from forecaster.models.static_effects import static_prior
from forecaster.models.trend import trend_model
from forecaster.models.walk import walk_model
from forecaster.pipeline import Run
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.pool_beliefs import PoolPrior
from forecaster.workspace.reader import SHIPPED

from .small_series import annual_rows, facts_of

POOL = PoolPrior({"trend": 0.5, "jumps": 0.3, "walk": 0.2}, "because", 100, "some")
VALUES = ["10", "12", "15", "14", "18", "21", "26", "30", "29", "35"]
SETTINGS = Settings(as_of=date(2026, 6, 30), until="2024", n_draws=1000)


def _job(values=VALUES, *, family="pool", settings=SETTINGS, **fields):
    beliefs = replace(load_beliefs(SHIPPED), pool={"positive": POOL.weights, "share": POOL.weights})
    run = Run(facts_of(*annual_rows(values), **fields), beliefs, settings, announce=_silent)
    return run.job("sales", family=family), beliefs


def _silent(sentence):
    del sentence


def _check(values=VALUES, *, family="pool", **fields):
    job, beliefs = _job(values, family=family, **fields)
    return check_single(job, beliefs, SETTINGS, pool=POOL, with_nuts=False, announce=_silent)


@pytest.fixture(scope="module")
def checked():
    return _check()


def test_every_family_of_the_pool_is_there_in_the_order_of_its_weight(checked):
    assert [f.family for f in checked.families] == ["trend", "jumps", "walk"]
    assert [f.kind_weight for f in checked.families] == [0.5, 0.3, 0.2]
    assert sum(f.own_weight for f in checked.families) == pytest.approx(1.0)
    assert checked.leading.family == "trend"


def test_own_weights_are_those_of_the_steps(checked):
    steps = {f.family: f.steps for f in checked.families}
    found = series_weights(POOL.weights, steps)
    assert {f.family: f.own_weight for f in checked.families} == pytest.approx(found)
    # ten figures, three of them too early: seven folds if all can be trusted
    assert checked.n_folds == 7
    assert len(checked.pit) == 7
    assert ((checked.pit > 0) & (checked.pit < 1)).all()


def test_evidence_and_certificates_are_of_each_fit(checked):
    for family in checked.families:
        assert family.report.is_reliable
        assert np.isfinite(family.report.log_evidence)
        mean = family.steps.log_density[3:].mean()
        assert family.mean_log_score == pytest.approx(mean)


def test_predictive_checks_and_sensitivity_are_there(checked):
    assert checked.prior.n_changes == 9
    assert {q.name for q in checked.posterior} == {
        "volatility",
        "largest change",
        "persistence",
        "last change",
    }
    assert [p.quantity for p in checked.sensitivity.parameters] == ["s_l", "s_b", "tau", "s_o", "d"]
    assert str(checked.horizon) == "2024"
    assert checked.notes == ()


def test_one_figure_is_checked_by_its_prior_alone():
    found = _check(["10"])
    assert found.n_folds == 0
    assert found.prior is None
    assert found.posterior == ()
    assert len(found.pit) == 0
    assert any("three before it" in note for note in found.notes)
    assert [f.own_weight for f in found.families] == [0.5, 0.3, 0.2]


def test_a_family_asked_for_makes_the_whole_forecast():
    found = _check(family="walk")
    assert found.leading.family == "walk"
    assert [f.forecast_weight for f in found.families] == [1.0, 0.0, 0.0]
    assert found.sensitivity.parameters[0].quantity == "s_l"


@pytest.mark.parametrize("family", ["trend", "walk", "jumps"])
def test_the_other_families_do_not_hang_on_the_one_asked_for(checked, family):
    # the walk widens the drift's prior: none of the others may inherit that
    evidence = {f.family: f.report.log_evidence for f in checked.families}
    alone = {f.family: f.report.log_evidence for f in _check(family=family).families}
    assert alone == pytest.approx(evidence, abs=1e-9)


def test_a_short_history_leans_on_its_prior_more_than_a_long_one():
    rng = np.random.default_rng(1)
    long = np.exp(np.cumsum(0.05 + 0.3 * rng.standard_normal(40)))
    sensitivities = []
    for values in (long[-4:], long):
        job, _ = _job([f"{10 * v:.3f}" for v in values], settings=replace(SETTINGS, until="2060"))
        found = check_single(
            job,
            load_beliefs(SHIPPED),
            SETTINGS,
            pool=PoolPrior({"trend": 1.0}, "because", 1, "some"),
            with_nuts=False,
            announce=_silent,
        )
        (s_l,) = (p for p in found.sensitivity.parameters if p.quantity == "s_l")
        sensitivities.append(s_l)
    assert sensitivities[0].likelihood < sensitivities[1].likelihood


def test_no_points_no_sensitivity():
    job, _ = _job()
    hyper = HyperPosterior(np.ones((4, 1)), np.ones(1), REPORT)
    with pytest.raises(ValueError, match="NUTS"):
        forecast_sensitivity(
            job.models["trend"], hyper, job.plan, job.history.entry, n_draws=10, seed=1
        )


def _hyper(theta, ess=1000.0):
    n = theta.shape[1]
    return HyperPosterior(theta, np.full(n, 1 / n), replace(REPORT, ess=ess))


def test_engines_that_agree_differ_by_few_standard_errors_and_others_by_many():
    start = 2010.0 + np.arange(4)
    observations = observe(start, start, np.arange(4.0), noise_sd=0.01)
    model = trend_model(
        observations, static_prior(observations, make_prior(), is_share=False), make_prior()
    )
    rng = np.random.default_rng(2)
    ours, same = (np.exp(rng.standard_normal((4, 1000))) for _ in range(2))
    agreeing = gaps(model, _hyper(ours), _hyper(same))
    assert [gap.name for gap in agreeing] == [n for n in model.names for _ in range(3)]
    # 12 quantiles, nearly standard normal if right: beyond four about once in a hundred such sets
    assert max(abs(gap.in_errors) for gap in agreeing) < 4
    moved = same * np.array([[2.0], [1.0], [1.0], [1.0]])
    apart = gaps(model, _hyper(ours), _hyper(moved))
    assert min(abs(gap.in_errors) for gap in apart[:3]) > 4


def test_hyperparameters_that_are_fixed_are_not_compared():
    start = 2010.0 + np.arange(4)
    observations = observe(start, start, np.arange(4.0), noise_sd=0.01)
    static = static_prior(observations, make_prior(), is_share=False)
    model = walk_model(observations, static, make_prior())
    theta = model.theta_at(np.random.default_rng(3).standard_normal((500, 2)))
    found = gaps(model, _hyper(theta), _hyper(theta))
    assert {gap.name for gap in found} == {"s_l", "s_o"}
    assert all(gap.in_errors == 0 for gap in found)
    (median,) = (g.amis for g in found if g.name == "s_o" and g.quantile_level == 0.5)
    assert median == pytest.approx(0.05, rel=0.3)
