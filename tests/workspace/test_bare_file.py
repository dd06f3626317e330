from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from forecaster.errors import InputError
from forecaster.workspace.bare_file import read_bare
from forecaster.workspace.history import known_by

if TYPE_CHECKING:
    from forecaster.workspace.facts import Facts

DATA = Path(__file__).parents[1] / "data"
LATE = date(2030, 1, 1)


def read(text: str, kind: str = "positive") -> Facts:
    """Read a text on the standard input."""
    return read_bare("-", kind=kind, stdin=io.BytesIO(text.encode()))


def test_a_good_file_becomes_a_series_named_after_it() -> None:
    facts = read_bare(str(DATA / "good-annual.csv"), kind="positive", stdin=io.BytesIO())
    history = known_by(facts, "good-annual", as_of=LATE)
    assert [row.value for row in history.data][:3] == [1.2, 1.5, 1.4]
    assert (history.entry.kind, history.entry.timing, history.notes) == ("positive", "stock", ())


@pytest.mark.parametrize("name", ["good-byte-order-mark", "good-one-row", "good-mixed-frequencies"])
def test_unusual_good_files_are_read_without_a_word(name: str) -> None:
    facts = read_bare(str(DATA / f"{name}.csv"), kind="positive", stdin=io.BytesIO())
    history = known_by(facts, name, as_of=LATE)
    n_lines = (DATA / f"{name}.csv").read_text().count("\n") - 1
    assert (len(history.data), history.notes) == (n_lines, ())


def test_lines_out_of_order_are_sorted_which_is_said() -> None:
    facts = read_bare(str(DATA / "good-unsorted.csv"), kind="positive", stdin=io.BytesIO())
    history = known_by(facts, "good-unsorted", as_of=LATE)
    assert [row.value for row in history.data] == [1, 2, 3]
    assert history.notes == ("the lines were not in order of time; they were sorted",)


def test_the_same_facts_have_the_same_hash_in_any_order() -> None:
    assert (
        read("period,value\n2023,1\n2024,2\n").hash == read("value,period\n2,2024\n1,2023\n").hash
    )
    assert read("period,value\n2023,1\n").hash != read("period,value\n2023,1.0\n").hash


def test_periods_that_have_not_ended_are_not_used_which_is_said() -> None:
    facts = read("period,value\n2023,1\n2024,2\n2025,3\n2026,4\n")
    history = known_by(facts, "stdin", as_of=date(2025, 6, 30))
    assert [str(row.period) for row in history.data] == ["2023", "2024"]
    assert history.notes == (
        "2 rows are not used: 2025 had not ended by 2025-06-30 (standard input, line 4)",
    )


def test_the_basis_with_the_newest_row_is_used_and_the_others_are_named() -> None:
    facts = read(
        "period,value,basis\n2023,1,old\n2024,2,old\n2024-H2,3,old\n".replace(
            "2024-H2,3,old", "2025,3,new"
        )
    )
    history = known_by(facts, "stdin", as_of=LATE)
    assert (history.target_basis, len(history.data)) == ("new", 1)
    assert history.notes == ("only the basis 'new' is used, and not 'old'",)
    assert len(known_by(facts, "stdin", as_of=LATE, basis="old").data) == 2


def test_unit_source_and_quality_columns_are_kept() -> None:
    facts = read("period,value,unit,quality,source\n2024,1,USD billion,press,FT\n")
    (row,) = facts.rows["stdin"]
    assert (row.unit, row.quality, row.source.id) == ("USD billion", "press", "FT")
    assert facts.entries["stdin"].unit == "USD billion"


def test_a_hundred_thousand_rows_are_read_and_cut_to_the_last_500() -> None:
    # 99,500 days after 1700-01-01 is 1972-06-04
    first = date(1700, 1, 1).toordinal()
    days = (date.fromordinal(first + n).isoformat() for n in range(100_000))
    facts = read("period,value\n" + "".join(f"{day},1.5\n" for day in days))
    history = known_by(facts, "stdin", as_of=LATE)
    assert len(history.data) == 500
    assert history.notes == ("only the last 500 of 100000 periods are used, from 1972-06-04 on",)


def test_zero_is_a_value_of_a_positive_series_and_below_zero_one_of_a_real_series() -> None:
    assert read("period,value\n2024,0\n").rows["stdin"][0].value == 0
    assert read("period,value\n2024,-3\n", "real").rows["stdin"][0].value == -3


def test_a_missing_file_is_refused_by_its_name(tmp_path: Path) -> None:
    path = str(tmp_path / "no such.csv")
    with pytest.raises(InputError) as caught:
        read_bare(path, kind="positive", stdin=io.BytesIO())
    assert str(caught.value) == (
        f"error: there is no file '{path[:60]}{'...' if len(path) > 60 else ''}'\n"
        f"  where: {path}\n"
        "  fix:   check its name and folder"
    )


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder, not a file"):
        read_bare(str(tmp_path), kind="positive", stdin=io.BytesIO())


def test_an_unknown_kind_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="unknown kind 'percent'"):
        read("period,value\n2024,1\n", "percent")


def test_every_overlap_is_found_wherever_it_stands() -> None:
    text = "period,value\n2020,1\n2024-Q3,2\n2024,3\n2022,4\n2024-Q1,5\n2025,6\n"
    with pytest.raises(InputError) as caught:
        read(text)
    assert [(fault.problem, fault.where) for fault in caught.value.faults] == [
        ("the periods 2024 and 2024-Q1 overlap", "standard input, lines 4 and 6"),
        ("the periods 2024 and 2024-Q3 overlap", "standard input, lines 3 and 4"),
    ]


def test_a_share_may_be_one_and_no_more() -> None:
    assert read("period,value\n2024,1\n", "share").rows["stdin"][0].value == 1
    with pytest.raises(InputError) as caught:
        read("period,value\n2024,1.01\n", "share")
    assert caught.value.faults[0].fix == "did you mean 1.01%? write 0.0101"
