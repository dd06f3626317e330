"""`--prior KEY=VALUE`, through main(): before and after, what records it, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import forecaster

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Ran

SERIES = "cn-ai-chip-domestic-share"
SHORT = ("--until", "2028", "--draws", "1000")


def record_of(run: Callable[..., Ran], *arguments: str) -> dict:
    """Return the JSON of a command."""
    ran = run(*arguments, "--json")
    assert ran.code == 0, ran.stderr
    found = json.loads(ran.stdout)
    return found[0] if isinstance(found, list) else found


def test_a_belief_changes_the_forecast_and_the_old_one_stands_beside_it(
    run: Callable[..., Ran],
) -> None:
    usual = record_of(run, "forecast", SERIES, *SHORT)
    other = record_of(run, "forecast", SERIES, *SHORT, "--prior", "growth.50%=6")
    shift = other["prior_shift"]
    assert usual["prior_shift"] is None
    assert "priors" not in usual["manifest"]
    assert other["manifest"]["priors"] == shift["priors"] == ["growth.50%=6"]
    assert shift["period"] == "2028"
    # the medians are those of both forecasts, and faster growth raises it on the same draws
    assert shift["before"]["50%"] == pytest.approx(usual["median"][-1])
    assert shift["after"]["50%"] == pytest.approx(other["median"][-1])
    assert shift["after"]["50%"] > shift["before"]["50%"]


def test_the_screen_tells_both_medians_and_a_second_run_the_same(run: Callable[..., Ran]) -> None:
    arguments = ("forecast", SERIES, *SHORT, "--prior", "growth.50%=6")
    first = run(*arguments)
    assert "With growth.50%=6 in place of what the files say, the median for 2028" in " ".join(
        first.stdout.split()
    )
    assert run(*arguments).stdout == first.stdout


def test_the_package_beside_a_csv_names_the_belief(run: Callable[..., Ran]) -> None:
    run("forecast", SERIES, *SHORT, "--prior", "growth.50%=6", "--csv", "bands.csv")
    assert "growth.50%=6" in Path("bands.datapackage.json").read_text(encoding="utf-8")


def test_a_larger_effect_moves_the_chance_of_a_level(run: Callable[..., Ran]) -> None:
    key = f"driver:hbm-self-sufficiency.effect.{SERIES}"
    arguments = ("reach", SERIES, "80%", "--by", "2030", "--draws", "1000")
    larger = record_of(run, *arguments, "--prior", f'{key}={{ "10%" = 20, "90%" = 40 }}')
    first, last = larger["forecast"]["prior_shift"]["chances"]
    assert first == pytest.approx(record_of(run, *arguments)["by_period"][-1])
    assert last == pytest.approx(larger["by_period"][-1])
    # on the same draws, so that no path falls: 20 to 40 points where the file has 5 to 10
    assert last > first


def test_a_contradiction_names_the_flag_and_the_file(run: Callable[..., Ran]) -> None:
    ran = run("forecast", SERIES, "--prior", "growth.5%=12")
    assert ran.code == 2
    problem, where, fix = ran.stderr.splitlines()
    assert problem.startswith("error: ")
    assert where.startswith("  where: --prior growth.5%=12; in ")
    assert where.endswith("cn-ai-chip-domestic-share.toml, key 'growth.quantiles'")
    assert fix.startswith("  fix: ")


def test_a_driver_whose_range_is_none_any_more_is_refused(run: Callable[..., Ran]) -> None:
    ran = run("forecast", SERIES, "--prior", "driver:ai-valuation-correction.start.10%=0.9")
    assert ran.code == 2
    assert "'probability' is no range: 0.9 at 10% is not below 0.4 at 90%" in ran.stderr
    assert "--prior driver:ai-valuation-correction.start.10%=0.9; in " in ran.stderr


@pytest.mark.parametrize(
    ("series", "key", "said"),
    [
        ("nvidia-cn-revenue", "growth.50%", "'nvidia-cn-revenue' has no beliefs of its own"),
        (SERIES, "us-ai-cloud-regions:growth.5%", "'us-ai-cloud-regions' takes no part in this"),
        (SERIES, "us-ai-cluod-regions:growth.5%", "there are no beliefs about"),
    ],
)
def test_a_change_that_would_do_nothing_is_refused(
    run: Callable[..., Ran], series: str, key: str, said: str
) -> None:
    ran = run("forecast", series, "--prior", f"{key}=-0.05")
    assert (ran.code, said in ran.stderr) == (2, True)


def test_a_file_has_no_beliefs_to_change(run: Callable[..., Ran]) -> None:
    Path("mine.csv").write_text("period,value\n2020,1\n2021,2\n2022,3\n", encoding="utf-8")
    for key in ("growth.50%", "driver:ai-valuation-correction.start.90%"):
        ran = run("forecast", "mine.csv", "--kind", "positive", "--prior", f"{key}=0.5")
        assert ran.code == 2
        assert "a file has no beliefs and no drivers of its own" in ran.stderr


def test_an_input_of_a_formula_can_be_changed(run: Callable[..., Ran]) -> None:
    changed = 'eu-ai-cloud-regions:growth={ "5%" = 0.2, "95%" = 0.6 }'
    shift = record_of(
        run, "forecast", "us-cn-operator-share", *SHORT, "--prior", changed
    )["prior_shift"]  # fmt: skip
    # more European sites, a smaller share of the others
    assert shift["after"]["10%"] < shift["before"]["10%"]


def test_python_takes_them_too() -> None:
    usual = forecaster.forecast(SERIES, until="2028", n_draws=1000)
    other = forecaster.forecast(SERIES, until="2028", n_draws=1000, priors=("growth.50%=6",))
    assert np.median(other.draws[:, -1]) > np.median(usual.draws[:, -1])
    assert other.forecast.manifest.priors == ["growth.50%=6"]
