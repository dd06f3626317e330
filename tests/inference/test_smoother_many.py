"""Drawn paths have the mean and covariance of the dense conditional normal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from calibration import dense
from calibration.shares import DESIGNS, make_prior, simulate

from forecaster.inference import kalman_many
from forecaster.inference.linearisation import publication_timeline
from forecaster.inference.smoother_many import draw_paths, noise_root
from forecaster.models.composition import composition_static, coordinate_scale, log_ratio_basis
from forecaster.models.composition_readings import linearise
from forecaster.models.trend import make_step, theta_at

KEPT = ((2020.5, 2021.25), (2019.0, 2019.0), (2022.0, 2022.0))
"""A window that ends between publications, a point, and the end."""


def _problem():
    prior = make_prior()
    p = simulate(DESIGNS["parts missing, two houses"], prior, np.random.default_rng(8)).publications
    p = replace(p, entry_parts=((0,),), before_entry=(np.arange(p.n) < 2)[:, None])
    readings = linearise(p, p.shares)
    static = composition_static(p, readings, prior)
    theta = theta_at(
        np.array([[0.3, 0.2, -0.1, 0.5], [-0.5, 0.4, 0.3, -1.0]]), prior.share,
        scale=coordinate_scale(p.n_parts),
    )  # fmt: skip
    return prior, p, readings, static, theta


def _paths(theta, index, p, readings, static, rng):
    first = np.concatenate([readings.first, np.full(len(KEPT), readings.first[-1])])
    timeline = publication_timeline(p, kept=KEPT, end=2022.0)
    return draw_paths(theta, index, replace(readings, first=first), timeline, static, rng=rng)


def _levels(p, static, paths):
    """Return published coordinates' levels at KEPT without errors, (3 C, n_draws)."""
    c = p.n_parts - 1
    middle = np.array([(a + b) / 2 - static.anchor for a, b in KEPT])
    level = paths.effects[:c] + middle[:, None, None] * paths.effects[c : 2 * c]
    return (paths.windows[p.n :] + level).reshape(3 * c, -1)


def _dense(prior, p, readings, static, theta):
    """Return mean and covariance of the same levels from one dense normal."""
    c, row = p.n_parts - 1, p.publication
    scale = coordinate_scale(p.n_parts)
    start = np.concatenate([p.start, [a for a, _ in KEPT]]) - static.anchor
    end = np.concatenate([p.end, [b for _, b in KEPT]]) - static.anchor
    a, ac = np.meshgrid(start, start, indexing="ij")
    b, bc = np.meshgrid(end, end, indexing="ij")
    middle = (start + end) / 2
    latent = dense.level_covariance(a, b, ac, bc, theta) + prior.share.level_sd**2
    latent += (scale * prior.share.drift.sd) ** 2 * np.outer(middle, middle)
    n = p.n
    own = latent.copy()
    own[:n, :n] += (p.basis[:, None] == p.basis) * (scale * p.offset_sd[p.basis]) ** 2
    own[:n, :n] += theta[3] ** 2 * np.eye(n)
    # coordinates are independent: rows of A pick the publication and load its coordinates
    load = np.zeros((p.n_rows, n, c))
    load[np.arange(p.n_rows), row] = readings.direction
    load = load.reshape(p.n_rows, n * c)
    observed = load @ np.kron(own[:n, :n], np.eye(c)) @ load.T + np.diag(readings.noise_sd**2)
    observed += prior.entry_sd**2 * readings.entry @ readings.entry.T
    cross = np.kron(latent[n:, :n], np.eye(c)) @ load.T
    gain = np.linalg.solve(observed, cross.T).T
    level_mean = static.mean[:c]
    surprise = readings.z - readings.direction @ level_mean
    surprise = surprise - readings.entry @ readings.entry_mean
    mean = np.tile(level_mean, len(KEPT)) + gain @ surprise
    return mean, np.kron(latent[n:, n:], np.eye(c)) - gain @ cross.T


def test_mean_is_that_of_the_dense_normal():
    prior, p, readings, static, theta = _problem()
    paths = _paths(theta, np.array([0, 1]), p, readings, static, None)
    found = _levels(p, static, paths)
    for j in range(2):
        expected, _ = _dense(prior, p, readings, static, theta[:, j])
        assert found[:, j] == pytest.approx(expected, abs=1e-7)


def test_end_of_the_path_is_the_kept_end():
    _, p, readings, static, theta = _problem()
    rng = np.random.default_rng(3)
    paths = _paths(theta, np.repeat([0, 1], 5), p, readings, static, rng)
    assert paths.windows[-1] == pytest.approx(paths.state[0], abs=1e-9)


def test_draws_have_the_covariance_of_the_dense_normal():
    prior, p, readings, static, theta = _problem()
    n = 20_000
    paths = _paths(
        theta[:, :1], np.zeros(n, dtype=int), p, readings, static, np.random.default_rng(5)
    )
    drawn = _levels(p, static, paths)
    mean, covariance = _dense(prior, p, readings, static, theta[:, 0])
    sd = np.sqrt(np.diag(covariance))
    # 9 means and 45 entries: the largest of 54 normal deviations exceeds 4.5 once in 3,000 runs
    assert np.abs((drawn.mean(axis=1) - mean) / sd).max() < 4.5 / np.sqrt(n)
    found = np.cov(drawn)
    error = np.sqrt((np.outer(sd, sd) ** 2 + covariance**2) / n)
    assert (np.abs(found - covariance) / error).max() < 4.5


def test_publication_errors_are_those_left_between_figures_and_levels():
    # one part, hardly any error of the figure itself: level, offset and error make the figure up
    prior = make_prior()
    p = simulate(DESIGNS["one part"], prior, np.random.default_rng(2)).publications
    p = replace(p, noise_sd=np.full(p.n_rows, 1e-4))
    readings = linearise(p, p.shares)
    static = composition_static(p, readings, prior)
    theta = theta_at(np.zeros((1, 4)), prior.share, scale=coordinate_scale(2))
    rng = np.random.default_rng(4)
    paths = draw_paths(
        theta, np.zeros(50, dtype=int), readings, publication_timeline(p), static, rng=rng
    )
    middle = (p.start + p.end) / 2 - static.anchor
    total = paths.windows + paths.errors + paths.effects[:1]
    total = total + middle[:, None, None] * paths.effects[1:2]
    expected = p.z @ np.eye(p.n) / (log_ratio_basis(2)[0] * 2)[0]
    assert np.abs(total[:, 0] - expected[:, None]).max() < 6e-4


def test_noise_root_multiplies_to_the_noise_of_a_step():
    theta = np.array([[0.2, 0.1], [0.15, 0.4], [3.0, 0.5], [0.05, 0.05]])
    step = make_step(theta, 0.25)
    root = noise_root(step)
    product = root @ root.swapaxes(1, 2)
    expected = [
        [step.q_bb, step.q_lb, step.q_ib],
        [step.q_lb, step.q_ll, step.q_il],
        [step.q_ib, step.q_il, step.q_ii],
    ]
    assert product == pytest.approx(np.moveaxis(np.array(expected), -1, 0), rel=1e-9)


def test_hyperparameters_that_no_draw_takes_are_passed_over(monkeypatch):
    _, p, readings, static, theta = _problem()
    monkeypatch.setattr(kalman_many, "_MOST_CHUNK", 1)
    monkeypatch.setattr(kalman_many, "_LEAST_CHUNK", 1)
    only_second = np.ones(5, dtype=int)
    found = _paths(theta, only_second, p, readings, static, np.random.default_rng(1))
    alone = _paths(theta[:, 1:], 0 * only_second, p, readings, static, np.random.default_rng(1))
    assert found.effects == pytest.approx(alone.effects)
    assert found.windows == pytest.approx(alone.windows)
