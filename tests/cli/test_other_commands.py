"""The commands `list`, `show`, `validate`, `priors` and `cache`, through main()."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.cli.request import ENGINES
from forecaster.errors import InputError
from forecaster.inference import certify
from forecaster.inference.cache import cache_files, cache_folder
from forecaster.models import MODELS
from forecaster.workspace.reader import SHIPPED, load_entries

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from .conftest import Ran

SERIES = "cn-ai-chip-domestic-share"


def test_list_names_every_series(run: Callable[..., Ran]) -> None:
    ran = run("list")
    words = set(ran.stdout.split())
    assert ran.code == 0
    assert words >= set(load_entries(SHIPPED))


def test_list_models_names_every_family(run: Callable[..., Ran]) -> None:
    ran = run("list", "models")
    assert [line.split()[0] for line in ran.stdout.splitlines()] == list(MODELS)


def test_the_flag_takes_the_engines_that_can_fit() -> None:
    assert set(ENGINES) == set(certify.ENGINES)


def test_show_names_sources_and_prior(run: Callable[..., Ran]) -> None:
    ran = run("show", SERIES, "--as-of", "2025-06-30")
    assert ran.code == 0
    assert "idc-2024-tencent" in ran.stdout
    assert "idc-2025-reuters" not in ran.stdout
    assert "Prior of " in ran.stdout


def test_show_reads_files(run: Callable[..., Ran], data_file: Callable[[str], str]) -> None:
    ran = run("show", data_file("good-annual.csv"), "--kind", "positive")
    assert ran.code == 0
    assert "good-annual" in ran.stdout


def test_priors_show_prints_quantiles_and_reasons(run: Callable[..., Ran]) -> None:
    ran = run("priors", "show", SERIES)
    assert ran.code == 0
    assert "Reasons:" in ran.stdout


def test_validate_reports_all_faults_at_once_and_ends_with_2(run: Callable[..., Ran]) -> None:
    shutil.copytree(SHIPPED, "own")
    path = Path("own/history/huawei-ascend.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace(",2025,", ",2O25,")
    lines[2] = lines[2].replace(",estimate,", ",guess,")
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    ran = run("validate", "own")
    assert ran.code == 2
    assert ran.stderr == ""
    assert ran.stdout.count("history/huawei-ascend.csv, line 2") == 1
    assert ran.stdout.count("history/huawei-ascend.csv, line 3") == 1


def test_validate_checks_priors_too(run: Callable[..., Ran]) -> None:
    shutil.copytree(SHIPPED, "own")
    Path("own/priors").mkdir()
    Path("own/priors/families.toml").write_text("[measurement]\nreported = 'x'\n", encoding="utf-8")
    ran = run("validate", "own")
    assert ran.code == 2
    assert "measurement.reported" in ran.stdout


def test_validate_tells_how_far_drivers_move_each_series_and_warns_of_too_much(
    run: Callable[..., Ran],
) -> None:
    ran = run("validate")
    assert ran.code == 0
    before, _, table = ran.stdout.partition("Driver budget:")
    assert before.startswith("No fault found.")
    row = next(line for line in table.splitlines() if line.startswith("cn-ai-chip-domestic-share"))
    ratio = float(row.split()[-1])
    assert 0 < ratio < 1
    assert "warning: the drivers of 'cn-ai-chip-domestic-share'" not in table
    assert "warning: the drivers of 'eu-investai-disbursed' outweigh" in " ".join(table.split())


def test_validate_reports_what_only_the_simulation_of_drivers_finds(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_workspace: Path) -> None:
        raise InputError(problem="'a' starts with probability 0.9", where="drivers.toml")

    monkeypatch.setattr("forecaster.forecasts.driver_budget.find_budgets", fail)
    ran = run("validate")
    assert ran.code == 2
    assert ran.stdout == (
        "error: 'a' starts with probability 0.9\n  where: drivers.toml\n\n1 fault found.\n"
    )


def test_workspace_is_taken_from_flag_or_environment(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "'nowhere'" in run("list", "--workspace", "nowhere").stderr
    monkeypatch.setenv("FORECASTER_WORKSPACE", "elsewhere")
    ran = run("list")
    assert ran.code == 2
    assert "FORECASTER_WORKSPACE" in ran.stderr


def test_cache_info_and_clear(run: Callable[..., Ran]) -> None:
    empty = run("cache", "info")
    assert empty.stdout == f"0 fitted models, 0.0 MB, in {cache_folder()}\n"
    run("forecast", SERIES, "--csv", "-")
    assert run("cache", "info").stdout.startswith(
        "1 fitted model, 1 finished forecast and 1 calibration of drivers, "
    )
    stranger = cache_folder() / "notes.txt"
    stranger.write_text("not ours", encoding="utf-8")
    assert run("cache", "clear").stdout.startswith(
        "removed 1 fitted model, 1 finished forecast and 1 calibration of drivers, "
    )
    assert list(cache_files(cache_folder())) == []
    assert stranger.exists()


def test_show_lists_judgements_with_reasons(run: Callable[..., Ran]) -> None:
    ran = run("show", "hyperscaler-big4-capex", "--judgements", "--as-of", "2026-05-31")
    assert ran.code == 0
    assert "4 used, 1 left out" in ran.stdout
    assert "--without-judgements leaves them out." in ran.stdout


def test_show_refuses_judgements_about_a_file(
    run: Callable[..., Ran], data_file: Callable[[str], str]
) -> None:
    ran = run("show", data_file("good-annual.csv"), "--judgements")
    assert ran.code == 2
    assert "judgements are about series of the workspace" in ran.stderr
