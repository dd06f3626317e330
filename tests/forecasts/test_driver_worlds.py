"""The calibration of drivers is kept between runs, and read only where it is the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scenarios.builders import BY, beliefs, driver, influence, start

from forecaster.forecasts import driver_worlds
from forecaster.forecasts.driver_worlds import simulate_worlds
from forecaster.inference.cache import cache_files, cache_folder

MADE = beliefs([driver("a", start(0.4)), driver("b", start(0.3))], [influence("a", "b", 5.0)])


def simulate(made=MADE, *, until=BY, as_of=date(2025, 12, 31), use_cache=True, said=None):
    heard = [] if said is None else said
    return simulate_worlds(
        made, None, as_of=as_of, until=until, n_draws=500, seed=1, use_cache=use_cache,
        announce=heard.append,
    )  # fmt: skip


@pytest.fixture
def calibrations(monkeypatch):
    """How often a calibration was run."""
    runs = []
    original = driver_worlds.calibrate
    monkeypatch.setattr(driver_worlds, "calibrate", lambda net: runs.append(1) or original(net))
    return runs


def test_a_stored_calibration_gives_the_same_worlds(calibrations):
    first, second = simulate(), simulate()
    assert len(calibrations) == 1
    assert np.array_equal(first.states, second.states)
    assert np.array_equal(first.mean_on, second.mean_on)


def test_one_calibration_serves_all_usual_horizons(calibrations):
    short, long = simulate(), simulate(until=date(2033, 6, 30))
    assert len(calibrations) == 1
    assert np.array_equal(short.states, long.states[:, :13])
    assert short.mean_on.shape == (2, 13)
    simulate(until=date(2036, 1, 1))
    assert len(calibrations) == 2


def test_other_beliefs_and_other_days_are_calibrated_anew(calibrations):
    simulate()
    simulate(replace(MADE, hash="other"))
    simulate(as_of=date(2026, 3, 31))
    assert len(calibrations) == 3


def test_without_the_cache_nothing_is_kept(calibrations):
    simulate(use_cache=False)
    simulate(use_cache=False)
    assert len(calibrations) == 2
    assert not list(cache_files(cache_folder()))


def test_a_damaged_file_is_announced_and_rebuilt(calibrations):
    first = simulate()
    (path,) = cache_files(cache_folder())
    path.write_bytes(path.read_bytes()[:-8])
    said = []
    second = simulate(said=said)
    assert len(calibrations) == 2
    assert "damaged" in said[0]
    assert np.array_equal(first.states, second.states)
