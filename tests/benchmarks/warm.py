"""Time fits inside one process, caches and imports warm, and print them as JSON.

python tests/benchmarks/warm.py fit REPEATS     a 30-point stock, a 30-point flow, 600 months
python tests/benchmarks/warm.py nutpie REPEATS  our fit and nutpie's sampling, in turn
"""

from __future__ import annotations

import io
import json
import math
import os
import sys
import time
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

from forecaster.forecasts.bands import band_table
from forecaster.pipeline import DEFAULT_SEED, Settings, make_forecast
from forecaster.workspace.bare_file import read_bare
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.reader import find_workspace, load_facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.forecasts.forecast import Forecast
    from forecaster.workspace.facts import Facts

AS_OF = date(2026, 11, 22)
BELIEFS = load_beliefs(find_workspace(None)).without_series()
"""The defaults of the kind, which the plain script writes down too."""
SHARE = "cn-ai-chip-domestic-share"


def main() -> None:
    """Time what was asked for."""
    what, repeats = sys.argv[1], int(sys.argv[2])
    print(json.dumps({"fit": time_fits, "nutpie": time_nutpie}[what](repeats)))


def clock(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return seconds on the clock and of processor time, with what the work returned."""
    began, began_cpu = time.perf_counter(), time.process_time()
    result = work()
    return time.perf_counter() - began, time.process_time() - began_cpu, result


def forecast(facts: Facts, *, until: str, seed: int) -> Forecast:
    """Return a certified forecast with 4,000 draws of the only series, without the disk cache."""
    settings = Settings(
        as_of=AS_OF, until=until, seed=seed, use_cache=False, model="trend", without_judgements=True
    )
    (series,) = facts.rows
    return make_forecast(facts, series, BELIEFS, settings, announce=say)


def say(sentence: str) -> None:
    """Print an escalation where the reader of the table sees it."""
    print(sentence, file=sys.stderr)


def made_up(n_points: int, *, monthly: bool, timing: str) -> Facts:
    """Return a random walk in logs with drift; the same each time."""
    rng = np.random.default_rng(1)
    step = 0.02 if monthly else 0.15
    values = np.exp(np.cumsum(0.4 * step + step * rng.standard_normal(n_points)))
    first = 2026 - n_points if not monthly else 2026 - n_points // 12
    lines = ["period,value"]
    for k, value in enumerate(values):
        period = f"{first + k // 12}-{k % 12 + 1:02}" if monthly else f"{first + k}"
        lines.append(f"{period},{100 * value:.4g}")
    payload = "\n".join(lines).encode()
    facts = read_bare("-", kind="positive", stdin=io.BytesIO(payload))
    entries = {name: replace(entry, timing=timing) for name, entry in facts.entries.items()}
    return replace(facts, entries=entries)


def time_fits(repeats: int) -> dict[str, object]:
    """Return the times of certified fits with 4,000 draws, another seed each time."""
    cases = {
        "30-point stock": (made_up(30, monthly=False, timing="stock"), "2030"),
        "30-point flow": (made_up(30, monthly=False, timing="flow"), "2030"),
        "600-month stock": (made_up(600, monthly=True, timing="stock"), "2027-06"),
    }
    found: dict[str, object] = {}
    for name, (facts, until) in cases.items():
        runs = [
            clock(partial(forecast, facts, until=until, seed=DEFAULT_SEED + k))
            for k in range(repeats + 1)
        ][1:]
        found[name] = {
            "times": [run[:2] for run in runs],
            "engines": sorted({run[2].report.engine for run in runs}),
            "n_fitted": len(runs[0][2].history.data),
            "notes": list(runs[0][2].warnings),
        }
    return found


def time_nutpie(repeats: int) -> dict[str, object]:
    """Return the times of our fit and of nutpie's sampling, and how far their quantiles differ."""
    import nutpie
    import plain_pymc

    facts = load_facts(find_workspace(None), [SHARE])
    history = tuple(plain_pymc.read_history())
    compiled = nutpie.compile_pymc_model(plain_pymc.build_model(*history))
    ours, theirs = [], []
    for k in range(repeats + 1):
        ours.append(clock(partial(forecast, facts, until="2030", seed=DEFAULT_SEED + k)))
        theirs.append(clock(partial(plain_pymc.sample, compiled, seed=k + 1)))
    # all chains of all runs: four alone tell too little about their own error
    rng = np.random.default_rng(1)
    shares = np.concatenate([plain_pymc.predict(run[2], *history, rng) for run in theirs])
    return {
        "ours": [run[:2] for run in ours[1:]],
        "theirs": [run[:2] for run in theirs[1:]],
        "gaps": gaps(ours[-1][2], plain_pymc.quantiles(shares)),
    }


def gaps(ours: Forecast, theirs: list[tuple[int, float, float, float]]) -> list[float]:
    """Return how far every quantile differs, in Monte Carlo standard errors of the difference."""
    bands = band_table(ours)
    years = [str(period) for period in bands.periods]
    found = []
    for year, level, value, mcse in theirs:
        at = bands.index(level), years.index(str(year))
        found.append(abs(bands.values[at] - value) / math.hypot(bands.mcse[at], mcse))
    return found


if __name__ == "__main__":
    main()
