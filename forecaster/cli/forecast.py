"""The command `forecast`: series or CSV files in, bands out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli import flags, options
from forecaster.cli.asking import asks
from forecaster.cli.destination import Output, read_output, write_csv
from forecaster.cli.frame import TextCommand, new_app
from forecaster.cli.progress import Progress
from forecaster.cli.request import (
    BASELINE,
    Asked,
    Request,
    Subject,
    find_folder,
    prepare_request,
)
from forecaster.cli.streams import Streams, open_streams
from forecaster.errors import ExitCode, InputError, UnreliableFit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.forecasts.forecast import Forecast

app = new_app()


@app.command(cls=TextCommand)
@asks(
    "until", "as_of", "basis", "kind", "latent", "without_judgements", "sets", "given",
    "priors", "workspace", "coverage", "engine", "model", "draws", "seed", "no_cache",
    "allow_unreliable",
)  # fmt: skip
def forecast_command(
    *,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SERIES|FORMULA|FILE...",
            help="Series of the workspace, formulas over them such as 'us-spend / cn-spend', "
            "CSV files with the columns period and value, or - for standard input.",
            show_default=False,
        ),
    ] = None,
    asked: Asked,
    scenarios: flags.Scenarios = None,
    core: flags.Core = False,
    workers: flags.Workers = "1",
    csv: flags.Csv = None,
    layout: flags.Layout = None,
    json: flags.Json = False,
    quiet: flags.Quiet = False,
) -> None:
    """Forecast series, or CSV files, with bands.

    forecaster forecast hyperscaler-big4-capex --until 2030 --csv bands.csv
    """
    streams = open_streams(is_quiet=quiet)
    output = read_output(csv, layout, is_json=json)
    n_workers = options.read_workers(workers)
    chosen = names_asked(names or [], is_core=core, workspace=asked.workspace)
    forecasts: list[Forecast] = []
    failures: list[UnreliableFit] = []
    is_joint = output.layout == "draws" and len(chosen) > 1
    for scenario in scenarios or [BASELINE]:
        there = replace(asked, scenario=scenario)
        if is_joint:
            forecasts += draw_one_world(prepare_request(chosen, there, streams), streams)
            continue
        found = find_forecasts(chosen, there, n_workers=n_workers, streams=streams)
        if asked.priors:
            usual = replace(there, priors=())
            before = find_forecasts(chosen, usual, n_workers=n_workers, streams=streams)
            found = with_shifts(found[0], before[0], asked.priors), found[1]
        forecasts += found[0]
        failures += found[1]
    _deliver(forecasts, failures, output, streams)


def names_asked(names: Sequence[str], *, is_core: bool, workspace: str | None) -> list[str]:
    """Return the series named, after the core series where these are asked for.

    Raises
    ------
    InputError
        If there is nothing to forecast.
    """
    if is_core:
        from forecaster.workspace.reader import load_entries

        entries = load_entries(find_folder(workspace))
        core = [name for name, entry in entries.items() if entry.core]
        if not core:
            raise InputError(
                problem="the workspace marks no series as core",
                where="--core",
                fix="set 'core' to true in series.csv, or name the series",
            )
        names = [*core, *(name for name in names if name not in core)]
    if not names:
        raise InputError(
            problem="there is nothing to forecast",
            where="SERIES",
            fix="name a series, a formula or a file, or add --core",
        )
    return list(names)


def find_forecasts(
    names: Sequence[str], asked: Asked, *, n_workers: int, streams: Streams
) -> tuple[list[Forecast], list[UnreliableFit]]:
    """Return the forecasts of series, formulas and files: those kept from earlier, the others new.

    Returns
    -------
    forecasts, failures : both in the order asked for

    Raises
    ------
    InputError
        At the first fault of the arguments, the workspace, a file, or a history.
    """
    from forecaster.cli.recall import Recall

    recall = Recall(names, asked, streams)
    kept = recall.find(names)
    if len(kept) == len(names):
        return list(kept.values()), []
    request = prepare_request(names, asked, streams)
    left = [s for name, s in zip(names, request.subjects, strict=True) if name not in kept]
    missing = replace(request, subjects=tuple(left))
    outcomes = iter(make_outcomes(missing, n_workers=n_workers, streams=streams))
    every = {name: kept[name] if name in kept else next(outcomes) for name in names}
    found = {name: made for name, made in every.items() if not isinstance(made, UnreliableFit)}
    recall.keep({name: forecast for name, forecast in found.items() if name not in kept})
    failures = [made for made in every.values() if isinstance(made, UnreliableFit)]
    return list(found.values()), failures


def with_shifts(
    forecasts: Sequence[Forecast], before: Sequence[Forecast], priors: tuple[str, ...]
) -> list[Forecast]:
    """Return forecasts on changed beliefs, each beside the one on those of the files.

    Parameters
    ----------
    before : any of the same series; where a fit failed its checks there is nothing to set beside
    """
    from forecaster.forecasts.prior_shift import with_prior_shift

    usual = {forecast.history.entry.id: forecast for forecast in before}
    return [
        with_prior_shift(after, usual[after.history.entry.id], priors)
        if after.history.entry.id in usual
        else after
        for after in forecasts
    ]


def make_outcomes(
    request: Request, *, n_workers: int, streams: Streams
) -> list[Forecast | UnreliableFit]:
    """Return the forecast of every series of a request, or why its fit is unreliable, in order."""
    from forecaster.cli.workers import forecast_each

    made: list[Forecast | UnreliableFit] = []
    with Progress(streams, _step(request, 0)) as progress:
        for outcome in forecast_each(request, n_workers=n_workers, announce=progress.note):
            made.append(outcome)
            if len(made) < len(request.subjects):
                progress.update(_step(request, len(made)))
    return made


def draw_one_world(request: Request, streams: Streams) -> list[Forecast]:
    """Forecast every series of a request so that draw k of all of them is one world.

    Files have nothing to do with the workspace's series, nor with one another.

    Raises
    ------
    InputError, UnreliableFit
        As the pipeline.
    """
    with Progress(streams, "drawing joint paths") as progress:
        found: dict[str, Forecast] = {}
        groups: dict[int, list[Subject]] = {}
        for subject in request.subjects:
            groups.setdefault(id(subject.facts), []).append(subject)
        for group in groups.values():
            names = [subject.series for subject in group]
            run = group[0].run(request.settings, progress.note)
            found |= zip(names, run.one_world(names), strict=True)
    return [found[subject.series] for subject in request.subjects]


def forecast_one(name: str, asked: Asked) -> Forecast:
    """Return the forecast of one series or file.

    Raises
    ------
    InputError
        If the series, its facts or an argument is at fault.
    UnreliableFit
        If the fit fails its checks.
    """
    streams = open_streams(is_quiet=True)
    forecasts, failures = find_forecasts([name], asked, n_workers=1, streams=streams)
    for failure in failures:
        raise failure
    return forecasts[0]


def _step(request: Request, n_done: int) -> str:
    """Return what is being done, for the spinner."""
    name = request.subjects[n_done].series
    n_series = len(request.subjects)
    return f"fitting {name}" + (f" ({n_done + 1} of {n_series})" if n_series > 1 else "")


def _deliver(
    forecasts: Sequence[Forecast],
    failures: Sequence[UnreliableFit],
    output: Output,
    streams: Streams,
) -> None:
    """Write the forecasts, then complain about the fits that failed, and end with 3 if any did."""
    if forecasts:
        _write(forecasts, output, streams)
    for failure in failures:
        streams.complain(str(failure))
    if failures:
        raise typer.Exit(ExitCode.UNRELIABLE)


def _write(forecasts: Sequence[Forecast], output: Output, streams: Streams) -> None:
    """Write what was asked for; the screen where stdout is not wanted for data."""
    write_csv(forecasts, output, streams)
    if output.is_json:
        from forecaster.output.json_output import forecast_record

        streams.write_json([forecast_record(forecast) for forecast in forecasts])
    elif output.destination != "-":
        from forecaster.output.forecast_screen import print_forecasts

        print_forecasts(forecasts, streams.console())
