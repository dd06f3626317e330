"""Print the directions of six series in sixteen scenarios beside those that the essays expect.

    python tests/benchmarks/direction_table.py [--draws N]

A cell holds the expected sign, and the shift of the median at the end of 2028 against `status-quo`
in hundredths of the width of the baseline's 80% band; bold where the sign disagrees.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from calibration.directions import COLUMNS, EXPECTED, direction_cells, make_run, moved_drivers


def main() -> None:
    """Print the table, then every cell that disagrees."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=4000)
    run = make_run(
        n_draws=parser.parse_args().draws, announce=lambda said: print(said, file=sys.stderr)
    )
    cells = {(cell.scenario, cell.series): cell for cell in direction_cells(run)}
    print(f"| scenario | {' | '.join(series for series, _ in COLUMNS)} |")
    print("|---" * (1 + len(COLUMNS)) + "|")
    for scenario in EXPECTED:
        row = [cells[scenario, series] for series, _ in COLUMNS]
        marks = ["" if cell.agrees else "**" for cell in row]
        said = [
            f"{mark}{cell.expected} ({100 * cell.shift:+.0f}){mark}"
            for cell, mark in zip(row, marks, strict=True)
        ]
        print(f"| {scenario} | {' | '.join(said)} |")
    wrong = [cell for cell in cells.values() if not cell.agrees]
    print(f"\n{len(cells) - len(wrong)} of {len(cells)} cells agree. The others:\n")
    for cell in wrong:
        print(
            f"- {cell.scenario}, {cell.series}: expected {cell.expected}, found {cell.found} "
            f"({100 * cell.shift:+.1f} +- {100 * cell.error:.1f}); "
            f"{'; '.join(moved_drivers(run, cell)) or 'no driver of it is moved'}"
        )


if __name__ == "__main__":
    main()
