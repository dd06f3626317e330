"""The table of judgements at several widths, and the sentence about how far they move a median."""

from __future__ import annotations

import io
from datetime import date

import pytest
from rich.cells import cell_len
from rich.console import Console

from forecaster.forecasts.judgement_lines import JudgementLine, JudgementTable
from forecaster.forecasts.judgement_shift import JudgementShift
from forecaster.output.judgement_screen import print_judgements, shift_sentence
from forecaster.workspace.facts import SeriesEntry
from forecaster.workspace.judgements import Judgement, LeftOutJudgement
from forecaster.workspace.periods import parse_period

ENTRY = SeriesEntry("spend", "Spending [b]of[/b] firms", "支出", "USD billion", "positive", "flow")
SHARE = SeriesEntry("share", "Share", "", "fraction", "share", "flow")


def _judgement(**changes):
    settings = {
        "id": "j", "series": "spend", "period": parse_period("2026"), "low": None,
        "value": 725.0, "high": None, "unit": "USD billion", "made_on": date(2026, 4, 30),
        "by": "firms", "publisher": "company guidance sum", "kind": "company-guidance",
        "source": "x", "basis": "cash", "note": "", "outcome": None, "outcome_source": "",
        "where": "test",
    }  # fmt: skip
    return Judgement(**{**settings, **changes})


def _shift(**changes):
    settings = {
        "series": SHARE, "n_used": 5, "n_left_out": 2, "period": parse_period("2028"),
        "without": 0.612, "with_them": 0.684, "width_without": 0.3, "width_with": 0.25,
    }  # fmt: skip
    return JudgementShift(**{**settings, **changes})


def _table():
    return JudgementTable(
        ENTRY,
        (
            JudgementLine(_judgement(), 545.0, 904.0),
            JudgementLine(_judgement(low=630.0, value=None, high=660.0, basis=""), None, 640.0),
        ),
        (LeftOutJudgement(_judgement(value=None, low=600.0), "it gives only a bound \x1b[2J"),),
        _shift(series=ENTRY, without=2130.0, with_them=2260.0, width_without=800, width_with=700),
    )


def _screen(width):
    console = Console(file=io.StringIO(), width=width, no_color=True)
    print_judgements(_table(), console, as_of=date(2026, 11, 22))
    return console.file.getvalue()


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_number_is_cut_at_any_width(width):
    text = _screen(width)
    assert all(cell_len(line) <= width for line in text.splitlines())
    assert "…" not in text
    for number in ("725", "545", "904", "630 to 660", "640", "2,130", "2,260"):
        assert number in text.replace("\n", " ")
    assert "[b]of[/b]" in text
    assert "\x1b[2J" not in text


def test_columns_stand_in_a_table_where_there_is_room():
    line = next(line for line in _screen(200).splitlines() if "545" in line)
    assert line.split() == [
        "2026-04-30", "company", "guidance", "sum", "company-guidance", "2026,", "cash", "725",
        "545", "904",
    ]  # fmt: skip


def test_the_reason_of_what_is_left_out_is_a_sentence():
    assert "at least 600. It gives only a bound" in _screen(200)


def test_the_sentence_says_how_far_the_median_moved():
    assert shift_sentence(_shift()) == (
        "Five judgements moved the 2028 median from 61% to 68%; "
        "--without-judgements leaves them out."
    )


def test_one_judgement_that_moves_nothing_is_said_to():
    assert shift_sentence(_shift(n_used=1, with_them=0.613)) == (
        "One judgement left the 2028 median at 61%; --without-judgements leaves it out."
    )


def test_many_judgements_are_counted_in_digits():
    assert shift_sentence(_shift(n_used=13)).startswith("13 judgements moved")
