"""The command `check`: whether the model of a series can be trusted, and how much."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecaster.cli import flags
from forecaster.cli.asking import asks
from forecaster.cli.frame import TextCommand, new_app
from forecaster.cli.progress import Progress
from forecaster.cli.request import Asked, find_folder, prepare_request
from forecaster.cli.streams import open_streams
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.cli.request import Subject
    from forecaster.evaluation.check import Check
    from forecaster.pipeline import Settings
    from forecaster.workspace.facts import SeriesEntry

app = new_app()

_ALONE = {
    "composition": "in a forecast this series is a part of a whole, which has one family and no "
    "pool; what is checked here is the series by itself",
    "pooled": "in a forecast this series borrows from its group, which has one family and no pool; "
    "what is checked here is the series by itself",
}
_WITHOUT = {
    "derived": "it is computed from {others}: check those, for it has no fit of its own",
    "judgement-only": "it rests on a believed level and no figures, so there is no fit, no "
    "evidence and no history to hold against it; 'forecaster priors show {series}' draws what is "
    "believed",
    "custom": "its model is your own: NUTS tells whether it converged when it forecasts, and "
    "weights, evidence and sensitivity are not known of it",
}


@frozen
class NothingToCheck:
    """A series of which there is no fit to check.

    Attributes
    ----------
    name : the series or formula, as asked
    entry : None for a formula
    reason : why, a sentence without its full stop
    """

    name: str
    entry: SeriesEntry | None
    reason: str


@app.command(cls=TextCommand)
@asks(
    "until", "as_of", "basis", "kind", "workspace", "model", "draws", "seed",
    coverages=(), engine="amis", use_cache=False, allow_unreliable=True,
)  # fmt: skip
def check_command(
    *,
    name: flags.SeriesOrFile,
    asked: Asked,
    nuts: Annotated[
        bool,
        typer.Option(
            "--nuts",
            help="Also hold the fit against NUTS, which takes half a minute.",
            rich_help_panel=flags.HOW,
        ),
    ] = False,
    json: flags.Json = False,
    quiet: flags.Quiet = False,
) -> None:
    """Check the fit of a series: weights, evidence, predictive checks, sensitivity.

    forecaster check cn-ai-chip-domestic-share
    """
    streams = open_streams(is_quiet=quiet)
    with Progress(streams, f"checking {name}") as progress:
        found = find_check(name, asked, with_nuts=nuts, announce=progress.note)
    if json:
        streams.write_json(record_of(found))
        return
    console = streams.console()
    if isinstance(found, NothingToCheck):
        from forecaster.output.layout import put
        from forecaster.output.plain import safe_text

        put(console, safe_text(f"Nothing to check of '{found.name}': {found.reason}."))
        return
    from forecaster.output.check_screen import print_check

    print_check(found, console)


def record_of(found: Check | NothingToCheck) -> dict[str, Any]:
    """Return the checks, or why there are none, as a record for machines."""
    if isinstance(found, NothingToCheck):
        return {"series": found.name, "applies": False, "reason": found.reason}
    from forecaster.output.check_record import check_record

    return check_record(found)


def find_check(
    name: str,
    asked: Asked,
    *,
    with_nuts: bool = False,
    announce: Callable[[str], None] | None = None,
) -> Check | NothingToCheck:
    """Return the checks of one series, or why there is nothing to check.

    Parameters
    ----------
    with_nuts : also sample with NUTS

    Raises
    ------
    InputError
        If the series, its facts or an argument is at fault.
    """
    streams = open_streams(is_quiet=announce is None)
    request = prepare_request([name], asked, streams)
    (subject,) = request.subjects
    return _check(
        subject,
        request.settings,
        workspace=asked.workspace,
        with_nuts=with_nuts,
        announce=announce or streams.note,
    )


def _check(
    subject: Subject,
    settings: Settings,
    *,
    workspace: str | None,
    with_nuts: bool,
    announce: Callable[[str], None],
) -> Check | NothingToCheck:
    """Check the series by itself, where it has figures."""
    from forecaster.evaluation.check import check_single
    from forecaster.workspace.families import family_of
    from forecaster.workspace.pool_beliefs import load_pools

    series = subject.series
    entry = subject.facts.entries.get(series)
    if entry is None or series in subject.definitions:
        from forecaster.workspace.formulas import parse_formula

        formula = subject.definitions.get(series) or parse_formula(series)
        reason = _WITHOUT["derived"].format(others=", ".join(dict.fromkeys(formula.series)))
        return NothingToCheck(series, entry, reason)
    family = family_of(entry, subject.beliefs, settings.model)
    if family in _WITHOUT:
        return NothingToCheck(series, entry, _WITHOUT[family].format(series=series))
    run = subject.run(settings, announce)
    job = run.job(series, family="pool" if family in _ALONE else family)
    if not job.history.data:
        return NothingToCheck(series, entry, _WITHOUT["judgement-only"].format(series=series))
    found = check_single(
        job,
        subject.beliefs,
        settings,
        pool=load_pools(find_folder(workspace))[entry.kind],
        with_nuts=with_nuts,
        announce=announce,
    )
    return replace(found, notes=(*([_ALONE[family]] if family in _ALONE else []), *found.notes))
