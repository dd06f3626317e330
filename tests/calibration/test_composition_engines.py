"""The default engine against NUTS on a composition with parts missing and two houses."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.shares import DESIGNS, make_prior, simulate
from forecaster.inference.certify import infer
from forecaster.inference.linearisation import composition_problem, settle_readings
from forecaster.models.composition import composition_static


@pytest.mark.slow
def test_nuts_finds_the_hyperparameters_that_the_default_engine_finds():
    prior = make_prior()
    p = simulate(DESIGNS["parts missing, two houses"], prior, np.random.default_rng(0)).publications
    readings = settle_readings(p, prior, rng=np.random.default_rng(1))
    problem = composition_problem(p, readings, composition_static(p, readings, prior), prior)
    found = {
        engine: infer(problem, engine=engine, seed=3, rng=np.random.default_rng(2), announce=print)
        for engine in ("amis", "nuts")
    }
    assert found["nuts"].report.engine == "nuts"
    assert found["nuts"].report.is_reliable, found["nuts"].report.failures
    for j, name in enumerate(problem.names):
        means, variances = [], []
        for h in found.values():
            logs = np.log(h.theta[j])
            means.append(h.weights @ logs)
            variances.append(h.weights @ (logs - means[-1]) ** 2)
        errors = [v / h.report.ess for v, h in zip(variances, found.values(), strict=True)]
        apart = abs(means[0] - means[1]) / np.sqrt(sum(errors))
        print(
            f"{name}: means of the logarithm {means[0]:.3f} and {means[1]:.3f}, {apart:.1f} errors"
        )
        # four means: 4 is exceeded by chance once in 4,000 runs
        assert apart < 4
