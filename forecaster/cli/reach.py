"""The command `reach`: how likely a series reaches a level, and when."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecaster.cli import flags  # noqa: TC001  # typer reads the annotations
from forecaster.cli.asking import asks
from forecaster.cli.destination import Output, read_output, write_csv
from forecaster.cli.frame import TextCommand, new_app
from forecaster.cli.progress import Progress
from forecaster.cli.request import Asked, prepare_request
from forecaster.cli.streams import Streams, open_streams
from forecaster.errors import InputError
from forecaster.forecasts.forecast import Settled

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.forecasts.forecast import Reach

app = new_app()

_NEGATIVE = re.compile(r"-[0-9.]")


class LevelCommand(TextCommand):
    """A command whose last argument may be a number below zero, which is then no flag."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put negative numbers behind a `--`, unless they are the value of a flag."""
        takes_value = {
            flag
            for param in self.get_params(ctx)
            if not getattr(param, "is_flag", True)
            for flag in param.opts
        }
        rest: list[str] = []
        levels: list[str] = []
        for previous, argument in zip(["", *args], args, strict=False):
            is_level = _NEGATIVE.match(argument) and previous not in takes_value
            (levels if is_level else rest).append(argument)
        if levels and "--" not in args:
            args = [*rest, "--", *levels]
        return super().parse_args(ctx, args)


@app.command(cls=LevelCommand)
@asks(
    "by", "as_of", "basis", "kind", "latent", "without_judgements", "scenario", "sets", "given",
    "priors", "workspace", "coverage", "engine", "model", "draws", "seed", "no_cache",
    "allow_unreliable",
)  # fmt: skip
def reach_command(
    *,
    name: flags.SeriesOrFile,
    level: Annotated[
        str,
        typer.Argument(
            metavar="LEVEL",
            help="Such as 40%, 0.4, '200bn USD' or 1.5e3.",
            show_default=False,
        ),
    ],
    asked: Asked,
    below: flags.Below = False,
    csv: flags.Csv = None,
    layout: flags.Layout = None,
    json: flags.Json = False,
    quiet: flags.Quiet = False,
) -> None:
    """Say how likely a series reaches a level, and when.

    forecaster reach cn-ai-chip-domestic-share 40% --by 2027
    """
    streams = open_streams(is_quiet=quiet)
    output = read_output(csv, layout, is_json=json)
    with Progress(streams, f"fitting {name}") as progress:
        reach = find_reach(name, level, asked, below=below, announce=progress.note)
        if asked.priors and not isinstance(reach, Settled):
            usual = replace(asked, priors=())
            before = find_reach(name, level, usual, below=below, announce=progress.note)
            reach = with_shift(reach, before, asked.priors)
    _write(reach, output, streams)


def with_shift(reach: Reach, before: Reach | Settled, priors: tuple[str, ...]) -> Reach:
    """Return an answer on changed beliefs beside the one on those of the files."""
    from forecaster.forecasts.prior_shift import with_prior_shift

    if isinstance(before, Settled):  # history settles a question whatever is believed
        return reach
    chances = float(before.by_period[-1]), float(reach.by_period[-1])
    errors = float(before.mcse[-1]), float(reach.mcse[-1])
    shifted = with_prior_shift(reach.forecast, before.forecast, priors)
    assert shifted.prior_shift is not None
    shift = replace(shifted.prior_shift, chances=chances, chance_errors=errors)
    return replace(reach, forecast=replace(shifted, prior_shift=shift))


def find_reach(
    name: str,
    level: str,
    asked: Asked,
    *,
    below: bool,
    announce: Callable[[str], None] | None = None,
) -> Reach | Settled:
    """Return how likely a series reaches a level by each period, or what history has settled.

    Raises
    ------
    InputError
        If the series, its facts, the level or another argument is at fault.
    UnreliableFit
        If the fit fails its checks.
    """
    from forecaster.cli.recall import Recall
    from forecaster.forecasts.answers import count_reach
    from forecaster.workspace.levels import parse_level

    streams = open_streams(is_quiet=announce is None)
    recall = Recall([name], asked, streams)
    if kept := recall.find([name]):
        number = parse_level(level, kept[name].history.entry)
        return count_reach(kept[name], number, below=below)
    request = prepare_request([name], asked, streams)
    (subject,) = request.subjects
    number = parse_level(level, subject.entry)

    from forecaster.forecasts.answers import settle

    if subject.facts.rows.get(subject.series):
        settled = settle(subject.facts, subject.series, request.settings, level=number, below=below)
        if settled is not None:
            return settled
    run = subject.run(request.settings, announce or streams.note)
    forecast = run.forecast(subject.series)
    recall.keep({name: forecast})
    return count_reach(forecast, number, below=below)


def _write(answer: Reach | Settled, output: Output, streams: Streams) -> None:
    """Write the bands and the answer that were asked for."""
    if isinstance(answer, Settled):
        _write_settled(answer, output, streams)
        return
    write_csv([answer.forecast], output, streams)
    if output.is_json:
        from forecaster.output.json_output import reach_record

        streams.write_json(reach_record(answer))
    elif output.destination != "-":
        from forecaster.output.forecast_screen import print_reach

        print_reach(answer, streams.console())


def _write_settled(answer: Settled, output: Output, streams: Streams) -> None:
    """Print an answer that history has given; it has no bands."""
    if output.destination:
        raise InputError(
            problem=f"every figure up to {answer.by} is published, so there are no bands to write",
            where="--csv",
            fix="leave out --csv to see the answer, or ask for a later period",
        )
    if output.is_json:
        from forecaster.output.json_output import settled_record

        streams.write_json(settled_record(answer))
    else:
        from forecaster.output.forecast_screen import print_settled

        print_settled(answer, streams.console())
