"""Joint forecasts beside each series alone, on small sets."""

from __future__ import annotations

import math

import pytest

from forecaster.errors import InputError
from forecaster.evaluation.joint_folds import ALONE, score_set
from forecaster.evaluation.joint_origins import JointSet
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.reader import SHIPPED

from .joint_series import group, whole

BELIEFS = load_beliefs(SHIPPED).without_series()
SHARES = {"a": [".20", ".24", ".30", ".33"], "b": [".70", ".66", ".58", ".55"]}
MARKET = JointSet("composition", "market", ("a", "b"))
SALES = {"a": ["10", "13", "18", "22"], "b": ["5", "6", "9", "11"], "c": ["2", "2.2", "2.9", "4"]}
TRADE = JointSet("pooled", "trade", ("a", "b", "c"))


def _folds(facts, together, **how):
    return list(score_set(facts, together, BELIEFS, sort="pseudo", announce=print, **how))


@pytest.fixture(scope="module")
def parts():
    return _folds(whole(SHARES), MARKET)


def test_every_figure_is_forecast_together_and_alone(parts):
    # two parts, targets 2 + 1 at the origins 2011 and 2012
    keys = {
        family: [(f.series, f.origin.year, f.years) for f in parts if f.family == family]
        for family in ("composition", ALONE)
    }
    assert len(keys["composition"]) == 6
    assert keys["composition"] == keys[ALONE]
    assert all(f.is_reliable and f.group == "market" and f.kind == "share" for f in parts)


def test_scores_are_on_the_link_scale(parts):
    for fold in parts:
        value = float(SHARES[fold.series][fold.origin.year - 2010 + int(fold.years)])
        assert fold.score.outcome == pytest.approx(math.log(value / (1 - value)))
        assert fold.score.lower_80 < fold.score.median < fold.score.upper_80
        assert fold.score.crps > 0


def test_joint_folds_do_not_see_the_future(parts):
    changed = {name: [*texts[:3], ".45"] for name, texts in SHARES.items()}
    other = _folds(whole(changed), MARKET)
    # the year 2013 differs, which no origin knows
    assert [f.score.median for f in parts] == [f.score.median for f in other]
    assert [f.score.outcome for f in parts] != [f.score.outcome for f in other]


def test_members_of_a_group_are_forecast_together_and_alone():
    folds = _folds(group(SALES), TRADE)
    joint = [f for f in folds if f.family == "pooled"]
    assert len(joint) == len(folds) / 2 == 9  # three members, targets 2 + 1
    alone = [f for f in folds if f.family == ALONE]
    assert [f.score.median for f in joint] != [f.score.median for f in alone]


def test_only_thinned_members_are_scored():
    folds = _folds(group(SALES), TRADE, is_thin=True)
    # at the end of 2011 all have two figures; a year later b, the second of three, is cut to two
    assert {(f.series, f.origin.year, f.n_known) for f in folds} == {("b", 2012, 2)}


def test_a_published_zero_is_no_more_than_half_the_least_figure():
    shares = {"a": ["0", "0", ".02", "0"], "b": [".7", ".72", ".71", ".7"]}
    folds = [f for f in _folds(whole(shares), MARKET) if f.series == "a"]
    least = math.log(0.01 / 0.99)
    zeros = [f for f in folds if f.origin.year + f.years == 2013]
    assert zeros
    assert all(f.score.outcome == pytest.approx(least) for f in zeros)
    assert all(f.score.lower_80 >= least for f in folds)


def test_parts_that_add_up_to_more_than_one_are_refused_as_by_a_forecast():
    facts = whole({"a": [".7", ".7", ".7"], "b": [".7", ".2", ".2"]})  # 1.4 in the first year
    with pytest.raises(InputError, match=r"add up to 1\.4"):
        _folds(facts, MARKET)
