"""Walk from three quantiles to a belief in the workspace: ask, fit, show, confirm, write."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import forecaster
from forecaster.cli import options
from forecaster.cli.elicitation import (
    MEANING,
    WHAT,
    Elicited,
    ask,
    ask_quantiles,
    check_with_library,
    fit_quantiles,
    import_library,
    parse_quantiles,
    parse_value,
    scale_of,
)
from forecaster.cli.request import find_folder
from forecaster.errors import InputError
from forecaster.output.atomic import unwritable
from forecaster.output.belief_toml import NewBelief, new_file, with_belief, write_belief
from forecaster.records import frozen
from forecaster.workspace.belief_tables import TableReader, open_table
from forecaster.workspace.faults import printable
from forecaster.workspace.folders import SHIPPED_PRIORS
from forecaster.workspace.periods import parse_period
from forecaster.workspace.quantile_fit import Contradiction, percent, probit

if TYPE_CHECKING:
    from forecaster.cli.streams import Streams
    from forecaster.workspace.facts import History, SeriesEntry
    from forecaster.workspace.natural_units import NaturalScale

SHOWN_LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
"""Of the fitted distribution, beside those that were stated."""
_FAMILY = {"level": "judgement-only", "cap": "substitution"}


@frozen
class ElicitRequest:
    """What was asked for, as typed.

    Attributes
    ----------
    quantiles : None to be asked
    at : level of a share, or period of a level; None for the default
    out : file to write; None for the workspace's
    """

    series: str
    what: str
    quantiles: str | None
    at: str | None
    reason: str | None
    workspace: str | None
    out: str | None


def elicit(request: ElicitRequest, streams: Streams) -> str:
    """Write what is believed about a series into its file; return the file's name, '' for none.

    Raises
    ------
    InputError
        If an argument or an answer is at fault, the library is missing, or the file cannot be
        written; every file is then as it was.
    """
    from forecaster.workspace.reader import load_facts
    from forecaster.workspace.rests_on import history_or_none

    options.read_choice(request.what, flag="--what", known=WHAT)
    folder = find_folder(request.workspace)
    facts = load_facts(folder, [request.series])
    entry = facts.entries[request.series]
    target = find_target(request, folder)
    before = target.read_bytes() if target.is_file() else None
    text = None if before is None else _readable(target, before)
    history = history_or_none(facts, request.series, as_of=streams.today)
    at = find_at(request, entry, history, today_year=streams.today.year)
    scale = scale_of(request.what, entry, at if isinstance(at, float) else None)
    elicited = _elicited(request, scale, streams)
    reason = request.reason or _reason(request, streams)
    belief = NewBelief(request.what, elicited.quantiles, scale.unit, reason, at)
    if text is None:
        family = (
            "pool" if history and request.what == "level" else _FAMILY.get(request.what, "pool")
        )
        changed = new_file(belief, title=entry.title, family=family)
    else:
        changed = with_belief(text, belief, path=target)
    _check_file(changed, target, entry, history)
    show_fit(elicited, request, streams)
    if request.quantiles is None and not _is_confirmed(target, streams):
        streams.note("nothing was written")
        return ""
    _make_folder(target)
    write_belief(target, changed, before=before)
    return str(target)


def find_target(request: ElicitRequest, folder: Path) -> Path:
    """Return the file to write.

    Raises
    ------
    InputError
        If it would lie inside the program, where an update would overwrite it.
    """
    from forecaster.workspace.reader import SHIPPED

    if request.out is not None:
        target = Path(request.out)
        if target.suffix != ".toml":
            raise InputError(
                problem=f"'{printable(request.out)}' is no TOML file",
                where="--out",
                fix=f"name one that ends in .toml, such as {request.series}.toml",
            )
    else:
        target = folder / "priors" / "series" / f"{request.series}.toml"
    package = Path(forecaster.__file__).resolve().parent
    is_shipped = request.out is None and folder.resolve() == SHIPPED.resolve()
    if is_shipped or package in target.resolve().parents:
        raise InputError(
            problem="the workspace that ships with the program is not changed by it",
            where="--workspace",
            fix="name a workspace of your own with --workspace DIR, or a file with --out FILE",
        )
    return target


def find_at(
    request: ElicitRequest, entry: SeriesEntry, history: History | None, *, today_year: int
) -> float | str | None:
    """Return the level at which points are meant, or the period that a level is of.

    Raises
    ------
    InputError
        If it is neither typed nor to be found in the history, or has no meaning here.
    """
    needs_level = entry.kind == "share" and request.what in ("growth", "volatility")
    if not needs_level and request.what != "level":
        if request.at is not None:
            raise InputError(
                problem=f"'{request.what}' of this series is at no level",
                where="--at",
                fix="leave --at away",
            )
        return None
    if request.what == "level":
        return _period(request.at or str(today_year - 1))
    if request.at is not None:
        try:
            return parse_value(request.at, unit="fraction")
        except Contradiction as error:
            fix = "type the share at which points are meant, such as --at 40%"
            raise InputError(problem=error.problem, where="--at", fix=fix) from None
    figures = [row.value for row in history.data] if history else []
    if figures and 0.0 < figures[-1] < 1.0:
        return round(figures[-1], 2) or figures[-1]
    raise InputError(
        problem="points of a share mean nothing without a level, and there is no last figure",
        where="--at",
        fix="type the share at which points are meant, such as --at 40%",
    )


def _period(text: str) -> str:
    """Return a period as it is written."""
    try:
        return str(parse_period(text))
    except ValueError as error:
        fix = "type the period that the level is of, such as --at 2025 or --at 2025-06"
        raise InputError(problem=str(error), where="--at", fix=fix) from None


def _elicited(request: ElicitRequest, scale: NaturalScale, streams: Streams) -> Elicited:
    """Return the quantiles, typed or asked for, checked against the library's fit."""
    if request.quantiles is None:
        import_library()  # before the questions: nobody should answer them in vain
        return ask_quantiles(
            scale, meaning=MEANING[request.what], streams=streams, check=check_with_library
        )
    try:
        elicited = fit_quantiles(parse_quantiles(request.quantiles, unit=scale.unit), scale)
    except Contradiction as error:
        raise InputError(problem=error.problem, where="--quantiles", fix=error.fix) from None
    check_with_library(elicited)
    return elicited


def _readable(path: Path, payload: bytes) -> str:
    """Return the text of a file of beliefs that is there already; a fault in it is told first."""
    open_table(path)
    return payload.decode("utf-8")


def _reason(request: ElicitRequest, streams: Streams) -> str:
    """Return the reason, asked for, or that it was typed on this day."""
    default = f"elicited on {streams.today}"
    if request.quantiles is not None:
        return default
    return ask(f"Reason, on one line (Enter for '{default}'): ", streams) or default


def _check_file(text: str, path: Path, entry: SeriesEntry, history: History | None) -> None:
    """Check that the file to be written can be read, and leaves room above the last figure."""
    from forecaster.workspace.beliefs import load_beliefs
    from forecaster.workspace.series_beliefs import check_cap, read_series_prior

    trend = load_beliefs(SHIPPED_PRIORS.parent).trend[entry.kind]
    prior = read_series_prior(TableReader(path, tomllib.loads(text)), entry, trend)
    if history is not None:
        check_cap(prior, history)


def show_fit(elicited: Elicited, request: ElicitRequest, streams: Streams) -> None:
    """Print the fitted distribution beside what was stated."""
    from forecaster.output.digits import format_number
    from forecaster.output.layout import put, put_table

    scale, fit = elicited.scale, elicited.fit
    console = streams.console()
    put(console, f"The {MEANING[request.what]} of {request.series}, in {scale.unit}:")
    levels = sorted({*elicited.quantiles, *SHOWN_LEVELS})
    rows = [
        [
            percent(level),
            format_number(elicited.quantiles[level]) if level in elicited.quantiles else "",
            format_number(scale.from_normal(fit.mean + probit(level) * fit.sd)),
        ]
        for level in levels
    ]
    put_table(console, ["quantile", "stated", "fitted"], rows)
    name = {"normal": "normal", "lognormal": "log-normal", "logitnormal": "logit-normal"}
    put(
        console,
        f"A {name[scale.distribution]} distribution: mean {fit.mean:.4g} and sd {fit.sd:.4g} in "
        f"{scale.normal_unit}; PreliZ finds the same.",
    )


def _is_confirmed(target: Path, streams: Streams) -> bool:
    """Ask whether to write."""
    answer = ask(f"Write this to {printable(str(target))}? [y/N] ", streams)
    return answer.lower() in ("y", "yes", "是")


def _make_folder(target: Path) -> None:
    """Make the folder of a workspace's beliefs where there is none yet."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(str(target), error) from error
