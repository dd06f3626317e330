"""The command `priors`: what is assumed before a history is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli import flags  # typer reads the annotations
from forecaster.cli.frame import TextCommand, TextGroup, new_app
from forecaster.cli.request import find_folder
from forecaster.cli.streams import open_streams

if TYPE_CHECKING:
    from datetime import date

    from forecaster.output.series_prior_screen import PriorView

YEARS_DRAWN = 10
SEED = 20260101
"""Fixed, so that the same prior gives the same screen."""

app = new_app(cls=TextGroup, no_args_is_help=True)


@app.callback()
def describe() -> None:
    """Show, or write down, what is assumed about a series before its history is seen."""


@app.command("show", cls=TextCommand)
def show_command(
    *,
    series: Annotated[str, typer.Argument(metavar="SERIES", help="A series of the workspace.")],
    workspace: flags.Workspace = None,
) -> None:
    """Show the prior of a series in natural units with its reasons, and draw what it says.

    forecaster priors show cn-ai-chip-domestic-share
    """
    streams = open_streams()
    view = find_prior(series, workspace=workspace, today=streams.today)
    from forecaster.output.screen import print_series_prior

    print_series_prior(view, streams.console())


@app.command("elicit", cls=TextCommand)
def elicit_command(
    *,
    series: Annotated[str, typer.Argument(metavar="SERIES", help="A series of the workspace.")],
    what: Annotated[
        str, typer.Option("--what", metavar="NAME", help="growth, level, cap or volatility.")
    ] = "growth",
    quantiles: Annotated[
        str | None,
        typer.Option(
            "--quantiles",
            metavar="LIST",
            help="Such as 5%=0.02,50%=0.1,95%=0.2. Default: they are asked for.",
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="LEVEL|PERIOD",
            help="Share at which points are meant, or period that a level is of.",
        ),
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Why, on one line.")
    ] = None,
    workspace: flags.Workspace = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Write there, and not to priors/series of the workspace.",
            rich_help_panel=flags.WHERE,
        ),
    ] = None,
) -> None:
    """Turn three quantiles into a belief of the workspace; asks for them, or takes a list.

    forecaster priors elicit us-ai-vc --quantiles 5%=-0.1,50%=0.1,95%=0.3 --out us-ai-vc.toml
    """
    from forecaster.cli.elicit import ElicitRequest, elicit

    streams = open_streams()
    written = elicit(ElicitRequest(series, what, quantiles, at, reason, workspace, out), streams)
    if written:
        streams.note(f"wrote {written}")


def find_prior(series: str, *, workspace: str | None, today: date) -> PriorView:
    """Return what is believed about a series, with paths drawn from it.

    Raises
    ------
    InputError
        If the series is unknown, or the workspace or a belief is at fault.
    """
    import numpy as np

    from forecaster.forecasts.joint_priors import prior_in_use
    from forecaster.forecasts.prior_predictive import draw_prior, find_start
    from forecaster.output.series_prior_screen import PriorView
    from forecaster.workspace.beliefs import load_beliefs
    from forecaster.workspace.families import needs_of
    from forecaster.workspace.joint_beliefs import unheeded_notes
    from forecaster.workspace.periods import decimal_year
    from forecaster.workspace.reader import load_entries, load_facts
    from forecaster.workspace.rests_on import footing_with_facts, history_or_none
    from forecaster.workspace.series_beliefs import check_cap

    folder = find_folder(workspace)
    beliefs, entries = load_beliefs(folder, [series]), load_entries(folder)
    needed = needs_of([series], entries, beliefs, "").series if series in entries else [series]
    facts = load_facts(folder, needed, entries=entries)
    entry = facts.entries[series]
    prior = beliefs.of(entry)
    footing = footing_with_facts(series, folder, beliefs, as_of=today)
    if prior.formula:
        return PriorView(entry, prior, None, footing)
    history = history_or_none(facts, series, as_of=today)
    if history is not None:
        check_cap(prior, history)
    used = prior_in_use(prior, entry, facts, beliefs, as_of=today)
    start = find_start(used, entry, history, now=decimal_year(today))
    rng = np.random.default_rng(SEED)
    paths = draw_prior(used, entry, start, n_years=YEARS_DRAWN, rng=rng)
    return PriorView(entry, used, paths, footing, unheeded_notes(prior, prior.family))
