"""The command `check`, run as a user would."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from forecaster.evaluation.engine_comparison import EngineGap
from forecaster.workspace.pool_beliefs import load_pools
from forecaster.workspace.reader import SHIPPED

if TYPE_CHECKING:
    from .conftest import Run

CAPEX = "meta-capex"


def test_a_series_is_checked_with_weights_k_hat_ess_and_sensitivity(run: Run):
    started = time.perf_counter()
    ran = run("check", CAPEX)
    # in-process, on a busy machine: the bar is 5 s from a cold start
    assert time.perf_counter() - started < 5
    assert (ran.code, ran.stderr) == (0, "")
    flat = " ".join(ran.stdout.split())
    for said in ("k-hat", "ESS", "own", "evidence", "Sensitivity", "Prior predictive", "PIT"):
        assert said in flat, said
    for family in load_pools(SHIPPED)["positive"].weights:
        assert family in ran.stdout


def test_the_record_holds_every_step_of_every_family(run: Run):
    record = json.loads(run("check", CAPEX, "--json").stdout)
    assert record["applies"] is True
    weights = load_pools(SHIPPED)["positive"].weights
    kind = {f["family"]: f["kind_weight"] for f in record["families"]}
    assert kind == pytest.approx({name: weights.get(name, 0.0) for name in kind})
    for family in record["families"]:
        assert len(family["steps"]) == record["n_figures"]
    assert sum(record["one_step"]["pit_fifths"]) == record["one_step"]["n"]


def test_the_checks_are_the_same_every_time(run: Run):
    first, second = (run("check", CAPEX, "--json").stdout for _ in range(2))
    assert first == second


def test_the_as_of_day_hides_what_came_later(run: Run):
    early = json.loads(run("check", CAPEX, "--as-of", "2018-12-31", "--json").stdout)
    late = json.loads(run("check", CAPEX, "--json").stdout)
    assert early["n_figures"] < late["n_figures"]
    assert max(step["end"] for step in early["families"][0]["steps"]) <= 2019.0


@pytest.mark.parametrize(
    ("series", "said"),
    [
        ("bloc-alignment", "no figures, so there is no fit"),
        ("us-cn-operator-share", "it is computed from us-ai-cloud-regions, cn-ai-cloud-regions"),
        (
            "us-ai-private-investment / cn-ai-private-investment",
            "computed from us-ai-private-investment, cn-ai-private-investment",
        ),
    ],
)
def test_what_has_no_fit_is_told_why(run: Run, series, said):
    ran = run("check", series)
    assert ran.code == 0
    assert said in " ".join(ran.stdout.split())
    record = json.loads(run("check", series, "--json").stdout)
    assert record["applies"] is False
    assert said in record["reason"]


def test_a_part_of_a_whole_is_checked_alone_and_told_so(run: Run):
    ran = run("check", "cn-ai-chip-share-nvidia")
    assert ran.code == 0
    assert "what is checked here is the series by itself" in " ".join(ran.stdout.split())


def test_a_custom_model_has_nothing_to_check(run: Run):
    ran = run("check", CAPEX, "--model", "mine:model")
    assert ran.code == 0
    assert "its model is your own" in " ".join(ran.stdout.split())


def test_a_family_asked_for_makes_the_whole_forecast(run: Run):
    record = json.loads(run("check", CAPEX, "--model", "walk", "--json").stdout)
    assert record["families"][0]["family"] == "walk"
    assert [f["forecast_weight"] for f in record["families"]] == [1.0, 0.0, 0.0]


def test_a_file_is_checked_too(run: Run, data_file):
    ran = run("check", data_file("good-annual.csv"), "--kind", "positive")
    assert ran.code == 0
    assert "log evidence" in ran.stdout


def test_an_unknown_series_is_refused(run: Run):
    ran = run("check", "meta-capecks")
    assert ran.code == 2
    assert "did you mean" in ran.stderr


def test_nuts_is_asked_only_where_it_was_asked_for(run: Run, monkeypatch):
    asked = []

    def stand_in(model, hyper, *, seed, announce):
        asked.append(model.family)
        return (EngineGap("s_l", 0.5, 0.1, 0.1, 0.4),)

    monkeypatch.setattr("forecaster.evaluation.check.compare_engines", stand_in)
    run("check", CAPEX)
    assert asked == []
    ran = run("check", CAPEX, "--nuts")
    assert len(asked) == 1
    assert "Quantiles of the default engine and of NUTS" in ran.stdout
    assert "+0.4" in ran.stdout
