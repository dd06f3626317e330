"""Read the default priors of the model families, and find those of single series."""

from __future__ import annotations

import hashlib
import re
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.records import frozen
from forecaster.workspace.belief_tables import (
    LogNormal,
    Normal,
    TableReader,
    belief_file,
    open_table,
)
from forecaster.workspace.facts import KINDS, QUALITIES, RELATIONS
from forecaster.workspace.folders import SHIPPED_PRIORS
from forecaster.workspace.pool_beliefs import load_pools
from forecaster.workspace.series_beliefs import (
    Cap,
    SeriesPrior,
    default_prior,
    read_series_prior,
)
from forecaster.workspace.single_beliefs import JumpPrior, read_jump_priors

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from forecaster.workspace.drivers import Intervention
    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.prior_changes import Change

__all__ = [
    "SERIES_ID",
    "SHIPPED_PRIORS",
    "THETA_NAMES",
    "Beliefs",
    "LogNormal",
    "Normal",
    "Reader",
    "SeriesPrior",
    "TrendPrior",
    "load_beliefs",
    "names_in_formula",
    "read_families",
    "series_folder",
]

Reader = TableReader
"""What the readers of other tables call it."""

_SHIPPED_DATA = Path(__file__).resolve().parent.parent / "data"
_OTHER_FILES = ("pool.toml", "drivers.toml", "experts.toml", "compositions.toml")
"""What else a forecast may hang on; read where it is needed, hashed here."""
SERIES_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
"""An id of a series; in a formula a minus has blanks around it. Nothing else names a file."""

THETA_NAMES = ("s_l", "s_b", "tau", "s_o")
"""The hyperparameters of the trend family, in the order of every theta array."""


@frozen
class TrendPrior:
    """What is believed about a trend before its history, on the link scale.

    Attributes
    ----------
    theta : hyperparameters in the order of THETA_NAMES
    drift : the long-run rate d
    level_sd : sd of the level at the first datum, about the first datum
    thin_level : the level's prior when there are fewer than two values; None keeps level_sd
    floor_noise : least measurement sd of a value
    offset_sd : relation -> sd of the offset of a basis that is so related
    quality_sd : quality mark -> measurement sd in log units
    predictive : horizon in years -> quantiles at 2.5, 10, 50, 90 and 97.5%, as documented
    basis_offset_sd : basis -> sd of its offset, where the series states one of its own
    """

    theta: tuple[LogNormal, ...]
    drift: Normal
    level_sd: float
    thin_level: Normal | None
    floor_noise: float
    offset_sd: Mapping[str, float]
    quality_sd: Mapping[str, float]
    predictive: Mapping[int, tuple[float, ...]]
    basis_offset_sd: Mapping[str, float] = field(default_factory=dict)


@frozen
class Beliefs:
    """Everything that a user may edit under `priors/`.

    Attributes
    ----------
    trend : kind -> default prior of the trend family
    jumps : kind -> prior of jumps
    cap : prior of the cap of a share, where the series states none
    workspace : folder that they belong to
    events : dated events that moved the series asked for
    pool : kind -> weights of the families that are fitted side by side
    hash : sha256 of the files read at loading, for manifests and cache keys: families.toml and
        the beliefs about the series named then
    folder : where the beliefs about single series lie; None where the workspace has none
    has_drivers : whether the workspace's drivers are about these series; not of a bare file
    changes : beliefs that are others in this run than in the files
    """

    trend: Mapping[str, TrendPrior]
    jumps: Mapping[str, JumpPrior]
    cap: Cap
    hash: str
    workspace: Path = field(compare=False)
    events: tuple[Intervention, ...] = ()
    pool: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    folder: Path | None = field(default=None, compare=False)
    has_drivers: bool = True
    changes: tuple[Change, ...] = ()
    _files: dict[str, tuple[TableReader, bytes] | None] = field(
        default_factory=dict, compare=False, repr=False
    )

    def of(self, entry: SeriesEntry) -> SeriesPrior:
        """Return what is believed about a series of the workspace; its file is read when needed.

        Raises
        ------
        InputError
            If the file is at fault; file, key path and fix are named.
        """
        found = _series_file(self.folder, entry.id, self._files, self.changes)
        if found is None:
            return self.by_kind(entry)
        return read_series_prior(found[0], entry, self.trend[entry.kind])

    def without_series(self) -> Beliefs:
        """Return the defaults alone: a file has no beliefs of its own, whatever its name."""
        return replace(self, folder=None, events=(), has_drivers=False, changes=(), _files={})

    def by_kind(self, entry: SeriesEntry) -> SeriesPrior:
        """Return the prior of a series of which nothing is stated, such as a bare file's."""
        return default_prior(entry, self.trend[entry.kind])


def load_beliefs(
    workspace: Path, series: Collection[str] = (), changes: Sequence[Change] = ()
) -> Beliefs:
    """Read the workspace's priors, or the shipped ones where it has none.

    Of the beliefs about single series only those named are read, and those that their formulas
    name. A workspace other than the shipped one falls back to nothing there: what is believed about
    a series holds for the facts that it was stated about.

    Parameters
    ----------
    series : every series that takes part, parts of a composition and members of a group included,
        so that `hash` covers what is believed about them
    changes : beliefs that are others in this run

    Raises
    ------
    InputError
        If a file cannot be read, is no TOML, or a default prior is missing or out of range.
    """
    reader, payload = read_families(workspace)
    quality_sd = read_quality_sd(reader)
    trend = {kind: read_trend_prior(reader, kind, quality_sd) for kind in KINDS}
    folder = series_folder(workspace)
    files: dict[str, tuple[TableReader, bytes] | None] = {}
    waiting = list(series)
    while waiting:
        name = waiting.pop()
        if name not in files and (found := _series_file(folder, name, files, changes)) is not None:
            waiting += names_in_formula(str(found[0].find("formula") or ""))
    digest = hashlib.sha256(payload)
    for name, file in sorted(files.items()):
        if file is not None:
            digest.update(f"\n{name}\n".encode() + file[1])
    for change in changes:
        digest.update(f"\n{change.text}\n".encode())
    cap = reader.normal("substitution.cap")
    pools = load_pools(workspace)
    for name in _OTHER_FILES:
        path = belief_file(workspace, name)
        if path.is_file():
            digest.update(path.read_bytes())
    return Beliefs(
        trend=trend,
        jumps=read_jump_priors(reader),
        cap=Cap(cap.mean, cap.sd),
        workspace=workspace,
        pool={kind: pool.weights for kind, pool in pools.items()},
        hash=digest.hexdigest(),
        folder=folder,
        changes=tuple(changes),
        _files=files,
    )


def names_in_formula(formula: str) -> list[str]:
    """Return the words of a formula that may be ids of series, in their order."""
    return SERIES_ID.findall(formula)


def series_folder(workspace: Path) -> Path | None:
    """Return where a workspace keeps its beliefs about single series, if it does."""
    own = workspace / "priors" / "series"
    if own.is_dir():
        return own
    return SHIPPED_PRIORS / "series" if workspace.resolve() == _SHIPPED_DATA else None


def _series_file(
    folder: Path | None,
    name: str,
    files: dict[str, tuple[TableReader, bytes] | None],
    changes: Sequence[Change],
) -> tuple[TableReader, bytes] | None:
    """Return the file about one series, read once, as this run changes it; None for no file."""
    if name not in files:
        path = folder / f"{name}.toml" if folder and SERIES_ID.fullmatch(name) else None
        found = open_table(path) if path and path.is_file() else None
        if found is not None and (own := [each for each in changes if each.target == name]):
            from forecaster.workspace.prior_changes import changed_table

            table = changed_table(found[0].table, own, file=str(path))
            found = TableReader(found[0].path, table), found[1]
        files[name] = found
    return files[name]


def read_families(workspace: Path) -> tuple[TableReader, bytes]:
    """Return a reader of the workspace's families.toml, or of the shipped one, and its bytes.

    Raises
    ------
    InputError
        If the file cannot be read or is no TOML.
    """
    return open_table(belief_file(workspace, "families.toml"))


def read_quality_sd(reader: TableReader) -> dict[str, float]:
    """Read the table `[measurement]`: quality mark -> measurement sd in log units.

    Raises
    ------
    InputError
        If a number is missing or below zero.
    """
    return {name: reader.number(f"measurement.{name}", least=0.0) for name in QUALITIES}


def read_trend_prior(reader: TableReader, kind: str, quality_sd: Mapping[str, float]) -> TrendPrior:
    """Read the table `[trend.<kind>]`.

    Raises
    ------
    InputError
        If it is missing or out of range.
    """
    at = f"trend.{kind}"
    thin = f"{at}.thin_level"
    return TrendPrior(
        theta=tuple(reader.log_normal(f"{at}.{name}") for name in THETA_NAMES),
        drift=reader.normal(f"{at}.drift"),
        level_sd=reader.number(f"{at}.level_sd", least=0.0),
        thin_level=reader.normal(thin) if reader.has(thin) else None,
        floor_noise=reader.number(f"{at}.floor_noise", least=1e-4),
        offset_sd={r: reader.number(f"{at}.offset.{r}", least=0.0) for r in RELATIONS},
        quality_sd=quality_sd,
        predictive={
            1: reader.quantiles(f"{at}.prior_predictive.one_year"),
            5: reader.quantiles(f"{at}.prior_predictive.five_years"),
        },
    )
