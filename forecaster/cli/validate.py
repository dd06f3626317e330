"""The command `validate`: every fault of a workspace at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli.frame import TextCommand, new_app
from forecaster.cli.request import find_folder
from forecaster.cli.streams import open_streams
from forecaster.errors import ExitCode, InputError

if TYPE_CHECKING:
    from forecaster.errors import Fault
    from forecaster.forecasts.driver_budget import SeriesBudget

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

    Ends with 2 if there are any. Without any it tells how far drivers move each series.

    forecaster validate
    """
    faults = find_faults(folder)
    budgets: list[SeriesBudget] = []
    if not faults:
        budgets, faults = weigh_drivers(folder)
    from forecaster.forecasts.driver_budget import YEARS
    from forecaster.output.budget_screen import print_budgets
    from forecaster.output.screen import print_faults

    console = open_streams().console()
    print_faults(faults, console)
    print_budgets(budgets, console, years=YEARS)
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


def weigh_drivers(folder: str | None) -> tuple[list[SeriesBudget], list[Fault]]:
    """Return the driver budgets of a workspace without faults, and what only simulation finds.

    Drivers that exclude one another may each be possible and not all be so together.
    """
    from forecaster.forecasts.driver_budget import find_budgets

    try:
        return find_budgets(find_folder(folder)), []
    except InputError as error:
        return [], list(error.faults)
