"""Read the default priors of the model families."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecaster.workspace.belief_tables import (
    SHIPPED_PRIORS,
    LogNormal,
    Normal,
    TableReader,
    belief_file,
    open_table,
)
from forecaster.workspace.facts import KINDS, QUALITIES, RELATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = [
    "SHIPPED_PRIORS",
    "THETA_NAMES",
    "Beliefs",
    "LogNormal",
    "Normal",
    "Reader",
    "TrendPrior",
    "load_beliefs",
    "read_families",
]

Reader = TableReader
"""What the readers of other tables call it."""

THETA_NAMES = ("s_l", "s_b", "tau", "s_o")
"""The hyperparameters of the trend family, in the order of every theta array."""


@dataclass(frozen=True, slots=True)
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
    """

    theta: tuple[LogNormal, ...]
    drift: Normal
    level_sd: float
    thin_level: Normal | None
    floor_noise: float
    offset_sd: Mapping[str, float]
    quality_sd: Mapping[str, float]
    predictive: Mapping[int, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Beliefs:
    """Everything that a user may edit under `priors/`.

    Attributes
    ----------
    trend : kind -> default prior of the trend family
    hash : sha256 of the files read, for manifests and cache keys
    """

    trend: Mapping[str, TrendPrior]
    hash: str


def load_beliefs(workspace: Path) -> Beliefs:
    """Read the workspace's priors, or the shipped ones where it has none.

    Raises
    ------
    InputError
        If the file cannot be read, is no TOML, or a prior is missing or out of range.
    """
    reader, payload = read_families(workspace)
    quality_sd = {name: reader.number(f"measurement.{name}", least=0.0) for name in QUALITIES}
    trend = {kind: _trend_prior(reader, kind, quality_sd) for kind in KINDS}
    return Beliefs(trend=trend, hash=hashlib.sha256(payload).hexdigest())


def read_families(workspace: Path) -> tuple[TableReader, bytes]:
    """Return a reader of the workspace's families.toml, or of the shipped one, and its bytes.

    Raises
    ------
    InputError
        If the file cannot be read or is no TOML.
    """
    return open_table(belief_file(workspace, "families.toml"))


def _trend_prior(reader: TableReader, kind: str, quality_sd: Mapping[str, float]) -> TrendPrior:
    """Read the table `[trend.<kind>]`."""
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
