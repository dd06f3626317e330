"""Reading judgements, knowing houses apart, and choosing what a forecast may use."""

from __future__ import annotations

from datetime import date

import pytest

from forecaster.errors import InputError
from forecaster.workspace.history import known_by
from forecaster.workspace.judgement_rules import is_edge, sift_judgements
from forecaster.workspace.judgements import (
    read_all_judgements,
    read_judgements,
    stated_basis,
)
from forecaster.workspace.publishers import house_of
from forecaster.workspace.reader import SHIPPED, load_facts

TODAY = date(2026, 11, 22)


def _sift(series, *, as_of=TODAY, basis=None):
    facts = load_facts(SHIPPED, [series])
    history = known_by(facts, series, as_of=as_of, basis=basis)
    stated = read_judgements(SHIPPED, series, as_of=as_of)
    found = sift_judgements(stated, facts.entries[series], history)
    reasons = {out.judgement.id: out.reason for out in found.left_out}
    assert len(reasons) + len(found.used) == len(stated)
    return {judgement.id for judgement in found.used}, reasons


@pytest.mark.parametrize(
    ("by", "kind", "house"),
    [
        ("Bernstein (unnamed)", "bank", "Bernstein"),
        ("SemiAnalysis via WSJ", "research-house", "SemiAnalysis"),
        ("unnamed analysts via Whispertick", "press", "Whispertick"),
        ("Bloomberg sources (plan)", "press", "Bloomberg"),
        ("Meta guidance", "company-guidance", "Meta"),
        ("Lisa Su (AMD)", "executive", "AMD"),
        ("US BIS (Kessler)", "government", "US BIS"),
    ],
)
def test_houses_have_one_name(by, kind, house):
    assert house_of(by, kind=kind) == house


def test_an_executive_speaks_for_the_house_that_another_line_names():
    (one,) = {
        judgement.publisher
        for judgement in read_all_judgements(SHIPPED)
        if judgement.by.startswith("Jensen Huang")
    }
    assert one == "Nvidia"


def test_only_what_had_been_made_is_read():
    found = read_judgements(SHIPPED, "hyperscaler-big4-capex", as_of=date(2026, 2, 1))
    assert {j.id for j in found} == {"ms-2025-10-2026", "reuters-2026-01-2026"}


def test_a_month_counts_as_its_last_day():
    series = "hyperscaler-big4-capex"
    assert not read_judgements(SHIPPED, series, as_of=date(2025, 10, 30))
    assert len(read_judgements(SHIPPED, series, as_of=date(2025, 10, 31))) == 1


def test_the_basis_stands_at_the_beginning_of_the_note():
    assert stated_basis("basis cash; midpoint as value") == "cash"
    assert stated_basis("basis not-stated; cited beside another") == ""
    assert stated_basis("on the basis cash") == ""


def test_a_workspace_without_the_file_has_no_judgements(tmp_path):
    assert read_all_judgements(tmp_path) == ()


def test_a_broken_line_names_file_and_line(tmp_path):
    text = (SHIPPED / "judgements.csv").read_text(encoding="utf-8").splitlines()
    broken = text[1].replace("2024-08-20", "yesterday")
    (tmp_path / "judgements.csv").write_text("\n".join([text[0], broken]), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_all_judgements(tmp_path)
    assert "judgements.csv, line 2" in str(caught.value)


def test_published_figures_resolve_statements_and_other_bases_stay_out():
    used, reasons = _sift("meta-capex")
    assert used == {"ms-2026-05-meta-2027"}
    assert "not declared comparable with 'cash'" in reasons["meta-2025-10"]
    used, reasons = _sift("meta-capex", basis="incl-finance-leases")
    assert "resolved: the figure of 2025 was published, 72.2" in reasons["meta-2025-10"]


def test_a_statement_is_used_until_its_figure_is_published():
    used, _ = _sift("alphabet-capex", as_of=date(2025, 11, 30))
    assert used == {"googl-2025-10"}


def test_the_newest_statement_of_a_house_counts():
    used, reasons = _sift("hyperscaler-big5-capex")
    assert "ms-2026-05-2026" in used
    assert reasons["ms-2026-04-2026"].endswith("same house: ms-2026-05-2026")


@pytest.mark.parametrize(
    ("series", "name", "reason"),
    [
        ("cn-ic-self-sufficiency", "gov-2025", "a policy target is no forecast"),
        ("cn-ai-chip-share-nvidia", "huang-2025-10", "an executive's word about the present"),
        ("cn-ai-chip-shipments-huawei", "sa-2026-hbm", "it holds only if HBM stock runs out"),
        ("cn-ai-chip-shipments-huawei", "bis-2025", "it gives only a bound"),
        ("cn-ai-chip-domestic-share", "ms-2028-core", "exactly 0% or 100%"),
        ("us-data-centre-electricity", "lbnl-2016-us-2020", "2020 is over"),
        ("world-ai-corporate-investment", "manifold-2023-corp", "threshold of a question"),
    ],
)
def test_what_is_no_forecast_is_left_out_with_the_reason(series, name, reason):
    used, reasons = _sift(series)
    assert name not in used
    assert reason in reasons[name]


def test_edges_are_told_from_central_values():
    by_id = {judgement.id: judgement for judgement in read_all_judgements(SHIPPED)}
    assert is_edge(by_id["reuters-2026-01-2026"])  # more than 470
    assert is_edge(by_id["guid-2026-04-2026"])  # basis cash; as much as 725
    assert not is_edge(by_id["ms-2025-10-2026"])
    assert not is_edge(by_id["guid-2026-02-2026"])


def test_the_same_house_does_not_count_as_figure_and_as_judgement():
    series = "world-data-centre-electricity"
    facts = load_facts(SHIPPED, [series])
    history = known_by(facts, series, as_of=TODAY)
    row = history.data[-1]
    (stated,) = [j for j in read_judgements(SHIPPED, series, as_of=TODAY)
                 if j.id == "iea-2026-dc-2030"]  # fmt: skip
    from dataclasses import replace

    twin = replace(stated, period=row.period, basis="", publisher=house_of(row.source.publisher))
    published = replace(history, published=())
    found = sift_judgements([twin], facts.entries[series], published)
    assert "is an observation" in found.left_out[0].reason
