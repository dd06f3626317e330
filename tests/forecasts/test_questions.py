"""From question to answer: horizons, status, what was known when, and what goes wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scenarios.builders import between
from small_forecasts import history_of, report_of, row_of
from small_questions import OTHER, SHARE, forecast, numeric, question, ranking, threshold

from forecaster.errors import InputError, NotYetKnown, UnreliableFit
from forecaster.forecasts.question_counts import count_answer
from forecaster.forecasts.question_horizon import horizon
from forecaster.forecasts.questions import (
    DRIVEN,
    JUDGED,
    Answerer,
    day_before,
)
from forecaster.forecasts.settings import TREND_ALONE, Settings
from forecaster.workspace.facts import Facts
from forecaster.workspace.periods import parse_period
from forecaster.workspace.question_types import EventAsked, Outcome

TODAY = date(2026, 11, 22)
YEARS = ["2026", "2027", "2028"]
DRAWS = np.array([[0.3, 0.45, 0.35], [0.39, 0.35, 0.42], [0.2, 0.3, 0.39], [0.5, 0.6, 0.7]])


class Runs:
    """Forecasts by settings; what was asked is noted."""

    def __init__(self, made=None, error=None):
        self.made = made or {"cn": forecast(SHARE, YEARS, DRAWS, [("2025", "0.30")])}
        self.error = error
        self.asked = []
        self.settings = []

    def __call__(self, settings):
        self.settings.append(settings)
        return self

    def forecast(self, target):
        self.asked.append(target)
        if self.error is not None:
            raise self.error
        return self.made[target]

    def one_world(self, targets):
        return [self.forecast(target) for target in targets]


def answerer(runs, *, as_of=TODAY):
    facts = Facts({}, {}, "hash")
    return Answerer(Settings(as_of=as_of, until="2030"), facts, runs, None)


def ask(made, runs=None, **changes):
    return answerer(runs or Runs(), **changes).answer(made)


OPEN = question(threshold(SHARE, 0.4, period="2027"))


@pytest.mark.parametrize(
    ("period", "as_of", "expected"),
    [
        ("2027", TODAY, "2030"),
        ("2030", TODAY, "2030"),
        ("2031", TODAY, "2035"),
        ("2027-H1", TODAY, "2030-H2"),
        ("2027-06", TODAY, "2030-12"),
        ("2025", TODAY, "2030"),  # something is left to forecast
        ("2025", date(2025, 12, 31), "2030"),
        ("2020", date(2018, 6, 30), "2020"),
    ],
)
def test_the_horizon_hangs_on_the_question_and_the_day_alone(period, as_of, expected):
    assert horizon(parse_period(period), as_of) == expected


def test_what_several_questions_share_is_made_once():
    runs = Runs()
    bank = answerer(runs)
    for made in (OPEN, question(numeric(SHARE, "2028")), OPEN):
        bank.answer(made)
    assert runs.asked == ["cn"]
    assert [each.until for each in runs.settings] == ["2030"]


def test_an_open_question_has_its_chance():
    answer = ask(OPEN)
    assert (answer.status, answer.found.chance.probability) == ("open", 0.5)
    assert answer.outcome is answer.earlier is None


def test_an_outcome_counts_from_the_day_on_which_it_was_known():
    known = Outcome("yes", "idc", date(2026, 4, 1), "41%")
    made = replace(OPEN, outcome=known, resolves_on=date(2026, 4, 30))
    after = ask(made)
    assert (after.status, after.outcome.answer) == ("decided", "yes")
    before = ask(made, as_of=date(2026, 3, 31))
    assert (before.status, before.outcome) == ("open", None)
    assert ask(made, as_of=date(2026, 4, 1)).status == "decided"


def test_beside_an_outcome_stands_what_would_have_been_said_before():
    known = Outcome("yes", "idc", date(2026, 4, 1))
    runs = Runs()
    answer = ask(replace(OPEN, outcome=known), runs)
    assert answer.earlier.as_of == date(2025, 12, 31)
    assert (answer.earlier.status, answer.earlier.found.chance.probability) == ("open", 0.5)
    assert [each.as_of for each in runs.settings] == [TODAY, date(2025, 12, 31)]
    assert day_before(date(2027, 1, 2)) == date(2026, 12, 31)


def test_published_figures_decide_without_an_outcome_in_the_bank():
    made = question(threshold(SHARE, 0.3, period="2025"))
    answer = ask(made)
    assert (answer.status, answer.outcome.answer) == ("decided", "yes")
    assert answer.outcome.is_history


def test_a_day_that_has_passed_without_an_outcome_is_due():
    assert ask(replace(OPEN, resolves_on=date(2026, 11, 21))).status == "due"
    assert ask(replace(OPEN, resolves_on=TODAY)).status == "open"


def test_what_was_not_known_then_has_a_reason_and_is_no_fault():
    error = NotYetKnown(problem="nothing was known of 'cn' by 2020-01-01")
    answer = ask(OPEN, Runs(error=error))
    assert (answer.status, answer.found) == ("unknown-then", None)
    assert answer.reason == "nothing was known of 'cn' by 2020-01-01"


def test_what_was_not_known_then_is_no_more_due():
    error = NotYetKnown(problem="nothing was known")
    made = replace(OPEN, resolves_on=date(2026, 1, 1))
    assert ask(made, Runs(error=error)).status == "unknown-then"


def test_a_fault_becomes_a_status_with_its_whole_message():
    error = InputError(problem="it is wrong", where="file, line 2", fix="mend it")
    answer = ask(OPEN, Runs(error=error))
    assert answer.status == "faulty"
    assert answer.reason == "error: it is wrong\n  where: file, line 2\n  fix:   mend it"


def test_a_fit_that_fails_becomes_a_status_too():
    report = report_of(failures=("k-hat 0.9",))
    answer = ask(OPEN, Runs(error=UnreliableFit(report, series="cn")))
    assert answer.status == "unreliable"
    assert "k-hat 0.9" in answer.reason


def test_a_fault_shows_even_beside_an_outcome():
    known = Outcome("yes", "idc", date(2026, 4, 1))
    answer = ask(replace(OPEN, outcome=known), Runs(error=InputError(problem="it is wrong")))
    assert answer.status == "faulty"


def test_a_latent_question_asks_for_latent_forecasts():
    made = replace(question(threshold(SHARE, 0.4, first="2026", until="2027")), asks="latent")
    latent = forecast(SHARE, YEARS, DRAWS, quantity="latent")
    runs = Runs({"cn": latent})
    ask(made, runs)
    assert runs.settings[0].latent


def test_a_basis_is_asked_for_only_where_it_is_not_the_default_anyway():
    rows = [row_of(SHARE, "2024", "0.3", basis="a"), row_of(SHARE, "2025", "0.4", basis="b")]
    entry = replace(SHARE, reference_basis="a", relations={"b": "same-measure"})
    facts = Facts({"cn": entry}, {"cn": tuple(rows)}, "hash")
    runs = Runs()
    bank = Answerer(Settings(as_of=TODAY, until="2030"), facts, runs, None)
    for basis in ("a", "b", ""):
        bank.answer(replace(OPEN, basis=basis))
    assert [each.basis for each in runs.settings] == ["a", None]  # the last two share a run
    assert history_of(entry, rows, basis="b").target_basis == "b"


def test_a_question_over_two_series_is_answered_in_one_world():
    made = question(ranking(SHARE, [OTHER], "2026"), kind="ranking")
    runs = Runs({
        "cn": forecast(SHARE, ["2026"], [[0.2], [0.6], [0.3]]),
        "us": forecast(OTHER, ["2026"], [[0.3], [0.4], [0.2]]),
    })  # fmt: skip
    # paired, 2 of 3; whatever order alone would give
    assert ask(made, runs).found.chance.probability == pytest.approx(2 / 3)


def test_judgement_is_said_of_events_and_of_questions_marked_so():
    stated = EventAsked(date(2027, 12, 31), between(0.1, 0.3), "", None, None)
    assert ask(question(stated, kind="event")).warnings[0] == JUDGED
    assert JUDGED in ask(replace(OPEN, is_judgement=True)).warnings
    with_figures = Runs({"cn": forecast(SHARE, YEARS, DRAWS, [("2024", "0.2"), ("2025", "0.3")])})
    assert JUDGED not in ask(OPEN, with_figures).warnings


def test_drivers_that_outweigh_the_figures_are_told():
    rng = np.random.default_rng(3)
    alone = rng.uniform(0.0, 0.41, (4000, 1))  # 2% reach 40%
    moved = alone + 0.1
    made = forecast(
        SHARE, ["2027"], moved, [("2024", "0.2"), ("2025", "0.3")], worlds={TREND_ALONE: alone}
    )
    made = replace(made, report=replace(made.report, ess=np.inf))
    answer = ask(OPEN, Runs({"cn": made}))
    assert answer.found.is_driven
    assert answer.warnings[0] == DRIVEN
    calm = replace(made, worlds={TREND_ALONE: moved})
    assert DRIVEN not in ask(OPEN, Runs({"cn": calm})).warnings


def test_every_type_about_series_is_counted():
    assert count_answer(OPEN, [Runs().made["cn"]]).chance.probability == 0.5
