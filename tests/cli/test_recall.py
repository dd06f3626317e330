"""Finished forecasts are shown again only while nothing that they rest on has changed."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import forecaster
from forecaster.cli import recall as module
from forecaster.cli.recall import Recall
from forecaster.cli.request import Asked
from forecaster.cli.streams import open_streams
from forecaster.errors import ExitCode
from forecaster.inference.cache import FINISHED_SUFFIX, cache_files, cache_folder
from forecaster.workspace.content_hash import content_files
from forecaster.workspace.folders import SHIPPED, SHIPPED_PRIORS

SERIES = "cn-ai-chip-domestic-share"
ALONE = "us-ai-vc"
FEW = ("--draws", "200", "--until", "2028")
REACH = ("--draws", "200", "--by", "2028")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A workspace of one's own, with its own copy of every belief."""
    folder = tmp_path / "own"
    shutil.copytree(SHIPPED, folder)
    shutil.copytree(SHIPPED_PRIORS, folder / "priors")
    return folder


def _asked(workspace: Path | None = None, **changes: object) -> Asked:
    asked = Asked(
        as_of=None,
        until="2028",
        coverages=(0.5, 0.8),
        engine="amis",
        model="",
        n_draws=200,
        seed=1,
        workspace=None if workspace is None else str(workspace),
        without_judgements=True,
    )
    return replace(asked, **changes)  # type: ignore[arg-type]


def _kept(asked: Asked, *names: str) -> dict[str, object]:
    """Return what is kept of some series under a question."""
    chosen = names or (ALONE,)
    return dict(Recall(chosen, asked, open_streams(is_quiet=True)).find(chosen))


def _finish(asked: Asked, name: str = ALONE) -> None:
    """Make a forecast, and see that it is kept."""
    from forecaster.cli.forecast import forecast_one

    forecast_one(name, asked)
    assert set(_kept(asked, name)) == {name}


def test_a_forecast_is_made_once_and_shown_again(run, monkeypatch):
    first = run("reach", SERIES, "40%", *REACH)
    assert first.code == ExitCode.DONE

    def refuse(*_arguments: object, **_more: object) -> None:
        raise AssertionError("it was prepared anew")

    monkeypatch.setattr("forecaster.cli.reach.prepare_request", refuse)
    assert run("reach", SERIES, "40%", *REACH) == first
    with pytest.raises(AssertionError, match="prepared anew"):
        forecaster.reach(SERIES, "40%", by=2029, n_draws=200)


def test_every_level_is_answered_from_one_kept_forecast(run):
    run("reach", SERIES, "40%", *REACH)
    fresh = run("reach", SERIES, "60%", "--below", *REACH, "--no-cache")
    assert fresh.code == ExitCode.DONE
    assert run("reach", SERIES, "60%", "--below", *REACH).stdout == fresh.stdout
    assert len([p for p in cache_files(cache_folder()) if p.suffix == FINISHED_SUFFIX]) == 1


@pytest.mark.parametrize(
    "names",
    [
        (SERIES,),
        ("us-ai-vc / cn-ai-vc",),
        ("us-ai-vc", "cn-ai-vc", "gulf-dc-mw"),
        ("cn-ai-chip-share-nvidia", "hyperscaler-big4-capex"),
    ],
    ids=" ".join,
)
def test_what_is_kept_has_the_bytes_of_what_is_made(names, run):
    asked = ("forecast", *names, "--until", "2030", "--draws", "300", "--json")
    cold, warm, fresh = run(*asked), run(*asked), run(*asked, "--no-cache")
    assert cold.code == ExitCode.DONE
    assert cold.stdout == warm.stdout == fresh.stdout


def test_part_of_a_request_may_be_kept(run, own):
    names = ("us-ai-vc", "cn-ai-vc", "gulf-dc-mw")
    asked = ("forecast", *names, *FEW, "--csv", "-")
    cold = run(*asked)
    (one, *_) = [p for p in cache_files(cache_folder()) if p.suffix == FINISHED_SUFFIX]
    one.unlink()
    assert run(*asked).stdout == cold.stdout


EDITS = {
    "a figure": ("history/ai-investment.csv", None),
    "a history file more": (
        "history/zz-new.csv",
        "series,period,value,unit,basis,quality,source\n",
    ),
    "the table of series": ("series.csv", None),
    "the table of sources": ("sources.csv", None),
    "a judgement": ("judgements.csv", None),
    "a claim": ("claims.csv", None),
    "the table of experts": ("priors/experts.toml", None),
    "the defaults of families": ("priors/families.toml", None),
    "the weights of the pool": ("priors/pool.toml", None),
    "a dated event": ("priors/drivers.toml", None),
    "the parts of a whole": ("priors/compositions.toml", None),
    "the beliefs about a series": (f"priors/series/{SERIES}.toml", None),
    "beliefs about another series": ("priors/series/zz-new.toml", "# nothing\n"),
}


@pytest.mark.parametrize("what", EDITS)
def test_a_change_of_any_file_misses(what, own):
    name, content = EDITS[what]
    if name.startswith("history/ai"):
        name = f"history/{min(path.name for path in (own / 'history').iterdir())}"
    _finish(_asked(own))
    path = own / name
    before = path.read_bytes() if path.exists() else None
    path.write_bytes(content.encode() if content else path.read_bytes() + b"\n")
    assert _kept(_asked(own)) == {}
    if before is None:
        path.unlink()
    else:
        path.write_bytes(before)
    assert set(_kept(_asked(own))) == {ALONE}


CHANGES: dict[str, dict[str, object]] = {
    "the day": {"as_of": "2026-10-01"},
    "the horizon": {"until": "2029"},
    "what asks for it": {"horizon": "by"},
    "the engine": {"engine": "brute-force"},
    "the family": {"model": "trend"},
    "the draws": {"n_draws": 300},
    "the seed": {"seed": 2},
    "the basis": {"basis": "other"},
    "the quantity": {"latent": True},
    "the judgements": {"without_judgements": False},
}


@pytest.mark.parametrize("what", CHANGES)
def test_another_question_misses(what):
    _finish(_asked())
    assert _kept(_asked(**CHANGES[what])) == {}


def test_the_next_day_misses(monkeypatch):
    from forecaster.cli import streams

    _finish(_asked())
    monkeypatch.setattr(streams, "read_clock", lambda: date(2026, 11, 23))
    assert _kept(_asked()) == {}


def test_another_version_misses(monkeypatch):
    _finish(_asked())
    monkeypatch.setattr(module, "__version__", "99.0.0")
    assert _kept(_asked()) == {}


def test_another_set_of_series_misses_because_hashes_of_the_manifest_cover_all_of_them():
    _finish(_asked())
    assert _kept(_asked(), ALONE, "cn-ai-vc") == {}


def test_other_coverages_are_no_other_forecast():
    _finish(_asked())
    (kept,) = _kept(_asked(coverages=(0.9,))).values()
    assert kept.coverages == (0.9,)


def test_no_cache_neither_looks_nor_keeps():
    from forecaster.cli.forecast import forecast_one

    forecast_one(ALONE, _asked(use_cache=False))
    assert list(cache_files(cache_folder())) == []
    _finish(_asked())
    assert _kept(_asked(use_cache=False)) == {}


def test_a_new_answer_takes_the_place_of_the_old(own):
    for n_lines in range(3):
        with (own / "judgements.csv").open("a", encoding="utf-8") as file:
            file.write("\n" * n_lines)
        _finish(_asked(own))
    finished = [p for p in cache_files(cache_folder()) if p.suffix == FINISHED_SUFFIX]
    assert len(finished) == 1


def test_an_unreliable_forecast_is_not_kept():
    from forecaster.cli.forecast import forecast_one

    asked = _asked()
    made = forecast_one(ALONE, replace(asked, use_cache=False))
    failed = replace(made, report=replace(made.report, failures=("k-hat 0.9",)))
    by_user = replace(made, report=replace(made.report, engine="amis, nuts"))
    for forecast in (failed, by_user):
        Recall([ALONE], asked, open_streams(is_quiet=True)).keep({ALONE: forecast})
        assert _kept(asked) == {}


def test_a_file_changed_during_the_run_is_not_answered_for(own):
    from forecaster.cli.forecast import forecast_one

    asked = _asked(own)
    recall = Recall([ALONE], asked, open_streams(is_quiet=True))
    made = forecast_one(ALONE, replace(asked, use_cache=False))
    before = (own / "series.csv").read_bytes()
    (own / "series.csv").write_bytes(before + b"\n")
    recall.keep({ALONE: made})
    (own / "series.csv").write_bytes(before)
    assert _kept(asked) == {}


def test_a_csv_file_of_ones_own_is_read_anew(data_file, run):
    Path("figures.csv").write_text("period,value\n2022,10\n2023,12\n2024,15\n", encoding="utf-8")
    asked = ("forecast", "figures.csv", "--kind", "positive", *FEW, "--csv", "-")
    first = run(*asked)
    assert first.code == ExitCode.DONE
    Path("figures.csv").write_text("period,value\n2022,10\n2023,12\n2024,25\n", encoding="utf-8")
    assert run(*asked).stdout != first.stdout
    assert not [p for p in cache_files(cache_folder()) if p.suffix == FINISHED_SUFFIX]


def test_a_damaged_file_is_made_anew_with_one_line(run):
    asked = ("forecast", ALONE, *FEW, "--csv", "-")
    cold = run(*asked)
    (path,) = [p for p in cache_files(cache_folder()) if p.suffix == FINISHED_SUFFIX]
    path.write_bytes(path.read_bytes()[:-9])
    again = run(*asked)
    assert again.stdout == cold.stdout
    assert again.stderr.count("\n") == 1
    assert f"the cache file {path} is damaged (" in again.stderr


_OPENED: list[Path] | None = None


def _note_opened(event: str, arguments: tuple[object, ...]) -> None:
    """Note the files that are opened while `_OPENED` is a list; a hook cannot be taken back."""
    if _OPENED is not None and event == "open" and isinstance(arguments[0], str | Path):
        _OPENED.append(Path(arguments[0]))


def test_no_file_of_facts_or_beliefs_is_read_that_the_hash_leaves_out(run, own):
    # the key of a kept forecast stands for these files alone
    global _OPENED
    sys.addaudithook(_note_opened)
    _OPENED = []
    try:
        names = (SERIES, ALONE, "gulf-dc-mw", "us-ai-vc / cn-ai-vc", "hyperscaler-big4-capex")
        made = run("forecast", *names, *FEW, "--no-cache", "--workspace", str(own))
        opened = {path.resolve() for path in _OPENED}
    finally:
        _OPENED = None
    assert made.code == ExitCode.DONE
    hashed = {Path(path).resolve() for _, path in content_files(own)}
    mine = {path for path in opened if path.suffix in (".csv", ".toml")}
    assert (own / "series.csv").resolve() in mine
    assert mine <= hashed
