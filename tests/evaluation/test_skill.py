from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from forecaster.evaluation.reach_backtest import Answer
from forecaster.evaluation.skill import bootstrap_interval, group_weights, summarise


def answer_of(series: str, group: str, *, ours: float = 0.5, reached: bool = True) -> Answer:
    return Answer(
        series=series,
        group=group,
        kind="share",
        origin=date(2020, 6, 30),
        n_known=5,
        has_zero=False,
        years=1,
        factor=1.1,
        reached=reached,
        ours=ours,
        drift=0.5,
        student=0.4,
        still=0.2,
        is_reliable=True,
    )


LISTS = [
    answer_of("lists-cn", "lists"),
    answer_of("lists-us", "lists"),
    answer_of("lists-us", "lists"),
]
PRICE = [answer_of("price", "energy")]


def test_weights_by_hand():
    # two groups: 1/2 each; lists has two series: 1/4 each; lists-us has two questions: 1/8 each
    assert group_weights([*LISTS, *PRICE]) == pytest.approx([1 / 4, 1 / 8, 1 / 8, 1 / 2])


def test_a_group_keeps_its_weight_however_many_questions_it_asks():
    weights = group_weights([*(LISTS * 50), *PRICE])
    assert weights[-1] == pytest.approx(1 / 2)
    assert weights.sum() == pytest.approx(1)


def test_weights_follow_their_answers_when_the_order_changes():
    assert group_weights([*PRICE, *LISTS[::-1]]) == pytest.approx([1 / 2, 1 / 8, 1 / 8, 1 / 4])


def test_summary_equals_the_mean_of_means(rng: np.random.Generator):
    answers = [
        answer_of(f"{group}-{k % 3}", group, ours=float(rng.random()), reached=bool(k % 2))
        for k, group in enumerate("aabbbbbbbbccccc" * 3)
    ]
    expected = np.mean(
        [
            np.mean(
                [
                    np.mean([(a.ours - a.reached) ** 2 for a in answers if a.series == series])
                    for series in {a.series for a in answers if a.group == group}
                ]
            )
            for group in "abc"
        ]
    )
    skill = summarise(answers, rng=rng)
    assert skill.ours == pytest.approx(expected)
    assert skill.difference == pytest.approx(skill.ours - skill.drift)
    assert skill.relative == pytest.approx(skill.ours / skill.drift - 1)
    assert (skill.n_questions, skill.n_series, skill.n_groups) == (45, 8, 3)
    assert skill.lower < skill.difference < skill.upper


def test_summary_by_hand():
    # group g: series s with (0.8 - 1)^2 = 0.04, series t with (0.4 - 0)^2 = 0.16: mean 0.10;
    # drift's 0.5 gives 0.25 either way, student's 0.4 gives 0.36 and 0.16: mean 0.26,
    # still's 0.2 gives 0.64 and 0.04: mean 0.34
    answers = [
        answer_of("s", "g", ours=0.8, reached=True),
        answer_of("t", "g", ours=0.4, reached=False),
    ]
    skill = summarise(answers, rng=np.random.default_rng(1))
    assert (skill.ours, skill.drift, skill.student, skill.still) == pytest.approx(
        (0.10, 0.25, 0.26, 0.34)
    )
    assert (skill.difference, skill.relative, skill.base_rate) == pytest.approx((-0.15, -0.6, 0.5))


def test_interval_of_one_series_has_no_width(rng: np.random.Generator):
    # nothing to resample: (0.1 + 0.4) / 2 whatever is drawn
    answers = [answer_of("price", "energy"), answer_of("price", "energy")]
    assert bootstrap_interval(answers, np.array([0.1, 0.4]), rng=rng) == pytest.approx((0.25, 0.25))


def test_interval_gives_every_group_the_same_weight(rng: np.random.Generator):
    # two groups of one series each: (0.1 + 0.5) / 2, nothing to resample
    answers = [answer_of("price", "energy"), answer_of("lists-cn", "lists")]
    assert bootstrap_interval(answers, np.array([0.1, 0.5]), rng=rng) == pytest.approx((0.3, 0.3))


def test_interval_has_the_width_of_a_mean_over_series(rng: np.random.Generator):
    n = 200
    means = rng.standard_normal(n)
    answers = [answer_of(f"s{k}", "g") for k in range(n)]
    lower, upper = bootstrap_interval(answers, means, rng=rng)
    # the bootstrap's sd is the sample's over root n; the quantiles of 4,000 draws are good to 5%
    assert upper - lower == pytest.approx(2 * 1.96 * means.std() / np.sqrt(n), rel=0.1)
    assert lower < means.mean() < upper


def test_interval_moves_with_the_differences():
    answers = [answer_of(f"s{k}", "g") for k in range(5)]
    differences = np.array([0.1, 0.3, -0.2, 0.0, 0.7])
    one = bootstrap_interval(answers, differences, rng=np.random.default_rng(3))
    other = bootstrap_interval(answers, differences + 1.5, rng=np.random.default_rng(3))
    assert np.array(other) - np.array(one) == pytest.approx([1.5, 1.5])
