"""The shipped priors of groups say what they claim, and agree with those of a trend alone."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forecaster.errors import InputError
from forecaster.workspace.beliefs import SHIPPED_PRIORS, load_beliefs
from forecaster.workspace.pooled_beliefs import POOLED_KINDS, POOLED_NAMES, load_pooled_prior

QUANTILE_LEVELS = np.array([0.025, 0.1, 0.5, 0.9, 0.975])
N_SIMULATED = 200_000
WORKSPACE = SHIPPED_PRIORS.parent


def _prior(kind):
    return load_pooled_prior(WORKSPACE, kind, load_beliefs(WORKSPACE))


def _levels(kind: str, years: float) -> np.ndarray:
    """Return prior draws of a member's level some years after a known one, sorted.

    Given theta and drifts its change is normal: variances of own part and factor add up, each as
    that of a trend, s_l^2 t + 2 s_b^2 tau^2 (a - 1 + exp(-a)), a = t / tau.
    """
    rng = np.random.default_rng(11)
    prior = _prior(kind)
    s_l, s_b, tau, _, s_f_l, s_f_b = (
        p.median * np.exp(p.log_sd * rng.standard_normal(N_SIMULATED)) for p in prior.theta
    )
    a = years / tau
    variance = (s_l**2 + s_f_l**2) * years
    variance += 2 * (s_b**2 + s_f_b**2) * tau**2 * (a + np.expm1(-a))
    drift = rng.normal(prior.drift.mean, prior.drift.sd, N_SIMULATED)
    drift += rng.normal(prior.own.drift.mean, prior.own.drift.sd, N_SIMULATED)
    change = years * drift + np.sqrt(variance) * rng.standard_normal(N_SIMULATED)
    if kind == "share":
        return np.sort(1 / (1 + np.exp(-(math.log(0.3 / 0.7) + change))))
    return np.sort(np.exp(change))


@pytest.mark.parametrize("kind", POOLED_KINDS)
@pytest.mark.parametrize("years", [1, 5])
def test_stated_prior_predictive_is_that_of_the_priors(kind, years):
    stated = np.array(_prior(kind).predictive[years])
    levels = _levels(kind, years)
    measured = np.quantile(levels, QUANTILE_LEVELS)
    # the error of a quantile is sqrt(p (1 - p) / n) over the density, taken from its neighbours
    spread = np.quantile(levels, QUANTILE_LEVELS + 0.01) - np.quantile(
        levels, QUANTILE_LEVELS - 0.01
    )
    error = np.sqrt(QUANTILE_LEVELS * (1 - QUANTILE_LEVELS) / N_SIMULATED) * spread / 0.02
    # stated to three digits: half a unit of the last one is below 0.5%
    assert (np.abs(measured - stated) < 4 * error + 0.005 * np.abs(stated)).all(), measured


@pytest.mark.parametrize("kind", POOLED_KINDS)
def test_own_part_and_factor_together_vary_as_a_trend_alone(kind):
    prior, trend = _prior(kind), load_beliefs(WORKSPACE).trend[kind]
    medians = dict(zip(POOLED_NAMES, (p.median for p in prior.theta), strict=True))
    for own, factor, alone in (("s_l", "s_f_l", 0), ("s_b", "s_f_b", 1)):
        together = math.hypot(medians[own], medians[factor])
        # stated to two digits: half a unit of 0.07, the smallest, is 7%
        assert together == pytest.approx(trend.theta[alone].median, rel=0.07)
    assert math.hypot(prior.drift.sd, prior.own.drift.sd) == pytest.approx(trend.drift.sd, rel=0.02)
    assert prior.own.offset_sd == trend.offset_sd
    assert prior.own.drift.mean == 0


def test_every_prior_has_its_unit_and_reason():
    for kind in POOLED_KINDS:
        prior = _prior(kind)
        for stated in (*prior.theta, prior.drift, prior.own.drift):
            assert stated.unit
            assert stated.reason


def test_a_kind_without_a_common_scale_is_refused():
    with pytest.raises(InputError, match="series of kind 'real' cannot be pooled"):
        _prior("real")


def test_a_workspace_whose_priors_lack_the_family_is_told_the_key(tmp_path):
    text = (SHIPPED_PRIORS / "families.toml").read_text(encoding="utf-8")
    (tmp_path / "priors").mkdir()
    path = tmp_path / "priors" / "families.toml"
    path.write_text(text.replace("[pooled.count]", "[pooled.counts]"), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        load_pooled_prior(tmp_path, "count", load_beliefs(tmp_path))
    assert f"{path}, key 'pooled.count" in raised.value.faults[0].where
