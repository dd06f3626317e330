"""Gather the judgements about one series, ready to be fused with its models."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.models.judgement_readings import read_judgement
from forecaster.records import frozen
from forecaster.workspace.expert_beliefs import experts_as_of, load_experts
from forecaster.workspace.history import ASSUMED
from forecaster.workspace.judgement_rules import SiftedJudgements, sift_judgements
from forecaster.workspace.judgements import LeftOutJudgement, read_judgements

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from forecaster.forecasts.settings import Settings
    from forecaster.forecasts.single_job import SingleJob
    from forecaster.inference.judgement_weights import ModelOf
    from forecaster.models.judgement_readings import JudgementReading
    from forecaster.models.single import SingleModel
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.expert_beliefs import Experts
    from forecaster.workspace.facts import Facts
    from forecaster.workspace.judgements import Judgement

    JobOf = Callable[[date], SingleJob | None]


@frozen
class JudgementJob:
    """The judgements that enter the forecast of one series, and those that do not.

    Attributes
    ----------
    readings : of the judgements used, in their order
    left_out : with reasons
    experts_hash : sha256 of the table of experts
    job_of : the series' job on what was known on a day; None where nothing was
    """

    readings: tuple[JudgementReading, ...]
    left_out: tuple[LeftOutJudgement, ...]
    experts_hash: str
    job_of: JobOf = field(compare=False)

    @property
    def used(self) -> tuple[Judgement, ...]:
        """The judgements that enter the forecast."""
        return tuple(reading.judgement for reading in self.readings)

    def model_of(self, family: str) -> ModelOf:
        """Return what gives the model of one family on what was known on a day."""

        def found(day: date) -> SingleModel | None:
            """Return the model, or None where nothing was known."""
            job = self.job_of(day)
            # a level that is only believed is nothing that an expert could repeat
            if job is None or not job.history.data:
                return None
            return job.models.get(family)

        return found


def gather_judgements(
    facts: Facts,
    beliefs: Beliefs,
    settings: Settings,
    job: SingleJob,
    *,
    prepare: Callable[[Settings], SingleJob],
    experts: Experts | None = None,
    house: str | None = None,
) -> JudgementJob | None:
    """Return the judgements about a series that had been made by the as-of date; None without any.

    A bare file has none: the workspace's judgements are about the workspace's series.

    Parameters
    ----------
    job : of the series, as of `settings.as_of`
    prepare : returns the job of the same series and family under other settings
    experts : as they could be known on the as-of date; read from the workspace when None
    house : take the statements of this one only

    Raises
    ------
    InputError
        If the judgements or the table of experts are at fault.
    """
    entry = job.history.entry
    if any(row.source.published_is == ASSUMED for row in facts.rows.get(entry.id, ())):
        return None
    stated = read_judgements(beliefs.workspace, entry.id, as_of=settings.as_of)
    stated = tuple(j for j in stated if house is None or j.publisher == house)
    if not stated:
        return None
    history = job.history if job.history.data else None
    first = next(iter(job.models.values())).static.anchor
    sifted = sift_judgements(stated, entry, history, first_time=first)
    if experts is None:
        experts = experts_as_of(load_experts(beliefs.workspace), settings.as_of)
    job_of = _Remembered(settings, prepare)
    readings, refused = _read(sifted, job, job_of, experts)
    return JudgementJob(readings, (*sifted.left_out, *refused), experts.hash, job_of)


class _Remembered:
    """The jobs of one series on several days, each prepared once."""

    def __init__(self, settings: Settings, prepare: Callable[[Settings], SingleJob]) -> None:
        self._settings, self._prepare = settings, prepare
        self._found: dict[date, SingleJob | None] = {}

    def __call__(self, day: date) -> SingleJob | None:
        """Return the job on what was known on a day, or None where nothing could be fitted."""
        if day not in self._found:
            try:
                self._found[day] = self._prepare(replace(self._settings, as_of=day))
            except InputError:
                # nothing was known by then: the expert had no figures to repeat either
                self._found[day] = None
        return self._found[day]


def _read(
    sifted: SiftedJudgements, job: SingleJob, job_of: JobOf, experts: Experts
) -> tuple[tuple[JudgementReading, ...], tuple[LeftOutJudgement, ...]]:
    """Return the readings of the judgements, and those that the link scale cannot hold."""
    entry = job.history.entry
    observations = next(iter(job.models.values())).observations
    readings, refused = [], []
    for judgement in sifted.used:
        try:
            reading = read_judgement(
                judgement,
                entry,
                observations,
                experts,
                per_year=round(1 / job.plan.step_length),
                offset_sd=_offset_sd(judgement, job),
                known_to=_known_to(judgement, job_of),
                base=_base(judgement, job_of) if entry.kind == "cumulative" else None,
            )
        except ValueError as error:
            refused.append(LeftOutJudgement(judgement, str(error)))
        else:
            readings.append(reading)
    return tuple(readings), tuple(refused)


def _known_to(judgement: Judgement, job_of: JobOf) -> float | None:
    """Return where the last figure known on the day of the judgement ends, decimal years."""
    job = job_of(judgement.made_on)
    if job is None or not job.history.data:
        return None
    return max(row.period.end_year for row in job.history.data)


def _base(judgement: Judgement, job_of: JobOf) -> tuple[float, float] | None:
    """Return when and what the last total was that was known on the day of the judgement."""
    job = job_of(judgement.made_on)
    if job is None or not job.history.data:
        return None
    rows = [row for row in job.history.published if row.basis == job.history.target_basis]
    last = max(rows, key=lambda row: row.period.end)
    return last.period.end_year, last.value


def _offset_sd(judgement: Judgement, job: SingleJob) -> float:
    """Return the sd of what the basis of a statement is off by, where the fit does not know it.

    A statement that names no basis may mean any: it has the offset of another measure.
    """
    history, trend = job.history, job.prior.trend
    if not history.data or judgement.basis in history.bases:
        return 0.0
    relation = history.entry.relations.get(judgement.basis, "other-measure")
    if judgement.basis == history.entry.reference_basis and judgement.basis:
        relation = history.entry.relations.get(history.target_basis, "other-measure")
    return trend.offset_sd[relation]
