"""Members that are drawn: whitened side by side, with the states that a run of their own gives."""

from __future__ import annotations

import numpy as np
import pytest
from calibration.problems import make_observations, make_prior, observe, random_unit

from forecaster.inference import pooled_ends
from forecaster.inference.pooled_ends import DrawnMembers
from forecaster.inference.timeline import LEVEL_STATE, SLOPE_STATE
from forecaster.inference.whitening import whiten
from forecaster.models.trend import theta_at


def _theta(rng, n_points=20):
    return theta_at(random_unit(rng, n_points), make_prior(), scale=1.0)


def _assert_as_alone(theta, members, kept, end):
    drawn = DrawnMembers(members, kept, end=end)
    for o, timeline, found in zip(members, drawn.timelines, drawn.whiten(theta), strict=True):
        alone = whiten(theta, o, timeline)
        assert (found.order == alone.order).all()
        assert found.rows == pytest.approx(alone.rows, rel=1e-6, abs=1e-8)
        assert found.log_det == pytest.approx(alone.log_det, rel=1e-9, abs=1e-9)
        # slots that serve the figures alone are empty at the end, and no draw reads them
        wanted = [LEVEL_STATE, SLOPE_STATE, *timeline.kept]
        assert found.mean[wanted] == pytest.approx(alone.mean[wanted], rel=1e-6, abs=1e-8)
        covariance = found.covariance[np.ix_(wanted, wanted)]
        expected = alone.covariance[np.ix_(wanted, wanted)]
        assert covariance == pytest.approx(expected, rel=1e-6, abs=1e-8)


def _shifted(rng, n=6):
    edges = 2010.0 + np.arange(n + 1) + rng.uniform(-0.1, 0.1, n + 1)
    return observe(edges[:-1], edges[1:], rng.normal(size=n), noise_sd=0.05)


@pytest.mark.parametrize(
    "after", [[], [(2016.5, 2016.75)], [(2016.2, 2016.45), (2016.45, 2016.7)], [(2016.7, 2016.7)]]
)
def test_windows_kept_after_the_last_figure_are_carried_from_its_state(after, rng, monkeypatch):
    members = [_shifted(rng) for _ in range(3)]
    theta = _theta(rng)
    _assert_as_alone(theta, members, [after] * 3, 2017.0)
    monkeypatch.setattr(pooled_ends, "whiten", lambda *_: pytest.fail("a filter run of its own"))
    DrawnMembers(members, [after] * 3, end=2017.0).whiten(theta)


def test_points_may_end_where_they_are_kept(rng):
    at = 2010.0 + np.arange(5)
    members = [observe(at, at, rng.normal(size=5), noise_sd=0.05) for _ in range(2)]
    _assert_as_alone(_theta(rng), members, [[(2014.0, 2014.0)], []], 2014.0)


def test_windows_kept_among_the_figures_take_a_run_of_their_own(rng):
    members = [_shifted(rng), make_observations("overlapping houses", rng), _shifted(rng, 4)]
    end = max(float(o.end.max()) for o in members) + 0.5
    kept = [[(2014.3, 2014.6)], [], [(end - 0.25, end)]]
    _assert_as_alone(_theta(rng), members, kept, end)
