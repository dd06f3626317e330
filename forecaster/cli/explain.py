"""The command `explain`: what the history of a series taught."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli import flags, options
from forecaster.cli.frame import TextCommand, new_app
from forecaster.cli.progress import Progress
from forecaster.cli.request import Asked, prepare_request
from forecaster.cli.streams import open_streams
from forecaster.errors import InputError, UnreliableFit

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.cli.request import Subject
    from forecaster.forecasts.explain import Explanation
    from forecaster.pipeline import Settings

app = new_app()

_ALONE = {
    "composition": "in a forecast this series is a part of a whole; here it is fitted by itself",
    "pooled": "in a forecast this series borrows from its group; here it is fitted by itself",
}


@app.command(cls=TextCommand)
def explain_command(
    *,
    name: Annotated[
        str,
        typer.Argument(
            metavar="SERIES|FILE",
            help="A series of the workspace, a CSV file, or - for standard input.",
            show_default=False,
        ),
    ],
    until: flags.Until = None,
    as_of: flags.AsOf = None,
    basis: flags.Basis = None,
    kind: flags.Kind = None,
    workspace: flags.Workspace = None,
    engine: flags.Engine = "amis",
    model: flags.Model = "",
    draws: flags.Draws = "4000",
    seed: flags.Seed = None,
    no_cache: flags.NoCache = False,
    allow_unreliable: flags.AllowUnreliable = False,
    json: flags.Json = False,
    quiet: flags.Quiet = False,
) -> None:
    """Say what dated events did to a series, and what its history taught.

    forecaster explain cn-ai-chip-share-nvidia
    """
    streams = open_streams(is_quiet=quiet)
    asked = Asked(
        as_of=as_of,
        until=until,
        basis=basis,
        kind=kind,
        workspace=workspace,
        coverages=(),
        engine=engine,
        model=model,
        n_draws=options.read_draws(draws),
        seed=options.read_seed(seed),
        use_cache=not no_cache,
        allow_unreliable=allow_unreliable,
    )
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
    """Fit the series by itself and sum up what that taught."""
    from forecaster.forecasts.explain import explain_single
    from forecaster.workspace.families import family_of

    series = subject.series
    entry = subject.facts.entries.get(series)
    if entry is None or series in subject.definitions:
        raise _no_own_model(series, "it is computed from other series", "explain one of those")
    family = family_of(entry, subject.beliefs, settings.model)
    if family == "custom":
        fix = "leave out --model, or name a family that 'forecaster list models' shows"
        raise _no_own_model(series, "your own model tells what it likes", fix)
    run = subject.run(settings, announce)
    job = run.job(series, family="pool" if family in _ALONE else family)
    drawn = run.drawn(job).drawn
    warnings = [_ALONE[family]] if family in _ALONE else []
    if not drawn.report.is_reliable:
        if not settings.allow_unreliable:
            raise UnreliableFit(drawn.report, series=series)
        warnings.append(f"the fit is unreliable: {'; '.join(drawn.report.failures)}")
    explanation = explain_single(job, drawn)
    return replace(explanation, warnings=(*warnings, *explanation.warnings))


def _no_own_model(series: str, reason: str, fix: str) -> InputError:
    """Say that there is no fit of the series itself to explain."""
    return InputError(
        problem=f"there is no fit of '{series}' to explain: {reason}", where="SERIES", fix=fix
    )
