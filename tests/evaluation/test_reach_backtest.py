from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from forecaster.evaluation.reach_backtest import Answer, backtest_series
from forecaster.pipeline import Settings, make_forecast
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.periods import parse_period
from forecaster.workspace.reader import SHIPPED

from .small_series import annual_rows, facts_of

if TYPE_CHECKING:
    from forecaster.workspace.facts import Facts

VALUES = ["10", "12", "11", "13", "14", "20", "30", "29"]
"""2010 to 2017."""


def forecast_small(facts, series, beliefs, as_of, until, basis):
    settings = Settings(
        as_of=as_of, until=until, basis=basis, n_draws=400, use_cache=False, allow_unreliable=True
    )
    return make_forecast(facts, series, beliefs, settings, announce=lambda sentence: None)


def answers_of(facts: Facts, *, sort: str = "pseudo") -> tuple[Answer, ...]:
    return backtest_series(
        facts, "sales", load_beliefs(SHIPPED), sort=sort, make_forecast=forecast_small
    )


@pytest.fixture(scope="module")
def answers() -> tuple[Answer, ...]:
    """What every test but those of other facts looks at."""
    return answers_of(facts_of(*annual_rows(VALUES)))


def test_every_question_gets_four_probabilities(answers: tuple[Answer, ...]):
    assert len(answers) == 21  # three origins with two years, the last one with one
    for answer in answers:
        assert 0 <= answer.ours <= 1
        assert 0 <= answer.drift <= 1
        assert 0 <= answer.student <= 1
        assert 0 <= answer.still <= 1


def test_our_probability_counts_paths_that_fall_back_again():
    facts = facts_of(*annual_rows(VALUES))
    # last figure 13: levels 14.3, 19.5, 26 for the two years ahead; four paths by hand
    paths = np.array([[15.0, 9.0], [20.0, 14.0], [9.0, 27.0], [9.0, 9.0]])

    def by_hand(facts, series, beliefs, as_of, until, basis):
        first = parse_period(str(int(until) - 1))
        return SimpleNamespace(
            periods=(first, first.next()),
            trajectories=paths,
            report=SimpleNamespace(is_reliable=False),
        )

    found = backtest_series(
        facts, "sales", load_beliefs(SHIPPED), sort="pseudo", make_forecast=by_hand
    )
    assert [(a.years, a.factor, a.ours) for a in found[:6]] == [
        (1, 1.1, 2 / 4),
        (1, 1.5, 1 / 4),
        (1, 2.0, 0.0),
        (2, 1.1, 3 / 4),
        (2, 1.5, 2 / 4),
        (2, 2.0, 1 / 4),
    ]
    assert not any(answer.is_reliable for answer in found)


@pytest.mark.parametrize("sort", ["pseudo", "vintage"])
def test_an_origin_uses_nothing_that_came_later(sort: str):
    facts = facts_of(*annual_rows(VALUES))
    changed = facts_of(*annual_rows([*VALUES[:5], "2", "900", "0.01"]))
    before = [a for a in answers_of(facts, sort=sort) if a.origin <= date(2014, 12, 31)]
    after = [a for a in answers_of(changed, sort=sort) if a.origin <= date(2014, 12, 31)]
    assert len(before) == 12
    assert [replace(a, reached=True) for a in before] == [replace(a, reached=True) for a in after]
    assert [a.reached for a in before] != [a.reached for a in after]


def test_an_origin_uses_what_came_before(answers: tuple[Answer, ...]):
    first, other = answers[0], answers_of(facts_of(*annual_rows(["1", *VALUES[1:]])))[0]
    assert first.ours != other.ours
    assert first.drift != other.drift


def test_higher_levels_and_shorter_horizons_are_less_likely(answers: tuple[Answer, ...]):
    early = [a for a in answers if a.origin.year == 2014]
    for name in ("ours", "drift", "student", "still"):
        by_question = {(a.years, a.factor): getattr(a, name) for a in early}
        for years in (1, 2):
            assert by_question[years, 1.1] > by_question[years, 1.5] > by_question[years, 2.0]
        for factor in (1.1, 1.5, 2.0):
            assert by_question[1, factor] <= by_question[2, factor]


def test_the_same_arguments_give_the_same_answers(answers: tuple[Answer, ...]):
    assert answers_of(facts_of(*annual_rows(VALUES))) == answers


def test_short_series_get_no_answers():
    assert answers_of(facts_of(*annual_rows(VALUES[:7]))) == ()


def test_unknown_sorts_are_refused():
    with pytest.raises(ValueError, match="unknown sort 'rolling'"):
        answers_of(facts_of(*annual_rows(VALUES)), sort="rolling")
