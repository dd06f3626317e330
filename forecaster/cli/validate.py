"""The command `validate`: every fault of a workspace at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli.frame import TextCommand, new_app
from forecaster.cli.request import find_folder
from forecaster.cli.streams import open_streams
from forecaster.errors import ExitCode

if TYPE_CHECKING:
    from forecaster.errors import Fault

app = new_app()


@app.command(cls=TextCommand)
def validate_command(
    *,
    folder: Annotated[
        str | None,
        typer.Argument(
            metavar="[DIR]", help="Workspace to check. Default: the one that is in use."
        ),
    ] = None,
) -> None:
    """Check every file of a workspace and report all faults at once.

    Ends with 2 if there are any.

    forecaster validate
    """
    faults = find_faults(folder)
    from forecaster.output.screen import print_faults

    print_faults(faults, open_streams().console())
    if faults:
        raise typer.Exit(ExitCode.INPUT)


def find_faults(folder: str | None) -> list[Fault]:
    """Return every fault of the facts and the beliefs of a workspace.

    Raises
    ------
    InputError
        If it is no workspace, or a file that everything rests on cannot be read.
    """
    from forecaster.workspace.validate import validate_workspace

    return validate_workspace(find_folder(folder))
