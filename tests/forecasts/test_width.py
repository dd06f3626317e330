"""Shares of the width, held against variances worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from small_forecasts import entry_of

from forecaster.forecasts.width import link_values, split_width

N = 20_000


def split(make, rng, *, noise=0.0, has_drivers=True):
    """Split the figure make(where, news, drivers) + noise of standard normal things."""
    where, news, worlds = rng.standard_normal((3, N))

    def evaluate(of_news, of_worlds):
        return make(where, news[of_news], worlds[of_worlds])

    same = np.arange(N)
    published = evaluate(same, same) + noise * rng.standard_normal(N)
    shares = split_width(evaluate, published, has_drivers=has_drivers, ess=np.inf, rng=rng)
    return {each.source: each for each in shares}


def test_variances_of_a_sum_are_its_shares(rng):
    # variances 4, 9, 1 and 2 of a total of 16
    found = split(lambda w, n, d: 2 * w + 3 * n + d, rng, noise=2**0.5)
    exact = {"where": 4 / 16, "news": 9 / 16, "drivers": 1 / 16, "publication": 2 / 16}
    for source, share in exact.items():
        assert found[source].share == pytest.approx(share, abs=4 * found[source].error)
        assert found[source].error < 0.02


def test_an_interaction_is_shared_by_those_who_make_it(rng):
    # w n: V(w) = V(n) = 0 and V(w, n) = 1, so each gets a half; the product of all three thirds
    found = split(lambda w, n, d: w * n + 0 * d, rng)
    assert found["where"].share == pytest.approx(0.5, abs=4 * found["where"].error)
    assert found["news"].share == pytest.approx(0.5, abs=4 * found["news"].error)
    assert found["drivers"].share == pytest.approx(0.0, abs=4 * found["drivers"].error + 1e-9)
    found = split(lambda w, n, d: w * n * d, rng)
    for source in ("where", "news", "drivers"):
        assert found[source].share == pytest.approx(1 / 3, abs=4 * found[source].error)


def test_shares_sum_to_one_whatever_is_split(rng):
    found = split(lambda w, n, d: np.exp(w / 2) + n * d + np.maximum(w, n), rng)
    assert sum(each.share for each in found.values()) == pytest.approx(1.0, abs=1e-12)


def test_shares_ignore_where_zero_is_and_what_the_unit_is(rng):
    first = split(lambda w, n, d: w + 2 * n + w * d, np.random.default_rng(3))
    other = split(lambda w, n, d: 7 - 50 * (w + 2 * n + w * d), np.random.default_rng(3))
    for source, share in first.items():
        assert other[source].share == pytest.approx(share.share, abs=1e-9)


def test_without_drivers_they_have_no_share(rng):
    found = split(lambda w, n, d: w + n, rng, has_drivers=False)
    assert set(found) == {"where", "news", "publication"}
    assert found["news"].share == pytest.approx(0.5, abs=4 * found["news"].error)


def test_errors_are_as_large_as_the_shares_vary():
    shares, errors = [], []
    for seed in range(30):
        found = split(lambda w, n, d: w + n * (1 + d / 2), np.random.default_rng(seed))
        shares.append([found[name].share for name in ("where", "news", "drivers")])
        errors.append([found[name].error for name in ("where", "news", "drivers")])
    seen, stated = np.std(shares, axis=0, ddof=1), np.mean(errors, axis=0)
    # the sd of 30 values is itself off by 1 / sqrt(58) = 13%
    assert (seen < 1.6 * stated).all()
    assert (seen > 0.5 * stated).all()


def test_link_values_by_hand():
    share = link_values(np.array([0.5, 0.8]), entry_of("a", kind="share"))
    assert share == pytest.approx([0.0, np.log(4.0)])
    assert link_values(np.array([3.0]), entry_of("a", kind="real")) == pytest.approx([3.0])
    grown = link_values(np.array([12.0]), entry_of("a", kind="cumulative"), base=2.0)
    assert grown == pytest.approx([np.log(10.0)])
    assert np.isfinite(link_values(np.array([0.0]), entry_of("a", kind="count"))).all()
