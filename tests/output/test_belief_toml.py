"""A belief written into a file: what it says is changed, and nothing beside it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.errors import InputError
from forecaster.output.belief_toml import NewBelief, new_file, toml_text, with_belief, write_belief

BELIEF = NewBelief("growth", {0.05: -0.1, 0.5: 0.1, 0.95: 0.4}, "fraction a year", "why", None)
FILE = """\
# our own notes
family = "pool"   # for now
reason = "old"

[growth]  # asked in May
quantiles = { "5%" = 0, "95%" = 1 }
# Mary was sure of this
unit = "fraction a year"
reason = "old"

[level]
quantiles = { "5%" = 1, "95%" = 2 }
at = "2025"
unit = "USD billion"
reason = "old"
"""
PATH = Path("x.toml")


def test_a_belief_is_replaced_and_all_else_stays():
    changed = with_belief(FILE, BELIEF, path=PATH)
    assert changed == FILE.replace(
        'quantiles = { "5%" = 0, "95%" = 1 }\n# Mary was sure of this\n'
        'unit = "fraction a year"\nreason = "old"\n\n[level]',
        'quantiles = { "5%" = -0.1, "50%" = 0.1, "95%" = 0.4 }\nunit = "fraction a year"\n'
        'reason = "why"\n# Mary was sure of this\n\n[level]',
    )


def test_a_new_belief_goes_to_the_end():
    belief = NewBelief("cap", {0.05: 0.6, 0.95: 0.9}, "fraction", "why")
    changed = with_belief(FILE, belief, path=PATH)
    assert changed.startswith(FILE)
    assert tomllib.loads(changed)["cap"] == belief.table()


def test_writing_the_same_twice_changes_nothing_more():
    once = with_belief(FILE, BELIEF, path=PATH)
    assert with_belief(once, BELIEF, path=PATH) == once


def test_carriage_returns_are_kept():
    changed = with_belief(FILE.replace("\n", "\r\n"), BELIEF, path=PATH)
    assert changed == with_belief(FILE, BELIEF, path=PATH).replace("\n", "\r\n")


@pytest.mark.parametrize(
    "text",
    [
        'reason = "x"\ngrowth = { unit = "x" }\n',
        'reason = "x"\ngrowth.unit = "x"\n',
        'reason = "x"\n[growth]\nreason = """\nunit = "of two lines"\n"""\n',
        'reason = "x"\n[growth]\nextra = [\n[1],\n]\n',
    ],
    ids=["inline", "dotted", "text-of-several-lines", "array-of-several-lines"],
)
def test_a_file_written_another_way_is_left_to_its_owner(text):
    with pytest.raises(InputError) as caught:
        with_belief(text, BELIEF, path=PATH)
    (fault,) = caught.value.faults
    assert "cannot be changed in this file" in fault.problem
    assert 'quantiles = { "5%" = -0.1' in fault.fix


def test_a_new_file_reads_back():
    found = tomllib.loads(new_file(BELIEF, title="A title", family="pool"))
    assert found == {"family": "pool", "reason": "why", "growth": BELIEF.table()}


@given(st.text())
def test_any_text_is_one_line_of_toml(text):
    line = toml_text(text)
    assert "\n" not in line
    assert isinstance(tomllib.loads(f"x = {line}")["x"], str)


def test_a_file_that_changed_meanwhile_is_not_written(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text("new", encoding="utf-8")
    with pytest.raises(InputError, match="changed while this was asked"):
        write_belief(path, "mine", before=b"old")
    with pytest.raises(InputError, match="changed while this was asked"):
        write_belief(path, "mine", before=None)
    assert path.read_text(encoding="utf-8") == "new"
    write_belief(path, "mine", before=b"new")
    assert path.read_text(encoding="utf-8") == "mine"
