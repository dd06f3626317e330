"""One series by one family or several: shares of the draws, jumps ahead, events and seasons."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from calibration.histories import PRIORS, REPORT, flat, linked, make_history, plan_of
from hypothesis import given
from hypothesis import strategies as st

from forecaster.forecasts import single_run
from forecaster.forecasts.settings import Settings
from forecaster.forecasts.single_run import fit_key, run_single, share_out
from forecaster.forecasts.trajectories import draw_trajectories
from forecaster.inference.certify import HyperPosterior
from forecaster.inference.draw_single import draw_single
from forecaster.models.choose import single_model
from forecaster.models.jumps import share_after
from forecaster.models.regressors import Regressor, Shape, average, seasons
from forecaster.models.static_effects import static_prior
from forecaster.workspace.belief_tables import LogNormal
from forecaster.workspace.series_beliefs import Cap
from forecaster.workspace.single_beliefs import JumpPrior

CAP = Cap(2.5, 0.5)
JUMPS = JumpPrior(LogNormal(0.3, 0.5, "", ""), LogNormal(0.6, 0.5, "", ""))
SETTINGS = Settings(as_of=date(2027, 1, 1), until="2028", n_draws=1000, use_cache=False)
QUARTERS = tuple(f"{year}-Q{quarter}" for year in range(2021, 2026) for quarter in range(1, 5))
N = 20_000


def _model(family, history, *, regressors=(), cap=CAP):
    kind = history.entry.kind
    observations, prior = linked(history), PRIORS[kind]
    static = static_prior(observations, prior, is_share=kind == "share", regressors=regressors)
    return single_model(family, observations, static, trend=prior, jumps=JUMPS, cap=cap)


def _draw(model, history, theta, until, *, latent=False, n_draws=N):
    """Return the plan, the posterior at one theta, and trajectories."""
    plan = plan_of(history, until, latent=latent)
    hyper = HyperPosterior(np.array(theta)[:, None], np.ones(1), REPORT)
    posterior = draw_single(
        model, hyper, kept=plan.kept, end=plan.end, n_draws=n_draws, rng=np.random.default_rng(1)
    )
    rng = np.random.default_rng(2)
    return plan, posterior, draw_trajectories(posterior, plan, model, history.entry, rng=rng)


@given(
    weights=st.lists(st.floats(0, 1), min_size=1, max_size=6).filter(lambda w: sum(w) > 0.01),
    n_draws=st.integers(1, 500),
    seed=st.integers(0, 99),
)
def test_families_share_out_the_draws_by_their_weights(weights, n_draws, seed):
    named = {str(k): weight for k, weight in enumerate(weights)}
    found = share_out(named, n_draws, np.random.default_rng(seed))
    everything = np.concatenate(list(found.values()))
    assert sorted(everything.tolist()) == list(range(n_draws))
    for name, weight in named.items():
        expected = n_draws * weight / sum(weights)
        # edges are rounded, so a part is off by less than one draw
        assert abs(len(found.get(name, ())) - expected) <= 1.0 + 1e-9
    assert all(len(part) for part in found.values())


def test_a_familys_draws_lie_anywhere():
    # position k belongs to 'a' in 3 of 10 partitions: 2,000 of them know a share to 0.0103
    rng = np.random.default_rng(4)
    found = np.zeros((2000, 10))
    for row in found:
        row[share_out({"a": 0.3, "b": 0.7}, 10, rng)["a"]] = 1
    assert found.mean(axis=0) == pytest.approx([0.3] * 10, abs=4 * 0.0103)
    first = [share_out({"a": 0.5, "b": 0.5}, 10, rng)["a"] for _ in range(200)]
    assert any((np.diff(part) < 0).any() for part in first)  # nor in order


def _pool(history):
    return {name: _model(name, history) for name in ("trend", "walk", "jumps", "substitution")}


_SHARES = ("0.30", "0.34", "0.41", "0.47", "0.58", "0.62")
SHARE = make_history("share", "stock", {str(2020 + k): share for k, share in enumerate(_SHARES)})


def _run(weights, *, settings=SETTINGS, history=SHARE, innovations=None):
    plan = plan_of(history, settings.until, latent=settings.latent)
    return plan, run_single(
        _pool(history), weights, plan, history.entry, settings,
        announce=lambda _: None, innovations=innovations,
    )  # fmt: skip


def test_a_pool_holds_each_family_in_proportion_and_leaves_out_the_weightless(monkeypatch):
    fitted = []
    fit = single_run.fit_single

    def noted(model, *rest):
        fitted.append(model.family)
        return fit(model, *rest)

    monkeypatch.setattr(single_run, "fit_single", noted)
    _, drawn = _run({"trend": 0.5, "walk": 0.0, "jumps": 0.3, "substitution": 0.2})
    assert fitted == ["trend", "jumps", "substitution"]
    assert drawn.weights == {"trend": 0.5, "jumps": 0.3, "substitution": 0.2}
    assert {f: p.n_draws for f, p in drawn.posteriors.items()} == {
        "trend": 500, "jumps": 300, "substitution": 200,
    }  # fmt: skip
    assert drawn.trajectories.shape[0] == 1000
    assert np.isfinite(drawn.trajectories).all()
    assert ((drawn.trajectories > 0) & (drawn.trajectories < 1)).all()


def test_draws_of_different_families_never_share_a_number():
    _, drawn = _run({"trend": 0.5, "jumps": 0.5})
    rng = single_run.random_stream(SETTINGS.seed, SHARE.entry.id, "pool")
    parts = share_out({"trend": 0.5, "jumps": 0.5}, 1000, rng)
    mine, other = (set(drawn.theta_index[part].tolist()) for part in parts.values())
    assert not mine & other
    for family, part in parts.items():
        posterior = drawn.posteriors[family]
        numbers = drawn.theta_index[part]
        assert (numbers - numbers.min()).tolist() == posterior.theta_index.tolist()


def test_no_level_of_a_market_lies_above_its_own_cap():
    _, drawn = _run({"substitution": 1.0}, settings=replace(SETTINGS, until="2040", latent=True))
    caps = drawn.posteriors["substitution"].theta[4]
    assert (drawn.trajectories < caps[np.argsort(_places(drawn))][:, None]).all()
    # regression: the cap must be that of the draw, and caps differ
    assert np.ptp(caps) > 0.05


def test_a_figure_under_a_cap_is_measured_on_the_share_itself():
    # a level at half of the cap of 0.8 for sure: logit(0.4) and the error of the newest figure,
    # 2 x 0.01 and rounding of 0.62 to 0.01
    model = _model("substitution", SHARE)
    theta = (1e-6, 1e-6, 2.0, 1e-9, 0.8)
    plan = plan_of(SHARE, "2026")
    hyper = HyperPosterior(np.array(theta)[:, None], np.ones(1), REPORT)
    posterior = draw_single(
        model, hyper, kept=plan.kept, end=plan.end, n_draws=N, rng=np.random.default_rng(1)
    )
    still = replace(posterior, state=np.zeros((2, N)), effects=np.zeros_like(posterior.effects))
    found = draw_trajectories(still, plan, model, SHARE.entry, rng=np.random.default_rng(2))[:, 0]
    logits = np.log(found / (1 - found))
    sd = math.hypot(0.02, 0.01 / math.sqrt(12) / (0.62 * 0.38))
    assert logits.mean() == pytest.approx(math.log(0.4 / 0.6), abs=4 * sd / math.sqrt(N))
    assert logits.std() == pytest.approx(sd, abs=4 * sd / math.sqrt(2 * N))


def _places(drawn):
    rng = single_run.random_stream(SETTINGS.seed, SHARE.entry.id, "pool")
    return share_out(drawn.weights, 1000, rng)["substitution"]


def test_given_innovations_drive_the_steps_of_every_family():
    weights = {"trend": 0.6, "jumps": 0.4}
    plan, own = _run(weights)
    high = np.full((plan.n_steps, 3, 1000), 1.5)
    _, up = _run(weights, innovations=high)
    _, down = _run(weights, innovations=-high)
    assert (np.median(up.trajectories, axis=0) > np.quantile(own.trajectories, 0.7, axis=0)).all()
    assert (np.median(down.trajectories, axis=0) < np.quantile(own.trajectories, 0.3, axis=0)).all()


def test_the_key_of_a_fit_tells_families_apart():
    plan = plan_of(SHARE, "2028")
    models = _pool(SHARE)
    models["other cap"] = _model("substitution", SHARE, cap=Cap(2.4, 0.5))
    keys = {fit_key(model, plan, SHARE.entry, SETTINGS) for model in models.values()}
    assert len(keys) == 5


REAL = make_history(
    "real", "stock", {"2022": "3", "2023": "1", "2024": "-2", "2025": "0"}, typical_change=1.0
)


def test_jumps_ahead_have_the_variance_of_a_compound_poisson_process():
    # steps that stand still: what moves is jumps alone, variance rate x sd^2 x years
    theta = (0.2, 0.15, 2.0, 0.05, 0.4, 0.9)
    plan = plan_of(REAL, "2028", latent=True)
    model = _model("jumps", REAL)
    hyper = HyperPosterior(np.array(theta)[:, None], np.ones(1), REPORT)
    posterior = draw_single(
        model, hyper, kept=plan.kept, end=plan.end, n_draws=N, rng=np.random.default_rng(1)
    )
    still = replace(posterior, state=np.zeros((2, N)), effects=np.zeros_like(posterior.effects))
    none = np.zeros((plan.n_steps, 3, N))
    found = draw_trajectories(
        still, plan, model, REAL.entry, rng=np.random.default_rng(3), innovations=none
    )
    years = plan.step_length * np.arange(1, plan.n_steps + 1)
    squares = found**2
    error = squares.std(axis=0) / math.sqrt(N)
    assert np.abs((squares.mean(axis=0) - 0.4 * 0.9**2 * years) / error).max() < 4
    assert np.abs(found.mean(axis=0) / found.std(axis=0)).max() < 4 / math.sqrt(N)
    # no jump by the first quarter's end: exp(-0.1) of the draws have not moved at all
    moved = 1 - np.mean(found[:, 0] == 0)
    assert moved == pytest.approx(1 - math.exp(-0.4 * years[0]), abs=4 * 0.3 / math.sqrt(N))
    later = np.corrcoef(found[:, 0], found[:, -1])[0, 1]  # jumps stay: variance ratio's root
    assert later == pytest.approx(math.sqrt(years[0] / years[-1]), abs=0.05)


def test_absurd_rates_of_jumps_stay_finite():
    _, _, found = _draw(
        _model("jumps", REAL), REAL, (0.2, 0.15, 2.0, 0.05, 1e30, 1.0), "2040", n_draws=50
    )
    assert np.isfinite(found).all()


def _seasonal_history(kind="positive"):
    """Return five years of quarters that are 40% up in the fourth quarter, growth 8% a year."""
    up = np.array([-0.1, -0.1, -0.2, 0.4])
    rate = {p: math.exp(4 + 0.02 * k + up[k % 4]) for k, p in enumerate(QUARTERS)}
    if kind == "share":
        values = {p: f"{1 / (1 + math.exp(1 - up[k % 4])):.6f}" for k, p in enumerate(QUARTERS)}
    else:
        values = {p: f"{r / 4:.6f}" for p, r in rate.items()}
    return make_history(kind, "flow", values)


@pytest.mark.parametrize("family", ["trend", "walk", "jumps"])
def test_seasons_are_seen_in_the_quarters_ahead(family):
    history = _seasonal_history()
    rows = {"walk": (0.05, 1e-6, 1.0, 0.01), "trend": (0.05, 0.02, 2.0, 0.01),
            "jumps": (0.05, 0.02, 2.0, 0.01, 0.01, 0.1)}  # fmt: skip
    plain, seasonal = (
        _draw(_model(family, history, regressors=r), history, rows[family], "2027-Q4", n_draws=4000)
        for r in ((), seasons(0.3))
    )
    logs = np.log(np.median(seasonal[2], axis=0)).reshape(2, 4)
    up = logs[:, 3] - logs[:, :3].mean(axis=1)
    assert up == pytest.approx(0.4 + 0.4 / 3 + 0.02 * 2, abs=0.04)
    flatter = np.log(np.median(plain[2], axis=0)).reshape(2, 4)
    assert np.abs(flatter[:, 3] - flatter[:, :3].mean(axis=1)).max() < 0.2


def test_seasons_sum_to_zero_over_every_year_draw_by_draw():
    history = _seasonal_history()
    model = _model("trend", history, regressors=seasons(0.3))
    plan, posterior, found = _draw(
        model, history, (0.05, 0.02, 2.0, 0.01), "2027-Q4", latent=True, n_draws=200
    )
    static = model.static
    none = replace(posterior, effects=posterior.effects.copy())
    none.effects[static.first_regressor :] = 0.0
    without = draw_trajectories(none, plan, model, history.entry, rng=np.random.default_rng(2))
    added = np.log(found / without)
    assert np.abs(added).max() > 0.1
    assert added.reshape(200, -1, 4).sum(axis=2) == pytest.approx(0.0, abs=1e-9)


def test_a_year_of_a_seasonal_share_is_the_average_of_its_quarters():
    history = _seasonal_history("share")
    model = _model("trend", history, regressors=seasons(0.3))
    theta = (0.05, 0.02, 2.0, 0.01)
    year = _draw(model, history, theta, "2027", n_draws=200)[2]
    quarters = _draw(model, history, theta, "2027-Q4", n_draws=200)[2]
    assert year == pytest.approx(quarters.reshape(200, 2, 4).mean(axis=2))
    assert quarters[:, 3].mean() - quarters[:, :3].mean() > 0.05


def test_a_part_of_the_year_that_is_kept_has_its_season():
    # two quarters are out, so the rest of 2026 begins at once; the window is kept by the filter
    history = _seasonal_history()
    model = _model("trend", history, regressors=seasons(0.3))
    plan = plan_of(history, "2026-Q2", latent=True)
    hyper = HyperPosterior(np.array([[0.05], [0.02], [2.0], [0.01]]), np.ones(1), REPORT)
    early = replace(plan, kept=((2024.75, 2025.0), (2025.0, 2025.25)))
    posterior = draw_single(
        model, hyper, kept=early.kept, end=plan.end, n_draws=4000, rng=np.random.default_rng(1)
    )
    # kept values come without their season, as draw_posterior says: 2.5 quarters of growth apart
    gap = float(np.mean(posterior.kept[1] - posterior.kept[0]))
    assert gap == pytest.approx(0.02, abs=0.05)
    effects = posterior.effects[model.static.first_regressor :]
    season = [average(r.shape, *np.array(early.kept).T) for r in model.static.regressors]
    full = posterior.kept + np.array(season).T @ effects
    assert float(np.mean(full[1] - full[0])) == pytest.approx(0.02 - 0.5, abs=0.05)


def test_the_release_of_an_event_that_ends_is_forecast():
    # a subsidy lifted 2023 and 2024 by 1 and is over at the end of 2025
    figures = {"2019": 0.0, "2020": 0.0, "2021": 0.0, "2022": 0.0, "2023": 1.0, "2024": 1.0}
    values = {period: f"{math.exp(3 + up):.8f}" for period, up in figures.items()}
    history = make_history("positive", "stock", values)
    shape = Shape("window", 2023.5, 2026.0)
    event = Regressor("subsidy", shape, 0.8, 0.5)
    model = _model("trend", history, regressors=(event,))
    plan, posterior, found = _draw(
        model, history, (0.02, 0.01, 2.0, 0.01), "2027", latent=True, n_draws=4000
    )
    effect = posterior.effects[model.static.first_regressor]
    assert effect.mean() == pytest.approx(1.0, abs=0.1)
    ends = np.array([period.end_year for period in plan.periods])
    middle = np.median(np.log(found), axis=0)
    assert middle[ends <= 2026.0] == pytest.approx(4.0, abs=0.15)
    assert middle[ends > 2026.0] == pytest.approx(3.0, abs=0.3)


@pytest.mark.parametrize("timing", ["stock", "flow"])
def test_a_ramp_under_way_goes_on_to_its_full_size(timing):
    history = make_history("positive", timing, flat(*(str(year) for year in range(2019, 2026))))
    ramp = Regressor("plan", Shape("ramp", 2026.0, 2028.0), 0.5, 1e-4)
    theta = (0.02, 0.01, 2.0, 0.01)
    plan, _, found = _draw(
        _model("trend", history, regressors=(ramp,)), history, theta, "2029", latent=True,
        n_draws=2000,
    )  # fmt: skip
    _, _, plain = _draw(_model("trend", history), history, theta, "2029", latent=True, n_draws=2000)
    ends = np.array([period.end_year for period in plan.periods])
    starts = ends if timing == "stock" else np.array([p.start_year for p in plan.periods])
    expected = 0.5 * average(ramp.shape, starts, ends)
    apart = np.median(np.log(found), axis=0) - np.median(np.log(plain), axis=0)
    assert apart == pytest.approx(expected, abs=0.02)
    assert share_after(starts, ends, 2025.0).min() == 1.0  # every period lies ahead
