from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from output_samples import CAPEX, capex_forecast, hostile_forecast, share_forecast

from forecaster.errors import InputError
from forecaster.forecasts.bands import band_table
from forecaster.output import atomic
from forecaster.output.bands_csv import LAYOUTS, guarded, write_bands

COVERAGES = (0.5, 0.8, 0.95)


def both():
    return [share_forecast(), capex_forecast()]


def written(forecasts, layout: str = "wide") -> list[dict[str, str]]:
    out = io.StringIO()
    write_bands(forecasts, "-", layout=layout, stdout=out)
    return list(csv.DictReader(io.StringIO(out.getvalue())))


def count_forecast():
    entry = replace(CAPEX, id="systems", kind="count", unit="count", timing="stock")
    forecast = capex_forecast(trajectories=np.rint(capex_forecast().trajectories))
    return replace(forecast, history=replace(forecast.history, entry=entry))


def test_wide_columns_are_the_ones_promised():
    wide = (
        "series,scenario,as_of,basis,period,mean,median,lower_50,upper_50,lower_80,upper_80,"
        "lower_95,upper_95,unit"
    )
    assert ",".join(written(both())[0]) == wide
    assert list(written([share_forecast(coverages=(0.975, 0.9))])[0])[6:-1] == [
        "median", "lower_90", "upper_90", "lower_97.5", "upper_97.5",
    ]  # fmt: skip


def test_long_and_draws_columns_are_the_ones_promised():
    long = "series,scenario,as_of,basis,period,quantile_level,value,unit"
    draws = "series,scenario,as_of,basis,draw,period,value,unit"
    assert list(written(both(), "long")[0]) == long.split(",")
    assert list(written(both(), "draws")[0]) == draws.split(",")


def test_wide_numbers_read_back_as_the_same_numbers():
    rows = written(both())
    assert [(r["series"], r["period"]) for r in rows] == [
        (f.history.entry.id, str(p)) for f in both() for p in f.periods
    ]
    for forecast, lines in zip(both(), (rows[:5], rows[5:]), strict=True):
        bands = band_table(forecast)
        assert [float(r["median"]) for r in lines] == bands.median.tolist()
        for coverage in COVERAGES:
            lower, upper = bands.band(coverage)
            label = f"{coverage * 100:g}"
            assert [float(r[f"lower_{label}"]) for r in lines] == lower.tolist()
            assert [float(r[f"upper_{label}"]) for r in lines] == upper.tolist()


def test_mean_is_empty_for_positive_series_only():
    rows = written(both())
    assert [float(r["mean"]) for r in rows[:5]] == share_forecast().trajectories.mean(
        axis=0
    ).tolist()
    assert {r["mean"] for r in rows[5:]} == {""}


def test_long_holds_every_quantile_once():
    rows = written([share_forecast()], "long")
    bands = band_table(share_forecast())
    assert len(rows) == 7 * 5
    assert [float(r["quantile_level"]) for r in rows[:7]] == [
        0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975,
    ]  # fmt: skip
    assert [float(r["value"]) for r in rows] == bands.values.T.ravel().tolist()


def test_draws_carry_the_same_numbers_in_every_series():
    rows = written(both(), "draws")
    by_series = {
        f.history.entry.id: [r for r in rows if r["series"] == f.history.entry.id] for f in both()
    }
    numbers = [[r["draw"] for r in lines] for lines in by_series.values()]
    assert numbers[0] == numbers[1]
    assert numbers[0][:6] == ["1"] * 5 + ["2"]
    for forecast in both():
        values = [float(r["value"]) for r in by_series[forecast.history.entry.id]]
        assert values == forecast.trajectories.ravel().tolist()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_counts_are_whole_numbers_without_a_point(layout: str):
    rows = written([count_forecast()], layout)
    column = "median" if layout == "wide" else "value"
    assert all(r[column].isdigit() for r in rows)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_text_that_a_spreadsheet_would_compute_gets_an_apostrophe(start: str):
    assert guarded(f"{start}1+1") == f"'{start}1+1"
    assert guarded("safe = text") == "safe = text"


def test_hostile_cells_are_neutral_and_negative_numbers_stay_numbers():
    row = written([hostile_forecast()])[0]
    assert row["series"] == "'=cmd|' /C calc'!A0"
    assert row["basis"] == "'+basis"
    assert row["unit"] == "'@unit\x1b[2J"
    forecast = share_forecast(trajectories=share_forecast().trajectories - 5.0)
    entry = replace(forecast.history.entry, kind="real")
    real = replace(forecast, history=replace(forecast.history, entry=entry))
    assert float(written([real])[0]["median"]) == pytest.approx(-4.541, abs=0.001)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_same_forecasts_give_the_same_bytes_cached_or_not(tmp_path: Path, layout: str):
    payloads = []
    for name, cached in (("a", False), ("b", True)):
        folder = tmp_path / name
        folder.mkdir()
        forecasts = [replace(f, from_cache=cached) for f in both()]
        write_bands(forecasts, str(folder / "x.csv"), layout=layout, stdout=io.StringIO())
        payloads.append([p.read_bytes() for p in sorted(folder.iterdir())])
    assert payloads[0] == payloads[1]
    assert len(payloads[0]) == 2


@pytest.mark.parametrize("layout", LAYOUTS)
def test_data_package_is_valid_and_describes_the_file(tmp_path: Path, layout: str):
    frictionless = pytest.importorskip("frictionless")
    target = tmp_path / "My Bands.csv"
    forecasts = [
        replace(f, trajectories=f.trajectories[:100]) for f in (share_forecast(), count_forecast())
    ]
    write_bands(forecasts, str(target), layout=layout, stdout=io.StringIO())
    package = tmp_path / "My Bands.datapackage.json"
    report = frictionless.Package(str(package)).validate()
    assert report.valid, report.flatten(["type", "message"])
    # and it notices a file that was changed afterwards
    target.write_text(target.read_text().replace("fraction", "percent", 1))
    assert not frictionless.Package(str(package)).validate().valid


def test_data_package_holds_manifest_hash_and_diagnostics(tmp_path: Path):
    target = tmp_path / "bands.csv"
    write_bands(both(), str(target), stdout=io.StringIO())
    package = json.loads((tmp_path / "bands.datapackage.json").read_text())
    resource = package["resources"][0]
    assert resource["path"] == "bands.csv"
    assert resource["hash"] == f"sha256:{hashlib.sha256(target.read_bytes()).hexdigest()}"
    assert resource["bytes"] == target.stat().st_size
    first = package["forecasts"][0]
    assert first["series"] == "cn-ai-chip-domestic-share"
    assert first["manifest"] == {
        "version": "0.1.0", "seed": 20261122, "n_draws": 4000, "engine": "amis",
        "model": "trend", "facts_hash": "f" * 64, "beliefs_hash": "b" * 64,
    }  # fmt: skip
    assert first["diagnostics"]["k_hat"] == 0.12
    assert first["diagnostics"]["is_reliable"] is True
    assert "from_cache" not in json.dumps(package)


def test_a_failure_in_mid_write_leaves_the_old_files_and_nothing_else(tmp_path, monkeypatch):
    target = tmp_path / "bands.csv"
    package = tmp_path / "bands.datapackage.json"
    target.write_text("old bands")
    package.write_text("old package")

    def disk_full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(InputError, match="the disk is full"):
        write_bands(both(), str(target), stdout=io.StringIO())
    assert target.read_text() == "old bands"
    assert package.read_text() == "old package"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bands.csv", "bands.datapackage.json"]


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_an_interruption_while_lines_are_made_leaves_nothing_behind(tmp_path, failure):
    target = tmp_path / "bands.csv"
    target.write_text("old bands")

    def lines(_):
        yield "half"
        raise failure

    with pytest.raises(failure):
        atomic.replace_files([(target, lines)])
    assert target.read_text() == "old bands"
    assert list(tmp_path.iterdir()) == [target]


def test_a_failing_package_leaves_the_old_csv(tmp_path: Path):
    (tmp_path / "bands.csv").write_text("old bands")
    (tmp_path / "bands.datapackage.json").mkdir()
    with pytest.raises(InputError, match="it is a folder"):
        write_bands(both(), str(tmp_path / "bands.csv"), stdout=io.StringIO())
    assert (tmp_path / "bands.csv").read_text() == "old bands"


def test_a_replaced_file_keeps_its_permissions_and_its_link(tmp_path: Path):
    real = tmp_path / "real.csv"
    real.write_text("old")
    real.chmod(0o640)
    link = tmp_path / "bands.csv"
    link.symlink_to(real)
    write_bands(both(), str(link), stdout=io.StringIO())
    assert link.is_symlink()
    assert real.read_text().startswith("series,scenario")
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("nowhere/bands.csv", "its folder does not exist"),
        ("", "it is a folder"),
        (".", "it is a folder"),
        ("file/bands.csv", "its folder is a file"),
        ("x" * 300 + ".csv", "its name is too long"),
    ],
)
def test_targets_that_cannot_be_written_are_input_errors(tmp_path, monkeypatch, target, message):
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("a file")
    with pytest.raises(InputError, match=message):
        write_bands(both(), target, stdout=io.StringIO())
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_folder_without_write_permission_is_an_input_error(tmp_path: Path):
    if os.geteuid() == 0:
        error = atomic.unwritable("x.csv", PermissionError(13, "Permission denied"))
        assert "writing there is not allowed" in str(error)
        return
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="writing there is not allowed"):
        write_bands(both(), str(tmp_path / "x.csv"), stdout=io.StringIO())


def test_a_pipe_or_device_is_written_to_and_not_replaced():
    write_bands(both(), os.devnull, stdout=io.StringIO())
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_unknown_layout_and_mixed_coverages_are_refused():
    with pytest.raises(ValueError, match="layout 'tall'"):
        write_bands(both(), "-", layout="tall", stdout=io.StringIO())
    mixed = [share_forecast(), capex_forecast(coverages=(0.9,))]
    with pytest.raises(ValueError, match="same coverages"):
        write_bands(mixed, "-", stdout=io.StringIO())
