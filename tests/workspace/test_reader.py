from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from forecaster.errors import FaultyInput, InputError
from forecaster.workspace import reader
from forecaster.workspace.reader import (
    SHIPPED,
    find_workspace,
    load_all_facts,
    load_entries,
    load_facts,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Change = Callable[[str, str, str], Path]


def test_entries_say_what_a_series_is(workspace: Path) -> None:
    entry = load_entries(workspace)["cn-share"]
    assert (entry.kind, entry.timing, entry.reference_basis) == ("share", "flow", "units")
    assert entry.relations == {"revenue": "other-measure"}
    assert entry.computed_periods == {("units", "2024-H2")}
    assert entry.left_out == {"2020": "unfinished"}
    assert (entry.title_zh, entry.decided, entry.typical_change) == ("份额", False, None)


def test_rows_carry_their_source_and_their_line(workspace: Path) -> None:
    facts = load_facts(workspace, ["cn-share"])
    row = facts.rows["cn-share"][2]
    assert (row.printed, row.value, str(row.period)) == ("0.3", 0.3, "2024")
    # the note of line 3 holds a newline, so the next row stands in line 5
    assert row.where == "history/chips.csv, line 5"
    assert facts.rows["cn-share"][1].note == "a note, with\na newline"
    assert list(facts.rows) == ["cn-share"]


def test_a_date_without_a_day_is_the_last_day_of_its_month_or_year(workspace: Path) -> None:
    rows = load_facts(workspace, ["cn-share"]).rows["cn-share"]
    published = {row.source.id: row.source.published for row in rows}
    assert published == {"idc-2025": date(2025, 3, 31), "bern-2025": date(2025, 12, 31)}


def test_a_series_without_rows_is_known_and_empty(workspace: Path) -> None:
    assert load_facts(workspace, ["eu-plan"]).rows == {"eu-plan": ()}


def test_only_files_that_mention_the_series_are_parsed(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed = []
    scan = reader.scan_history

    def watched(payload: bytes, path: Path, **options: object) -> object:
        parsed.append(path.name)
        return scan(payload, path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(reader, "scan_history", watched)
    load_facts(workspace, ["us-spend"])
    assert parsed == ["spend.csv"]


def test_faults_of_other_series_do_not_stop_a_forecast(change: Change) -> None:
    workspace = change("history/spend.csv", "62.5", "much")
    assert load_facts(workspace, ["cn-share"]).rows["cn-share"]
    with pytest.raises(InputError, match="'much' is not a number"):
        load_facts(workspace, ["us-spend"])


def test_a_history_file_in_another_encoding_is_not_passed_over(workspace: Path) -> None:
    path = workspace / "history" / "spend.csv"
    path.write_bytes(path.read_text().encode("utf-16"))
    with pytest.raises(InputError, match="the file is in UTF-16"):
        load_facts(workspace, ["us-spend"])


def test_all_facts_hold_every_series(workspace: Path) -> None:
    facts = load_all_facts(workspace)
    assert {name: len(rows) for name, rows in facts.rows.items()} == {
        "cn-share": 5,
        "us-spend": 1,
        "eu-plan": 0,
    }


def test_the_hash_follows_the_rows_and_the_entry_of_the_series_alone(change: Change) -> None:
    workspace = change("history/chips.csv", "2024,0.3,", "2024,0.30,")
    first = load_facts(workspace, ["cn-share"]).hash
    change("history/spend.csv", "62.5", "63")
    change("series.csv", "Spending", "Expenses")
    assert load_facts(workspace, ["cn-share"]).hash == first
    change("series.csv", "2020:unfinished", "2020:not finished")
    assert load_facts(workspace, ["cn-share"]).hash != first


def test_a_misspelt_series_is_offered_the_nearest_names(workspace: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_facts(workspace, ["cn-shar"])
    assert str(caught.value) == (
        "error: there is no series 'cn-shar'\n"
        "  where: series.csv\n"
        "  fix:   did you mean 'cn-share'?"
    )


def test_a_series_like_no_other_is_sent_to_the_list(workspace: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_facts(workspace, ["zzz"])
    assert caught.value.faults[0].fix == "choose one that 'forecaster list' shows"


def test_all_faults_of_a_series_are_reported_at_once_with_file_and_line(change: Change) -> None:
    change("history/chips.csv", "0.14,fraction,units,reported", "14%,fraction,units,reported")
    change(
        "history/chips.csv",
        "2024-H2,0.4,fraction,units,derived",
        "2024-H2,4,fraction,units,derived",
    )
    change("history/chips.csv", "revenue,estimate", "revenue,estimte")
    workspace = change("history/chips.csv", "cn-share,2020,0.05", "cn-share,FY2020,0.05")
    with pytest.raises(FaultyInput) as caught:
        load_facts(workspace, ["cn-share"])
    assert str(caught.value) == (
        "error: 'FY2020' is not a period\n"
        "  where: history/chips.csv, line 2\n"
        "  fix:   did you mean 2020?\n"
        "error: '14%' is a percentage, not a number\n"
        "  where: history/chips.csv, line 3\n"
        "  fix:   write 0.14\n"
        "error: a share of 4 is above 1\n"
        "  where: history/chips.csv, line 6\n"
        "  fix:   did you mean 4%? write 0.04\n"
        "error: 'estimte' is not a quality\n"
        "  where: history/chips.csv, line 7\n"
        "  fix:   did you mean 'estimate'?"
    )


def test_a_source_that_is_not_listed_is_offered_the_nearest(change: Change) -> None:
    workspace = change("history/spend.csv", "idc-2025", "idc-2026")
    with pytest.raises(InputError) as caught:
        load_facts(workspace, ["us-spend"])
    assert str(caught.value) == (
        "error: the source 'idc-2026' is not in sources.csv\n"
        "  where: history/spend.csv, line 2\n"
        "  fix:   did you mean 'idc-2025'?"
    )


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("share,flow", "shares,flow", "'shares' is not a kind"),
        ("fraction,share", "percent,share", "a share is a fraction, but 'cn-share' has the unit"),
        ("revenue=other-measure", "revenue", "'revenue' is not a relation of a basis"),
        ("revenue=other-measure", "revenue=same", "'same' is not a relation"),
        ("units:2024-H2", "2024-H2", "'2024-H2' is not a basis with a period"),
        ("2020:unfinished", "2020", "'2020' leaves a period out without a reason"),
        ("us-spend", "cn-share", "the series 'cn-share' already has line 2, where its kind is"),
        ("USD billion", "", "the series 'us-spend' has no unit"),
        ("us-spend", "", "the line has no series id"),
    ],
)
def test_a_faulty_line_of_the_series_table_is_refused(
    change: Change, old: str, new: str, problem: str
) -> None:
    workspace = change("series.csv", old, new)
    with pytest.raises(FaultyInput) as caught:
        load_entries(workspace)
    (fault,) = caught.value.faults
    assert fault.problem.startswith(problem)
    assert fault.where.startswith("series.csv, line ")
    assert fault.fix


def test_the_workspace_is_the_one_asked_for_then_the_environment_then_the_shipped(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.delenv("FORECASTER_WORKSPACE", raising=False)
    assert find_workspace(None) == SHIPPED
    monkeypatch.setenv("FORECASTER_WORKSPACE", str(workspace))
    assert find_workspace(None) == workspace
    monkeypatch.setenv("FORECASTER_WORKSPACE", str(tmp_path_factory.mktemp("empty")))
    assert find_workspace(workspace) == workspace
    with pytest.raises(InputError, match=r"is not a workspace: it has no series\.csv"):
        find_workspace(None)


def test_a_workspace_that_is_no_folder_is_refused(workspace: Path) -> None:
    with pytest.raises(InputError, match="there is no workspace folder"):
        find_workspace(workspace / "series.csv")
