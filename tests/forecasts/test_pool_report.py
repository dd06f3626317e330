"""Reports of several fits joined into one, worked by hand."""

from __future__ import annotations

import math

import pytest
from calibration.histories import REPORT

from forecaster.forecasts.pool_report import join_reports
from forecaster.inference.report import FitReport


def _two():
    trend = FitReport("amis", 0.1, 1000.0, -10.0, 0.01, 1024, 2, diagnostics={"R-hat": 1.001})
    jumps = FitReport(
        "nuts", 0.4, 4000.0, -10.0 + math.log(3), 0.05, 8000, 1,
        failures=("2 divergences",), escalations=("sampling with NUTS",),
    )  # fmt: skip
    return {"trend": trend, "jumps": jumps}


def test_one_report_is_left_as_it_is():
    assert join_reports({"trend": REPORT}, {"trend": 1.0}) is REPORT


def test_the_worst_of_each_number_is_told():
    joined = join_reports(_two(), {"trend": 0.75, "jumps": 0.25})
    assert (joined.k_hat, joined.evidence_gap) == (0.4, 0.05)
    assert (joined.n_points, joined.rounds) == (9024, 2)
    assert joined.engine == "amis and nuts"


def test_effective_size_is_that_of_a_stratified_sample():
    # variance of the mean: .75^2 / 1000 + .25^2 / 4000 = .000578125, so 1 / that = 1729.7
    joined = join_reports(_two(), {"trend": 0.75, "jumps": 0.25})
    assert joined.ess == pytest.approx(1729.73, abs=0.01)


def test_evidence_is_that_of_the_mixture():
    # .75 x 1 + .25 x 3 = 1.5 times exp(-10)
    joined = join_reports(_two(), {"trend": 0.75, "jumps": 0.25})
    assert joined.log_evidence == pytest.approx(-10 + math.log(1.5))


def test_evidences_far_apart_neither_overflow_nor_vanish():
    far = _two() | {"walk": FitReport("amis", 0.1, 1.0, -5000.0, 0.0, 1, 1)}
    joined = join_reports(far, {"trend": 0.5, "jumps": 0.25, "walk": 0.25})
    assert joined.log_evidence == pytest.approx(-10 + math.log(1.25))


def test_what_is_wrong_with_one_family_is_wrong_with_the_pool_and_named():
    joined = join_reports(_two(), {"trend": 0.75, "jumps": 0.25})
    assert joined.failures == ("jumps: 2 divergences",)
    assert joined.escalations == ("jumps: sampling with NUTS",)
    assert not joined.is_reliable
    assert joined.diagnostics == {"weight trend": 0.75, "weight jumps": 0.25, "trend: R-hat": 1.001}
