"""What ships about the core series is complete, sourced, and says nothing absurd."""

from __future__ import annotations

import csv
import re
from datetime import date

import numpy as np
import pytest

from forecaster.forecasts.prior_predictive import draw_prior, find_start
from forecaster.workspace.beliefs import SHIPPED_PRIORS, load_beliefs
from forecaster.workspace.reader import SHIPPED, load_all_facts
from forecaster.workspace.rests_on import footings_of, history_or_none, judgements_by_series
from forecaster.workspace.series_beliefs import check_cap
from forecaster.workspace.validate_series import check_series

TODAY = date(2026, 11, 22)
FILES = sorted((SHIPPED_PRIORS / "series").glob("*.toml"))
LOG_KINDS = ("positive", "count", "cumulative")


@pytest.fixture(scope="module")
def facts():
    return load_all_facts(SHIPPED)


@pytest.fixture(scope="module")
def beliefs():
    return load_beliefs(SHIPPED, [path.stem for path in FILES])


def _ids(name: str) -> set[str]:
    with (SHIPPED / name).open(encoding="utf-8", newline="") as file:
        return {line["id"] for line in csv.DictReader(file)}


def test_every_core_series_has_beliefs_of_its_own(facts):
    core = {name for name, entry in facts.entries.items() if entry.core}
    assert core <= {path.stem for path in FILES}


def test_no_file_is_at_fault(facts, beliefs):
    assert check_series(beliefs, facts, listed=facts.entries) == []


def test_a_file_that_no_series_has_is_a_fault(tmp_path, facts):
    folder = tmp_path / "priors" / "series"
    folder.mkdir(parents=True)
    (folder / "cn-magnet-shar.toml").write_text('reason = "x"\n', encoding="utf-8")
    (fault,) = check_series(load_beliefs(tmp_path), facts, listed=facts.entries)
    assert "did you mean 'cn-magnet-share'" in fault.fix


def test_every_claim_and_judgement_that_a_reason_cites_exists():
    claims, judgements = _ids("claims.csv"), _ids("judgements.csv")
    cited, named = set(), set()
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        cited |= set(re.findall(r"\bs00\d-\d\d\b", text))
        named |= set(re.findall(r"\b(?:bern|ms|shanxi|tf)-20?\d\d[a-z0-9-]*\b", text))
    assert len(cited) > 60
    assert cited <= claims
    assert named
    assert named <= judgements


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_prior_says_nothing_absurd(path, facts, beliefs):
    entry = facts.entries[path.stem]
    prior = beliefs.of(entry)
    if prior.formula:
        return
    history = history_or_none(facts, path.stem, as_of=TODAY)
    if history is not None:
        check_cap(prior, history)
    rng = np.random.default_rng(1)
    start = find_start(prior, entry, history, now=2026.9)
    paths = draw_prior(prior, entry, start, n_years=5, rng=rng, n_draws=4000)
    low, high = np.quantile(paths.values[:, -1], [0.1, 0.9])
    assert low < np.median(paths.values[:, 0]) * (1.2 if entry.kind in LOG_KINDS else 1e9)
    if entry.kind in LOG_KINDS:
        # four in five within a factor of a thousand after five years, and not a certainty
        assert 1.5 < high / low < 1000
    elif entry.kind == "share":
        assert 0.02 < high - low < 0.99


def test_formulas_are_read_by_the_grammar_of_derived_series(facts, beliefs):
    from forecaster.workspace.formula_ranges import kind_of
    from forecaster.workspace.formulas import parse_formula

    derived = {p.stem: beliefs.of(facts.entries[p.stem]).formula for p in FILES}
    derived = {name: text for name, text in derived.items() if text}
    assert set(derived) == {"ai-inv-gulf", "compute-share-row", "us-cn-operator-share"}
    for name, text in derived.items():
        kind = kind_of(parse_formula(text), facts.entries)
        assert kind in ("share", "real", facts.entries[name].kind), name


def test_footings_of_the_core_series(facts, beliefs):
    core = [name for name, entry in facts.entries.items() if entry.core]
    counts = judgements_by_series(SHIPPED, as_of=TODAY)
    found = footings_of(core, facts, beliefs, n_judgements=counts, as_of=TODAY)
    # the map of the essays has 24 on one point or none, over all bases; of those that may be
    # fitted together cn-hf-download-share has one too, and us-cn-operator-share follows from three
    assert sum(footing.is_thin for footing in found.values()) == 26
    assert sum(footing.text.startswith("no history") for footing in found.values()) == 17
    assert found["cn-ai-chip-domestic-share"].text == (
        "7 figures, 2022 to 2025, idc-units; 10 judgements on file"
    )
    assert found["us-ai-cloud-regions"].text == "one figure, of 2024-11; no judgements"
    assert found["ai-inv-gulf"].text == "formula over sa-ai-vc, ae-ai-vc"
    assert found["us-cn-operator-share"].is_thin


def test_thin_forecasts_say_so_in_a_sentence(facts, beliefs):
    names = ["gulf-dc-mw", "us-ai-cloud-regions", "us-cn-operator-share", "us-notable-models"]
    found = footings_of(names, facts, beliefs, n_judgements={"gulf-dc-mw": 2}, as_of=TODAY)
    assert [found[name].sentence() for name in names] == [
        "This rests on no history, only on what is believed and 2 judgements.",
        "This rests on one point, of 2024-11, and on what is believed.",
        "This rests on a formula over series of one point or none each, and their priors.",
        "",
    ]


def test_judgements_count_from_the_day_they_were_made():
    before = judgements_by_series(SHIPPED, as_of=date(2025, 5, 14))
    after = judgements_by_series(SHIPPED, as_of=date(2025, 5, 15))
    # tf-2025-05-dom was made on 2025-05-15
    assert after["cn-ai-chip-domestic-share"] == before["cn-ai-chip-domestic-share"] + 1


def test_a_footing_leaves_out_what_was_not_known(facts, beliefs):
    name = "us-ai-cloud-regions"
    found = footings_of([name], facts, beliefs, n_judgements={}, as_of=date(2020, 1, 1))
    assert found[name].text == "no history: prior and no judgements"
