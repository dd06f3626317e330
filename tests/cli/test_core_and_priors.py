"""`list --core` and `priors show`, through main(), at every width."""

from __future__ import annotations

import json

import pytest

N_CORE = 47


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_core_list_cuts_no_word_at_any_width(run, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    ran = run("list", "series", "--core")
    assert ran.code == 0
    assert max(map(len, ran.stdout.splitlines())) <= width
    assert "…" not in ran.stdout
    words = ran.stdout.split()
    for text in (
        "7 figures, 2022 to 2025, idc-units; 10 judgements on file, 1 usable",
        "one figure, of 2024-11;",
    ):
        assert _stands_in(words, text.split())
    assert f"{N_CORE} series; 26 rest on one figure or none." in " ".join(words)


def _stands_in(words: list[str], wanted: list[str]) -> bool:
    """Say whether words stand one after the other, over the ends of lines."""
    return any(words[i : i + len(wanted)] == wanted for i in range(len(words)))


def test_the_core_list_for_machines(run):
    records = json.loads(run("list", "--core", "--json").stdout)
    assert len(records) == N_CORE
    found = {record["series"]: record for record in records}
    share = found["cn-ai-chip-domestic-share"]
    assert (
        share["rests_on"] == "7 figures, 2022 to 2025, idc-units; 10 judgements on file, 1 usable"
    )
    assert (share["n_points"], share["n_judgements"], share["bases"]) == (7, 10, ["idc-units"])
    assert share["n_usable_judgements"] == 1
    assert found["gulf-dc-mw"]["is_thin"]
    assert found["gulf-dc-mw"]["first"] is None
    assert found["ai-inv-gulf"]["inputs"] == ["sa-ai-vc", "ae-ai-vc"]


def test_all_series_for_machines_hold_the_core_ones(run):
    records = json.loads(run("list", "--json").stdout)
    assert sum(record["core"] for record in records) == N_CORE < len(records)


def test_models_for_machines(run):
    assert {"model", "assumes"} == set(json.loads(run("list", "models", "--json").stdout)[0])


def test_models_have_no_core(run):
    ran = run("list", "models", "--core")
    assert ran.code == 2
    assert "--core is about series, and no model is one" in ran.stderr


def test_a_workspace_without_core_series_says_so(run, tmp_path):
    (tmp_path / "history").mkdir()
    (tmp_path / "series.csv").write_text(
        "id,title,unit,kind,timing\nx,X,fraction,share,flow\n", encoding="utf-8"
    )
    (tmp_path / "sources.csv").write_text(
        "source,title,publisher,published,published_is,url\n", encoding="utf-8"
    )
    ran = run("list", "--core", "--workspace", str(tmp_path))
    assert ran.code == 2
    assert "marks no series as core" in ran.stderr


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize(
    "series",
    [
        "cn-ai-chip-domestic-share",
        "gulf-dc-mw",
        "frontier-gap-months",
        "qwen-derivatives",
        "cn-magnet-share",
        "hyperscaler-big4-capex",
        "top500-uk-rank",
        "br-ai-vc",
    ],
)
def test_a_prior_is_drawn_at_any_width(run, monkeypatch, series, width):
    monkeypatch.setenv("COLUMNS", str(width))
    ran = run("priors", "show", series)
    assert ran.code == 0
    assert max(map(len, ran.stdout.splitlines())) <= width
    assert "…" not in ran.stdout
    assert "long-run growth" in ran.stdout
    assert "░" in ran.stdout
    assert "Reasons:" in ran.stdout


def test_a_prior_is_shown_with_what_was_stated(run):
    text = " ".join(run("priors", "show", "cn-ai-chip-domestic-share").stdout.split())
    assert "Family composition" in text
    assert "percentage points a year, at 40% (stated 5%: -4, 50%: 5, 95%: 14)" in text
    rests_on = "7 figures, 2022 to 2025, idc-units; 10 judgements on file, 1 usable"
    assert f"Its forecast rests on: {rests_on}." in text


def test_the_prior_of_a_derived_series_is_that_of_its_inputs(run):
    ran = run("priors", "show", "ai-inv-gulf")
    assert ran.code == 0
    assert "Formula: sa-ai-vc + ae-ai-vc" in ran.stdout
    assert "forecaster priors show ae-ai-vc" in ran.stdout


def test_the_same_prior_is_drawn_twice_alike(run):
    assert run("priors", "show", "ndpr-price") == run("priors", "show", "ndpr-price")


def test_a_series_without_rows_points_to_its_prior(run):
    ran = run("show", "gulf-dc-mw")
    assert ran.code == 2
    assert "forecaster priors show gulf-dc-mw" in ran.stderr
