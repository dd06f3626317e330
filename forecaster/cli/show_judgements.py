"""Look up the judgements about a series for `show --judgements`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.cli.options import default_horizon
from forecaster.errors import InputError
from forecaster.workspace.faults import quoted

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    from forecaster.forecasts.judgement_lines import JudgementTable


def look_up_judgements(
    series: str,
    *,
    as_of: date,
    basis: str | None,
    workspace: Path,
    announce: Callable[[str], None],
) -> JudgementTable:
    """Return the judgements about a series, with our forecasts of their days.

    Raises
    ------
    InputError
        If there is no such series, or the judgements are at fault.
    """
    from forecaster.forecasts.judgement_lines import tabulate_judgements
    from forecaster.forecasts.settings import Settings
    from forecaster.workspace.beliefs import load_beliefs
    from forecaster.workspace.reader import load_facts

    facts = load_facts(workspace, [series])
    settings = Settings(as_of=as_of, until=default_horizon(as_of), basis=basis)
    beliefs = load_beliefs(workspace, [series])
    return tabulate_judgements(facts, series, beliefs, settings, announce=announce)


def is_fitted_jointly(series: str, workspace: Path) -> bool:
    """Say whether a series is forecast as a part of a whole or a member of a group."""
    from forecaster.workspace.beliefs import load_beliefs
    from forecaster.workspace.families import JOINT_FAMILIES, family_of
    from forecaster.workspace.reader import load_entries

    entry = load_entries(workspace)[series]
    return family_of(entry, load_beliefs(workspace, [series]), "") in JOINT_FAMILIES


def refuse_file(name: str) -> InputError:
    """Return the error about a file, of which the workspace has no judgements."""
    return InputError(
        problem=f"{quoted(name)} is a file, and judgements are about series of the workspace",
        where="--judgements",
        fix="name a series of the workspace, or leave the flag out",
    )
