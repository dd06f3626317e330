"""The command `priors`: what is assumed before a history is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli import flags  # noqa: TC001  # typer reads the annotations
from forecaster.cli.frame import TextCommand, TextGroup, new_app
from forecaster.cli.request import find_folder
from forecaster.cli.streams import open_streams

if TYPE_CHECKING:
    from forecaster.workspace.beliefs import TrendPrior
    from forecaster.workspace.facts import SeriesEntry

app = new_app(cls=TextGroup, no_args_is_help=True)


@app.callback()
def describe() -> None:
    """Show what is assumed about a series before its history is seen."""


@app.command("show", cls=TextCommand)
def show_command(
    *,
    series: Annotated[str, typer.Argument(metavar="SERIES", help="A series of the workspace.")],
    workspace: flags.Workspace = None,
) -> None:
    """Show the prior of a series in natural units, with its reasons.

    forecaster priors show cn-ai-chip-domestic-share
    """
    entry, prior = find_prior(series, workspace=workspace)
    from forecaster.output.screen import print_prior

    print_prior(entry, prior, open_streams().console())


def find_prior(series: str, *, workspace: str | None) -> tuple[SeriesEntry, TrendPrior]:
    """Return what a series measures, and the prior that its kind has.

    Raises
    ------
    InputError
        If the series is unknown, or the workspace is missing or at fault.
    """
    from forecaster.workspace.beliefs import load_beliefs
    from forecaster.workspace.reader import load_entries, require_series

    folder = find_folder(workspace)
    entries = load_entries(folder)
    require_series(series, entries)
    return entries[series], load_beliefs(folder).trend[entries[series].kind]
