"""List the commands, and what each is for."""

from __future__ import annotations

from typing import Annotated

import typer

import forecaster
from forecaster.cli.frame import LateGroup, new_app


class Commands(LateGroup):
    """The commands of the program, in the order of the help screen."""

    summaries = {  # noqa: RUF012  # constant by intent
        "list": "List the series that can be forecast, drivers, scenarios, questions or models.",
        "show": "Show a series and its sources, or a driver, scenario or question.",
        "forecast": "Forecast series, or CSV files, with bands.",
        "reach": "Say how likely a series reaches a level, and when.",
        "ask": "Answer questions of the bank, one, several or all.",
        "compare": "Compare scenarios of one series, on one fit and the same draws.",
        "explain": "Say what a forecast rests on: drivers, judgements, prior, history.",
        "check": "Check the fit of a series: weights, evidence, predictive checks, sensitivity.",
        "validate": "Check every file of a workspace and report all faults at once.",
        "priors": "Show, or write down, what is assumed about a series before its history is seen.",
        "cache": "Show or empty the cache of fitted models.",
    }


app = new_app(cls=Commands, no_args_is_help=True)


def _print_version(wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
        typer.echo(f"forecaster {forecaster.__version__}")
        raise typer.Exit


@app.callback()
def describe(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    """Forecast short, sourced histories with bands that say how sure they are."""
