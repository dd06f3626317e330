"""Published figures of derived series: periods, parts, qualities, sources, digits."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_forecasts import entry_of, history_of, resolved_of, row_of

from forecaster.forecasts.derived_history import derive_history, figure_in, published_figures
from forecaster.workspace.periods import parse_period

US, CN = entry_of("us"), entry_of("cn")
SHARE = entry_of("share", "share", unit="fraction")
FLEET = entry_of("fleet", "count", "stock", "chips")
TOTAL = entry_of("total", "cumulative", "stock", "chips")


def _rows(resolved, *histories):
    found = derive_history(resolved, {history.entry.id: history for history in histories})
    return found.published


def _ratio(us_rows, cn_rows):
    return _rows(resolved_of("us / cn", US, CN), history_of(US, us_rows), history_of(CN, cn_rows))


def test_a_row_stands_where_every_input_has_the_period():
    us = [row_of(US, "2023", "60"), row_of(US, "2024", "80"), row_of(US, "2025", "100")]
    cn = [row_of(CN, "2024", "8"), row_of(CN, "2025", "4"), row_of(CN, "2026", "5")]
    found = _ratio(us, cn)
    assert [(str(row.period), row.value) for row in found] == [("2024", 10.0), ("2025", 25.0)]


def test_only_the_target_basis_counts():
    us = [row_of(US, "2024", "80", basis="a"), row_of(US, "2025", "90", basis="b")]
    cn = [row_of(CN, "2024", "8"), row_of(CN, "2025", "4")]
    resolved = resolved_of("us / cn", US, CN)
    found = _rows(resolved, history_of(US, us, basis="b"), history_of(CN, cn))
    assert [str(row.period) for row in found] == ["2025"]


def test_a_derived_row_is_as_good_as_its_worst_input_and_as_late_as_its_latest():
    us = [row_of(US, "2024", "80", published="2025-02-01", quality="reported")]
    cn = [row_of(CN, "2024", "8", published="2025-09-30", quality="press")]
    (row,) = _ratio(us, cn)
    assert row.quality == "press"
    assert row.source.published == date(2025, 9, 30)
    assert (row.basis, row.unit, row.series, row.note) == ("", "ratio", "us / cn", "us / cn")
    assert row.where == "history/us.csv, line 2; history/cn.csv, line 2"
    cn = [row_of(CN, "2024", "8", published="2025-01-01", quality="reported")]
    (row,) = _ratio(us, cn)
    assert row.quality == "derived"
    assert row.source.published == date(2025, 2, 1)


@pytest.mark.parametrize(
    ("us", "cn", "printed"),
    [
        # one digit more than the rougher input, three to six
        ("109.1", "9.3", "11.7"), ("109.12", "9.345", "11.677"),
        ("109.12345", "9.3456789", "11.6764"),
        ("1", "3", "0.333"), ("0.001", "900", "0.00000111"), ("1e12", "3", "333000000000"),
        ("1e20", "3", "3.33e+19"),
    ],
)  # fmt: skip
def test_figures_are_printed_to_sensible_digits(us, cn, printed):
    (row,) = _ratio([row_of(US, "2024", us)], [row_of(CN, "2024", cn)])
    assert row.printed == printed
    assert row.value == float(us) / float(cn)
    assert float(row.printed) == pytest.approx(row.value, rel=0.005)


def test_a_division_by_a_figure_printed_as_zero_gives_no_row():
    us = [row_of(US, "2024", "80"), row_of(US, "2025", "100")]
    share = [row_of(SHARE, "2024", "0.00"), row_of(SHARE, "2025", "0.25")]
    resolved = resolved_of("us / share", US, SHARE)
    found = _rows(resolved, history_of(US, us), history_of(SHARE, share))
    assert [(str(row.period), row.value) for row in found] == [("2025", 400.0)]


def test_parts_make_up_a_whole_of_a_flow_a_share_and_a_stock():
    quarters = [f"2024-Q{k}" for k in (1, 2, 3, 4)]
    year = parse_period("2024")
    flow = [row_of(US, period, str(k)) for k, period in enumerate(quarters, start=1)]
    assert figure_in(flow, year, US).value == 10.0
    share = [row_of(SHARE, "2024-H1", "0.2"), row_of(SHARE, "2024-Q3", "0.4"),
             row_of(SHARE, "2024-Q4", "0.8")]  # fmt: skip
    # halves weigh twice as much as quarters: .2 / 2 + .4 / 4 + .8 / 4
    assert figure_in(share, year, SHARE).value == pytest.approx(0.4)
    stock = [row_of(FLEET, period, str(k)) for k, period in enumerate(quarters, start=1)]
    assert figure_in(stock, year, FLEET).value == 4.0
    total = [row_of(TOTAL, "2024-06", "3"), row_of(TOTAL, "2024-12", "7")]
    assert figure_in(total, year, TOTAL).value == 7.0


def test_a_flow_with_a_part_missing_has_no_figure_and_a_stock_needs_its_last():
    some = [f"2024-Q{k}" for k in (1, 2, 3)]
    year = parse_period("2024")
    assert figure_in([row_of(US, period, "1") for period in some], year, US) is None
    assert figure_in([row_of(FLEET, period, "1") for period in some], year, FLEET) is None
    assert figure_in([row_of(US, "2024-H1", "1"), row_of(US, "2024-Q2", "1")], year, US) is None


def test_a_whole_that_is_published_goes_before_its_parts():
    rows = [row_of(US, f"2024-Q{k}", "1") for k in (1, 2, 3, 4)]
    assert figure_in([*rows, row_of(US, "2024", "5")], parse_period("2024"), US).value == 5.0


def test_years_meet_quarters():
    us = [row_of(US, "2024", "80")]
    cn = [row_of(CN, f"2024-Q{k}", "2", published=f"2025-0{k}-01") for k in (1, 2, 3, 4)]
    (row,) = _ratio(us, cn)
    assert (str(row.period), row.value) == ("2024", 10.0)
    assert row.source.published == date(2026, 2, 1)


def test_a_stock_stands_at_the_end_of_any_period():
    us = [row_of(US, "2024", "80")]
    fleet = [row_of(FLEET, "2024-12", "4")]
    resolved = resolved_of("fleet / us", US, FLEET)
    (row,) = _rows(resolved, history_of(US, us), history_of(FLEET, fleet))
    assert (str(row.period), row.value) == ("2024", 0.05)
    found = published_figures(history_of(FLEET, [row_of(FLEET, "2024", "4")]), frequency="quarter")
    assert {str(period): known.value for period, known in found.items()} == {"2024-Q4": 4.0}


def test_two_stocks_at_one_moment_make_one_row():
    fleet = [row_of(FLEET, "2024-12", "4")]
    total = [row_of(TOTAL, "2024", "8")]
    resolved = resolved_of("fleet / total", FLEET, TOTAL)
    (row,) = _rows(resolved, history_of(FLEET, fleet), history_of(TOTAL, total))
    assert (str(row.period), row.value) == ("2024", 0.5)


def test_a_difference_keeps_its_sign():
    us, cn = [row_of(US, "2024", "8.0")], [row_of(CN, "2024", "80.0")]
    resolved = resolved_of("us - cn", US, CN)
    (row,) = _rows(resolved, history_of(US, us), history_of(CN, cn))
    assert row.printed == "-72.0"


def test_no_common_period_leaves_an_empty_history():
    assert _ratio([row_of(US, "2024", "1")], [row_of(CN, "2025", "1")]) == ()
