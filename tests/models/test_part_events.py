"""Dated events on one part: its logit moves by exactly the size, the others keep their ratios."""

from __future__ import annotations

import numpy as np
import pytest
from calibration.shares import BAN, DESIGNS, PUSH, make_prior, mean_height, simulate, softmax
from hypothesis import given
from hypothesis import strategies as st

from forecaster.models.composition import composition_static, event_sizes, log_ratio_basis
from forecaster.models.composition_readings import linearise
from forecaster.models.part_events import PartEvent, event_moves, event_shapes
from forecaster.models.regressors import Regressor, Shape


def _logit(p):
    return np.log(p) - np.log1p(-p)


@given(
    n=st.integers(2, 6), part=st.integers(0, 5), size=st.floats(-3, 3), seed=st.integers(0, 10**6)
)
def test_a_step_moves_one_logit_by_its_size_and_no_ratio_of_the_others(n, part, size, seed):
    part %= n
    basis = log_ratio_basis(n)
    u = np.random.default_rng(seed).normal(0, 1.5, n - 1)
    event = PartEvent(part, Regressor("step", Shape("step", 2020.0), 0.0, 1.0))
    moves = event_moves(
        [event], np.array([[size]]), basis, starts=np.array([2019.0, 2020.0]),
        ends=np.array([2020.0, 2021.0]),
    )[..., 0]  # fmt: skip
    before, at_first, after = (softmax(basis @ (u + move)) for move in (0 * u, *moves))
    assert at_first == pytest.approx(before, abs=1e-12)
    assert after.sum() == pytest.approx(1.0, abs=1e-12)
    assert _logit(after[part]) - _logit(before[part]) == pytest.approx(size, abs=1e-9)
    others = [k for k in range(n) if k != part]
    shares = [p[others] / p[others].sum() for p in (before, after)]
    assert shares[1] == pytest.approx(shares[0], abs=1e-9)


def test_several_events_on_several_parts_add_up():
    # over 2019.0 to 2020.0 the ban is on throughout, and a window that begins in the middle half
    basis = log_ratio_basis(3)
    late = PartEvent(2, Regressor("late", Shape("window", 2019.5, 2025.0), 0.0, 1.0))
    moves = event_moves(
        [BAN, late], np.array([[-0.8], [0.6]]), basis, starts=np.array([2019.0]),
        ends=np.array([2020.0]),
    )[0, :, 0]  # fmt: skip
    assert basis @ moves == pytest.approx(np.array([-0.8, 0.0, 0.3]) - (-0.8 + 0.3) / 3, abs=1e-12)


def test_shapes_over_windows_are_averages_of_what_is_on(rng):
    starts = np.round(rng.uniform(2015, 2024, 20), 1)
    ends = starts + np.round(rng.uniform(0.1, 2, 20), 1)
    found = event_shapes([BAN, PUSH], starts, ends)
    for j, event in enumerate((BAN, PUSH)):
        expected = [
            mean_height(event.regressor.shape, *window) for window in zip(starts, ends, strict=True)
        ]
        # a thousand cells: an edge inside one is wrong by a thousandth at most
        assert found[:, j] == pytest.approx(expected, abs=1.1e-3)


def test_readings_move_by_their_slope_against_the_part_of_the_event():
    prior = make_prior()
    p = simulate(DESIGNS["dated events, stated growth"], prior, np.random.default_rng(1))
    p = p.publications
    readings = linearise(p, p.shares)
    static = composition_static(p, readings, prior)
    columns = event_sizes(p, static.columns.T).T
    on = event_shapes(p.events, p.start, p.end)[p.publication]
    for r in range(p.n_rows):
        for j, event in enumerate(p.events):
            here = p.shares[p.publication[r]]
            own = p.part[r]
            slope = 1.0 if own == event.part else -here[event.part] / (1 - here[own])
            assert columns[r, j] == pytest.approx(slope * on[r, j], abs=1e-12)
    means, sds = event_sizes(p, static.mean[:, None]), event_sizes(p, static.sd[:, None])
    assert means[:, 0].tolist() == [-0.8, 0.4]
    assert sds[:, 0].tolist() == [0.45, 0.3]
