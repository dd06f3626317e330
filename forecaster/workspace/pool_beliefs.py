"""Read how much each family of a kind's pool is worth: `priors/pool.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.records import frozen
from forecaster.workspace.belief_tables import belief_file, open_table
from forecaster.workspace.facts import KINDS
from forecaster.workspace.faults import did_you_mean, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from forecaster.workspace.belief_tables import TableReader

POOL_FILE = "pool.toml"
POOL_FAMILIES = ("trend", "walk", "jumps", "substitution")
"""Families that fit one series by itself, and so can stand side by side."""
_WORDS = ("reason", "n_folds", "evidence")
_ROUNDING = 5e-3
"""Weights are written with two or three digits; their sum may be off by so much."""


@frozen
class PoolPrior:
    """The weights of one kind's families, before a series has folds of its own.

    Attributes
    ----------
    weights : family -> weight, summing to one; families of no weight are not among them
    reason : why these
    n_folds : figures to come that they were found on
    evidence : what was measured
    """

    weights: Mapping[str, float]
    reason: str
    n_folds: int
    evidence: str


def load_pools(workspace: Path) -> Mapping[str, PoolPrior]:
    """Return the pool of every kind, from the workspace's pool.toml or the shipped one.

    Raises
    ------
    InputError
        If the file cannot be read or is no TOML, a kind is missing, or its weights are at fault.
    """
    reader, _ = open_table(belief_file(workspace, POOL_FILE))
    return {kind: read_pool(reader, kind) for kind in KINDS}


def read_pool(reader: TableReader, kind: str) -> PoolPrior:
    """Read the table `[pool.<kind>]`.

    Raises
    ------
    InputError
        If it is missing, names no family of the kind, or its weights do not sum to one.
    """
    at = f"pool.{kind}"
    table = reader.find(at)
    if not isinstance(table, dict):
        raise reader.fault(at, f"the pool of kind '{kind}' is missing", f"write a table [{at}]")
    known = [name for name in POOL_FAMILIES if name != "substitution" or kind == "share"]
    for key in table:
        if key not in (*known, *_WORDS):
            fix = did_you_mean(key, known) or f"use {', '.join(known)}"
            raise reader.fault(f"{at}.{key}", f"{quoted(key)} is no family of this kind", fix)
    given = {name: reader.number(f"{at}.{name}", least=0.0) for name in known if name in table}
    total = sum(given.values())
    if abs(total - 1) > _ROUNDING:
        raise reader.fault(at, f"the weights of '{at}' sum to {total:g}", "make them sum to 1")
    return PoolPrior(
        weights={name: weight / total for name, weight in given.items() if weight > 0},
        reason=reader.text(f"{at}.reason"),
        n_folds=int(reader.number(f"{at}.n_folds", least=0.0)),
        evidence=reader.text(f"{at}.evidence"),
    )
