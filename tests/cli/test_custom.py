"""A model of the user's own on the command line: refused with 2, unreliable with 3."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Run

MODELS = Path(__file__).parent.parent / "data" / "custom" / "small_models.py"


@pytest.fixture(autouse=True)
def _models_here():
    shutil.copy(MODELS, MODELS.name)


def _forecast(run: Run, data_file: Callable[[str], str], function: str):
    name = data_file("good-annual.csv")
    model = f"small_models:{function}"
    return run("forecast", name, "--kind", "positive", "--model", model, "--no-cache")


def test_an_error_of_the_users_own_is_told_with_its_file(run: Run, data_file):
    ran = _forecast(run, data_file, "raises")
    assert (ran.code, ran.stdout) == (2, "")
    assert "error: 'small_models:raises' raised KeyError: 'speed'" in ran.stderr
    assert f"where: {Path.cwd() / MODELS.name}, line " in ran.stderr


def test_a_missing_function_is_refused_with_the_nearest_name(run: Run, data_file):
    ran = _forecast(run, data_file, "stead")
    assert ran.code == 2
    assert "fix:   did you mean 'steady'?" in ran.stderr


@pytest.mark.slow
def test_chains_that_do_not_converge_are_refused_with_three(run: Run, data_file):
    ran = _forecast(run, data_file, "two_levels")
    assert (ran.code, ran.stdout) == (3, "")
    assert "error: the fit of 'good-annual' is unreliable: R-hat of" in ran.stderr


@pytest.mark.slow
def test_a_forecast_below_zero_of_an_amount_is_refused(run: Run, data_file):
    ran = _forecast(run, data_file, "two_modes")
    assert (ran.code, ran.stdout) == (2, "")
    assert "is below 0, and a positive never is" in ran.stderr


@pytest.mark.slow
def test_a_good_model_prints_bands_as_any_other(run: Run, data_file):
    ran = _forecast(run, data_file, "steady_amount")
    assert ran.code == 0
    assert "80% band" in ran.stdout
    assert "model custom" in " ".join(ran.stdout.split())
