"""Check the averages of event shapes and seasons: by hand, against quadrature, and their sums."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.models.regressors import (
    Regressor,
    Shape,
    average,
    columns,
    event_regressors,
    informs,
    seasons,
)
from forecaster.workspace.belief_tables import Normal
from forecaster.workspace.drivers import Intervention
from forecaster.workspace.periods import parse_period
from forecaster.workspace.stated_sizes import StatedSize

approx = pytest.approx

STEP = Shape("step", 2022.75)
RAMP = Shape("ramp", 2023.0, 2025.0)
WINDOW = Shape("window", 2025.25, 2025.5)
SEASONS = [regressor.shape for regressor in seasons(1.0)]
ALL = [STEP, RAMP, WINDOW, *SEASONS]
YEARS = st.floats(2019.0, 2029.0)


def _over(shape: Shape, *windows: tuple[float, float]) -> list[float]:
    starts, ends = np.array(windows).T
    return average(shape, starts, ends).tolist()


def test_step_fills_the_part_of_a_year_that_is_left():
    # on for the last quarter of 2022
    assert _over(STEP, (2021, 2022), (2022, 2023), (2023, 2024)) == approx([0, 0.25, 1])


def test_ramp_averages_half_its_slope_by_hand():
    # rises by one half a year: 2023 averages 1/4, 2024 averages 3/4; 2024.5 to 2025.5 is half a
    # year at 7/8 and half a year at 1: (7/8 + 1) / 2
    windows = ((2022, 2023), (2023, 2024), (2024, 2025), (2024.5, 2025.5), (2022, 2024))
    assert _over(RAMP, *windows) == approx([0, 0.25, 0.75, 0.9375, 0.125])


def test_window_counts_what_it_covers_and_ends():
    windows = ((2025, 2026), (2025.25, 2025.5), (2025, 2025.5), (2025.5, 2026))
    assert _over(WINDOW, *windows) == approx([0.25, 1.0, 0.5, 0.0])


def test_window_without_an_end_is_a_step():
    starts, ends = np.arange(2020, 2026), np.arange(2021, 2027)
    open_ended = Shape("window", 2022.75, math.inf)
    assert average(open_ended, starts, ends) == approx(average(STEP, starts, ends))


def test_a_stock_at_the_moment_of_an_event_has_not_seen_it():
    ends = (2022.75, 2022.75), (2022.76, 2022.76)
    assert _over(STEP, *ends) == [0.0, 1.0]
    assert _over(WINDOW, (2025.25, 2025.25), (2025.5, 2025.5), (2025.6, 2025.6)) == [0.0, 1.0, 0.0]
    assert _over(RAMP, (2024.0, 2024.0), (2030.0, 2030.0)) == approx([0.5, 1.0])


def test_seasons_by_hand():
    root = math.sqrt(0.5)
    quarters = [(2024 + q / 4, 2024.25 + q / 4) for q in range(4)]
    assert _over(SEASONS[0], *quarters) == approx([root, 0, -root, 0])
    assert _over(SEASONS[1], *quarters) == approx([0, root, 0, -root])
    assert _over(SEASONS[2], *quarters) == approx([0.5, -0.5, 0.5, -0.5])
    # the second half: the third and the fourth quarter in equal parts
    assert _over(SEASONS[0], (2024.5, 2025.0)) == approx([-root / 2])


def test_a_year_end_stock_belongs_to_the_fourth_quarter():
    at = np.array([2024.25, 2024.5, 2024.75, 2025.0])
    assert average(SEASONS[2], at, at) == approx([0.5, -0.5, 0.5, -0.5])
    assert average(SEASONS[1], at, at) == approx([0, math.sqrt(0.5), 0, -math.sqrt(0.5)])


def test_seasonal_contrasts_are_orthonormal_and_sum_to_zero():
    starts = 2024 + np.arange(4) / 4
    design = columns(seasons(0.1), starts, starts + 0.25)
    assert design.T @ design == approx(np.eye(3), abs=1e-12)
    assert design.sum(axis=0) == approx(np.zeros(3), abs=1e-12)


@given(start=YEARS, n_years=st.integers(1, 5))
def test_seasons_vanish_over_whole_years(start: float, n_years: int):
    design = columns(seasons(1.0), np.array([start]), np.array([start + n_years]))
    assert np.abs(design).max() < 1e-12


@given(start=YEARS, length=st.floats(0.02, 3.0), number=st.integers(0, len(ALL) - 1))
def test_averages_agree_with_quadrature(start: float, length: float, number: int):
    # the mid-point rule over n cells: each of at most 15 jumps or corners inside the window
    # costs at most one cell's worth, 1 / n
    n_cells = 4000
    at = start + length * (np.arange(n_cells) + 0.5) / n_cells
    by_quadrature = average(ALL[number], at, at).mean()
    found = average(ALL[number], np.array([start]), np.array([start + length]))[0]
    assert found == approx(by_quadrature, abs=15 / n_cells)


@given(start=YEARS, first=st.floats(0.05, 2.0), second=st.floats(0.05, 2.0))
def test_a_window_is_the_weighted_mean_of_its_parts(start: float, first: float, second: float):
    middle, end = start + first, start + first + second
    for shape in ALL:
        whole, left, right = _over(shape, (start, end), (start, middle), (middle, end))
        assert whole * (end - start) == approx(
            left * (middle - start) + right * (end - middle), abs=1e-9
        )


def test_columns_stand_in_the_order_of_the_regressors():
    regressors = [Regressor("a", STEP, 0.1, 0.2), Regressor("b", WINDOW, -0.1, 0.3)]
    found = columns(regressors, np.array([2022.0, 2025.0]), np.array([2023.0, 2026.0]))
    assert found == approx(np.array([[0.25, 0.0], [1.0, 0.25]]))


def test_columns_that_never_change_inform_of_nothing():
    starts = np.arange(2023.0, 2025.0, 0.25)
    regressors = [
        Regressor("long before", Shape("step", 2010.0), 0, 1),
        Regressor("still to come", Shape("step", 2030.0), 0, 1),
        Regressor("within", Shape("ramp", 2023.5, 2026.0), 0, 1),
        *seasons(0.1),
    ]
    on_quarters = columns(regressors, starts, starts + 0.25)
    assert informs(on_quarters).tolist() == [False, False, True, True, True, True]
    on_years = columns(regressors, starts, starts + 1.0)
    assert informs(on_years).tolist() == [False, False, True, False, False, False]
    assert informs(on_years[:0]).tolist() == [False] * 6


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("jump", 2020.0), "unknown shape 'jump'"),
        (("ramp", 2020.0, 2020.0), "must end after"),
        (("window", 2020.0, 2019.0), "must end after"),
        (("ramp", 2020.0), "full at some time"),
        (("season", 0.0, 1.0, 3), "3 seasonal contrasts"),
    ],
)
def test_impossible_shapes_are_refused(arguments: tuple, words: str):
    with pytest.raises(ValueError, match=words):
        Shape(*arguments)


def test_windows_that_end_before_they_start_are_refused():
    with pytest.raises(ValueError, match="ends before it starts"):
        _over(STEP, (2024.0, 2023.0))


def test_a_dated_event_becomes_a_regressor_with_its_prior():
    period = parse_period("2025-04")
    event = Intervention(
        driver="ban", title="A ban", actors=(), dated=period, series="s", shape="window",
        start=2025.25, end=2025.5, until=None, effect=Normal(-1.0, 0.4, "logit units", "why"),
        stated=StatedSize(((0.1, -40.0), (0.9, -15.0)), "percentage points", 0.6),
        reason="why", source="c1",
    )  # fmt: skip
    assert event_regressors([event]) == (
        Regressor("ban", Shape("window", 2025.25, 2025.5), -1.0, 0.4),
    )
