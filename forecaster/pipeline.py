"""Make forecasts, from facts and beliefs to trajectories.

facts + beliefs -> history -> model -> posterior -> trajectories -> bands and answers

By family: a series alone, parts of a whole, a member of a group, a formula, a model of the user's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from forecaster import __version__
from forecaster.forecasts.answers import count_reach, settle
from forecaster.forecasts.driver_side import DriverSide
from forecaster.forecasts.finish import (
    Result,
    finish_forecast,
    footing_of_formula,
    or_none,
    unmoved,
    with_trend_alone,
)
from forecaster.forecasts.forecast import Forecast, Manifest, Reach
from forecaster.forecasts.joint_results import JointResults
from forecaster.forecasts.outcomes import draw_outcome, family_name, judgements_on
from forecaster.forecasts.settings import (
    BASELINE,
    DEFAULT_COVERAGES,
    DEFAULT_DRAWS,
    DEFAULT_SEED,
    Settings,
)
from forecaster.forecasts.single_job import prepare_single
from forecaster.workspace.families import family_of
from forecaster.workspace.rests_on import rests_on

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from forecaster.forecasts.judgement_job import JudgementJob
    from forecaster.forecasts.outcomes import Outcome
    from forecaster.forecasts.single_job import SingleJob
    from forecaster.inference.posterior import Posterior
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.derived_series import Resolved
    from forecaster.workspace.facts import Facts
    from forecaster.workspace.formulas import Formula

    FloatArray = NDArray[np.float64]
    Announce = Callable[[str], None]

__all__ = [
    "BASELINE",
    "DEFAULT_COVERAGES",
    "DEFAULT_DRAWS",
    "DEFAULT_SEED",
    "Run",
    "Settings",
    "make_forecast",
    "make_reach",
    "settle",
]


@dataclass(slots=True)
class Run:
    """One set of facts, beliefs and settings; what several forecasts share is fitted once.

    Attributes
    ----------
    definitions : id -> formula, of the derived series among those asked for and below them
    announce : takes one-line statements for stderr
    """

    facts: Facts
    beliefs: Beliefs
    settings: Settings
    announce: Announce
    definitions: Mapping[str, Formula] = field(default_factory=dict)
    _joint: JointResults = field(default_factory=JointResults)
    _sides: list[DriverSide] = field(default_factory=list)
    _made: dict[tuple[str, Settings], Forecast] = field(default_factory=dict)
    _learnt: dict[tuple[str, Settings], Mapping[str, Posterior]] = field(default_factory=dict)

    @property
    def drivers(self) -> DriverSide:
        """The drivers of the workspace, shared by all runs that were made of this one."""
        if not self._sides:
            workspace = self.beliefs.workspace if self.beliefs.has_drivers else None
            side = DriverSide(
                workspace, self.facts.entries, self.announce, changes=self.beliefs.changes
            )
            self._sides.append(side)
        return self._sides[0]

    def under(self, settings: Settings) -> Run:
        """Return a run with other settings, whose drivers are the same object."""
        assert self.drivers is not None  # made here at the latest, so that both share it
        return replace(self, settings=settings, _joint=JointResults(), _made={}, _learnt={})

    def forecast(self, target: str) -> Forecast:
        """Return the forecast of a series, or of a formula over series.

        Raises
        ------
        InputError
            If nothing was known by the as-of date, or nothing is left to forecast.
        UnreliableFit
            If a fit is not certified and `settings.allow_unreliable` is off.
        """
        key = (target, self.settings)
        if key not in self._made:
            self._made[key] = self._forecast(target)
        return self._made[key]

    def _forecast(self, target: str) -> Forecast:
        """Return the forecast of a series or formula, made anew."""
        if self.settings.given:
            return self._given([target])[0]
        entry = self.facts.entries.get(target)
        if entry is None or target in self.definitions:
            return self._derived(target)
        family = family_of(entry, self.beliefs, self.settings.model)
        if family == "pooled" and self.is_alone(target):
            alone = self._single(self.job(target, family="pool"))
            note = "no other member of its group was known by then: it is forecast alone"
            return replace(alone, warnings=(*alone.warnings, note))
        if family in ("composition", "pooled"):
            return self._joint_part(target, family)
        if family == "custom":
            return self._custom(target)
        return self._single(self.job(target, family=family))

    def job(self, series: str, *, family: str | None = None) -> SingleJob:
        """Return what the forecast of a series alone needs."""
        entry = self.facts.entries[series]
        family = family or family_of(entry, self.beliefs, self.settings.model)
        return prepare_single(self.facts, series, self.beliefs, self.settings, family=family)

    def drawn(self, job: SingleJob, *, innovations: FloatArray | None = None) -> Outcome:
        """Return the trajectories of one series, with the posteriors they were drawn from."""
        judged = None if self.settings.without_judgements else self.judgements(job)
        return draw_outcome(
            job, judged, self.settings, announce=self.announce, innovations=innovations
        )

    def judgements(self, job: SingleJob) -> JudgementJob | None:
        """Return what experts had said about a series by the as-of date, None where nobody had."""
        return judgements_on(self.facts, self.beliefs, self.settings, job)

    def is_alone(self, series: str) -> bool:
        """Say whether nothing was known of a series' group but itself, unasked for as a group."""
        from forecaster.workspace.pools import pool_histories

        settings = self.settings
        if settings.model:
            return False
        known = pool_histories(self.facts, [series], as_of=settings.as_of, basis=settings.basis)
        return len(known) < 2

    def _single(self, job: SingleJob, *, innovations: FloatArray | None = None) -> Forecast:
        """Return the forecast of a series that is fitted alone."""
        outcome = self.drawn(job, innovations=innovations)
        drawn = outcome.drawn
        series = job.history.entry.id
        self._learnt.setdefault((series, self.settings), drawn.posteriors)
        worlds = {
            world: drawn.paths.figures(movers[series])
            for world, movers in self.drivers.movers([series], self.settings).items()
        }
        notes = next(iter(job.models.values())).observations.notes
        result = Result(
            job.history,
            job.plan.periods,
            worlds.get(self.settings.world, drawn.trajectories),
            drawn.report,
            worlds=with_trend_alone(worlds, drawn.trajectories),
            family=family_name(job, drawn),
            notes=(*job.history.notes, *notes),
            theta_index=drawn.theta_index,
            from_cache=drawn.from_cache,
        )
        forecast = self._finished(result)
        shift = outcome.shift or unmoved(forecast, outcome.judged)
        n_used = shift.n_used if shift else 0
        return replace(
            forecast,
            weights=drawn.weights,
            judgements=shift,
            footing=rests_on(job.prior, or_none(job.history), n_judgements=n_used),
        )

    def _joint_part(self, series: str, family: str) -> Forecast:
        """Return one part of a whole, or one member of a group."""
        result, shift = self._joint.result(
            series,
            family,
            facts=self.facts,
            beliefs=self.beliefs,
            settings=self.settings,
            drivers=self.drivers,
            announce=self.announce,
        )
        forecast = self._finished(result)
        prior = self.beliefs.of(self.facts.entries[series])
        n_used = shift.n_used if shift else 0
        footing = rests_on(prior, result.history, n_judgements=n_used)
        return replace(forecast, footing=footing, judgements=shift)

    def _custom(self, series: str) -> Forecast:
        """Return the forecast of a model of the user's own."""
        from forecaster.forecasts.custom_result import custom_result

        job = self.job(series, family="trend")
        result = custom_result(job, self.settings, self.drivers, announce=self.announce)
        return self._finished(result)

    def _derived(self, target: str) -> Forecast:
        """Return the forecast of a formula, from joint draws of the series below it."""
        resolved = self._resolved(target)
        below = replace(self, settings=replace(self.settings, model="", basis=None))
        return self.computed(target, resolved, below.jointly(resolved.series))

    def _given(self, targets: Sequence[str]) -> list[Forecast]:
        """Return forecasts of series and formulas, on one draw axis, where what is given holds."""
        from forecaster.forecasts.given_conditions import read_conditions
        from forecaster.forecasts.given_forecast import forecast_given
        from forecaster.forecasts.given_inputs import Inputs, read_inputs

        conditions = read_conditions(self.settings.given, self.facts, self.beliefs, self.drivers)
        inputs = Inputs(self.facts, self.beliefs, self.definitions)
        found = read_inputs(conditions, inputs)
        settings = replace(self.settings, given=())
        run = replace(
            self.under(settings),
            facts=found.facts,
            beliefs=found.beliefs,
            definitions=found.definitions,
        )
        return forecast_given(conditions, targets, run, self.settings.world)

    def resolved(self, target: str) -> Resolved | None:
        """Return a formula or derived series with all that it needs; None for a plain series."""
        is_plain = target in self.facts.entries and target not in self.definitions
        return None if is_plain else self._resolved(target)

    def _resolved(self, target: str) -> Resolved:
        """Return a formula, or the formula of a derived series, with all that it needs."""
        from forecaster.workspace.derived_series import resolve_formula
        from forecaster.workspace.formulas import parse_formula

        # a derived series is resolved by its name, so that a circle through it is found
        return resolve_formula(
            parse_formula(target), entries=self.facts.entries, definitions=self.definitions
        )

    def computed(self, target: str, resolved: Resolved, inputs: Mapping[str, Forecast]) -> Forecast:
        """Return the forecast of a formula from the joint forecasts of its inputs."""
        from forecaster.forecasts.derived_worlds import derive_in_worlds

        world = inputs[resolved.series[0]].scenario
        forecast = derive_in_worlds(resolved, inputs, world)
        forecast = replace(forecast, footing=footing_of_formula(resolved.series, inputs))
        entry = self.facts.entries.get(target)
        if entry is None:
            return forecast
        return replace(forecast, history=replace(forecast.history, entry=entry))

    def one_world(self, targets: Sequence[str]) -> list[Forecast]:
        """Return forecasts of series and formulas whose draw k is one world, for sample paths."""
        if self.settings.given:
            return self._given(targets)
        resolved = {
            target: self._resolved(target)
            for target in targets
            if target not in self.facts.entries or target in self.definitions
        }
        series = [target for target in targets if target not in resolved]
        inputs = dict.fromkeys([*series, *(name for r in resolved.values() for name in r.series)])
        found = self.jointly(list(inputs))
        return [
            self.computed(target, resolved[target], found) if target in resolved else found[target]
            for target in targets
        ]

    def jointly(self, series: Sequence[str]) -> dict[str, Forecast]:
        """Return forecasts of several series on one draw axis.

        Series fitted alone are coupled by the copula of their innovations. Parts of one whole and
        members of one group are joint already; a whole, a group and a custom model are drawn
        independently of what lies outside them.
        """
        from forecaster.forecasts.joint_draws import couple_jobs

        families = {
            name: family_of(self.facts.entries[name], self.beliefs, self.settings.model)
            for name in series
        }
        jobs = {
            name: self.job(name, family=family)
            for name, family in families.items()
            if family not in ("composition", "pooled", "custom")
        }
        found = {name: self.forecast(name) for name in series if name not in jobs or len(jobs) < 2}
        if len(jobs) < 2:
            return found
        posteriors = {name: self._posteriors(job) for name, job in jobs.items()}
        coupling, innovations = couple_jobs(jobs, posteriors, self.settings)
        for name, job in jobs.items():
            forecast = self._single(job, innovations=innovations[name])
            manifest = replace(forecast.manifest, coupling=coupling.record())
            found[name] = replace(forecast, manifest=manifest)
        return found

    def _posteriors(self, job: SingleJob) -> Mapping[str, Posterior]:
        """Return what the fits of a series alone have taught, by family."""
        key = (job.history.entry.id, self.settings)
        if key not in self._learnt:
            self._learnt[key] = self.drawn(job).drawn.posteriors
        return self._learnt[key]

    def _finished(self, result: Result) -> Forecast:
        """Return the forecast of a result; raises UnreliableFit as `finish_forecast`."""
        if result.worlds:
            notes = (*result.notes, *self.drivers.warnings(self.settings))
            result = replace(result, notes=notes)
        manifest = Manifest(
            version=__version__,
            seed=self.settings.seed,
            n_draws=self.settings.n_draws,
            engine=self.settings.engine,
            model=result.family,
            facts_hash=self.facts.hash,
            beliefs_hash=self.beliefs.hash,
            priors=list(self.settings.priors) or None,
        )
        return finish_forecast(result, self.settings, manifest)


def make_forecast(
    facts: Facts, series: str, beliefs: Beliefs, settings: Settings, *, announce: Announce
) -> Forecast:
    """Return the forecast of one series; errors as for `Run.forecast`."""
    return Run(facts, beliefs, settings, announce).forecast(series)


def make_reach(run: Run, target: str, *, level: float, below: bool) -> Reach:
    """Return how likely one series reaches a level; errors as for `Run.forecast`."""
    return count_reach(run.forecast(target), level, below=below)
