"""What is given, from the command line: sentences, CSV, JSON, refusals."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run

SERIES = "us-ai-private-investment"
SEEN = "cn-ai-chip-share-nvidia@2027 >= 20%"
ARGUMENTS = [SERIES, "--until", "2027", "--as-of", "2026-06-30", "--given", SEEN]


def test_the_screen_says_what_is_given_and_how_rare_it_is(run: Run):
    ran = run("forecast", *ARGUMENTS)
    assert ran.code == 0
    out = " ".join(ran.stdout.split())
    assert f"scenario baseline | {SEEN}." in out
    assert f"Given that {SEEN} (chance 8" in out
    assert "of 4,000 draws effective. The median for 2027 goes from" in out
    assert "given what is seen" in out


def test_csv_and_json_name_the_condition_in_their_scenario(run: Run):
    out = run("forecast", *ARGUMENTS, "--csv", "-").stdout
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["scenario"] for row in rows} == {f"baseline | {SEEN}"}
    (record,) = json.loads(run("forecast", *ARGUMENTS, "--json").stdout)
    assert record["scenario"] == f"baseline | {SEEN}"
    assert record["given"]["conditions"] == [SEEN]
    assert record["manifest"]["given"]["ess"] >= 1000
    assert record["given"]["k_hat"] is None or record["given"]["k_hat"] < 0.7
    assert record["diagnostics"]["diagnostics"]["given_draws"] == 4000


def test_a_recalled_forecast_has_the_same_bytes(run: Run):
    first = run("forecast", *ARGUMENTS, "--json").stdout
    assert run("forecast", *ARGUMENTS, "--json").stdout == first


def test_reach_counts_where_the_condition_holds(run: Run):
    series, seen = "cn-ai-chip-share-nvidia", "cn-ai-chip-share-nvidia@2027 >= 40%"
    arguments = (series, "40%", "--by", "2027", "--as-of", "2026-06-30", "--json")
    chance = json.loads(run("reach", *arguments).stdout)["at_or_beyond"][-1]
    given = json.loads(run("reach", *arguments, "--given", seen).stdout)["at_or_beyond"][-1]
    assert given > 0.999 > chance


def test_joint_draws_are_worlds_in_which_the_condition_holds(run: Run, tmp_path: Path):
    path, nvidia = tmp_path / "draws.csv", "cn-ai-chip-share-nvidia"
    asked = (SERIES, nvidia, *ARGUMENTS[1:], "--layout", "draws", "--csv", str(path))
    assert run("forecast", *asked).code == 0
    with path.open() as file:
        rows = [r for r in csv.DictReader(file) if (r["series"], r["period"]) == (nvidia, "2027")]
    assert len(rows) == 4000
    assert min(float(row["value"]) for row in rows) >= 0.2 - 1e-6


def test_a_file_has_nothing_to_do_with_what_is_given(run: Run, tmp_path: Path):
    path = tmp_path / "own.csv"
    path.write_text("period,value\n2021,1\n2022,2\n2023,3\n2024,4\n2025,5\n")
    ran = run("forecast", str(path), "--kind", "positive", "--given", SEEN)
    assert ran.code == 2
    assert ran.stderr == (
        "error: nothing that can be given has to do with the figures of a file\n"
        "  where: --given\n"
        "  fix:   leave it out, or put the figures into a workspace\n"
    )


def test_what_is_known_not_to_be_so_ends_with_2(run: Run):
    seen = "cn-ai-chip-share-nvidia@2023 <= 2%"
    ran = run("forecast", *ARGUMENTS[:-1], seen)
    assert ran.code == 2
    assert ran.stderr == (
        "error: it is known by 2026-06-30 that this is not so\n"
        f"  where: --given '{seen}'\n"
        "  fix:   give what is still open\n"
    )
