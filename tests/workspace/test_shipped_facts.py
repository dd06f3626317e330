"""The facts that the wheel carries are whole, consistent and described."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from forecaster.workspace.periods import Period, last_day, parse_period, split_period

DATA = Path(__file__).parents[2] / "forecaster" / "data"
HISTORY_COLUMNS = ["series", "period", "value", "unit", "basis", "quality", "source", "note"]
SHARE_WEIGHTS = {
    "cn-ai-chip-domestic-share": "cn-ai-chip-shipments",
    "cn-ai-chip-share-nvidia": "cn-ai-chip-shipments",
}
"""Shares of a flow that have computed periods, and the flow that weighs them."""
WITHOUT_ROWS = {
    "africa-demand-met", "ai-inv-gulf", "bloc-alignment", "cn-hbm-self-supply",
    "cn-training-self-supply", "cn-us-chip-gap", "compute-share-row", "dc-opex-ratio-uk-cn",
    "deepseek-ban-count", "defence-ai-contracts", "eu-investai-disbursed", "frontier-gap-months",
    "frontier-train-cost", "gulf-dc-mw", "ndpr-price", "nvda-day-loss", "swe-bench-best",
    "top500-uk-rank", "us-cn-operator-share", "us-magnet-output",
}  # fmt: skip
"""Quantities of the essays of which nothing was collected, or that follow from other series."""


def read(name: str) -> list[dict[str, str]]:
    """Return the records of one file; a record with a cell too many or too few is an error."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def pairs(cell: str, sign: str) -> list[tuple[str, str]]:
    """Return the pairs of a cell such as 'basis:period;basis:period'."""
    return [tuple(part.split(sign, 1)) for part in cell.split(";") if part]


@pytest.fixture(scope="module")
def rows():
    files = sorted((DATA / "history").glob("*.csv"))
    return [row for file in files for row in read(f"history/{file.name}")]


@pytest.fixture(scope="module")
def entries():
    return {entry["id"]: entry for entry in read("series.csv")}


@pytest.fixture(scope="module")
def sources():
    return {source["source"]: source for source in read("sources.csv")}


def test_everything_that_was_collected_is_shipped(rows, entries, sources):
    assert len(list((DATA / "history").glob("*.csv"))) == 17
    assert len(rows) == 5296
    assert len({row["series"] for row in rows}) == 439
    assert len(entries) == 459
    assert len(sources) == len(read("sources.csv")) == 517
    assert len(read("judgements.csv")) == 169
    assert len(read("claims.csv")) == 233
    assert len(read("essay-series.csv")) == 47


def test_every_history_file_has_the_columns_and_no_ragged_line():
    for file in (DATA / "history").glob("*.csv"):
        for line, row in enumerate(read(f"history/{file.name}"), start=2):
            assert list(row) == HISTORY_COLUMNS, f"{file.name}, line {line}"
            assert None not in row.values(), f"{file.name}, line {line}"


def test_every_row_has_a_known_source_a_period_and_a_quality(rows, sources):
    assert {row["source"] for row in rows} <= set(sources)
    assert all(parse_period(row["period"]) for row in rows)
    assert Counter(row["quality"] for row in rows) == {
        "derived": 3011,
        "reported": 1295,
        "estimate": 452,
        "press": 303,
        "recalled": 235,
    }


def test_every_source_has_a_date_that_had_come_by_the_state_of_the_data(sources):
    assert all(last_day(s["published"]) <= last_day("2026-11-22") for s in sources.values())
    assert Counter(s["published_is"] for s in sources.values()) == {
        "stated": 220,
        "inferred": 186,
        "recalled": 111,
    }


def test_every_series_has_one_entry_with_the_unit_of_its_rows(rows, entries):
    known = {row["series"] for row in rows}
    assert set(entries) - known == WITHOUT_ROWS
    assert known <= set(entries)
    assert {(row["series"], row["unit"]) for row in rows} == {
        (name, entries[name]["unit"]) for name in known
    }
    assert list(entries) == sorted(entries)


def test_every_entry_says_a_known_kind_timing_and_error(entries):
    for name, entry in entries.items():
        assert entry["kind"] in {"share", "positive", "count", "cumulative", "real"}, name
        assert entry["timing"] in {"flow", "stock"}, name
        assert entry["counting_error"] in {"none", "poisson"}, name
        assert bool(entry["typical_change"]) == (entry["kind"] == "real"), name
        assert entry["kind"] in {"count", "cumulative"} or entry["counting_error"] == "none", name
        assert entry["kind"] != "cumulative" or entry["timing"] == "stock", name
        assert entry["kind"] != "share" or entry["unit"] == "fraction", name
        for flag in ("higher_source_preferred", "decided", "core"):
            assert entry[flag] in {"true", "false"}, name


def test_titles_are_short_and_in_two_languages(entries):
    for name, entry in entries.items():
        assert 0 < len(entry["title"]) <= 70, name
        assert any("\u4e00" <= sign <= "\u9fff" for sign in entry["title_zh"]), name
    for column in ("title", "title_zh"):
        assert len({entry[column] for entry in entries.values()}) == 459


def test_iamc_names_tell_the_series_of_a_region_apart(entries):
    names = Counter((entry["region"], entry["iamc_variable"]) for entry in entries.values())
    assert max(names.values()) == 1
    assert all(region and variable for region, variable in names)


def test_values_are_possible_for_their_kind(rows, entries):
    for row in rows:
        kind, value = entries[row["series"]]["kind"], float(row["value"])
        assert kind != "share" or 0 <= value <= 1, row
        assert kind == "real" or value >= 0, row
        assert kind != "count" or value == int(value), row


def test_cumulative_totals_never_fall_where_they_may_be_fitted(rows, entries):
    by_basis = defaultdict(list)
    for row in rows:
        entry = entries[row["series"]]
        left_out = dict(pairs(entry["left_out"], ":"))
        if entry["kind"] == "cumulative" and row["period"] not in left_out:
            by_basis[row["series"], row["basis"]].append(row)
    for key, found in by_basis.items():
        found.sort(key=lambda row: parse_period(row["period"]).end)
        values = [float(row["value"]) for row in found]
        assert values == sorted(values), key


def test_no_row_stands_twice(rows):
    keys = Counter((r["series"], r["basis"], r["period"], r["source"]) for r in rows)
    assert max(keys.values()) == 1


@pytest.mark.parametrize(
    ("series", "basis", "period", "values"),
    [
        ("cn-ai-chip-domestic-share", "bernstein-revenue", "2023", {"0.19", "0.17"}),
        ("nvidia-cn-revenue", "hq-location", "2025-Q3", {"2.8", "2.97"}),
        ("countries-with-ai-cloud", "", "2024-11", {"32", "33"}),
        ("us-notable-models", "epoch", "2024", {"54", "57"}),
        ("world-ai-private-investment", "ai-index", "2021", {"93.5", "125.4"}),
        ("world-ai-corporate-investment", "", "2021", {"176.47", "337", "360"}),
        ("world-internet-users-share", "itu-wdi", "2023", {"0.674", "0.692"}),
        ("cn-ai-chip-shipments", "idc-units", "2022", {"1090000", "1094000"}),
    ],
)
def test_conflicts_are_kept_as_they_were_found(rows, series, basis, period, values):
    key = (series, basis, period)
    found = [r["value"] for r in rows if (r["series"], r["basis"], r["period"]) == key]
    assert set(found) == values


def test_disagreements_within_a_basis_are_as_many_as_were_collected(rows):
    values = defaultdict(set)
    for row in rows:
        values[row["series"], row["basis"], row["period"]].add(float(row["value"]))
    assert sum(len(found) > 1 for found in values.values()) == 378


def test_bases_and_relations_name_bases_that_exist(rows, entries):
    bases = defaultdict(set)
    for row in rows:
        bases[row["series"]].add(row["basis"])
    for name, entry in entries.items():
        if name in WITHOUT_ROWS:
            assert entry["reference_basis"] == entry["relations"] == "", name
            continue
        assert entry["reference_basis"] in bases[name], name
        for basis, relation in pairs(entry["relations"], "="):
            assert basis in bases[name] - {entry["reference_basis"]}, name
            assert relation in {"same-measure", "other-measure"}, name


def test_claims_are_never_declared_as_a_basis(entries):
    for name, entry in entries.items():
        declared = {entry["reference_basis"], *(b for b, _ in pairs(entry["relations"], "="))}
        assert not {b for b in declared if b.endswith("-claim")}, name


def test_left_out_periods_exist_and_have_a_reason(rows, entries):
    periods = {(row["series"], row["period"]) for row in rows}
    for name, entry in entries.items():
        for period, reason in pairs(entry["left_out"], ":"):
            assert (name, period) in periods
            assert reason.strip(), name


def test_unfinished_years_are_left_out(rows, entries):
    for row in rows:
        is_unfinished = row["series"].endswith("-year-to-date") or "incomplete" in row["note"]
        if is_unfinished:
            assert row["period"] in dict(pairs(entries[row["series"]]["left_out"], ":")), row


def test_only_decided_series_have_rows_published_before_their_period_ended(rows, entries, sources):
    early = {
        row["series"]
        for row in rows
        if last_day(sources[row["source"]]["published"]) < parse_period(row["period"]).end
    }
    assert early == {name for name, entry in entries.items() if entry["decided"] == "true"}


def values_on(rows, series, basis) -> dict[Period, list[float]]:
    """Return the values of each period of a series on one basis."""
    found = defaultdict(list)
    for row in rows:
        if row["series"] == series and row["basis"] == basis:
            found[parse_period(row["period"])].append(float(row["value"]))
    return found


def sum_of_parts(values, whole: Period) -> list[float]:
    """Return the sums of a whole's halves or quarters, as far as they are complete."""
    finer = {"year": ("half", "quarter"), "half": ("quarter",)}.get(whole.frequency, ())
    return [
        sum(values[part][-1] for part in parts)
        for parts in (split_period(whole, frequency) for frequency in finer)
        if all(part in values for part in parts)
    ]


def with_second_halves(values: dict[Period, list[float]]) -> dict[Period, float]:
    """Return one amount a period, second halves filled in as the year less the first half."""
    amounts = {period: found[-1] for period, found in values.items()}
    for year in [period for period in amounts if period.frequency == "year"]:
        first, second = split_period(year, "half")
        if first in amounts:
            amounts[second] = amounts[year] - amounts[first]
    return amounts


def wholes_of(period: Period, values) -> list[Period]:
    """Return the stored periods that could follow from `period` and its neighbours."""
    return [whole for whole in values if whole.contains(period) and sum_of_parts(values, whole)]


def test_computed_periods_follow_from_the_others(rows, entries):
    checked = 0
    for name, entry in entries.items():
        for basis, text in pairs(entry["computed_periods"], ":"):
            values, period = values_on(rows, name, basis), parse_period(text)
            assert period in values, (name, text)
            weights = SHARE_WEIGHTS.get(name)
            if weights:
                amounts = with_second_halves(values_on(rows, weights, basis))
                values = {p: [v[-1] * amounts[p]] for p, v in values.items() if p in amounts}
            wholes = wholes_of(period, values)
            assert wholes, (name, text)
            whole = min(wholes, key=lambda p: p.length)
            # shares and "above 0.82 million" are rounded by up to 1.5 points of the whole
            scale = amounts[whole] if weights else max(values[whole])
            tolerance = (0.015 if weights else 0.003) * scale
            assert any(
                abs(total - value) <= tolerance
                for total in sum_of_parts(values, whole)
                for value in values[whole]
            ), (name, text)
            checked += 1
    assert checked == 95


def test_computed_periods_have_no_row_that_was_measured_on_its_own(rows, entries):
    marked = {
        (name, basis, period)
        for name, entry in entries.items()
        for basis, period in pairs(entry["computed_periods"], ":")
    }
    found = [row for row in rows if (row["series"], row["basis"], row["period"]) in marked]
    measured = [row for row in found if row["quality"] in {"reported", "estimate"}]
    assert {(row["series"], row["basis"], row["period"]) for row in found} == marked
    assert measured == []


def test_a_year_said_to_be_the_sum_of_its_quarters_is_marked_as_computed(rows, entries):
    for row in rows:
        if "sum of four quarters" in row["note"]:
            marked = pairs(entries[row["series"]]["computed_periods"], ":")
            assert (row["basis"], row["period"]) in marked, row


def test_judgements_are_about_a_series_or_a_quantity_without_history(entries, sources):
    judgements = read("judgements.csv")
    assert len({j["id"] for j in judgements}) == 169
    unknown = {j["series"] for j in judgements} - set(entries)
    assert len(unknown) == 32
    assert sum(j["series"] in unknown for j in judgements) == 49
    assert all(j["series"] for j in judgements)
    cited = {j["source"] for j in judgements} | {j["outcome_source"] for j in judgements} - {""}
    assert cited <= set(sources)
    assert sum(bool(j["outcome_value"]) for j in judgements) == 19


def test_claims_are_tied_to_series_that_exist_or_to_none(entries):
    claims = read("claims.csv")
    assert len({claim["id"] for claim in claims}) == 233
    tied = [claim["series"] for claim in claims if claim["series"]]
    assert len(tied) == 65
    assert set(tied) <= set(entries)


def test_claims_that_history_rows_quote_are_tied_to_those_series(rows):
    tied = {claim["id"]: claim["series"] for claim in read("claims.csv")}
    quoted = [
        (row["note"][:7], row["series"])
        for row in rows
        if row["source"].startswith("seed-") and row["note"].startswith("s00")
    ]
    assert len(quoted) == 12
    assert [tied[claim] for claim, _ in quoted] == [series for _, series in quoted]


def test_the_core_series_are_the_47_quantities_of_the_essays(entries):
    essays = read("essay-series.csv")
    core = {name for name, entry in entries.items() if entry["core"] == "true"}
    mapped = {line["history_series"] for line in essays} & set(entries)
    own_id = {
        line["essay_series"].replace("_", "-")
        for line in essays
        if line["history_series"] not in entries and line["essay_series"] != "notable_models"
    }
    assert len(core) == 47
    assert core == mapped | own_id
    assert own_id == WITHOUT_ROWS


def test_entries_agree_with_the_essays_on_timing_and_group(entries):
    for line in read("essay-series.csv"):
        entry = entries.get(line["history_series"])
        if entry is not None:
            assert entry["timing"] == line["flow_or_stock"], line
            assert entry["group"] == line["group"], line
            assert entry["composition"] == line["composition"] or not line["composition"], line


def test_the_readme_describes_every_file_and_every_column(entries):
    text = (DATA / "README.md").read_text(encoding="utf-8")
    for file in (DATA / "history").glob("*.csv"):
        assert f"### {file.name}" in text
    for column in (*HISTORY_COLUMNS, *next(iter(entries.values()))):
        assert f"`{column}`" in text
