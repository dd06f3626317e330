"""Read what the families of one series believe beyond the trend: jumps, and the cap of a share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.records import frozen
from forecaster.workspace.facts import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.workspace.belief_tables import LogNormal, TableReader


@frozen
class JumpPrior:
    """What is believed of jumps of the level.

    Attributes
    ----------
    rate : jumps a year
    size : sd of one jump, link units (typical changes for kind real)
    """

    rate: LogNormal
    size: LogNormal


def read_jump_priors(reader: TableReader) -> Mapping[str, JumpPrior]:
    """Read the tables `[jumps.<kind>]` of families.toml.

    Raises
    ------
    InputError
        If a prior is missing or out of range.
    """
    return {kind: read_jump_prior(reader, kind) for kind in KINDS}


def read_jump_prior(reader: TableReader, kind: str) -> JumpPrior:
    """Read the table of one kind; same errors."""
    return JumpPrior(
        reader.log_normal(f"jumps.{kind}.rate"), reader.log_normal(f"jumps.{kind}.size")
    )
