"""Set out every judgement about a series: what it said, what we expected then, what it is worth."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.forecasts.judged_run import run_judged
from forecaster.forecasts.judgement_job import gather_judgements
from forecaster.forecasts.single_job import prepare_single
from forecaster.models import SINGLE_FAMILIES
from forecaster.records import frozen
from forecaster.workspace.families import family_of
from forecaster.workspace.judgement_rules import sift_judgements
from forecaster.workspace.judgements import read_judgements

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.forecasts.judgement_job import JudgementJob
    from forecaster.forecasts.judgement_shift import JudgementShift
    from forecaster.forecasts.settings import Settings
    from forecaster.forecasts.single_job import SingleJob
    from forecaster.models.judgement_readings import JudgementReading
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import Facts, SeriesEntry
    from forecaster.workspace.judgements import Judgement, LeftOutJudgement

    Announce = Callable[[str], None]


@frozen
class JudgementLine:
    """One judgement that enters the forecast.

    Attributes
    ----------
    ours : our forecast of the figure on the day, unit of the series; None where nothing was known
    value : what the judgement says once what it repeats is taken off, unit of the series
    """

    judgement: Judgement
    ours: float | None
    value: float | None


@frozen
class JudgementTable:
    """All judgements about a series made by a day.

    Attributes
    ----------
    used, left_out : the oldest first; in the order of the rules
    shift : what they do to the last median; None where none is used, or no forecast can be made
    """

    entry: SeriesEntry
    used: tuple[JudgementLine, ...]
    left_out: tuple[LeftOutJudgement, ...]
    shift: JudgementShift | None


def tabulate_judgements(
    facts: Facts, series: str, beliefs: Beliefs, settings: Settings, *, announce: Announce
) -> JudgementTable:
    """Return all judgements about a series, with our forecasts of their days.

    A series that is fitted with others, as a part of a whole or a member of a group, is here
    forecast alone.

    Raises
    ------
    InputError
        If the judgements or the table of experts are at fault.
    """
    entry = facts.entries[series]
    family = family_of(entry, beliefs, settings.model)
    if family not in (*SINGLE_FAMILIES, "pool", "judgement-only"):
        family = "pool"

    def prepare(asked: Settings) -> SingleJob:
        """Return the job of this series under other settings."""
        return prepare_single(facts, series, beliefs, asked, family=family)

    try:
        job = prepare(settings)
    except InputError:
        return _without_job(entry, beliefs, settings)
    judged = gather_judgements(facts, beliefs, settings, job, prepare=prepare)
    if judged is None:
        return JudgementTable(entry, (), (), None)
    if not judged.readings:
        return JudgementTable(entry, (), judged.left_out, None)
    return _with_forecast(entry, job, judged, settings, announce)


def _without_job(entry: SeriesEntry, beliefs: Beliefs, settings: Settings) -> JudgementTable:
    """Return the judgements about a series of which no forecast can be made."""
    stated = read_judgements(beliefs.workspace, entry.id, as_of=settings.as_of)
    sifted = sift_judgements(stated, entry, None)
    used = tuple(JudgementLine(judgement, None, None) for judgement in sifted.used)
    return JudgementTable(entry, used, sifted.left_out, None)


def _with_forecast(
    entry: SeriesEntry,
    job: SingleJob,
    judged: JudgementJob,
    settings: Settings,
    announce: Announce,
) -> JudgementTable:
    """Return the judgements beside our forecasts of their days."""
    found = run_judged(job, judged, replace(settings, allow_unreliable=True), announce=announce)
    has_cap = any(model.cap is not None for model in job.models.values())
    used = []
    for reading, ours, value in zip(judged.readings, found.ours, found.values, strict=True):
        numbers = [
            None if has_cap or math.isnan(x) else _natural(float(x), reading, entry, job)
            for x in (ours, value)
        ]
        used.append(JudgementLine(reading.judgement, numbers[0], numbers[1]))
    return JudgementTable(entry, tuple(used), judged.left_out, found.shift)


def _natural(x: float, reading: JudgementReading, entry: SeriesEntry, job: SingleJob) -> float:
    """Return a reading as a figure of its period, unit of the series.

    The reading of a total differs from its logarithm by its length and by what the growth within
    it adds, the same for what was said and for what we expected.
    """
    if entry.kind == "real":
        return x
    if entry.kind == "share":
        return 1 / (1 + math.exp(-x))
    if entry.kind == "cumulative":
        # the reading is of what is added to the last total, whose length is that of the stretches
        years = float(reading.ends[-1] - reading.starts[0])
        return job.plan.base + math.exp(min(x, 600.0)) * years
    judgement = reading.judgement
    said = judgement.value
    if said is None:
        assert judgement.low is not None
        assert judgement.high is not None
        said = math.sqrt(judgement.low * judgement.high)
    return said * math.exp(min(x - reading.said, 600.0))
