"""A group lends to its thin members, and says what it cannot do."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from forecaster.errors import InputError
from forecaster.forecasts.plan import plan_forecast
from forecaster.forecasts.pooled_paths import member_paths, plan_group, simulate_pooled
from forecaster.forecasts.trajectories import draw_trajectories
from forecaster.inference.certify import infer
from forecaster.inference.pooled_draws import fit_pooled
from forecaster.inference.posterior import draw_posterior, resample
from forecaster.inference.single import single_problem
from forecaster.inference.timeline import lay_out
from forecaster.models.observations import link_observations
from forecaster.models.pooled import make_group
from forecaster.models.static_effects import static_prior
from forecaster.models.trend import trend_model
from forecaster.workspace.beliefs import SHIPPED_PRIORS, load_beliefs
from forecaster.workspace.facts import History, Row, SeriesEntry, Source
from forecaster.workspace.periods import parse_period
from forecaster.workspace.pooled_beliefs import POOLED_NAMES, load_pooled_prior

WORKSPACE = SHIPPED_PRIORS.parent
BELIEFS = load_beliefs(WORKSPACE)
SOURCE = Source("s", "S", "S", date(2021, 1, 1), "stated", "")
N_DRAWS = 4000


def _history(name: str, values: dict[str, float], *, kind: str = "positive") -> History:
    entry = SeriesEntry(name, name, name, "unit", kind, "flow", group="g", iamc_variable="v")
    rows = tuple(
        Row(
            name, parse_period(text), value, repr(value), "unit", "", "reported", SOURCE, "", "f, 1"
        )
        for text, value in values.items()
    )
    return History(entry, date(2022, 1, 1), rows, ("",), "", published=rows)


def _growing(name: str, seed: int, *, growth: float, spread: float = 0.1, n: int = 10) -> History:
    """Return annual figures that grow steadily, give or take the spread."""
    z = growth * np.arange(n) + spread * np.random.default_rng(seed).standard_normal(n)
    return _history(name, {str(2021 - n + k): float(np.exp(z[k])) for k in range(n)})


def _fit(histories, name="thin", until="2025"):
    prior = load_pooled_prior(WORKSPACE, histories[name].entry.kind, BELIEFS)
    group = make_group(histories, prior)
    plan = plan_group(histories, group, [name], until=until)[name]
    posterior = fit_pooled(
        group, kept={name: plan.kept}, end=plan.end, n_draws=N_DRAWS, engine="amis", seed=1,
        fit_rng=np.random.default_rng(1), factor_rng=np.random.default_rng(2),
        member_rng=lambda _: np.random.default_rng(3), announce=print,
    )  # fmt: skip
    assert posterior.report.is_reliable
    rng = np.random.default_rng(4)
    shape = (plan.n_steps, 3, N_DRAWS)
    simulated = simulate_pooled(
        posterior, step_length=plan.step_length, factor_innovations=rng.standard_normal(shape),
        innovations={name: rng.standard_normal(shape)},
    )  # fmt: skip
    entry = histories[name].entry
    paths = member_paths(name, posterior, plan, group, entry, simulated=simulated[name], rng=rng)
    return paths.figures(plan, entry, rng=rng), posterior


def _alone(history: History, until: str = "2025"):
    prior = BELIEFS.trend[history.entry.kind]
    observations = link_observations(history, prior)
    static = static_prior(observations, prior, is_share=False)
    model = trend_model(observations, static, prior)
    plan = plan_forecast(history, observations, until=until, latent=False)
    hyper = infer(
        single_problem(model), engine="amis", seed=1, rng=np.random.default_rng(1), announce=print
    )
    chosen = resample(hyper.weights, N_DRAWS, rng=np.random.default_rng(2))
    posterior = draw_posterior(
        hyper.theta[:, chosen],
        np.arange(N_DRAWS),
        observations,
        lay_out(observations, kept=plan.kept, end=plan.end),
        static,
        report=hyper.report,
        rng=np.random.default_rng(2),
    )
    return draw_trajectories(posterior, plan, model, history.entry, rng=np.random.default_rng(3))


@pytest.fixture(scope="module")
def lent():
    """Draws of a two-figure member that stood still, with and without a group that grows by 0.5."""
    histories = {f"m{i}": _growing(f"m{i}", i, growth=0.5) for i in range(5)}
    histories["thin"] = _history("thin", {"2019": 3.0, "2020": 3.0})
    return _fit(histories)[0], _alone(histories["thin"])


def test_a_member_with_two_figures_has_a_narrower_band_than_alone():
    histories = {f"m{i}": _growing(f"m{i}", i, growth=0.2, spread=0.02) for i in range(6)}
    histories["thin"] = _history("thin", {"2019": 3.0, "2020": 3.0 * float(np.exp(0.2))})
    pooled, alone = _fit(histories)[0], _alone(histories["thin"])
    widths = [float(np.diff(np.quantile(np.log(x[:, -1]), [0.1, 0.9]))[0]) for x in (pooled, alone)]
    # the group is calm, so that its scales are small; a width from 4,000 draws has an error of 2%
    assert widths[0] < 0.7 * widths[1], widths


def test_a_member_with_two_figures_leans_to_the_growth_of_its_group(lent):
    pooled, alone = (float(np.median(np.log(x[:, -1] / 3.0))) for x in lent)
    # alone it hardly grows in five years, its group by 2.5; between the two it must lie, well apart
    assert alone + 0.5 < pooled < 2.5, (alone, pooled)


def test_members_with_one_figure_are_forecast():
    histories = {f"m{i}": _growing(f"m{i}", i, growth=0.2) for i in range(3)}
    histories["thin"] = _history("thin", {"2020": 7.0})
    pooled, _ = _fit(histories, until="2021")
    # a year on, the level is known to within its growth and noise: the median is near 7 exp(0.2)
    assert np.log(np.median(pooled[:, 0]) / 7.0) == pytest.approx(0.2, abs=0.15)


def test_shares_with_one_figure_keep_to_it():
    members = {
        name: _history(name, {"2018": 0.3, "2019": 0.31, "2020": 0.32}, kind="share")
        for name in ("a", "b")
    }
    members["thin"] = _history("thin", {"2020": 0.9}, kind="share")
    pooled, _ = _fit(members, until="2021")
    assert 0.8 < np.median(pooled) < 0.95
    assert ((pooled > 0) & (pooled < 1)).all()


def test_draws_of_the_group_are_the_same_whatever_the_order_of_its_members():
    histories = {f"m{i}": _growing(f"m{i}", i, growth=0.5) for i in range(2)}
    histories["thin"] = _history("thin", {"2019": 3.0, "2020": 3.0})
    turned = dict(reversed(histories.items()))
    assert (_fit(histories)[0] == _fit(turned)[0]).all()


def test_a_group_of_one_is_refused():
    prior = load_pooled_prior(WORKSPACE, "positive", BELIEFS)
    with pytest.raises(InputError, match="a group of one has nothing to borrow: 'a' has no like"):
        make_group({"a": _growing("a", 1, growth=0.1)}, prior)


def test_a_member_without_figures_is_refused_by_name():
    prior = load_pooled_prior(WORKSPACE, "positive", BELIEFS)
    histories = {"a": _growing("a", 1, growth=0.1), "empty": _history("empty", {})}
    with pytest.raises(InputError, match="no figure of 'empty' was known by 2022-01-01"):
        make_group(histories, prior)


def test_different_growth_of_members_is_not_taken_for_a_wild_factor():
    # every total's window is shifted by its own growth; a factor read over shifted windows could
    # explain that growth by the shift, with s_f_l near 5 in place of its prior's 0.09
    falls = np.random.default_rng(7).uniform(-1.4, 0.1, 12)
    histories = {
        f"m{i}": _history(f"m{i}", {"2019": 5.0, "2020": 5.0 * float(np.exp(fall))})
        for i, fall in enumerate(falls)
    }
    _, posterior = _fit(histories, name="m0", until="2021")
    assert np.quantile(posterior.theta[POOLED_NAMES.index("s_f_l")], 0.9) < 1.0
