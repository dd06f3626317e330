"""Parts and members made by hand for backtests of joint families."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.workspace.facts import Facts

from .small_series import entry_of, row_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def joint_facts(
    values: Mapping[str, Sequence[str]], *, first: int = 2010, **fields: object
) -> Facts:
    """Return facts of some annual series, each from `first` on; blank values are no figures."""
    entries, rows = {}, {}
    for name, texts in values.items():
        entries[name] = entry_of(id=name, region=name, **fields)
        rows[name] = tuple(
            replace(row_of(str(first + k), text), series=name)
            for k, text in enumerate(texts)
            if text
        )
    return Facts(entries, rows, "hash")


def whole(values: Mapping[str, Sequence[str]], *, first: int = 2010) -> Facts:
    """Return facts of the parts of the composition 'market'."""
    return joint_facts(values, first=first, kind="share", composition="market")


def group(values: Mapping[str, Sequence[str]], *, first: int = 2010) -> Facts:
    """Return facts of the members of one group."""
    return joint_facts(values, first=first, iamc_variable="Trade|Sales")
