"""Turn what was asked into checked input of the pipeline, before anything is fitted."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from forecaster.cli import options
from forecaster.errors import InputError
from forecaster.models import MODELS
from forecaster.workspace.facts import KINDS
from forecaster.workspace.faults import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from forecaster.cli.streams import Streams
    from forecaster.pipeline import Settings
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import Facts, SeriesEntry

ENGINES = ("amis", "nuts", "brute-force")
PYTHON_SETTINGS = (
    "coverages",
    "engine",
    "model",
    "n_draws",
    "seed",
    "basis",
    "kind",
    "workspace",
    "latent",
    "allow_unreliable",
    "use_cache",
)
"""What the functions of the package take beside the series, the horizon and the as-of day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a user asked for, apart from which series.

    Attributes
    ----------
    as_of, until : as typed; None for the defaults
    horizon : name of the argument that `until` came from
    coverages : nominal probabilities, ascending
    is_typed : whether it came from flags; errors then name '--as-of' and not 'as_of'
    """

    as_of: str | None
    until: str | None
    coverages: tuple[float, ...]
    engine: str
    model: str
    n_draws: int
    seed: int
    basis: str | None = None
    kind: str | None = None
    workspace: str | None = None
    horizon: str = "until"
    latent: bool = False
    allow_unreliable: bool = False
    use_cache: bool = True
    is_typed: bool = True

    def label(self, name: str) -> str:
        """Return how the user knows an argument: a flag, or a name in Python."""
        return f"--{name}" if self.is_typed else name.replace("-", "_")


def asked_in_python(
    *, until: str | None, as_of: str | None, horizon: str, settings: Mapping[str, Any]
) -> Asked:
    """Return what was asked for by arguments of a Python call, checked as flags are.

    Parameters
    ----------
    settings : any of the fields of `Asked`; what is missing has the default of the command line

    Raises
    ------
    InputError
        If a name is unknown, or a value is out of range.
    """
    from forecaster.pipeline import DEFAULT_COVERAGES, DEFAULT_DRAWS, DEFAULT_SEED

    for name in settings:
        options.read_choice(name, flag="arguments", known=PYTHON_SETTINGS)
    given = {
        "coverages": DEFAULT_COVERAGES,
        "engine": "amis",
        "model": "trend",
        "n_draws": DEFAULT_DRAWS,
        "seed": DEFAULT_SEED,
        **settings,
    }
    given["coverages"] = options.check_coverages(given["coverages"], flag="coverages")
    options.check_whole_number(
        given["n_draws"], flag="n_draws", least=options.FEWEST_DRAWS, most=options.MOST_DRAWS
    )
    options.check_whole_number(given["seed"], flag="seed", least=0, most=options.MOST_SEED)
    return Asked(until=until, as_of=as_of, horizon=horizon, is_typed=False, **given)


@dataclass(frozen=True, slots=True)
class Subject:
    """One series to forecast, with its facts."""

    facts: Facts
    series: str

    @property
    def entry(self) -> SeriesEntry:
        """What the series measures."""
        return self.facts.entries[self.series]


@dataclass(frozen=True, slots=True)
class Request:
    """Input that the pipeline can run on.

    Attributes
    ----------
    subjects : in the order asked for
    """

    subjects: tuple[Subject, ...]
    beliefs: Beliefs
    settings: Settings


def prepare_request(names: Sequence[str], asked: Asked, streams: Streams) -> Request:
    """Read and check everything that a forecast of these series needs.

    Parameters
    ----------
    names : ids of series, paths of CSV files, or '-' for stdin

    Raises
    ------
    InputError
        At the first fault of the arguments, the workspace, a file, or a history.
    """
    from forecaster.workspace.beliefs import load_beliefs

    settings = _read_settings(asked, today=streams.today)
    workspace = find_folder(asked.workspace)
    subjects = load_subjects(
        names,
        kind=asked.kind,
        kind_flag=asked.label("kind"),
        workspace=workspace,
        stdin=streams.stdin,
    )
    for subject in subjects:
        _check_history(subject, settings, asked)
    return Request(subjects, load_beliefs(workspace), settings)


def find_folder(workspace: str | None) -> Path:
    """Return the workspace folder asked for, or the default one."""
    from forecaster.workspace.reader import find_workspace

    return find_workspace(None if workspace is None else Path(workspace))


def _read_settings(asked: Asked, *, today: date) -> Settings:
    """Read the arguments that concern every series."""
    from forecaster.pipeline import Settings

    options.read_choice(asked.engine, flag=asked.label("engine"), known=ENGINES)
    options.read_choice(asked.model, flag=asked.label("model"), known=MODELS)
    as_of = read_as_of(asked.as_of, flag=asked.label("as-of"), today=today)
    until = options.default_horizon(as_of)
    if asked.until is not None:
        until = options.read_horizon(asked.until, flag=asked.label(asked.horizon), as_of=as_of)
    return Settings(
        as_of=as_of,
        until=until,
        coverages=asked.coverages,
        engine=asked.engine,
        model=asked.model,
        n_draws=asked.n_draws,
        seed=asked.seed,
        basis=asked.basis,
        latent=asked.latent,
        allow_unreliable=asked.allow_unreliable,
        use_cache=asked.use_cache,
    )


def read_as_of(text: str | None, *, flag: str, today: date) -> date:
    """Return the as-of day: the one typed, or today."""
    return today if text is None else options.read_day(text, flag=flag, today=today)


def load_subjects(
    names: Sequence[str],
    *,
    kind: str | None,
    kind_flag: str,
    workspace: Path,
    stdin: BinaryIO,
) -> tuple[Subject, ...]:
    """Read the facts of every series and file, in the order asked for.

    Parameters
    ----------
    kind : what the files hold; not needed for series
    kind_flag : how the user knows that argument

    Raises
    ------
    InputError
        If a series is unknown, a file is faulty, `kind` is missing or unknown, or two of them
        have one name.
    """
    from forecaster.workspace.reader import load_facts

    series = [name for name in names if not is_file_name(name)]
    shared = load_facts(workspace, series) if series else None
    subjects = []
    for name in names:
        if is_file_name(name):
            subjects.append(_read_file(name, kind=kind, flag=kind_flag, stdin=stdin))
        else:
            assert shared is not None
            subjects.append(Subject(shared, name))
    _check_distinct(subjects)
    return tuple(subjects)


def is_file_name(name: str) -> bool:
    """Say whether a name means a file, or stdin, and not a series of the workspace."""
    is_path = name == "-" or name.lower().endswith(".csv") or os.sep in name
    return is_path or os.path.isfile(name)  # noqa: PTH113  # a name of any length is no error here


def _read_file(name: str, *, kind: str | None, flag: str, stdin: BinaryIO) -> Subject:
    """Read a CSV file as a series of its own."""
    from forecaster.workspace.bare_file import read_bare

    if kind is None:
        raise InputError(
            problem=f"it is not said what {quoted(name)} holds",
            where=flag,
            fix=f"add {flag} with one of {', '.join(KINDS)}",
        )
    known_kind = options.read_choice(kind, flag=flag, known=KINDS)
    facts = read_bare(name, kind=known_kind, stdin=stdin)
    (series,) = facts.entries
    return Subject(facts, series)


def _check_distinct(subjects: Sequence[Subject]) -> None:
    """Check that no two results would have one name."""
    seen = set()
    for subject in subjects:
        if subject.series in seen:
            raise InputError(
                problem=f"the series {quoted(subject.series)} is asked for twice",
                where="SERIES",
                fix="name each series once, and give files different names",
            )
        seen.add(subject.series)


def _check_history(subject: Subject, settings: Settings, asked: Asked) -> None:
    """Check that something is known of the series, and that the horizon lies after it.

    The horizon of `reach` may lie before the last figure: the level may have been reached.
    """
    from forecaster.workspace.history import known_by

    history = known_by(subject.facts, subject.series, as_of=settings.as_of, basis=settings.basis)
    if asked.horizon == "until":
        figures = [row for row in history.published if row.basis == history.target_basis]
        last = max((row.period for row in figures), key=lambda period: period.end)
        options.check_after_history(settings.until, flag=asked.label("until"), last=last)
