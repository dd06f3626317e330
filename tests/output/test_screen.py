from __future__ import annotations

import io
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from output_samples import (
    CAPEX,
    REPORT,
    SHARE,
    capex_forecast,
    early_reach,
    hostile_forecast,
    reach_of,
    share_forecast,
    share_history,
    share_reach,
)
from rich.cells import cell_len
from rich.console import Console

from forecaster.errors import Fault
from forecaster.output.screen import (
    print_entries,
    print_faults,
    print_forecasts,
    print_prior,
    print_reach,
)
from forecaster.workspace.beliefs import LogNormal, Normal, TrendPrior
from forecaster.workspace.facts import Facts
from forecaster.workspace.periods import parse_period, periods_from

GOLDEN = Path(__file__).parents[1] / "golden"
sys.path.insert(0, str(GOLDEN))

from regenerate import SCREENS, WIDTHS, screen  # noqa: E402


def shown(print_it, width: int = 80, **options) -> str:
    settings = {"color_system": None, "force_terminal": False, "_environ": {}} | options
    console = Console(file=io.StringIO(), width=width, **settings)
    print_it(console)
    return console.file.getvalue()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", SCREENS)
def test_screen_is_the_golden_one(name: str, width: int):
    golden = (GOLDEN / f"{name}_{width}.txt").read_text(encoding="utf-8")
    assert screen(name, width) == golden


@pytest.mark.parametrize("width", [20, 40, 41, 57, 80, 200])
@pytest.mark.parametrize("name", SCREENS)
def test_nothing_is_cut_and_no_line_is_wider_than_the_console(name: str, width: int):
    text = screen(name, width)
    assert "…" not in text
    assert max(cell_len(line) for line in text.splitlines()) <= width


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_every_number_of_the_table_is_there_at_every_width(width: int):
    wide = shown(lambda c: print_forecasts([capex_forecast()], c), 200)
    table = wide.split("period", 1)[1].split("\n\n", 1)[0]
    numbers = set(re.findall(r"\d[\d,.]*", table))
    narrow = shown(lambda c: print_forecasts([capex_forecast()], c), width)
    assert len(numbers) > 20
    assert numbers <= set(re.findall(r"\d[\d,.]*", narrow))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_columns_of_a_list_line_up_under_chinese_titles(language: str):
    facts = Facts({SHARE.id: SHARE, CAPEX.id: CAPEX}, {}, "")
    text = shown(lambda c: print_entries(facts, c, language=language), 200)
    lines = text.splitlines()[:3]
    places = [
        cell_len(line[: line.index(word)])
        for line, word in zip(lines, ("kind", "share, flow", "positive, flow"), strict=True)
    ]
    assert len(set(places)) == 1


def test_first_sentence_of_a_forecast():
    text = shown(lambda c: print_forecasts([share_forecast()], c), 200)
    assert text.splitlines()[0] == (
        "As of 2026-11-22, share of Chinese chips in China's AI-accelerator market is expected to "
        "be 67% in 2030 (80% band 37% to 88%)."
    )


def test_first_sentence_of_an_answer():
    text = shown(lambda c: print_reach(early_reach(), c), 300)
    assert text.splitlines()[0] == (
        "As of 2025-06-30, the chance that share of Chinese chips in China's AI-accelerator market "
        "reaches 40% by end-2027 is 68% (Monte Carlo error ±0.8 points); about the published "
        "annual figure on basis idc-units."
    )


def test_a_level_already_passed_is_said_first_with_what_other_bases_say():
    lines = shown(lambda c: print_reach(share_reach(), c), 300).splitlines()
    assert lines[0].startswith("Already passed: as of 2026-11-22, ")
    assert "reached 40% in 2025 with 41% on basis idc-units" in lines[0]
    assert "source idc-2025-reuters (Open-TechStack (citing Reuters/IDC), published" in lines[0]
    assert "29% (2024) on basis bernstein-revenue" in lines[1]
    assert "34% (2024) on basis morgan-stanley" in lines[1]
    assert lines[2].startswith("The chance that the next figures are still at or above 40%: 76%")


def test_a_level_passed_on_another_basis_only_still_gets_its_chance():
    history = share_history(date(2025, 6, 30))
    passed = [r for r in history.published if r.basis == "morgan-stanley"]
    reach = replace(early_reach(), level=0.33, passed=tuple(passed))
    text = shown(lambda c: print_reach(reach, c), 300)
    assert text.startswith("Already passed, but on another basis: ")
    assert "34% on basis morgan-stanley" in text.splitlines()[0]
    assert "The latest figure on basis idc-units is 30.4% (2024)." in text
    assert "the chance that share of Chinese chips" in text


def test_a_fall_is_asked_and_answered_as_a_fall():
    reach = reach_of(share_forecast(), 0.3, below=True)
    text = shown(lambda c: print_reach(reach, c), 300)
    assert "falls to 30% or less by end-2030" in text
    assert "at or below" in text


def test_no_median_date_is_invented_where_most_draws_never_cross():
    reach = reach_of(share_forecast(), 0.9)
    text = shown(lambda c: print_reach(reach, c), 300)
    assert "No median date: in 93% of the draws it does not happen by 2030." in text


def test_quarters_and_days_are_shown_as_such():
    periods = periods_from(parse_period("2026-Q1"), until=date(2027, 12, 31))
    paths = share_forecast().trajectories[:, [0, 1, 2, 3, 4, 0, 1, 2]]
    text = shown(
        lambda c: print_forecasts([share_forecast(periods=periods, trajectories=paths)], c)
    )
    assert "in 2027-Q4" in text
    assert "published quarterly figure" in text


@pytest.mark.parametrize("n_periods", [1, 2])
@pytest.mark.parametrize("coverages", [(0.8,), (0.5, 0.9), (0.5, 0.8, 0.9, 0.95, 0.99)])
def test_few_periods_and_any_number_of_bands_can_be_drawn(n_periods: int, coverages):
    forecast = share_forecast(coverages=coverages)
    small = replace(
        forecast,
        periods=forecast.periods[:n_periods],
        trajectories=forecast.trajectories[:, :n_periods],
    )
    for options in ({}, {"force_terminal": True, "color_system": "truecolor"}):
        assert "median" in shown(lambda c: print_forecasts([small], c), 60, **options)
        text = shown(lambda c: print_forecasts([small], c), 200, **options)
        assert all(f"{round(coverage * 100)}% band" in text for coverage in coverages)


def test_a_constant_forecast_can_be_drawn():
    constant = np.full((4000, 5), 5.0)
    text = shown(lambda c: print_forecasts([capex_forecast(trajectories=constant)], c))
    assert "5.00 to 5.00" in text


def test_an_unreliable_fit_is_said():
    report = replace(REPORT, failures=("k-hat 0.91 is not under 0.5",))
    text = shown(lambda c: print_forecasts([share_forecast(report=report)], c), 200)
    assert "warning: the fit is unreliable: k-hat 0.91 is not under 0.5" in text


@pytest.mark.parametrize("color_system", [None, "truecolor"])
def test_hostile_words_are_printed_and_not_obeyed(color_system: str | None):
    text = shown(
        lambda c: print_forecasts([hostile_forecast()], c),
        300,
        color_system=color_system,
        force_terminal=color_system is not None,
    )
    assert "[bold red]x[/] \\x1b[31m \\u202eabc <script>" in text
    assert "[link=x]p[/link]" in text
    without_colours = re.sub(r"\x1b\[[\d;]*m", "", text)
    assert not re.search(
        r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", without_colours
    )
    assert "\x1b[5m" not in text


def test_no_color_and_a_pipe_show_glyphs_where_colours_would_be():
    plain = shown(lambda c: print_forecasts([share_forecast()], c))
    silent = shown(
        lambda c: print_forecasts([share_forecast()], c),
        force_terminal=True,
        color_system="truecolor",
        no_color=True,
    )
    coloured = shown(
        lambda c: print_forecasts([share_forecast()], c),
        force_terminal=True,
        color_system="truecolor",
    )
    for glyph in "░▒▓":
        assert plain.count(glyph) > 20
        assert silent.count(glyph) == plain.count(glyph)
        assert glyph not in coloured
    assert "\x1b" not in plain
    assert not re.search(r"\x1b\[[\d;]*(38|48);", silent)
    assert re.search(r"48;2;32;84;153", coloured)


def test_a_terminal_that_knows_ascii_only_gets_ascii_only_in_the_chart():
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    console = Console(file=file, width=80, color_system=None, _environ={})
    print_forecasts([capex_forecast()], console)
    file.flush()
    text = file.buffer.getvalue().decode("ascii")
    assert "##" in text
    assert "=" in text


def test_chance_of_faults_is_counted():
    faults = [Fault("bad 'x'", "a.csv, line 3", "use 1"), Fault("worse \x1b[2J")]
    assert shown(lambda c: print_faults(faults, c)) == (
        "error: bad 'x'\n  where: a.csv, line 3\n  fix:   use 1\nerror: worse \\x1b[2J\n\n"
        "2 faults found.\n"
    )
    assert shown(lambda c: print_faults([], c)) == "No fault found.\n"


def test_the_marker_stays_under_the_formula_of_a_fault():
    fault = Fault("no", "x.toml, key 'formula'\n         a / (\x1b\n             ^", "close it")
    assert shown(lambda c: print_faults([fault], c)) == (
        "error: no\n  where: x.toml, key 'formula'\n         a / (\\x1b\n             ^\n"
        "  fix:   close it\n\n1 fault found.\n"
    )


def test_prior_is_shown_in_quantiles():
    belief = LogNormal(0.2, 0.8, "logit units", "a reason [b]")
    prior = TrendPrior(
        theta=(belief,) * 4, drift=Normal(0.0, 0.12, "logit units per year", "none"),
        level_sd=10.0, thin_level=None, floor_noise=0.005, offset_sd={}, quality_sd={},
        predictive={1: (0.14, 0.21, 0.3, 0.41, 0.53), 5: (0.02, 0.08, 0.3, 0.68, 0.9)},
    )  # fmt: skip
    for width in (40, 120):
        text = shown(lambda c: print_prior(SHARE, prior, c), width)
        # 0.2 exp(1.281552 * 0.8) = 0.558; 0 + 1.959964 * 0.12 = 0.24
        assert "0.558" in text
        assert "0.24" in text
        assert "a reason [b]" in text
        assert "53%" in text


def test_a_screen_loads_no_module_that_costs_as_much_as_the_forecast():
    script = (
        "import sys, io; from rich.console import Console; import output_samples as s; "
        "from forecaster.output.screen import print_reach; "
        "assert 'numpy.ma' not in sys.modules; "
        "print_reach(s.share_reach(), Console(file=io.StringIO(), width=80)); "
        "print([m for m in ('numpy.ma', 'rich.table', 'json', 'hashlib') if m in sys.modules])"
    )
    # numpy.random, which makes the synthetic draws, is the one that needs hashlib
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parent,
    )  # fmt: skip
    assert done.stdout.strip() in ("[]", "['hashlib']")
