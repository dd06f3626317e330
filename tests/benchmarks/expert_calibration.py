"""Hold statements of experts against what came; print the table, and the records for experts.toml.

    python tests/benchmarks/expert_calibration.py [--write]

Every statement of judgements.csv is listed: matched with its outcome and our forecast of its day,
or left out with the reason. With --write the [[resolved]] records of priors/experts.toml and the
table in priors/README.md are replaced.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forecaster.evaluation.resolved_statements import (
    Compared,
    Unresolved,
    compare,
    match_outcomes,
    stated_value,
    to_link,
)
from forecaster.forecasts.settings import Settings
from forecaster.pipeline import make_forecast
from forecaster.workspace.beliefs import SHIPPED_PRIORS, load_beliefs
from forecaster.workspace.expert_beliefs import EXPERTS_FILE, calibrate_kind, load_experts
from forecaster.workspace.judgements import Judgement, read_all_judgements
from forecaster.workspace.reader import SHIPPED, load_all_facts, read_file
from forecaster.workspace.rows import SOURCES_FILE, SourceList
from forecaster.workspace.statements import EXPERT_KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.workspace.expert_calibration import Resolved

STATE = date(2026, 11, 22)
"""The day of the shipped facts."""
N_DRAWS = 4000
MARK = "# Statements with outcomes, link scale, written by tests/benchmarks/expert_calibration.py"
TABLE_START, TABLE_END = "<!-- experts -->", "<!-- /experts -->"


def compare_all() -> tuple[list[Compared], list[Unresolved]]:
    """Return every statement that can be held to an outcome, and the others with reasons."""
    facts = load_all_facts(SHIPPED)
    sources = SourceList(read_file(SHIPPED / SOURCES_FILE))
    judgements = read_all_judgements(SHIPPED)
    outcomes, others = match_outcomes(judgements, facts, sources, as_of=STATE)
    left_out = list(others)
    found: list[Compared] = []

    def draw(judgement: Judgement, basis: str) -> tuple[np.ndarray, float]:
        """Return our forecast of a figure on the day of a statement, and to when figures go."""
        settings = Settings(
            as_of=judgement.made_on,
            until=str(judgement.period),
            basis=basis or None,
            n_draws=N_DRAWS,
            use_cache=False,
            allow_unreliable=True,
            without_judgements=True,
        )
        beliefs = load_beliefs(SHIPPED, [judgement.series])
        forecast = make_forecast(
            facts, judgement.series, beliefs, settings,
            announce=lambda sentence: print(sentence, file=sys.stderr),
        )  # fmt: skip
        return forecast.trajectories[:, -1], max(
            row.period.end_year for row in forecast.history.data
        )

    for outcome in outcomes:
        compared = compare(outcome, draw)
        if isinstance(compared, Compared):
            found.append(compared)
        else:
            said, _ = stated_value(outcome.judgement, outcome.entry)
            came = float(to_link(np.array([outcome.value]), outcome.entry)[0])
            reason = f"{compared.reason}; it was off by {said - came:+.2f} on the link scale"
            left_out.append(Unresolved(outcome.judgement, reason))
    return found, left_out


def record(resolved: Resolved) -> str:
    """Return one statement as TOML."""
    return (
        "\n[[resolved]]\n"
        f'id = "{resolved.id}"\nkind = "{resolved.kind}"\nhouse = "{resolved.house}"\n'
        f'about = "{resolved.about}"\nscale = "{resolved.scale}"\n'
        f"made_on = {resolved.made_on}\nknown_on = {resolved.known_on}\n"
        f"lead = {resolved.lead:.3f}\nunseen = {resolved.unseen:.3f}\nours = {resolved.ours:.4f}\n"
        f"said = {resolved.said:.4f}\ncame = {resolved.came:.4f}\n"
    )


def pair_table(resolved: Sequence[Resolved]) -> str:
    """Return every matched statement beside our forecast and what came, as Markdown."""
    lines = [
        "| statement | kind | about | made on | known on | u | ours | said | came |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r.id} | {r.kind} | {r.about} | {r.made_on} | {r.known_on} | {r.unseen:.2f} | "
        f"{r.ours:.2f} | {r.said:.2f} | {r.came:.2f} |"
        for r in resolved
    ]
    return "\n".join(lines)


def table(resolved: Sequence[Resolved]) -> str:
    """Return what the statements say of every kind of expert, as Markdown."""
    experts = load_experts(SHIPPED)
    shrunk = "bias, shrunk | sd, shrunk | kappa, shrunk"
    lines = [
        f"| kind | n | counts as | bias | sd | kappa | b | {shrunk} |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for kind in EXPERT_KINDS:
        sd = experts.tables["log", kind].total_sd
        c = calibrate_kind(experts, kind, list(resolved))
        raw = [c.raw_bias * sd, c.raw_factor * sd, c.raw_kappa, c.encompassing]
        said = [f"{number:.2f}" if number == number else "-" for number in raw]
        if c.n < 2:
            said = ["-"] * 4
        drawn = f"{c.kappa:.2f} ({c.kappa_low:.2f} to {c.kappa_high:.2f})"
        lines.append(
            f"| {kind} | {c.n} | {c.n_effective:.1f} | {' | '.join(said)} | "
            f"{c.bias * sd:.2f} | {c.factor * sd:.2f} | {drawn} |"
        )
    return "\n".join(lines)


def replace_records(resolved: Sequence[Resolved]) -> None:
    """Write the records behind the tables of experts.toml."""
    path = SHIPPED_PRIORS / EXPERTS_FILE
    head = path.read_text(encoding="utf-8").partition(MARK)[0].rstrip()
    path.write_text(f"{head}\n\n{MARK}\n{''.join(map(record, resolved))}", encoding="utf-8")


def replace_table(text: str) -> None:
    """Write the table between its marks in the README of priors."""
    path = Path(SHIPPED_PRIORS / "README.md")
    before, _, rest = path.read_text(encoding="utf-8").partition(TABLE_START)
    after = rest.partition(TABLE_END)[2]
    path.write_text(f"{before}{TABLE_START}\n\n{text}\n\n{TABLE_END}{after}", encoding="utf-8")


def main() -> None:
    """Print the pairs, the statements left out, and the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="replace records and table")
    arguments = parser.parse_args()
    found, left_out = compare_all()
    for other in left_out:
        print(f"  not matched: {other.judgement.id}: {other.reason}")
    resolved = [pair.resolved for pair in found]
    if arguments.write:
        replace_records(resolved)
    text = f"{table(resolved)}\n\n{pair_table(resolved)}"
    print(text)
    if arguments.write:
        replace_table(text)


if __name__ == "__main__":
    main()
