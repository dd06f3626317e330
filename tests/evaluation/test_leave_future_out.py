"""Origins by hand, folds that know no future, and their files."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecaster.evaluation.candidates import candidates_of
from forecaster.evaluation.figure_scores import score_figure
from forecaster.evaluation.fold_files import read_folds, write_folds
from forecaster.evaluation.later_figure import kernel_log_density, poisson_log_probability
from forecaster.evaluation.leave_future_out import rolling_origins, score_series, typical_change
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.reader import SHIPPED

from .small_series import annual_rows, entry_of, facts_of, row_of

BELIEFS = load_beliefs(SHIPPED)
VALUES = ["10", "12", "15", "14", "18", "21", "26", "30"]


def _candidates(families=("trend",), **fields):
    entry = entry_of(**fields)
    return candidates_of(
        entry, trend=BELIEFS.trend, jumps=BELIEFS.jumps, cap=BELIEFS.cap, families=families
    )


def test_origins_are_where_something_new_was_known():
    facts = facts_of(*annual_rows(VALUES))
    origins = list(rolling_origins(facts, "sales", sort="pseudo"))
    # four figures are known at the end of 2013, seven at the end of 2016, the last with an outcome
    assert [o.day for o in origins] == [date(y, 12, 31) for y in range(2013, 2017)]
    assert [str(p) for p in origins[0].targets] == ["2014", "2015", "2016", "2017"]
    assert [row.value for row in origins[0].targets.values()] == [18, 21, 26, 30]


def test_a_vintage_origin_waits_for_the_publication():
    late = [row_of(str(2010 + k), v, published=f"{2011 + k}-04-30") for k, v in enumerate(VALUES)]
    origins = list(rolling_origins(facts_of(*late), "sales", sort="vintage"))
    assert origins[0].day == date(2014, 6, 30)
    assert len(origins[0].known) == 4


def test_quarters_are_asked_about_the_next_one_and_the_same_one_some_years_later():
    rows = [row_of(f"{2015 + k // 4}-Q{k % 4 + 1}", str(100 + k)) for k in range(16)]
    first = next(rolling_origins(facts_of(*rows), "sales", sort="pseudo"))
    assert first.known[-1].period == rows[3].period
    assert [str(p) for p in first.targets] == ["2016-Q1", "2016-Q4", "2017-Q4", "2018-Q4"]


def test_a_short_series_has_no_origin():
    assert not list(rolling_origins(facts_of(*annual_rows(VALUES[:4])), "sales", sort="pseudo"))


def test_folds_do_not_see_the_future():
    facts = facts_of(*annual_rows(VALUES))
    other = facts_of(*annual_rows([*VALUES[:5], "900", "1", "77"]))
    first, changed = (
        list(score_series(x, "sales", _candidates(), sort="pseudo")) for x in (facts, other)
    )
    early = [(f.score.median, f.score.lower_80) for f in first if f.origin.year <= 2014]
    assert early == [(f.score.median, f.score.lower_80) for f in changed if f.origin.year <= 2014]
    assert early


def test_folds_of_every_family_stand_beside_each_other():
    facts = facts_of(*annual_rows(VALUES))
    families = ("trend", "walk", "jumps")
    folds = list(score_series(facts, "sales", _candidates(families), sort="pseudo"))
    # targets 4 + 3 + 2 + 1 at the four origins
    assert {name: sum(f.family == name for f in folds) for name in families} == dict.fromkeys(
        families, 10
    )
    for fold in folds:
        assert math.isfinite(fold.score.log_density)
        assert fold.score.crps > 0
        assert fold.is_reliable
        assert fold.years == fold.steps


@pytest.mark.parametrize("kind", ["share", "count", "cumulative", "poisson"])
def test_every_kind_has_a_log_density(kind):
    values = {
        "share": ["0.1", "0.12", "0.15", "0.2", "0.22", "0.3", "0.35"],
        "count": ["4", "6", "5", "9", "11", "10", "15"],
        "cumulative": ["4", "6", "11", "19", "25", "37", "60"],
        "poisson": ["0", "1", "0", "2", "4", "3", "5"],
    }[kind]
    fields = {"kind": kind, "timing": "flow"}
    if kind == "cumulative":
        fields["timing"] = "stock"
    if kind == "poisson":
        fields = {"kind": "count", "timing": "flow", "counting_error": "poisson"}
    facts = facts_of(*annual_rows(values), **fields)
    folds = list(score_series(facts, "sales", _candidates(**fields), sort="pseudo"))
    assert folds
    assert all(math.isfinite(f.score.log_density) for f in folds)


def test_log_density_agrees_with_the_draws_in_units_of_the_data():
    # one step ahead of an annual flow, density by quantiles of many draws around the outcome
    facts = facts_of(*annual_rows(VALUES))
    (fold,) = (
        f
        for f in score_series(facts, "sales", _candidates(("walk",)), sort="pseudo")
        if f.origin.year == 2016
    )
    low, high = fold.score.lower_80, fold.score.upper_80
    # a log-normal with the band's ends: mean and sd of its logarithm
    mean = (math.log(low) + math.log(high)) / 2
    sd = (math.log(high) - math.log(low)) / 2 / 1.2816
    y = fold.score.outcome
    normal = -0.5 * ((math.log(y) - mean) / sd) ** 2 - math.log(sd * math.sqrt(2 * math.pi) * y)
    # heavier tails than normal move it by a few tenths at most near the middle
    assert fold.score.log_density == pytest.approx(normal, abs=0.3)


def test_scores_of_known_draws_by_hand():
    draws = np.arange(1.0, 11.0)
    found = score_figure(draws, 4.5, log_density=-1.0, rng=np.random.default_rng(1))
    # ends at 10% and 90%, positions 0.9 and 8.1 among 0..9: 1.9 and 9.1
    assert (found.lower_80, found.upper_80) == pytest.approx((1.9, 9.1))
    assert found.median == 5.5
    assert found.pit == pytest.approx(0.4)
    assert (found.in_50, found.in_80, found.in_95) == (True, True, True)


def test_poisson_probability_by_hand():
    # mean of Poisson(2; 1) = e^-1 / 2 and Poisson(2; 2) = 2 e^-2
    expected = math.log((math.exp(-1) / 2 + 2 * math.exp(-2)) / 2)
    assert poisson_log_probability(2, np.array([1.0, 2.0])) == pytest.approx(expected)


def test_kernel_density_of_log_normal_draws():
    draws = np.exp(np.random.default_rng(2).normal(1.0, 0.5, 20_000))
    exact = -0.5 * ((math.log(3.0) - 1.0) / 0.5) ** 2 - math.log(0.5 * math.sqrt(2 * math.pi) * 3.0)
    # 20,000 draws and a bandwidth of 6% of the sd: error near 0.01
    assert kernel_log_density(3.0, draws) == pytest.approx(exact, abs=0.05)
    assert math.isnan(kernel_log_density(0.0, draws))


def test_typical_change_has_a_floor():
    assert typical_change(np.array([1.0, 3.0, 2.0])) == 1.5
    assert typical_change(np.array([5.0, 5.0])) == 0.05
    assert math.isnan(typical_change(np.zeros(3)))


def test_folds_come_back_from_their_file(tmp_path):
    facts = facts_of(*annual_rows(VALUES))
    folds = list(score_series(facts, "sales", _candidates(), sort="pseudo"))
    folds[0] = replace(folds[0], score=replace(folds[0].score, log_density=math.nan))
    path = tmp_path / "deep" / "sales.csv"
    write_folds(path, folds)
    found = read_folds([path])
    assert found[1:] == folds[1:]
    assert math.isnan(found[0].score.log_density)
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ValueError, match="not those of folds"):
        read_folds([path])
