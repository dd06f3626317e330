"""What is believed of one member: its whole drift is as stated, its events are columns."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace

import numpy as np
import pytest
from calibration.groups import (
    DEVIATION_SD,
    DRIFT,
    DenseGroup,
    make_members,
    make_pooled_prior,
    random_unit,
    theta_of,
)
from calibration.shares import mean_height

from forecaster.inference.pooled import group_problem
from forecaster.models.member_beliefs import MemberBelief, member_belief, whole_drift
from forecaster.models.pooled import assemble, pymc_model
from forecaster.models.regressors import Regressor, Shape
from forecaster.models.trend import UNIT_NAME
from forecaster.workspace.belief_tables import Normal
from forecaster.workspace.series_beliefs import SeriesPrior
from forecaster.workspace.stated_beliefs import StatedBelief

EVENT = Regressor("ban", Shape("ramp", 2012.3, 2014.1), -0.4, 0.3)


def _series(growth: tuple[float, float] | None) -> SeriesPrior:
    """Return what is believed of a series that states its growth, or nothing."""
    trend = make_pooled_prior().own
    if growth is None:
        return SeriesPrior("a", "pooled", "", trend)
    trend = replace(trend, drift=Normal(*growth, "", "stated"))
    said = StatedBelief(*growth, said="", unit="", reason="stated")
    return SeriesPrior("a", "pooled", "", trend, stated={"growth": said})


def test_a_stated_growth_is_that_of_the_group_and_the_deviation_together():
    prior = make_pooled_prior()
    found = whole_drift(prior, member_belief(prior, _series((0.1, 0.14))))
    assert (found.mean, found.sd) == pytest.approx((0.1, 0.14))


def test_a_growth_stated_more_narrowly_than_the_groups_keeps_half_the_deviation():
    prior = make_pooled_prior()
    found = member_belief(prior, _series((0.1, 0.05))).trend.drift
    assert found.sd == pytest.approx(DEVIATION_SD / 2)
    whole = whole_drift(prior, member_belief(prior, _series((0.1, 0.05))))
    assert whole.mean == pytest.approx(0.1)
    assert whole.sd == pytest.approx(math.hypot(DRIFT[1], DEVIATION_SD / 2))


def test_nothing_stated_keeps_the_groups_prior():
    prior = make_pooled_prior()
    assert member_belief(prior, _series(None)).trend.drift == prior.own.drift


class _Believing(DenseGroup):
    """All figures as one normal vector, the first member's with its own beliefs."""

    def moments(self, theta):
        mean, cov = super().moments(theta)
        o = self.members[0]
        here = slice(0, o.n)
        middle = (o.start + o.end) / 2 - o.start.min()
        mean[here] += 0.15 * middle
        cov[here, here] += (0.2**2 - DEVIATION_SD**2) * np.outer(middle, middle)
        on = np.array([mean_height(EVENT.shape, a, b) for a, b in zip(o.start, o.end, strict=True)])
        mean[here] += EVENT.mean * on
        cov[here, here] += EVENT.sd**2 * np.outer(on, on)
        return mean, cov


def test_events_and_growth_of_a_member_have_the_dense_log_density():
    layout = "two houses"
    linked, calendars = make_members(layout, np.random.default_rng(6), n_members=3, n=5)
    prior = make_pooled_prior()
    own = replace(prior.own, drift=Normal(0.15, 0.2, "", ""))
    group = assemble(
        linked, calendars, prior, is_share=False, beliefs={"m0": MemberBelief(own, (EVENT,))}
    )
    unit = random_unit(np.random.default_rng(5), 10)
    expected = np.array([_Believing(linked, calendars).log_density(t) for t in theta_of(unit)])
    found = group_problem(group).log_likelihood_at(unit)
    assert (np.abs(found - expected) / (1 + np.abs(expected))).max() < 1e-6
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyMC's and PyTensor's own, at import
        log_posterior = pymc_model(group).compile_logp(mode="FAST_COMPILE")
        found = np.array([float(log_posterior({UNIT_NAME: u})) for u in unit])
    expected += -0.5 * (unit**2).sum(axis=1) - 3 * np.log(2 * np.pi)
    assert (np.abs(found - expected) / (1 + np.abs(expected))).max() < 1e-6
