"""The command `ask`, and what lists and shows drivers, scenarios and questions, through main()."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Ran

DECIDED, OPEN, DRIVER, EVENT, WHOLE = "q01", "q03", "q60", "q22", "q10"

COMMON = 'resolves_by = "Someone"\nresolves_on = {on}\nreason = "As written."\n'
SMALL = {
    "series.csv": "id,title,title_zh,unit,kind,timing\n"
    "share,Share,份额,fraction,share,flow\n"
    "plan,Plan,计划,EUR billion,positive,stock\n",
    "sources.csv": "source,title,publisher,published,published_is,url\n"
    "early,Old,Someone,2025-03-31,stated,\nlate,New,Someone,2026-03-31,stated,\n",
    "history/share.csv": "series,period,value,unit,basis,quality,source,note\n"
    + "".join(f"share,{2018 + k},0.{10 + 3 * k},fraction,,reported,early,\n" for k in range(7))
    + "share,2025,0.36,fraction,,reported,late,\n",
    "priors/drivers.toml": '[[driver]]\nid = "ban"\ntitle = "A [bold]ban"\nsummary = "It stops."\n'
    'actors = ["Someone"]\ngroup = "us"\nsource = "early"\nassessed_on = 2025-12-31\n'
    'on_when_assessed = false\nclass = "event"\n[driver.start]\n'
    'probability = { "10%" = 0.1, "90%" = 0.3 }\nby = 2028-12-31\nreason = "Ours."\n',
    "priors/scenarios.toml": '[[scenario]]\nid = "ban"\ntitle = "The ban comes"\n'
    'narrative = "It is imposed."\non = ["ban"]\n',
    "priors/questions.toml": '[[question]]\nid = "open"\ntitle = "Will it reach 50%?"\n'
    'type = "threshold"\nseries = "share"\nlevel = "50%"\nfrom = "2026"\nuntil = "2028"\n'
    'rounding = "whole percent"\n' + COMMON.format(on="2029-06-30")
    + '[[question]]\nid = "past"\ntitle = "Did it reach 35% in 2025?"\ntype = "threshold"\n'
    'series = "share"\nlevel = "35%"\nperiod = "2025"\n' + COMMON.format(on="2026-06-30")
    + '[[question]]\nid = "late"\ntitle = "=Did it reach 40% by then?"\ntype = "threshold"\n'
    'series = "share"\nlevel = "60%"\nperiod = "2026"\n' + COMMON.format(on="2026-11-01")
    + '[[question]]\nid = "bare"\ntitle = "How large is the plan?"\ntype = "numeric"\n'
    'series = "plan"\nperiod = "2027"\n' + COMMON.format(on="2028-06-30")
    + '[[question]]\nid = "bans"\ntitle = "Will the ban come?"\ntype = "driver"\ndriver = "ban"\n'
    'asks_for = "started"\nuntil = 2028-12-31\n' + COMMON.format(on="2029-06-30"),
}  # fmt: skip
"""A workspace of five questions: open, decided by history, due, at fault, about a driver."""


@pytest.fixture
def small() -> str:
    """Return the folder of the small workspace."""
    folder = Path("small")
    for name, text in SMALL.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return str(folder)


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_one_question_has_a_card_that_begins_with_the_answer(run: Callable[..., Ran]) -> None:
    ran = run("ask", OPEN)
    text = " ".join(ran.stdout.split())
    assert (ran.code, ran.stderr) == (0, "")
    assert text.startswith("Will the domestic share reach 50% for calendar 2026? (q03) As of ")
    assert re.search(r"the probability is \d+% \(Monte Carlo error ±[0-9.]+ points\)", text)
    assert "rounding: whole percent, so the level counts from 49.5%" in text
    assert "Rests on: 7 figures, 2022 to 2025, idc-units" in text
    assert "Scenario baseline; as of 2026-11-22." in text


def test_the_answer_counts_the_draws_of_reach(run: Callable[..., Ran]) -> None:
    record = json.loads(run("ask", OPEN, "--json").stdout)[0]
    # the horizon of every question up to 2030 is 2030, and whole percent puts 50% at 49.5%
    reach = json.loads(
        run("reach", "cn-ai-chip-domestic-share", "49.5%", "--by", "2030", "--json").stdout
    )
    at = reach["forecast"]["periods"].index("2026")
    assert record["answer"]["probability"] == reach["at_or_beyond"][at]


def test_an_answer_does_not_hang_on_what_else_is_asked(run: Callable[..., Ran]) -> None:
    alone = json.loads(run("ask", OPEN, "--json").stdout)[0]
    among = json.loads(run("ask", WHOLE, DRIVER, OPEN, "q04", "--json").stdout)[2]
    assert alone == among


def test_a_decided_question_shows_what_would_have_been_said(run: Callable[..., Ran]) -> None:
    text = " ".join(run("ask", DECIDED).stdout.split())
    assert "Decided: yes, source idc-2025-reuters, known on 2026-04-30." in text
    assert "Seen from 2025-12-31: the probability is" in text
    (now,) = json.loads(run("ask", DECIDED, "--json").stdout)
    (then,) = json.loads(run("ask", DECIDED, "--as-of", "2025-12-31", "--json").stdout)
    assert (now["status"], then["status"]) == ("decided", "open")
    assert now["earlier"]["answer"] == then["answer"]
    assert then["outcome"] is None


def test_driver_and_event_questions_say_that_they_rest_on_judgement(
    run: Callable[..., Ran],
) -> None:
    for name in (DRIVER, EVENT):
        (record,) = json.loads(run("ask", name, "--json").stdout)
        assert record["is_judgement"]
        assert record["warnings"][0] == "this rests more on judgement than on figures"
        assert record["answer"]["low_end"] < record["answer"]["probability"]
        assert record["answer"]["probability"] < record["answer"]["high_end"]


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_table_is_right_at_every_width(
    width: int, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    names = [DECIDED, OPEN, WHOLE, DRIVER, EVENT]
    lines = run("ask", *names).stdout.splitlines()
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    assert "…" not in text
    for name in names:
        assert len([line for line in lines if line.startswith(name)]) == 1
    assert "5 questions: 1 decided, 4 open." in " ".join(text.split())


def test_the_csv_has_a_row_for_each_answer_part_and_period(run: Callable[..., Ran]) -> None:
    rows = _rows(run("ask", DECIDED, WHOLE, "q04", DRIVER, "--csv", "-").stdout)
    by_id = {name: [row for row in rows if row["id"] == name] for name in (DECIDED, WHOLE, "q04")}
    now, then = by_id[DECIDED]
    assert (now["status"], now["outcome"], now["probability"]) == ("decided", "yes", "")
    assert now["outcome_source"] == "idc-2025-reuters"
    assert (then["status"], then["as_of"], then["outcome"]) == ("open", "2025-12-31", "")
    assert 0 < float(then["probability"]) < 1
    assert [row["part"] for row in by_id[WHOLE]] == ["Chinese", "Nvidia", "AMD and other foreign"]
    assert [row["period"] for row in by_id["q04"]][-1] == "2030-H2"
    assert rows[-1]["low_end"] < rows[-1]["high_end"]


def test_a_csv_file_has_its_data_package_beside(run: Callable[..., Ran]) -> None:
    ran = run("ask", OPEN, "--csv", "answers.csv")
    assert ran.stderr == "wrote answers.csv\n"
    rows = _rows(Path("answers.csv").read_text(encoding="utf-8"))
    package = json.loads(Path("answers.datapackage.json").read_text(encoding="utf-8"))
    fields = [field["name"] for field in package["resources"][0]["schema"]["fields"]]
    assert fields == list(rows[0])
    assert package["manifest"]["scenario"] == "baseline"
    assert len(package["manifest"]["facts_hash"]) == 64


def test_the_same_question_gives_the_same_bytes(run: Callable[..., Ran]) -> None:
    first, second = (run("ask", OPEN, DRIVER, "--csv", "-").stdout for _ in range(2))
    assert first == second
    assert run("ask", OPEN, "--seed", "2", "--csv", "-").stdout not in first


def test_a_scenario_moves_driver_questions(run: Callable[..., Ran]) -> None:
    forced = run("ask", DRIVER, "--set", "huawei-blocking-sanctions=off", "--json")
    (record,) = json.loads(forced.stdout)
    assert record["answer"]["probability"] == 0.0
    assert "low_end" not in record["answer"]  # of the stated range, which no longer counts
    assert record["scenario"] == "baseline + huawei-blocking-sanctions=off"


def test_all_questions_have_a_row_and_what_is_at_fault_is_named(
    run: Callable[..., Ran], small: str
) -> None:
    ran = run("ask", "--all", "--workspace", small, "--csv", "-")
    rows = {row["id"]: row for row in _rows(ran.stdout) if row["as_of"] == "2026-11-22"}
    statuses = {name: row["status"] for name, row in rows.items()}
    assert statuses == {
        "open": "open", "past": "decided", "late": "due", "bare": "faulty", "bans": "open",
    }  # fmt: skip
    assert ran.code == 2
    assert "question bare has no answer\nerror: 'plan' has no figures" in ran.stderr
    assert "warning: late is due: it was to be decided on 2026-11-01" in ran.stderr
    assert (rows["past"]["outcome"], rows["past"]["outcome_source"]) == ("yes", "late")


def test_without_the_faulty_one_all_ends_well(run: Callable[..., Ran], small: str) -> None:
    ran = run("ask", "open", "past", "bans", "--workspace", small, "--quiet")
    assert (ran.code, ran.stderr) == (0, "")


def test_seen_from_before_nothing_was_known(run: Callable[..., Ran], small: str) -> None:
    ran = run("ask", "open", "--workspace", small, "--as-of", "2024-12-31", "--json")
    (record,) = json.loads(ran.stdout)
    assert (ran.code, record["status"], record["answer"]) == (0, "unknown-then", None)
    assert record["reason"] == "nothing was known of 'share' by 2024-12-31"


def test_titles_are_printed_and_not_obeyed(run: Callable[..., Ran], small: str) -> None:
    assert "A [bold]ban (driver ban)" in run("show", "driver:ban", "--workspace", small).stdout
    (row,) = _rows(run("ask", "late", "--workspace", small, "--csv", "-").stdout)
    assert row["title"] == "'=Did it reach 40% by then?"


def test_no_question_and_an_unknown_one_are_told(run: Callable[..., Ran]) -> None:
    ran = run("ask")
    assert ran.code == 2
    assert ran.stderr == (
        "error: no question is asked\n"
        "  where: QUESTION\n"
        "  fix:   name one that 'forecaster list questions' shows, or add --all\n"
    )
    ran = run("ask", "q01x")
    assert ran.code == 2
    assert ran.stderr.startswith("error: there is no question 'q01x'\n  where: QUESTION\n")


def test_json_and_csv_cannot_share_stdout(run: Callable[..., Ran]) -> None:
    ran = run("ask", OPEN, "--csv", "-", "--json")
    assert ran.code == 2
    assert "standard output cannot hold both CSV and JSON" in ran.stderr


def test_an_unknown_scenario_is_no_fault_of_a_question(run: Callable[..., Ran]) -> None:
    ran = run("ask", OPEN, "--scenario", "full-decoupled")
    assert (ran.code, ran.stdout) == (2, "")
    assert "error: there is no scenario 'full-decoupled'" in ran.stderr


@pytest.mark.parametrize(("what", "n"), [("drivers", 60), ("scenarios", 16), ("questions", 77)])
@pytest.mark.parametrize("width", [40, 80, 200])
def test_lists_show_every_one_at_every_width(
    what: str, n: int, width: int, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = run("list", what).stdout.splitlines()
    ids = [record["id"] for record in json.loads(run("list", what, "--json").stdout)]
    assert len(ids) == n
    assert max(map(len, lines)) <= width
    assert all(sum(line.split()[:1] == [name] for line in lines) == 1 for name in ids)


def test_an_id_of_two_things_must_say_which(run: Callable[..., Ran]) -> None:
    ran = run("show", "controls-relaxed")
    assert ran.code == 2
    assert "write driver:controls-relaxed or scenario:controls-relaxed" in ran.stderr
    driver = run("show", "driver:controls-relaxed").stdout
    scenario = run("show", "scenario:controls-relaxed").stdout
    assert driver.splitlines()[0].endswith("(driver controls-relaxed)")
    assert scenario.splitlines()[0].endswith("(scenario controls-relaxed)")


def test_a_driver_shows_its_chances_events_and_effects(run: Callable[..., Ran]) -> None:
    text = " ".join(run("show", "us-china-specific-chip-ban").stdout.split())
    assert "Start: 8% to 25% in force on 2027-12-31." in text
    assert "2025-04 2025-07 H20 sales stopped s002-14" in text
    assert "cn-ai-chip-share-nvidia ramp 1 quarter -40 to -15 percentage points at 62%" in text
    assert "Never on together with controls-relaxed." in text


def test_a_question_shows_how_it_is_decided(run: Callable[..., Ran]) -> None:
    text = " ".join(run("show", "q46").stdout.split())
    assert "source: Alibaba; rounding: month." in text
    assert "Decided: 2026-05, source chaobro-2026, known on 2026-05-31." in text


def test_only_series_have_core_ones(run: Callable[..., Ran]) -> None:
    ran = run("list", "drivers", "--core")
    assert ran.code == 2
    assert "--core is about series, and no driver is one" in ran.stderr


@pytest.mark.parametrize(
    ("question", "first", "second"),
    [
        ("q71", "europe-ai-private-investment", "cn-ai-private-investment"),
        ("q48", "cn-hf-download-share", "us-hf-download-share"),
    ],
)
def test_a_question_about_two_series_is_the_count_over_exported_worlds(
    question: str, first: str, second: str, run: Callable[..., Ran]
) -> None:
    day = ("--as-of", "2026-10-31")
    asked = json.loads(run("ask", question, *day, "--json").stdout)
    exported = run(
        "forecast", first, second, "--until", "2030", *day, "--layout", "draws", "--csv", "-"
    )  # until the end of the next year divisible by five, as the bank draws it
    figures: dict[str, dict[str, float]] = {first: {}, second: {}}
    for row in csv.DictReader(io.StringIO(exported.stdout)):
        if row["period"] == "2026":
            figures[row["series"]][row["draw"]] = float(row["value"])
    assert len(figures[first]) == len(figures[second]) == 4000
    n_ahead = sum(value > figures[second][draw] for draw, value in figures[first].items())
    (answer,) = asked
    assert answer["answer"]["probability"] == pytest.approx(n_ahead / 4000, abs=1e-12)


def test_a_probability_that_cannot_be_reached_says_where_it_was_set(
    run: Callable[..., Ran],
) -> None:
    # it is on since 2025, and ends too seldom for so small a chance
    ran = run("forecast", "cn-ai-chip-domestic-share", "--set", "controls-relaxed=p=0.3")
    assert ran.code == 2
    assert "cannot be in force on 2027-12-31 with probability 0.3" in ran.stderr
    assert "  where: --set\n" in ran.stderr
