"""The level that the question bank asks about."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecaster.errors import InputError
from forecaster.workspace.asked_level import AskedLevel, asked_level
from forecaster.workspace.facts import SeriesEntry

SHARE = SeriesEntry(
    id="a-share", title="t", title_zh="t", unit="fraction", kind="share", timing="flow"
)
BLOCK = '[[question]]\nid = "{id}"\nseries = "{series}"\nlevel = "{level}"\n'


def workspace(*blocks: str) -> Path:
    folder = Path("space")
    (folder / "priors").mkdir(parents=True, exist_ok=True)
    (folder / "priors" / "questions.toml").write_text("# bank\n" + "\n".join(blocks))
    return folder


def block(name: str, level: str, *, series: str = "a-share", more: str = "") -> str:
    return BLOCK.format(id=name, series=series, level=level) + more


def test_the_farthest_open_level_is_taken():
    space = workspace(
        block("q1", "50%"),
        block("q2", "95%", more='\n[question.outcome]\nanswer = "yes"\n'),
        block("q3", "80%"),
        block("q4", "99%", series="another"),
    )
    assert asked_level(space, "a-share", SHARE) == AskedLevel(0.8, False, "q3")


def test_a_series_that_no_question_asks_about_has_none():
    space = workspace(block("q1", "50%"), '[[question]]\nid = "q2"\nseries = "b"\n')
    assert asked_level(space, "b", SHARE) is None
    assert asked_level(space, "c", SHARE) is None


def test_falling_to_a_level_is_remembered():
    space = workspace(block("q1", "5%", more="below = true\n"))
    assert asked_level(space, "a-share", SHARE) == AskedLevel(0.05, True, "q1")


def test_a_broken_file_is_an_error_with_its_place():
    with pytest.raises(InputError, match="questions"):
        asked_level(workspace(block("q1", "50%", more="below = maybe\n")), "a-share", SHARE)
