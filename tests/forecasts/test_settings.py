"""Random streams: each series and purpose has its own, the same every time."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from forecaster.forecasts.settings import random_stream

IDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


@given(series=IDS, purpose=IDS, seed=st.integers(0, 2**63))
def test_a_stream_is_the_same_every_time(series, purpose, seed):
    first, second = (random_stream(seed, series, purpose).random(4) for _ in range(2))
    assert np.array_equal(first, second)


def test_seed_series_and_purpose_each_make_another_stream():
    keys = [
        (s, name, use) for s in (1, 2) for name in ("a", "b", "a/walk") for use in ("fit", "paths")
    ]
    firsts = {random_stream(*key).random() for key in keys}
    assert len(firsts) == len(keys)


def test_streams_are_uncorrelated():
    draws = [random_stream(7, name, "paths").standard_normal(4000) for name in "abcdef"]
    apart = np.corrcoef(draws)[np.triu_indices(6, 1)]
    # 15 correlations of 4,000 independent pairs, standard error .0158
    assert np.abs(apart).max() < 4 * 0.0158
