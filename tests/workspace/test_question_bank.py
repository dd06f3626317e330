"""Questions: every type as it is read, and the key of every fault."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from small_drivers import changed, load_drivers, write_prior

from forecaster.errors import InputError
from forecaster.workspace.question_bank import (
    Crossing,
    DriverAsked,
    EventAsked,
    Numeric,
    Question,
    Ranking,
    Shares,
    Threshold,
    load_questions,
)
from forecaster.workspace.reader import load_entries

if TYPE_CHECKING:
    from pathlib import Path

COMMON = 'resolves_by = "IDC"\nresolves_on = 2029-06-30\nreason = "As the essay says."\n'
ASKS = {
    "any": 'type = "threshold"\nseries = "cn-share"\nlevel = "40%"\nfrom = "2026"\nuntil = "2028"\n'
    'basis = "units"\nrounding = "whole percent"\nvoid_if = "no figure"\nasks = "latent"\n',
    "one": 'type = "threshold"\nseries = "us-spend"\nlevel = 200\nperiod = 2025\nbelow = true\n',
    "num": 'type = "numeric"\nseries = "us-spend / (us-spend + us-spend)"\nperiod = "2026"\n'
    'against = "60%"\n',
    "said": 'type = "numeric"\nstated = { "10%" = 1, "50%" = 2, "90%" = 5 }\nunit = "sites"\n'
    'period = "2027"\n',
    "when": 'type = "crossing"\nseries = "us-spend"\nlevel = "1tn USD"\nuntil = "2035"\n'
    'frequency = "half-year"\n',
    "rank": 'type = "ranking"\nfirst = "us-spend"\nothers = ["2 * us-spend", "3 * us-spend"]\n'
    'period = "2027"\nrank = 3\n',
    "more": 'type = "ranking"\nfirst = "us-spend"\nothers = ["eu-plan"]\nperiod = "2027"\n'
    'growth_from = "2025"\n',
    "cut": 'type = "shares"\nparts = [{ name = "China", series = "cn-share" }]\nrest = "Others"\n'
    'period = "2027"\n',
    "bans": 'type = "driver"\ndriver = "ban"\nasks_for = "started"\nuntil = 2028-12-31\n',
    "force": 'type = "driver"\ndriver = "ban"\nasks_for = "in_force"\non = 2027-06-30\n',
    "event": 'type = "event"\nprobability = { "10%" = 0.1, "90%" = 0.3 }\nby = 2027-12-31\n',
    "hangs": 'type = "event"\ndriver = "deal"\nby = 2027-12-31\n'
    'given_on = { "10%" = 0.5, "90%" = 0.8 }\ngiven_off = { "10%" = 0.1, "90%" = 0.3 }\n',
}


def _text(name: str) -> str:
    """Return the question of a name as it stands in the file."""
    return f'[[question]]\nid = "{name}"\ntitle = "Will it?"\n{COMMON}{ASKS[name]}'


def _load(workspace: Path, text: str) -> tuple[Question, ...]:
    write_prior(workspace, "questions.toml", text)
    return load_questions(workspace, load_entries(workspace), load_drivers(workspace))


def _faults(workspace: Path, text: str) -> list[str]:
    """Return the faults of a file of questions as they are printed, its folder cut away."""
    with pytest.raises(InputError) as caught:
        _load(workspace, text)
    folder = f"{workspace / 'priors'}/"
    return [str(fault).replace(folder, "") for fault in caught.value.faults]


@pytest.fixture
def asked(workspace: Path) -> dict[str, Question]:
    """Return one question of every sort, by its id."""
    questions = _load(workspace, "\n".join(map(_text, ASKS)))
    assert [question.id for question in questions] == list(ASKS)
    return {question.id: question for question in questions}


def test_what_every_question_has(asked: dict[str, Question]):
    question = asked["any"]
    assert (question.asks, question.basis, question.type) == ("latent", "units", "threshold")
    assert (question.rounding, question.void_if) == ("whole percent", "no figure")
    assert question.resolves_on == date(2029, 6, 30)
    assert asked["one"].asks == "published"
    assert question.is_judgement
    assert question.outcome is None
    assert question.series == ("cn-share",)
    assert asked["num"].series == ("us-spend",)
    assert asked["bans"].series == ()


def test_thresholds_are_of_one_period_or_of_any(asked: dict[str, Question]):
    one, every = asked["one"].ask, asked["any"].ask
    assert isinstance(one, Threshold)
    assert isinstance(every, Threshold)
    assert (str(one.period), one.level, one.below, one.until) == ("2025", 200.0, True, None)
    assert (str(every.first), str(every.until), every.level) == ("2026", "2028", 0.4)
    assert every.period is None


def test_figures_are_of_a_formula_or_stated(asked: dict[str, Question]):
    num, said = asked["num"].ask, asked["said"].ask
    assert isinstance(num, Numeric)
    assert isinstance(said, Numeric)
    assert num.target is not None
    assert (num.target.entry.kind, num.against) == ("share", 0.6)
    assert said.stated is not None
    assert said.stated.quantiles == ((0.1, 1.0), (0.5, 2.0), (0.9, 5.0))


def test_a_date_of_crossing_has_a_horizon(asked: dict[str, Question]):
    when = asked["when"].ask
    assert isinstance(when, Crossing)
    assert (when.level, when.frequency, str(when.until)) == (1000.0, "half", "2035")


def test_ranks_are_of_figures_or_of_their_growth(asked: dict[str, Question]):
    rank, more = asked["rank"].ask, asked["more"].ask
    assert isinstance(rank, Ranking)
    assert isinstance(more, Ranking)
    assert (rank.rank, rank.at_least, len(rank.others)) == (3, False, 2)
    # dollars and euros can be ranked by growth alone
    assert (more.rank, str(more.growth_from)) == (1, "2025")


def test_a_whole_has_parts_and_a_rest(asked: dict[str, Question]):
    cut = asked["cut"].ask
    assert isinstance(cut, Shares)
    assert ([part.name for part in cut.parts], cut.rest) == (["China"], "Others")


def test_drivers_are_asked_for_a_start_or_a_state(asked: dict[str, Question]):
    # where nothing else is said, from the day of the assessment
    assert asked["bans"].ask == DriverAsked(
        "ban", "started", date(2025, 12, 31), date(2028, 12, 31), None
    )
    assert asked["force"].ask == DriverAsked("ban", "in_force", None, None, date(2027, 6, 30))


def test_events_have_a_probability_or_hang_on_a_driver(asked: dict[str, Question]):
    event, hangs = asked["event"].ask, asked["hangs"].ask
    assert isinstance(event, EventAsked)
    assert isinstance(hangs, EventAsked)
    assert event.probability is not None
    assert (event.driver, event.given_on) == ("", None)
    assert (hangs.driver, hangs.probability) == ("deal", None)


def test_an_outcome_has_the_form_of_its_type(workspace: Path):
    outcome = '[question.outcome]\nanswer = {}\nsource = "c1"\nknown_on = 2026-04-01\n'
    good = {"one": '"yes"', "num": "0.41", "when": '"2025-H2"', "cut": '"China 41%"'}
    text = "".join(_text(name) + outcome.format(answer) for name, answer in good.items())
    answers = [q.outcome.answer for q in _load(workspace, text) if q.outcome is not None]
    assert answers == ["yes", 0.41, "2025-H2", "China 41%"]
    bad = {"one": '"41%"', "num": "true", "when": '"soon"', "cut": "0.4"}
    problems = ["neither yes nor no", "not a number", "not a period", "'answer' is missing"]
    text = "".join(_text(name) + outcome.format(answer) for name, answer in bad.items())
    for k, (fault, problem) in enumerate(zip(_faults(workspace, text), problems, strict=True), 1):
        assert problem in fault
        assert f"questions.toml, [[question]] {k}, key 'outcome.answer'" in fault


def test_a_workspace_without_the_file_has_no_questions(workspace: Path):
    entries = load_entries(workspace)
    assert load_questions(workspace, entries, load_drivers(workspace)) == ()


@pytest.mark.parametrize(
    ("name", "old", "new", "key", "problem"),
    [
        ("any", '"cn-share"', '"cn-shar"', "series", "there is no series 'cn-shar'"),
        ("any", '"40%"', '"140%"', "level", "a share cannot reach the level '140%'"),
        ("any", '"40%"', '"40bn"', "level", "'40bn' does not fit 'cn-share'"),
        ("any", 'level = "40%"\n', "", "level", "'level' is missing"),
        ("any", '"2026"', '"2029"', "from", "2029 comes after 2028"),
        ("any", '"2028"', '"20x8"', "until", "'until' is not a date: '20x8'"),
        ("any", 'until = "2028"\n', "", "period", "it has no time"),
        ("any", 'until = "2028"', 'until = "2028"\nperiod = "2027"', "period", "both 'period'"),
        ("any", '"units"', '"unit"', "basis", "the series 'cn-share' has no basis 'unit'"),
        ("any", '"latent"', '"hidden"', "asks", "the asks 'hidden' is not known"),
        ("any", '"threshold"', '"treshold"', "type", "the type 'treshold' is not known"),
        ("any", "void_if", "void_when", "void_when", "the key 'void_when' has no meaning here"),
        ("any", "2029-06-30", '"2029"', "resolves_on", "'resolves_on' is not a day: '2029'"),
        ("any", "2029-06-30", "2025-06-30", "resolves_on", "it resolves on 2025-06-30, before"),
        ("any", 'resolves_by = "IDC"\n', "", "resolves_by", "'resolves_by' is missing"),
        ("num", "us-spend / (", "us-spend / (eu-plan + ", "series", "they cannot be added"),
        ("num", 'series = "us-spend / (us-spend + us-spend)"\n', "", "series", "has no series"),
        ("num", "against", 'basis = "x"\nagainst', "basis", "is a formula, which has no basis"),
        ("said", '"50%" = 2', '"50%" = 0', "stated", "the quantiles contradict each other"),
        ("said", 'unit = "sites"\n', "", "unit", "'unit' is missing"),
        ("when", '"half-year"', '"half"', "frequency", "the frequency 'half' is not known"),
        ("rank", "rank = 3", "rank = 4", "rank", "'rank' is 4 among 3 series"),
        ("rank", "rank = 3", "rank = 0", "rank", "'rank' is 0 among 3 series"),
        ("rank", '"2 * us-spend"', '"eu-plan"', "others", "'eu-plan' in 'EUR billion'"),
        ("rank", '"2 * us-spend"', '"us-spend"', "others", "a series is ranked twice"),
        ("more", '"2025"', '"2027"', "growth_from", "goes back in time"),
        ("cut", 'rest = "Others"\n', "", "parts", "a whole has two parts or more"),
        ("cut", '"Others"', '"China"', "parts", "two parts have one name"),
        ("cut", '"cn-share"', '"x"', "parts 1.series", "there is no series 'x'"),
        ("bans", '"ban"', '"bann"', "driver", "there is no driver 'bann'"),
        ("bans", '"started"', '"begun"', "asks_for", "the asks_for 'begun' is not known"),
        ("bans", "2028-12-31", "2025-12-31", "until", "is not after 2025-12-31"),
        ("force", "\non = 2", "\nuntil = 2", "until", "a state on a day has no 'until'"),
        ("event", '"90%" = 0.3', '"90%" = 1', "probability.90%", "the probability 1 is not"),
        ("event", "by = 2", 'driver = "deal"\nby = 2', "driver", "it has both 'probability' and"),
        ("hangs", '"deal"', '"dael"', "driver", "there is no driver 'dael'"),
        ("hangs", "given_on", "given_in", "given_in", "the key 'given_in' has no meaning here"),
    ],
)
def test_faults_of_a_question_name_its_key(
    workspace: Path, name: str, old: str, new: str, key: str, problem: str
):
    faults = _faults(workspace, changed(_text(name), old, new))
    (fault,) = (each for each in faults if problem in each)
    assert f"  where: questions.toml, [[question]] 1, key '{key}'\n" in fault


def test_the_whole_message_of_a_formula_marks_its_fault(workspace: Path):
    text = changed(_text("num"), "us-spend / (us-spend + us-spend)", "us-spend / cn-spend")
    assert _faults(workspace, text) == [
        (
            "error: there is no series 'cn-spend'\n"
            "  where: questions.toml, [[question]] 1, key 'series'\n"
            "         us-spend / cn-spend\n"
            "                    ^^^^^^^^\n"
            "  fix:   did you mean 'us-spend' or 'cn-share'?"
        )
    ]


def test_ids_are_distinct_and_all_faults_are_told_at_once(workspace: Path):
    text = _text("any") + _text("any") + changed(_text("one"), '"us-spend"', '"x"')
    faults = _faults(workspace, text)
    assert len(faults) == 2
    assert "the question 'any' is there twice" in faults[0]
    assert "[[question]] 2, key 'id'" in faults[0]
    assert "[[question]] 3, key 'series'" in faults[1]


@pytest.mark.parametrize(
    "text",
    [
        "question = 3",
        "[[question]]\nid = 5\ntype = 5\noutcome = 'yes'\n",
        "[[question]]\ntype = 'threshold'\nseries = 5\nlevel = nan\nperiod = []\n",
        "[[question]]\ntype = 'threshold'\nseries = 'cn-share'\nlevel = nan\nperiod = []\n",
        "[[question]]\ntype = 'numeric'\nseries = '1 +'\nperiod = 2027\n",
        "[[question]]\ntype = 'numeric'\nstated = 5\nunit = 5\nperiod = 2027\n",
        "[[question]]\ntype = 'ranking'\nfirst = 5\nothers = 'x'\nperiod = 2027\n",
        "[[question]]\ntype = 'ranking'\nfirst = 'us-spend'\nothers = [5]\nperiod = 2027\n",
        "[[question]]\ntype = 'shares'\nparts = 'x'\nrest = 5\nperiod = 2027\n",
        "[[question]]\ntype = 'shares'\nparts = [{}, { name = 'a', stated = 1 }]\nperiod = 2027\n",
        "[[question]]\ntype = 'driver'\ndriver = 5\nasks_for = 5\n",
        "[[question]]\ntype = 'event'\nby = 5\nprobability = 5\n",
        "[[question]]\ntype = 'crossing'\nseries = 'us-spend'\nlevel = inf\nuntil = 5\n",
    ],
)
def test_values_of_another_sort_are_faults_and_no_crash(workspace: Path, text: str):
    for fault in _faults(workspace, text):
        assert "  where: questions.toml, " in fault
        assert "\n  fix:   " in fault
