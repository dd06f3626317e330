"""Where scenarios move six headline series, against the signs that the essays expect."""

from __future__ import annotations

import pytest

from calibration.directions import COLUMNS, EXPECTED, LEAST, Cell, direction_cells, make_run

pytestmark = pytest.mark.slow

AGREEING = 49
"""Cells of 96 with the expected sign, as the README says; the rest is explained there."""
_ERRORS = 4.0


@pytest.fixture(scope="module")
def cells() -> list[Cell]:
    """All cells, on the shipped beliefs."""
    return direction_cells(make_run(announce=lambda _said: None))


def test_the_table_has_every_scenario_and_series(cells: list[Cell]) -> None:
    assert len(cells) == len(EXPECTED) * len(COLUMNS) == 96
    assert all(len(row.split()) == len(COLUMNS) for row in EXPECTED.values())


def test_status_quo_does_not_differ_from_itself(cells: list[Cell]) -> None:
    assert [cell.shift for cell in cells if cell.scenario == "status-quo"] == [0.0] * 6


def test_no_scenario_moves_a_series_against_the_essays(cells: list[Cell]) -> None:
    # a plus may be too small to be seen, or a nought be moved; a plus must never be a minus
    opposite = {"+": "-", "-": "+"}
    assert [cell for cell in cells if cell.found == opposite.get(cell.expected[0])] == []


def test_as_many_cells_agree_as_the_readme_says(cells: list[Cell]) -> None:
    # other draws may turn the cells that lie within their Monte Carlo error of the threshold
    agreeing = sum(cell.agrees for cell in cells)
    unsure = sum(abs(abs(cell.shift) - LEAST) < _ERRORS * cell.error for cell in cells)
    assert abs(agreeing - AGREEING) <= unsure
    assert unsure <= 12


def test_parts_of_one_market_move_against_each_other(cells: list[Cell]) -> None:
    by_series = {
        series: [cell.shift for cell in cells if cell.series == series] for series, _ in COLUMNS
    }
    pairs = zip(
        by_series["cn-ai-chip-domestic-share"], by_series["cn-ai-chip-share-nvidia"], strict=True
    )
    assert all(home * abroad <= 0 for home, abroad in pairs)
