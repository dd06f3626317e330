"""The command `compare`, run as a user would."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Run

SHARE = "cn-ai-chip-domestic-share"
THREE = ("status-quo", "full-decoupling", "controls-relaxed")
SHOWN = ("compare", SHARE, *(a for name in THREE for a in ("--scenario", name)), "--until", "2030")


def test_three_scenarios_side_by_side(run: Run):
    ran = run(*SHOWN)
    assert (ran.code, ran.stderr) == (0, "")
    flat = " ".join(ran.stdout.split())
    assert "one fit, the same draws in every scenario" in flat
    assert "Difference to status-quo with its 80% band, draw by draw, in points:" in flat
    # the farthest level that an open question of the bank asks about
    assert "Chance of having reached 80% (asked by q06 of the question bank)" in flat
    for name in THREE:
        assert f"under {name}" in flat
    assert "us-china-specific-chip-ban*" in flat


@pytest.mark.parametrize("width", ["40", "80", "200"])
def test_every_width_holds_it(run: Run, monkeypatch: pytest.MonkeyPatch, width: str):
    monkeypatch.setenv("COLUMNS", width)
    ran = run(*SHOWN)
    assert ran.code == 0
    assert "…" not in ran.stdout
    assert max(map(len, ran.stdout.splitlines())) <= int(width)


def test_each_scenario_is_the_forecast_under_it(run: Run):
    record = json.loads(run(*SHOWN, "--json").stdout)
    assert record["reference"] == "status-quo"
    assert [each["scenario"] for each in record["scenarios"]] == list(THREE)
    (alone,) = json.loads(
        run("forecast", SHARE, "--scenario", "full-decoupling", "--until", "2030", "--json").stdout
    )
    compared = record["scenarios"][1]
    assert compared["forecast"]["median"] == alone["median"]
    assert compared["forecast"]["drivers"] == alone["drivers"]
    reach = json.loads(
        run("reach", SHARE, "80%", "--by", "2030", "--scenario", "full-decoupling", "--json").stdout
    )
    assert compared["reach"]["by_period"] == reach["by_period"]


def test_the_difference_is_that_of_draws_with_one_number(run: Run):
    path = Path("draws.csv")
    assert run(*SHOWN, "--csv", str(path), "--layout", "draws", "--draws", "500").code == 0
    record = json.loads(run(*SHOWN, "--draws", "500", "--json").stdout)
    last: dict[str, list[float]] = {name: [] for name in THREE}
    for row in csv.DictReader(io.StringIO(path.read_text())):
        if row["period"] == "2030":
            last[row["scenario"]].append(float(row["value"]))
    changes = sorted(b - a for a, b in zip(last["status-quo"], last[THREE[1]], strict=True))
    median = (changes[249] + changes[250]) / 2
    difference = record["scenarios"][1]["difference"]
    assert difference["quantiles"]["50%"][-1] == pytest.approx(median)
    assert not difference["is_relative"]


def test_csv_has_the_columns_of_bands_and_a_data_package(run: Run):
    ran = run(*SHOWN, "--csv", "bands.csv", "--quiet")
    assert ran.code == 0
    rows = list(csv.DictReader(io.StringIO(Path("bands.csv").read_text())))
    assert list(rows[0])[:8] == [
        "series", "scenario", "as_of", "basis", "period", "mean", "median", "lower_50",
    ]  # fmt: skip
    assert [row["scenario"] for row in rows[::5]] == list(THREE)
    package = json.loads(Path("bands.datapackage.json").read_text())
    assert [each["scenario"] for each in package["forecasts"]] == list(THREE)


def test_one_scenario_or_one_driver_is_held_against_the_baseline(run: Run):
    ban = "us-china-specific-chip-ban=on@2027-Q1"
    record = json.loads(run("compare", SHARE, "--set", ban, "--json").stdout)
    assert record["reference"] == "baseline"
    assert [s["scenario"] for s in record["scenarios"]] == ["baseline", f"baseline + {ban}"]
    (forced,) = record["scenarios"][1]["forces"]
    assert forced == {
        "driver": "us-china-specific-chip-ban", "state": "on", "date": "2027-Q1", "acts": True,
    }  # fmt: skip
    assert record["scenarios"][1]["difference"]["quantiles"]["50%"][-1] > 0


def test_the_baseline_is_the_reference_where_it_is_named(run: Run):
    names = ("full-decoupling", "baseline")
    arguments = [a for name in names for a in ("--scenario", name)]
    record = json.loads(run("compare", SHARE, *arguments, "--json").stdout)
    assert record["reference"] == "baseline"
    assert [s["difference"] is None for s in record["scenarios"]] == [False, True]


def test_a_formula_is_compared_in_the_same_worlds(run: Run):
    formula = "us-ai-private-investment / cn-ai-private-investment"
    record = json.loads(
        run("compare", formula, "--scenario", "full-decoupling", "--until", "2028", "--json").stdout
    )
    assert record["is_moved"]
    assert record["level"] is None
    assert record["scenarios"][1]["difference"]["quantiles"]["50%"][-1] != 0


def test_a_series_that_nothing_moves_is_said_to_be_the_same(run: Run):
    ran = run("compare", "alphabet-capex", "--scenario", "full-decoupling", "--until", "2028")
    assert ran.code == 0
    assert "No driver has an effect on it" in " ".join(ran.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([SHARE], "there is nothing to compare the baseline with"),
        ([SHARE, "--scenario", "baseline"], "there is nothing to compare the baseline with"),
        ([SHARE, "--scenario", "a", "--scenario", "a"], "the scenario 'a' is there twice"),
        ([SHARE, "--scenario", "full-decouplin"], "did you mean 'full-decoupling'"),
        ([SHARE, "--scenario", "status-quo", "--level", "140%"], "140%"),
        ([SHARE, "--scenario", "status-quo", "--below"], "--below is about a level"),
        (["file.csv", "--scenario", "status-quo"], "a file has no drivers"),
        (["-", "--scenario", "status-quo"], "a file has no drivers"),
    ],
)
def test_bad_input_is_told_in_three_parts(run: Run, arguments: list[str], problem: str):
    ran = run("compare", *arguments)
    assert (ran.code, ran.stdout) == (2, "")
    assert problem in ran.stderr
    assert "where:" in ran.stderr
    assert "fix:" in ran.stderr


def test_the_trend_alone_can_be_held_against_the_baseline(run: Run):
    names = ("trend alone", "baseline")
    arguments = [a for name in names for a in ("--scenario", name)]
    record = json.loads(run("compare", SHARE, *arguments, "--json").stdout)
    alone, baseline = (each["forecast"] for each in record["scenarios"])
    quantiles = baseline["drivers"]["quantiles"]
    assert alone["median"][-1] == pytest.approx(quantiles["trend alone"]["50%"])
    assert baseline["median"][-1] == pytest.approx(quantiles["baseline"]["50%"])
    assert record["is_moved"]
