"""Plans and trajectories of compositions: what is published stands, and all sums are one."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecaster.errors import InputError
from forecaster.forecasts.composition_paths import draw_composition
from forecaster.forecasts.composition_plan import CompositionPlan, SharedUnit, plan_composition
from forecaster.forecasts.plan import Stretch
from forecaster.inference.composition_fit import CompositionPosterior, fit_composition
from forecaster.inference.report import FitReport
from forecaster.models.composition import log_ratio_basis
from forecaster.models.part_events import PartEvent
from forecaster.models.publications import gather_publications
from forecaster.models.regressors import Regressor, Shape
from forecaster.workspace.beliefs import SHIPPED_PRIORS, load_beliefs
from forecaster.workspace.composition_beliefs import load_composition_prior
from forecaster.workspace.compositions import known_composition
from forecaster.workspace.facts import Facts, Row, SeriesEntry, Source
from forecaster.workspace.periods import parse_period

SOURCE = Source("s", "s", "p", date(2026, 1, 1), "stated", "")
REPORT = FitReport("amis", 0.0, 4000.0, 0.0, 0.0, 2048, 3)


def _composition(parts, timing="flow"):
    entries = {
        name: SeriesEntry(name, name, name, "fraction", "share", timing, composition="market")
        for name in parts
    }
    rows = {
        name: tuple(
            Row(name, parse_period(p), float(v), v, "fraction", "", "reported", SOURCE, "", "h.csv")
            for p, v in figures.items()
        )
        for name, figures in parts.items()
    }
    facts = Facts(entries, rows, "hash")
    return known_composition(facts, "market", as_of=date(2026, 6, 1))


def _prior():
    home = SHIPPED_PRIORS.parent
    return load_composition_prior(home, load_beliefs(home))


def _plan(parts, until, timing="flow", **words):
    composition = _composition(parts, timing)
    return plan_composition(
        composition, gather_publications(composition, _prior()), until=until, **words
    )


def _still(k, n=50):
    """Return a posterior of k parts that hardly moves, all parts equal at the end."""
    c = k - 1
    theta = np.tile(np.array([1e-6, 1e-6, 3.0, 1e-6])[:, None], n)
    zeros = np.zeros((c, n))
    return CompositionPosterior(
        log_ratio_basis(k), theta, np.arange(n), zeros, zeros, np.zeros((2, c, n)),
        np.zeros((1, c, n)), np.full(n, 1e-6), REPORT,
    )  # fmt: skip


def _one_unit(known, names=("a", "b", "c"), length=1.0):
    unit = SharedUnit(length, known, (Stretch(0.25, None, 0),))
    return CompositionPlan(
        names, (parse_period("2026"),), ((unit,),), (), 2026.0, 0.25, 1, is_latent=False
    )


def _moved(posterior, *events):
    """Return the posterior with events of given sizes: (part, shape, size) each."""
    n = posterior.n_draws
    return replace(
        posterior,
        events=tuple(
            PartEvent(part, Regressor(f"event {k}", shape, 0.0, 1.0))
            for k, (part, shape, _) in enumerate(events)
        ),
        event_sizes=np.array([np.full(n, size) for _, _, size in events]),
    )


def _quarters(n, *, at_ends=False, known=None):
    """Return a plan of n quarters from 2026 on, a period each."""
    units = tuple(
        (SharedUnit(0.25, known or {}, (Stretch(0.0 if at_ends else 0.25, None, k),)),)
        for k in range(n)
    )
    periods = tuple(parse_period("2026") for _ in units)
    return CompositionPlan(("a", "b", "c"), periods, units, (), 2026.0, 0.25, n, is_latent=True)


def _logit(p):
    return np.log(p) - np.log1p(-p)


@pytest.mark.parametrize(
    ("shape", "averages", "ends"),
    [
        # half grown in 2026.0, full in 2026.5: over the quarters 5/8, 7/8, 1, 1
        (Shape("ramp", 2025.5, 2026.5), [5 / 8, 7 / 8, 1, 1], [3 / 4, 1, 1, 1]),
        # on since 2025 and released in the middle of the second quarter
        (Shape("window", 2025.0, 2026.375), [1, 1 / 2, 0, 0], [1, 0, 0, 0]),
        # still on, with no end known
        (Shape("window", 2025.0, math.inf), [1, 1, 1, 1], [1, 1, 1, 1]),
        (Shape("step", 2026.5), [0, 0, 1, 1], [0, 0, 1, 1]),
    ],
)
@pytest.mark.parametrize("at_ends", [False, True])
def test_what_is_still_to_come_of_an_event_is_forecast(rng, shape, averages, ends, at_ends):
    posterior = _moved(_still(3), (1, shape, -0.8))
    drawn = draw_composition(posterior, _quarters(4, at_ends=at_ends), rng=rng)
    # three equal parts: the logit of each is -log 2 without the event
    expected = -np.log(2) - 0.8 * np.array(ends if at_ends else averages)
    assert _logit(drawn["b"][0]) == pytest.approx(expected, abs=1e-4)
    assert drawn["a"] == pytest.approx(drawn["c"], abs=1e-4)
    assert sum(drawn.values()) == pytest.approx(np.ones((50, 4)), abs=1e-12)


def test_an_event_moves_what_lies_before_the_end_of_the_history_too(rng):
    # a kept window from 2025.0 to 2025.5 with a step in its middle
    unit = SharedUnit(0.5, {}, (Stretch(0.5, 0, 0),))
    plan = CompositionPlan(
        ("a", "b", "c"), (parse_period("2025-H1"),), ((unit,),), ((2025.0, 2025.5),), 2026.0,
        0.25, 0, is_latent=True,
    )  # fmt: skip
    posterior = _moved(_still(3), (0, Shape("step", 2025.25), 0.6))
    drawn = draw_composition(posterior, plan, rng=rng)
    assert _logit(drawn["a"][:, 0]) == pytest.approx(np.full(50, -np.log(2) + 0.3), abs=1e-4)


def test_published_part_stands_and_the_others_share_what_it_leaves(rng):
    # a is published at .4; b and c are equal, so each has .3
    drawn = draw_composition(_still(3), _one_unit({0: 0.4}), rng=rng)
    assert drawn["a"][:, 0] == pytest.approx(np.full(50, 0.4), abs=1e-12)
    assert drawn["b"][:, 0] == pytest.approx(np.full(50, 0.3), abs=1e-5)


def test_parts_published_beyond_one_are_taken_in_proportion(rng):
    drawn = draw_composition(_still(3), _one_unit({0: 0.5, 1: 0.3, 2: 0.21}), rng=rng)
    assert drawn["c"][0, 0] == pytest.approx(0.21 / 1.01)
    assert sum(drawn.values()) == pytest.approx(np.ones((50, 1)), abs=1e-12)


def test_parts_that_leave_nothing_leave_a_share_inside_the_bounds(rng):
    drawn = draw_composition(_still(3), _one_unit({0: 0.6, 1: 0.4}), rng=rng)
    assert (drawn["c"] > 0).all()
    assert sum(drawn.values()) == pytest.approx(np.ones((50, 1)), abs=1e-12)


def test_half_known_year_averages_the_known_half_with_the_drawn_one(rng):
    # a is .4 in the first half and 1/3 in the second: (.4 + 1/3) / 2
    halves = (
        SharedUnit(0.5, {0: 0.4}, (Stretch(0.5, 0, -1),)),
        SharedUnit(0.5, {}, (Stretch(0.25, None, 0), Stretch(0.25, None, 1))),
    )
    plan = CompositionPlan(
        ("a", "b", "c"), (parse_period("2026"),), (halves,), ((2026.0, 2026.5),), 2026.5, 0.25, 2,
        is_latent=False,
    )  # fmt: skip
    drawn = draw_composition(_still(3), plan, rng=rng)
    assert drawn["a"][:, 0] == pytest.approx(np.full(50, (0.4 + 1 / 3) / 2), abs=1e-5)
    assert sum(drawn.values()) == pytest.approx(np.ones((50, 1)), abs=1e-12)


def test_given_innovations_are_used(rng):
    posterior = _still(2)
    theta = posterior.theta.copy()
    theta[0] = 1.0
    posterior = CompositionPosterior(
        posterior.basis, theta, posterior.theta_index, posterior.drift, posterior.offset,
        posterior.state, posterior.kept, posterior.noise_sd, REPORT,
    )  # fmt: skip
    innovations = np.zeros((1, 3, 1, 50))
    innovations[0, 1] = 2.0
    unit = SharedUnit(1.0, {}, (Stretch(0.0, None, 0),))
    plan = CompositionPlan(
        ("a", "b"), (parse_period("2026"),), ((unit,),), (), 2026.0, 0.25, 1, is_latent=True
    )
    drawn = draw_composition(posterior, plan, rng=rng, innovations=innovations)
    # the level moves by two sds of s_l sqrt(D) = .5, and the logit of a by sqrt(2) of that
    logit = np.log(drawn["a"] / drawn["b"])
    assert logit == pytest.approx(np.full((50, 1), np.sqrt(2)), abs=1e-4)


PARTS = {
    "a": {"2022": "0.30", "2023": "0.35", "2024": "0.40", "2025-H1": "0.42"},
    "b": {"2022": "0.50", "2023": "0.45", "2024": "0.40"},
}


def test_plan_knows_what_is_published_of_a_year():
    plan = _plan(PARTS, "2026")
    assert [str(period) for period in plan.periods] == ["2025", "2026"]
    assert plan.names == ("a", "b", "(rest)")
    first, second = plan.units[0]
    assert dict(first.known) == {0: 0.42}
    assert (first.length, second.length) == (0.5, 0.5)
    assert plan.kept == ((2025.0, 2025.5),)
    assert plan.end == 2025.5
    assert plan.n_steps == 6  # two quarters of 2025, four of 2026


def test_plan_begins_where_some_part_has_no_figure():
    parts = {"a": {**PARTS["a"], "2025": "0.43"}, "b": PARTS["b"]}
    plan = _plan(parts, "2026")
    assert [str(period) for period in plan.periods] == ["2025", "2026"]
    assert dict(plan.units[0][0].known) == {0: 0.43}


def test_plan_of_a_stock_takes_points():
    parts = {"a": {"2023": "0.3", "2024": "0.35"}, "b": {"2023": "0.5"}}
    plan = _plan(parts, "2026", timing="stock")
    assert [str(period) for period in plan.periods] == ["2024", "2025", "2026"]
    assert plan.kept == ((2025.0, 2025.0),)
    assert dict(plan.units[0][0].known) == {0: 0.35}
    assert [s.step for units in plan.units for s in units[0].stretches] == [-1, 3, 7]


def test_latent_plan_is_on_the_finest_grid_and_knows_no_figures():
    plan = _plan(PARTS, "2025-H2", latent=True)
    assert [str(period) for period in plan.periods] == [
        "2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4",
    ]  # fmt: skip
    assert all(not unit.known for units in plan.units for unit in units)


def test_nothing_left_to_forecast_is_said():
    with pytest.raises(InputError, match="nothing is left to forecast of 'market' by 2024"):
        _plan(PARTS, "2024")


def test_forecast_of_a_composition_sums_to_one_and_keeps_what_is_known():
    composition = _composition(PARTS)
    prior = _prior()
    publications = gather_publications(composition, prior)
    plan = plan_composition(composition, publications, until="2030")
    rng = np.random.default_rng(4)
    posterior = fit_composition(
        publications, prior, kept=plan.kept, end=plan.end, n_draws=1000, seed=1, rng=rng,
        announce=lambda _: None,
    )  # fmt: skip
    assert posterior.report.is_reliable
    drawn = draw_composition(posterior, plan, rng=rng)
    total = sum(drawn.values())
    assert total == pytest.approx(np.ones((1000, 6)), abs=1e-12)
    # half of 2025 is .42 for sure, so the year's 98% band is half as wide as one without it
    assert np.ptp(np.quantile(drawn["a"][:, 0], [0.01, 0.99])) < 0.2
    means = [shares.mean(axis=0) for shares in drawn.values()]
    assert np.sum(means, axis=0) == pytest.approx(np.ones(6), abs=1e-12)


def test_two_parts_are_forecast_as_a_single_share_is():
    from forecaster.pipeline import Settings, make_forecast

    figures = {"2019": "0.20", "2020": "0.25", "2021": "0.26", "2022": "0.33", "2023": "0.35"}
    composition = _composition({"a": figures})
    home = SHIPPED_PRIORS.parent
    history = composition.histories["a"]
    facts = Facts({"a": history.entry}, {"a": history.data}, "hash")
    settings = Settings(date(2026, 6, 1), "2028", n_draws=8000, use_cache=False)
    single = make_forecast(facts, "a", load_beliefs(home), settings, announce=lambda _: None)
    prior = _prior()
    publications = gather_publications(composition, prior)
    plan = plan_composition(composition, publications, until="2028")
    rng = np.random.default_rng(4)
    posterior = fit_composition(
        publications, prior, kept=plan.kept, end=plan.end, n_draws=8000, seed=1, rng=rng,
        announce=lambda _: None,
    )  # fmt: skip
    drawn = draw_composition(posterior, plan, rng=rng)["a"]

    def logit(p):
        return np.log(p) - np.log1p(-p)

    assert drawn.shape == single.trajectories.shape
    for level in (0.1, 0.5, 0.9):
        gap = np.quantile(logit(drawn), level, axis=0)
        gap = gap - np.quantile(logit(single.trajectories), level, axis=0)
        sd = logit(single.trajectories).std(axis=0)
        # quantiles at 10% have a standard error of 1.7 sd / sqrt(n); effective draws are 1,000
        assert (np.abs(gap) < 4 * 1.7 * sd * np.sqrt(2 / 1000)).all()
