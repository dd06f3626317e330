"""Forecast China's domestic AI-chip share in plain PyMC: what a competent user would write.

The same model as the default engine's, stated densely: a trend whose slope reverts to a drift,
level and drift integrated out, a multivariate normal over period averages on the logit scale,
nutpie with four chains of 1,000 draws. Prints `period,quantile_level,value,mcse` as CSV.

    python tests/benchmarks/plain_pymc.py
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

# four chains, each calling a threaded BLAS, spend most of their time waiting for each other
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import arviz as az
import numpy as np
import nutpie
import pymc as pm
import pytensor.tensor as pt

HISTORY = Path(__file__).parents[2] / "forecaster/data/history/cn-ai-chip-market.csv"
SERIES, BASIS = "cn-ai-chip-domestic-share", "idc-units"
YEARS = np.arange(2026, 2031)
QUANTILE_LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
QUALITY_SD = {"reported": 0.02, "derived": 0.04, "estimate": 0.1, "press": 0.1, "recalled": 0.2}
DRIFT_SD, LEVEL_SD = 0.12, 10.0


def read_history():
    """Return start and end in years, logit share and error sd of each figure."""
    start, end, logit, sd = [], [], [], []
    with HISTORY.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if (row["series"], row["basis"]) != (SERIES, BASIS) or row["period"].endswith("-H2"):
                continue  # second halves were computed from the year and the first half
            year, _, half = row["period"].partition("-")
            share = float(row["value"])
            slope = 1 / (share * (1 - share))
            printed = min(10.0 ** -len(row["value"].partition(".")[2]), 0.01)
            start.append(float(year))
            end.append(float(year) + (0.5 if half else 1.0))
            logit.append(np.log(share / (1 - share)))
            sd.append(np.hypot(QUALITY_SD[row["quality"]], printed / np.sqrt(12) * slope))
    order = np.lexsort((start, end))
    return (np.array(column)[order] for column in (start, end, logit, sd))


def covariance(start, end, s_l, s_b, tau, *, exp):
    """Return the covariance of period averages, times in years since the first."""
    middle, length = (start + end) / 2, end - start
    gaps = [  # end - start, start - end, start - start, end - end of every two windows
        np.abs(x[:, None] - y[None, :])
        for x, y in ((end, start), (start, end), (start, start), (end, end))
    ]

    def average(f):
        near, far, first, last = (f(gap) for gap in gaps)
        return (near + far - first - last) / np.outer(length, length)

    common = (middle[:, None] + middle[None, :] - average(lambda x: x**3 / 6)) / 2
    faded = tau * (exp(-start / tau) - exp(-end / tau)) / length
    between = average(lambda x: tau**2 * exp(-x / tau) + tau * x)
    stray = 2 * common / tau - 1 + faded[..., :, None] + faded[..., None, :] - between
    known = LEVEL_SD**2 + DRIFT_SD**2 * np.outer(middle, middle)
    return known + s_l**2 * common + s_b**2 * tau**2 * stray


def build_model(start, end, logit, sd):
    """Return the model of the history."""
    with pm.Model() as model:
        s_l = pm.LogNormal("s_l", np.log(0.20), 0.8)
        s_b = pm.LogNormal("s_b", np.log(0.15), 0.8)
        tau = pm.LogNormal("tau", np.log(3.0), 0.7)
        s_o = pm.LogNormal("s_o", np.log(0.05), 1.0)
        latent = covariance(start - start.min(), end - start.min(), s_l, s_b, tau, exp=pt.exp)
        noise = pt.diag(s_o**2 + sd**2)
        pm.MvNormal("logit", mu=np.full(len(logit), logit[0]), cov=latent + noise, observed=logit)
    return model


def predict(posterior, start, end, logit, sd, rng):
    """Return published shares of YEARS drawn from the posterior, (n_draws, n_years)."""
    s_l, s_b, tau, s_o = (
        posterior[name].values.reshape(-1, 1, 1) for name in ("s_l", "s_b", "tau", "s_o")
    )
    starts = np.concatenate([start, YEARS]) - start.min()
    ends = np.concatenate([end, YEARS + 1]) - start.min()
    drawn = [
        predict_one([x.item() for x in theta], starts, ends, logit, sd, rng)
        for theta in zip(s_l, s_b, tau, s_o, strict=True)
    ]
    return 1 / (1 + np.exp(-np.array(drawn)))


def predict_one(theta, starts, ends, logit, sd, rng):
    """Return one draw of the logits of YEARS."""
    s_l, s_b, tau, s_o = theta
    n = len(logit)
    joint = covariance(starts, ends, s_l, s_b, tau, exp=np.exp)
    joint += np.diag(s_o**2 + np.concatenate([sd, np.full(len(YEARS), sd[-1])]) ** 2)
    gain = np.linalg.solve(joint[:n, :n], joint[:n, n:]).T
    mean = logit[0] + gain @ (logit - logit[0])
    left = joint[n:, n:] - gain @ joint[:n, n:]
    return mean + np.linalg.cholesky(left) @ rng.standard_normal(len(YEARS))


def sample(compiled, *, seed):
    """Return the posterior of four chains with 1,000 draws each."""
    run = nutpie.sample(compiled, seed=seed, draws=1000, chains=4, progress_bar=False)
    return run["posterior"]


def quantiles(shares):
    """Return year, level, quantile and its Monte Carlo error; shares (n_draws, n_years)."""
    chains = shares.reshape(-1, 1000, len(YEARS))
    return [
        (
            int(year),
            level,
            float(np.quantile(shares[:, column], level)),
            float(az.mcse(chains[:, :, column], method="quantile", prob=level)),
        )
        for column, year in enumerate(YEARS)
        for level in QUANTILE_LEVELS
    ]


def main():
    """Sample, predict and print."""
    history = tuple(read_history())
    compiled = nutpie.compile_pymc_model(build_model(*history))
    posterior = sample(compiled, seed=1)
    print("period,quantile_level,value,mcse")
    for row in quantiles(predict(posterior, *history, np.random.default_rng(1))):
        print(*row, sep=",")


if __name__ == "__main__":
    main()
