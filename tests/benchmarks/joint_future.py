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
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forecaster.evaluation.coverage import check_pits
from forecaster.evaluation.fold_files import read_folds, write_folds
from forecaster.evaluation.joint_folds import ALONE, score_set
from forecaster.evaluation.joint_origins import (
    JointSet,
    as_whole,
    composition_sets,
    pooled_set,
)
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
    from forecaster.evaluation.leave_future_out import Fold
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import Facts

GROUPS = {
    "private AI investment": "us-ai-private-investment",
    "AI investment, real": "us-ai-investment-real",
    "AI venture capital": "us-ai-vc",
}
"""The first is forecast as a group; the two others are larger, and only evidence."""
LOCATIONS = ("compute-location", "ai-investment-location", "top500-location")
LARGE = ("us-", "cn-")
"""The parts chosen of compute-location, before the other two were looked at."""
LENDERS = ("us-", "cn-", "uk-")
"""The members with a history in the group that is forecast: they lend, the others borrow."""
FAMILIES = {"composition": "parts of a whole", "pooled": "members of a group"}
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
    """Return the rows of the tables: families, sets, lengths, and lenders beside other members."""
    labels: dict[str, Callable[[Fold], bool]] = {}
    for family, words in FAMILIES.items():
        labels[words] = partial(belongs, family=family)
    for name in dict.fromkeys(fold.group for fold in folds):
        labels[f"- {name}"] = partial(belongs, group=name)
    for family, words in FAMILIES.items():
        for low, _ in LENGTHS:
            length = length_of(low)
            labels[f"{words}, {length}"] = partial(belongs, family=family, length=length)
    for words, is_lender in (("US, China, UK", True), ("other members", False)):
        pooled = partial(belongs, family="pooled", is_lender=is_lender)
        labels[words] = pooled
        for low, _ in LENGTHS:
            length = length_of(low)
            labels[f"{words}, {length}"] = partial(pooled, length=length)
    return labels


def belongs(
    fold: Fold,
    *,
    family: str = "",
    group: str = "",
    length: str = "",
    is_lender: bool | None = None,
) -> bool:
    """Say whether a fold is of a row: of all that is given."""
    return (
        family in ("", fold.family)
        and group in ("", fold.group)
        and length in ("", length_of(fold.n_known))
        and is_lender in (None, fold.series.startswith(LENDERS))
    )


def print_coverage(folds: Sequence[Fold], *, rows: Sequence[str] | None = None) -> None:
    """Print the coverage of the joint forecasts by horizon, that of the series alone beside it.

    Parameters
    ----------
    rows : those of `labels_of` to be shown, all by default
    """
    pairs, _ = pair_up(folds)
    joint = [pair[0] for pair in pairs]
    # the series alone, under the family that it is compared with
    alone = [replace(other, family=fold.family) for fold, other in pairs]
    labels = labels_of(joint)
    labels = {label: labels[label] for label in (rows or labels)}
    for coverage in COVERAGES if rows is None else COVERAGES[:1]:
        shown = labels
        if coverage != COVERAGES[0]:
            shown = {label: labels[label] for label in labels if label in FAMILIES.values()}
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
        for label in [label for label in shown if label in FAMILIES.values()]:
            for words, table in (("series", cells), ("origins", by_origin)):
                ends = [envelope_text(table.get((label, k))) for k in HORIZONS]
                if any(ends):
                    print(
                        f"| envelope of {label}, {words} as blocks | | " + " | ".join(ends) + " |"
                    )


def print_pits(folds: Sequence[Fold]) -> None:
    """Print the test of PIT values one year ahead, for each joint family and the same alone."""
    pairs, _ = pair_up(folds)
    print()
    for family, words in FAMILIES.items():
        nearest = [pair for pair in pairs if pair[0].family == family and pair[0].years == 1]
        for column, name in enumerate(("joint", "alone")):
            own = [pair[column] for pair in nearest]
            test = check_pits(
                np.array([fold.score.pit for fold in own]),
                [fold.series for fold in own],
                rng=np.random.default_rng(BOOTSTRAP_SEED),
            )
            fifths = ", ".join(f"{share:.2f}" for share in test.fifths)
            print(
                f"- PIT one year ahead, {words}, {name}, n = {test.n}: fifths {fifths}; largest "
                f"distance from uniform {test.distance:.3f}, p = {test.probability:.3f}"
            )


def cell_text(cell: Cell | None, alone: Cell | None) -> str:
    """Return one coverage, marked where it is out of the envelope, alone and count in brackets."""
    if cell is None or alone is None:
        return ""
    # where all figures were inside, resampling gives no spread and no envelope
    out = " out" if cell.is_inside is False and cell.upper > cell.lower else ""
    return f"{cell.coverage:.2f}{out} ({alone.coverage:.2f}; n {cell.n_folds})"


def envelope_text(cell: Cell | None) -> str:
    """Return the ends of a cell's envelope."""
    if cell is None or not cell.upper > cell.lower:
        return ""
    return f"{max(cell.lower, 0):.2f} to {min(cell.upper, 1):.2f}"


def print_differences(folds: Sequence[Fold], *, rows: Sequence[str] | None = None) -> None:
    """Print the paired differences of the CRPS by set and horizon."""
    pairs, _ = pair_up(folds)
    labels = labels_of([pair[0] for pair in pairs])
    print("\nCRPS on the link scale, joint less alone: below zero joint is better. Standard errors")
    print("with series, and with the origins of each set, as blocks.\n")
    print("| figures | years | n | series | origins | CRPS | by series | by origins | ratio |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for label, is_of in labels.items():
        if rows is not None and label not in rows:
            continue
        for years in (*HORIZONS, None):
            chosen = [p for p in pairs if is_of(p[0]) and years in (None, p[0].years)]
            found = joint_difference(chosen, lambda fold: fold.score.crps)
            if found is not None:
                print(
                    f"| {label} | {years or 'all'} | {found.n_figures} | {found.n_series} "
                    f"| {found.n_origins} | {found.mean:+.3f} | {found.by_series:.3f} "
                    f"| {found.by_origin:.3f} | {found.ratio:.2f} |"
                )


def large_parts(
    facts: Facts, wholes: Sequence[JointSet], folds: Sequence[Fold], beliefs: Beliefs, folder: Path
) -> list[Fold]:
    """Return the folds of the large parts, by wholes of these and a rest, and by all parts.

    Parameters
    ----------
    wholes, folds : as they are shipped, one of the two ways
    """
    shipped = {whole.name: set(whole.series) for whole in wholes}
    found: list[Fold] = []
    for name in LOCATIONS:
        own = [entry.id for entry in facts.entries.values() if entry.composition == name]
        large = [series for series in own if series.startswith(LARGE)]
        for words, parts in (("two parts", large), ("all parts", own)):
            title = f"{name} by {words}"
            if set(parts) == shipped[name]:
                some = [replace(fold, group=title) for fold in folds if fold.group == name]
            else:
                together = JointSet("composition", title, tuple(sorted(parts)))
                cut = as_whole(facts, title, parts)
                some = score_all(cut, [together], beliefs, folder, sort="pseudo")
            found += [fold for fold in some if fold.series in large]
    return found


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
    print_pits(folds)
    print_differences(folds)
    print("\n## With dated events, the sets that they touch\n")
    plain = [fold for fold in folds if fold.group in {s.name for s in touched}]
    eventful = score_all(facts, touched, with_events, folder / "events", sort="pseudo")
    n_moved = sum(
        one.score.median != other.score.median for one, other in zip(plain, eventful, strict=True)
    )
    print(f"{n_moved} of {len(plain)} forecasts differ from those without.")
    if n_moved:
        print_differences(eventful, rows=[f"- {s.name}" for s in touched])
    print("\n## Two large parts and a rest, or all parts: the large ones\n")
    large = large_parts(facts, wholes, folds, beliefs, folder / "large")
    print_counts(large)
    titles = [f"- {name}" for name in dict.fromkeys(fold.group for fold in large)]
    print_coverage(large, rows=titles)
    print_differences(large, rows=titles)
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
