"""Measure every speed and memory bar in one run and print them as one Markdown table.

    python tests/benchmarks/speed.py [--quick] [--peers PYTHON]

Commands that are compared run in turn, each with an empty cache unless the table says cached;
ratios are medians over the pairs. Nothing is asserted: on a busy machine the clock lies, and the
ratio by processor time beside it lies less. --peers names a Python that has prophet and pandas,
when the one that runs this has not.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from children import Failed, Timed, run_child, run_in_turn

HERE = Path(__file__).resolve().parent
TREND = ("--model", "trend", "--without-judgements")
"""The one model that a peer's script writes too."""
SHARE = "cn-ai-chip-domestic-share"
ANNUAL = "in-internet-users-share"
BARE = [sys.executable, "-c", "import numpy, typer, rich.console"]
MEGABYTE = 1e6


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table; empty texts where a column does not apply."""

    what: str
    measured: str
    ratio: str = ""
    ratio_cpu: str = ""
    peak: str = ""
    bar: str = ""
    held: str = ""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few runs, for a first look")
    parser.add_argument("--peers", default=sys.executable, help="a Python with prophet and pandas")
    arguments = parser.parse_args()
    rounds, few = (3, 1) if arguments.quick else (15, 3)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        lines = [
            *measure_commands(rounds, scratch),
            *measure_core(few, scratch),
            *measure_pymc(few, 3 * few, scratch),
            *measure_prophet(rounds, scratch, arguments.peers),
            *measure_fits(2 * rounds),
        ]
    print_table(lines)


def measure_commands(rounds: int, scratch: Path) -> list[Line]:
    """Compare whole processes with a bare import of the libraries every command needs."""
    forecaster = forecaster_command()
    timed = run_in_turn(
        {
            "bare imports": BARE,
            "reach, empty cache": [*forecaster, "reach", SHARE, "40%"],
            "cached reach": [*forecaster, "reach", SHARE, "40%"],
            "reach by trend alone, empty cache": [*forecaster, "reach", SHARE, "40%", *TREND],
            "cached reach by trend alone": [*forecaster, "reach", SHARE, "40%", *TREND],
            "--help": [*forecaster, "--help"],
        },
        rounds=rounds,
        scratch=scratch,
    )
    bare = timed["bare imports"]
    limits = {
        "reach, empty cache": 3.0,
        "cached reach": 2.0,
        "reach by trend alone, empty cache": 3.0,
        "cached reach by trend alone": 2.0,
        "--help": 1.2,
    }
    lines = [Line("bare `import numpy, typer, rich.console`", told(bare), peak=peak_of(bare))]
    for name, limit in limits.items():
        most = 150 * MEGABYTE if name.startswith("reach") else None
        lines.append(at_most(f"`forecaster` {name}", timed[name], bare, limit, most_peak=most))
    return lines


def measure_core(rounds: int, scratch: Path) -> list[Line]:
    """Time the forecasts of all core series in one command and one process."""
    core = [*forecaster_command(), "forecast", "--core", "--until", "2030", "--quiet"]
    core += ["--csv", str(scratch / "core.csv")]
    limits = {"core series, empty cache": 30.0, "cached core series": 2.0}
    timed = run_in_turn(dict.fromkeys(limits, core), rounds=rounds, scratch=scratch)
    return [
        Line(
            f"`forecaster` {name}",
            told(timed[name]),
            peak=peak_of(timed[name]),
            bar=f"<= {limit:g} s",
            held=verdict(timed[name].wall <= limit),
        )
        for name, limit in limits.items()
    ]


def forecaster_command() -> list[str]:
    """Return the console script beside this Python, or the module."""
    script = Path(sys.executable).parent / "forecaster"
    return [str(script)] if script.exists() else [sys.executable, "-m", "forecaster"]


def measure_pymc(rounds: int, repeats: int, scratch: Path) -> list[Line]:
    """Compare with the same model in plain PyMC, sampled by nutpie."""
    commands = {
        "ours": [*forecaster_command(), "reach", SHARE, "40%", *TREND],
        "plain": [sys.executable, "-W", "ignore", str(HERE / "plain_pymc.py")],
    }
    try:
        # the round that is not counted leaves compiled code on disk, to the plain script's favour
        timed = run_in_turn(commands, rounds=rounds, scratch=scratch)
        warm = json.loads(
            run_child(
                [sys.executable, "-W", "ignore", str(HERE / "warm.py"), "nutpie", str(repeats)]
            ).stdout
        )
    except Failed as failure:
        return [Line("plain PyMC with nutpie, same model", f"did not run: {failure}")]
    ours, theirs = warm["ours"], warm["theirs"]
    ratios = [
        median(its[clock] / own[clock] for own, its in zip(ours, theirs, strict=True))
        for clock in (0, 1)
    ]
    worst = max(warm["gaps"])
    return [
        at_least("plain PyMC with nutpie, cold process", timed["plain"], timed["ours"], 20.0),
        Line(
            "nutpie's warm sampling alone, against our fit and draws in process",
            f"{seconds(theirs, 0)} against {seconds(ours, 0)}",
            f"{ratios[0]:.1f}",
            f"{ratios[1]:.1f}",
            bar=">= 10",
            held=verdict(ratios[0] >= 10),
        ),
        Line(
            f"largest of {len(warm['gaps'])} differences of quantiles",
            f"{worst:.1f} standard errors",
            bar="within Monte Carlo error",
            # the largest of 35 standard normal differences passes 3.5 once in 60 runs
            held=verdict(worst < 3.5),
        ),
    ]


def measure_prophet(rounds: int, scratch: Path, python: str) -> list[Line]:
    """Compare with a Prophet script that reads the same file and writes the same bands."""
    what = "Prophet script, same annual CSV, same bands, cold process"
    try:
        run_child([python, "-c", "import prophet, pandas"])
    except (Failed, OSError):
        return [Line(what, "not installed: pip install '.[peers]'")]
    history = scratch / "annual.csv"
    write_annual(history)
    bands = [str(scratch / name) for name in ("ours.csv", "theirs.csv")]
    wanted = [str(history), "--kind", "share", "--until", "2030", "--csv", bands[0], *TREND]
    timed = run_in_turn(
        {
            "ours": [*forecaster_command(), "forecast", *wanted, "--quiet"],
            "prophet": [python, str(HERE / "plain_prophet.py"), str(history), "2030", bands[1]],
        },
        rounds=max(3, rounds // 2),
        scratch=scratch,
    )
    headers = [Path(path).read_text(encoding="utf-8").partition("\n")[0] for path in bands]
    assert headers[0].strip() == headers[1].strip(), headers
    return [at_least(what, timed["prophet"], timed["ours"], 2.5)]


def write_annual(destination: Path) -> None:
    """Write a shipped annual series as a bare CSV, one figure a year."""
    source = HERE.parents[1] / "forecaster/data/history/internet-penetration.csv"
    with source.open(encoding="utf-8", newline="") as file:
        figures = {r["period"]: r["value"] for r in csv.DictReader(file) if r["series"] == ANNUAL}
    rows = [f"{year},{value}" for year, value in sorted(figures.items()) if 0 < float(value) < 1]
    destination.write_text("\n".join(["period,value", *rows, ""]), encoding="utf-8")


def measure_fits(repeats: int) -> list[Line]:
    """Time certified fits with 4,000 draws inside one process, on one core."""
    try:
        run = run_child([sys.executable, str(HERE / "warm.py"), "fit", str(repeats)])
    except Failed as failure:
        return [Line("certified fit and 4,000 draws in process", f"did not run: {failure}")]
    lines = []
    for name, found in json.loads(run.stdout).items():
        times = found["times"]
        cpu = median(t[1] for t in times)
        is_cut = found["n_fitted"] == 500
        lines.append(
            Line(
                f"fit and 4,000 draws in process, {name}, engine {'/'.join(found['engines'])}",
                f"{seconds(times, 0)}; processor {seconds(times, 1)}",
                bar="cut to 500, said so" if is_cut else "<= 40 ms on one core",
                held=verdict(bool(found["notes"]) if is_cut else cpu <= 0.040),
            )
        )
    return lines


def at_most(what: str, timed: Timed, bare: Timed, limit: float, *, most_peak: float | None) -> Line:
    """Return the line of a command that may take so many times as long as another."""
    ratio, ratio_cpu = timed.over(bare)
    held = ratio <= limit and (most_peak is None or timed.peak <= most_peak)
    bar = f"<= {limit:g}" + (f", {most_peak / MEGABYTE:.0f} MB" if most_peak else "")
    return Line(
        what,
        told(timed),
        f"{ratio:.2f}",
        f"{ratio_cpu:.2f}",
        peak_of(timed),
        bar,
        verdict(held),
    )


def at_least(what: str, peer: Timed, ours: Timed, limit: float) -> Line:
    """Return the line of a peer that takes at least so many times as long as ours."""
    ratio, ratio_cpu = peer.over(ours)
    return Line(
        what,
        f"{told(peer)} against {told(ours)}",
        f"{ratio:.1f}",
        f"{ratio_cpu:.1f}",
        f"{peak_of(peer)} against {peak_of(ours)}",
        f">= {limit:g}",
        verdict(ratio >= limit),
    )


def told(timed: Timed) -> str:
    """Return the medians of a command: by the clock, and processor time in brackets."""
    return f"{timed.wall:.2f} s ({timed.cpu:.2f})"


def peak_of(timed: Timed) -> str:
    """Return the largest peak memory of a command."""
    return f"{timed.peak / MEGABYTE:.0f} MB"


def seconds(times: list[list[float]], clock: int) -> str:
    """Return the median and least of some times in ms, by the clock (0) or processor time (1)."""
    chosen = [1000 * t[clock] for t in times]
    return f"{median(chosen):.0f} ms (least {min(chosen):.0f})"


def verdict(holds: bool) -> str:
    """Return whether a bar holds, in a word."""
    return "yes" if holds else "NO"


def print_table(lines: list[Line]) -> None:
    """Print the lines as a Markdown table, with what was measured on."""
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}.")
    print("Seconds are medians by the clock, with processor time in brackets.\n")
    print("| what | measured | ratio | ratio, processor | peak memory | bar | held |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for line in lines:
        cells = [line.what, line.measured, line.ratio, line.ratio_cpu]
        print("| " + " | ".join([*cells, line.peak, line.bar, line.held]) + " |")


if __name__ == "__main__":
    main()
