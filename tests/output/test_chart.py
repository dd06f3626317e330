from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from output_samples import (
    SHARE,
    capex_forecast,
    capex_history,
    reach_of,
    share_forecast,
    share_history,
)
from rich.console import Console

from forecaster.forecasts.bands import band_table
from forecaster.output.axes import time_ticks, value_scale
from forecaster.output.chart_points import fan_points, place
from forecaster.output.fan_chart import fan_chart
from forecaster.output.plain import safe_text
from forecaster.workspace.periods import parse_period


def fan_of(forecast, **options):
    return fan_points(forecast, band_table(forecast), **options)


def lines_of(fan, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None, _environ={})
    return [line.plain for line in fan_chart(fan, console)]


def test_a_flow_stands_in_the_middle_of_its_period_and_a_stock_at_its_end():
    assert place(parse_period("2025"), SHARE) == pytest.approx(2025.5)
    assert place(parse_period("2025-H1"), SHARE) == pytest.approx(2025.25)
    assert place(parse_period("2025"), replace(SHARE, timing="stock")) == pytest.approx(2026.0)


def test_a_year_is_the_sum_of_its_quarters_where_only_they_are_known():
    history = capex_history()
    quarters = replace(history, published=history.data)
    fan = fan_of(capex_forecast(history=quarters))
    # 71.902 + 88.246 + 97.271 + 118.632
    assert dict(fan.history)[2025.5] == pytest.approx(376.051)
    # 2017-Q2 is not known, so 2017 is no figure; and half of 2026 is none
    assert 2017.5 not in dict(fan.history)
    assert 2026.5 not in dict(fan.history)


def test_the_fan_begins_at_the_last_published_figure_but_not_for_a_latent_level():
    fan = fan_of(share_forecast())
    assert (fan.times[0], fan.median[0]) == (pytest.approx(2025.5), pytest.approx(0.41))
    assert all(lower[0] == upper[0] == pytest.approx(0.41) for _, lower, upper in fan.bands)
    latent = fan_of(share_forecast(quantity="latent"))
    assert latent.times[0] == pytest.approx(2026.5)


def test_figures_of_other_bases_are_marks_of_their_own():
    fan = fan_of(share_forecast())
    assert (pytest.approx(2023.5), pytest.approx(0.19)) in fan.other_bases
    assert 0.34 not in [value for _, value in fan.other_bases]  # not in the fit


def test_an_axis_is_logarithmic_only_where_the_span_warrants_it():
    assert value_scale(fan_of(capex_forecast()), n_ticks=6).is_log
    narrow = capex_forecast(trajectories=370.0 + np.arange(20000.0).reshape(4000, 5) / 1000)
    assert not value_scale(fan_of(narrow), n_ticks=6).is_log
    assert not value_scale(fan_of(share_forecast()), n_ticks=6).is_log


@pytest.mark.parametrize("n_ticks", [4, 5, 7])
def test_ticks_lie_inside_the_axis_and_the_axis_holds_everything(n_ticks: int):
    forecasts = [share_forecast(), capex_forecast()]
    for forecast in forecasts:
        fan = fan_of(forecast, reach=reach_of(forecast, 0.02))
        scale = value_scale(fan, n_ticks=n_ticks)
        assert all(scale.low <= tick <= scale.high for tick in scale.ticks)
        assert len(scale.ticks) >= 2
        assert len(set(scale.labels)) == len(scale.labels)
        shown = [0.02, *fan.median, *fan.bands[0][1], *fan.bands[0][2]]
        assert all(-1e-9 <= scale.fraction(value) <= 1 + 1e-9 for value in shown)


def test_a_share_axis_stays_within_zero_and_one():
    scale = value_scale(fan_of(share_forecast()), n_ticks=6)
    assert (scale.low, scale.high) == (0.0, 1.0)
    assert scale.labels[-1] == "100%"


def test_the_last_period_keeps_its_tick():
    fan = fan_of(share_forecast())
    for n_most in (2, 3, 5, 20):
        ticks = time_ticks(fan, n_most=n_most)
        assert ticks[-1][1] == "2030"
        assert len(ticks) <= n_most


def test_median_and_level_stand_on_the_rows_of_their_values():
    forecast = share_forecast()
    lines = lines_of(fan_of(forecast, reach=reach_of(forecast, 0.8)), 80)
    level_row = next(i for i, line in enumerate(lines) if "╌╌╌" in line)
    assert lines[level_row].startswith(" 80% ┤")
    rows = [i for i, line in enumerate(lines) if line.rstrip().endswith("━")]
    sixty = next(i for i, line in enumerate(lines) if line.startswith(" 60% ┤"))
    eighty = next(i for i, line in enumerate(lines) if line.startswith(" 80% ┤"))
    assert any(eighty < row < sixty for row in rows)  # 67%


def test_bands_lie_inside_each_other_from_the_rim_to_the_median():
    # down the last column: rim, middle, core, middle, rim
    lines = lines_of(fan_of(share_forecast()), 80)[:19]
    last = "".join(line[79] if len(line) > 79 else line[-1] for line in lines if len(line) > 78)
    squeezed = "".join(a for a, b in zip(last, last[1:] + " ", strict=True) if a != b)
    assert squeezed.replace("━", "").replace("▓▓", "▓") == "░▒▓▒░"


@pytest.mark.parametrize("width", [40, 80, 200])
def test_wider_consoles_get_wider_charts_that_fit(width: int):
    lines = lines_of(fan_of(share_forecast()), width)
    assert max(map(len, lines)) <= width
    assert max(map(len, lines)) >= min(width, 140) - 3


def test_latent_history_of_another_basis_is_not_joined_to_the_line():
    history = share_history()
    target = replace(history, target_basis="bernstein-revenue")
    fan = fan_of(share_forecast(history=target))
    assert [value for _, value in fan.history] == pytest.approx([0.19, 0.29])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("中文 é", "中文 é"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\tb\nc", "a\\x09b\\x0ac"),
        ("\u202eevil\u2066", "\\u202eevil\\u2066"),
        ("\U000e0041", "\\U000e0041"),
        ("\x9b31m", "\\x9b31m"),
        ("\u2028", "\\u2028"),
    ],
)
def test_what_is_obeyed_is_written_out(text: str, expected: str):
    assert safe_text(text) == expected


def test_colours_show_every_band_at_the_end_of_the_fan():
    console = Console(
        file=io.StringIO(), width=80, color_system="truecolor", force_terminal=True, _environ={}
    )
    rows = fan_chart(fan_of(share_forecast()), console)[:19]
    papers = set()
    for row in rows:
        if row.cell_len >= 78:
            style = row.get_style_at_offset(console, -1)
            papers |= {style.bgcolor.triplet.hex} if style.bgcolor else set()
    assert papers == {"#9ec1e6", "#5f8ac0", "#205499"}
