"""Stated growth of parts: taken as stated, once for what is said twice, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.models.composition import log_ratio_basis
from forecaster.models.part_drifts import logit_slope, stated_drift
from forecaster.workspace.belief_tables import Normal

SD = 0.1


def _law(growth, shares):
    """Return mean and covariance of the drifts of the log shares' coordinates."""
    shares = np.array(shares)
    basis = log_ratio_basis(len(shares))
    beliefs = {part: Normal(mean, sd, "", "") for part, (mean, sd) in growth.items()}
    found = stated_drift(beliefs, shares, basis, sd=SD)
    return found.turn @ found.mean, SD**2 * found.turn @ found.turn.T, basis


def _of(part, law, shares):
    mean, covariance, basis = law
    slope = logit_slope(np.array(shares), part) @ basis
    return slope @ mean, np.sqrt(slope @ covariance @ slope)


def test_slope_of_a_logit_by_hand():
    assert logit_slope(np.array([0.5, 0.3, 0.2]), 0) == pytest.approx([1.0, -0.6, -0.4])


def test_nothing_stated_leaves_the_default():
    assert stated_drift({}, np.array([0.5, 0.5]), log_ratio_basis(2), sd=SD) is None


@pytest.mark.parametrize(("mean", "sd"), [(0.2, 0.25), (-0.1, 0.03)])
def test_growth_of_one_part_is_exactly_as_stated(mean, sd):
    shares = [0.5, 0.3, 0.15, 0.05]
    assert _of(0, _law({0: (mean, sd)}, shares), shares) == pytest.approx((mean, sd))


def test_what_is_not_spoken_of_keeps_its_default():
    shares = [0.5, 0.3, 0.15, 0.05]
    mean, covariance, basis = _law({0: (0.2, 0.25)}, shares)
    slope = logit_slope(np.array(shares), 0) @ basis
    aside = np.linalg.svd(slope[None])[2][1:]  # directions at right angles to the statement
    assert aside @ mean == pytest.approx(np.zeros(2), abs=1e-12)
    assert aside @ covariance @ aside.T == pytest.approx(SD**2 * np.eye(2), abs=1e-12)


def test_two_parts_that_say_the_same_count_once():
    shares = [0.4, 0.6]
    law = _law({0: (0.2, 0.25), 1: (-0.2, 0.25)}, shares)
    assert _of(0, law, shares) == pytest.approx((0.2, 0.25))


def test_two_parts_that_contradict_each_other_meet_in_the_middle():
    # both grow by .2, which cannot be: one's growth is the other's loss
    shares = [0.4, 0.6]
    assert _of(0, _law({0: (0.2, 0.25), 1: (0.2, 0.25)}, shares), shares)[0] == pytest.approx(0.0)


def test_a_small_third_part_hardly_changes_what_two_large_ones_say():
    shares = [0.41, 0.55, 0.04]
    law = _law({0: (0.20, 0.22), 2: (0.08, 0.35), 1: (-0.20, 0.27)}, shares)
    mean, sd = _of(0, law, shares)
    assert mean == pytest.approx(0.20, abs=0.03)
    assert sd == pytest.approx(0.24, abs=0.03)


@given(
    st.lists(
        st.tuples(st.floats(-1, 1), st.floats(0.01, 2), st.floats(0.001, 1)),
        min_size=2, max_size=6,
    )
)  # fmt: skip
def test_any_statements_leave_a_proper_distribution(stated):
    shares = np.array([weight for _, _, weight in stated])
    growth = {k: (mean, sd) for k, (mean, sd, _) in enumerate(stated)}
    mean, covariance, _ = _law(growth, shares / shares.sum())
    assert np.isfinite(mean).all()
    assert np.linalg.eigvalsh(covariance).min() > 0
