"""Normal distributions fitted to quantiles: exact, invariant, and refused where nothing fits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from forecaster.workspace.quantile_fit import (
    Contradiction,
    check_order,
    fit_about_zero,
    fit_normal,
    normal_cdf,
    probit,
    read_level,
)

LEVELS = (0.05, 0.5, 0.95)


def test_probit_by_hand():
    # the table of every textbook: 97.5% is 1.959964 sds above the mean
    assert probit(0.975) == pytest.approx(1.959963985, abs=1e-9)
    assert probit(0.5) == pytest.approx(0.0, abs=1e-12)


@given(st.floats(1e-9, 1 - 1e-9))
def test_probit_agrees_with_scipy(level):
    assert probit(level) == pytest.approx(stats.norm.ppf(level), abs=1e-8)


def test_probit_of_no_probability_is_refused():
    with pytest.raises(ValueError, match=r"not 1\.0"):
        probit(1.0)


def test_three_quantiles_by_hand():
    # z = -1.6449, 0, 1.6449; x = 1, 2, 3.3: mean 2.1, sd (3.3 - 1) / (2 * 1.6449) = 0.6992;
    # the stated median is the Phi((2 - 2.1) / 0.6992) = 0.4431 quantile of it, so 0.0569 off
    fit = fit_normal({0.05: 1.0, 0.5: 2.0, 0.95: 3.3})
    assert fit.mean == pytest.approx(2.1)
    assert fit.sd == pytest.approx(0.699150, rel=1e-5)
    assert (fit.misfit, fit.worst) == (pytest.approx(0.0569, abs=1e-4), 0.5)


def test_the_fit_is_the_least_squares_one():
    stated = {0.1: -1.0, 0.3: 0.1, 0.5: 0.4, 0.9: 2.2}
    fit = fit_normal(stated)

    def loss(at):
        return sum((at[0] + at[1] * stats.norm.ppf(p) - x) ** 2 for p, x in stated.items())

    found = optimize.minimize(loss, [0.0, 1.0], tol=1e-14).x
    assert [fit.mean, fit.sd] == pytest.approx(found.tolist(), rel=1e-5)


@given(st.floats(-50, 50), st.floats(0.01, 100))
def test_the_fit_moves_and_stretches_with_the_quantiles(shift, factor):
    plain = fit_normal({0.05: 1.0, 0.5: 2.0, 0.95: 3.3})
    moved = fit_normal({p: shift + factor * x for p, x in {0.05: 1, 0.5: 2, 0.95: 3.3}.items()})
    assert moved.mean == pytest.approx(shift + factor * plain.mean, rel=1e-9, abs=1e-9)
    assert moved.sd == pytest.approx(factor * plain.sd, rel=1e-9)


@given(st.floats(-5, 5), st.floats(0.01, 5))
def test_quantiles_of_a_normal_give_it_back(mean, sd):
    levels = np.array([0.025, 0.1, 0.5, 0.8])
    values = stats.norm.ppf(levels, mean, sd)
    fit = fit_normal(dict(zip(levels.tolist(), values.tolist(), strict=True)))
    assert (fit.mean, fit.sd) == (pytest.approx(mean, abs=1e-8), pytest.approx(sd, rel=1e-8))


def test_a_fit_that_is_far_off_is_refused():
    with pytest.raises(Contradiction, match="the stated 50% quantile its 80% one"):
        fit_normal({0.05: -0.17, 0.5: 0.485, 0.95: 0.566})


def test_about_zero_the_mean_is_zero():
    # x = -2, 2 at z = -1.6449, 1.6449: sd 2 / 1.6449
    fit = fit_about_zero({0.05: -2.0, 0.95: 2.0})
    assert (fit.mean, fit.sd) == (0.0, pytest.approx(1.215914, rel=1e-5))


@pytest.mark.parametrize("values", [(1.0, 5.0), (-1.0, 4.0)])
def test_quantiles_that_are_not_about_zero_are_refused(values):
    with pytest.raises(Contradiction):
        fit_about_zero(dict(zip((0.05, 0.95), values, strict=True)))


@pytest.mark.parametrize("text", ["5", "five%", "0%", "100%", "-1%", "5%%", "nan%", ""])
def test_what_is_no_level_is_refused(text):
    with pytest.raises(Contradiction):
        read_level(text)


def test_a_level_is_a_probability():
    assert read_level("97.5%") == pytest.approx(0.975)


@pytest.mark.parametrize("values", [(1.0,), (1.0, 1.0), (2.0, 1.0), (1.0, 5.0, 3.0)])
def test_quantiles_that_do_not_rise_are_refused(values):
    with pytest.raises(Contradiction):
        check_order(dict(zip(LEVELS, values, strict=False)))


def test_the_normal_distribution_is_symmetric():
    assert normal_cdf(1.3) + normal_cdf(-1.3) == pytest.approx(1.0, abs=1e-15)
    assert normal_cdf(0.7) == pytest.approx(0.5 * (1 + math.erf(0.7 / math.sqrt(2))))
