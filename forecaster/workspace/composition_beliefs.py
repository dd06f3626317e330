"""Read the prior of compositions: shares that sum to one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.records import frozen
from forecaster.workspace.belief_tables import open_table
from forecaster.workspace.beliefs import THETA_NAMES, read_families
from forecaster.workspace.folders import SHIPPED_PRIORS
from forecaster.workspace.reader import SHIPPED

if TYPE_CHECKING:
    from pathlib import Path

    from forecaster.workspace.belief_tables import TableReader
    from forecaster.workspace.beliefs import Beliefs, TrendPrior


@frozen
class CompositionPrior:
    """What is believed about a composition before its histories.

    Attributes
    ----------
    share : prior of one part's logit, in the words of the trend family: its scales are those of a
        share whose complement is split among the other parts at random (see models/composition)
    entry_sd : error of the rest before a part's first figure, log units
    """

    share: TrendPrior
    entry_sd: float


def load_composition_prior(workspace: Path, beliefs: Beliefs) -> CompositionPrior:
    """Read the table `[composition]` of families.toml.

    Parameters
    ----------
    beliefs : gives the measurement errors, which all families share

    Raises
    ------
    InputError
        If the file cannot be read, or a prior is missing or out of range.
    """
    reader, _ = read_families(workspace)
    return read_composition_prior(reader, beliefs.trend["share"])


def read_composition_prior(reader: TableReader, trend: TrendPrior) -> CompositionPrior:
    """Read the table `[composition]`; `trend` is the prior of shares of the trend family.

    Raises
    ------
    InputError
        If it is missing or out of range.
    """
    share = replace(
        trend,
        theta=tuple(reader.log_normal(f"composition.{name}") for name in THETA_NAMES),
        drift=reader.normal("composition.drift"),
        level_sd=reader.number("composition.level_sd", least=0.0),
        thin_level=None,
        floor_noise=reader.number("composition.floor_noise", least=1e-4),
        offset_sd={
            name: reader.number(f"composition.offset.{name}", least=0.0) for name in trend.offset_sd
        },
        predictive={
            1: reader.quantiles("composition.prior_predictive.one_year"),
            5: reader.quantiles("composition.prior_predictive.five_years"),
        },
    )
    return CompositionPrior(share, reader.number("composition.entry_sd", least=1e-4))


COMPOSITIONS_FILE = "compositions.toml"


def load_chosen_parts(workspace: Path) -> dict[str, tuple[str, ...]]:
    """Return composition -> the series that are its parts, where not all are.

    Raises
    ------
    InputError
        If the file cannot be read, or a table of it lacks its list of series or a reason.
    """
    reader = open_compositions(workspace)
    return {} if reader is None else {name: read_parts(reader, name) for name in reader.table}


def open_compositions(workspace: Path) -> TableReader | None:
    """Return a reader of `priors/compositions.toml`; None where there is no such file.

    The shipped choice belongs to the shipped facts.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    own = workspace / "priors" / COMPOSITIONS_FILE
    is_shipped = workspace.resolve() == SHIPPED.resolve()
    path = own if own.is_file() or not is_shipped else SHIPPED_PRIORS / COMPOSITIONS_FILE
    return open_table(path)[0] if path.is_file() else None


def read_parts(reader: TableReader, name: str) -> tuple[str, ...]:
    """Read the series that are the parts of one composition.

    Raises
    ------
    InputError
        If the table has no list of two series or more, or no reason.
    """
    parts = reader.find(f"{name}.parts")
    if not isinstance(parts, list) or len(parts) < 2 or not all(map(_is_text, parts)):
        problem = f"'{name}.parts' is not a list of two series or more"
        raise reader.fault(f"{name}.parts", problem, 'write parts = ["a", "b"]')
    reader.text(f"{name}.reason")
    return tuple(parts)


def _is_text(value: object) -> bool:
    """Say whether a value of a table is a text."""
    return isinstance(value, str)
