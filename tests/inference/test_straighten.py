"""Straightened hyperparameters: the same points, in coordinates in which boomerangs are round."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.inference.importance import explore, prior_log_density
from forecaster.inference.proposals import JOINT, SINGLE
from forecaster.inference.straighten import PLAIN, make_chart

MEDIANS, LOG_SDS = np.array([0.2, 0.1, 3.0, 0.05]), np.array([0.8, 0.6, 0.7, 1.0])


def _theta_at(unit):
    return (MEDIANS * np.exp(LOG_SDS * unit)).T


def test_bending_undoes_straightening(rng):
    chart = make_chart(_theta_at, ((0, 1), (2, 3)), 4)
    unit = 3 * rng.standard_normal((500, 4))
    assert chart.bend(chart.straighten(unit)) == pytest.approx(unit, abs=1e-12)


def test_total_and_ratio_by_hand():
    chart = make_chart(_theta_at, ((0, 1),), 4)
    # at the medians: 0 by definition; twice both scales moves the total by log 2, over its least sd
    doubled = np.log(2) / LOG_SDS[:2]
    place = chart.straighten(np.array([[0.0, 0, 0, 0], [*doubled, 1.0, -1.0]]))
    assert place[0] == pytest.approx(0, abs=1e-12)
    assert place[1] == pytest.approx([np.log(2) / 0.6, 0.0, 1.0, -1.0])


def test_volumes_change_by_the_same_factor_everywhere(rng):
    chart = make_chart(_theta_at, ((0, 1), (2, 3)), 4)
    step = 1e-5
    for place in rng.standard_normal((5, 4)):
        moved = [
            chart.bend((place + step * e)[None]) - chart.bend((place - step * e)[None])
            for e in np.eye(4)
        ]
        slopes = np.concatenate(moved) / (2 * step)
        assert np.log(abs(np.linalg.det(slopes))) == pytest.approx(chart.log_volume, abs=1e-6)


def test_without_pairs_points_are_their_own_places(rng):
    unit = rng.standard_normal((5, 4))
    assert make_chart(_theta_at, (), 4) is PLAIN
    assert PLAIN.straighten(unit) is unit
    assert PLAIN.bend(unit) is unit


def _boomerang(unit):
    """Return the likelihood of a total known to 3%: either scale may make it."""
    a, b = _theta_at(unit)[:2]
    return -0.5 * (np.log(np.hypot(a, b) / 0.3) / 0.03) ** 2


def test_a_boomerang_has_the_evidence_and_mean_of_brute_force():
    chart = make_chart(_theta_at, ((0, 1),), 4)
    found = explore(_boomerang, 4, rng=np.random.default_rng(1), chart=chart, tuning=JOINT)
    assert not found.failures()
    # on a grid: weights of the prior, cells of 0.005 against a ridge 0.03 wide
    grid = np.arange(-6, 6, 0.005) + 0.0025
    a, b = (part.ravel() for part in np.meshgrid(grid, grid))
    unit = np.zeros((len(a), 4))
    unit[:, 0], unit[:, 1] = a, b
    log_density = prior_log_density(unit[:, :2]) + _boomerang(unit)
    weights = np.exp(log_density) * 0.005**2
    # a thousand effective points: the evidence is known to 3%, a mean to 0.03 sds
    assert found.log_evidence == pytest.approx(np.log(weights.sum()), abs=0.12)
    mean = weights @ unit[:, :2] / weights.sum()
    assert found.weights @ found.unit[:, :2] == pytest.approx(mean, abs=0.12)


def test_straightening_takes_fewer_points_for_a_boomerang():
    chart = make_chart(_theta_at, ((0, 1),), 4)
    sizes = {"straight": [], "plain": []}
    for seed in range(5):
        straight = explore(
            _boomerang, 4, rng=np.random.default_rng(seed), chart=chart, tuning=JOINT
        )
        plain = explore(_boomerang, 4, rng=np.random.default_rng(seed), tuning=JOINT)
        sizes["straight"].append(len(straight.unit))
        sizes["plain"].append(len(plain.unit))
    assert np.mean(sizes["straight"]) < 0.8 * np.mean(sizes["plain"])


def test_a_round_takes_what_is_missing_within_its_bounds():
    # (1080 - 900) / 0.5 = 360 and (1080 - 700) / 0.5 = 760
    assert JOINT.round_size(900.0) == 512
    assert JOINT.round_size(700.0) == 760
    assert JOINT.round_size(10.0) == 1024
    assert SINGLE.round_size(700.0) == 1024
