"""Turn what was asked into checked input of the pipeline, before anything is fitted."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from forecaster.cli import options
from forecaster.errors import InputError
from forecaster.models import MODELS
from forecaster.records import frozen
from forecaster.workspace.facts import KINDS
from forecaster.workspace.faults import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import date

    from forecaster.cli.streams import Streams
    from forecaster.pipeline import Run, Settings
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import Facts, SeriesEntry
    from forecaster.workspace.formulas import Formula

ENGINES = ("amis", "nuts", "brute-force")
PYTHON_SETTINGS = (
    "coverages", "engine", "model", "n_draws", "seed", "basis", "kind", "workspace", "latent",
    "allow_unreliable", "use_cache", "without_judgements", "scenario", "sets", "given", "priors",
)  # fmt: skip
"""What the functions of the package take beside the series, the horizon and the as-of day."""
BASELINE = "baseline"
"""The scenario that forces nothing; the settings of the pipeline, which has more to load, call it
the same."""


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
    without_judgements: bool = False
    scenario: str = BASELINE
    sets: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    priors: tuple[str, ...] = ()
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
    from forecaster.forecasts.settings import DEFAULT_COVERAGES, DEFAULT_DRAWS, DEFAULT_SEED

    for name in settings:
        options.read_choice(name, flag="arguments", known=PYTHON_SETTINGS)
    given = {
        "coverages": DEFAULT_COVERAGES,
        "engine": "amis",
        "model": "",
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


@frozen
class Subject:
    """One series or formula to forecast, with its facts and what is believed.

    Attributes
    ----------
    facts : of the series, and of all that its forecast rests on
    series : id of the series, or a formula
    beliefs : of the workspace; of a file the defaults of its kind
    definitions : id -> formula, of derived series
    """

    facts: Facts
    series: str
    beliefs: Beliefs
    definitions: Mapping[str, Formula] = field(default_factory=dict)

    @property
    def entry(self) -> SeriesEntry:
        """What the series, or the formula, measures."""
        found = self.facts.entries.get(self.series)
        if found is not None:
            return found
        from forecaster.workspace.derived_series import resolve_formula
        from forecaster.workspace.formulas import parse_formula

        formula = parse_formula(self.series)
        resolved = resolve_formula(
            formula, entries=self.facts.entries, definitions=self.definitions
        )
        return resolved.entry

    def run(self, settings: Settings, announce: Callable[[str], None]) -> Run:
        """Return the run that forecasts it, and whatever shares its facts."""
        from forecaster.pipeline import Run

        return Run(self.facts, self.beliefs, settings, announce, self.definitions)


@frozen
class Request:
    """Input that the pipeline can run on.

    Attributes
    ----------
    subjects : in the order asked for
    """

    subjects: tuple[Subject, ...]
    settings: Settings


def prepare_request(names: Sequence[str], asked: Asked, streams: Streams) -> Request:
    """Read and check everything that a forecast of these series needs.

    Parameters
    ----------
    names : ids of series, formulas over them, paths of CSV files, or '-' for stdin

    Raises
    ------
    InputError
        At the first fault of the arguments, the workspace, a file, or a history.
    """
    settings = read_settings(asked, today=streams.today)
    workspace = find_folder(asked.workspace)
    subjects = load_subjects(
        names,
        kind=asked.kind,
        kind_flag=asked.label("kind"),
        workspace=workspace,
        stdin=streams.stdin,
        model=settings.model,
        priors=settings.priors,
    )
    for subject in subjects:
        _check_history(subject, settings, asked)
    return Request(subjects, settings)


def find_folder(workspace: str | None) -> Path:
    """Return the workspace folder asked for, or the default one."""
    from forecaster.workspace.folders import find_workspace

    return find_workspace(None if workspace is None else Path(workspace))


def read_settings(asked: Asked, *, today: date) -> Settings:
    """Read the arguments that concern every series.

    Raises
    ------
    InputError
        At the first that is at fault.
    """
    from forecaster.forecasts.settings import Settings

    options.read_choice(asked.engine, flag=asked.label("engine"), known=ENGINES)
    if asked.model and ":" not in asked.model:
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
        without_judgements=asked.without_judgements,
        scenario=asked.scenario,
        sets=asked.sets,
        given=asked.given,
        priors=asked.priors,
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
    model: str = "",
    priors: Sequence[str] = (),
) -> tuple[Subject, ...]:
    """Read the facts of every series and file, in the order asked for.

    Parameters
    ----------
    kind : what the files hold; not needed for series
    kind_flag : how the user knows that argument
    model : family asked for, which decides what else must be read
    priors : beliefs that are others in this run, as typed

    Raises
    ------
    InputError
        If a series is unknown, a file or a formula is faulty, `kind` is missing or unknown, or two
        of them have one name.
    """
    from forecaster.cli.changing import check_part, check_readable
    from forecaster.workspace.beliefs import load_beliefs
    from forecaster.workspace.prior_changes import parse_changes
    from forecaster.workspace.reader import load_entries

    entries = load_entries(workspace) if any(map(_may_be_a_series, names)) else {}
    files = [name for name in names if is_file_name(name, entries)]
    targets = [name for name in names if name not in files]
    changes = parse_changes(priors, names)
    beliefs = load_beliefs(workspace, targets, changes)
    check_readable(beliefs, entries)
    shared = load_shared(workspace, targets, entries, beliefs, model) if targets else None
    check_part(changes, shared.facts if shared else None)
    subjects = []
    for name in names:
        if name in files:
            facts = _read_file(name, kind=kind, flag=kind_flag, stdin=stdin)
            (series,) = facts.entries
            subjects.append(Subject(facts, series, beliefs.without_series()))
        else:
            assert shared is not None
            subjects.append(replace(shared, series=name))
    _check_distinct(subjects)
    return tuple(subjects)


def _may_be_a_series(name: str) -> bool:
    """Say whether a name must be looked up in the workspace to know what it means."""
    return name != "-" and not name.lower().endswith(".csv")


def load_shared(
    workspace: Path,
    targets: Sequence[str],
    entries: Mapping[str, SeriesEntry],
    beliefs: Beliefs,
    model: str,
) -> Subject:
    """Return the facts and beliefs that the series and formulas of a workspace share."""
    from forecaster.workspace.drivers import load_interventions
    from forecaster.workspace.families import check_formulas, needs_of
    from forecaster.workspace.reader import load_facts

    needs = needs_of(targets, entries, beliefs, model)
    check_formulas(targets, entries, needs.definitions)
    facts = load_facts(workspace, needs.series, entries=entries)
    events = load_interventions(workspace, entries, only=needs.series)
    return Subject(facts, "", replace(beliefs, events=events), needs.definitions)


def _refuse_for_formula(subject: Subject, asked: Asked) -> None:
    """Refuse what a formula has no use for: its series have families and bases of their own."""
    for name, value in (("model", asked.model), ("basis", asked.basis)):
        if value and value != "derived":
            raise InputError(
                problem=f"{quoted(subject.series)} is a formula, which has no {name} of its own",
                where=asked.label(name),
                fix=f"leave it out; the series of the formula are forecast by their own {name}",
            )


def is_file_name(name: str, known: Collection[str] = ()) -> bool:
    """Say whether a name means a file, or stdin, and not a series or a formula.

    Parameters
    ----------
    known : ids of series, by which a formula with a slash is told from a path
    """
    if name == "-" or name.lower().endswith(".csv"):
        return True
    if os.path.isfile(name):  # noqa: PTH113  # a name of any length is no error here
        return True
    if os.sep not in name:
        return False
    from forecaster.workspace.formulas import is_formula

    return not is_formula(name, known)


def _read_file(name: str, *, kind: str | None, flag: str, stdin: BinaryIO) -> Facts:
    """Read a CSV file as a series of its own."""
    from forecaster.workspace.bare_file import read_bare

    if kind is None:
        raise InputError(
            problem=f"it is not said what {quoted(name)} holds",
            where=flag,
            fix=f"add {flag} with one of {', '.join(KINDS)}",
        )
    known_kind = options.read_choice(kind, flag=flag, known=KINDS)
    return read_bare(name, kind=known_kind, stdin=stdin)


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

    The horizon of `reach` may lie before the last figure: the level may have been reached. What
    is not forecast from a history of its own is left to the pipeline.
    """
    from forecaster.workspace.families import family_of
    from forecaster.workspace.history import known_by

    entry = subject.facts.entries.get(subject.series)
    if entry is None or subject.series in subject.definitions:
        _refuse_for_formula(subject, asked)
        return
    family = family_of(entry, subject.beliefs, settings.model)
    is_bare = not subject.facts.rows.get(subject.series)
    if family == "judgement-only" or (is_bare and subject.beliefs.of(entry).level is not None):
        return

    history = known_by(subject.facts, subject.series, as_of=settings.as_of, basis=settings.basis)
    if asked.horizon == "until":
        figures = [row for row in history.published if row.basis == history.target_basis]
        last = max((row.period for row in figures), key=lambda period: period.end)
        options.check_after_history(settings.until, flag=asked.label("until"), last=last)
