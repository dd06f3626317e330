"""Whole against parts, editions against each other: worked cases and properties."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st
from small_facts import facts_of, row_of

from forecaster.workspace.facts import QUALITIES, History, Row
from forecaster.workspace.history import known_by

LATE = date(2035, 1, 1)
PERIODS = [
    *("2024", "2024-H1", "2024-H2", "2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4"),
    *("2024-01", "2024-02", "2024-03", "2025", "2025-H1", "2025-H2", "2025-Q4", "2025-12-31"),
]


def kept(*rows: Row, timing: str = "flow") -> list[str]:
    """Return the periods kept of rows of one basis, by time."""
    history = known_by(facts_of(*rows, timing=timing), "share", as_of=LATE)
    return [str(row.period) for row in history.data]


def test_parts_that_cover_a_whole_replace_it_on_a_tie() -> None:
    assert kept(row_of("2024"), row_of("2024-H1"), row_of("2024-H2")) == ["2024-H1", "2024-H2"]


def test_a_whole_of_better_quality_replaces_its_parts() -> None:
    halves = row_of("2024-H1"), row_of("2024-H2", quality="press")
    assert kept(row_of("2024", quality="derived"), *halves) == ["2024"]


def test_a_part_that_does_not_cover_the_whole_is_kept_beside_it() -> None:
    assert kept(row_of("2024"), row_of("2024-H1", quality="recalled")) == ["2024-H1", "2024"]


def test_parts_of_different_lengths_cover_a_whole_together() -> None:
    parts = row_of("2024-H1"), row_of("2024-Q3"), row_of("2024-Q4")
    assert kept(row_of("2024"), *parts) == ["2024-H1", "2024-Q3", "2024-Q4"]


def test_a_poor_row_inside_a_good_half_does_not_bring_the_year_back() -> None:
    halves = row_of("2024-H1"), row_of("2024-H2")
    inside = row_of("2024-Q1", quality="recalled")
    assert kept(row_of("2024"), *halves, inside) == ["2024-Q1", "2024-H1", "2024-H2"]


def test_a_stock_is_replaced_only_by_a_row_of_the_same_moment() -> None:
    quarters = [row_of(f"2024-Q{n}") for n in (1, 2, 3, 4)]
    year = row_of("2024", quality="reported")
    assert kept(year, *quarters, timing="stock") == ["2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4"]
    fourth = row_of("2024-Q4", quality="press")
    assert kept(year, *quarters[:3], fourth, timing="stock") == [
        *("2024-Q1", "2024-Q2", "2024-Q3"),
        "2024",
    ]


def value_kept(*rows: Row) -> str:
    """Return the value kept of rows of one period."""
    (row,) = known_by(facts_of(*rows), "share", as_of=LATE).data
    return row.printed


def test_the_newest_edition_of_a_publisher_counts_even_when_its_quality_is_worse() -> None:
    old = row_of("2024", "0.1", publisher="idc", published="2025-03-01", quality="reported")
    new = row_of("2024", "0.2", publisher="idc", published="2026-03-01", quality="estimate")
    assert value_kept(old, new) == "0.2"


def test_across_publishers_the_best_quality_counts_then_the_latest() -> None:
    idc = row_of("2024", "0.1", publisher="idc", published="2025-03-01", quality="derived")
    press = row_of("2024", "0.2", publisher="press", published="2026-03-01", quality="press")
    bank = row_of("2024", "0.3", publisher="bank", published="2025-04-01", quality="derived")
    assert value_kept(idc, press) == "0.1"
    assert value_kept(idc, press, bank) == "0.3"


rows = st.builds(
    row_of,
    st.sampled_from(PERIODS),
    st.sampled_from(["0.1", "0.2", "0.3"]),
    published=st.dates(date(2024, 6, 1), date(2028, 1, 1)).map(date.isoformat),
    quality=st.sampled_from(QUALITIES),
    basis=st.sampled_from(["", "other", "undeclared"]),
    publisher=st.sampled_from(["idc", "bank"]),
)
always_known = row_of("2023", published="2024-01-01")
many_rows = st.lists(rows, max_size=25).map(lambda found: [*found, always_known])
timings = st.sampled_from(["flow", "stock"])


def history_of(found: list[Row], timing: str, as_of: date = LATE) -> History:
    """Return the history of rows on a reference and a declared basis."""
    facts = facts_of(*found, timing=timing, relations={"other": "same-measure"})
    return known_by(facts, "share", as_of=as_of)


@given(many_rows)
@settings(max_examples=200, deadline=None)
def test_kept_rows_of_a_basis_overlap_only_as_a_whole_with_a_partial_part(
    found: list[Row],
) -> None:
    data = history_of(found, "flow").data
    for whole in data:
        parts = [
            row
            for row in data
            if row.basis == whole.basis and row is not whole and row.period.overlaps(whole.period)
        ]
        inside = [row for row in parts if whole.period.contains(row.period)]
        assert all(row in inside or row.period.contains(whole.period) for row in parts)
        days = {
            row.period.start.toordinal() + n
            for row in inside
            for n in range((row.period.end - row.period.start).days + 1)
        }
        assert len(days) < (whole.period.end - whole.period.start).days + 1


@given(many_rows)
@settings(max_examples=100, deadline=None)
def test_kept_rows_of_a_stock_are_all_of_different_moments(found: list[Row]) -> None:
    data = history_of(found, "stock").data
    moments = [(row.basis, row.period.end) for row in data]
    assert len(set(moments)) == len(moments)


@given(many_rows, timings, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_rows_decides_nothing(found: list[Row], timing: str, random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert history_of(shuffled, timing) == history_of(found, timing)


@given(many_rows, timings)
@settings(max_examples=100, deadline=None)
def test_every_row_known_is_kept_or_left_out_with_a_reason(found: list[Row], timing: str) -> None:
    history = history_of(found, timing)
    assert len(history.data) + len(history.left_out) == len(found)
    assert all(left.reason for left in history.left_out)


@given(many_rows, timings, st.dates(date(2024, 2, 1), date(2028, 2, 1)), st.integers(0, 900))
@settings(max_examples=200, deadline=None)
def test_a_later_day_never_loses_time_that_an_earlier_day_knew(
    found: list[Row], timing: str, as_of: date, later_by: int
) -> None:
    def covered(history: History) -> set[tuple[str, int]]:
        spans = [(row.basis, row.period) for row in history.data]
        if timing == "stock":
            return {(basis, period.end.toordinal()) for basis, period in spans}
        return {
            (basis, day)
            for basis, period in spans
            for day in range(period.start.toordinal(), period.end.toordinal() + 1)
        }

    later = date.fromordinal(as_of.toordinal() + later_by)
    assert covered(history_of(found, timing, as_of)) <= covered(history_of(found, timing, later))


@given(many_rows, timings, st.dates(date(2024, 2, 1), date(2028, 2, 1)))
@settings(max_examples=100, deadline=None)
def test_rows_published_later_change_nothing(found: list[Row], timing: str, as_of: date) -> None:
    known = [row for row in found if row.source.published <= as_of]
    assert history_of(found, timing, as_of) == history_of(known, timing, as_of)
