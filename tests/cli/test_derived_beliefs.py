"""Derived series and believed levels, through the command line, where they go wrong."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from forecaster.workspace.reader import SHIPPED

if TYPE_CHECKING:
    from .conftest import Run


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Return a copy of the shipped facts with a folder of beliefs."""
    folder = tmp_path / "own"
    shutil.copytree(SHIPPED, folder)
    (folder / "priors" / "series").mkdir(parents=True)
    return folder


def _state(workspace: Path, series: str, formula: str) -> None:
    text = f'family = "derived"\nreason = "made"\nformula = "{formula}"\n'
    (workspace / "priors" / "series" / f"{series}.toml").write_text(text)


def test_a_formula_that_leads_back_to_itself_is_refused(run: Run, workspace: Path):
    _state(workspace, "us-ai-vc", "us-ai-vc + us-ai-vc")
    ran = run("forecast", "us-ai-vc", "--workspace", str(workspace))
    assert ran.code == 2
    assert "leads back to itself: us-ai-vc -> us-ai-vc" in ran.stderr
    checked = run("validate", str(workspace))
    assert checked.code == 2
    assert "leads back to itself" in " ".join((checked.stdout + checked.stderr).split())


def test_a_circle_of_two_formulas_is_refused(run: Run, workspace: Path):
    _state(workspace, "us-ai-vc", "cn-ai-vc * 2")
    _state(workspace, "cn-ai-vc", "us-ai-vc / 2")
    ran = run("forecast", "us-ai-vc", "--workspace", str(workspace))
    assert ran.code == 2
    assert "leads back to itself" in ran.stderr


def test_a_formula_in_another_unit_than_declared_is_refused(run: Run, workspace: Path):
    _state(workspace, "us-ai-vc", "cn-ai-chip-domestic-share * 2")
    ran = run("forecast", "us-ai-vc", "--workspace", str(workspace))
    assert ran.code == 2
    assert "'us-ai-vc' is declared in 'USD billion', but its formula is in 'fraction'" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["us-ai-vc / cn-ai-vc", "--model", "trend"], "is a formula, which has no model"),
        (["us-ai-vc / cn-ai-vc", "--basis", "x"], "is a formula, which has no basis"),
        (["africa-demand-met", "--basis", "x"], "has no figures, so it has no bases"),
        (["africa-demand-met", "--as-of", "1950-01-01"], "nothing was known of"),
    ],
)
def test_what_would_do_nothing_or_harm_is_refused(run: Run, arguments: list[str], problem: str):
    ran = run("forecast", *arguments)
    assert ran.code == 2
    assert problem in ran.stderr


def test_draws_of_a_formula_keep_the_numbers_of_its_inputs(run: Run):
    inputs = [f"{region}-ai-cloud-regions" for region in ("us", "cn", "eu")]
    share = "us-cn-operator-share"
    ran = run("forecast", *inputs, share, "--until", "2030", "--layout", "draws", "--csv", "d.csv")
    assert ran.code == 0
    values: dict[tuple[str, str, str], float] = {}
    with Path("d.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            values[line["series"], line["period"], line["draw"]] = float(line["value"])
    compared = 0
    for (series, period, draw), value in values.items():
        counts = [values.get((name, period, draw)) for name in inputs]
        if series == share and None not in counts:
            us, cn, eu = (count or 0.0 for count in counts)
            assert value == pytest.approx((us + cn) / (us + cn + eu), abs=1e-12)
            compared += 1
    assert compared > 10_000
