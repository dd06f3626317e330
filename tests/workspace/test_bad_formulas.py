"""Bad formulas: each case of `bad_formulas.txt` gives its whole message.

The file reads like a terminal, as tests/cli/bad_input.txt does; its series are the shipped ones.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from forecaster.errors import InputError
from forecaster.workspace.derived_series import resolve_formula
from forecaster.workspace.formulas import is_formula, parse_formula
from forecaster.workspace.reader import find_workspace, load_entries

PROMPT = "$ forecaster "
NO_SIGNS_OF_THEIR_OWN = "a minus without spaces, or words side by side"


def _cases():
    """Return (formula, expected message) of every case."""
    text = (Path(__file__).parent / "bad_formulas.txt").read_text(encoding="utf-8")
    cases = []
    for block in text.split(PROMPT)[1:]:
        command, _, message = block.partition("\n")
        (formula,) = shlex.split(command)[1:]
        cases.append((formula, message.rstrip("\n")))
    return cases


CASES = _cases()


@pytest.mark.parametrize(("formula", "message"), CASES, ids=[formula for formula, _ in CASES])
def test_a_bad_formula_is_told_in_whole(formula, message):
    entries = load_entries(find_workspace(None))
    with pytest.raises(InputError) as caught:
        resolve_formula(parse_formula(formula), entries=entries, definitions={})
    assert str(caught.value) == message


def test_most_bad_formulas_are_known_for_formulas():
    # the others reach `forecaster forecast` as unknown series or files, whose messages fit as well
    entries = load_entries(find_workspace(None))
    others = [formula for formula, _ in CASES if not is_formula(formula, entries)]
    assert len(others) <= 3, others
    assert len(CASES) >= 35
