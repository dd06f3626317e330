"""Answer the questions of a backtest by the program and by the drift random walk."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from forecaster.evaluation.baselines import LEAST_VALUES, WALKS, walk_figures
from forecaster.evaluation.reach_questions import (
    as_if_published_at_once,
    latest_history,
    pose_origins,
)
from forecaster.forecasts.crossing import count_crossings
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from forecaster.evaluation.reach_questions import Origin
    from forecaster.forecasts.forecast import Forecast
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import Facts
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]
    MakeForecast = Callable[[Facts, str, Beliefs, date, str, str], Forecast]
    """(facts, series, beliefs, as_of, until, basis); the pipeline, handed in from above."""

BASELINE_DRAWS = 20_000
BASELINE_SEED = 20260102


@frozen
class Answer:
    """One question's answers and outcome.

    Attributes
    ----------
    n_known : figures known, of the question's basis and frequency
    has_zero : whether one of them is zero
    years, factor, reached : of the question
    ours, drift, student, still : P(reached) by the program and by each of the random walks
    is_reliable : whether our fit was certified
    """

    series: str
    group: str
    kind: str
    origin: date
    n_known: int
    has_zero: bool
    years: int
    factor: float
    reached: bool
    ours: float
    drift: float
    student: float
    still: float
    is_reliable: bool


def backtest_series(
    facts: Facts, series: str, beliefs: Beliefs, *, sort: str, make_forecast: MakeForecast
) -> tuple[Answer, ...]:
    """Return the answers about one series at every origin; none if it is too short.

    One fit an origin answers all its questions. The result depends on the arguments alone, so
    series may be shared out among processes.

    Parameters
    ----------
    facts : as read, with the rows of `series`
    sort : 'vintage' | 'pseudo'
    make_forecast : see MakeForecast

    Raises
    ------
    ValueError
        If the sort is unknown.
    """
    if sort not in ("vintage", "pseudo"):
        raise ValueError(f"unknown sort {sort!r}; 'vintage' or 'pseudo'")
    latest = latest_history(facts, series)
    if latest is None:
        return ()
    known = facts if sort == "vintage" else as_if_published_at_once(facts, latest)
    return tuple(
        answer
        for origin in pose_origins(known, latest)
        for answer in answer_origin(known, origin, beliefs, make_forecast=make_forecast)
    )


def answer_origin(
    facts: Facts, origin: Origin, beliefs: Beliefs, *, make_forecast: MakeForecast
) -> Iterator[Answer]:
    """Yield the answers to the questions of one origin."""
    entry = origin.entry
    if len(origin.known) - (entry.kind == "cumulative") < LEAST_VALUES:
        return  # a cumulative series has an increment less than it has totals
    forecast = make_forecast(
        facts, entry.id, beliefs, origin.day, str(origin.asked[-1]), origin.basis
    )
    if not set(origin.asked) <= set(forecast.periods):
        return  # a figure of a longer period already tells something of what is asked
    walks = {name: _baseline(origin, beliefs, walk=name) for name in WALKS}
    for question in origin.questions:
        ours = _reach(forecast.trajectories, forecast.periods, question.periods, question.level)
        theirs = {
            name: _reach(figures, origin.asked, question.periods, question.level)
            for name, figures in walks.items()
        }
        yield Answer(
            series=entry.id,
            group=entry.group,
            kind=entry.kind,
            origin=origin.day,
            n_known=len(origin.known),
            has_zero=any(row.value == 0 for row in origin.known),
            years=question.years,
            factor=question.factor,
            reached=question.reached,
            ours=ours,
            is_reliable=forecast.report.is_reliable,
            **theirs,
        )


def _baseline(origin: Origin, beliefs: Beliefs, *, walk: str) -> FloatArray:
    """Return figures of the asked periods under a random walk."""
    words = f"{origin.entry.id}/{origin.day}/drift walk".encode()
    seed = int.from_bytes(hashlib.sha256(words).digest()[:8], "little")
    return walk_figures(
        origin.known,
        origin.asked,
        entry=origin.entry,
        prior=beliefs.trend[origin.entry.kind],
        n_draws=BASELINE_DRAWS,
        walk=walk,
        rng=np.random.default_rng([BASELINE_SEED, seed]),
    )


def _reach(
    figures: FloatArray, periods: Sequence[Period], asked: Sequence[Period], level: float
) -> float:
    """Return the share of paths that reach the level in one of the periods asked about."""
    columns = [periods.index(period) for period in asked]
    return float(count_crossings(figures[:, columns], level, below=False).by_period[-1])
