"""The command `compare`: scenarios of one series side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli import flags
from forecaster.cli.asking import asks
from forecaster.cli.destination import Output, read_output, write_csv
from forecaster.cli.frame import TextCommand, new_app
from forecaster.cli.progress import Progress
from forecaster.cli.request import (
    BASELINE,
    Asked,
    find_folder,
    is_file_name,
    prepare_request,
)
from forecaster.cli.streams import Streams, open_streams
from forecaster.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from forecaster.cli.request import Subject
    from forecaster.forecasts.compare import Comparison
    from forecaster.workspace.asked_level import AskedLevel

app = new_app()

MOST_SCENARIOS = 16


@app.command(cls=TextCommand)
@asks(
    "until", "as_of", "basis", "latent", "without_judgements", "sets", "workspace", "coverage",
    "engine", "model", "draws", "seed", "no_cache", "allow_unreliable",
)  # fmt: skip
def compare_command(
    *,
    name: Annotated[
        str,
        typer.Argument(
            metavar="SERIES|FORMULA",
            help="A series of the workspace, or a formula such as 'us-spend / cn-spend'.",
            show_default=False,
        ),
    ],
    asked: Asked,
    scenarios: flags.Scenarios = None,
    level: Annotated[
        str | None,
        typer.Option(
            "--level",
            metavar="LEVEL",
            help="Also the chance of reaching it. Default: the farthest level that an open "
            "question of the bank asks about.",
            rich_help_panel=flags.WHICH,
        ),
    ] = None,
    below: flags.Below = False,
    csv: flags.Csv = None,
    layout: flags.Layout = None,
    json: flags.Json = False,
    quiet: flags.Quiet = False,
) -> None:
    """Compare scenarios of one series, on one fit and the same draws.

    forecaster compare cn-ai-chip-domestic-share --scenario status-quo --scenario full-decoupling
    """
    streams = open_streams(is_quiet=quiet)
    output = read_output(csv, layout, is_json=json)
    with Progress(streams, f"fitting {name}") as progress:
        comparison = find_comparison(
            name, scenarios or [], asked, level=level, below=below, announce=progress.note
        )
    _write(comparison, output, streams)


def find_comparison(
    name: str,
    scenarios: Sequence[str],
    asked: Asked,
    *,
    level: str | None = None,
    below: bool = False,
    announce: Callable[[str], None] | None = None,
) -> Comparison:
    """Return scenarios of one series side by side.

    Parameters
    ----------
    scenarios : ids; what is set in `asked` is set on top of each. With fewer than two the baseline
        stands before them.
    level : as typed; None for the farthest that an open question asks about

    Raises
    ------
    InputError
        If the series, a scenario, the level or another argument is at fault.
    UnreliableFit
        If the fit fails its checks.
    """
    from forecaster.forecasts.compare import compare_worlds

    if is_file_name(name):
        raise InputError(
            problem="a file has no drivers, so all its scenarios are the same",
            where="SERIES",
            fix="name a series of the workspace, or forecast the file",
        )
    worlds = worlds_asked(scenarios, asked.sets)
    (first, sets), *others = worlds
    there = replace(asked, scenario=first, sets=sets)
    streams = open_streams(is_quiet=announce is None)
    request = prepare_request([name], there, streams)
    (subject,) = request.subjects
    asked_about = _level(level, below, subject, find_folder(asked.workspace))
    settings = replace(request.settings, besides=tuple(others))
    run = subject.run(settings, announce or streams.note)
    forecast = run.forecast(subject.series)
    return compare_worlds(
        forecast, settings, run.drivers, entries=subject.facts.entries, level=asked_about
    )


def worlds_asked(
    scenarios: Sequence[str], sets: tuple[str, ...]
) -> list[tuple[str, tuple[str, ...]]]:
    """Return scenario and what is set on top, for each world to compare.

    Raises
    ------
    InputError
        If there is nothing to compare, a scenario is named twice, or there are too many.
    """
    names = [name.removeprefix("scenario:") for name in scenarios]
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                problem=f"the scenario '{name}' is there twice",
                where="--scenario",
                fix="name each scenario once",
            )
    if len(names) > MOST_SCENARIOS:
        raise InputError(
            problem=f"{len(names)} scenarios are too many for one comparison",
            where="--scenario",
            fix=f"name at most {MOST_SCENARIOS}",
        )
    found = [(name, sets) for name in names or [BASELINE]]
    if len(found) < 2 and (BASELINE, ()) not in found:
        found.insert(0, (BASELINE, ()))
    if len(found) < 2:
        raise InputError(
            problem="there is nothing to compare the baseline with",
            where="--scenario",
            fix="name scenarios, which 'forecaster list scenarios' shows, or --set a driver",
        )
    return found


def _level(level: str | None, below: bool, subject: Subject, workspace: Path) -> AskedLevel | None:
    """Return the level asked about: the one typed, or that of an open question.

    Raises
    ------
    InputError
        If it is none that the series can have.
    """
    from forecaster.workspace.asked_level import AskedLevel, asked_level
    from forecaster.workspace.levels import parse_level

    if level is not None:
        return AskedLevel(parse_level(level, subject.entry), below)
    if below:
        raise InputError(
            problem="--below is about a level, and none is named",
            where="--below",
            fix="add --level, such as --level 40%",
        )
    return asked_level(workspace, subject.series, subject.entry)


def _write(comparison: Comparison, output: Output, streams: Streams) -> None:
    """Write what was asked for; the screen where stdout is not wanted for data."""
    write_csv([found.forecast for found in comparison.scenarios], output, streams)
    if output.is_json:
        from forecaster.output.compare_record import comparison_record

        streams.write_json(comparison_record(comparison))
    elif output.destination != "-":
        from forecaster.output.compare_screen import print_comparison

        print_comparison(comparison, streams.console())
