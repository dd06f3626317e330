from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forecaster.workspace.validate import validate_workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Change = Callable[[str, str, str], Path]


def test_a_workspace_without_faults_has_none(workspace: Path) -> None:
    assert validate_workspace(workspace) == []


def test_judgements_and_claims_are_optional(workspace: Path) -> None:
    (workspace / "judgements.csv").unlink()
    (workspace / "claims.csv").unlink()
    assert validate_workspace(workspace) == []


CHANGES = [
    ("history/spend.csv", "USD billion", "EUR billion", "history/spend.csv, line 2",
     "'EUR billion' is not the unit of 'us-spend', 'USD billion'"),
    ("history/spend.csv", "us-spend,2023", "us-spendd,2023", "history/spend.csv, line 2",
     "the series 'us-spendd' is not in series.csv"),
    ("history/spend.csv", "62.5", "-62.5", "history/spend.csv, line 2",
     "a positive series cannot have the negative value -62.5"),
    ("history/spend.csv", "us-spend,2023", "us-spend,2026", "history/spend.csv, line 2",
     "the source 'idc-2025' was published on 2025-03-31, before 2026 ended"),
    ("history/spend.csv", "idc-2025,", "idc-2025,\nus-spend,2023,1,USD billion,,press,idc-2025,",
     "history/spend.csv, line 3",
     "'us-spend' already has 2023 on the basis '' from 'idc-2025', in history/spend.csv, line 2"),
    ("history/spend.csv", "reported", "reported,extra", "history/spend.csv, line 2",
     "the line has 9 cells, the header has 8"),
    ("series.csv", "flow,units,", "flow,unit,", "series.csv, line 2",
     "'cn-share' has no rows on the basis 'unit'"),
    ("series.csv", "revenue=other-measure", "revenue=other-measure;x=same-measure",
     "series.csv, line 2", "'cn-share' has no rows on the basis 'x'"),
    ("series.csv", "units:2024-H2", "units:2024-H1", "series.csv, line 2",
     "'cn-share' has no row for 2024-H1 on the basis 'units'"),
    ("series.csv", "2020:unfinished", "2019:unfinished", "series.csv, line 2",
     "'cn-share' leaves out 2019, for which it has no row"),
    ("series.csv", "USD billion,positive", "USD billion,real", "series.csv, line 3",
     "'us-spend' has 1 points and no typical change"),
    ("series.csv", "us-spend,Spending", "cn-share,Spending", "series.csv, line 3",
     "the series 'cn-share' already has line 2, where its kind is 'share' and not 'positive'"),
    ("sources.csv", "2025,inferred", "soon,inferred", "sources.csv, line 3",
     "'soon' is not a date"),
    ("sources.csv", "inferred,", "guessed,", "sources.csv, line 3",
     "'guessed' is not a certainty of a date"),
    ("sources.csv", "2025,inferred,", "2025,inferred,\nidc-2025,T,P,2025,stated,",
     "sources.csv, line 4", "the source 'idc-2025' already has line 2"),
    ("judgements.csv", "bank,bern-2025", "bank,bern-2024", "judgements.csv, line 2",
     "the source 'bern-2024' is not in sources.csv"),
    ("judgements.csv", "0.4,0.5,0.6", "0.4,0.7,0.6", "judgements.csv, line 2",
     "the values 0.4, 0.7, 0.6 are not in order of size"),
    ("judgements.csv", "0.4,0.5,0.6", "0.4,0.5,60", "judgements.csv, line 2",
     "a share of 60 is above 1"),
    ("judgements.csv", "0.6,fraction", "0.6,percent", "judgements.csv, line 2",
     "'percent' is not the unit of 'cn-share'"),
    ("judgements.csv", "2027,", "in 2027,", "judgements.csv, line 2", "'in 2027' is not a period"),
    ("judgements.csv", "2025-05-06", "2025-05-40", "judgements.csv, line 3",
     "'2025-05-40' is not a date"),
    ("judgements.csv", "IEA,government", "IEA,goverment", "judgements.csv, line 3",
     "'goverment' is not a kind of expert"),
    ("judgements.csv", "j2,", "j1,", "judgements.csv, line 3", "the id 'j1' already has line 2"),
    ("claims.csv", "中文,,cn-share", "中文,,cn-shares", "claims.csv, line 2",
     "the series 'cn-shares' is not in series.csv"),
    ("claims.csv", ",0.4,", ",about,", "claims.csv, line 2", "'about' is not a number"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "where", "problem"), CHANGES)
def test_a_fault_is_found_with_its_file_and_line(
    change: Change, name: str, old: str, new: str, where: str, problem: str
) -> None:
    faults = validate_workspace(change(name, old, new))
    assert (where, problem) in [(fault.where, fault.problem) for fault in faults]
    assert all(fault.fix for fault in faults)


def test_a_row_of_a_decided_series_or_a_period_left_out_may_be_early(change: Change) -> None:
    workspace = change("series.csv", "2020:unfinished", "2020:unfinished;2025:unfinished")
    change(
        "history/chips.csv",
        "cn-share,2020,",
        "cn-share,2025,0.5,fraction,units,press,idc-2025,\ncn-share,2020,",
    )
    assert validate_workspace(workspace) == []


def test_faults_of_all_files_are_reported_at_once(change: Change) -> None:
    change("history/spend.csv", "62.5", "much")
    change("history/chips.csv", "0.14", "14")
    change("sources.csv", "inferred", "guessed")
    workspace = change("claims.csv", ",0.4,", ",about,")
    (workspace / "history" / "more.csv").write_bytes("系列,期间\n".encode("gbk"))
    places = {fault.where.split(",")[0] for fault in validate_workspace(workspace)}
    files = {"history/spend.csv", "history/chips.csv", "sources.csv", "claims.csv"}
    # the judgements and the row that cite the faulty source are named with it
    assert places == {*files, "history/more.csv", "judgements.csv"}


def test_a_fault_in_the_series_table_does_not_disown_its_rows_and_claims(change: Change) -> None:
    faults = validate_workspace(change("series.csv", "share,flow", "shares,flow"))
    assert [fault.problem for fault in faults] == ["'shares' is not a kind"]


def test_many_faults_of_one_rule_are_counted(workspace: Path) -> None:
    lines = "".join(
        f"us-spend,{year},x,USD billion,,press,idc-2025,\n" for year in range(2001, 2011)
    )
    with (workspace / "history" / "spend.csv").open("a") as file:
        file.write(lines)
    faults = validate_workspace(workspace)
    assert len(faults) == 4
    assert faults[3].problem == "7 more lines have the same fault: not a number"


LIMITS = [
    ("never-fall", "'never-fall' is not a limit"),
    ("never-falls=1", "'never-falls=1' is not a limit"),
    ("least=none", "'none' is not a finite number"),
    ("least=9;most=3", "the least 9 is not below the most 3"),
]


def _limit_spending(workspace: Path, limits: str) -> list[tuple[str, str]]:
    """Return (place, problem) of all faults with limits of 'us-spend', whose figure is 62.5."""
    path = workspace / "series.csv"
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    limited = [f"{line},{limits if line.startswith('us-spend') else ''}" for line in lines]
    path.write_text("\n".join([f"{head},limits", *limited, ""]), encoding="utf-8")
    return [(fault.where, fault.problem) for fault in validate_workspace(workspace)]


@pytest.mark.parametrize(("limits", "problem"), LIMITS)
def test_a_limit_that_says_nothing_is_a_fault(workspace: Path, limits: str, problem: str) -> None:
    assert ("series.csv, line 3", problem) in _limit_spending(workspace, limits)


@pytest.mark.parametrize("limits", ["never-falls; least = 1 ;most=62.5", "least=62.5", ""])
def test_figures_at_or_within_the_limits_are_no_fault(workspace: Path, limits: str) -> None:
    assert _limit_spending(workspace, limits) == []


@pytest.mark.parametrize("limits", ["least=63", "most=62"])
def test_a_figure_outside_the_limits_is_a_fault(workspace: Path, limits: str) -> None:
    assert _limit_spending(workspace, limits) == [
        ("history/spend.csv, line 2", "62.5 is outside the limits of 'us-spend' in series.csv")
    ]


WHOLES = [
    ("part-of=us-spend", "is a part of 'us-spend', which is no other series"),
    ("part-of=eu-plans", "is a part of 'eu-plans', which is no other series"),
    ("part-of=eu-plan", "and its whole 'eu-plan' have different units"),
]


@pytest.mark.parametrize(("limits", "problem"), WHOLES)
def test_a_part_of_what_cannot_be_its_whole_is_a_fault(
    workspace: Path, limits: str, problem: str
) -> None:
    assert _limit_spending(workspace, limits) == [("series.csv, line 3", f"'us-spend' {problem}")]


@pytest.mark.parametrize(("figure", "is_fault"), [("62.5", False), ("62", True)])
def test_a_part_above_its_whole_is_a_fault(
    change: Change, workspace: Path, figure: str, is_fault: bool
) -> None:
    change("series.csv", "Plan,计划,EUR billion", "Plan,计划,USD billion")
    with (workspace / "history" / "spend.csv").open("a", encoding="utf-8") as file:
        file.write(f"eu-plan,2023,{figure},USD billion,,reported,idc-2025,\n")
    problem = "62.5 of 2023 is more than the whole 'eu-plan', 62"
    expected = [("series.csv, line 3", problem)] if is_fault else []
    assert _limit_spending(workspace, "part-of=eu-plan") == expected
