"""Families by name."""

from __future__ import annotations

import numpy as np
import pytest
from calibration.jumped import PRIOR, made

from forecaster.models import SINGLE_FAMILIES
from forecaster.models.choose import single_model
from forecaster.workspace.belief_tables import LogNormal
from forecaster.workspace.series_beliefs import Cap
from forecaster.workspace.single_beliefs import JumpPrior

JUMPS = JumpPrior(LogNormal(0.1, 0.7, "", ""), LogNormal(0.6, 0.5, "", ""))


def _model(family):
    observations, static = made("annual points", np.random.default_rng(1))
    return single_model(family, observations, static, trend=PRIOR, jumps=JUMPS, cap=Cap(2.5, 1.0))


@pytest.mark.parametrize("family", SINGLE_FAMILIES)
def test_every_family_is_built_by_its_name(family):
    model = _model(family)
    assert model.family == family
    theta = model.theta_at(np.zeros((3, len(model.names))))
    assert theta.shape[1] == 3
    assert len(theta) >= 4  # the trend's rows first, whatever the family
    assert model.has_jumps == (family == "jumps")
    assert (model.linked_at(theta) is not None) == (family == "substitution")
    assert model.cap == (4 if family == "substitution" else None)


@pytest.mark.parametrize("family", ["pooled", "composition", "pool", "", "Trend"])
def test_other_names_are_refused(family):
    with pytest.raises(ValueError, match="no family of one series"):
        _model(family)
