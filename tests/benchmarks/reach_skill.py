"""Print how `reach` scores against the drift random walk, as Markdown.

    python tests/benchmarks/reach_skill.py [--workers 2] [--sort pseudo|vintage]

Both sorts by default. The numbers do not depend on the number of workers.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forecaster.evaluation.reach_backtest import Answer, backtest_series
from forecaster.evaluation.reach_questions import FACTORS, SORTS, YEARS_AHEAD
from forecaster.evaluation.scores import reliability
from forecaster.evaluation.skill import Skill, group_weights, summarise
from forecaster.pipeline import DEFAULT_SEED, Settings, make_forecast
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.reader import SHIPPED, load_all_facts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from forecaster.forecasts.forecast import Forecast
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import Facts

MODEL = "pool"
N_DRAWS = 4000
N_BINS = 10
BOOTSTRAP_SEED = 20260103


def forecast_uncached(
    facts: Facts, series: str, beliefs: Beliefs, as_of: date, until: str, basis: str
) -> Forecast:
    """Return the forecast that `reach` would count on, escalations told on stderr."""
    settings = Settings(
        as_of=as_of,
        until=until,
        basis=basis,
        n_draws=N_DRAWS,
        seed=DEFAULT_SEED,
        use_cache=False,
        allow_unreliable=True,
        model=MODEL,
        # statements about the future are known from late write-ups
        without_judgements=True,
    )
    return make_forecast(
        facts,
        series,
        beliefs,
        settings,
        announce=lambda sentence: print(as_of, sentence, file=sys.stderr),
    )


def backtest_one(series: str, *, facts: Facts, beliefs: Beliefs, sort: str) -> tuple[Answer, ...]:
    """Backtest one series; a plain function, so that other processes can run it."""
    own = replace(facts, rows={series: facts.rows[series]})
    return backtest_series(own, series, beliefs, sort=sort, make_forecast=forecast_uncached)


def backtest_all(facts: Facts, beliefs: Beliefs, *, sort: str, n_workers: int) -> list[Answer]:
    """Return the answers about every series, in the order of the series' ids."""
    work = partial(backtest_one, facts=facts, beliefs=beliefs, sort=sort)
    names = sorted(facts.rows)
    if n_workers < 2:
        return [answer for name in names for answer in work(name)]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(n_workers, mp_context=spawn) as pool:
        return [answer for answers in pool.map(work, names, chunksize=8) for answer in answers]


def print_skill(answers: Sequence[Answer]) -> None:
    """Print the scores of all answers and of their parts."""
    print(
        "| questions | n | series | ours | drift | student | still | relative | 95% of difference |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|--:|---|")
    print_row("**all**", answers)
    for years in YEARS_AHEAD:
        print_row(f"{years} y ahead", [a for a in answers if a.years == years])
    for factor in FACTORS:
        print_row(f"level x {factor:g}", [a for a in answers if a.factor == factor])
    for years in YEARS_AHEAD:
        for factor in FACTORS:
            cell = [a for a in answers if (a.years, a.factor) == (years, factor)]
            print_row(f"{years} y, x {factor:g}", cell)
    print_row("no zero known", [a for a in answers if not a.has_zero])
    for group in sorted({a.group for a in answers}):
        print_row(f"group {group}", [a for a in answers if a.group == group])
    for kind in sorted({a.kind for a in answers}):
        print_row(f"kind {kind}", [a for a in answers if a.kind == kind])


def print_row(label: str, answers: Sequence[Answer]) -> None:
    """Print one row of scores, each part weighted anew by its own groups."""
    if not answers:
        return
    s: Skill = summarise(answers, rng=np.random.default_rng(BOOTSTRAP_SEED))
    print(
        f"| {label} | {s.n_questions} | {s.n_series} | {s.ours:.4f} | {s.drift:.4f} "
        f"| {s.student:.4f} | {s.still:.4f} | {s.relative:+.1%} "
        f"| {s.lower:+.4f} to {s.upper:+.4f} |"
    )


def print_reliability(answers: Sequence[Answer]) -> None:
    """Print the numbers of the reliability diagram, ours beside the drift random walk's."""
    weights = group_weights(answers)
    reached = [a.reached for a in answers]
    for name, of in (("ours", [a.ours for a in answers]), ("drift", [a.drift for a in answers])):
        print(f"\nReliability, {name} (weighted as the scores)\n")
        print("| bin | mean forecast | observed frequency | n | weight |")
        print("|---|--:|--:|--:|--:|")
        for b in reliability(of, reached, weights, n_bins=N_BINS):
            print(
                f"| {b.lower:.1f} to {b.upper:.1f} | {b.mean_forecast:.3f} "
                f"| {b.observed_frequency:.3f} | {b.n} | {b.weight:.1%} |"
            )


def print_sort(sort: str, answers: Sequence[Answer], *, seconds: float) -> None:
    """Print everything about one sort of backtest."""
    fits = {(a.series, a.origin): a.is_reliable for a in answers}
    print(f"\n## {sort}\n")
    if not answers:
        print("No question has an outcome.")
        return
    print(
        f"{len(answers)} questions at {len(fits)} origins of {len({a.series for a in answers})} "
        f"series in {len({a.group for a in answers})} groups; "
        f"{sum(not ok for ok in fits.values())} fits not certified; "
        f"{N_DRAWS} draws; {seconds:.0f} s.\n"
    )
    print_skill(answers)
    print_reliability(answers)


def main() -> None:
    """Run the backtest and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=1, help="processes to share the series")
    parser.add_argument("--sort", choices=SORTS, help="one sort only")
    parser.add_argument("--csv", help="write every answer to this file too")
    options = parser.parse_args()
    # what is believed about single series was written with their histories in view
    facts, beliefs = load_all_facts(SHIPPED), load_beliefs(SHIPPED).without_series()
    lines = [",".join(("sort", *Answer.__slots__)) + "\n"]
    for sort in [options.sort] if options.sort else SORTS:
        started = time.perf_counter()
        answers = backtest_all(facts, beliefs, sort=sort, n_workers=options.workers)
        print_sort(sort, answers, seconds=time.perf_counter() - started)
        lines += [csv_line(sort, answer) for answer in answers]
    if options.csv:
        Path(options.csv).write_text("".join(lines), encoding="utf-8")


def csv_line(sort: str, answer: Answer) -> str:
    """Return one answer as a line of CSV."""
    values = (getattr(answer, name) for name in Answer.__slots__)
    return ",".join((sort, *map(str, values))) + "\n"


if __name__ == "__main__":
    main()
