"""The composition family: coordinates, linear readings, and its PyMC model."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from calibration.shares import DESIGNS, dense_log_density, make_prior, simulate, softmax
from hypothesis import given
from hypothesis import strategies as st

from forecaster.models.composition import (
    UNIT_NAME,
    composition_static,
    coordinate_scale,
    log_ratio_basis,
    pymc_model,
)
from forecaster.models.composition_readings import exact_logits, linearise
from forecaster.models.part_existence import Reading
from forecaster.models.publications import arrange
from forecaster.models.trend import theta_at


def _publications(*parts, has_rest=False, timing="flow"):
    """Return publications of parts, each a mapping from year to share."""
    figures = [
        [
            Reading(
                (float(year), year + 1.0) if timing == "flow" else (year + 1.0, year + 1.0),
                "a", np.log(share / (1 - share)), 0.05, 0.005,
            )
            for year, share in part.items()
        ]
        for part in parts
    ]  # fmt: skip
    return arrange(
        figures, bases=("a",), offset_sd=np.zeros(1), has_rest=has_rest, target=0,
        target_noise_sd=0.05, log_jacobian=0.0,
    )  # fmt: skip


@given(st.integers(2, 20))
def test_basis_is_orthonormal_and_sums_to_zero(n):
    basis = log_ratio_basis(n)
    assert basis.T @ basis == pytest.approx(np.eye(n - 1), abs=1e-12)
    assert basis.sum(axis=0) == pytest.approx(np.zeros(n - 1), abs=1e-12)


def test_scale_of_two_parts_by_hand():
    # logit p = x_1 - x_2 = sqrt(2) w, so w moves by 1 / sqrt(2) of what the logit does
    assert coordinate_scale(2) == pytest.approx(1 / np.sqrt(2))


def test_scale_gives_a_share_among_random_others_the_spread_of_one_logit(rng):
    # var(logit p) = s^2 (1 + H), H the sum of squared shares among the others: a flat Dirichlet
    # over K - 1 of them has mean H = 2 / K. 200,000 draws: relative error of the mean below 0.4%
    for n in (2, 3, 5, 12):
        others = rng.dirichlet(np.ones(n - 1), 200_000)
        spread = coordinate_scale(n) ** 2 * (1 + (others**2).sum(axis=1))
        assert spread.mean() == pytest.approx(1.0, abs=0.01)


def test_slopes_of_a_reading_by_hand():
    # beside .5 stand .3 and .2, which are .6 and .4 of the others
    p = _publications({2020: 0.5}, {2020: 0.3}, {2020: 0.2})
    slopes = linearise(p, p.shares).direction @ log_ratio_basis(3).T
    assert slopes[0] == pytest.approx([1.0, -0.6, -0.4])


def test_readings_touch_the_exact_logits_where_they_are_linearised(rng):
    p = simulate(DESIGNS["parts missing, two houses"], make_prior(), rng).publications
    readings = linearise(p, p.shares)
    basis = log_ratio_basis(p.n_parts)
    u = np.log(p.shares) @ basis
    step = 1e-4 * rng.standard_normal(u.shape)
    entry = readings.entry_mean[:, None]

    def exact(w):
        return exact_logits(p, (w @ basis.T)[..., None], entry)[:, 0]

    linear = (readings.direction * u[p.publication]).sum(axis=1) + p.z - readings.z
    assert exact(u) == pytest.approx(linear, abs=1e-12)
    moved = linear + (readings.direction * step[p.publication]).sum(axis=1)
    # curvature at most 1/4 per unit: an error of (4e-4)^2 or so
    assert exact(u + step) == pytest.approx(moved, abs=1e-6)


def test_exact_logits_are_those_of_the_softmax(rng):
    p = _publications({2020: 0.5}, {2020: 0.2}, has_rest=True)
    x = rng.standard_normal((1, 3, 6))
    shares = softmax(x[0])
    expected = np.log(shares[:2]) - np.log(1 - shares[:2])
    assert exact_logits(p, x, np.empty((0, 6))) == pytest.approx(expected, abs=1e-12)


def test_printed_zero_takes_nothing_from_the_other_parts():
    figures = [
        [Reading((2020.0, 2021.0), "a", np.log(0.6 / 0.4), 0.05, 0.005)],
        [Reading((2020.0, 2021.0), "a", np.log(0.4 / 0.6), 0.05, 0.005)],
        [Reading((2020.0, 2021.0), "a", -6.0, 1.0, 0.005, is_zero=True)],
    ]
    p = arrange(
        figures, bases=("a",), offset_sd=np.zeros(1), has_rest=False, target=0,
        target_noise_sd=0.05, log_jacobian=0.0,
    )  # fmt: skip
    slopes = linearise(p, p.shares).direction @ log_ratio_basis(3).T
    # projected to sum zero as they do: 1, -1 and nothing of the zero
    assert slopes[0] == pytest.approx([1.0, -1.0, 0.0], abs=1e-12)
    assert slopes[2] == pytest.approx([-0.6, -0.4, 1.0], abs=1e-3)


def test_all_figures_of_a_whole_count_for_one_less():
    # two parts of a whole are one figure, so that sds grow by sqrt(2)
    both = _publications({2020: 0.5}, {2020: 0.5})
    assert both.noise_sd == pytest.approx([0.05 * np.sqrt(2)] * 2)
    assert _publications({2020: 0.5}, {2020: 0.3}, has_rest=True).noise_sd == pytest.approx(0.05)


def test_part_enters_out_of_the_rest():
    # before 2022 the rest was .6; then .15 of it are told apart: log(.6 / .45)
    p = _publications({2020: 0.4, 2021: 0.4, 2022: 0.4}, {2022: 0.15}, has_rest=True)
    assert p.exists.tolist() == [[True, False, True], [True, False, True], [True, True, True]]
    assert p.before_entry[:, 0].tolist() == [True, True, False]
    readings = linearise(p, p.shares)
    assert readings.entry_mean == pytest.approx([np.log(0.6 / 0.45)])
    # the reading before the entry: logit of .4 against the rest as it was, slope -1
    assert readings.entry[0] == pytest.approx([-1.0])
    assert readings.entry[2] == pytest.approx([0.0])


def test_unpublished_part_exists_where_the_others_leave_something():
    # .4 + .4 leave .2 in 2020, though the third part is first printed in 2021
    p = _publications({2020: 0.4, 2021: 0.4}, {2020: 0.4, 2021: 0.4}, {2021: 0.2})
    assert p.exists.all()
    # .6 + .4 leave nothing in 2020: the third part came later
    p = _publications({2020: 0.6, 2021: 0.5}, {2020: 0.4, 2021: 0.3}, {2021: 0.2})
    assert p.exists.tolist() == [[True, True, False], [True, True, True]]


@pytest.mark.parametrize(
    "name",
    [
        "parts missing, two houses",
        "dated events, stated growth",
        pytest.param("whole years", marks=pytest.mark.slow),
    ],
)
def test_pymc_model_gives_the_dense_log_density(name):
    rng, prior = np.random.default_rng(27), make_prior()
    p = simulate(DESIGNS[name], prior, rng).publications
    p = replace(p, entry_parts=((0,),), before_entry=(np.arange(p.n) < 2)[:, None])
    readings = linearise(p, p.shares)
    static = composition_static(p, readings, prior)
    unit = rng.standard_normal((20, 4))
    theta = theta_at(unit, prior.share, scale=coordinate_scale(p.n_parts))
    expected = np.array([dense_log_density(p, readings, static, prior, t) for t in theta.T])
    expected += -0.5 * (unit**2).sum(axis=1) - 2 * np.log(2 * np.pi)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyMC's and PyTensor's own, at import
        log_posterior = pymc_model(p, readings, static, prior).compile_logp(mode="FAST_COMPILE")
        found = np.array([float(log_posterior({UNIT_NAME: u})) for u in unit])
    assert (np.abs(found - expected) / (1 + np.abs(expected))).max() < 1e-6


def test_a_rest_within_the_error_of_the_figures_is_not_settled_by_them():
    # .5 and .3 to 0.05 on the logit: their sum to 0.0163, so that a rest of .2 is told and one of
    # .04, beside .66 and .3, is not: 0.0153 four times is .061
    assert _publications({2020: 0.5}, {2020: 0.3}, has_rest=True).is_complete.all()
    assert not _publications({2020: 0.66}, {2020: 0.3}, has_rest=True).is_complete.any()
    assert _publications({2020: 0.66}, {2020: 0.34}, has_rest=False).is_complete.all()
