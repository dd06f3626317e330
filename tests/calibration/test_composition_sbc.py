"""Simulation-based calibration of the composition family, joint quantities included.

Ten quantities of four designs are ranked, and the sizes of two dated events: 42 rank ECDFs, of
which a correct program leaves 2.1 outside their own 95% envelopes. All must lie inside the envelope
that holds all of them with probability 95%, and of a design's at most two may lie outside their
own.

Ranks are broken by lot in the time of crossing, which is counted in quarters.
"""

from __future__ import annotations

import numpy as np
import pytest

from calibration.sbc import envelope_probability
from calibration.shares import DESIGNS, EVENT_QUANTITIES, QUANTITIES, make_prior, run_once

SEED = 20260101
SIMULATED = (
    "whole years", "a rest, points", "parts missing, two houses", "dated events, stated growth",
)  # fmt: skip
N_RANKED = len(QUANTITIES) * len(SIMULATED) + len(EVENT_QUANTITIES)


def _ranks(name: str, n: int) -> np.ndarray:
    streams = np.random.SeedSequence([SEED, SIMULATED.index(name)]).spawn(n)
    prior = make_prior()
    return np.array([run_once(DESIGNS[name], prior, np.random.default_rng(s)) for s in streams])


def _assert_uniform(ranks: np.ndarray) -> None:
    names = (*QUANTITIES, *EVENT_QUANTITIES)[: ranks.shape[1]]
    found = {
        name: envelope_probability(column) for name, column in zip(names, ranks.T, strict=True)
    }
    print(", ".join(f"{name} p {p:.3f}" for name, p in found.items()))
    assert min(found.values()) > 0.05 / N_RANKED, found
    assert sum(p < 0.05 for p in found.values()) <= 2, found


@pytest.mark.parametrize("name", SIMULATED[2:])
def test_twenty_compositions_are_ranked_evenly(name):
    _assert_uniform(_ranks(name, 20))


@pytest.mark.slow
@pytest.mark.parametrize("name", SIMULATED)
def test_three_hundred_compositions_are_ranked_evenly(name):
    _assert_uniform(_ranks(name, 300))
