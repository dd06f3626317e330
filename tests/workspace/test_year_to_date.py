"""What an unfinished year already holds is said, and fitted nowhere."""

from __future__ import annotations

from datetime import date

from forecaster.workspace.history import known_by
from forecaster.workspace.reader import SHIPPED, load_facts


def test_an_unfinished_year_is_said_and_not_fitted() -> None:
    history = known_by(load_facts(SHIPPED, ["us-ai-vc"]), "us-ai-vc", as_of=date(2026, 10, 31))
    (note,) = history.notes
    assert "by 2026-09-27 the year had come to 407.409 USD billion" in note
    assert max(row.period.end for row in history.data) == date(2025, 12, 31)


def test_an_unfinished_year_is_unknown_before_it_is_published() -> None:
    facts = load_facts(SHIPPED, ["us-notable-models"])
    (then,) = known_by(facts, "us-notable-models", as_of=date(2026, 6, 30)).notes
    (now,) = known_by(facts, "us-notable-models", as_of=date(2026, 10, 31)).notes
    assert "2025-11-13" in then
    assert "2026-07-15" in now


def test_a_year_to_date_of_a_year_that_has_ended_is_not_said() -> None:
    # 2025-11-13 lies before the end of 2025, whose full figure is known
    facts = load_facts(SHIPPED, ["cn-notable-models"])
    notes = known_by(facts, "cn-notable-models", as_of=date(2026, 10, 31)).notes
    assert all("2025-11-13" not in note for note in notes)


def test_a_series_without_one_has_no_note() -> None:
    facts = load_facts(SHIPPED, ["hyperscaler-big4-capex"])
    assert set(facts.rows) == {"hyperscaler-big4-capex"}
