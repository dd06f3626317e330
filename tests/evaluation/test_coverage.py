"""Coverage by hand, envelopes that hold what is calibrated, and tests that see what is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecaster.evaluation.coverage import (
    check_pits,
    coverage_cells,
    pool_pits,
    standard_cells,
)
from forecaster.evaluation.figure_scores import FigureScore
from forecaster.evaluation.leave_future_out import Fold

SCORE = FigureScore(1.0, 1.0, 0.0, 0.1, 0.1, 0.5, 0.5, 1.5, True, True, True)
FOLD = Fold("a", "g", "share", "trend", date(2020, 12, 31), 5, 1, 1.0, 1.0, SCORE, True)


def _dependent_pits(rng, *, n_series=40, n_each=20, shift=0.0):
    """Return PITs whose series share half of their variance on the normal scale."""
    from forecaster.inference.normal import normal_cdf

    shared = np.repeat(rng.standard_normal(n_series), n_each)
    own = rng.standard_normal(n_series * n_each)
    names = np.repeat([f"s{k}" for k in range(n_series)], n_each)
    return normal_cdf((shared + own) / 2**0.5 + shift), names.tolist()


def test_coverage_by_hand():
    pits = np.array([0.05, 0.5, 0.95, 0.3, 0.1])
    everything = np.ones(5, dtype=bool)
    (cell,) = coverage_cells(
        pits,
        ["a", "a", "b", "b", "b"],
        {"all": everything, "none": ~everything},
        coverage=0.8,
        rng=np.random.default_rng(1),
    )
    # 0.5, 0.3 and 0.1 lie in [0.1, 0.9]; two series are too few to be judged
    assert (cell.coverage, cell.below, cell.above) == (0.6, 0.2, 0.2)
    assert (cell.n_folds, cell.n_series, cell.is_inside) == (5, 2, None)


def test_envelope_holds_calibrated_forecasts_of_dependent_folds():
    rng = np.random.default_rng(2)
    inside = []
    for _ in range(60):
        pits, names = _dependent_pits(rng)
        halves = np.arange(len(pits)) % 2 == 0
        cells = {"even": halves, "odd": ~halves}
        found = coverage_cells(pits, names, cells, coverage=0.8, rng=rng)
        inside.append(all(cell.is_inside for cell in found))
    # 95% nominal, of 60: sd 2.8%; a bootstrap of 40 blocks holds a little less
    assert np.mean(inside) > 0.95 - 4 * 0.028 - 0.03


def test_envelope_is_wider_where_folds_of_a_series_go_together():
    rng = np.random.default_rng(3)
    pits, names = _dependent_pits(rng)
    alone = [f"s{k}" for k in range(len(pits))]
    everything = {"all": np.ones(len(pits), dtype=bool)}
    widths = []
    for of in (names, alone):
        (cell,) = coverage_cells(pits, of, everything, coverage=0.8, rng=np.random.default_rng(4))
        widths.append(cell.upper - cell.lower)
    assert widths[0] > 1.5 * widths[1]


def test_bands_that_are_too_narrow_fall_out_of_the_envelope():
    rng = np.random.default_rng(5)
    pits, names = _dependent_pits(rng)
    narrow = np.clip((pits - 0.5) * 1.6 + 0.5, 0.0, 1.0)
    everything = {"all": np.ones(len(pits), dtype=bool)}
    (cell,) = coverage_cells(narrow, names, everything, coverage=0.8, rng=rng)
    assert cell.is_inside is False


def test_pit_test_is_as_often_wrong_as_it_says():
    rng = np.random.default_rng(6)
    found = [check_pits(*_dependent_pits(rng), rng=rng).probability for _ in range(60)]
    # below 0.1 in one of ten; 60 trials: sd 3.9%, and 40 blocks are few
    assert np.mean(np.array(found) < 0.1) < 0.1 + 4 * 0.039 + 0.03
    shifted = [check_pits(*_dependent_pits(rng, shift=1.0), rng=rng).probability for _ in range(5)]
    assert max(shifted) < 0.05


def test_pit_fifths_by_hand():
    found = check_pits(
        np.array([0.0, 0.1, 0.5, 0.99, 1.0]), ["a"] * 5, rng=np.random.default_rng(7)
    )
    assert found.fifths == pytest.approx((0.4, 0.0, 0.2, 0.0, 0.4))
    # at 0.05 a fifth lies below (0.15 off); the largest is at 0.95: 0.6 against 0.95
    assert found.distance == pytest.approx(0.35)


def test_cells_are_horizons_alone_or_beside_what_else_there_is():
    folds = [FOLD, replace(FOLD, years=3.0, kind="count", n_known=9), replace(FOLD, n_known=40)]
    assert {k for k, v in standard_cells(folds, by="horizon").items() if v.any()} == {"1 y", "3 y"}
    by_length = standard_cells(folds, by="length")
    assert {k for k, v in by_length.items() if v.any()} == {
        "04-07 known, 1 y",
        "08-15 known, 3 y",
        "16+ known, 1 y",
    }
    assert standard_cells(folds, by="kind")["count 3 y"].tolist() == [False, True, False]


def test_pit_of_a_pool_is_the_weighted_mean_of_its_families():
    folds = [
        replace(FOLD, score=replace(SCORE, pit=0.2)),
        replace(FOLD, family="jumps", score=replace(SCORE, pit=0.6)),
        replace(FOLD, series="b"),  # no jumps there
    ]
    firsts, pits = pool_pits(folds, {"share": {"trend": 0.25, "jumps": 0.75}})
    assert [fold.series for fold in firsts] == ["a"]
    assert pits.tolist() == pytest.approx([0.5])
