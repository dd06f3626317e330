"""Publications that follow one another: the same likelihood and states as by the general filter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from calibration.shares import DESIGNS, YEARS, Design, dense_log_density, make_prior, simulate

from forecaster.inference.kalman_many import log_likelihood_many, run_filter_many
from forecaster.inference.linearisation import (
    composition_problem,
    publication_timeline,
    settle_readings,
)
from forecaster.inference.smoother_many import draw_ends, draw_paths
from forecaster.inference.succession import line_up_publications
from forecaster.inference.succession_filter import CHUNK, log_likelihood_of, run_succession
from forecaster.models.composition import composition_static, coordinate_scale
from forecaster.models.trend import theta_at

GAPS = tuple(("a", year, (0, 1, 2, 3)[: 4 - i % 3]) for i, year in enumerate(YEARS) if i != 4)
MADE = {
    "whole years": DESIGNS["whole years"],
    "whole points": Design(4, False, "stock", DESIGNS["whole years"].calendar),
    "a rest, points": DESIGNS["a rest, points"],
    "one part": DESIGNS["one part"],
    "a year and some parts missing": Design(4, True, "flow", GAPS),
}


def _fitted(design, seed=1):
    prior = make_prior()
    p = simulate(design, prior, np.random.default_rng(seed)).publications
    readings = settle_readings(p, prior, rng=np.random.default_rng(2))
    return p, readings, composition_static(p, readings, prior), prior


def _thetas(rng, p, prior, n):
    unit = 1.5 * rng.standard_normal((n, 4))
    return theta_at(unit, prior.share, scale=coordinate_scale(p.n_parts))


@pytest.mark.parametrize("name", MADE)
def test_likelihood_is_that_of_the_general_filter_and_of_one_dense_normal(name, rng):
    p, readings, static, prior = _fitted(MADE[name])
    theta = _thetas(rng, p, prior, CHUNK + 40)
    succession = line_up_publications(p, readings, static)
    found = log_likelihood_of(theta, succession, static, n=len(readings.z))
    general = log_likelihood_many(theta, readings, publication_timeline(p), static)
    assert np.abs(found - general).max() < 1e-9 * (1 + np.abs(general)).min()
    for k in range(0, theta.shape[1], 60):
        expected = dense_log_density(p, readings, static, prior, theta[:, k])
        assert found[k] == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", MADE)
def test_state_at_a_later_end_is_that_of_the_general_filter(name, rng):
    p, readings, static, prior = _fitted(MADE[name])
    theta, end = _thetas(rng, p, prior, 30), float(p.end.max()) + 0.4
    timeline = publication_timeline(p, end=end)
    general = run_filter_many(theta, readings, timeline, static)
    found = run_succession(theta, line_up_publications(p, readings, static, end=end))
    n = len(found.mean)
    assert found.mean == pytest.approx(general.mean[:n], abs=1e-9)
    assert found.covariance == pytest.approx(general.covariance[:n, :n], abs=1e-9)


def test_the_problem_of_a_composition_takes_the_short_way(monkeypatch):
    p, readings, static, prior = _fitted(MADE["whole years"])
    problem = composition_problem(p, readings, static, prior)
    path = "forecaster.inference.linearisation.log_likelihood_many"
    monkeypatch.setattr(path, lambda *_: pytest.fail("the general filter was asked"))
    assert np.isfinite(problem.log_likelihood_at(np.zeros((3, 4)))).all()


def test_windows_that_overlap_take_the_general_filter():
    p, readings, static, prior = _fitted(DESIGNS["parts missing, two houses"])
    assert line_up_publications(p, readings, static) is None
    problem = composition_problem(p, readings, static, prior)
    assert np.isfinite(problem.log_likelihood_at(np.zeros((3, 4)))).all()


def test_points_at_the_same_time_take_the_general_filter():
    p, readings, static, _ = _fitted(MADE["whole points"])
    end = p.end.copy()
    end[3] = end[2]
    assert line_up_publications(replace(p, start=end, end=end), readings, static) is None


def test_figures_beyond_the_coordinates_change_no_state():
    p, readings, static, _ = _fitted(MADE["whole years"])
    succession = line_up_publications(p, readings, static)
    # four figures of four parts are three log-ratios and one that says only how large errors are
    assert all(window.direction.shape == (3, 3) for window in succession.windows)
    assert succession.gram[0, 0] > 0


def test_ends_drawn_have_the_moments_of_whole_paths(rng):
    p, readings, static, prior = _fitted(MADE["whole years"])
    theta, end, n_draws = _thetas(rng, p, prior, 2), float(p.end.max()), 40_000
    index = np.repeat([0, 1], n_draws // 2)
    succession = line_up_publications(p, readings, static, end=end)
    ends = draw_ends(theta, index, succession, static, n=len(readings.z), rng=rng)
    timeline = publication_timeline(p, end=end)
    paths = draw_paths(theta, index, readings, timeline, static, rng=rng)
    assert ends.windows.shape[0] == 0
    for k in (0, 1):
        drawn = [
            np.concatenate([found.effects, found.state.reshape(-1, n_draws)])[:, index == k]
            for found in (ends, paths)
        ]
        sds = [found.std(axis=1) for found in drawn]
        # two means of 20,000 draws each, four and a half standard errors
        gap = np.abs(drawn[0].mean(axis=1) - drawn[1].mean(axis=1))
        assert (gap < 4.5 * sds[1] * np.sqrt(2 / 20_000)).all()
        # sd of a sample's log sd is 1 / sqrt(2 n)
        assert np.abs(np.log(sds[0] / sds[1])).max() < 4.5 / np.sqrt(20_000)
        correlations = [np.corrcoef(found) for found in drawn]
        assert np.abs(correlations[0] - correlations[1]).max() < 4.5 * np.sqrt(2 / 20_000)
