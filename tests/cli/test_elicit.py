"""The command `priors elicit`, through main(): by flag and by questions."""

from __future__ import annotations

import shutil
import sys
import tomllib
from pathlib import Path

import pytest

from forecaster.cli import elicitation
from forecaster.workspace.reader import SHIPPED

SERIES = "cn-ai-chip-domestic-share"
needs_preliz = pytest.mark.skipif(
    __import__("importlib.util").util.find_spec("preliz") is None,
    reason="the extra 'elicit' is not installed",
)


@pytest.fixture
def own() -> Path:
    """A copy of the shipped workspace, without beliefs."""
    shutil.copytree(SHIPPED, "own", ignore=shutil.ignore_patterns("*.md"))
    return Path("own")


def _written(own: Path, series: str = SERIES) -> dict:
    path = own / "priors" / "series" / f"{series}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@needs_preliz
@pytest.mark.parametrize(
    "on_scale",
    [
        {0.05: -0.31, 0.5: 0.2, 0.95: 0.63},
        {0.1: 4.0, 0.5: 5.5, 0.9: 7.0},
        {0.05: 1e-4, 0.95: 3e-4},
        {0.25: -2000.0, 0.5: -1500.0, 0.75: -900.0},
    ],
)
def test_preliz_and_our_own_fit_agree(on_scale):
    # Powell's search stops at 1e-4 of a scaled problem; we found 1e-8
    own = elicitation.fit_normal(on_scale)
    mean, sd = elicitation.library_fit(on_scale)
    assert mean == pytest.approx(own.mean, abs=1e-3 * own.sd)
    assert sd == pytest.approx(own.sd, rel=1e-3)


@needs_preliz
def test_quantiles_by_flag_are_written(run, own):
    ran = run(
        "priors", "elicit", SERIES, "--quantiles", "5%=-3,50%=4,95%=12", "--reason", "a panel",
        "--workspace", "own",
    )  # fmt: skip
    assert ran.code == 0
    assert ran.stderr == f"wrote own/priors/series/{SERIES}.toml\n"
    assert "PreliZ finds the same" in ran.stdout.replace("\n", " ")
    assert _written(own) == {
        "family": "pool",
        "reason": "a panel",
        "growth": {
            "quantiles": {"5%": -3.0, "50%": 4.0, "95%": 12.0},
            "at": 0.41,  # the last figure
            "unit": "percentage points a year",
            "reason": "a panel",
        },
    }
    assert run("validate", "own").code == 0


@needs_preliz
def test_a_second_belief_joins_the_first(run, own):
    run("priors", "elicit", SERIES, "--quantiles", "5%=-3,95%=12", "--workspace", "own")
    ran = run(
        "priors", "elicit", SERIES, "--what", "cap", "--quantiles", "5%=60%,50%=80%,95%=90%",
        "--workspace", "own",
    )  # fmt: skip
    assert ran.code == 0
    found = _written(own)
    assert found["growth"]["quantiles"] == {"5%": -3.0, "95%": 12.0}
    assert found["cap"]["quantiles"] == {"5%": 0.6, "50%": 0.8, "95%": 0.9}


@needs_preliz
def test_questions_are_asked_again_until_they_fit(run, own):
    answers = b"50\n300\n200\n" + b"50\nx\n1000\n" + b"50\n300\n1500\n" + b"a guess\ny\n"
    ran = run(
        "priors", "elicit", "gulf-dc-mw", "--what", "level", "--workspace", "own", stdin=answers
    )
    assert ran.code == 0
    assert "lies outside the range 50 to 200" in ran.stderr
    assert "'x' is not a number" in ran.stderr
    found = _written(own, "gulf-dc-mw")
    assert found["family"] == "judgement-only"
    assert found["level"] == {
        "quantiles": {"5%": 50.0, "50%": 300.0, "95%": 1500.0},
        "at": "2025",
        "unit": "MW",
        "reason": "a guess",
    }


@needs_preliz
@pytest.mark.parametrize("last", [b"n\n", b"\n"])
def test_nothing_is_written_without_a_yes(run, own, last):
    ran = run(
        "priors", "elicit", "gulf-dc-mw", "--workspace", "own", stdin=b"0\n.2\n.5\nwhy\n" + last
    )
    assert ran.code == 0
    assert "nothing was written" in ran.stderr
    assert not (own / "priors").exists()


@needs_preliz
def test_an_input_that_ends_writes_nothing(run, own):
    ran = run("priors", "elicit", "gulf-dc-mw", "--workspace", "own", stdin=b"0\n.2\n")
    assert ran.code == 2
    assert "the input ended before the question was answered" in ran.stderr
    assert not (own / "priors").exists()


def test_the_shipped_workspace_is_refused(run):
    ran = run("priors", "elicit", SERIES, "--quantiles", "5%=-3,95%=12")
    assert ran.code == 2
    assert ran.stderr == (
        "error: the workspace that ships with the program is not changed by it\n"
        "  where: --workspace\n"
        "  fix:   name a workspace of your own with --workspace DIR, or a file with --out FILE\n"
    )


def test_a_file_inside_the_program_is_refused(run):
    ran = run(
        "priors", "elicit", SERIES, "--quantiles", "5%=-3,95%=12", "--out", str(SHIPPED / "x.toml")
    )
    assert ran.code == 2
    assert not (SHIPPED / "x.toml").exists()


@needs_preliz
def test_a_file_of_its_own_may_be_named(run):
    ran = run(
        "priors", "elicit", "us-ai-vc", "--quantiles", "5%=-10%,50%=10%,95%=40%",
        "--out", "mine.toml",
    )  # fmt: skip
    assert ran.code == 0
    found = tomllib.loads(Path("mine.toml").read_text(encoding="utf-8"))
    assert found["growth"]["quantiles"] == {"5%": -0.1, "50%": 0.1, "95%": 0.4}


def test_without_the_library_the_error_says_how_to_install_it(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "preliz", None)
    ran = run("priors", "elicit", "us-ai-vc", "--quantiles", "5%=-0.1,95%=0.4", "--out", "x.toml")
    assert ran.code == 2
    assert "eliciting needs PreliZ, which is not installed" in ran.stderr
    assert "  fix:   install it: pip install '.[elicit]'\n" in ran.stderr
    assert not Path("x.toml").exists()


def test_a_library_that_disagrees_is_not_trusted(run, monkeypatch):
    monkeypatch.setattr(elicitation, "library_fit", lambda _: (9.0, 1.0))
    ran = run("priors", "elicit", "us-ai-vc", "--quantiles", "5%=-0.1,95%=0.4", "--out", "x.toml")
    assert ran.code == 2
    assert "two ways to fit these quantiles disagree" in ran.stderr
    assert not Path("x.toml").exists()


BAD = {
    ("--quantiles", "5%=0.4,95%=-0.1"): "the 95% quantile -0.1 is not above the 5% one, 0.4",
    ("--quantiles", "50%=0.1"): "1 quantile fix no width",
    ("--quantiles", "5%=0.1,150%=0.2"): "the quantile level '150%' is not between 0% and 100%",
    ("--quantiles", "5%=0.1,95%"): "'95%' is not a quantile",
    ("--quantiles", "5%=0.1,5%=0.2"): "5% is stated twice",
    ("--quantiles", "5%=low,95%=0.2"): "'low' is not a number",
    ("--quantiles", "5%=-2,95%=0.2"): "-2 would be a loss of everything or more",
    ("--what", "size"): "'size' is not known here",
    ("--what", "cap"): "a cap is the largest share",
    ("--at", "40%"): "'growth' of this series is at no level",
    ("--out", "x.csv"): "'x.csv' is no TOML file",
}


@pytest.mark.parametrize("arguments", BAD, ids=" ".join)
def test_a_bad_argument_is_told_and_nothing_written(run, arguments):
    given = {"--quantiles": "5%=-0.1,95%=0.4", "--out": "x.toml"} | {arguments[0]: arguments[1]}
    ran = run("priors", "elicit", "us-ai-vc", *(part for pair in given.items() for part in pair))
    assert ran.code == 2
    assert BAD[arguments] in ran.stderr
    assert not Path("x.toml").exists()


@needs_preliz
def test_a_cap_under_the_last_figure_is_refused(run, own):
    ran = run(
        "priors", "elicit", SERIES, "--what", "cap", "--quantiles", "5%=.2,50%=.3,95%=.39",
        "--workspace", "own",
    )  # fmt: skip
    assert ran.code == 2
    assert f"the cap of '{SERIES}' is 0.29 in the median, but 0.41 was published" in ran.stderr
    assert not (own / "priors" / "series" / f"{SERIES}.toml").exists()


@needs_preliz
def test_a_file_that_is_at_fault_already_is_left_alone(run, own):
    folder = own / "priors" / "series"
    folder.mkdir(parents=True)
    (folder / f"{SERIES}.toml").write_text("family = trend\n", encoding="utf-8")
    ran = run("priors", "elicit", SERIES, "--quantiles", "5%=-3,95%=12", "--workspace", "own")
    assert ran.code == 2
    assert "the priors cannot be read" in ran.stderr
    assert (folder / f"{SERIES}.toml").read_text(encoding="utf-8") == "family = trend\n"
