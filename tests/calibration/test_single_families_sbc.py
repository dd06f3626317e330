"""Simulation-based calibration of walk, jumps and substitution, with events and seasons.

Some ninety rank ECDFs are held at once: all lie inside the envelope that holds all of them with
probability 95%, and of one design's dozen at most three lie outside their own.
"""

from __future__ import annotations

import pytest

from calibration.sbc import envelope_probability
from calibration.single_sbc import DESIGNS, run_many

SEED = 20260301
N_QUANTITIES = 90


def _assert_even(names, ranks):
    found = {name: envelope_probability(r) for name, r in zip(names, ranks.T, strict=True)}
    print(", ".join(f"{name} p {p:.3f}" for name, p in found.items()))
    assert min(found.values()) > 0.05 / N_QUANTITIES, found
    assert sum(p < 0.05 for p in found.values()) <= 3, found


def test_thirty_walks_are_ranked_evenly():
    names, ranks, _ = run_many(DESIGNS["walk with events and seasons"], 30, seed=SEED)
    _assert_even(names, ranks)


@pytest.mark.slow
@pytest.mark.parametrize("name", DESIGNS)
def test_four_hundred_histories_of_each_family_are_ranked_evenly(name):
    names, ranks, failures = run_many(DESIGNS[name], 400, seed=SEED + list(DESIGNS).index(name))
    print(f"{name}: {failures} of 400 fits not certified at the second attempt")
    _assert_even(names, ranks)
