"""Print how families and their pool forecast figures to come, as Markdown.

    python tests/benchmarks/leave_future_out.py --folder folds [--workers 2] [--sort pseudo|vintage]

Folds are kept in the folder, one CSV file for each family and series, and not made again; remove it
after a change of the program. The numbers do not depend on the number of workers.
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

from forecaster.evaluation.candidates import candidates_of
from forecaster.evaluation.coverage import (
    check_pits,
    coverage_cells,
    pool_pits,
    standard_cells,
)
from forecaster.evaluation.fold_files import read_folds, write_folds
from forecaster.evaluation.leave_future_out import YEARS_AHEAD, rolling_origins, score_series
from forecaster.evaluation.pool_fit import (
    fit_pool,
    leave_groups_out,
    paired_difference,
    relative_interval_score,
)
from forecaster.evaluation.reach_questions import SORTS
from forecaster.evaluation.stacking import fold_table
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.pool_beliefs import load_pools
from forecaster.workspace.reader import SHIPPED, load_all_facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.evaluation.leave_future_out import Fold
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import Facts

FAMILIES = ("trend", "walk", "jumps")
"""Those of the pools; a cap, where figures repeat or are zero, has a density without bound."""
KINDS = ("positive", "count", "share", "cumulative")
COVERAGE = 0.8
BOOTSTRAP_SEED = 20260105


def score_one(series: str, *, facts: Facts, beliefs: Beliefs, sort: str, folder: Path) -> str:
    """Score one series by every family not scored before; a plain function for other processes."""
    own = replace(facts, rows={series: facts.rows[series]})
    candidates = candidates_of(
        facts.entries[series],
        trend=beliefs.trend,
        jumps=beliefs.jumps,
        cap=beliefs.cap,
        families=FAMILIES,
    )
    for name, candidate in candidates.items():
        path = folder / sort / name / f"{series}.csv"
        if not path.exists():
            write_folds(path, score_series(own, series, {name: candidate}, sort=sort))
    return series


def score_all(facts: Facts, beliefs: Beliefs, *, sort: str, folder: Path, n_workers: int) -> None:
    """Score every series that has an origin."""
    names = [s for s in sorted(facts.rows) if next(rolling_origins(facts, s, sort=sort), None)]
    work = partial(score_one, facts=facts, beliefs=beliefs, sort=sort, folder=folder)
    if n_workers < 2:
        for name in names:
            work(name)
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(n_workers, mp_context=spawn) as pool:
        for name in pool.map(work, names):
            print(name, file=sys.stderr)


def print_scores(folds: Sequence[Fold]) -> None:
    """Print every family and the pool beside the trend and the drift random walk."""
    print("\nMean log density against the trend's, +- standard error with series as blocks; the")
    print(
        "pool's weights are those found on all other groups of series. 'any' holds the next figure"
    )
    print("of quarters, halves and months too.\n")
    print("| kind | years | figures | series | walk | jumps | pool | pool against walk |")
    print("|---|--:|--:|--:|---|---|---|---|")
    for kind in KINDS:
        of_kind = [fold for fold in folds if fold.kind == kind]
        firsts, logs, pooled = leave_groups_out(of_kind, FAMILIES)
        for years in (*YEARS_AHEAD, None):
            chosen = np.array([years in (None, fold.years) for fold in firsts], dtype=bool)
            if chosen.any():
                print_row(kind, years, chosen, firsts, logs, pooled)


def print_row(
    kind: str,
    years: int | None,
    chosen: np.ndarray,
    firsts: Sequence[Fold],
    logs: np.ndarray,
    pooled: np.ndarray,
) -> None:
    """Print one horizon of one kind."""
    some = [fold for fold, is_chosen in zip(firsts, chosen, strict=True) if is_chosen]
    rows = [*(logs[chosen, k] - logs[chosen, 0] for k in (1, 2)), (pooled - logs[:, 0])[chosen]]
    against = [paired_difference(d, some) for d in (*rows, (pooled - logs[:, 1])[chosen])]
    cells = " | ".join(str(found) for found in against)
    n = against[0]
    print(f"| {kind} | {years or 'any'} | {n.n_folds} | {n.n_series} | {cells} |")


def print_groups(folds: Sequence[Fold]) -> None:
    """Print jumps and the walk against the trend, by kind and group: where jumps help or hurt."""
    print("\nMean log density against the trend's by group, one to three years ahead\n")
    print("| kind | group | figures | series | walk | jumps |")
    print("|---|---|--:|--:|---|---|")
    for kind in KINDS:
        for group in sorted({fold.group for fold in folds if fold.kind == kind}):
            some = [f for f in folds if (f.kind, f.group) == (kind, group) and f.years <= 3]
            firsts, logs = fold_table(some, FAMILIES)
            if len(firsts):
                walk, jumps = (paired_difference(logs[:, k] - logs[:, 0], firsts) for k in (1, 2))
                counts = f"{walk.n_folds} | {walk.n_series}"
                print(f"| {kind} | {group} | {counts} | {walk} | {jumps} |")


def print_interval_scores(folds: Sequence[Fold]) -> None:
    """Print the interval scores of every family as a share of the walk's."""
    print("\nWeighted interval score as a share of the walk's, geometric mean over series\n")
    print("| kind | years | trend | jumps |")
    print("|---|--:|--:|--:|")
    for kind in KINDS:
        for years in YEARS_AHEAD:
            some = [f for f in folds if f.kind == kind and f.years == years]
            ratios = [
                relative_interval_score(some, family=name, against="walk")
                for name in ("trend", "jumps")
            ]
            if np.isfinite(ratios).all():
                print(f"| {kind} | {years} | {ratios[0]:.3f} | {ratios[1]:.3f} |")


def print_weights(folds: Sequence[Fold]) -> None:
    """Print the weights that go into priors/pool.toml."""
    print("\nWeights found on figures one to three years ahead\n")
    for kind in KINDS:
        found = fit_pool([fold for fold in folds if fold.kind == kind], FAMILIES)
        print(f"- {kind}: " + ", ".join(f"{name} {w:.2f}" for name, w in found.items()))


def print_coverage(folds: Sequence[Fold]) -> None:
    """Print the empirical coverage of the shipped pools, and the test of PIT at horizon 1."""
    weights = {kind: pool.weights for kind, pool in load_pools(SHIPPED).items()}
    firsts, pits = pool_pits(folds, weights)
    series = [fold.series for fold in firsts]
    for by in ("horizon", "kind", "length"):
        print(f"\nEmpirical coverage of the pool's {COVERAGE:.0%} band by {by}\n")
        print("| figures | n | series | coverage | below | above | envelope | inside |")
        print("|---|--:|--:|--:|--:|--:|---|---|")
        cells = coverage_cells(
            pits,
            series,
            standard_cells(firsts, by=by),
            coverage=COVERAGE,
            rng=np.random.default_rng(BOOTSTRAP_SEED),
        )
        for cell in cells:
            is_judged = cell.is_inside is not None
            envelope = f"{cell.lower:.2f} to {cell.upper:.2f}" if is_judged else "too few series"
            verdict = {True: "yes", False: "NO", None: ""}[cell.is_inside]
            print(
                f"| {cell.label} | {cell.n_folds} | {cell.n_series} | {cell.coverage:.3f} "
                f"| {cell.below:.2f} | {cell.above:.2f} | {envelope} | {verdict} |"
            )
    next_ones = np.array([fold.years == 1 for fold in firsts], dtype=bool)
    test = check_pits(
        pits[next_ones],
        [name for name, is_next in zip(series, next_ones, strict=True) if is_next],
        rng=np.random.default_rng(BOOTSTRAP_SEED),
    )
    fifths = ", ".join(f"{share:.2f}" for share in test.fifths)
    print(
        f"\nPIT one year ahead, n = {test.n}: fifths {fifths}; largest distance from uniform "
        f"{test.distance:.3f}, p = {test.probability:.2f} (blocks are series)"
    )


def main() -> None:
    """Make the folds that are missing and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", required=True, type=Path, help="where folds are kept")
    parser.add_argument("--workers", type=int, default=1, help="processes to share the series")
    parser.add_argument("--sort", choices=SORTS, help="one sort only")
    options = parser.parse_args()
    facts, beliefs = load_all_facts(SHIPPED), load_beliefs(SHIPPED)
    for sort in [options.sort] if options.sort else SORTS:
        started = time.perf_counter()
        score_all(facts, beliefs, sort=sort, folder=options.folder, n_workers=options.workers)
        paths = [p for name in FAMILIES for p in sorted((options.folder / sort / name).glob("*"))]
        folds = read_folds(paths)
        n_origins = len({(fold.series, fold.origin) for fold in folds})
        n_poor = len({(f.series, f.origin, f.family) for f in folds if not f.is_reliable})
        print(f"\n## {sort}\n")
        print(f"{len(folds)} folds at {n_origins} origins; {n_poor} fits not certified; ")
        print(f"{time.perf_counter() - started:.0f} s.")
        print_scores(folds)
        print_groups(folds)
        print_interval_scores(folds)
        print_weights(folds)
        print_coverage(folds)


if __name__ == "__main__":
    main()
