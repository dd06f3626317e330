"""Print how parts of a whole and members of a group are forecast, beside each alone, as Markdown.

    python tests/benchmarks/joint_future.py --folder joint

Every composition of the table by its chosen parts, and the three groups of AI investment, at one
origin a year; the later figures are 1 to 5 years after the last one known. Folds are kept in the
folder, one CSV file for each set, and not made again; remove it after a change of the program.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forecaster.evaluation.fold_files import read_folds, write_folds
from forecaster.evaluation.joint_folds import ALONE, score_set
from forecaster.evaluation.joint_origins import composition_sets, pooled_set
from forecaster.evaluation.joint_tables import (
    LENGTHS,
    joint_cells,
    joint_difference,
    length_of,
    pair_up,
)
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.composition_beliefs import load_chosen_parts
from forecaster.workspace.drivers import load_interventions
from forecaster.workspace.reader import SHIPPED, load_all_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forecaster.evaluation.coverage import Cell
    from forecaster.evaluation.joint_origins import JointSet
    from forecaster.evaluation.leave_future_out import Fold
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import Facts

GROUPS = {
    "private AI investment": "us-ai-private-investment",
    "AI investment, real": "us-ai-investment-real",
    "AI venture capital": "us-ai-vc",
}
"""The first is forecast as a group; the two others are larger, and only evidence."""
HORIZONS = range(1, 6)
COVERAGES = (0.8, 0.5, 0.95)
BOOTSTRAP_SEED = 20261122


def score_all(
    facts: Facts, sets: Sequence[JointSet], beliefs: Beliefs, folder: Path, **how: object
) -> list[Fold]:
    """Return the folds of all sets, those not made before made now."""
    folds: list[Fold] = []
    for together in sets:
        path = folder / f"{together.name.replace(' ', '-').replace(',', '')}.csv"
        if not path.exists():
            found = score_set(
                facts,
                together,
                beliefs,
                announce=lambda sentence: print(sentence, file=sys.stderr),
                **how,
            )
            write_folds(path, found)
        folds += read_folds([path])
    return folds


def labels_of(folds: Sequence[Fold]) -> dict[str, Callable[[Fold], bool]]:
    """Return the rows of the tables: families, sets, lengths."""
    families = {"composition": "parts of a whole", "pooled": "members of a group"}
    groups = dict.fromkeys(fold.group for fold in folds)
    return {
        **{
            words: lambda fold, family=family: fold.family == family
            for family, words in families.items()
        },
        **{f"- {name}": lambda fold, name=name: fold.group == name for name in groups},
        **{
            f"{words}, {low}{f'-{high}' if high < LENGTHS[-1][1] else '+'} figures known": (
                lambda fold, family=family, low=low: (
                    fold.family == family and length_of(fold).startswith(f"{low}")
                )
            )
            for family, words in families.items()
            for low, high in LENGTHS
        },
    }


def print_coverage(folds: Sequence[Fold]) -> None:
    """Print the coverage of the joint forecasts by horizon, that of the series alone beside it."""
    pairs, _ = pair_up(folds)
    joint = [pair[0] for pair in pairs]
    # the series alone, under the family that it is compared with
    alone = [replace(other, family=fold.family) for fold, other in pairs]
    labels = labels_of(joint)
    for coverage in COVERAGES:
        shown = labels if coverage == COVERAGES[0] else dict(list(labels.items())[:2])
        print(f"\nShare of figures inside the {coverage:.0%} band, and alone\n")
        print("| figures | series |" + "".join(f" {k} y ahead |" for k in HORIZONS))
        print("|---|--:|" + "--:|" * len(HORIZONS))
        cells, others, by_origin = (
            joint_cells(
                x, shown, coverage=coverage, blocks=blocks,
                rng=np.random.default_rng(BOOTSTRAP_SEED),
            )
            for x, blocks in ((joint, "series"), (alone, "series"), (joint, "origin"))
        )  # fmt: skip
        for label in shown:
            found = [cells.get((label, k)) for k in HORIZONS]
            if any(found):
                n_series = max(cell.n_series for cell in found if cell)
                texts = [
                    cell_text(cell, others.get((label, k)))
                    for k, cell in zip(HORIZONS, found, strict=True)
                ]
                print(f"| {label} | {n_series} | " + " | ".join(texts) + " |")
        for label in list(shown)[:2]:
            for words, table in (("series", cells), ("origins", by_origin)):
                ends = [envelope_text(table.get((label, k))) for k in HORIZONS]
                print(f"| envelope of {label}, {words} as blocks | | " + " | ".join(ends) + " |")


def cell_text(cell: Cell | None, alone: Cell | None) -> str:
    """Return one coverage, marked where it is out of the envelope, alone and count in brackets."""
    if cell is None or alone is None:
        return ""
    out = " out" if cell.is_inside is False else ""
    return f"{cell.coverage:.2f}{out} ({alone.coverage:.2f}; n {cell.n_folds})"


def envelope_text(cell: Cell | None) -> str:
    """Return the ends of a cell's envelope."""
    if cell is None or np.isnan(cell.lower):
        return ""
    return f"{cell.lower:.2f} to {min(cell.upper, 1):.2f}"


def print_differences(folds: Sequence[Fold], *, rows: Sequence[str] | None = None) -> None:
    """Print the paired differences of CRPS and log density by set and horizon."""
    pairs, _ = pair_up(folds)
    labels = labels_of([pair[0] for pair in pairs])
    print("\nCRPS on the link scale, joint less alone (below zero: joint is better); standard")
    print("errors with series and with origins as blocks; log density, joint less alone.\n")
    print(
        "| figures | years | n | series | origins | CRPS | se, series | se, origins | ratio "
        "| log density | se, series |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for label, belongs in labels.items():
        if rows is not None and label not in rows:
            continue
        for years in (*HORIZONS, None):
            chosen = [p for p in pairs if belongs(p[0]) and years in (None, p[0].years)]
            found = joint_difference(chosen, lambda fold: fold.score.crps)
            logs = joint_difference(chosen, lambda fold: fold.score.log_density)
            if found is not None:
                ends = f"{logs.mean:+.2f} | {logs.by_series:.2f}" if logs else "|"
                print(
                    f"| {label} | {years or 'all'} | {found.n_figures} | {found.n_series} "
                    f"| {found.n_origins} | {found.mean:+.3f} | {found.by_series:.3f} "
                    f"| {found.by_origin:.3f} | {found.ratio:.2f} | {ends} |"
                )


def print_counts(folds: Sequence[Fold]) -> None:
    """Print how many origins, figures and refused fits each set has."""
    print("| set | family | members scored | origins | figures | refused figures | at origins |")
    print("|---|---|--:|--:|--:|--:|--:|")
    for name in dict.fromkeys(fold.group for fold in folds):
        own = [fold for fold in folds if fold.group == name]
        joint = [fold for fold in own if fold.family != ALONE]
        pairs, n_refused = pair_up(own)
        kept = {pair[0].origin for pair in pairs}
        origins = {fold.origin for fold in joint}
        print(
            f"| {name} | {joint[0].family} | {len({f.series for f in joint})} | {len(origins)} "
            f"| {len(joint)} | {n_refused} | {len(origins - kept)} |"
        )


def main() -> None:
    """Make the folds that are missing and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", required=True, type=Path, help="where folds are kept")
    folder = parser.parse_args().folder
    facts = load_all_facts(SHIPPED)
    # what is believed about single series was written with their histories in view
    beliefs = load_beliefs(SHIPPED).without_series()
    with_events = replace(beliefs, events=load_interventions(SHIPPED, facts.entries))
    wholes, counts = composition_sets(facts.entries, load_chosen_parts(SHIPPED))
    groups = [pooled_set(facts.entries, name, like) for name, like in GROUPS.items()]
    sets = [*wholes, *groups]
    moved = {event.series for event in with_events.events}
    touched = [s for s in sets if moved & set(s.series)]
    started = time.process_time()
    print(f"Not made of shares, and not forecast as parts: {', '.join(counts)}\n")
    folds = score_all(facts, sets, beliefs, folder / "pseudo", sort="pseudo")
    print_counts(folds)
    print_coverage(folds)
    print_differences(folds)
    print("\n## With dated events, the sets that they touch\n")
    plain = [f for f in folds if f.group in {s.name for s in touched}]
    eventful = score_all(facts, touched, with_events, folder / "events", sort="pseudo")
    for words, some in (("Without", plain), ("With", eventful)):
        print(f"\n{words} events")
        print_differences(some, rows=[f"- {s.name}" for s in touched])
    print("\n## Members of a group cut to their last two figures\n")
    thin = score_all(facts, groups[1:], beliefs, folder / "thin", sort="pseudo", is_thin=True)
    print_coverage(thin)
    print_differences(thin)
    print("\n## Vintages, where they differ\n")
    late = [s for s in sets if s.name in ("cn-chip-market", "private AI investment")]
    vintage = score_all(facts, late, beliefs, folder / "vintage", sort="vintage")
    print_counts(vintage)
    print_coverage(vintage)
    print_differences(vintage)
    print(f"\n{time.process_time() - started:.0f} s of processor time.")


if __name__ == "__main__":
    main()
