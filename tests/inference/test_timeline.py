"""The order of events: slots, kept windows, and a filter that does not mind how time is cut."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from calibration.problems import make_prior, observe
from hypothesis import given, settings
from hypothesis import strategies as st

from forecaster.inference.kalman import log_likelihood, run_filter
from forecaster.inference.timeline import FIRST_SLOT, LEVEL_STATE, TIME_TOLERANCE, lay_out
from forecaster.models.static_effects import static_prior

THETA = np.array([[0.2, 0.4], [0.15, 0.05], [2.0, 5.0], [0.05, 0.1]])


def _observe(windows):
    start, end = np.array(windows, dtype=float).T
    return observe(start, end, np.zeros(len(start)), noise_sd=0.02)


# quarters on a grid of 20 years, or points (length 0)
WINDOW = st.tuples(st.integers(0, 79), st.sampled_from([0, 0, 1, 2, 4, 4, 8])).map(
    lambda pair: (2000 + pair[0] / 4, 2000 + (pair[0] + pair[1]) / 4)
)
WINDOWS = st.lists(WINDOW, min_size=1, max_size=12)


def _sorted(windows):
    return sorted(windows, key=lambda w: (w[1], w[0]))


@given(windows=WINDOWS, kept=st.lists(WINDOW, max_size=4))
@settings(max_examples=150, deadline=None)
def test_every_window_has_a_slot_that_nobody_else_uses_at_the_time(windows, kept):
    windows = _sorted(windows)
    timeline = lay_out(_observe(windows), kept=kept)
    slot_of = {r.observation: r.state for event in timeline.events for r in event.reads}
    assert sorted(slot_of) == list(range(len(windows)))
    everything = [(w, slot_of[i]) for i, w in enumerate(windows)]
    everything += list(zip(kept, timeline.kept, strict=True))
    for i, ((start, end), slot) in enumerate(everything):
        if i < len(windows) and start == end:
            assert slot == LEVEL_STATE
            continue
        assert FIRST_SLOT <= slot < timeline.n_states
        for (other_start, other_end), other_slot in everything[:i]:
            if other_start != other_end:
                overlaps = other_start < end and start < other_end
                assert not (overlaps and other_slot == slot)
    # nobody else ever takes the slot of a kept one
    assert len(set(timeline.kept)) == len(kept)
    assert not set(timeline.kept) & set(slot_of.values())


@given(windows=WINDOWS, kept=st.lists(WINDOW, max_size=3))
@settings(max_examples=100, deadline=None)
def test_slots_run_exactly_while_their_windows_do(windows, kept):
    windows = _sorted(windows)
    timeline = lay_out(_observe(windows), kept=kept)
    slot_of = {r.observation: r.state for event in timeline.events for r in event.reads}
    open_windows = [(w, slot_of[i]) for i, w in enumerate(windows) if w[0] < w[1]]
    open_windows += [(w, s) for w, s in zip(kept, timeline.kept, strict=True) if w[0] < w[1]]
    time = timeline.anchor
    for event in timeline.events:
        before = time
        if event.duration >= 0:
            time += timeline.durations[event.duration]
        expected = [s for (a, b), s in open_windows if a < time - 1e-6 and b > before + 1e-6]
        assert sorted(event.running) == sorted(expected)
        assert max([*event.running, 1]) < event.n_active <= timeline.n_states
    assert time == pytest.approx(timeline.end)


@given(windows=WINDOWS, extra=st.lists(st.floats(2000, 2025), max_size=3))
@settings(max_examples=60, deadline=None)
def test_filter_does_not_depend_on_how_unobserved_time_is_cut(windows, extra):
    windows = _sorted(windows)
    rng = np.random.default_rng(len(windows))
    observations = replace(_observe(windows), z=rng.normal(0, 0.3, len(windows)))
    # points that nobody reads cut the way into more steps, and a later end adds some
    cut = [(float(t), float(t)) for t in extra if t >= observations.start.min()]
    static = static_prior(observations, make_prior(), is_share=False)
    plain, finer = lay_out(observations), lay_out(observations, kept=cut, end=2030.0)
    expected = log_likelihood(THETA, observations, plain, static)
    found = log_likelihood(THETA, observations, finer, static)
    assert found == pytest.approx(expected, rel=1e-8, abs=1e-7)


@given(windows=WINDOWS, cut=st.floats(0.05, 0.95))
@settings(max_examples=40, deadline=None)
def test_final_state_does_not_depend_on_a_stop_on_the_way(windows, cut):
    observations = _observe(_sorted(windows))
    static = static_prior(observations, make_prior(), is_share=False)
    last = float(observations.end.max())
    stop = last + cut * (2030 - last)
    whole = run_filter(THETA, observations, lay_out(observations, end=2030.0), static)
    halting = lay_out(observations, kept=[(stop, stop)], end=2030.0)
    stopped = run_filter(THETA, observations, halting, static)
    two = slice(0, 2)
    assert stopped.mean[two] == pytest.approx(whole.mean[two], abs=1e-8)
    assert stopped.covariance[two, two] == pytest.approx(whole.covariance[two, two], abs=1e-8)


def test_one_slot_serves_one_basis_and_a_second_one_the_other():
    # the calendar of the module's docstring: two years, and halves of another house
    windows = [(2023, 2023.5), (2023, 2024), (2024.5, 2025), (2024, 2025)]
    timeline = lay_out(_observe(windows))
    assert timeline.n_states == FIRST_SLOT + 2
    slots = {r.observation: r.state for event in timeline.events for r in event.reads}
    assert slots[0] != slots[1]
    assert slots[2] != slots[3]


def test_kept_points_and_windows_state_their_lengths_and_middles():
    timeline = lay_out(_observe([(2020, 2021)]), kept=[(2020.5, 2020.5), (2020.5, 2022)], end=2023)
    assert timeline.kept_lengths.tolist() == [1.0, 1.5]
    assert timeline.kept_middles.tolist() == [2020.5, 2021.25]
    assert timeline.end == 2023


def test_edges_that_differ_by_rounding_are_one_edge():
    thirds = 2020 + 1 / 3
    timeline = lay_out(_observe([(2020, thirds), (thirds + TIME_TOLERANCE / 10, 2021)]))
    assert len(timeline.events) == 3
