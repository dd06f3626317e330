"""The command `show`: what is known of a series, or believed of a driver, scenario or question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli import flags  # noqa: TC001  # typer reads the annotations
from forecaster.cli.frame import TextCommand, new_app
from forecaster.cli.request import find_folder, is_file_name, load_subjects, read_as_of
from forecaster.cli.show_beliefs import is_belief, show_belief
from forecaster.cli.streams import Streams, open_streams
from forecaster.errors import InputError
from forecaster.workspace.faults import quoted

if TYPE_CHECKING:
    from forecaster.cli.request import Subject
    from forecaster.workspace.facts import History
    from forecaster.workspace.series_beliefs import SeriesPrior

app = new_app()


@app.command(cls=TextCommand)
def show_command(
    *,
    name: flags.SeriesOrFile,
    as_of: flags.AsOf = None,
    basis: flags.Basis = None,
    kind: flags.Kind = None,
    workspace: flags.Workspace = None,
    judgements: Annotated[
        bool,
        typer.Option(
            "--judgements",
            help="Show what experts said of it instead: which statements enter the forecast, "
            "which do not and why, and how far they move it.",
        ),
    ] = False,
) -> None:
    """Show a series and its sources, or a driver, scenario or question.

    forecaster show cn-ai-chip-domestic-share --as-of 2025-06-30
    """
    streams = open_streams()
    if is_belief(name, workspace):
        day = read_as_of(as_of, flag="--as-of", today=streams.today)
        show_belief(name, workspace, streams, as_of=day)
        return
    if judgements:
        _show_judgements(name, as_of=as_of, basis=basis, workspace=workspace, streams=streams)
        return
    history, prior = look_up(
        name, as_of=as_of, basis=basis, kind=kind, workspace=workspace, streams=streams
    )
    from forecaster.output.screen import print_history, print_prior

    console = streams.console()
    print_history(history, console)
    console.print()
    print_prior(history.entry, prior.trend, console, family=prior.family)


def _show_judgements(
    name: str,
    *,
    as_of: str | None,
    basis: str | None,
    workspace: str | None,
    streams: Streams,
) -> None:
    """Print the judgements about a series."""
    from forecaster.cli.show_judgements import (
        is_fitted_jointly,
        look_up_judgements,
        refuse_file,
    )
    from forecaster.output.judgement_screen import print_judgements

    day = read_as_of(as_of, flag="--as-of", today=streams.today)
    if is_file_name(name):
        raise refuse_file(name)
    table = look_up_judgements(
        name, as_of=day, basis=basis, workspace=find_folder(workspace), announce=streams.note
    )
    print_judgements(table, streams.console(), as_of=day)
    if is_fitted_jointly(name, find_folder(workspace)):
        streams.console().print(
            "Here the series is fitted by itself; its forecast takes it together with others, "
            "which judgements may move otherwise."
        )


def look_up(
    name: str,
    *,
    as_of: str | None,
    basis: str | None,
    kind: str | None,
    workspace: str | None,
    streams: Streams,
) -> tuple[History, SeriesPrior]:
    """Return what is known of a series, and what is believed about it before that.

    Raises
    ------
    InputError
        If the series, its facts or an argument is at fault.
    """
    from forecaster.workspace.beliefs import load_beliefs
    from forecaster.workspace.history import known_by

    day = read_as_of(as_of, flag="--as-of", today=streams.today)
    folder = find_folder(workspace)
    (subject,) = load_subjects(
        [name], kind=kind, kind_flag="--kind", workspace=folder, stdin=streams.stdin
    )
    if subject.series not in subject.facts.entries or subject.series in subject.definitions:
        raise _no_history(subject)
    history = known_by(subject.facts, subject.series, as_of=day, basis=basis)
    beliefs = load_beliefs(folder)
    prior = beliefs.by_kind if is_file_name(name) else beliefs.of
    return history, prior(history.entry)


def _no_history(subject: Subject) -> InputError:
    """Say that a formula has no rows of its own, and where to look."""
    from forecaster.workspace.formulas import parse_formula

    formula = subject.definitions.get(subject.series) or parse_formula(subject.series)
    return InputError(
        problem=f"{quoted(subject.series)} has no history of its own: it is {formula}",
        where="SERIES",
        fix=f"show the series that it is made of: {', '.join(formula.series)}",
    )
