"""The screen of what a forecast rests on: every width, whole texts, and its record."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from output_samples import capex_forecast, share_forecast
from rich.cells import cell_len
from rich.console import Console
from scenarios.builders import driver, effect

from forecaster.forecasts.answers import count_reach
from forecaster.forecasts.explain_forecast import LastBand, Outlook, last_band
from forecaster.forecasts.explain_goal import Goal, GoalExplained, Sign
from forecaster.forecasts.explain_next import value_of_next
from forecaster.forecasts.tornado import Bar, Tornado
from forecaster.forecasts.width import WidthShare
from forecaster.output.outlook_bars import range_bar, share_bar
from forecaster.output.outlook_record import outlook_record
from forecaster.output.outlook_screen import print_outlook
from forecaster.output.outlook_sentences import judged_sentence, share_text
from forecaster.scenarios.worlds import Chance
from forecaster.workspace.periods import parse_period

SHARES = (
    WidthShare("news", 0.376, 0.013), WidthShare("where", 0.415, 0.018),
    WidthShare("drivers", 0.18, 0.01), WidthShare("publication", 0.029, 0.002),
)  # fmt: skip


def bar_of(name, on, off, *, error=0.004, chance=0.3, judged=True):
    made = driver(name, effects=[effect(driver=name)])
    return Bar(made, Chance(chance, 0.007), on, off, error, judged, judged)


BARS = (
    bar_of("china-foreign-chip-ban-state-dc", 0.80, 0.62, chance=1.0),
    bar_of("controls-relaxed", 0.70, 0.79),
    bar_of("standards-split", 0.752, 0.750),
)


def outlook_of(forecast=None, **changes):
    forecast = forecast or share_forecast()
    goal = Goal("80% by 2028", 0.8, False, parse_period("2028"))
    signs = (
        Sign(driver("a-ban"), 0.16, 0.06, 1.0, 0.12), Sign(driver("noise"), 0.5, 0.5, 0.02, 0.1),
    )  # fmt: skip
    found = GoalExplained(goal, count_reach(forecast, 0.8, below=False), 0.219, 0.0069, signs)
    fields = {
        "forecast": forecast, "last": last_band(forecast), "without_judgements": None,
        "shares": SHARES, "next_datum": value_of_next(forecast),
        "tornado": Tornado(BARS, (("happened", "it has happened and stays"),)),
        "prior": None, "goal": found,
    }  # fmt: skip
    return Outlook(**(fields | changes))


def screen(outlook, width=80, **settings):
    console = Console(file=io.StringIO(), width=width, color_system=None, _environ={}, **settings)
    print_outlook(outlook, console)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("made", [share_forecast, capex_forecast])
def test_every_width_holds_every_number(width, made):
    text = screen(outlook_of(made()), width)
    assert "…" not in text
    assert max(map(cell_len, text.splitlines())) <= width
    flat = " ".join(text.split())
    for bar in BARS:
        assert bar.driver.id in flat
    assert "Monte Carlo error" in flat
    assert "left out: happened" in flat.lower()


def test_bars_beside_their_drivers_where_there_is_room():
    lines = screen(outlook_of(), 80).splitlines()
    ban = next(line for line in lines if line.startswith("china-foreign"))
    assert "+18 points" in ban
    assert ban.split()[1] == "100%"
    assert "█" in ban
    relaxed = next(line for line in lines if line.startswith("controls-relaxed"))
    assert "-9 points" in relaxed
    assert "▒" in relaxed
    assert "█" not in relaxed


def test_what_changes_no_more_than_chance_has_no_bar():
    text = " ".join(screen(outlook_of()).split())
    assert "Drivers that change no more than chance would: standards-split." in text
    assert "1 other driver tells no more than chance." in text


def test_judgement_is_marked_where_it_is_one():
    assert judged_sentence(BARS) == (
        "Chances of all of them are judgement; sizes of all of them are judgement."
    )
    mixed = (*BARS, bar_of("counted", 1.0, 0.5, judged=False))
    assert "but for counted" in judged_sentence(mixed)
    text = screen(outlook_of())
    assert "drivers (judgement)" in text


def test_judgements_are_told_by_the_band_without_them():
    without = LastBand(0.3, 0.6, 0.95, (0.004, 0.004, 0.004))
    text = " ".join(screen(outlook_of(without_judgements=without)).split())
    assert "Without, 60% (80% band 30% to 95%)" in text
    assert "narrower" in text
    assert "before judgements are heeded" in text


def test_nothing_is_said_of_what_is_not_there():
    text = screen(outlook_of(tornado=None, goal=None, next_datum=None))
    assert "Drivers: none has an effect on it." in text
    assert "Goal" not in text
    assert "Next figure" not in text


def test_texts_of_shares_carry_their_error():
    assert share_text(WidthShare("news", 0.376, 0.013)) == "38% ±2"
    assert share_text(WidthShare("news", -0.002, 0.0004)) == "0% ±1"


def test_bars_by_hand():
    console = Console(file=io.StringIO(), width=80, color_system=None, _environ={})
    assert share_bar(0.5, console, width=4).plain == "██"
    assert share_bar(0.28125, console, width=4).plain == "█▏"
    # ten cells: from 0.2 to 0.65, the median at 0.8
    assert range_bar(0.2, 0.65, zero=0.8, console=console, width=10).plain == "  █████ │"
    assert range_bar(0.65, 0.2, zero=0.8, console=console, width=10).plain == "  ▒▒▒▒▒ │"
    assert range_bar(0.0, 1.0, zero=0.5, console=console, width=5).plain == "██│██"


def test_the_record_has_full_precision():
    record = json.loads(json.dumps(outlook_record(outlook_of())))
    assert record["width"]["news"] == {"share": 0.376, "error": 0.013, "is_judgement": False}
    assert record["tornado"]["drivers"][0]["change"] == pytest.approx(0.18)
    assert record["goal"]["probability"] == 0.219
    assert record["goal"]["drivers"][0]["odds_ratio"] == pytest.approx(2.718, abs=0.001)
    assert record["last_without_judgements"] is None


def test_hostile_words_are_shown_and_not_obeyed():
    bars = (replace(BARS[0], driver=replace(BARS[0].driver, id="bad\x1b[31m")),)
    assert "\x1b" not in screen(outlook_of(tornado=Tornado(bars, ())))
