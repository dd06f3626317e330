"""The screen of a comparison: every width, with and without colours."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from output_samples import capex_forecast, share_forecast
from rich.cells import cell_len
from rich.console import Console

from forecaster.forecasts.answers import count_reach
from forecaster.forecasts.bands import band_table
from forecaster.forecasts.compare import Compared, Comparison, Forcing, difference_of
from forecaster.output.chart_points import fan_points
from forecaster.output.compare_chart import INKS, LETTERS, compare_chart
from forecaster.output.compare_record import comparison_record
from forecaster.output.compare_screen import print_comparison
from forecaster.workspace.asked_level import AskedLevel

NAMES = ("status-quo", "full-decoupling", "controls-relaxed")


def lifted(forecast, factor):
    """The same draws, their odds or amounts multiplied."""
    draws = forecast.trajectories
    if forecast.history.entry.kind == "share":
        odds = factor * draws / (1 - draws)
        return replace(forecast, trajectories=odds / (1 + odds))
    return replace(forecast, trajectories=factor * draws)


def comparison_of(forecast, *, names=NAMES, level=None):
    asked = None if level is None else AskedLevel(level, False, "q06")
    worlds = [replace(lifted(forecast, 1.6**k), scenario=name) for k, name in enumerate(names)]
    found = []
    for k, own in enumerate(worlds):
        forced = (Forcing("in-all", "on", "", False), Forcing(f"driver-{k}", "off", "", True))
        difference = difference_of(own, worlds[0]) if k else None
        reach = count_reach(own, level, below=False) if level is not None else None
        found.append(Compared(own, forced, difference, reach))
    return Comparison(tuple(found), names[0], asked, True)


def screen(comparison, width, *, color=None, ascii_only=False):
    file = io.StringIO()
    console = Console(
        file=file, width=width, color_system=color, force_terminal=bool(color), _environ={},
    )  # fmt: skip
    if ascii_only:
        file = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
        console = Console(file=file, width=width, color_system=None, _environ={})
    print_comparison(comparison, console)
    if ascii_only:
        return file.buffer.getvalue().decode("ascii")
    return file.getvalue()


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("kind", ["share", "amount"])
def test_every_width_holds_every_number(width, kind):
    forecast = share_forecast() if kind == "share" else capex_forecast()
    text = screen(comparison_of(forecast, level=0.8 if kind == "share" else 800.0), width)
    assert "…" not in text
    assert max(map(cell_len, text.splitlines())) <= width
    for name in NAMES:
        assert name in text
    assert "Difference to status-quo" in " ".join(text.split())
    assert "q06 of the question bank" in " ".join(text.split())


def test_each_scenario_has_its_letter_and_its_colour():
    comparison = comparison_of(share_forecast())
    plain = screen(comparison, 80)
    chart = plain[plain.index("┤") : plain.index("dots, small letters")]
    for letter in "ABC":
        assert chart.count(letter) >= 4  # on its line, at its bar, in the legend
        assert letter.lower() in chart
    coloured = screen(comparison, 80, color="truecolor")
    for ink in INKS[:3]:
        red, green, blue = (int(ink[i : i + 2], 16) for i in (1, 3, 5))
        assert f"38;2;{red};{green};{blue}" in coloured


def test_medians_stand_on_the_rows_of_their_values():
    # three constant worlds at 20%, 50% and 80% of an axis from 0 to 100%
    forecast = share_forecast()
    fans = {}
    for name, value in zip(NAMES, (0.2, 0.5, 0.8), strict=True):
        flat = np.full_like(forecast.trajectories, value)
        flat[:5], flat[-5:] = 0.0, 1.0  # so that the axis goes from 0 to 1
        own = replace(forecast, trajectories=flat, coverages=(0.8,))
        points = fan_points(own, band_table(own))
        fans[name] = replace(points, history=(), other_bases=())
    console = Console(file=io.StringIO(), width=80, color_system=None, _environ={})
    lines = [line.plain for line in compare_chart(fans, console)]
    rows = {letter: [i for i, line in enumerate(lines[:20]) if line.rstrip().endswith(letter) or
                     f"{letter} " in line[60:]] for letter in "ABC"}  # fmt: skip
    assert rows["C"][0] < rows["B"][0] < rows["A"][0]


@pytest.mark.parametrize("n", [1, 6, 16])
def test_many_scenarios_have_bars_and_no_edges(n):
    names = tuple(f"scenario-{k}" for k in range(n))
    text = screen(comparison_of(share_forecast(), names=names), 100)
    assert ("dots" in text) == (n <= 4)
    assert LETTERS[n - 1] in text


def test_a_terminal_without_unicode_gets_ascii():
    text = screen(comparison_of(share_forecast(), level=0.8), 80, ascii_only=True)
    assert "A" in text
    assert "." in text


def test_what_all_force_is_said_once():
    text = screen(comparison_of(share_forecast()), 100)
    assert text.count("in-all") == 1
    assert "In all of them: in-all on." in text
    assert "full-decoupling: off driver-1*." in text


def test_the_record_has_what_the_screen_says():
    record = json.loads(json.dumps(comparison_record(comparison_of(share_forecast(), level=0.8))))
    assert record["reference"] == "status-quo"
    assert (record["level"], record["asked_by"]) == (0.8, "q06")
    first, second, _ = record["scenarios"]
    assert first["difference"] is None
    assert second["difference"]["quantiles"]["50%"][-1] > 0
    assert second["reach"]["by_period"][-1] > first["reach"]["by_period"][-1]
    assert second["forecast"]["scenario"] == "full-decoupling"
