"""Simulation-based calibration of the trend family, kind by kind.

Eight quantities of seven kinds are ranked: 56 rank ECDFs, of which a correct program leaves 2.8
outside their own 95% envelopes. Hence two rules: all 56 lie inside the envelope that holds all of
them with probability 95%, and of a kind's eight at most two lie outside their own.
"""

from __future__ import annotations

import numpy as np
import pytest

from calibration.sbc import (
    DESIGNS,
    N_DRAWS,
    QUANTITIES,
    envelope_probability,
    poisson_design,
    run_many,
)

SEED = 20260101
FINAL_LEVEL, FIGURE = QUANTITIES.index("final level"), QUANTITIES.index("figure one year ahead")


def _ranks(design, n, seed):
    return np.array([outcome.ranks for outcome in run_many(design, n, seed=seed)])


def _assert_uniform(ranks):
    found = {
        name: envelope_probability(column) for name, column in zip(QUANTITIES, ranks.T, strict=True)
    }
    print(", ".join(f"{name} p {p:.3f}" for name, p in found.items()))
    assert min(found.values()) > 0.05 / (len(QUANTITIES) * len(DESIGNS)), found
    assert sum(p < 0.05 for p in found.values()) <= 2, found


def test_forty_shares_are_ranked_evenly():
    _assert_uniform(_ranks(DESIGNS["share"], 40, SEED))


@pytest.mark.slow
@pytest.mark.parametrize("kind", DESIGNS)
def test_a_thousand_histories_of_each_kind_are_ranked_evenly(kind):
    _assert_uniform(_ranks(DESIGNS[kind], 1000, SEED + list(DESIGNS).index(kind)))


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "off"), [(3, 0.117), (10, 0.071), (30, 0.07), (100, 0.058)])
def test_poisson_counts_are_off_by_less_the_larger_they_are(rate, off):
    # The Gaussian that stands for a count is an approximation, so the fitted level is a little too
    # high at small rates: mean ranks of the final level were 0.422, 0.468, 0.472 and 0.481 in 600
    # replications. Those of 500 have a standard error of 0.013; three of them are allowed.
    ranks = _ranks(poisson_design(rate), 500, SEED)
    means = (ranks[:, [FINAL_LEVEL, FIGURE]].mean(axis=0) + 0.5) / (N_DRAWS + 1)
    print(f"{rate} a year: mean ranks of the level and of the next figure {means.round(3)}")
    assert np.abs(means - 0.5).max() < off


def test_envelope_holds_uniform_ranks_and_refuses_others():
    rng = np.random.default_rng(3)
    even = [envelope_probability(rng.integers(0, N_DRAWS + 1, 300)) for _ in range(60)]
    # of 60 uniform samples 3 lie outside on average; ten or more happen once in 2,000 times
    assert sum(p < 0.05 for p in even) < 10
    assert envelope_probability(rng.binomial(N_DRAWS, rng.beta(2, 2, 300))) < 0.05
    assert envelope_probability(rng.integers(0, 90, 300)) < 0.05


def test_envelope_of_two_cells_by_hand(monkeypatch):
    # one draw, so ranks 0 and 1, ten replications: 10 zeros stray as far as 10 ones, each with
    # probability 1/1024, hence 2/1024 together
    monkeypatch.setattr("calibration.sbc.N_DRAWS", 1)
    found = envelope_probability(np.zeros(10, dtype=int), n_simulated=100_000)
    assert found == pytest.approx(2 / 1024, abs=4 * np.sqrt(2 / 1024 / 100_000))
