"""Read the priors of groups whose members share a common factor."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.records import frozen
from forecaster.workspace.beliefs import THETA_NAMES, read_families

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from forecaster.workspace.beliefs import Beliefs, LogNormal, Normal, Reader, TrendPrior

POOLED_KINDS = ("positive", "share", "count")
"""Kinds whose groups have a prior: running totals and real quantities have no common scale."""
POOLED_NAMES = (*THETA_NAMES, "s_f_l", "s_f_b")
"""The hyperparameters of the pooled family, in the order of every theta array."""


@frozen
class PooledPrior:
    """What is believed about a group before its histories, on the link scale.

    Attributes
    ----------
    own : a member's own part: its scales, its drift's deviation from the group's, and the levels,
        offsets and measurement errors of the trend family
    factor : s_f_l and s_f_b; tau is shared with the own parts
    drift : the long-run rate that the group shares
    predictive : horizon in years -> quantiles at 2.5, 10, 50, 90 and 97.5% of a member's level, as
        documented for the trend family
    """

    own: TrendPrior
    factor: tuple[LogNormal, LogNormal]
    drift: Normal
    predictive: Mapping[int, tuple[float, ...]]

    @property
    def theta(self) -> tuple[LogNormal, ...]:
        """All hyperparameters in the order of POOLED_NAMES."""
        return (*self.own.theta, *self.factor)


def load_pooled_prior(workspace: Path, kind: str, beliefs: Beliefs) -> PooledPrior:
    """Read the prior of groups of one kind.

    Parameters
    ----------
    beliefs : gives what a member's own part shares with the trend family

    Raises
    ------
    InputError
        If groups of this kind have no prior, or it is missing or out of range.
    """
    if kind not in POOLED_KINDS:
        raise InputError(
            problem=f"series of kind '{kind}' cannot be pooled",
            where=f"the pooled family has priors for the kinds {', '.join(POOLED_KINDS)}",
            fix="forecast the series alone with --model trend",
        )
    reader, _ = read_families(workspace)
    return read_pooled_prior(reader, kind, beliefs.trend[kind])


def read_pooled_prior(reader: Reader, kind: str, trend: TrendPrior) -> PooledPrior:
    """Read the table `[pooled.<kind>]`; `trend` is the kind's prior of the trend family.

    Raises
    ------
    InputError
        If it is missing or out of range.
    """
    at = f"pooled.{kind}"
    predictive = {
        1: reader.quantiles(f"{at}.prior_predictive.one_year"),
        5: reader.quantiles(f"{at}.prior_predictive.five_years"),
    }
    own = replace(
        trend,
        theta=tuple(reader.log_normal(f"{at}.{name}") for name in THETA_NAMES),
        drift=reader.normal(f"{at}.drift_deviation"),
        predictive=predictive,
    )
    level, slope = (reader.log_normal(f"{at}.{name}") for name in POOLED_NAMES[len(THETA_NAMES) :])
    return PooledPrior(own, (level, slope), reader.normal(f"{at}.drift"), predictive)
