"""Crossings counted again in plain loops, and their errors against repeated simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecaster.forecasts.crossing import count_crossings, crossing_error


def _loops(trajectories, level, *, below):
    """Return by_period, first_in_period, at_or_beyond and never, one path at a time."""
    n, m = len(trajectories), len(trajectories[0])
    by, first, at, never = [0] * m, [0] * m, [0] * m, 0
    for path in trajectories:
        reached = False
        for k in range(m):
            here = path[k] <= level if below else path[k] >= level
            at[k] += here
            if here and not reached:
                first[k] += 1
                reached = True
            by[k] += reached
        never += not reached
    return [x / n for x in by], [x / n for x in first], [x / n for x in at], never / n


def test_three_paths_by_hand():
    # level 2: the first path crosses in period 2 and falls back, the second starts there,
    # the third never comes
    paths = np.array([[1.0, 2.5, 1.0], [2.0, 2.0, 3.0], [0.0, 1.0, 1.9]])
    found = count_crossings(paths, 2.0, below=False)
    assert found.by_period == pytest.approx([1 / 3, 2 / 3, 2 / 3])
    assert found.first_in_period == pytest.approx([1 / 3, 1 / 3, 0])
    assert found.at_or_beyond == pytest.approx([1 / 3, 2 / 3, 1 / 3])
    assert found.never == pytest.approx(1 / 3)


PATHS = arrays(float, st.tuples(st.integers(1, 30), st.integers(1, 6)), elements=st.integers(-3, 3))


@given(paths=PATHS, level=st.integers(-3, 3), below=st.booleans())
@settings(max_examples=100, deadline=None)
def test_counts_are_those_of_plain_loops(paths, level, below):
    found = count_crossings(paths, float(level), below=below)
    by, first, at, never = _loops(paths.tolist(), level, below=below)
    assert found.by_period == pytest.approx(by)
    assert found.first_in_period == pytest.approx(first)
    assert found.at_or_beyond == pytest.approx(at)
    assert found.never == pytest.approx(never)
    assert found.first_in_period.sum() + found.never == pytest.approx(1.0)


@given(paths=PATHS, level=st.integers(-3, 3))
@settings(max_examples=50, deadline=None)
def test_falling_below_is_rising_above_turned_over(paths, level):
    falling = count_crossings(paths, float(level), below=True)
    rising = count_crossings(-paths, -float(level), below=False)
    assert np.array_equal(falling.by_period, rising.by_period)


def test_a_walk_crosses_as_often_as_plain_monte_carlo_says(rng):
    paths = rng.standard_normal((20_000, 8)).cumsum(axis=1)
    found = count_crossings(paths, 2.0, below=False).by_period
    other = _loops(rng.standard_normal((20_000, 8)).cumsum(axis=1).tolist(), 2.0, below=False)[0]
    error = np.sqrt(found * (1 - found) / 20_000 * 2) + 1e-3
    assert (np.abs(found - np.array(other)) < 4 * error).all()


@pytest.mark.parametrize("spread", [0.0, 0.3, 2.0])
def test_error_is_the_spread_of_repeated_simulation(spread):
    """300 repetitions of 400 draws at 100 hyperparameters; the sd of 300 is known to 4%."""
    rng = np.random.default_rng(5)
    estimates, errors = [], []
    for _ in range(300):
        index = np.repeat(np.arange(100), 4)
        centre = spread * rng.standard_normal(100)
        paths = centre[index, None] + rng.standard_normal((400, 3)).cumsum(axis=1)
        estimates.append(count_crossings(paths, 1.0, below=False).by_period)
        errors.append(crossing_error(paths, 1.0, below=False, theta_index=index, ess=100.0))
    actual = np.std(estimates, axis=0)
    stated = np.sqrt(np.mean(np.square(errors), axis=0))
    assert stated == pytest.approx(actual, rel=0.17)


def test_error_is_never_nothing():
    index = np.repeat(np.arange(50), 2)
    paths = np.zeros((100, 2))
    error = crossing_error(paths, 1.0, below=False, theta_index=index, ess=1000.0)
    assert (error >= 1 / 102).all()
