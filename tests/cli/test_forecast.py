"""The command `forecast`, through main()."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from forecaster import pipeline
from forecaster.errors import UnreliableFit
from forecaster.inference.report import FitReport

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Ran

SERIES = "cn-ai-chip-domestic-share"
THREE = ("hyperscaler-big4-capex", "world-internet-users-share", "us-ai-private-investment")
WIDE = (
    "series,scenario,as_of,basis,period,mean,median,"
    "lower_50,upper_50,lower_80,upper_80,lower_95,upper_95,unit"
)
BARE = b"period,value\n2019,1\n2020,2\n2021,3\n2022,5\n2023,8\n"
FAILED = FitReport(
    engine="amis",
    k_hat=0.9,
    ess=12.0,
    log_evidence=-3.0,
    evidence_gap=0.4,
    n_points=4096,
    rounds=5,
    failures=("k-hat 0.90 is not below 0.5",),
)


def _table(text: str) -> list[dict[str, str]]:
    """Return the lines of a CSV."""
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def one_unreliable(monkeypatch: pytest.MonkeyPatch) -> str:
    """Let the fit of one series fail its checks, unless that is allowed."""
    real = pipeline.Run.forecast

    def make(run: Any, target: str) -> Any:
        if target == THREE[0] and not run.settings.allow_unreliable:
            raise UnreliableFit(FAILED, series=target)
        return real(run, target)

    monkeypatch.setattr(pipeline.Run, "forecast", make)
    return THREE[0]


def test_screen_begins_with_one_plain_sentence(run: Callable[..., Ran]) -> None:
    ran = run("forecast", SERIES, "--until", "2028")
    assert ran.code == 0
    assert ran.stderr == ""
    assert ran.stdout.startswith("As of 2026-11-22, ")
    assert " in 2028 (80% band " in " ".join(ran.stdout.split())


def test_horizon_is_the_fourth_year_after_the_as_of_year_by_default(
    run: Callable[..., Ran],
) -> None:
    now = _table(run("forecast", SERIES, "--csv", "-").stdout)
    then = _table(run("forecast", SERIES, "--csv", "-", "--as-of", "2025-06-30").stdout)
    assert now[-1]["period"] == "2030"
    assert then[-1]["period"] == "2029"
    assert then[0]["as_of"] == "2025-06-30"


@pytest.mark.parametrize(
    ("typed", "last"),
    [
        ("2028", "2028"),
        ("end-2028", "2028"),
        ("2028-12-31", "2028"),
        ("2028-Q2", "2028-Q2"),
        ("2028-h1", "2028-H1"),
        ("2028-02", "2028-02"),
        ("2028-02-29", "2028-02"),
        ("2028-09-30", "2028-Q3"),
    ],
)
def test_until_is_read_in_many_forms(typed: str, last: str, run: Callable[..., Ran]) -> None:
    ran = run("forecast", SERIES, "--until", typed, "--csv", "-", "--draws", "200")
    assert ran.code == 0, ran.stderr
    assert _table(ran.stdout)[-1]["period"] == last


def test_csv_on_stdout_is_the_only_thing_there(run: Callable[..., Ran]) -> None:
    ran = run("forecast", *THREE, "--until", "2028", "--csv", "-")
    rows = _table(ran.stdout)
    assert ran.stdout.splitlines()[0] == WIDE
    assert ran.stderr == ""
    assert list(dict.fromkeys(row["series"] for row in rows)) == list(THREE)
    for row in rows:
        assert float(row["lower_95"]) < float(row["lower_50"]) < float(row["median"])
        assert float(row["median"]) < float(row["upper_50"]) < float(row["upper_95"])


def test_csv_file_comes_with_its_data_package_and_the_screen(run: Callable[..., Ran]) -> None:
    ran = run("forecast", SERIES, "--csv", "bands.csv")
    assert ran.code == 0
    assert ran.stderr == "wrote bands.csv\n"
    assert ran.stdout.startswith("As of 2026-11-22, ")
    assert Path("bands.csv").read_text(encoding="utf-8").startswith(WIDE)
    package = json.loads(Path("bands.datapackage.json").read_text(encoding="utf-8"))
    assert package["resources"][0]["path"] == "bands.csv"


def test_quiet_leaves_stderr_empty(run: Callable[..., Ran]) -> None:
    assert run("forecast", SERIES, "--csv", "bands.csv", "--quiet").stderr == ""


def test_coverages_name_the_columns(run: Callable[..., Ran]) -> None:
    ran = run("forecast", SERIES, "--csv", "-", "--coverage", "90, 50%")
    header = ran.stdout.splitlines()[0]
    assert header.endswith("median,lower_50,upper_50,lower_90,upper_90,unit")


@pytest.mark.parametrize(
    ("layout", "column"), [("wide", "median"), ("long", "quantile_level"), ("draws", "draw")]
)
def test_layouts(layout: str, column: str, run: Callable[..., Ran]) -> None:
    ran = run("forecast", SERIES, "--csv", "-", "--layout", layout, "--draws", "100")
    assert column in _table(ran.stdout)[0]


def test_json_is_a_list_with_a_record_for_each_series(run: Callable[..., Ran]) -> None:
    records = json.loads(run("forecast", *THREE[:2], "--json").stdout)
    assert [record["series"] for record in records] == list(THREE[:2])


def test_seed_and_draws_are_obeyed(run: Callable[..., Ran]) -> None:
    shared = ("forecast", SERIES, "--csv", "-", "--layout", "draws", "--draws", "150")
    first, again, other = (run(*shared, "--seed", seed).stdout for seed in ("1", "1", "2"))
    assert first == again
    assert first != other
    assert _table(first)[-1]["draw"] == "150"


def test_cache_changes_no_byte(run: Callable[..., Ran]) -> None:
    cold = run("forecast", *THREE, "--csv", "-").stdout
    warm = run("forecast", *THREE, "--csv", "-").stdout
    uncached = run("forecast", *THREE, "--csv", "-", "--no-cache").stdout
    assert cold == warm == uncached


def test_workers_change_no_byte_and_no_order(run: Callable[..., Ran]) -> None:
    shared = ("forecast", *THREE, "--csv", "-", "--draws", "300", "--no-cache")
    alone = run(*shared)
    shared_out = run(*shared, "--workers", "2")
    assert shared_out == alone
    assert alone.code == 0


def test_stdin_is_forecast_in_a_pipe(run: Callable[..., Ran]) -> None:
    ran = run("forecast", "-", "--kind", "positive", "--csv", "-", stdin=BARE)
    assert ran.code == 0
    assert [row["period"] for row in _table(ran.stdout)] == [str(y) for y in range(2024, 2031)]


def test_series_and_files_are_forecast_together(run: Callable[..., Ran]) -> None:
    Path("own.csv").write_bytes(BARE)
    ran = run("forecast", "own.csv", SERIES, "--kind", "positive", "--csv", "-")
    assert {row["series"] for row in _table(ran.stdout)} == {"own", SERIES}


def test_a_file_is_found_without_its_ending(run: Callable[..., Ran]) -> None:
    Path("own").write_bytes(BARE)
    assert run("forecast", "own", "--kind", "count", "--csv", "-").code == 0


def test_unreliable_fit_is_not_printed_and_ends_with_3(
    run: Callable[..., Ran], one_unreliable: str
) -> None:
    ran = run("forecast", one_unreliable, "--csv", "out.csv")
    assert ran.code == 3
    assert ran.stdout == ""
    assert not Path("out.csv").exists()
    assert ran.stderr == (
        f"error: the fit of '{one_unreliable}' is unreliable: k-hat 0.90 is not below 0.5\n"
        "  where: engine amis, 4096 points in parameter space\n"
        "  fix:   try --engine nuts, look at the history with 'forecaster show', "
        "or print it all the same with --allow-unreliable\n"
    )


def test_unreliable_fit_does_not_keep_the_others_back(
    run: Callable[..., Ran], one_unreliable: str
) -> None:
    ran = run("forecast", *THREE, "--csv", "-")
    assert ran.code == 3
    assert {row["series"] for row in _table(ran.stdout)} == set(THREE) - {one_unreliable}
    assert f"the fit of '{one_unreliable}' is unreliable" in ran.stderr
    assert run("forecast", *THREE, "--csv", "-", "--allow-unreliable").code == 0
