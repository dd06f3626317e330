"""Why series are drawn jointly: bands of ratios and chances of rankings, with and without.

Two positive series follow the trend with known hyperparameters. Their innovations are correlated
at .4 in history and in what comes; the forecaster knows their states and estimates the coupling
from the residuals of thirty years.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist

import numpy as np
import pytest

from forecaster.forecasts.coupling import Coupling, estimate_coupling, uncoupled
from forecaster.forecasts.innovations import StepGrid, draw_innovations
from forecaster.models.trend import make_step
from forecaster.workspace.facts import SeriesEntry

THETA = np.array([[0.15], [0.15], [3.0], [0.05]])
"""s_l, s_b, tau and s_o, at the medians of their priors."""
TRUE_CORRELATION = 0.4
N_YEARS, N_QUARTERS = 30, 16
N_DRAWS, N_HISTORIES = 2000, 20
NAMES = ("a", "b")
GRIDS = dict.fromkeys(NAMES, StepGrid(2025 * 12, 3, N_QUARTERS))
ENTRIES = {
    name: SeriesEntry(id=name, title=name, title_zh=name, unit="USD billion", kind="positive",
                      timing="stock", group="chips")
    for name in NAMES
}  # fmt: skip
TRUTH = Coupling(NAMES, np.array([[1.0, TRUE_CORRELATION], [TRUE_CORRELATION, 1.0]]))


@dataclass
class State:
    """Level and stray slope of one series, numbers or (n_draws,)."""

    level: object = 0.0
    slope: object = 0.0

    def move(self, length, slope_normal, level_normal):
        """Carry the state over a step of some years."""
        step = make_step(THETA, length)
        root_b = math.sqrt(step.q_bb.item())
        across = step.q_lb.item() / root_b
        own = math.sqrt(step.q_ll.item() - across**2)
        level = self.level + step.slope_gain.item() * self.slope
        level = level + across * slope_normal + own * level_normal
        return State(level, step.phi.item() * self.slope + root_b * slope_normal)


def _simulated_history(rng):
    """Return the two states after thirty years, and the standardised residuals of every year."""
    states = {name: State(0.0, 0.15 * rng.standard_normal()) for name in NAMES}
    residuals = {name: {} for name in NAMES}
    root = np.linalg.cholesky(TRUTH.correlation)
    step = make_step(THETA, 1.0)
    for year in range(2025 - N_YEARS, 2025):
        normals = root @ rng.standard_normal((2, 2))
        for name, (first, second) in zip(NAMES, normals, strict=True):
            moved = states[name].move(1.0, first, second)
            expected = states[name].level + step.slope_gain.item() * states[name].slope
            surprise = (moved.level - expected) / math.sqrt(step.q_ll.item())
            residuals[name][date(year, 1, 1), date(year, 12, 31)] = surprise
            states[name] = moved
    return states, residuals


def _paths(states, coupling, *, seed):
    """Return (n_quarters, n_draws) levels of each series."""
    drawn = draw_innovations(coupling, GRIDS, n_draws=N_DRAWS, seed=seed)
    found = {}
    for name in NAMES:
        state, levels = states[name], []
        for normals in drawn[name]:
            state = state.move(0.25, normals[0], normals[1])
            levels.append(state.level)
        found[name] = np.array(levels)
    return found


def _log_ratio(paths):
    return paths["a"] - paths["b"]


def _band(values):
    return np.quantile(values, [0.1, 0.9])


@pytest.fixture(scope="module")
def histories():
    """States, estimated coupling and what really comes (drawn often), of many histories."""
    rng = np.random.default_rng(20260101)
    found = []
    for i in range(N_HISTORIES):
        states, residuals = _simulated_history(rng)
        coupling = estimate_coupling(residuals, ENTRIES)
        found.append((states, coupling, _paths(states, TRUTH, seed=1000 + i)))
    return found


def test_the_coupling_is_found_from_residuals_within_its_pull(histories):
    # (30 * .4 + 20 * .3) / 50 = .36; a correlation of .4 from 30 years has sd .153, pulled .092
    found = [coupling.correlation[0, 1] for _, coupling, _ in histories]
    assert np.mean(found) == pytest.approx(0.36, abs=4 * 0.092 / math.sqrt(N_HISTORIES))


def _coverage(histories, make_coupling):
    """Return the mean empirical coverage of the 80% band of the ratio after four years."""
    covered = []
    for i, (states, coupling, truth) in enumerate(histories):
        paths = _paths(states, make_coupling(coupling), seed=i)
        low, high = _band(_log_ratio(paths)[-1])
        outcome = _log_ratio(truth)[-1]
        covered.append(np.mean((low <= outcome) & (outcome <= high)))
    return float(np.mean(covered))


COVERAGE_ERROR = math.sqrt(2 * 0.8 * 0.2 / N_DRAWS / N_HISTORIES)
"""Band and outcomes are each drawn N_DRAWS times: .003."""


def test_the_band_of_a_ratio_covers_what_it_says_when_draws_are_joint(histories):
    # a correlation r in place of .4 widens the band by sqrt((1 - r) / .6)
    normal = NormalDist()
    found = [coupling.correlation[0, 1] for _, coupling, _ in histories]
    wide = [1.2816 * math.sqrt((1 - r) / (1 - TRUE_CORRELATION)) for r in found]
    expected = float(np.mean([2 * normal.cdf(z) - 1 for z in wide]))
    covered = _coverage(histories, lambda coupling: coupling)
    assert covered == pytest.approx(expected, abs=4 * COVERAGE_ERROR)
    assert covered == pytest.approx(0.80, abs=0.025)
    exact = _coverage(histories, lambda _: TRUTH)
    assert exact == pytest.approx(0.80, abs=4 * COVERAGE_ERROR)


def test_the_band_of_a_ratio_is_too_wide_when_series_are_drawn_apart(histories):
    # 2 * Phi(1.2816 / sqrt(.6)) - 1 = .902
    covered = _coverage(histories, lambda _: uncoupled(NAMES))
    assert covered == pytest.approx(0.902, abs=4 * COVERAGE_ERROR)


def test_the_band_of_a_ratio_of_series_with_log_sd_one_half_spans_4_and_not_6():
    # exp(2 * 1.2816 * .5 * sqrt(2 (1 - r))): 4.07 at r = .4 and 6.13 at 0
    step = GRIDS["a"]
    for coupling, expected in ((TRUTH, 4.07), (uncoupled(NAMES), 6.13)):
        drawn = draw_innovations(coupling, GRIDS, n_draws=40_000, seed=11)
        logs = [0.5 * drawn[name][:, 1].sum(axis=0) / math.sqrt(step.n_steps) for name in NAMES]
        low, high = _band(logs[0] - logs[1])
        # both ends vary: sd of a 10% quantile over 40,000 draws is .0085 sds, of the width .0114
        sd = 0.0114 * 0.5 * math.sqrt(2)
        assert high - low == pytest.approx(math.log(expected), abs=4 * sd)


def _stays_above(paths, lead):
    """Return the chance that A is above B at the end of each quarter."""
    return float(np.mean(np.all(_log_ratio(paths) + lead > 0, axis=0)))


def _gap(histories, make_coupling):
    """Return by how much the chance that A stays above B is off, on average over histories.

    Every history is moved so that A leads by .3 and grows as fast: rankings are then open.
    """
    off = []
    for i, (states, coupling, truth) in enumerate(histories):
        middle = np.median(_log_ratio(truth), axis=1, keepdims=True)
        paths = _paths(states, make_coupling(coupling), seed=i)
        lead = 0.3 - middle
        off.append(_stays_above(paths, lead) - _stays_above(truth, lead))
    return float(np.mean(off))


def test_the_chance_that_one_stays_above_the_other_needs_joint_draws(histories):
    # both chances are about .6 from N_DRAWS draws each, and the median is drawn too
    error = math.sqrt(3 * 0.6 * 0.4 / N_DRAWS / N_HISTORIES)
    exact = _gap(histories, lambda _: TRUTH)
    assert abs(exact) < 4 * error
    joint = _gap(histories, lambda coupling: coupling)
    apart = _gap(histories, lambda _: uncoupled(NAMES))
    assert abs(joint) < 0.02
    assert apart < -0.06
