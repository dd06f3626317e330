"""The command `explain`: what a forecast rests on, and what the history of its series taught."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli import flags
from forecaster.cli.asking import asks
from forecaster.cli.frame import TextCommand, new_app
from forecaster.cli.outlook import GoalTyped, find_outlook, read_goal
from forecaster.cli.progress import Progress
from forecaster.cli.request import Asked, prepare_request
from forecaster.cli.streams import open_streams
from forecaster.errors import InputError, UnreliableFit

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.cli.request import Subject
    from forecaster.forecasts.explain_forecast import Outlook
    from forecaster.forecasts.explanation import Explanation
    from forecaster.inference.report import FitReport
    from forecaster.pipeline import Run, Settings

app = new_app()


@app.command(cls=TextCommand)
@asks(
    "until", "as_of", "basis", "kind", "scenario", "sets", "workspace", "engine", "model", "draws",
    "seed", "no_cache", "allow_unreliable",
    coverages=(0.5, 0.8, 0.95),
)  # fmt: skip
def explain_command(
    *,
    name: flags.SeriesOrFile,
    asked: Asked,
    goal: Annotated[
        str | None,
        typer.Option(
            "--goal",
            metavar="GOAL",
            help="Also what goes with reaching it: '80% by 2028', 'below 1% by 2030'.",
            rich_help_panel=flags.WHICH,
        ),
    ] = None,
    json: flags.Json = False,
    quiet: flags.Quiet = False,
) -> None:
    """Say what a forecast rests on: drivers, judgements, prior, history.

    forecaster explain cn-ai-chip-domestic-share --scenario full-decoupling
    """
    streams = open_streams(is_quiet=quiet)
    with Progress(streams, f"fitting {name}") as progress:
        explanation, outlook = find_explanation(name, asked, goal=goal, announce=progress.note)
    if json:
        from forecaster.output.explain_record import explanation_record
        from forecaster.output.outlook_record import outlook_record

        streams.write_json(explanation_record(explanation) | outlook_record(outlook))
    else:
        from forecaster.output.explain_screen import print_explanation
        from forecaster.output.outlook_screen import print_outlook

        console = streams.console()
        print_outlook(outlook, console, told=explanation.warnings)
        print_explanation(explanation, console)


def find_explanation(
    name: str,
    asked: Asked,
    *,
    goal: str | None = None,
    announce: Callable[[str], None] | None = None,
) -> tuple[Explanation, Outlook]:
    """Return what the history of one series taught, and what its forecast rests on.

    Parameters
    ----------
    goal : a level and a period, as typed

    Raises
    ------
    InputError
        If the series, its facts or an argument is at fault, or it has no model of its own.
    UnreliableFit
        If the fit fails its checks.
    """
    streams = open_streams(is_quiet=announce is None)
    typed = None
    if goal is not None:
        typed, asked = read_goal(goal, asked)
    request = prepare_request([name], asked, streams)
    (subject,) = request.subjects
    return _explain(subject, request.settings, typed, announce or streams.note)


def _explain(
    subject: Subject,
    settings: Settings,
    goal: GoalTyped | None,
    announce: Callable[[str], None],
) -> tuple[Explanation, Outlook]:
    """Fit as a forecast does, and sum up what that taught and what the forecast rests on."""
    from forecaster.workspace.families import JOINT_FAMILIES, family_of

    series = subject.series
    entry = subject.facts.entries.get(series)
    if entry is None or series in subject.definitions:
        raise _no_own_model(series, "it is computed from other series", "explain one of those")
    family = family_of(entry, subject.beliefs, settings.model)
    if family == "custom":
        fix = "leave out --model, or name a family that 'forecaster list models' shows"
        raise _no_own_model(series, "your own model tells what it likes", fix)
    run = subject.run(settings, announce)
    is_joint = family in JOINT_FAMILIES and not (family == "pooled" and run.is_alone(series))
    if is_joint:
        explanation, report = _explain_joint(subject, family, settings, announce)
    else:
        explanation, report = _explain_alone(run, series, family)
    if not report.is_reliable:
        if not settings.allow_unreliable:
            raise UnreliableFit(report, series=series)
        said = f"the fit is unreliable: {'; '.join(report.failures)}"
        explanation = replace(explanation, warnings=(said, *explanation.warnings))
    return explanation, find_outlook(subject, run, family, is_joint=is_joint, goal=goal)


def _explain_alone(run: Run, series: str, family: str) -> tuple[Explanation, FitReport]:
    """Return what a fit of the series by itself taught."""
    from forecaster.forecasts.explain import explain_single

    job = run.job(series, family="pool" if family == "pooled" else family)
    drawn = run.drawn(job).drawn
    return explain_single(job, drawn), drawn.report


def _explain_joint(
    subject: Subject, family: str, settings: Settings, announce: Callable[[str], None]
) -> tuple[Explanation, FitReport]:
    """Return what the fit of a whole or a group taught, the same that the forecast uses."""
    from forecaster.forecasts.explain_joint import explain_joint
    from forecaster.forecasts.joint_runs import run_joint

    series, entry = subject.series, subject.entry
    job, drawn = run_joint(
        family,
        entry.composition if family == "composition" else series,
        subject.facts,
        subject.beliefs,
        replace(settings, use_cache=False),  # the cache holds trajectories, not what was learnt
        announce=announce,
    )
    if series not in drawn.trajectories:
        reason = "it is no part of its whole, or nothing is known of it on this basis"
        raise _no_own_model(series, reason, "fit it by itself: --model trend")
    return explain_joint(series, family, job, drawn), drawn.report


def _no_own_model(series: str, reason: str, fix: str) -> InputError:
    """Say that there is no fit of the series itself to explain."""
    return InputError(
        problem=f"there is no fit of '{series}' to explain: {reason}", where="SERIES", fix=fix
    )
