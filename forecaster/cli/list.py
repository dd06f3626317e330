"""The command `list`: what can be forecast, and by which models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli import flags, options
from forecaster.cli.frame import TextCommand, new_app
from forecaster.cli.request import find_folder
from forecaster.cli.streams import open_streams
from forecaster.models import MODELS

if TYPE_CHECKING:
    from forecaster.workspace.facts import Facts

app = new_app()


@app.command(cls=TextCommand)
def list_command(
    *,
    what: Annotated[
        str, typer.Argument(metavar="[series|models]", help="What to list.", show_default=True)
    ] = "series",
    workspace: flags.Workspace = None,
) -> None:
    """List the series that can be forecast, or the models.

    forecaster list models
    """
    streams = open_streams()
    if options.read_choice(what, flag="WHAT", known=("series", "models")) == "models":
        for name, assumption in MODELS.items():
            streams.print(f"{name}  {assumption}")
        return
    from forecaster.output.screen import print_entries

    print_entries(list_series(workspace), streams.console())


def list_series(workspace: str | None) -> Facts:
    """Return the facts of every series of a workspace.

    Raises
    ------
    InputError
        If the workspace is missing or at fault.
    """
    from forecaster.workspace.reader import load_all_facts

    return load_all_facts(find_folder(workspace))
