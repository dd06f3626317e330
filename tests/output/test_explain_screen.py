"""The screen of an explanation: whole text, every width, and its record."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from datetime import date

import pytest
from output_samples import SHARE
from rich.cells import cell_len
from rich.console import Console

from forecaster.forecasts.estimates import Estimate
from forecaster.forecasts.explanation import EffectEstimate, Explanation, ParameterEstimate
from forecaster.output.explain_record import explanation_record
from forecaster.output.explain_screen import moved_sentence, print_explanation
from forecaster.workspace.belief_tables import Normal
from forecaster.workspace.drivers import Intervention
from forecaster.workspace.periods import parse_period
from forecaster.workspace.stated_sizes import StatedSize

BAN = Intervention(
    driver="ban-2025", title="Stop of sales, lifted in July", actors=("Someone",),
    dated=parse_period("2025-04"), series="s", shape="window", start=2025.29, end=2025.54,
    until=parse_period("2025-07"), effect=Normal(-1.18, 0.45, "logit units", "A judgement."),
    stated=StatedSize(((0.1, -40.0), (0.9, -15.0)), "percentage points", 0.62),
    reason="A judgement.", source="s002-14",
)  # fmt: skip
BEFORE = Estimate(-28.0, ((-35.0, -21.0), (-40.0, -15.0), (-46.0, -8.0)), (0.0,) * 7)
AFTER = Estimate(-18.2, ((-24.1, -12.3), (-30.4, -7.6), (-37.2, -1.4)), (0.2,) * 7)
EFFECT = EffectEstimate(
    event=BAN, unit="percentage points", prior=BEFORE, posterior=AFTER, moved=0.83,
    variance_removed=0.45, is_informed=True, last_figure=2026.0, on_at_last=0.0,
)  # fmt: skip
PARAMETER = ParameterEstimate(
    name="s_l", unit="points in a year",
    prior=Estimate(4.9, ((2.9, 8.3), (1.8, 13.2), (1.0, 21.0)), (0.0,) * 7),
    posterior=Estimate(6.1, ((4.0, 8.9), (2.6, 12.1), (1.4, 17.0)), (0.05,) * 6 + (0.7,)),
    moved=0.27, variance_removed=0.4,
)  # fmt: skip
SAMPLE = Explanation(
    entry=SHARE, as_of=date(2026, 11, 22), n_figures=9, coverages=(0.5, 0.8, 0.95), at=0.47,
    effects=(EFFECT,),
    left_out=((replace(BAN, driver="other", title="Another"), "9 figures bear at most 2 events"),),
    family="trend", weight=0.6, parameters=(PARAMETER,),
)  # fmt: skip

WHOLE = """\
Share of Chinese chips in China's AI-accelerator market
(cn-ai-chip-domestic-share)
1 dated event is estimated from 9 figures known by 2026-11-22.

Stop of sales, lifted in July (ban-2025)
On from 2025-04 to 2025-07; it was over by the last figure.
With the history its full effect is -18 points at 62% (80% band: -30 to -8);
before, it was believed to be -28 (-40 to -15).
The history moved its median up by 0.8 prior sd and took away 45% of its prior
variance.
points at 62%      median     50% band     80% band    95% band
believed before       -28   -35 to -21   -40 to -15   -46 to -8
with the history      -18   -24 to -12    -30 to -8   -37 to -1
Source s002-14. A judgement.

Left out: Another (other), 2025-04. 9 figures bear at most 2 events.

Parameters of the family trend, which makes 60% of the draws. Points are meant
at 47%.
parameter               before    80% band   after    80% band   moved
s_l, points in a year      4.9   1.8 to 13     6.1   2.6 to 12    +0.3
Moved is the difference of the medians in prior sds.
"""


def _screen(explanation: Explanation, width: int) -> str:
    console = Console(
        file=io.StringIO(), width=width, color_system=None, force_terminal=False, _environ={}
    )
    print_explanation(explanation, console)
    return console.file.getvalue()


def test_the_whole_screen_at_80_columns():
    assert _screen(SAMPLE, 80) == WHOLE


@pytest.mark.parametrize("width", [20, 40, 57, 80, 200])
def test_nothing_is_cut_and_every_number_is_there_at_any_width(width: int):
    shown = _screen(SAMPLE, width)
    assert "…" not in shown
    assert all(cell_len(line) <= width for line in shown.splitlines())
    flat = " ".join(shown.split())
    for number in ("-18", "-35 to -21", "-37 to -1", "1.8 to 13", "2.6 to 12", "+0.3", "45%"):
        assert number in flat


def test_an_event_that_no_figure_shows_says_so():
    unseen = replace(EFFECT, posterior=BEFORE, is_informed=False, moved=0.0, variance_removed=0.0)
    flat = " ".join(_screen(replace(SAMPLE, effects=(unseen,)), 80).split())
    assert "No figure shows a change in it yet, so its full effect is what was believed" in flat
    assert "with the history" not in flat


@pytest.mark.parametrize(
    ("changes", "on_at_last", "words"),
    [
        ({"shape": "step", "end": math.inf}, 1.0, "On from 2025-04; all of it was on at the last"),
        ({"shape": "step", "start": 2026.5}, 0.0, "On from 2026-07; it begins after the last"),
        ({"shape": "ramp", "end": 2027.0}, 0.41, "Growing from 2025-04 to 2027-01; 41% of it was"),
        ({"end": 2026.5}, 1.0, "it was on at the last figure, and its release is forecast."),
        ({"end": math.inf}, 1.0, "On from 2025-04, with no end known; it was on at the last"),
    ],
)
def test_when_an_event_acts_is_said_in_words(changes: dict, on_at_last: float, words: str):
    effect = replace(EFFECT, event=replace(BAN, **changes), on_at_last=on_at_last)
    flat = " ".join(_screen(replace(SAMPLE, effects=(effect,)), 200).split())
    assert words in flat


def test_movement_in_words():
    assert moved_sentence(-0.83, 0.45) == (
        "The history moved its median down by 0.8 prior sd and took away 45% of its prior variance."
    )
    assert moved_sentence(0.01, 0.0) == (
        "The history did not move its median and left it as wide as it was."
    )


@pytest.mark.parametrize(
    ("left_out", "words"),
    [
        ((), "No dated event is known to have moved this series; the fit has 9 figures"),
        (SAMPLE.left_out, "No dated event is in the fit of 9 figures"),
    ],
)
def test_a_series_without_events_says_so(left_out: tuple, words: str):
    bare = replace(SAMPLE, effects=(), left_out=left_out)
    assert words in " ".join(_screen(bare, 80).split())


def test_what_judgements_did_has_a_place():
    said = "Judgements moved the median of 2027 up by 3 points."
    assert said in _screen(replace(SAMPLE, judgements=(said,)), 80)


def test_hostile_titles_are_printed_and_not_obeyed():
    hostile = replace(EFFECT, event=replace(BAN, title="[red]x\x1b[2J"))
    shown = _screen(replace(SAMPLE, effects=(hostile,)), 80)
    assert "\x1b" not in shown
    assert r"[red]x\x1b[2J" in shown


def test_the_record_is_json_with_full_precision():
    record = explanation_record(SAMPLE)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    (event,) = record["events"]
    assert event["posterior"]["bands"]["80"] == {"lower": -30.4, "upper": -7.6}
    assert (event["driver"], event["moved_prior_sds"], event["at"]) == ("ban-2025", 0.83, 0.62)
    assert record["left_out"][0]["why_left_out"] == "9 figures bear at most 2 events"
    assert record["parameters"][0]["name"] == "s_l"
    open_ended = replace(EFFECT, event=replace(BAN, end=math.inf))
    assert explanation_record(replace(SAMPLE, effects=(open_ended,)))["events"][0]["end"] is None
