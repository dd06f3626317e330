"""Faults of beliefs, and of how they suit the facts: whole messages, all of them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forecaster.workspace.belief_tables import SHIPPED_PRIORS
from forecaster.workspace.validate import validate_workspace

if TYPE_CHECKING:
    from pathlib import Path

SERIES = """\
id,title,unit,kind,timing,reference_basis,relations,composition,group
cn-share,Share,fraction,share,flow,units,revenue=other-measure,,
a-share,A,fraction,share,flow,,,market,
b-share,B,fraction,share,flow,,,market,
us-spend,Spending,USD billion,positive,flow,,,,
us-vc,Venture capital,USD billion,positive,flow,,,,vc
us-ratio,Ratio,ratio,positive,flow,,,,
"""
SOURCES = """\
source,title,publisher,published,published_is,url
idc-2025,Tracker,IDC,2025-03,stated,
"""
HISTORY = """\
series,period,value,unit,basis,quality,source,note
cn-share,2023,0.14,fraction,units,reported,idc-2025,
cn-share,2024,0.30,fraction,units,reported,idc-2025,
cn-share,2024,0.29,fraction,revenue,estimate,idc-2025,
a-share,2022,0.595,fraction,,reported,idc-2025,
b-share,2022,0.41,fraction,,reported,idc-2025,
a-share,2023,0.30,fraction,,reported,idc-2025,
b-share,2023,0.40,fraction,,reported,idc-2025,
us-spend,2023,62.5,USD billion,,reported,idc-2025,
us-vc,2023,10,USD billion,,reported,idc-2025,
"""
CAP = """\
family = "substitution"
reason = "made"
[cap]
quantiles = { "5%" = 0.10, "95%" = 0.40 }
unit = "fraction"
reason = "made"
"""
COMPOSITION = '[market]\nparts = ["a-share", "b-share"]\nreason = "made"\n'


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Return a workspace with beliefs of its own and without faults."""
    (tmp_path / "history").mkdir()
    (tmp_path / "priors" / "series").mkdir(parents=True)
    (tmp_path / "series.csv").write_text(SERIES, encoding="utf-8")
    (tmp_path / "sources.csv").write_text(SOURCES, encoding="utf-8")
    (tmp_path / "history" / "all.csv").write_text(HISTORY, encoding="utf-8")
    for name in ("families.toml", "pool.toml", "experts.toml"):
        text = (SHIPPED_PRIORS / name).read_text(encoding="utf-8")
        (tmp_path / "priors" / name).write_text(text, encoding="utf-8")
    (tmp_path / "priors" / "compositions.toml").write_text(COMPOSITION, encoding="utf-8")
    return tmp_path


def _change(workspace: Path, name: str, old: str, new: str) -> None:
    """Change the first place of a text in a file; the whole file where the text is empty."""
    path = workspace / name
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    assert old in text
    path.write_text(text.replace(old, new, 1) if old else new, encoding="utf-8")


def _messages(workspace: Path) -> list[str]:
    """Return what `validate` tells, with paths from the workspace on."""
    return [str(f).replace(f"{workspace}/", "") for f in validate_workspace(workspace)]


CASES = [
    ("series.csv", "us-ratio,", "us-vc / us-spend,", """\
error: 'us-vc / us-spend' is no id of a series
  where: series.csv, line 7
  fix:   give it an id, and write the formula into priors/series/<id>.toml"""),
    ("series.csv", "us-ratio,", "US_Ratio,", """\
error: 'US_Ratio' is no id of a series
  where: series.csv, line 7
  fix:   write lower-case letters and digits with single hyphens, as in us-spend"""),
    ("history/all.csv", "b-share,2023,0.40", "b-share,2023,1.00", """\
error: parts of 'market' in 2023 add up to 1.3, more than one: a-share 0.30 + b-share 1.00
  where: history/all.csv, line 7, history/all.csv, line 8
  fix:   correct the values, or give the rows that count something else another basis"""),
    ("priors/series/cn-share.toml", "", CAP, """\
error: the cap of 'cn-share' is 0.214 in the median, but 0.30 was published for 2024 \
(history/all.csv, line 3)
  where: priors/series/cn-share.toml, key 'cap'
  fix:   state a cap well above 0.30, or drop it"""),
    ("priors/series/cn-share.toml", "", ('family = "pool"\nreason = "made"\n[offset.revenues]\n'
     'quantiles = { "5%" = -5, "95%" = 5 }\nat = 0.3\nunit = "percentage points"\nreason = "x"\n'),
     """\
error: 'cn-share' relates no basis 'revenues' to its reference basis
  where: priors/series/cn-share.toml, key 'offset.revenues'
  fix:   did you mean 'revenue'?"""),
    ("priors/series/cn-share.toml", "", 'family = "pool"\nreason = "made"\noffset = 3\n', """\
error: 'offset' is not a table
  where: priors/series/cn-share.toml, key 'offset'
  fix:   write a table [offset.<basis>]"""),
    ("priors/series/us-vc.toml", "", 'family = "pooled"\nreason = "made"\n', """\
error: a group of one has nothing to borrow: 'us-vc' has no like series with figures in its \
group 'vc'
  where: priors/series/us-vc.toml, key 'family'
  fix:   name another family, such as family = 'pool'"""),
    ("priors/series/us-vc.toml", "", 'family = "custom"\nreason = "x"\nfunction = "os.system"\n',
     """\
error: 'os.system' names no function
  where: priors/series/us-vc.toml, key 'function'
  fix:   write module:function, such as growth:build for build() in growth.py of this folder"""),
    ("priors/series/us-ratio.toml", "", ('family = "derived"\nreason = "made"\n'
     'formula = "us-spend / us-vcs"\n'), """\
error: there is no series 'us-vcs'
  where: priors/series/us-ratio.toml, key 'formula'
         us-spend / us-vcs
                    ^^^^^^
  fix:   did you mean 'us-vc'?"""),
    ("priors/families.toml", "one_year = [0.46, 0.683,", "one_year = [0.683, 0.46,", """\
error: the quantiles 'trend.positive.prior_predictive.one_year' do not rise: 0.46 comes after \
0.683
  where: priors/families.toml, key 'trend.positive.prior_predictive.one_year'
  fix:   write them from the lowest to the highest"""),
    ("priors/pool.toml", "[pool.count]", "[pool.counts]", """\
error: the pool of kind 'count' is missing
  where: priors/pool.toml, key 'pool.count'
  fix:   write a table [pool.count]"""),
    ("priors/pool.toml", "trend = 0.31", "trend = 0.81", """\
error: the weights of 'pool.positive' sum to 1.5
  where: priors/pool.toml, key 'pool.positive'
  fix:   make them sum to 1"""),
    ("priors/compositions.toml", '"b-share"', '"c-share"', """\
error: 'c-share' is no series of the composition 'market'
  where: priors/compositions.toml, key 'market.parts'
  fix:   did you mean 'b-share' or 'a-share'?"""),
    ("priors/compositions.toml", '"b-share"', '"b-share", "b-share"', """\
error: the part 'b-share' is named 2 times
  where: priors/compositions.toml, key 'market.parts'
  fix:   name it once"""),
    ("priors/compositions.toml", "[market]", "[markt]", """\
error: there is no composition 'markt'
  where: priors/compositions.toml, key 'markt'
  fix:   did you mean 'market'?"""),
    ("priors/compositions.toml", '"a-share", ', "", """\
error: 'market.parts' is not a list of two series or more
  where: priors/compositions.toml, key 'market.parts'
  fix:   write parts = ["a", "b"]"""),
    ("priors/experts.toml", "high = 0.9", "high = 0.1", """\
error: 'kappa.low' is above 'kappa.high': 0.3
  where: priors/experts.toml, key 'kappa.low'
  fix:   swap them"""),
    ("priors/experts.toml", "own_sd = 0.12", "own_sd = 12", """\
error: 'log.research-house.own_sd' is 12.0
  where: priors/experts.toml, key 'log.research-house.own_sd'
  fix:   write a number from 0.001 to 5"""),
    ("priors/experts.toml", 'kind = "bank"', 'kind = "oracle"', """\
error: 'oracle' is no kind of expert
  where: priors/experts.toml, [[resolved]] 1, key 'kind'
  fix:   write one of academic, bank, company-guidance, executive, government, press, \
research-house"""),
]  # fmt: skip


def test_a_workspace_with_beliefs_of_its_own_has_no_faults(workspace: Path) -> None:
    assert _messages(workspace) == []


@pytest.mark.parametrize(("name", "old", "new", "message"), CASES)
def test_a_fault_of_beliefs_is_told_in_whole_and_alone(
    workspace: Path, name: str, old: str, new: str, message: str
) -> None:
    _change(workspace, name, old, new)
    assert _messages(workspace) == [message]


def test_parts_may_miss_one_by_their_rounding(workspace: Path) -> None:
    # 0.595 + 0.41 = 1.005 has half a step of 0.001 and half of 0.01 to spare: 1.0055
    assert _messages(workspace) == []
    _change(workspace, "history/all.csv", "a-share,2022,0.595", "a-share,2022,0.596")
    (message,) = _messages(workspace)
    assert message.startswith("error: parts of 'market' in 2022 add up to 1.006, more than one")


def test_parts_of_another_basis_than_the_forecast_one_are_added_up_too(workspace: Path) -> None:
    extra = "".join(
        f"{part}-share,2021,{value},fraction,shipped,reported,idc-2025,\n"
        for part, value in (("a", 0.7), ("b", 0.6))
    )
    _change(workspace, "history/all.csv", "us-spend,", f"{extra}us-spend,")
    (message,) = _messages(workspace)
    assert "in 2021 on the basis 'shipped' add up to 1.3" in message


def test_many_periods_that_add_up_to_more_than_one_are_counted(workspace: Path) -> None:
    rows = "".join(
        f"{part}-share,{year},0.7,fraction,,reported,idc-2025,\n"
        for year in range(2010, 2015)
        for part in "ab"
    )
    _change(workspace, "history/all.csv", "us-spend,", f"{rows}us-spend,")
    messages = _messages(workspace)
    assert len(messages) == 4
    assert messages[3].startswith("error: 2 more periods have the same fault: parts of 'market'")


def test_faults_of_every_file_and_table_are_told_at_once(workspace: Path) -> None:
    alone = [case for case in CASES if case[1] or case[0].endswith(("us-ratio.toml", "us-vc.toml"))]
    # the last of several cases that write one file, or change one text, stands
    chosen = {(name, old): (name, old, new, message) for name, old, new, message in alone}
    del chosen["series.csv", "us-ratio,"], chosen["priors/compositions.toml", "[market]"]
    del chosen["priors/compositions.toml", '"a-share", ']
    for name, old, new, _ in chosen.values():
        _change(workspace, name, old, new)
    messages = _messages(workspace)
    assert len(chosen) >= 10
    assert set(messages) == {message for _, _, _, message in chosen.values()}
    assert len(messages) == len(set(messages))


def test_two_beliefs_of_one_series_are_both_told(workspace: Path) -> None:
    text = 'family = "pool"\nreason = "made"\n' + "".join(
        f'[{key}]\nquantiles = {{ "5%" = 0.3, "50%" = 0.2 }}\nunit = "x"\nreason = "made"\n'
        for key in ("growth", "volatility")
    )
    _change(workspace, "priors/series/us-spend.toml", "", text)
    assert _messages(workspace) == [
        "error: the 50% quantile 0.2 is not above the 5% one, 0.3\n"
        f"  where: priors/series/us-spend.toml, key '{key}.quantiles'\n"
        "  fix:   write quantiles that rise with their level"
        for key in ("growth", "volatility")
    ]


def test_a_formula_is_checked_though_a_series_that_it_names_has_faulty_beliefs(
    workspace: Path,
) -> None:
    _change(workspace, "priors/series/us-spend.toml", "", 'family = "pool"\n')
    formula = 'family = "derived"\nreason = "made"\nformula = "us-spend / us-vcs"\n'
    _change(workspace, "priors/series/us-ratio.toml", "", formula)
    messages = _messages(workspace)
    assert [message.partition("\n")[0] for message in messages] == [
        "error: 'reason' is missing",
        "error: there is no series 'us-vcs'",
    ]


def test_a_file_that_is_no_toml_is_told_once(workspace: Path) -> None:
    for name in ("families", "pool", "experts", "compositions"):
        (workspace / "priors" / f"{name}.toml").write_text("= 3\n", encoding="utf-8")
    messages = _messages(workspace)
    assert len(messages) == 4
    assert all(message.startswith("error: the priors cannot be read") for message in messages)
