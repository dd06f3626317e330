"""The command `list`: what can be forecast or asked, what moves it, and by which models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecaster.cli import flags, options
from forecaster.cli.frame import TextCommand, new_app
from forecaster.cli.request import find_folder
from forecaster.cli.streams import Streams, open_streams
from forecaster.errors import InputError
from forecaster.models import MODELS

if TYPE_CHECKING:
    from datetime import date

    from forecaster.workspace.facts import Facts
    from forecaster.workspace.footing import Footing

app = new_app()

LISTED = ("series", "drivers", "scenarios", "questions", "models")


@app.command(cls=TextCommand)
def list_command(
    *,
    what: Annotated[
        str,
        typer.Argument(
            metavar="[series|drivers|scenarios|questions|models]",
            help="What to list.",
            show_default=True,
        ),
    ] = "series",
    core: Annotated[
        bool,
        typer.Option(
            "--core",
            help="Only the core series, with what the forecast of each rests on.",
            rich_help_panel=flags.WHICH,
        ),
    ] = False,
    workspace: flags.Workspace = None,
    json: flags.Json = False,
) -> None:
    """List the series that can be forecast, drivers, scenarios, questions or models.

    forecaster list series --core
    """
    streams = open_streams()
    if options.read_choice(what, flag="WHAT", known=LISTED) != "series":
        if core:
            raise _only_series(what)
        _list_others(what, workspace, streams, is_json=json)
        return
    from forecaster.output.screen import print_entries, print_footings

    facts = list_series(workspace)
    if not core and not json:
        print_entries(facts, streams.console())
        return
    footings = find_footings(facts, workspace, is_core=core, today=streams.today)
    if json:
        streams.write_json([series_record(facts, name, footings[name]) for name in footings])
        return
    print_footings(footings, facts.entries, streams.console())


def _list_others(what: str, workspace: str | None, streams: Streams, *, is_json: bool) -> None:
    """Print what is no series."""
    from forecaster.cli import list_beliefs

    if what == "models":
        list_models(streams, is_json=is_json)
    elif what == "drivers":
        list_beliefs.list_drivers(workspace, streams, is_json=is_json)
    elif what == "scenarios":
        list_beliefs.list_scenarios(workspace, streams, is_json=is_json)
    else:
        list_beliefs.list_questions(workspace, streams, is_json=is_json)


def _only_series(what: str) -> InputError:
    """Say that only series have core ones."""
    return InputError(
        problem=f"--core is about series, and no {what.removesuffix('s')} is one",
        where="--core",
        fix="type: forecaster list series --core",
    )


def list_models(streams: Streams, *, is_json: bool) -> None:
    """Print the models."""
    if is_json:
        streams.write_json([{"model": name, "assumes": said} for name, said in MODELS.items()])
        return
    for name, assumption in MODELS.items():
        streams.print(f"{name}  {assumption}")


def list_series(workspace: str | None) -> Facts:
    """Return the facts of every series of a workspace.

    Raises
    ------
    InputError
        If the workspace is missing or at fault.
    """
    from forecaster.workspace.reader import load_all_facts

    return load_all_facts(find_folder(workspace))


def find_footings(
    facts: Facts, workspace: str | None, *, is_core: bool, today: date
) -> dict[str, Footing]:
    """Return what the forecast of each series rests on, of the core ones or of all.

    Raises
    ------
    InputError
        If none is marked as core, or a belief or the judgements are at fault.
    """
    from forecaster.workspace.beliefs import load_beliefs
    from forecaster.workspace.judgements import read_all_judgements
    from forecaster.workspace.rests_on import footings_of, judgements_by_series

    chosen = [name for name, entry in facts.entries.items() if entry.core or not is_core]
    if not chosen:
        raise InputError(
            problem="this workspace marks no series as core",
            where="series.csv, column 'core'",
            fix="write true in the column 'core' of those that matter most",
        )
    folder = find_folder(workspace)
    beliefs = load_beliefs(folder, chosen)
    n_judgements = judgements_by_series(folder, as_of=today)
    stated = read_all_judgements(folder)
    return footings_of(
        chosen, facts, beliefs, n_judgements=n_judgements, as_of=today, stated=stated
    )


def series_record(facts: Facts, series: str, footing: Footing) -> dict[str, Any]:
    """Return a series, and what its forecast rests on, as plain numbers and texts.

    Keys: `series`, `title`, `title_zh`, `unit`, `kind`, `timing`, `region`, `group`,
    `composition`, `core`, `family`, `rests_on`, `n_points`, `first`, `last`, `bases`,
    `n_judgements` on file, `n_usable_judgements` of them, `inputs`, `is_thin`.
    """
    entry = facts.entries[series]
    words = ("title", "title_zh", "unit", "kind", "timing", "region", "group", "composition")
    return {
        "series": series,
        **{name: getattr(entry, name) for name in words},
        "core": entry.core,
        "family": footing.family,
        "rests_on": footing.text,
        "n_points": footing.n_points,
        "first": footing.first or None,
        "last": footing.last or None,
        "bases": list(footing.bases),
        "n_judgements": footing.n_judgements,
        "n_usable_judgements": footing.n_usable or 0,
        "inputs": list(footing.inputs),
        "is_thin": footing.is_thin,
    }
