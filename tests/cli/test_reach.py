"""The command `reach`, through main()."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Ran

SERIES = "cn-ai-chip-domestic-share"
SPREAD = b"period,value\n2019,-1\n2020,-2\n2021,-1.5\n2022,-3\n2023,-2\n2024,-2.5\n2025,-3\n"


def test_answer_comes_first_and_uses_nothing_published_later(run: Callable[..., Ran]) -> None:
    ran = run("reach", SERIES, "40%", "--as-of", "2025-06-30", "--by", "2025")
    text = " ".join(ran.stdout.split())
    assert ran.code == 0
    assert ran.stderr == ""
    assert text.startswith("As of 2025-06-30, the chance that ")
    assert "2025-10-31" not in text  # when the figure of 2025-H1 was published
    assert "idc-units" in text


def test_reached_levels_are_said_so(run: Callable[..., Ran]) -> None:
    text = " ".join(run("reach", SERIES, "40%").stdout.split())
    assert text.startswith("Already passed: as of 2026-11-22, ")


def test_a_date_whose_figures_are_published_is_answered_by_history(run: Callable[..., Ran]) -> None:
    text = " ".join(run("reach", SERIES, "40%", "--by", "2025").stdout.split())
    assert text.startswith("Already passed: as of 2026-11-22, ")
    assert "reached 40% in 2025 with 41% on basis idc-units, source idc-2025-reuters" in text
    assert "29% (2024) on basis bernstein-revenue, 34% (2024) on basis morgan-stanley" in text
    assert "Every figure up to 2025 is published" in text


def test_a_level_that_history_did_not_reach_by_a_date_is_said_so(run: Callable[..., Ran]) -> None:
    record = json.loads(run("reach", SERIES, "40%", "--by", "2024", "--json").stdout)
    assert record["is_reached"] is False
    assert "had not reached 40% by end-2024" in record["sentences"][0]
    assert max(figure["value"] for figure in record["figures"]) == 0.34
    assert all(figure["period"] <= "2024-H2" for figure in record["figures"])


def test_history_settles_falls_too(run: Callable[..., Ran]) -> None:
    record = json.loads(run("reach", SERIES, "12%", "--below", "--by", "2024", "--json").stdout)
    assert record["is_reached"] is True
    assert [figure["period"] for figure in record["passed"]] == ["2023-H1"]


@pytest.mark.parametrize("level", ["40%", "0.4", "4e-1"])
def test_levels_are_read_in_many_forms(level: str, run: Callable[..., Ran]) -> None:
    record = json.loads(run("reach", SERIES, level, "--json").stdout)
    assert record["level"] == pytest.approx(0.4)


def test_json_holds_chances_that_never_fall(run: Callable[..., Ran]) -> None:
    record = json.loads(run("reach", SERIES, "60%", "--by", "2030", "--json").stdout)
    by_period = record["by_period"]
    assert by_period == sorted(by_period)
    assert by_period[-1] + record["never"] == pytest.approx(1.0)


def test_below_counts_falls(run: Callable[..., Ran]) -> None:
    low, lower = (
        json.loads(run("reach", SERIES, level, "--below", "--json").stdout)["by_period"][-1]
        for level in ("35%", "20%")
    )
    assert 0.0 < lower < low < 1.0


def test_a_level_below_zero_is_no_flag(run: Callable[..., Ran]) -> None:
    for arguments in (["-4", "--below"], ["--below", "-4"], ["--below", "--", "-4"]):
        ran = run("reach", "-", *arguments, "--kind", "real", "--json", stdin=SPREAD)
        if "--" in arguments:  # then the flags behind it are arguments too
            assert ran.code == 2
            continue
        assert ran.code == 0, ran.stderr
        assert json.loads(ran.stdout)["level"] == -4.0


def test_the_latent_level_is_another_question(run: Callable[..., Ran]) -> None:
    published = json.loads(run("reach", SERIES, "60%", "--json").stdout)
    latent = json.loads(run("reach", SERIES, "60%", "--json", "--latent").stdout)
    assert latent["by_period"][-1] > published["by_period"][-1]


def test_unknown_flags_are_refused_with_usage(run: Callable[..., Ran]) -> None:
    ran = run("reach", SERIES, "40%", "--bye", "2027")
    assert ran.code == 2
    assert "No such option: --bye" in ran.stderr
    assert ran.stdout == ""


def test_bands_of_an_answer_go_to_a_file_or_a_pipe(run: Callable[..., Ran]) -> None:
    arguments = ("reach", SERIES, "60%", "--by", "2028", "--as-of", "2026-10-31")
    ran = run(*arguments, "--csv", "bands.csv")
    assert ran.code == 0
    assert ran.stdout.startswith("As of 2026-10-31, the chance that ")
    written = Path("bands.csv").read_text(encoding="utf-8")
    assert written.startswith("series,scenario,as_of,basis,period,mean,median,lower_50,")
    assert [line.split(",")[4] for line in written.splitlines()[1:]] == ["2026", "2027", "2028"]
    assert Path("bands.datapackage.json").is_file()
    assert run(*arguments, "--csv", "-").stdout == written


def test_an_answer_of_history_has_no_bands_to_write(run: Callable[..., Ran]) -> None:
    ran = run("reach", SERIES, "40%", "--by", "2025", "--csv", "bands.csv")
    assert ran.code == 2
    assert ran.stderr == (
        "error: every figure up to 2025 is published, so there are no bands to write\n"
        "  where: --csv\n"
        "  fix:   leave out --csv to see the answer, or ask for a later period\n"
    )
    assert not Path("bands.csv").exists()
