"""Fitting compositions: certified, symmetric in the parts, and one part is a series of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from calibration import dense
from calibration.shares import (
    DESIGNS,
    annual_plan,
    dense_log_density,
    make_prior,
    simulate,
    softmax,
)

from forecaster.forecasts.composition_paths import draw_composition
from forecaster.inference.certify import infer
from forecaster.inference.composition_fit import _next_size, fit_composition
from forecaster.inference.linearisation import (
    composition_problem,
    linearisation_log_weights,
    publication_timeline,
    settle_readings,
)
from forecaster.inference.smoother_many import draw_paths
from forecaster.models.composition import (
    composition_static,
    coordinate_scale,
    event_sizes,
    log_ratio_basis,
)
from forecaster.models.composition_readings import exact_logits, linearise
from forecaster.models.part_events import PartEvent
from forecaster.models.part_existence import Reading
from forecaster.models.publications import arrange, gather_publications
from forecaster.models.regressors import Regressor, Shape
from forecaster.workspace.compositions import known_composition
from forecaster.workspace.reader import SHIPPED, load_all_facts

N_DRAWS = 4000


def _fit(publications, seed=1, end=2022.0, kept=(), engine="amis"):
    return fit_composition(
        publications, make_prior(), kept=kept, end=end, n_draws=N_DRAWS, engine=engine, seed=seed,
        rng=np.random.default_rng(seed), announce=lambda _: None,
    )  # fmt: skip


def _forecast(posterior, seed=2):
    names = tuple(f"part {i}" for i in range(len(posterior.basis)))
    plan = annual_plan(names, 2022.0, 5, is_latent=False)
    return draw_composition(posterior, plan, rng=np.random.default_rng(seed))


def _relabelled(publications, order):
    """Return the same publications with figures' parts in another order."""
    p = publications
    n_figures = p.n_parts - p.has_rest
    figures = [[] for _ in range(n_figures)]
    for i in range(p.n):
        for r in range(p.first[i], p.first[i + 1]):
            figures[order.index(p.part[r])].append(
                Reading((p.start[i], p.end[i]), p.bases[p.basis[i]], p.z[r], 0.05, 0.0)
            )
    return arrange(
        figures, bases=p.bases, offset_sd=p.offset_sd, has_rest=p.has_rest, target=0,
        target_noise_sd=0.05, log_jacobian=0.0,
    )  # fmt: skip


def test_relabelling_parts_changes_no_likelihood(rng):
    prior = make_prior()
    p = simulate(DESIGNS["parts missing, two houses"], prior, np.random.default_rng(1)).publications
    unit = rng.standard_normal((20, 4))
    heights = []
    for order in ([0, 1, 2], [2, 0, 1]):
        q = _relabelled(p, order)
        readings = settle_readings(q, prior, rng=np.random.default_rng(3))
        # the tried paths are drawn in other coordinates, so that their moments differ a little
        readings = replace(readings, noise_sd=q.noise_sd)
        static = composition_static(q, readings, prior)
        heights.append(composition_problem(q, readings, static, prior).log_likelihood_at(unit))
    assert heights[0] == pytest.approx(heights[1], abs=0.05)


def test_relabelling_parts_changes_no_forecast():
    p = simulate(DESIGNS["whole years"], make_prior(), np.random.default_rng(1)).publications
    order = [2, 0, 3, 1]
    first, second = _forecast(_fit(p)), _forecast(_fit(_relabelled(p, order), seed=7))
    for i, k in enumerate(order):
        a = np.log(first[f"part {k}"][:, -1]), np.log(second[f"part {i}"][:, -1])
        # standard error of a median is 1.25 sd / sqrt(n) each; four parts: 4 of them
        error = 1.25 * np.std(a[0]) * np.sqrt(2 / N_DRAWS)
        assert abs(np.median(a[0]) - np.median(a[1])) < 4 * error
        assert np.std(a[0]) == pytest.approx(np.std(a[1]), rel=4 * np.sqrt(1 / N_DRAWS) * 1.5)


def test_shares_sum_to_one_in_every_draw():
    for name in ("whole years", "parts missing, two houses"):
        p = simulate(DESIGNS[name], make_prior(), np.random.default_rng(5)).publications
        draws = np.array(list(_forecast(_fit(p)).values()))
        assert draws.sum(axis=0) == pytest.approx(np.ones(draws.shape[1:]), abs=1e-12)
        assert draws.min() > 0
        assert draws.max() < 1


def test_brute_force_gives_the_same_posterior():
    prior = make_prior()
    p = simulate(DESIGNS["whole years"], prior, np.random.default_rng(3)).publications
    readings = settle_readings(p, prior, rng=np.random.default_rng(1))
    problem = composition_problem(p, readings, composition_static(p, readings, prior), prior)
    found = [
        infer(problem, engine=engine, seed=1, rng=np.random.default_rng(6), announce=lambda _: None)
        for engine in ("amis", "brute-force")
    ]
    for j in range(4):
        means = [(h.weights * np.log(h.theta[j])).sum() for h in found]
        squares = [(h.weights * np.log(h.theta[j]) ** 2).sum() for h in found]
        sd = np.sqrt(squares[1] - means[1] ** 2)
        ess = [h.report.ess for h in found]
        assert abs(means[0] - means[1]) < 4 * sd * np.sqrt(1 / ess[0] + 1 / ess[1])
    evidence = [h.report.log_evidence for h in found]
    assert evidence[0] == pytest.approx(evidence[1], abs=0.1)


def _one_figure_later():
    """Return three parts told at one point of time, and one of them alone eight years later."""
    figures = [
        [
            Reading((t, t), "a", z, 0.1, 0.0)
            for t, z in zip((2010.0, 2018.0), (-0.4, 0.8), strict=True)
        ],
        [Reading((2010.0, 2010.0), "a", -0.8, 0.1, 0.0)],
        [Reading((2010.0, 2010.0), "a", -0.9, 0.1, 0.0)],
    ]
    return arrange(
        figures, bases=("a",), offset_sd=np.zeros(1), has_rest=False, target=0,
        target_noise_sd=0.1, log_jacobian=0.0,
    )  # fmt: skip


STEP = PartEvent(0, Regressor("step", Shape("step", 2014.0), 0.5, 0.4))
"""Between the two publications."""


def _walkers(p, readings, static, theta, prior, *, n_walkers=2000, n_steps=1500):
    """Return draws of the log shares under the exact likelihood, by a random walk of Metropolis."""
    scale = coordinate_scale(3)
    t = p.start - static.anchor
    first, second = np.meshgrid(t, t, indexing="ij")
    shared = dense.level_covariance(first, first, second, second, theta)
    shared += prior.share.level_sd**2 + (scale * prior.share.drift.sd) ** 2 * np.outer(t, t)
    shared += theta[3] ** 2 * np.eye(2)
    covariance = np.kron(shared, np.eye(2))
    mean = np.tile(static.mean[:2], 2)
    basis = log_ratio_basis(3)
    for event in p.events:  # of the second publication alone
        moved = np.append([0.0, 0.0], basis[event.part])
        mean = mean + event.regressor.mean * moved
        covariance += event.regressor.sd**2 * np.outer(moved, moved)
    precision = np.linalg.inv(covariance)
    rng = np.random.default_rng(12)
    # the first publication's errors are linear by definition; the second's figure bends
    is_linear = p.is_complete[p.publication]

    def log_density(u):
        v = u.reshape(-1, 2, 2)
        x = np.einsum("kc,wic->ikw", basis, v)
        exact = exact_logits(p, x, np.empty((0, len(u))))
        linear = np.einsum("rc,wrc->rw", readings.direction, v[:, p.publication])
        linear += (p.z - readings.z)[:, None]
        miss = (p.z[:, None] - np.where(is_linear[:, None], linear, exact)) / p.noise_sd[:, None]
        away = u - mean
        return -0.5 * (miss**2).sum(axis=0) - 0.5 * np.einsum("wi,ij,wj->w", away, precision, away)

    u = mean + 0.3 * rng.standard_normal((n_walkers, 4))
    height = log_density(u)
    for step in range(n_steps):
        tried = u + (0.1, 0.5)[step % 2] * rng.standard_normal(u.shape)
        found = log_density(tried)
        accepted = np.log(rng.random(n_walkers)) < found - height
        u[accepted], height[accepted] = tried[accepted], found[accepted]
    return np.einsum("kc,wc->kw", basis, u[:, 2:])


@pytest.mark.parametrize("events", [(), (STEP,)])
def test_weighed_paths_are_those_of_an_exact_sampler(events):
    prior, p = make_prior(), replace(_one_figure_later(), events=events)
    readings = settle_readings(p, prior, rng=np.random.default_rng(1))
    static = composition_static(p, readings, prior)
    theta = composition_problem(p, readings, static, prior).theta_at(np.zeros((1, 4)))
    n = 20_000
    paths = draw_paths(
        theta, np.zeros(n, dtype=int), readings, publication_timeline(p), static,
        rng=np.random.default_rng(4),
    )  # fmt: skip
    weights = np.exp(linearisation_log_weights(p, readings, static, paths))
    weights /= weights.sum()
    middle = (p.start[1] - static.anchor) * paths.effects[2:4]
    u = paths.windows[1] + paths.errors[1] + paths.effects[:2] + middle
    for size in event_sizes(p, paths.effects):
        u = u + log_ratio_basis(3)[0][:, None] * size
    drawn = log_ratio_basis(3) @ u
    plain = linearise(p, p.shares)
    exact = _walkers(p, plain, static, theta[:, 0], prior)
    # the split of what the one figure leaves, and the share of a part that it does not state
    for quantity in (lambda x: np.abs(x[1] - x[2]), lambda x: softmax(x)[1], lambda x: x[0] - x[1]):
        a, b = quantity(drawn), quantity(exact)
        mean = weights @ a
        error = np.sqrt((weights**2) @ (a - mean) ** 2 + b.var() / len(b))
        assert abs(mean - b.mean()) < 4 * error


def test_complete_publications_are_linear_by_definition():
    p = simulate(DESIGNS["a rest, points"], make_prior(), np.random.default_rng(2)).publications
    assert p.is_complete.all()
    assert "linearisation_ess" not in _fit(p).report.diagnostics


def test_unsettled_remainder_that_cannot_be_linearised_is_said():
    # a part of .6 that never was published apart from a remainder of unknown size, 30 years on
    years = range(1990, 2020)
    figures = [
        [Reading((y, y + 1.0), "a", 0.4 * (-1) ** y, 0.02, 0.0) for y in years],
        [Reading((1990.0, 1991.0), "a", -1.0, 0.02, 0.0)],
    ]
    p = arrange(
        figures, bases=("a",), offset_sd=np.zeros(1), has_rest=True, target=0,
        target_noise_sd=0.02, log_jacobian=0.0,
    )  # fmt: skip
    report = _fit(p, end=2020.0).report
    assert report.diagnostics["linearisation_ess"] < 0.99 * N_DRAWS
    if not report.is_reliable:
        assert "too uncertain to linearise" in report.failures[-1]


@pytest.mark.parametrize("name", ["cn-chip-market", "ai-vc-location-oecd", "atom-downloads"])
def test_shipped_compositions_are_certified(name):
    composition = known_composition(load_all_facts(SHIPPED), name, as_of=date(2026, 10, 31))
    posterior = _fit(gather_publications(composition, make_prior()), end=2026.25)
    assert posterior.report.is_reliable, posterior.report.failures


def test_same_seed_gives_the_same_draws():
    p = simulate(DESIGNS["whole years"], make_prior(), np.random.default_rng(5)).publications
    first, second = _forecast(_fit(p)), _forecast(_fit(p))
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_kept_points_are_the_shares_of_the_figures_when_these_are_exact():
    p = simulate(
        replace(DESIGNS["a rest, points"], sd=0.001), make_prior(), np.random.default_rng(5)
    ).publications
    posterior = _fit(p, end=2022.0, kept=((2022.0, 2022.0),))
    shares = softmax(np.moveaxis(posterior.basis @ posterior.kept[0], 0, 0))
    # s_o remains between level and figure: a tenth of a logit is four of its usual sds
    assert np.median(shares, axis=1) == pytest.approx(p.shares[-1], abs=0.03)


def test_the_effect_of_an_event_is_found_in_a_composition():
    # figures to 0.02 and a calm process: a drop of .9 in the middle is told from a trend
    rng = np.random.default_rng(3)
    basis, size = log_ratio_basis(4), -0.9
    event = PartEvent(1, Regressor("ban", Shape("window", 2016.0, 2019.0), 0.0, 0.5))
    figures = [[] for _ in range(4)]
    for year in range(2010, 2022):
        x = np.array([0.5, 0.4, -0.2, -0.7]) + 0.04 * np.array([1, -1, 0, 0]) * (year - 2010)
        x = x + basis @ (0.02 * rng.standard_normal(3))
        x[1] += size * (2016 <= year < 2019)
        shares = softmax(x)
        for k in range(4):
            z = np.log(shares[k] / (1 - shares[k])) + 0.02 * rng.standard_normal()
            figures[k].append(Reading((year, year + 1.0), "a", z, 0.02, 0.0))
    p = arrange(
        figures, bases=("a",), offset_sd=np.zeros(1), has_rest=False, target=0,
        target_noise_sd=0.02, log_jacobian=0.0,
    )  # fmt: skip
    posterior = _fit(replace(p, events=(event,)))
    assert posterior.report.is_reliable
    (found,) = posterior.event_sizes
    assert found.std() < 0.1
    assert abs(found.mean() - size) < 3 * found.std()
    # what the event explains is no volatility: without it, s_l must make up for a drop of .9
    without = _fit(p)
    assert np.median(posterior.theta[0]) < 0.5 * np.median(without.theta[0])


def test_sizes_of_events_are_those_of_one_dense_normal():
    prior = make_prior()
    p = simulate(DESIGNS["dated events, stated growth"], prior, np.random.default_rng(2))
    p = p.publications
    readings = linearise(p, p.shares)
    static = composition_static(p, readings, prior)
    theta = composition_problem(p, readings, static, prior).theta_at(np.zeros((1, 4)))
    means = draw_paths(
        theta, np.array([0]), readings, publication_timeline(p), static, rng=None
    ).effects  # fmt: skip
    # E(size | z) by the log density's slope at the prior mean m: m + sd^2 d log p / d m
    for j, event in enumerate(p.events):
        m, sd = event.regressor.mean, event.regressor.sd
        heights = []
        for shift in (-1e-3, 1e-3):
            regressor = replace(event.regressor, mean=m + shift)
            events = (*p.events[:j], replace(event, regressor=regressor), *p.events[j + 1 :])
            moved = replace(p, events=events)
            heights.append(dense_log_density(moved, readings, static, prior, theta[:, 0]))
        slope = (heights[1] - heights[0]) / 2e-3
        assert event_sizes(p, means)[j, 0] == pytest.approx(m + sd**2 * slope, abs=1e-6)


def test_paths_are_added_by_what_their_weights_are_worth():
    # 1,000 effective draws are asked for of 4,000: 1.4 times 1000 / 500 as many, four times at most
    assert _next_size(0.4, 500.0, n=4000, n_draws=4000) == 11_200
    assert _next_size(0.4, 20.0, n=4000, n_draws=4000) == 16_000
    # weights without a variance say nothing of how many would do
    assert _next_size(0.9, 900.0, n=4000, n_draws=4000) == 16_000
