"""Take judgements into account for series that are fitted together, by weighing their draws."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.errors import InputError
from forecaster.forecasts.judgement_job import gather_judgements
from forecaster.forecasts.judgement_shift import JudgementShift, measure_shift
from forecaster.forecasts.settings import random_stream
from forecaster.forecasts.single_job import prepare_single
from forecaster.inference.certify import infer
from forecaster.inference.judged_trajectories import JudgedTrajectories, weigh_trajectories
from forecaster.inference.judgement_weights import forecasts_then
from forecaster.inference.posterior import resample
from forecaster.inference.single import single_problem
from forecaster.records import frozen
from forecaster.workspace.judgement_index import has_judgements
from forecaster.workspace.judgements import LeftOutJudgement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.forecasts.judgement_job import JudgementJob
    from forecaster.forecasts.settings import Settings
    from forecaster.forecasts.single_job import SingleJob
    from forecaster.models.judgement_readings import JudgementReading
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import Facts, SeriesEntry
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]
    Announce = Callable[[str], None]

_N_POINTS = 200
"""Hyperparameters over which our forecasts of the days of judgements are averaged."""
_FAMILY = "trend"
"""By which a series is forecast alone on the day of a judgement."""


@frozen
class JudgedJoint:
    """How draws of several series count once judgements are heard.

    Attributes
    ----------
    weighed : which draws to take, for all series alike; None where no judgement counts
    shifts : series -> how far its own last median moved, for those with judgements
    left_out : judgements that do not count, with reasons
    """

    weighed: JudgedTrajectories | None
    shifts: Mapping[str, JudgementShift]
    left_out: tuple[LeftOutJudgement, ...]


@frozen
class Statement:
    """One judgement about the figure of a column, link scale; `ours` nan where nothing was."""

    reading: JudgementReading
    entry: SeriesEntry
    column: int
    said: float
    ours: float

    @property
    def series(self) -> str:
        """The series that it is about."""
        return self.entry.id


def judge_joint(
    facts: Facts,
    beliefs: Beliefs,
    settings: Settings,
    *,
    periods: Mapping[str, Sequence[Period]],
    trajectories: Mapping[str, FloatArray],
    name: str,
    announce: Announce,
) -> JudgedJoint | None:
    """Return the draws weighed by all judgements about the series; None where nobody said anything.

    Our forecast of a judgement's day is that of the series alone, not of all together.

    Parameters
    ----------
    periods : series -> periods forecast
    trajectories : series -> (n_draws, n_periods) on one draw axis, as published
    name : of the whole or group, which names the random stream
    """
    statements, left_out = gather_statements(
        facts, beliefs, settings, periods=periods, announce=announce
    )
    if not statements and not left_out:
        return None
    weighed = None
    if statements:
        rng = random_stream(settings.seed, name, "judgements")
        weighed = weigh_trajectories(*said_of(statements, trajectories), rng=rng)
    chosen = slice(None) if weighed is None else weighed.chosen
    shifts = {}
    spoken_of = [*(s.series for s in statements), *(out.judgement.series for out in left_out)]
    for series in dict.fromkeys(spoken_of):
        drawn_before = trajectories[series]
        shifts[series] = measure_shift(
            facts.entries[series],
            periods[series],
            without=drawn_before,
            with_them=drawn_before[chosen],
            n_used=sum(statement.series == series for statement in statements),
            n_left_out=sum(out.judgement.series == series for out in left_out),
        )
    return JudgedJoint(weighed, shifts, tuple(left_out))


def gather_statements(
    facts: Facts,
    beliefs: Beliefs,
    settings: Settings,
    *,
    periods: Mapping[str, Sequence[Period]],
    announce: Announce,
) -> tuple[list[Statement], list[LeftOutJudgement]]:
    """Return the judgements about figures that are drawn, and those that are left out.

    Parameters
    ----------
    periods : series -> periods forecast
    """
    statements: list[Statement] = []
    left_out: list[LeftOutJudgement] = []
    for series in periods:
        found = _gather(facts, series, beliefs, settings)
        if found is None:
            continue
        job, judged = found
        inside, outside = _split(judged, periods[series])
        left_out += [*judged.left_out, *outside]
        if inside:
            readings = replace(judged, readings=inside)
            statements += _statements(job, readings, periods[series], settings, announce)
    return statements, left_out


def said_of(
    statements: Sequence[Statement], trajectories: Mapping[str, FloatArray]
) -> tuple[FloatArray, FloatArray, FloatArray, list[JudgementReading]]:
    """Return drawn figures, statements and our forecasts then, link scale, with the readings.

    Parameters
    ----------
    trajectories : series -> (n_draws, n_periods) as published
    """
    return (
        np.array([_link(trajectories[s.series][:, s.column], s.entry) for s in statements]),
        np.array([statement.said for statement in statements]),
        np.array([statement.ours for statement in statements]),
        [statement.reading for statement in statements],
    )


def _gather(
    facts: Facts, series: str, beliefs: Beliefs, settings: Settings
) -> tuple[SingleJob, JudgementJob] | None:
    """Return the series' own job with its judgements; None where it has none."""
    if not has_judgements(beliefs.workspace, series):
        return None  # its job need not be prepared to know that

    def prepare(asked: Settings) -> SingleJob:
        """Return the job of the series alone under other settings."""
        return prepare_single(facts, series, beliefs, asked, family=_FAMILY)

    try:
        job = prepare(settings)
    except InputError:
        return None  # nothing is known of it on this basis, or nothing is left to forecast
    judged = gather_judgements(facts, beliefs, settings, job, prepare=prepare)
    return None if judged is None else (job, judged)


def _split(
    judged: JudgementJob, periods: Sequence[Period]
) -> tuple[tuple[JudgementReading, ...], tuple[LeftOutJudgement, ...]]:
    """Return the readings whose figure is among those drawn, and the other judgements."""
    inside = tuple(r for r in judged.readings if r.judgement.period in periods)
    outside = tuple(
        LeftOutJudgement(r.judgement, f"{r.judgement.period} is not among the periods forecast")
        for r in judged.readings
        if r.judgement.period not in periods
    )
    return inside, outside


def _statements(
    job: SingleJob,
    judged: JudgementJob,
    periods: Sequence[Period],
    settings: Settings,
    announce: Announce,
) -> list[Statement]:
    """Return the judgements on one series with our forecasts of their days."""
    entry, model = job.history.entry, job.models[_FAMILY]
    rng = random_stream(settings.seed, entry.id, "judged alone")
    hyper = infer(
        single_problem(model), engine="amis", seed=settings.seed, rng=rng, announce=announce
    )
    theta = np.ascontiguousarray(hyper.theta[:, resample(hyper.weights, _N_POINTS, rng=rng)])
    per_year = round(1 / job.plan.step_length)
    ours = forecasts_then(judged.model_of(_FAMILY), judged.readings, theta, per_year=per_year)
    middle = np.sort(ours, axis=0)[_N_POINTS // 2]
    found = []
    for reading, expected in zip(judged.readings, middle, strict=True):
        # a total's reading leaves out its length and its growth, a drawn figure does not
        added = _length_and_growth(reading, entry)
        found.append(
            Statement(
                reading,
                entry,
                list(periods).index(reading.judgement.period),
                reading.said + added,
                float(expected) + added,
            )
        )
    return found


def _length_and_growth(reading: JudgementReading, entry: SeriesEntry) -> float:
    """Return by how much the logarithm of a total exceeds its reading; 0 for other kinds."""
    judgement = reading.judgement
    if entry.kind in ("share", "real"):
        return 0.0
    if judgement.value is not None:
        return float(np.log(judgement.value)) - reading.said
    assert judgement.low is not None
    assert judgement.high is not None
    return float(np.log(judgement.low * judgement.high)) / 2 - reading.said


def _link(figures: FloatArray, entry: SeriesEntry) -> FloatArray:
    """Return drawn figures on the link scale."""
    if entry.kind == "real":
        return figures
    if entry.kind == "share":
        inside = np.clip(figures, 1e-12, 1 - 1e-12)
        return np.asarray(np.log(inside) - np.log1p(-inside))
    return np.asarray(np.log(np.maximum(figures, 1e-300)))
