"""Find out what a text that names a series or a formula measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.records import frozen
from forecaster.workspace.faults import did_you_mean, quoted
from forecaster.workspace.formulas import is_formula, parse_formula

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import SeriesEntry


@frozen
class Target:
    """What is forecast, asked about or seen.

    Attributes
    ----------
    text : id of a series, or a formula as it was written
    entry : what it measures, in which unit; of a formula, of the series that it makes
    series : ids of the series named, one for a series
    is_formula : whether it is a formula
    """

    text: str
    entry: SeriesEntry
    series: tuple[str, ...]
    is_formula: bool = False


class Targets:
    """Look texts up in a workspace; beliefs are read once, and only for formulas."""

    def __init__(
        self,
        workspace: Path,
        entries: Mapping[str, SeriesEntry],
        *,
        beliefs: Beliefs | None = None,
    ) -> None:
        self._workspace = workspace
        self._entries = entries
        self._beliefs = beliefs
        self._found: dict[str, Target] = {}

    def find(self, text: str, *, place: str = "") -> Target:
        """Return what a text measures.

        Parameters
        ----------
        place : file and key that it comes from, for messages; empty for the command line

        Raises
        ------
        InputError
            If it is neither a series nor a formula over series of the workspace.
        """
        text = text.strip()
        if text not in self._found:
            if text in self._entries:
                self._found[text] = Target(text, self._entries[text], (text,))
            elif is_formula(text, self._entries):
                self._found[text] = self._formula(text, place)
            else:
                fix = did_you_mean(text, self._entries) or "choose one that 'forecaster list' shows"
                problem = f"there is no series {quoted(text)}"
                raise InputError(problem=problem, where=place, fix=fix)
        return self._found[text]

    def _formula(self, text: str, place: str) -> Target:
        """Return what a formula makes."""
        from forecaster.workspace.beliefs import load_beliefs  # series alone need none of these
        from forecaster.workspace.derived_series import check_names, resolve_formula
        from forecaster.workspace.families import needs_of

        formula = parse_formula(text, place=place)
        check_names(formula, self._entries)
        if self._beliefs is None:
            self._beliefs = load_beliefs(self._workspace)
        needs = needs_of([text], self._entries, self._beliefs, "")
        resolved = resolve_formula(formula, entries=self._entries, definitions=needs.definitions)
        return Target(text, resolved.entry, formula.series, is_formula=True)
