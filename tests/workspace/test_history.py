from __future__ import annotations

from datetime import date

import pytest
from small_facts import facts_of, row_of

from forecaster.errors import InputError
from forecaster.workspace.history import known_by

LATE = date(2035, 1, 1)


def message_of(caught: pytest.ExceptionInfo[InputError]) -> str:
    """Return the whole message."""
    return str(caught.value)


def test_nothing_published_after_the_day_is_used() -> None:
    facts = facts_of(
        row_of("2023", "0.1", published="2024-05-01"), row_of("2024", "0.2", published="2025-05-01")
    )
    history = known_by(facts, "share", as_of=date(2025, 4, 30))
    assert [row.printed for row in history.data] == ["0.1"]
    assert history.left_out == ()
    assert len(known_by(facts, "share", as_of=date(2025, 5, 1)).data) == 2


def test_a_day_before_the_first_datum_is_refused_with_the_first_publication() -> None:
    facts = facts_of(
        row_of("2022", published="2025-05-01"),
        row_of("2021", published="2024-05-31"),
        row_of("2019", published="2020-05-31", basis="seed-claim"),
    )
    with pytest.raises(InputError) as caught:
        known_by(facts, "share", as_of=date(2023, 1, 1))
    assert message_of(caught) == (
        "error: nothing was known of 'share' by 2023-01-01\n"
        "  where: h.csv, published on 2024-05-31\n"
        "  fix:   use --as-of 2024-05-31 or a later day"
    )


def test_a_row_published_before_its_period_ended_is_a_judgement() -> None:
    early = row_of("2025", published="2025-12-30")
    facts = facts_of(row_of("2024", published="2025-01-31"), early)
    history = known_by(facts, "share", as_of=LATE)
    assert [str(row.period) for row in history.data] == ["2024"]
    (left,) = history.left_out
    assert left.row is early
    assert left.reason == "a judgement: published on 2025-12-30, before its period ended"


def test_a_row_published_on_the_last_day_of_its_period_is_an_observation() -> None:
    facts = facts_of(row_of("2025", published="2025-12-31"))
    assert len(known_by(facts, "share", as_of=LATE).data) == 1


def test_a_decided_series_keeps_rows_published_before_their_period_ended() -> None:
    facts = facts_of(row_of("2025", published="2025-02-01"), decided=True)
    assert len(known_by(facts, "share", as_of=LATE).data) == 1


def test_periods_left_out_and_seed_claims_carry_their_reasons() -> None:
    facts = facts_of(
        row_of("2023"),
        row_of("2024", basis="seed-claim"),
        row_of("2025"),
        left_out={"2025": "unfinished year"},
    )
    history = known_by(facts, "share", as_of=LATE)
    assert [str(row.period) for row in history.data] == ["2023"]
    reasons = {str(left.row.period): left.reason for left in history.left_out}
    assert reasons == {
        "2024": "a claim of an essay, kept for comparison",
        "2025": "unfinished year",
    }


def test_a_period_computed_from_the_others_is_dropped_on_its_basis_only() -> None:
    facts = facts_of(
        row_of("2024-H1"),
        row_of("2024-H2"),
        row_of("2024"),
        row_of("2024-H2", basis="other"),
        relations={"other": "same-measure"},
        computed_periods=frozenset({("", "2024-H2")}),
    )
    history = known_by(facts, "share", as_of=LATE)
    assert [(str(row.period), row.basis) for row in history.data] == [
        ("2024-H1", ""),
        ("2024", ""),
        ("2024-H2", "other"),
    ]


def test_the_target_is_the_basis_with_the_newest_datum() -> None:
    rows = row_of("2023"), row_of("2024", basis="other")
    facts = facts_of(*rows, relations={"other": "same-measure"})
    history = known_by(facts, "share", as_of=LATE)
    assert (history.bases, history.target_basis) == (("", "other"), "other")


def test_the_target_is_the_reference_basis_on_a_tie() -> None:
    rows = row_of("2024", basis="other"), row_of("2024", basis="main")
    facts = facts_of(*rows, reference_basis="main", relations={"other": "same-measure"})
    assert known_by(facts, "share", as_of=LATE).target_basis == "main"


def test_a_basis_that_is_not_declared_stays_out_but_can_be_asked_for_by_itself() -> None:
    facts = facts_of(row_of("2023"), row_of("2024", "0.7", basis="revenue"))
    history = known_by(facts, "share", as_of=LATE)
    assert [left.reason for left in history.left_out] == [
        "the basis 'revenue' is not declared comparable with ''"
    ]
    alone = known_by(facts, "share", as_of=LATE, basis="revenue")
    assert (alone.bases, alone.target_basis) == (("revenue",), "revenue")
    assert [row.printed for row in alone.data] == ["0.7"]


def test_a_declared_basis_that_is_asked_for_keeps_the_others_beside_it() -> None:
    rows = row_of("2024"), row_of("2023", basis="other")
    facts = facts_of(*rows, relations={"other": "same-measure"})
    history = known_by(facts, "share", as_of=LATE, basis="other")
    assert (history.bases, history.target_basis) == (("", "other"), "other")


def test_an_unknown_basis_is_refused_with_the_nearest() -> None:
    facts = facts_of(row_of("2023", basis="idc-units"), reference_basis="idc-units")
    with pytest.raises(InputError) as caught:
        known_by(facts, "share", as_of=LATE, basis="idc-unit")
    assert message_of(caught) == (
        "error: the series 'share' has no basis 'idc-unit'\n"
        "  where: --basis\n"
        "  fix:   did you mean 'idc-units'?"
    )


def test_seed_claims_cannot_be_asked_for() -> None:
    facts = facts_of(row_of("2023"), row_of("2024", basis="seed-claim"))
    with pytest.raises(InputError, match="kept for comparison, not for fitting"):
        known_by(facts, "share", as_of=LATE, basis="seed-claim")


def test_a_series_known_only_on_another_basis_names_that_basis() -> None:
    facts = facts_of(row_of("2024", basis="revenue"), reference_basis="units")
    with pytest.raises(InputError) as caught:
        known_by(facts, "share", as_of=date(2031, 1, 1))
    assert message_of(caught) == (
        "error: 'share' has no figures that can be fitted\n"
        "  where: --as-of 2031-01-01\n"
        "  fix:   choose one of its bases: --basis revenue"
    )


def test_a_series_with_only_left_out_rows_says_why() -> None:
    facts = facts_of(row_of("2024"), left_out={"2024": "a year to its cut-off"})
    with pytest.raises(InputError) as caught:
        known_by(facts, "share", as_of=date(2031, 1, 1))
    assert message_of(caught) == (
        "error: 'share' has no figures that can be fitted: a year to its cut-off\n"
        "  where: --as-of 2031-01-01\n"
        "  fix:   look at what there is with: forecaster show share"
    )


def test_a_row_in_another_unit_is_refused() -> None:
    facts = facts_of(row_of("2023"), row_of("2024", unit="percent"))
    with pytest.raises(InputError) as caught:
        known_by(facts, "share", as_of=LATE)
    assert message_of(caught) == (
        "error: 'percent' is not the unit of 'share', which is 'fraction'\n"
        "  where: h.csv\n"
        "  fix:   convert the value and write 'fraction', or give it a series of its own"
    )


def test_a_history_of_over_500_periods_is_cut_to_the_last_500_and_says_so() -> None:
    months = [f"{1980 + n // 12}-{n % 12 + 1:02d}" for n in range(501)]
    history = known_by(facts_of(*map(row_of, months)), "share", as_of=LATE)
    assert len(history.data) == 500
    assert str(history.data[0].period) == "1980-02"
    assert history.notes == ("only the last 500 of 501 periods are used, from 1980-02 on",)
    exactly = known_by(facts_of(*map(row_of, months[:500])), "share", as_of=LATE)
    assert exactly.notes == ()


def test_rows_are_ordered_by_their_end_then_their_start_then_their_basis() -> None:
    rows = row_of("2024"), row_of("2024-Q4", basis="other"), row_of("2023"), row_of("2024-Q4")
    facts = facts_of(*rows, relations={"other": "same-measure"})
    history = known_by(facts, "share", as_of=LATE)
    assert [(str(row.period), row.basis) for row in history.data] == [
        ("2023", ""),
        ("2024", ""),
        ("2024-Q4", ""),
        ("2024-Q4", "other"),
    ]
