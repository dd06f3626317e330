"""The shipped prior of compositions says what it claims."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.errors import InputError
from forecaster.inference.smoother_many import noise_root
from forecaster.models.composition import coordinate_scale, log_ratio_basis
from forecaster.models.trend import make_step, theta_at
from forecaster.workspace.beliefs import SHIPPED_PRIORS, load_beliefs
from forecaster.workspace.composition_beliefs import load_composition_prior

LEVELS = np.array([0.025, 0.1, 0.5, 0.9, 0.975])
N_SIMULATED = 200_000


def _shipped():
    home = SHIPPED_PRIORS.parent
    return load_composition_prior(home, load_beliefs(home))


def _shares(n_parts, years):
    """Return a part's share some years after 0.30, the others splitting 0.70 at random."""
    rng, prior = np.random.default_rng(11), _shipped()
    scale, shape = coordinate_scale(n_parts), (n_parts - 1, N_SIMULATED)
    theta = theta_at(rng.standard_normal((N_SIMULATED, 4)), prior.share, scale=scale)
    step = make_step(theta, float(years))
    root = noise_root(step)
    w = step.slope_gain * theta[1] * rng.standard_normal(shape)
    w += years * scale * prior.share.drift.sd * rng.standard_normal(shape)
    w += root[:, 1, 0] * rng.standard_normal(shape) + root[:, 1, 1] * rng.standard_normal(shape)
    others = rng.dirichlet(np.ones(n_parts - 1), N_SIMULATED).T
    x = np.log(np.vstack([np.full((1, N_SIMULATED), 0.3), 0.7 * others]))
    x += log_ratio_basis(n_parts) @ w
    weights = np.exp(x - x.max(axis=0))
    return weights[0] / weights.sum(axis=0)


@pytest.mark.parametrize("years", [1, 5])
@pytest.mark.parametrize("n_parts", [2, 5])
def test_stated_prior_predictive_is_that_of_the_prior(n_parts, years):
    home = SHIPPED_PRIORS.parent
    # of two parts it is that of a single share
    prior = _shipped().share if n_parts == 5 else load_beliefs(home).trend["share"]
    stated = np.array(prior.predictive[years])
    shares = _shares(n_parts, years)
    measured = np.quantile(shares, LEVELS)
    spread = np.quantile(shares, LEVELS + 0.01) - np.quantile(shares, LEVELS - 0.01)
    error = np.sqrt(LEVELS * (1 - LEVELS) / N_SIMULATED) * spread / 0.02
    # stated to three digits, or two: half a unit of the last one is below 0.6%
    assert (np.abs(measured - stated) < 4 * error + 0.006 * stated).all(), measured


def test_a_missing_key_is_named(tmp_path):
    (tmp_path / "priors").mkdir()
    text = (SHIPPED_PRIORS / "families.toml").read_text()
    (tmp_path / "priors" / "families.toml").write_text(text.replace("entry_sd = 0.1", "x = 0.1"))
    with pytest.raises(InputError, match=r"'composition\.entry_sd' is not a number"):
        load_composition_prior(tmp_path, load_beliefs(tmp_path))
