"""Draws of a group have the dense reference's moments, jointly over members and windows."""

from __future__ import annotations

import numpy as np
import pytest
from calibration.groups import DenseGroup, make_group, make_members, targets_of, theta_of

from forecaster.inference.certify import HyperPosterior
from forecaster.inference.pooled_draws import draw_group
from forecaster.inference.report import FitReport

REPORT = FitReport("amis", 0.1, 1000.0, -1.0, 0.01, 1024, 2)
N_DRAWS = 40_000
END = 2016.25
WINDOWS = {"m0": [(2016.0, 2016.25), (2015.5, 2015.5)], "m1": [(2015.0, 2016.25)]}
TARGETS = [
    (0, END, END), (0, 2016.0, 2016.25), (0, 2015.5, 2015.5), (1, END, END), (1, 2015.0, 2016.25),
    (-1, END, END),
]  # fmt: skip


def _draw(layout, theta, *, kept=None, n_draws=N_DRAWS, seed=3):
    group = make_group(layout, np.random.default_rng(1))
    hyper = HyperPosterior(theta.T.copy(), np.full(len(theta), 1 / len(theta)), REPORT)
    return draw_group(
        group,
        hyper,
        kept=kept or WINDOWS,
        end=END,
        n_draws=n_draws,
        factor_rng=np.random.default_rng(seed),
        member_rng=lambda name: np.random.default_rng([seed, int(name[1:])]),
    )


def _targets(posterior):
    factor = posterior.factor.state[0]
    own = posterior.own
    return np.array([
        own["m0"].state[0] + factor, *posterior.kept["m0"],
        own["m1"].state[0] + factor, *posterior.kept["m1"],
        factor,
    ])  # fmt: skip


@pytest.mark.parametrize(
    "layout", ["annual averages", "tilted averages", "annual points", "two houses", "thin members"]
)
def test_draws_have_the_dense_moments(layout):
    rng = np.random.default_rng(4)
    theta = theta_of(rng.standard_normal((1, 6)))
    dense_group = DenseGroup(*make_members(layout, np.random.default_rng(1)))
    mean, cov = targets_of(dense_group, theta[0], TARGETS)
    drawn = _targets(_draw(layout, theta))
    variance = np.outer(np.diag(cov), np.diag(cov))
    # errors of a mean and of a covariance; 4.5 of them cover the 6 + 21 numbers of each layout
    assert (np.abs(drawn.mean(axis=1) - mean) < 4.5 * np.sqrt(np.diag(cov) / N_DRAWS)).all()
    error = np.sqrt((variance + cov**2) / N_DRAWS)
    assert (np.abs(np.cov(drawn) - cov) < 4.5 * error).all()


def test_each_draw_rests_on_its_own_hyperparameters():
    # two thetas far apart: the draws of each have their own dense mean
    theta = np.array([[0.05, 0.05, 3.0, 0.02, 0.02, 0.02], [0.6, 0.3, 1.0, 0.5, 0.4, 0.2]])
    posterior = _draw("tilted averages", theta)
    dense_group = DenseGroup(*make_members("tilted averages", np.random.default_rng(1)))
    for k in range(2):
        mine = posterior.theta_index == k
        assert mine.sum() == N_DRAWS / 2
        assert (posterior.theta[:, mine] == theta[k][:, None]).all()
        mean, cov = targets_of(dense_group, theta[k], TARGETS)
        drawn = _targets(posterior)[:, mine].mean(axis=1)
        assert (np.abs(drawn - mean) < 4.5 * np.sqrt(np.diag(cov) / mine.sum())).all()


def test_a_member_has_the_same_draws_whoever_else_is_drawn():
    theta = theta_of(np.random.default_rng(4).standard_normal((3, 6)))
    alone = _draw("two houses", theta, kept={"m0": WINDOWS["m0"]}, n_draws=200)
    among = _draw("two houses", theta, kept={"m0": WINDOWS["m0"], "m1": WINDOWS["m1"]}, n_draws=200)
    assert alone.own["m0"].state == pytest.approx(among.own["m0"].state, rel=1e-6)
    assert alone.factor.state == pytest.approx(among.factor.state, rel=1e-6)
    assert alone.own["m0"].effects == pytest.approx(among.own["m0"].effects, rel=1e-6)
    # and what it keeps, for its windows come first
    assert alone.kept["m0"] == pytest.approx(among.kept["m0"], rel=1e-6)


def test_a_chunk_of_points_makes_no_difference(monkeypatch):
    theta = theta_of(np.random.default_rng(4).standard_normal((5, 6)))
    whole = _draw("tilted averages", theta, n_draws=100)
    monkeypatch.setattr("forecaster.inference.pooled_draws.chunk_width", lambda _: 2)
    parts = _draw("tilted averages", theta, n_draws=100)
    assert _targets(parts) == pytest.approx(_targets(whole), rel=1e-9)


def test_an_end_before_the_last_figure_is_refused():
    group = make_group("annual averages", np.random.default_rng(1))
    hyper = HyperPosterior(theta_of(np.zeros((1, 6))).T, np.ones(1), REPORT)
    with pytest.raises(ValueError, match=r"until 2016\.0, after the end 2015\.5"):
        draw_group(
            group, hyper, kept={}, end=2015.5, n_draws=1,
            factor_rng=np.random.default_rng(1), member_rng=lambda _: np.random.default_rng(1),
        )  # fmt: skip
