"""Score model, expert and their fusion on statements with outcomes, as Markdown.

    python tests/benchmarks/judgement_scores.py

Everything is as of the day of a statement: the history, the experts' calibration, and the
statements of that house made by then. The score is the log density of the outcome on the link
scale, higher is better. The expert alone is a normal about the statement, with the table's error of
its kind. Differences have 90% intervals from a bootstrap over series, since the statements on one
series stand or fall together.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

import numpy as np
from expert_calibration import compare_all

from forecaster.evaluation.resolved_statements import to_link
from forecaster.forecasts.judged_run import run_judged
from forecaster.forecasts.judgement_job import gather_judgements
from forecaster.forecasts.settings import Settings
from forecaster.forecasts.single_job import prepare_single
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.expert_beliefs import experts_as_of, load_experts
from forecaster.workspace.families import family_of
from forecaster.workspace.reader import SHIPPED, load_all_facts

if TYPE_CHECKING:
    from forecaster.evaluation.resolved_statements import Compared
    from forecaster.workspace.facts import Facts

N_DRAWS = 4000
N_BOOTSTRAP = 10_000
ALONE = ("trend", "walk", "jumps", "substitution", "pool", "judgement-only")


def log_density(draws: np.ndarray, at: float) -> float:
    """Return the log density of draws at a value, by normal kernels of Silverman's width."""
    spread = min(float(np.std(draws)), float(np.subtract(*np.quantile(draws, [0.75, 0.25]))) / 1.34)
    width = 0.9 * spread * len(draws) ** -0.2
    logs = -0.5 * ((draws - at) / width) ** 2
    top = float(logs.max())
    return (
        top + math.log(float(np.exp(logs - top).mean())) - math.log(width * math.sqrt(2 * math.pi))
    )


def fused_draws(pair: Compared, facts: Facts) -> tuple[np.ndarray, np.ndarray]:
    """Return draws without and with the house's statements made by the day, link scale."""
    judgement, entry = pair.outcome.judgement, pair.outcome.entry
    beliefs = load_beliefs(SHIPPED, [entry.id])
    settings = Settings(
        as_of=judgement.made_on,
        until=str(judgement.period),
        basis=pair.outcome.basis or None,
        n_draws=N_DRAWS,
        use_cache=False,
    )
    family = family_of(entry, beliefs, "")
    family = family if family in ALONE else "pool"

    def prepare(asked: Settings):  # a job of this series
        return prepare_single(facts, entry.id, beliefs, asked, family=family)

    job = prepare(settings)
    experts = experts_as_of(load_experts(SHIPPED), judgement.made_on, without=[judgement.id])
    judged = gather_judgements(
        facts, beliefs, settings, job, prepare=prepare, experts=experts,
        house=judgement.publisher,
    )  # fmt: skip
    assert judged is not None
    found = run_judged(
        job, judged, settings, announce=lambda sentence: print(sentence, file=sys.stderr)
    )
    return to_link(found.without[:, -1], entry), to_link(found.drawn.trajectories[:, -1], entry)


def scores_of(pair: Compared, facts: Facts) -> tuple[float, float, float]:
    """Return the log scores of model, expert and fusion."""
    r = pair.resolved
    experts = experts_as_of(load_experts(SHIPPED), r.made_on, without=[r.id])
    expert = experts.of(pair.outcome.entry.kind, r.kind)
    growth = experts.growth(r.lead)
    sd = expert.total_sd * growth
    alone = -0.5 * ((r.came - r.said + expert.bias * growth) / sd) ** 2
    alone -= math.log(sd * math.sqrt(2 * math.pi))
    without, with_them = fused_draws(pair, facts)
    return log_density(without, r.came), alone, log_density(with_them, r.came)


def main() -> None:
    """Print the score of every statement, the means, and the differences with their intervals."""
    facts = load_all_facts(SHIPPED)
    pairs, _ = compare_all()
    scores = np.array([scores_of(pair, facts) for pair in pairs])
    print("| statement | model | expert | fused |\n|---|---|---|---|")
    for pair, row in zip(pairs, scores, strict=True):
        print(f"| {pair.resolved.id} | {row[0]:.2f} | {row[1]:.2f} | {row[2]:.2f} |")
    print(f"| mean of {len(pairs)} | " + " | ".join(f"{m:.2f}" for m in scores.mean(axis=0)) + " |")
    series = np.array([pair.outcome.entry.id for pair in pairs])
    names = sorted(set(series))
    totals = np.array([scores[series == name].sum(axis=0) for name in names])
    counts = np.array([(series == name).sum() for name in names])
    rng = np.random.default_rng(20261122)
    drawn = rng.integers(len(names), size=(N_BOOTSTRAP, len(names)))
    means = totals[drawn].sum(axis=1) / counts[drawn].sum(axis=1)[:, None]
    for name, k in (("model", 0), ("expert", 1)):
        low, high = np.quantile(means[:, 2] - means[:, k], [0.05, 0.95])
        difference = (scores[:, 2] - scores[:, k]).mean()
        print(f"\nFused less {name}: {difference:+.2f} ({low:+.2f} to {high:+.2f}).")


if __name__ == "__main__":
    main()
