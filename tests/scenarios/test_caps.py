"""Saturation at a new cap: by hand, continuous, and never above."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.scenarios.caps import saturate

NONE = np.inf


def logit(p):
    return np.log(p) - np.log1p(-p)


def test_a_logistic_curve_by_hand():
    # y = 20 under a cap of 100: u = logit(.2) = -1.386; two steps of log 4 each lead to u = 0 and
    # 1.386, so to y = 50 and 80, where without the cap it would have been 80 and 320
    levels = np.log([[20.0], [80.0], [320.0]])
    found = saturate(levels, np.full((2, 1), np.log(100.0)), link="log")
    assert np.exp(found[:, 0]) == pytest.approx([20, 50, 80])


def test_a_share_under_a_cap_by_hand():
    # .2 of a market whose cap is .4 is half of it: u = 0; a step of log 3 leads to 3/4 of .4
    levels = logit(np.array([[0.2], [0.2]])) + np.array([[0.0], [np.log(3)]])
    found = saturate(levels, np.log(np.full((1, 1), 0.4)), link="logit")
    assert 1 / (1 + np.exp(-found[1, 0])) == pytest.approx(0.3)


def test_before_its_onset_and_far_below_a_cap_changes_nothing():
    levels = np.log([[1.0], [2.0], [4.0]])
    caps = np.array([[NONE], [np.log(1e9)]])
    assert saturate(levels, caps, link="log") == pytest.approx(levels, abs=1e-7)


def test_a_path_above_a_new_cap_stays_or_falls():
    levels = np.log([[200.0, 200.0], [300.0, 100.0], [400.0, 50.0]])
    found = np.exp(saturate(levels, np.full((2, 2), np.log(100.0)), link="log"))
    assert found[:, 0] == pytest.approx([200, 200, 200])
    # it falls as it would have; once below, the old level is its cap: u = logit(1/2) - log 2
    assert found[:2, 1] == pytest.approx([200, 100])
    assert found[2, 1] == pytest.approx(200 / 3)


def test_a_lifted_cap_leaves_the_path_where_it_is():
    levels = np.log([[20.0], [80.0], [160.0]])
    found = np.exp(saturate(levels, np.array([[np.log(100.0)], [NONE]]), link="log"))
    assert found[:, 0] == pytest.approx([20, 50, 100])


@pytest.mark.parametrize("link", ["log", "logit"])
def test_no_path_passes_its_cap(link, rng):
    levels = np.cumsum(rng.normal(0.3, 0.5, (40, 200)), axis=0) - 4
    caps = np.log(np.full((39, 200), 0.6))
    found = saturate(levels, caps, link=link)
    natural = np.exp(found) if link == "log" else 1 / (1 + np.exp(-found))
    above = natural[0] > 0.6
    assert np.isfinite(found).all()
    assert natural[:, ~above].max() <= 0.6 + 1e-9
    assert natural[-1].mean() > 0.5
