"""Gather faults of the input so that all of them are reported at once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from forecaster.errors import Fault, FaultyInput, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SHOWN_PER_RULE = 3
"""Faults of one rule in one file that are shown; the others are counted."""

_LONGEST_QUOTE = 60


def printable(text: str) -> str:
    """Return the text with every control or invisible character escaped, safe for a terminal."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def quoted(text: str) -> str:
    """Return the user's own text in quotes, escaped and cut to a readable length."""
    if len(text) > _LONGEST_QUOTE:
        text = text[:_LONGEST_QUOTE] + "..."
    return f"'{printable(text)}'"


def nearest_names(
    word: str, known: Iterable[str], *, n: int = 3, likeness: float = 0.6
) -> list[str]:
    """Return up to `n` known names that look like `word`, the likeliest first."""
    import difflib  # only a mistake needs it

    names = list(known)
    by_folded = {name.casefold(): name for name in names}
    matches = difflib.get_close_matches(word.strip().casefold(), by_folded, n, likeness)
    return [by_folded[near] for near in matches]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `did you mean 'a' or 'b'?`, or an empty text when nothing is near."""
    near = nearest_names(word, known)
    return f"did you mean {' or '.join(map(quoted, near))}?" if near else ""


class CellError(Exception):
    """One cell breaks a rule; the reader that knows the file and line makes a `Fault` of it.

    Attributes
    ----------
    rule : a short name of the rule, by which faults are counted
    problem, fix : as in `Fault`
    """

    def __init__(self, rule: str, problem: str, fix: str) -> None:
        self.rule = rule
        self.problem = problem
        self.fix = fix
        super().__init__(problem)

    def as_input_error(self, where: str) -> InputError:
        """Return the error for input that has only this one cell."""
        return InputError(problem=self.problem, where=where, fix=self.fix)


class FaultList:
    """Faults in the order in which they were met, at most three of a rule in each file."""

    def __init__(self) -> None:
        self._faults: list[tuple[str, str, Fault]] = []
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, rule: str, fault: Fault, *, file: str) -> None:
        """Note one fault of a rule in a file."""
        self._counts[rule, file] += 1
        if self._counts[rule, file] <= SHOWN_PER_RULE:
            self._faults.append((rule, file, fault))

    def add_cell(self, error: CellError, *, file: str, line: int) -> None:
        """Note the fault of a cell at its line."""
        where = f"{printable(file)}, line {line}"
        self.add(error.rule, Fault(error.problem, where, error.fix), file=file)

    def extend(self, faults: Sequence[Fault], *, file: str) -> None:
        """Note faults that another reader has already counted."""
        self._faults.extend(("", file, fault) for fault in faults)

    def __len__(self) -> int:
        return len(self._faults)

    def faults(self) -> list[Fault]:
        """Return the faults shown, and after the last of a rule the count of the rest."""
        last = {(rule, file): i for i, (rule, file, _) in enumerate(self._faults)}
        found = []
        for i, (rule, file, fault) in enumerate(self._faults):
            found.append(fault)
            n_more = self._counts[rule, file] - SHOWN_PER_RULE
            if n_more > 0 and last[rule, file] == i:
                lines = "1 more line has" if n_more == 1 else f"{n_more} more lines have"
                found.append(Fault(f"{lines} the same fault: {rule}", printable(file)))
        return found

    def raise_any(self) -> None:
        """Raise what was found.

        Raises
        ------
        FaultyInput
            If any fault was noted.
        """
        if self._faults:
            raise FaultyInput(self.faults())
