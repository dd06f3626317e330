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
    from forecaster.errors import InputError
    from forecaster.workspace.beliefs import load_beliefs
    from forecaster.workspace.reader import load_entries
    from forecaster.workspace.validate import validate_workspace
    from forecaster.workspace.validate_beliefs import check_series_beliefs

    workspace = find_folder(folder)
    faults = validate_workspace(workspace)
    try:
        beliefs = load_beliefs(workspace)
        faults.extend(check_series_beliefs(beliefs, load_entries(workspace)))
    except InputError as faulty:
        faults.extend(fault for fault in faulty.faults if fault not in faults)
    return faults
