"""The pool of every kind, as shipped, and what is refused."""

from __future__ import annotations

import pytest

from forecaster.errors import InputError
from forecaster.workspace.facts import KINDS
from forecaster.workspace.pool_beliefs import POOL_FAMILIES, load_pools
from forecaster.workspace.reader import SHIPPED

WORDS = 'n_folds = 12\nreason = "because"\nevidence = "some"\n'


def _workspace(tmp_path, table, *, kind="share", others=True):
    folder = tmp_path / "priors"
    folder.mkdir()
    text = f"[pool.{kind}]\n{table}\n{WORDS}"
    if others:
        text += "".join(f"[pool.{k}]\ntrend = 1\n{WORDS}" for k in KINDS if k != kind)
    (folder / "pool.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_every_kind_has_a_pool_of_two_families_at_least():
    pools = load_pools(SHIPPED)
    assert set(pools) == set(KINDS)
    for kind, pool in pools.items():
        assert sum(pool.weights.values()) == pytest.approx(1.0)
        assert len(pool.weights) >= 2
        assert set(pool.weights) <= set(POOL_FAMILIES)
        assert kind == "share" or "substitution" not in pool.weights


def test_weights_are_read_and_made_to_sum_to_one(tmp_path):
    pool = load_pools(_workspace(tmp_path, "trend = 0.334\nwalk = 0.333\njumps = 0.332"))["share"]
    assert sum(pool.weights.values()) == pytest.approx(1.0, abs=1e-12)
    assert (pool.n_folds, pool.reason, pool.evidence) == (12, "because", "some")


def test_a_family_of_no_weight_is_not_in_the_pool(tmp_path):
    pool = load_pools(_workspace(tmp_path, "trend = 1.0\nwalk = 0"))["share"]
    assert pool.weights == {"trend": 1.0}


@pytest.mark.parametrize(
    ("kind", "table", "problem"),
    [
        ("share", "trend = 0.5\nwalk = 0.4", "sum to 0.9"),
        ("share", "trend = 1.5\nwalk = -0.5", "'pool.share.walk' is -0.5"),
        ("share", "trned = 1.0", "'trned' is no family"),
        ("count", "trend = 0.5\nsubstitution = 0.5", "'substitution' is no family"),
        ("share", 'trend = "all"', "not a number"),
    ],
)
def test_a_pool_at_fault_is_refused_with_its_key(tmp_path, kind, table, problem):
    with pytest.raises(InputError) as caught:
        load_pools(_workspace(tmp_path, table, kind=kind))
    assert problem in str(caught.value)
    assert f"pool.{kind}" in str(caught.value)


def test_a_kind_without_a_pool_is_refused(tmp_path):
    with pytest.raises(InputError, match="missing"):
        load_pools(_workspace(tmp_path, "trend = 1.0", others=False))


def test_a_workspace_without_the_file_has_the_shipped_pools(tmp_path):
    assert load_pools(tmp_path) == load_pools(SHIPPED)
