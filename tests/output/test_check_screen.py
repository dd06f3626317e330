"""Checks on the screen at every width, and as a record: nothing cut, everything said."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from forecaster.evaluation.check import Check, FamilyCheck
from forecaster.evaluation.engine_comparison import EngineGap
from forecaster.evaluation.forecast_sensitivity import ForecastSensitivity
from forecaster.evaluation.predictive_checks import PriorCheck, QuantityCheck
from forecaster.evaluation.sensitivity import Sensitivity
from forecaster.inference.one_step import OneStep
from forecaster.inference.report import FitReport
from forecaster.output.check_record import check_record
from forecaster.output.check_screen import print_check
from forecaster.output.check_sentences import bins_of, one_step_sentences, prior_sentence
from forecaster.workspace.facts import SeriesEntry
from forecaster.workspace.periods import parse_period
from forecaster.workspace.pool_beliefs import PoolPrior

STEPS = OneStep(
    end=2020.0 + np.arange(5),
    n_before=np.arange(5),
    log_density=np.array([-9.0, -1.0, -1.0, -1.5, -2.5]),
    pit=np.array([0.5, 0.5, 0.5, 0.05, 0.7]),
    k_hat=np.array([-math.inf, 0.1, 0.1, 0.2, 0.31]),
    ess=np.full(5, 1500.0),
)


def _family(name, weight, *, steps=STEPS, **changes):
    report = FitReport("amis", 0.21, 1678.2, -54.22, 0.052, 3072, 3, **changes)
    return FamilyCheck(name, weight, weight, weight, report, steps, -2.0)


CHECK = Check(
    entry=SeriesEntry(
        "sales", "Sales of [red]all[/red] shops", "所有商店的销售额", "USD", "positive", "flow"
    ),
    pool=PoolPrior({"trend": 0.6, "jumps": 0.4}, "because it was measured", 1234, "some"),
    n_figures=5,
    families=(_family("trend", 0.6), _family("jumps", 0.4)),
    n_folds=2,
    pit=np.array([0.05, 0.7]),
    prior=PriorCheck(4, 3, 3, 0, 1, -0.2, 0.25, 1.0),
    posterior=(
        QuantityCheck("volatility", 0.36, 0.30, 0.45, 0.54),
        QuantityCheck("last change", 0.92, -0.37, 0.61, 0.015),
        QuantityCheck("persistence", -0.90, -0.40, 0.06, 0.99),
    ),
    sensitivity=ForecastSensitivity(
        Sensitivity("forecast", 0.03, 0.01),
        (Sensitivity("s_l", 0.13, 0.06), Sensitivity("d", 0.12, 0.02)),
        median_shift=-0.061,
        width_change=0.02,
    ),
    horizon=parse_period("2029"),
    engines=(EngineGap("s_l", 0.1, 0.1234, 0.1236, -0.3),),
    notes=("jumps: k-hat 0.60 is not below 0.5",),
)


def _screen(check, width, *, language="en"):
    console = Console(file=io.StringIO(), width=width, color_system=None)
    print_check(check, console, language=language)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [40, 80, 200])
def test_nothing_is_cut_at_any_width(width):
    shown = _screen(CHECK, width)
    assert "…" not in shown
    assert max(len(line) for line in shown.splitlines()) <= width
    for said in ("0.21", "1,678", "1234 folds", "-54.2", "0.60", "0.052", "2029", "0.13", "-0.3"):
        assert said in " ".join(shown.split()), said


def test_the_screen_says_what_was_found():
    shown = " ".join(_screen(CHECK, 80).split())
    assert "Forecast by trend and jumps from 5 figures; every fit is certified." in shown
    assert "1 of 2 figures fell in the 80% band, 1 below it and 0 above." in shown
    assert "3 of 4 changes lie in the prior's 80% band (-18% to +28% over a year)" in shown
    assert "1 outside its 95% band (0 below, 1 above)" in shown
    assert "higher than the model expects" in shown
    assert "lower than the model expects" in shown
    assert "conflict" in shown
    assert "would move the median of 2029 by -6% of the 80% band's width" in shown
    assert "because it was measured (1234 folds)" in shown
    assert "note: jumps: k-hat 0.60 is not below 0.5" in shown


def test_titles_are_printed_and_not_obeyed():
    assert "[red]all[/red]" in _screen(CHECK, 80)
    assert "所有商店的销售额" in _screen(CHECK, 40, language="zh")


def test_a_fit_that_failed_is_named_in_the_first_sentence():
    failed = replace(CHECK, families=(_family("trend", 1.0, failures=("k-hat 0.9",)),))
    assert "Forecast by trend from 5 figures; not certified: trend." in _screen(failed, 200)


def test_what_cannot_be_checked_is_said():
    bare = replace(
        CHECK,
        n_folds=0,
        pit=np.empty(0),
        prior=None,
        posterior=(),
        sensitivity=None,
        engines=(),
        families=(_family("trend", 1.0, steps=None),),
    )
    shown = " ".join(_screen(bare, 80).split())
    assert "No figure can be checked one step ahead." in shown
    assert "no change to hold against the prior" in shown
    assert "too short for posterior predictive checks" in shown
    assert "No sensitivity" in shown
    assert "none" in shown
    assert "NUTS, family" not in shown


def test_changes_of_shares_are_told_as_odds_and_of_real_series_in_their_unit():
    share = replace(CHECK, entry=replace(CHECK.entry, kind="share"))
    assert "odds x 0.82 to odds x 1.28" in prior_sentence(share)
    real = replace(CHECK, entry=replace(CHECK.entry, kind="real", unit="months"))
    assert "-0.2 months to +0.25 months" in prior_sentence(real)


def test_pit_is_counted_in_fifths():
    assert bins_of(np.array([0.0, 0.19, 0.2, 0.99, 1.0])) == [2, 1, 0, 0, 2]
    assert one_step_sentences(CHECK)[1].endswith("1 0 0 1 0.")


def test_record_is_json_with_nothing_infinite():
    record = check_record(CHECK)
    read = json.loads(json.dumps(record, allow_nan=False))
    assert read["families"][0]["k_hat"] == 0.21
    assert read["families"][0]["steps"][0]["k_hat"] is None
    assert read["families"][1]["own_weight"] == 0.4
    assert read["sensitivity"]["parameters"][0]["diagnosis"] == "conflict"
    assert read["one_step"]["pit"] == [0.05, 0.7]
    assert read["applies"] is True
    assert check_record(replace(CHECK, prior=None, sensitivity=None))["sensitivity"] is None
