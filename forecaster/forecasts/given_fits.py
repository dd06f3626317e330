"""Fit what conditions and targets rest on, each source once and to a horizon of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, Self

from forecaster.errors import UnreliableFit
from forecaster.forecasts.composition_paths import WholePaths
from forecaster.forecasts.coupling import Coupling, uncoupled
from forecaster.forecasts.given_conditions import refuse
from forecaster.forecasts.given_custom import Custom
from forecaster.forecasts.given_joint import Members, Whole
from forecaster.forecasts.given_singles import Singles
from forecaster.forecasts.given_sources import Heard
from forecaster.forecasts.innovations import StepGrid
from forecaster.forecasts.joint_draws import couple_jobs
from forecaster.forecasts.joint_paths import GroupPaths
from forecaster.forecasts.joint_runs import run_joint
from forecaster.forecasts.judged_joint import gather_statements
from forecaster.forecasts.plan import parse_until
from forecaster.forecasts.settings import TREND_ALONE
from forecaster.workspace.families import family_of, joint_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from forecaster.forecasts.driver_side import DriverSide
    from forecaster.forecasts.forecast import Forecast
    from forecaster.forecasts.given_conditions import FigureSeen
    from forecaster.forecasts.given_sources import Source
    from forecaster.forecasts.settings import Settings
    from forecaster.forecasts.single_job import SingleJob
    from forecaster.forecasts.single_run import Drawn
    from forecaster.inference.report import FitReport
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.derived_series import Resolved
    from forecaster.workspace.facts import Facts


class Outcome(Protocol):
    """What was drawn of a series fitted alone."""

    @property
    def drawn(self) -> Drawn:
        """Its paths and posteriors."""


class Fits(Protocol):
    """What fits series under one set of settings; `pipeline.Run` is one."""

    @property
    def facts(self) -> Facts:
        """Of all series that are forecast or seen."""

    @property
    def beliefs(self) -> Beliefs:
        """About them."""

    @property
    def settings(self) -> Settings:
        """Without conditions."""

    @property
    def announce(self) -> Callable[[str], None]:
        """What takes one-line statements for stderr."""

    @property
    def drivers(self) -> DriverSide:
        """The drivers of the workspace."""

    def under(self, settings: Settings) -> Self:
        """Return the same under other settings."""

    def job(self, series: str, *, family: str | None = None) -> SingleJob:
        """Return what the forecast of a series alone needs."""

    def drawn(self, job: SingleJob) -> Outcome:
        """Return the trajectories of one series."""

    def is_alone(self, series: str) -> bool:
        """Say whether nothing was known of a series' group but itself."""

    def forecast(self, target: str) -> Forecast:
        """Return the forecast of a series."""

    def resolved(self, target: str) -> Resolved | None:
        """Return a formula or derived series with all that it needs; None for a plain series."""


def settings_of(
    name: str,
    wanted: Sequence[str],
    targets: Sequence[str],
    conditions: Sequence[FigureSeen],
    fits: Fits,
) -> Settings:
    """Return the settings under which a series is drawn: its horizon holds what is seen of it.

    Raises
    ------
    InputError
        If figures of several frequencies are asked for of what is drawn together.
    """
    key = _key(name, fits)
    together = [other for other in wanted if _key(other, fits) == key]
    seen = [c for c in conditions if set(c.drawn) & set(together)]
    is_target = bool(set(targets) & set(together))
    settings = fits.settings
    if not is_target:
        settings = replace(settings, model="", basis=None, latent=False)
    asked = [(c.seen.period, c.seen.text) for c in seen]
    periods = [*([parse_until(settings.until)] if is_target else []), *(p for p, _ in asked)]
    for period, text in asked:
        if period.frequency != periods[0].frequency:
            fix = f"give a {periods[0].frequency}, or ask for figures by the {period.frequency}"
            problem = f"'{name}' is drawn by the {periods[0].frequency}, and {period} is none"
            raise refuse(text, problem, fix)
        if settings.latent:
            problem = f"what is seen of '{name}' is a published figure, and --latent asks for none"
            raise refuse(text, problem, "leave out --latent")
    return replace(settings, until=str(max(periods, key=lambda period: period.end)))


def _key(name: str, fits: Fits) -> tuple[str, ...]:
    """Return what series that are drawn together have in common."""
    return joint_key(fits.facts.entries[name], fits.beliefs, fits.settings.model)


def make_sources(needs: Mapping[str, Settings], fits: Fits) -> tuple[Source, ...]:
    """Return what is drawn together of some series.

    Parameters
    ----------
    needs : series -> settings under which it is drawn

    Raises
    ------
    InputError, UnreliableFit
        As the pipeline.
    """
    found: list[Source] = []
    alone: dict[str, tuple[SingleJob, Drawn]] = {}
    for name, settings in needs.items():
        if any(name in source.histories for source in found):
            continue
        there = fits.under(settings)
        family = family_of(fits.facts.entries[name], fits.beliefs, settings.model)
        if family == "pooled" and there.is_alone(name):
            family = "pool"
        if family in ("composition", "pooled"):
            found.append(_joint_source(name, family, there))
        elif family == "custom":
            made = fits.under(replace(settings, scenario=TREND_ALONE, sets=())).forecast(name)
            found.append(Custom(made.history, made.periods, made.trajectories))
        else:
            job = there.job(name, family=family)
            alone[name] = (job, there.drawn(job).drawn)
            _require_reliable(alone[name][1].report, name, settings)
    return (*found, _singles(alone, fits.settings)) if alone else tuple(found)


def _joint_source(name: str, family: str, fits: Fits) -> Source:
    """Return a whole or a group."""
    entry = fits.facts.entries[name]
    key = entry.composition if family == "composition" else name
    # judgements weigh figures, which conditions bend: they are heard after that
    unheard = replace(fits.settings, without_judgements=True)
    _, drawn = run_joint(family, key, fits.facts, fits.beliefs, unheard, announce=fits.announce)
    _require_reliable(drawn.report, name, fits.settings)
    histories = {n: h for n, h in drawn.histories.items() if n in drawn.trajectories}
    heard = None
    if not fits.settings.without_judgements:
        statements, _ = gather_statements(
            fits.facts, fits.beliefs, fits.settings, periods=drawn.periods, announce=fits.announce
        )
        heard = Heard(tuple(statements), key) if statements else None
    if isinstance(drawn.paths, WholePaths):
        return Whole(histories, drawn.paths, key, heard)
    assert isinstance(drawn.paths, GroupPaths)  # there are no other joint families
    return Members(histories, drawn.paths, heard)


def _require_reliable(report: FitReport, name: str, settings: Settings) -> None:
    """Refuse to condition on what is not certified, unless that is allowed."""
    if not report.is_reliable and not settings.allow_unreliable:
        raise UnreliableFit(report, series=name)


def _singles(alone: Mapping[str, tuple[SingleJob, Drawn]], settings: Settings) -> Singles:
    """Return all series fitted alone, coupled where they are several."""
    jobs = {name: job for name, (job, _) in alone.items()}
    grids = {
        name: StepGrid.after(
            job.plan.end, step_length=job.plan.step_length, n_steps=job.plan.n_steps
        )
        for name, job in jobs.items()
    }
    coupling: Coupling = uncoupled(jobs)
    if len(jobs) > 1:
        coupling, _ = couple_jobs(jobs, {n: d.posteriors for n, (_, d) in alone.items()}, settings)
    return Singles(
        histories={name: job.history for name, job in jobs.items()},
        paths={name: drawn.paths for name, (_, drawn) in alone.items()},
        grids=grids,
        coupling=coupling,
    )
