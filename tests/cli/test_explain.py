"""The command `explain`, run as a user would."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Run

NVIDIA = "cn-ai-chip-share-nvidia"
PARAMETERS = ["s_l", "s_b", "tau", "s_o", "d"]
"""Of a composition, which is what forecasts of this series are."""
BAN = "us-china-specific-chip-ban"


def test_a_dated_event_is_told_with_its_band_and_its_prior(run: Run):
    ran = run("explain", NVIDIA)
    assert (ran.code, ran.stderr) == (0, "")
    assert "1 dated event is estimated from 4 figures known by 2026-11-22." in ran.stdout
    flat = " ".join(ran.stdout.split())
    assert "before, it was believed to be -29 (-40 to -15)." in flat
    assert "prior variance" in flat
    assert f"({BAN})" in flat
    # 4 figures bear one event; the older one has the narrower prior
    assert "Left out: First round of US chip controls" in flat


def test_the_record_agrees_with_the_screen(run: Run):
    record = json.loads(run("explain", NVIDIA, "--no-cache", "--json").stdout)
    (event,) = record["events"]
    assert event["driver"] == BAN
    assert event["prior"]["bands"]["80"]["lower"] == pytest.approx(-40, abs=1e-3)
    assert event["prior"]["bands"]["80"]["upper"] == pytest.approx(-15, abs=1e-3)
    assert event["is_informed"]
    assert 0 < event["variance_removed"] < 1
    assert [p["name"] for p in record["parameters"]] == PARAMETERS


def test_a_part_is_explained_by_the_fit_that_its_forecast_uses(run: Run):
    record = json.loads(run("explain", NVIDIA, "--no-cache", "--json").stdout)
    forecast = json.loads(run("forecast", NVIDIA, "--no-cache", "--json").stdout)
    assert record["family"] == "composition"
    assert "fitted by itself" not in " ".join(record["warnings"])
    notes = [text for text in record["warnings"] if text.startswith("not used of what is stated")]
    assert notes
    assert all(note in json.dumps(forecast) for note in notes)
    alone = json.loads(run("explain", NVIDIA, "--model", "trend", "--no-cache", "--json").stdout)
    assert alone["family"] == "trend"
    medians = [r["events"][0]["posterior"]["median"] for r in (record, alone)]
    assert abs(medians[0] - medians[1]) > 0.1


def test_a_member_is_explained_with_the_factor_of_its_group(run: Run):
    record = json.loads(run("explain", "us-ai-private-investment", "--no-cache", "--json").stdout)
    assert record["family"] == "pooled"
    names = [p["name"] for p in record["parameters"]]
    assert names == ["s_l", "s_b", "tau", "s_o", "s_f_l", "s_f_b", "d"]


def test_an_event_is_not_known_before_it_happened(run: Run):
    ran = run("explain", "cn-ai-chip-domestic-share", "--as-of", "2024-11-30", "--no-cache")
    assert ran.code == 0
    assert "No dated event is known to have moved this series" in " ".join(ran.stdout.split())


def test_an_event_without_figures_after_it_stays_at_its_prior(run: Run):
    ran = run("explain", "us-gpu-cluster-performance-share", "--no-cache")
    assert ran.code == 0
    flat = " ".join(ran.stdout.split())
    assert "Growing from 2026-07 to 2028-07; it begins after the last figure." in flat
    assert "No figure shows a change in it yet" in flat


def test_a_file_has_no_events_but_parameters(run: Run, data_file):
    ran = run(
        "explain",
        data_file("good-annual.csv"),
        "--kind",
        "positive",
        "--model",
        "trend",
        "--no-cache",
    )
    assert ran.code == 0
    assert "No dated event is known to have moved this series" in " ".join(ran.stdout.split())
    assert "(tau), years" in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["us-ai-private-investment / cn-ai-private-investment"], "it is computed from other"),
        ([NVIDIA, "--model", "growth:build"], "your own model tells what it likes"),
        (["cn-ai-chip-share-nvidi"], "did you mean 'cn-ai-chip-share-nvidia'"),
    ],
)
def test_what_has_no_model_of_its_own_is_refused(run: Run, arguments: list[str], problem: str):
    ran = run("explain", *arguments)
    assert (ran.code, ran.stdout) == (2, "")
    assert problem in ran.stderr


DOMESTIC = "cn-ai-chip-domestic-share"


def test_a_goal_is_explained_by_drivers(run: Run):
    ran = run("explain", DOMESTIC, "--goal", "80% by 2028")
    assert (ran.code, ran.stderr) == (0, "")
    flat = " ".join(ran.stdout.split())
    assert "Where the width of 2030 comes from, before judgements are heeded" in flat
    assert "Drivers: median of 2030 with each forced on" in flat
    assert "us-china-specific-chip-ban" in flat
    assert "Goal '80% by 2028': reached with probability" in flat
    assert "Chances of all of them are judgement" in flat


@pytest.mark.parametrize("width", ["40", "80", "200"])
def test_every_width_holds_it(run: Run, monkeypatch: pytest.MonkeyPatch, width: str):
    monkeypatch.setenv("COLUMNS", width)
    ran = run("explain", DOMESTIC, "--goal", "80% by 2028", "--scenario", "full-decoupling")
    assert ran.code == 0
    assert "…" not in ran.stdout
    assert max(map(len, ran.stdout.splitlines())) <= int(width)


def test_the_goal_is_as_likely_as_reach_says(run: Run):
    record = json.loads(run("explain", DOMESTIC, "--goal", "80% by 2028", "--json").stdout)
    reach = json.loads(run("reach", DOMESTIC, "80%", "--by", "2030", "--json").stdout)
    assert record["goal"]["probability"] == pytest.approx(reach["by_period"][2])
    assert sum(part["share"] for part in record["width"].values()) == pytest.approx(1.0)
    ban = next(d for d in record["tornado"]["drivers"] if d["driver"] == BAN)
    assert ban["change"] > 2 * ban["error"] > 0
    sign = next(d for d in record["goal"]["drivers"] if d["driver"] == BAN)
    assert sign["odds_ratio"] > 1
    assert record["last_without_judgements"]["median"] != record["last"]["median"]
    assert record["prior"]["is_own_fit"] is False


def test_the_tornado_agrees_with_setting_the_driver(run: Run):
    record = json.loads(run("explain", DOMESTIC, "--until", "2028", "--json").stdout)
    bar = next(d for d in record["tornado"]["drivers"] if d["driver"] == BAN)
    for state in ("on", "off"):
        ran = run("forecast", DOMESTIC, "--set", f"{BAN}={state}", "--until", "2028", "--json")
        (there,) = json.loads(ran.stdout)
        assert there["median"][-1] == pytest.approx(bar[f"median_{state}"], abs=1e-9)


def test_a_goal_beyond_the_usual_horizon_moves_it(run: Run):
    record = json.loads(
        run(
            "explain", "hyperscaler-big4-capex", "--goal", "below 100bn USD by 2032", "--json"
        ).stdout
    )
    assert record["period"] == "2032"
    assert record["goal"]["below"] is True


@pytest.mark.parametrize(
    ("goal", "problem"),
    [
        ("80%", "'80%' is no goal"),
        ("much by 2028", "'much'"),
        ("80% by sometime", "is not a period"),
        ("80% by 2020", "is not among those forecast"),
    ],
)
def test_a_bad_goal_is_told_in_three_parts(run: Run, goal: str, problem: str):
    ran = run("explain", DOMESTIC, "--goal", goal)
    assert (ran.code, ran.stdout) == (2, "")
    assert problem in ran.stderr
    assert "fix:" in ran.stderr


def test_a_forecast_from_before_the_drivers_were_assessed_says_so(run: Run):
    before = run("forecast", DOMESTIC, "--as-of", "2025-11-30", "--until", "2027")
    assert "hindsight: what is believed about" in " ".join(before.stdout.split())
    after = run("forecast", DOMESTIC, "--until", "2027")
    assert "hindsight" not in after.stdout
    unmoved = run("forecast", "alphabet-capex", "--as-of", "2025-11-30", "--until", "2027")
    assert "hindsight" not in unmoved.stdout
