"""Time joint fits inside one process, over many seeds, and print them as one Markdown table.

    python tests/benchmarks/joint.py [--seeds N]

Each seed makes other data and other draws: what a bar promises must hold for all of them. Every
time is processor time of one thread, from figures on the link scale to 4,000 joint draws.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from calibration.groups import make_pooled_prior
from calibration.problems import observe
from calibration.shares import Design, annual_plan, make_prior, simulate

from forecaster.forecasts.composition_paths import draw_composition
from forecaster.inference.composition_fit import fit_composition
from forecaster.inference.pooled_draws import fit_pooled
from forecaster.models.pooled import assemble

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.inference.report import FitReport
    from forecaster.models.pooled import Group

N_DRAWS = 4000
BAR = 0.5
"""Seconds."""
YEARS = tuple(str(year) for year in range(2002, 2022))
ALL = (0, 1, 2, 3, 4)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20, help="fits of each kind")
    seeds = range(1, parser.parse_args().seeds + 1)
    print("| fit and 4,000 joint draws | min | median | max | points | bar | held |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for what, work in cases().items():
        print_line(what, [clock(partial(work, seed)) for seed in [1, *seeds]][1:])


def cases() -> dict[str, Callable[[int], FitReport]]:
    """Return what is timed: seed -> report."""
    found: dict[str, Callable[[int], FitReport]] = {
        f"composition of five parts by 20 periods, {name}": partial(compose, design)
        for name, design in designs().items()
    }
    found["pooled group of 13 by 12 years, windows of their own"] = partial(pool, tilt=0.08)
    found["pooled group of 13 by 12 years, the same windows"] = partial(pool, tilt=0.0)
    return found


def designs() -> dict[str, Design]:
    """Return calendars of 20 publications of five parts."""
    whole = tuple(("a", year, ALL) for year in YEARS)
    partly = tuple(("a", year, ALL[i % 3 :: 1 + i % 2]) for i, year in enumerate(YEARS))
    first_four = tuple(("a", year, ALL[:4]) for year in YEARS)
    four_partly = tuple(
        ("a", year, tuple(k for k in ALL[:4] if (i + k) % 4)) for i, year in enumerate(YEARS)
    )
    return {
        "complete flows": Design(5, False, "flow", whole),
        "complete stocks": Design(5, False, "stock", whole),
        "four and a rest": Design(4, True, "flow", first_four),
        "some parts missing": Design(5, False, "flow", (whole[0], *partly[1:])),
        "a rest and some parts missing": Design(4, True, "flow", (first_four[0], *four_partly[1:])),
    }


def compose(design: Design, seed: int) -> FitReport:
    """Fit a composition made with a seed, and draw five years of its shares."""
    prior = PRIOR
    truth = simulate(design, prior, np.random.default_rng([seed, 1]))
    rng = np.random.default_rng([seed, 2])
    names = tuple(f"part {k}" for k in range(design.n_parts))
    plan = annual_plan(names, truth.end, 5, is_latent=False)
    begin()
    posterior = fit_composition(
        truth.publications, prior, kept=(), end=truth.end, n_draws=N_DRAWS, seed=seed, rng=rng,
        announce=say,
    )  # fmt: skip
    draw_composition(posterior, plan, rng=rng)
    return posterior.report


def pool(seed: int, *, tilt: float) -> FitReport:
    """Fit a group made with a seed, and draw all its members with a quarter of the next year."""
    group = make_group(seed, tilt)
    begin()
    posterior = fit_pooled(
        group, kept={name: [(2025.0, 2025.25)] for name in group.members}, end=2025.25,
        n_draws=N_DRAWS, engine="amis", seed=seed, fit_rng=np.random.default_rng([seed, 2]),
        factor_rng=np.random.default_rng([seed, 3]),
        member_rng=lambda name: np.random.default_rng([seed, 4, int(name[1:])]), announce=say,
    )  # fmt: skip
    return posterior.report


def make_group(seed: int, tilt: float) -> Group:
    """Return 13 members with 12 annual flows, whose windows are shifted by up to `tilt` years."""
    rng = np.random.default_rng([seed, 1])
    common = np.cumsum(rng.normal(0.25, 0.25, 12))
    start = 2013.0 + np.arange(12)
    members, calendars = {}, []
    for i in range(13):
        edges = 2013.0 + np.arange(13) + rng.uniform(-tilt, tilt, 13)
        own = np.cumsum(rng.normal(0, 0.3, 12)) + rng.normal(0, 0.1, 12)
        z = i / 3 + common + own
        members[f"m{i:02}"] = observe(edges[:-1], edges[1:], z, noise_sd=0.02)
        calendars.append((start, start + 1))
    return assemble(members, calendars, make_pooled_prior(), is_share=False)


_began = [0.0]
PRIOR = make_prior()


def begin() -> None:
    """Start the clock: what came before made the data."""
    _began[0] = time.process_time()


def clock(work: Callable[[], FitReport]) -> tuple[float, FitReport]:
    """Return seconds of processor time since the work began its fit, with its report."""
    report = work()
    return time.process_time() - _began[0], report


def say(sentence: str) -> None:
    """Print an escalation where the reader of the table sees it."""
    print(sentence, file=sys.stderr)


def print_line(what: str, runs: list[tuple[float, FitReport]]) -> None:
    """Print one line of the table; a fit that is not certified holds no bar."""
    seconds = [run[0] for run in runs]
    reports = [run[1] for run in runs]
    failed = [report.failures for report in reports if not report.is_reliable]
    points = sorted(report.n_points for report in reports)
    cells = [
        what, f"{min(seconds):.2f} s", f"{median(seconds):.2f} s", f"{max(seconds):.2f} s",
        f"{points[0]} to {points[-1]}", f"<= {BAR:g} s, each seed",
        f"NO: {len(failed)} not certified" if failed else "yes" if max(seconds) <= BAR else "NO",
    ]  # fmt: skip
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
