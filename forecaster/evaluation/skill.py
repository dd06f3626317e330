"""Summarise the answers of a backtest so that no group of series decides it by its size.

Every group of series has the same weight, within a group every series, within a series every
question:

    weight = 1 / (groups) / (series of the group) / (questions of the series)
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np

from forecaster.evaluation.scores import brier, weighted_mean
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.evaluation.reach_backtest import Answer

    FloatArray = NDArray[np.float64]

N_RESAMPLED = 4000


@frozen
class Skill:
    """Weighted Brier scores of some answers.

    Attributes
    ----------
    ours, drift, student, still : of the program, the drift random walk and its two variants
    difference : ours less the drift random walk's; below zero the program is better
    lower, upper : 95% interval of the difference, series resampled within groups
    base_rate : weighted share of questions that came true
    """

    n_questions: int
    n_series: int
    n_groups: int
    ours: float
    drift: float
    student: float
    still: float
    difference: float
    lower: float
    upper: float
    base_rate: float

    @property
    def relative(self) -> float:
        """Return the difference as a share of the drift random walk's score."""
        return self.difference / self.drift


def group_weights(answers: Sequence[Answer]) -> FloatArray:
    """Return the weight of each answer, (n,); they sum to one."""
    questions = Counter((a.group, a.series) for a in answers)
    series = Counter(group for group, _ in questions)
    return np.array(
        [1 / len(series) / series[a.group] / questions[a.group, a.series] for a in answers]
    )


def summarise(answers: Sequence[Answer], *, rng: np.random.Generator) -> Skill:
    """Return the weighted scores of some answers, at least one.

    Notes
    -----
    The interval takes series as independent. Series of one group share their shocks, so it is
    rather too narrow than too wide; a group of a single series adds no width at all.
    """
    weights = group_weights(answers)
    reached = np.array([a.reached for a in answers], dtype=np.float64)
    ours = brier([a.ours for a in answers], reached)
    drift = brier([a.drift for a in answers], reached)
    lower, upper = bootstrap_interval(answers, ours - drift, rng=rng)
    return Skill(
        n_questions=len(answers),
        n_series=len({a.series for a in answers}),
        n_groups=len({a.group for a in answers}),
        ours=weighted_mean(ours, weights),
        drift=weighted_mean(drift, weights),
        student=weighted_mean(brier([a.student for a in answers], reached), weights),
        still=weighted_mean(brier([a.still for a in answers], reached), weights),
        difference=weighted_mean(ours - drift, weights),
        lower=lower,
        upper=upper,
        base_rate=weighted_mean(reached, weights),
    )


def bootstrap_interval(
    answers: Sequence[Answer], differences: FloatArray, *, rng: np.random.Generator
) -> tuple[float, float]:
    """Return the 95% percentile interval of the weighted mean difference.

    Whole series are drawn with replacement, within each group as many as it has.

    Parameters
    ----------
    answers : (n,)
    differences : (n,), one for each answer
    """
    by_series: dict[tuple[str, str], list[float]] = defaultdict(list)
    for answer, difference in zip(answers, differences, strict=True):
        by_series[answer.group, answer.series].append(float(difference))
    by_group: dict[str, list[float]] = defaultdict(list)
    for (group, _), values in by_series.items():
        by_group[group].append(float(np.mean(values)))
    total = np.zeros(N_RESAMPLED)
    for means in by_group.values():
        chosen = rng.integers(len(means), size=(N_RESAMPLED, len(means)))
        total += np.array(means)[chosen].mean(axis=1) / len(by_group)
    lower, upper = np.quantile(total, [0.025, 0.975])
    return float(lower), float(upper)
