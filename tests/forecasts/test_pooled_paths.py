"""Members of one draw share one path of the factor, one grid and one end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecaster.forecasts.pooled_paths import MemberSteps, member_paths, plan_group, simulate_pooled
from forecaster.inference.pooled_draws import PooledPosterior
from forecaster.inference.posterior import Posterior
from forecaster.inference.report import FitReport
from forecaster.models.member_beliefs import MemberBelief
from forecaster.models.pooled import make_group
from forecaster.models.regressors import Regressor, Shape
from forecaster.workspace.beliefs import SHIPPED_PRIORS, load_beliefs
from forecaster.workspace.facts import History, Row, SeriesEntry, Source
from forecaster.workspace.periods import parse_period
from forecaster.workspace.pooled_beliefs import load_pooled_prior

REPORT = FitReport("amis", 0.1, 1000.0, -1.0, 0.01, 1024, 2)
SOURCE = Source("s", "S", "S", date(2021, 1, 1), "stated", "")
THETA = np.array([0.1, 0.1, 2.0, 0.05, 0.3, 0.2])
N_DRAWS, N_STEPS = 20_000, 8


def _part(rows, *, level, drift):
    """Return a part whose every draw starts at the same level, with no stray slope."""
    theta = np.repeat(THETA[rows][:, None], N_DRAWS, axis=1)
    effects = np.repeat([[level], [drift]], N_DRAWS, axis=1)
    state = np.repeat([[level], [0.0]], N_DRAWS, axis=1)
    return Posterior(theta, np.arange(N_DRAWS), effects, state, np.zeros((0, N_DRAWS)), REPORT)


def _posterior():
    return PooledPosterior(
        theta=np.repeat(THETA[:, None], N_DRAWS, axis=1),
        theta_index=np.arange(N_DRAWS),
        factor=_part([4, 5, 2, 3], level=0.0, drift=0.2),
        own={name: _part([0, 1, 2, 3], level=i, drift=0.0) for i, name in enumerate("ab")},
        kept={name: np.zeros((0, N_DRAWS)) for name in "ab"},
        report=REPORT,
    )


def _innovations(rng):
    return rng.standard_normal((N_STEPS, 3, N_DRAWS))


def test_without_own_innovations_members_differ_by_their_levels_alone():
    still = np.zeros((N_STEPS, 3, N_DRAWS))
    paths = simulate_pooled(
        _posterior(), step_length=0.25, factor_innovations=_innovations(np.random.default_rng(1)),
        innovations={"a": still, "b": still},
    )  # fmt: skip
    for name in ("averages", "levels", "steady"):
        of_a, of_b = getattr(paths["a"], name), getattr(paths["b"], name)
        assert of_b - of_a == pytest.approx(np.ones(of_a.shape))
    assert paths["a"].averages[-1].std() > 0.3
    assert paths["a"].levels[-1].std() > 0.3
    # two years at 0.2 a year; the factor's sd is near 0.5, so the mean's error is 0.004
    assert paths["a"].levels[-1].mean() == pytest.approx(0.4, abs=0.02)


def test_changes_of_two_members_correlate_by_the_factors_share_of_their_variance():
    rng = np.random.default_rng(2)
    paths = simulate_pooled(
        _posterior(), step_length=0.25, factor_innovations=_innovations(rng),
        innovations={"a": _innovations(rng), "b": _innovations(rng)},
    )  # fmt: skip
    # with a slope that starts at zero the variance over t = 2 is s_l^2 t + s_b^2 tau^2 h(t / tau)
    # (mathematics 1), h(1) = 2 - 3 + 4 exp(-1) - exp(-2) = 0.336182
    own, factor = (s_l**2 * 2 + s_b**2 * 4 * 0.336182 for s_l, s_b in ((0.1, 0.1), (0.3, 0.2)))
    share = factor / (own + factor)
    found = np.corrcoef(paths["a"].levels[-1], paths["b"].levels[-1])[0, 1]
    assert found == pytest.approx(share, abs=4.5 * (1 - share**2) / np.sqrt(N_DRAWS))


def _histories(*, timing="flow"):
    histories = {}
    for name, periods in (("a", ["2018", "2019", "2020"]), ("b", ["2018", "2019"])):
        entry = SeriesEntry(
            name, name, name, "unit", "positive", timing, group="g", iamc_variable="v"
        )
        rows = tuple(
            Row(name, parse_period(p), 2.0, "2.0", "unit", "", "reported", SOURCE, "", "")
            for p in periods
        )
        histories[name] = History(entry, date(2022, 1, 1), rows, ("",), "", published=rows)
    return histories


def _group(histories):
    workspace = SHIPPED_PRIORS.parent
    return make_group(histories, load_pooled_prior(workspace, "positive", load_beliefs(workspace)))


def test_a_member_that_was_last_seen_earlier_keeps_what_lies_before_the_common_end():
    histories = _histories()
    plans = plan_group(histories, _group(histories), ["a", "b"], until="2022")
    assert plans["a"].end == plans["b"].end == 2021.0
    assert [str(p) for p in plans["b"].periods] == ["2020", "2021", "2022"]
    assert plans["a"].kept == ()
    assert plans["b"].kept == tuple((2020 + k / 4, 2020 + (k + 1) / 4) for k in range(4))


def test_months_asked_of_one_member_are_the_grid_of_all():
    histories = _histories()
    plans = plan_group(histories, _group(histories), ["a", "b"], until="2021-06")
    assert {plan.step_length for plan in plans.values()} == {1 / 12}


@pytest.mark.parametrize(("timing", "expected"), [("stock", 3.0), ("flow", 5.0)])
def test_latent_figures_of_a_stock_are_levels_and_of_a_flow_averages(timing, expected):
    histories = _histories(timing=timing)
    group = _group(histories)
    plan = plan_group(histories, group, ["a"], until="2022", latent=True)["a"]
    averages = np.full((plan.n_steps, N_DRAWS), np.log(5.0))
    levels = np.full((plan.n_steps + 1, N_DRAWS), np.log(3.0))
    entry, rng = histories["a"].entry, np.random.default_rng(1)
    drawn = member_paths(
        "a", _posterior(), plan, group, entry,
        simulated=MemberSteps(averages, levels, levels, averages), rng=rng,
    ).figures(plan, entry, rng=rng)  # fmt: skip
    assert drawn == pytest.approx(np.full(drawn.shape, expected))


def test_what_is_still_to_come_of_a_members_event_is_forecast():
    # half grown at the end, 2021.0, and full half a year later: 5/8, 7/8, 1, 1 over the quarters
    histories = _histories()
    workspace = SHIPPED_PRIORS.parent
    prior = load_pooled_prior(workspace, "positive", load_beliefs(workspace))
    event = Regressor("push", Shape("ramp", 2020.5, 2021.5), 0.0, 0.5)
    beliefs = {"a": MemberBelief(prior.own, (event,))}
    group = make_group(histories, prior, beliefs=beliefs)
    plan = plan_group(histories, group, ["a"], until="2021-Q4", latent=True)["a"]
    base = _posterior()
    own = replace(base.own["a"], effects=np.vstack([base.own["a"].effects, np.full(N_DRAWS, 0.4)]))
    posterior = replace(base, own={**base.own, "a": own})
    still = np.zeros((plan.n_steps, N_DRAWS))
    ends = np.vstack([still[:1], still])
    steps = MemberSteps(still, ends, ends, still)
    entry, rng = histories["a"].entry, np.random.default_rng(1)
    drawn = member_paths(
        "a", posterior, plan, group, entry, simulated=steps, rng=rng
    ).figures(plan, entry, rng=rng)  # fmt: skip
    expected = np.exp(0.4 * np.array([5 / 8, 7 / 8, 1.0, 1.0]))
    assert drawn[:, -4:] == pytest.approx(np.tile(expected, (N_DRAWS, 1)))


def test_windows_that_were_not_kept_are_asked_for():
    histories = _histories()
    group = _group(histories)
    plan = plan_group(histories, group, ["b"], until="2022")["b"]
    with pytest.raises(ValueError, match="4 windows of 'b' are needed, 0 were kept"):
        member_paths(
            "b", _posterior(), plan, group, histories["b"].entry,
            simulated=MemberSteps(*np.zeros((4, 8, 1))), rng=np.random.default_rng(1),
        )  # fmt: skip
