"""The command `explain`: what the history of a series taught."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.cli import flags  # noqa: TC001  # typer reads the annotations
from forecaster.cli.asking import asks
from forecaster.cli.frame import TextCommand, new_app
from forecaster.cli.progress import Progress
from forecaster.cli.request import Asked, prepare_request
from forecaster.cli.streams import open_streams
from forecaster.errors import InputError, UnreliableFit

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.cli.request import Subject
    from forecaster.forecasts.explanation import Explanation
    from forecaster.inference.report import FitReport
    from forecaster.pipeline import Run, Settings

app = new_app()


@app.command(cls=TextCommand)
@asks(
    "until", "as_of", "basis", "kind", "workspace", "engine", "model", "draws", "seed", "no_cache",
    "allow_unreliable",
    coverages=(),
)  # fmt: skip
def explain_command(
    *,
    name: flags.SeriesOrFile,
    asked: Asked,
    json: flags.Json = False,
    quiet: flags.Quiet = False,
) -> None:
    """Say what dated events did to a series, and what its history taught.

    forecaster explain cn-ai-chip-share-nvidia
    """
    streams = open_streams(is_quiet=quiet)
    with Progress(streams, f"fitting {name}") as progress:
        explanation = find_explanation(name, asked, announce=progress.note)
    if json:
        from forecaster.output.explain_record import explanation_record

        streams.write_json(explanation_record(explanation))
    else:
        from forecaster.output.explain_screen import print_explanation

        print_explanation(explanation, streams.console())


def find_explanation(
    name: str, asked: Asked, *, announce: Callable[[str], None] | None = None
) -> Explanation:
    """Return what the history of one series taught.

    Raises
    ------
    InputError
        If the series, its facts or an argument is at fault, or it has no model of its own.
    UnreliableFit
        If the fit fails its checks.
    """
    streams = open_streams(is_quiet=announce is None)
    request = prepare_request([name], asked, streams)
    (subject,) = request.subjects
    return _explain(subject, request.settings, announce or streams.note)


def _explain(subject: Subject, settings: Settings, announce: Callable[[str], None]) -> Explanation:
    """Fit as a forecast does, and sum up what that taught."""
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
    if family in JOINT_FAMILIES and not (family == "pooled" and run.is_alone(series)):
        explanation, report = _explain_joint(subject, family, settings, announce)
    else:
        explanation, report = _explain_alone(run, series, family)
    if report.is_reliable:
        return explanation
    if not settings.allow_unreliable:
        raise UnreliableFit(report, series=series)
    said = f"the fit is unreliable: {'; '.join(report.failures)}"
    return replace(explanation, warnings=(said, *explanation.warnings))


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
