"""The estimated correlation: its prior, its pull, and that it can be drawn from."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.forecasts.coupling import (
    LEAST_EIGENVALUE,
    Coupling,
    block_prior,
    estimate_coupling,
    make_positive_definite,
    uncoupled,
)
from forecaster.workspace.facts import SeriesEntry


def _entry(id_, group="", region=""):
    return SeriesEntry(
        id=id_, title=id_, title_zh=id_, unit="USD", kind="positive", timing="flow",
        group=group, region=region,
    )  # fmt: skip


def _years(values, first=2000):
    """Return residuals of years, None for a year without one."""
    return {
        (date(first + i, 1, 1), date(first + i, 12, 31)): value
        for i, value in enumerate(values)
        if value is not None
    }


def test_the_prior_is_that_of_the_group_else_of_the_region_else_none():
    entries = [_entry("a", "chips", "us"), _entry("b", "chips", "us"), _entry("c", "chips", "cn"),
               _entry("d", "energy", "us"), _entry("e", "hubs", "fr"), None]  # fmt: skip
    found = block_prior(entries)
    assert found[0].tolist() == [1.0, 0.3, 0.3, 0.15, 0.0, 0.0]
    assert np.array_equal(found, found.T)


def test_blank_groups_and_regions_are_not_the_same_one():
    assert block_prior([_entry("a"), _entry("b")])[0, 1] == 0.0


def test_the_pull_by_hand():
    # shared years 2001 and 2002: products 1*2 + (-2)*(-2) = 6, squares 5 and 8, r = 6 / sqrt(40);
    # n = 2 against 20 at .3 gives (2 r + 6) / 22
    residuals = {"a": _years([9.0, 1.0, -2.0]), "b": _years([None, 2.0, -2.0, 5.0])}
    entries = {"a": _entry("a", "g"), "b": _entry("b", "g")}
    found = estimate_coupling(residuals, entries)
    assert found.series == ("a", "b")
    assert found.correlation[0, 1] == pytest.approx((2 * 6 / np.sqrt(40) + 6) / 22)


def test_periods_that_overlap_without_being_equal_do_not_count():
    quarter = {(date(2001, 1, 1), date(2001, 3, 31)): 2.0}
    found = estimate_coupling({"a": _years([1.0, 2.0]), "b": quarter}, {})
    assert np.array_equal(found.correlation, np.eye(2))


def test_one_break_in_both_histories_does_not_decide_alone():
    # twenty quiet years without relation, one shared shock of eight sds; cut at three sds
    quiet = [1.0, -1.0] * 10
    other = [1.0, 1.0, -1.0, -1.0] * 5
    entries = {"a": _entry("a"), "b": _entry("b")}
    found = estimate_coupling({"a": _years([*quiet, 8.0]), "b": _years([*other, 8.0])}, entries)
    # products 0 + 9, squares 29 each; without the cut the 64s would give .39
    assert found.correlation[0, 1] == pytest.approx(21 * 9 / 29 / 41)


def test_residuals_that_never_moved_leave_the_prior():
    entries = {"a": _entry("a", "g"), "b": _entry("b", "g")}
    found = estimate_coupling({"a": _years([0.0] * 30), "b": _years([1.0] * 30)}, entries)
    assert found.correlation[0, 1] == pytest.approx(0.3)


def test_long_histories_overrule_the_prior(rng):
    # 400 years at correlation .7: the prior of .3 pulls by 20 / 420, to .681;
    # the sd of the estimate is (1 - .49) / sqrt(400) = .0255
    x = rng.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], size=400)
    entries = {"a": _entry("a", "g"), "b": _entry("b", "g")}
    found = estimate_coupling({"a": _years(x[:, 0], 1500), "b": _years(x[:, 1], 1500)}, entries)
    assert found.correlation[0, 1] == pytest.approx(0.681, abs=4 * 0.0255)


def test_the_order_in_which_series_come_changes_nothing(rng):
    residuals = {name: _years(rng.standard_normal(12)) for name in "cab"}
    entries = {name: _entry(name, "g") for name in "abc"}
    found = estimate_coupling(residuals, entries)
    turned = estimate_coupling({name: residuals[name] for name in "abc"}, entries)
    assert found.series == turned.series == ("a", "b", "c")
    assert np.array_equal(found.correlation, turned.correlation)


def test_a_residual_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="residual of 'a'"):
        estimate_coupling({"a": _years([1.0, float("nan")])}, {})


def test_no_series_and_one_series_need_no_care():
    assert estimate_coupling({}, {}).series == ()
    assert estimate_coupling({"a": {}}, {}).correlation.tolist() == [[1.0]]


def _is_correlation(matrix):
    return (
        np.allclose(np.diag(matrix), 1.0)
        and np.array_equal(matrix, matrix.T)
        and np.linalg.eigvalsh(matrix)[0] > 0
    )


def test_blocks_that_do_not_fit_together_are_moved_little():
    # three groups by three regions, ten series in each cell: the prior has negative eigenvalues
    prior = block_prior([_entry("x", f"g{i // 30}", f"r{i // 10 % 3}") for i in range(90)])
    least = np.linalg.eigvalsh(prior)[0]
    assert least < -0.5
    found = make_positive_definite(prior)
    assert _is_correlation(found)
    np.linalg.cholesky(found)
    # pulled to the identity until positive definite, .3 would become less than .2
    assert abs(0.3 - 0.3 / (1 - least)) > 0.1
    assert np.abs(found - prior).max() < 0.08


def test_a_matrix_that_can_be_drawn_from_is_left_alone():
    matrix = np.array([[1.0, 0.3, 0.15], [0.3, 1.0, 0.0], [0.15, 0.0, 1.0]])
    assert np.array_equal(make_positive_definite(matrix), matrix)


@given(seed=st.integers(0, 10**6), n=st.integers(1, 12))
def test_any_table_of_correlations_becomes_one_that_can_be_drawn_from(seed, n):
    table = np.random.default_rng(seed).uniform(-1, 1, size=(n, n))
    table = (table + table.T) / 2
    np.fill_diagonal(table, 1.0)
    found = make_positive_definite(table)
    assert _is_correlation(found)
    np.linalg.cholesky(found)
    assert np.abs(found).max() <= 1.0 + 1e-12


def test_raised_eigenvalues_stay_away_from_zero():
    # three series, each pair at -.9: the least eigenvalue is -.8
    table = np.full((3, 3), -0.9)
    np.fill_diagonal(table, 1.0)
    found = make_positive_definite(table)
    # before rescaling the least is LEAST_EIGENVALUE; the diagonal is at most 1 + .8
    assert np.linalg.eigvalsh(found)[0] > LEAST_EIGENVALUE / 2
    # by symmetry and a singular limit, every pair comes to about -1/2
    assert found[0, 1] == pytest.approx(-0.5, abs=0.002)


def test_part_of_a_coupling_keeps_its_pairs():
    whole = Coupling(("a", "b", "c"), np.array([[1, 0.1, 0.2], [0.1, 1, 0.3], [0.2, 0.3, 1]]))
    part = whole.of(["c", "a"])
    assert part.series == ("a", "c")
    assert part.correlation[0, 1] == 0.2
    with pytest.raises(ValueError, match="'d'"):
        whole.of(["a", "d"])


def test_a_record_is_plain_and_short():
    found = Coupling(("a", "b"), np.array([[1, 1 / 3], [1 / 3, 1]])).record()
    assert found == {"series": ["a", "b"], "correlation": [[1.0, 0.3333], [0.3333, 1.0]]}
    assert uncoupled(["b", "a"]).record()["correlation"] == [[1.0, 0.0], [0.0, 1.0]]
