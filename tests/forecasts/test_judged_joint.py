"""Judgements about series fitted together move all of their draws alike."""

from __future__ import annotations

from datetime import date

import numpy as np

from forecaster.forecasts.judged_joint import judge_joint
from forecaster.forecasts.settings import Settings
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.periods import parse_period
from forecaster.workspace.reader import SHIPPED, load_facts

SERIES = "cn-ai-chip-domestic-share"
OTHER = "cn-ai-chip-share-nvidia"


def _judge(until=2030, middle=0.5):
    facts = load_facts(SHIPPED, [SERIES, OTHER])
    beliefs = load_beliefs(SHIPPED, [SERIES, OTHER])
    settings = Settings(as_of=date(2026, 11, 22), until=str(until), use_cache=False)
    rng = np.random.default_rng(3)
    years = tuple(parse_period(str(year)) for year in range(2026, until + 1))
    odds = np.log(middle / (1 - middle)) + rng.standard_normal((4000, 1)) * np.linspace(
        0.3, 1.0, len(years)
    )
    drawn = 1 / (1 + np.exp(-odds))
    found = judge_joint(
        facts, beliefs, settings, periods={SERIES: years, OTHER: years},
        trajectories={SERIES: drawn, OTHER: 1 - drawn}, name="market", announce=lambda _: None,
    )  # fmt: skip
    return drawn, found


def test_draws_move_towards_what_was_said_and_stay_joint():
    drawn, found = _judge()
    # one statement of 76% for 2030 on an unstated basis, against draws about 50%
    assert not found.weighed.failures
    shift = found.shifts[SERIES]
    assert shift.n_used == 1
    assert 0.5 < shift.with_them < 0.76
    chosen = found.weighed.chosen
    assert np.allclose(drawn[chosen] + (1 - drawn)[chosen], 1)
    # of the other part experts spoke too, on bases that are not comparable
    assert found.shifts[OTHER].n_used == 0


def test_a_judgement_on_a_period_that_is_not_drawn_is_left_out():
    _, found = _judge(until=2028)
    assert found.weighed is None
    shift = found.shifts[SERIES]
    assert shift.n_left_out >= 1
    assert shift.with_them == shift.without
