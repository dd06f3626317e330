"""Work out what a forecast rests on: its width, its drivers, its prior, a goal."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.errors import InputError
from forecaster.forecasts.settings import BASELINE, random_stream
from forecaster.records import frozen
from forecaster.workspace.families import JOINT_FAMILIES
from forecaster.workspace.faults import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from forecaster.cli.request import Asked, Subject
    from forecaster.forecasts.explain_forecast import Outlook, Prior
    from forecaster.forecasts.explain_goal import Goal, GoalExplained
    from forecaster.forecasts.forecast import Forecast
    from forecaster.forecasts.joint_paths import JointPaths
    from forecaster.forecasts.single_job import SingleJob
    from forecaster.forecasts.single_paths import SinglePaths
    from forecaster.forecasts.tornado import Tornado
    from forecaster.forecasts.width import WidthShare
    from forecaster.pipeline import Run
    from forecaster.scenarios.moves import Mover
    from forecaster.scenarios.worlds import Worlds

    FloatArray = NDArray[np.float64]
    Paths = SinglePaths | JointPaths

_GOAL = re.compile(r"\s*(below\s+)?(.+?)\s+by\s+(\S+)\s*", re.IGNORECASE)


@frozen
class GoalTyped:
    """A goal as it was typed: its level is read once the series is known."""

    text: str
    level: str
    below: bool
    by: str


def read_goal(text: str, asked: Asked) -> tuple[GoalTyped, Asked]:
    """Return a goal, and what was asked for with a horizon that holds it.

    Raises
    ------
    InputError
        If it does not say a level and a period.
    """
    found = _GOAL.fullmatch(text)
    if found is None:
        raise InputError(
            problem=f"{quoted(text)} is no goal",
            where="--goal",
            fix="type a level and a period, such as '80% by 2028' or 'below 1% by 2030'",
        )
    below, level, by = found.groups()
    goal = GoalTyped(text.strip(), level, below is not None, by)
    return goal, asked if asked.until is not None else replace(asked, until=_horizon(by, asked))


def _horizon(by: str, asked: Asked) -> str | None:
    """Return the horizon for a goal: its own period, unless the usual one holds that too."""
    from forecaster.cli import options
    from forecaster.cli.request import read_as_of
    from forecaster.cli.streams import read_clock
    from forecaster.workspace.periods import parse_period

    as_of = read_as_of(asked.as_of, flag=asked.label("as-of"), today=read_clock())
    period = parse_period(options.read_horizon(by, flag="--goal", as_of=as_of))
    usual = parse_period(options.default_horizon(as_of))
    if period.frequency == usual.frequency and period.end <= usual.end:
        return None
    return str(period)


def find_outlook(
    subject: Subject, run: Run, family: str, *, is_joint: bool, goal: GoalTyped | None
) -> Outlook:
    """Return what the forecast of one series rests on.

    Parameters
    ----------
    run : that forecasts it
    family : that it is forecast by; not 'custom', and no formula
    is_joint : whether it is fitted together with others

    Raises
    ------
    InputError
        If the goal, or the scenario, is at fault.
    UnreliableFit
        If the fit fails its checks.
    """
    from forecaster.forecasts.compare import series_below
    from forecaster.forecasts.explain_forecast import Outlook, last_band
    from forecaster.forecasts.explain_next import value_of_next

    series, settings = subject.series, run.settings
    forecast = run.forecast(series)
    wanted = None if goal is None else _goal(goal, forecast)
    # what moves one part of a whole moves all of them
    below = series_below(forecast, subject.facts.entries) if is_joint else (series,)
    movers = run.drivers.movers(below, settings)
    here: Mapping[str, Mover] = movers.get(settings.world, {})
    material = _material(run, series, family, is_joint=is_joint)
    unjudged, bare = forecast, material
    if forecast.judgements is not None and forecast.judgements.n_used:
        other = run.under(replace(settings, without_judgements=True))
        bare = _material(other, series, family, is_joint=is_joint)
        unjudged = replace(forecast, trajectories=bare.figures(here), theta_index=bare.theta_index)
    return Outlook(
        forecast=forecast,
        last=last_band(forecast),
        without_judgements=last_band(unjudged) if unjudged is not forecast else None,
        shares=_shares(bare, unjudged, here),
        next_datum=value_of_next(forecast, base=material.base),
        tornado=_tornado(run, material, forecast, movers),
        prior=_prior(run, series, family, is_joint=is_joint),
        goal=None if wanted is None else _explain_goal(forecast, wanted, here),
    )


@frozen
class Material:
    """What the figures of one series are made of.

    Attributes
    ----------
    paths : of the series, or of its whole or group
    base : what a cumulative series had reached before the forecast
    theta_index : (n_draws,) draws with the same number share their hyperparameters
    """

    series: str
    paths: Paths
    base: float
    theta_index: NDArray[np.int64]

    def figures(self, movers: Mapping[str, Mover]) -> FloatArray:
        """Return the published figures in the worlds of some movers, (n_draws, n_periods)."""
        from forecaster.forecasts.joint_paths import GroupPaths
        from forecaster.forecasts.single_paths import SinglePaths

        paths = self.paths
        if isinstance(paths, SinglePaths):
            return paths.figures(movers.get(self.series))
        if isinstance(paths, GroupPaths):  # the other members are not asked about
            paths = replace(paths, members={self.series: paths.members[self.series]})
        return paths.figures(movers)[self.series]


def _material(run: Run, series: str, family: str, *, is_joint: bool) -> Material:
    """Return what the figures of a series are made of, under the settings of a run."""
    if not is_joint:
        job = _single_job(run, series, family)
        alone = run.drawn(job).drawn
        return Material(series, alone.paths, job.plan.base, alone.theta_index)
    from forecaster.forecasts.joint_paths import GroupPaths
    from forecaster.forecasts.joint_runs import run_joint

    composition = run.facts.entries[series].composition
    name = composition if family == "composition" else series
    _, drawn = run_joint(family, name, run.facts, run.beliefs, run.settings, announce=run.announce)
    paths = drawn.paths
    base = paths.plans[series].base if isinstance(paths, GroupPaths) else 0.0
    return Material(series, paths, base, drawn.theta_index)


def _single_job(run: Run, series: str, family: str) -> SingleJob:
    """Return the job of a series by itself; a member of a group is then one of a pool."""
    return run.job(series, family="pool" if family in JOINT_FAMILIES else family)


def _shares(
    material: Material, unjudged: Forecast, movers: Mapping[str, Mover]
) -> tuple[WidthShare, ...]:
    """Return what the width of the last figure comes from, before judgements are heeded."""
    from forecaster.forecasts.width import link_values, split_width
    from forecaster.forecasts.width_paths import paired_figures

    entry = unjudged.history.entry

    def evaluate(news: NDArray[np.int64], worlds: NDArray[np.int64]) -> FloatArray:
        """Return the latent last figure of draws paired anew, link scale."""
        figures = paired_figures(material.paths, material.series, movers, news=news, worlds=worlds)
        return link_values(figures[:, -1], entry, base=material.base)

    return split_width(
        evaluate,
        link_values(unjudged.trajectories[:, -1], entry, base=material.base),
        has_drivers=bool(movers),
        ess=unjudged.report.ess,
        rng=random_stream(unjudged.manifest.seed, entry.id, "width"),
    )


def _tornado(
    run: Run, material: Material, forecast: Forecast, movers: Mapping[str, Mapping[str, Mover]]
) -> Tornado | None:
    """Return what each driver with an effect on the series does; None where there is none."""
    if not movers:
        return None
    from forecaster.forecasts.tornado import Forcer, measure_tornado

    settings, baseline = run.settings, movers[BASELINE]
    here = movers.get(settings.world, baseline)
    acting = {effect.driver for mover in here.values() for effect in mover.effects}
    worlds = next(iter(here.values())).worlds
    forcer = Forcer(
        simulation=run.drivers.simulation(settings),
        scenario=run.drivers.scenario(settings),
        worlds=worlds,
        as_of=settings.as_of,
        until=settings.until,
    )

    def last_figure(forced: Worlds) -> FloatArray:
        """Return the last figure in forced worlds."""
        moved = {name: replace(mover, worlds=forced) for name, mover in baseline.items()}
        return np.asarray(material.figures(moved)[:, -1])

    drivers = [driver for driver in worlds.beliefs.drivers if driver.id in acting]
    return measure_tornado(drivers, list(baseline), forcer, last_figure, ess=forecast.report.ess)


def _prior(run: Run, series: str, family: str, *, is_joint: bool) -> Prior | None:
    """Return how the forecast answers to its prior, as `check` tells it; None without figures."""
    from forecaster.evaluation.forecast_sensitivity import forecast_sensitivity
    from forecaster.forecasts.explain_forecast import Prior
    from forecaster.inference.certify import infer
    from forecaster.inference.single import single_problem

    job, settings = _single_job(run, series, family), run.settings
    if not job.history.data:
        return None
    leading = max(job.weights, key=lambda name: job.weights[name])
    model = job.models[leading]
    hyper = infer(
        single_problem(model),
        engine=settings.engine,
        seed=settings.seed,
        rng=random_stream(
            settings.seed, series if leading == "trend" else f"{series}/{leading}", "fit"
        ),
        announce=lambda sentence: run.announce(f"{series}: {sentence}"),
    )
    if hyper.points is None:
        return None
    found = forecast_sensitivity(
        model, hyper, job.plan, job.history.entry, n_draws=settings.n_draws, seed=settings.seed
    )
    return Prior(found, leading, not is_joint)


def _goal(goal: GoalTyped, forecast: Forecast) -> Goal:
    """Return a goal in the unit of the series.

    Raises
    ------
    InputError
        If its level or its period is none that the forecast has.
    """
    from forecaster.cli import options
    from forecaster.forecasts.explain_goal import Goal
    from forecaster.workspace.levels import parse_level
    from forecaster.workspace.periods import parse_period

    as_of, periods = forecast.history.as_of, forecast.periods
    by = parse_period(options.read_horizon(goal.by, flag="--goal", as_of=as_of))
    if not periods[0].end <= by.end <= periods[-1].end:
        raise InputError(
            problem=f"the goal's period '{by}' is not among those forecast, {periods[0]} to "
            f"{periods[-1]}",
            where="--goal",
            fix="name one of them, or a later --until",
        )
    level = parse_level(goal.level, forecast.history.entry)
    return Goal(goal.text, level, goal.below, by)


def _explain_goal(forecast: Forecast, goal: Goal, movers: Mapping[str, Mover]) -> GoalExplained:
    """Return how likely the goal is, and what goes with it."""
    from forecaster.forecasts.explain_goal import explain_goal

    worlds = next(iter(movers.values())).worlds if movers else None
    return explain_goal(forecast, goal, worlds)
