"""A factor is held over what the periods of all members cut time into."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.models.factor import make_grid, read_grid


def _years(*years):
    start = np.array(years, dtype=float)
    return start, start + 1


def test_years_and_halves_share_cells():
    halves = np.array([2021.0, 2021.5]), np.array([2021.5, 2022.0])
    grid = make_grid([_years(2020, 2021), halves])
    assert grid.anchor == 2020.0
    assert grid.start.tolist() == [2020.0, 2021.0, 2021.5]
    assert read_grid(grid, _years(2020, 2021)).tolist() == [[1, 0, 0], [0, 0.5, 0.5]]
    assert read_grid(grid, halves).tolist() == [[0, 1, 0], [0, 0, 1]]


def test_years_that_nobody_observed_have_no_cell():
    grid = make_grid([_years(2010), _years(2015)])
    assert grid.start.tolist() == [2010.0, 2015.0]
    assert grid.middle.tolist() == [0.5, 5.5]


def test_points_are_their_own_cells_but_for_the_first_where_the_factor_is_zero():
    at = np.array([2010.0, 2012.0])
    grid = make_grid([(at, at)])
    assert grid.end.tolist() == [2012.0]
    assert read_grid(grid, (at, at)).tolist() == [[0], [1]]


def test_stocks_and_flows_are_not_mixed():
    at = np.array([2010.0])
    with pytest.raises(ValueError, match="a stock and a flow cannot be pooled"):
        make_grid([_years(2010), (at, at)])
