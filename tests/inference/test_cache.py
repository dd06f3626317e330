"""The cache: what is stored comes back to the byte, and whatever is wrong costs one line."""

from __future__ import annotations

import errno
import multiprocessing
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from calibration.histories import REPORT

from forecaster.inference import cache as module
from forecaster.inference.cache import PosteriorCache, cache_files, cache_folder, cache_key
from forecaster.inference.posterior import Posterior

KEY = "0" * 40
ARRAYS = ("theta", "theta_index", "effects", "state", "kept")


def make_posterior(n: int = 50, seed: int = 1) -> Posterior:
    rng = np.random.default_rng(seed)
    return Posterior(
        theta=rng.lognormal(size=(4, n)),
        theta_index=np.sort(rng.integers(0, 9, n)),
        effects=rng.standard_normal((3, n)),
        state=rng.standard_normal((2, n)),
        kept=np.zeros((0, n)),
        report=replace(
            REPORT,
            escalations=("one: tried again",),
            diagnostics={"r_hat": 1.0},
            k_hat=float("inf"),
        ),
    )


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def cache(tmp_path: Path, said: list[str]) -> PosteriorCache:
    return PosteriorCache(tmp_path / "posteriors", said.append)


def _file(cache: PosteriorCache) -> Path:
    return cache.path(KEY)


def test_what_is_stored_comes_back_to_the_byte(cache, said):
    stored = make_posterior()
    cache.store(KEY, stored)
    found = cache.load(KEY)
    assert found is not None
    for name in ARRAYS:
        ours, theirs = getattr(found, name), getattr(stored, name)
        assert ours.tobytes() == np.ascontiguousarray(theirs).tobytes()
        assert ours.shape == theirs.shape
    assert found.report == stored.report
    assert said == []


def test_nothing_stored_is_nothing_found(cache, said):
    assert cache.load(KEY) is None
    assert said == []


def _truncate(payload: bytes) -> bytes:
    return payload[: len(payload) // 2]


def _flip(payload: bytes) -> bytes:
    return payload[:-9] + bytes([payload[-9] ^ 1]) + payload[-8:]


DAMAGE = {
    "cut in the middle": _truncate,
    "one bit turned": _flip,
    "cut in the first line": lambda payload: payload[:20],
    "emptied": lambda payload: b"",
    "another program's": lambda payload: b"PK\x03\x04 a zip file\n" + payload,
    "a list": lambda payload: b"[1, 2]\n",
    "a number": lambda payload: b"7\n",
    "another format": lambda payload: payload.replace(b"posterior-2", b"posterior-0"),
    "a shape too large": lambda payload: payload.replace(b"[4, 50]", b"[4, 51]"),
    "a shape that is none": lambda payload: payload.replace(b"[4, 50]", b'["4", 50]'),
    "an unknown number in the report": lambda p: p.replace(b'"rounds"', b'"sounds"'),
    "binary nonsense": lambda payload: bytes(range(256)) * 4,
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_file_is_rebuilt_with_one_line(name, cache, said):
    cache.store(KEY, make_posterior())
    payload = _file(cache).read_bytes()
    damaged = DAMAGE[name](payload)
    assert damaged != payload
    _file(cache).write_bytes(damaged)
    assert cache.load(KEY) is None
    assert len(said) == 1
    assert said[0].startswith(f"the cache file {_file(cache)} is damaged (")
    assert said[0].endswith("); it is rebuilt")
    assert "\n" not in said[0]
    cache.store(KEY, make_posterior())
    assert cache.load(KEY) is not None
    assert len(said) == 1


def test_a_file_that_cannot_be_read_costs_one_line(cache, said):
    _file(cache).mkdir(parents=True)
    assert cache.load(KEY) is None
    assert len(said) == 1
    assert said[0].startswith(f"the cache file {_file(cache)} cannot be read (")


def test_a_full_disk_costs_one_line_and_leaves_no_rest(cache, said, monkeypatch):
    def full(handle, mode):
        os.close(handle)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(module.os, "fdopen", full)
    cache.store(KEY, make_posterior())
    assert len(said) == 1
    assert "(No space left on device): until that folder can be written" in said[0]
    assert list(_file(cache).parent.iterdir()) == []


def test_a_disk_that_fills_while_writing_keeps_the_old_file(cache, said, monkeypatch):
    cache.store(KEY, make_posterior(seed=1))
    before = _file(cache).read_bytes()

    def fail(posterior):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(module, "_encode", fail)
    cache.store(KEY, make_posterior(seed=2))
    assert _file(cache).read_bytes() == before
    assert [path.name for path in _file(cache).parent.iterdir()] == [_file(cache).name]
    assert len(said) == 1


def test_a_folder_that_cannot_be_made_costs_one_line(tmp_path, said):
    (tmp_path / "taken").write_text("a file, not a folder", encoding="utf-8")
    cache = PosteriorCache(tmp_path / "taken" / "posteriors", said.append)
    cache.store(KEY, make_posterior())
    assert len(said) == 1
    assert said[0].startswith("the fit was not kept in the cache ")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser writes everywhere"
)
def test_a_read_only_folder_costs_one_line(tmp_path, said):
    tmp_path.chmod(0o500)
    PosteriorCache(tmp_path / "posteriors", said.append).store(KEY, make_posterior())
    tmp_path.chmod(0o700)
    assert len(said) == 1


def test_an_interruption_is_passed_on_and_leaves_no_rest(cache, monkeypatch):
    def interrupted(posterior):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_encode", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cache.store(KEY, make_posterior())
    assert list(cache_files(_file(cache).parent)) == []


def _store_often(folder: str, seed: int) -> None:
    cache = PosteriorCache(Path(folder), print)
    for _ in range(30):
        cache.store(KEY, make_posterior(n=400, seed=seed))


def test_concurrent_writers_never_show_a_part(tmp_path, said):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_store_often, args=(str(tmp_path), k)) for k in (1, 2)]
    for writer in writers:
        writer.start()
    cache = PosteriorCache(tmp_path, said.append)
    known = {make_posterior(n=400, seed=k).theta.tobytes() for k in (1, 2)}
    n_seen = 0
    while any(writer.is_alive() for writer in writers):
        found = cache.load(KEY)
        if found is not None:
            n_seen += 1
            assert found.theta.tobytes() in known
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert n_seen > 0
    assert said == []
    assert [path.name for path in cache_files(tmp_path)] == [f"{KEY}.posterior"]


def test_keys_tell_apart_whatever_differs():
    parts = (np.arange(3.0), "amis", 7, 0.1, None, ("a", "b"))
    others = [
        (np.arange(4.0), *parts[1:]),
        (np.arange(3), *parts[1:]),
        (np.arange(3.0)[None], *parts[1:]),
        (*parts[:1], "nuts", *parts[2:]),
        (*parts[:2], "7", *parts[3:]),
        (*parts[:3], 0.1 + 1e-15, *parts[4:]),
        (*parts[:5], ("ab",)),
        parts[:-1],
    ]
    keys = {cache_key(*parts), *(cache_key(*other) for other in others)}
    assert len(keys) == 9
    assert cache_key(*parts) == cache_key(np.arange(3.0), "amis", 7, 0.1, None, ("a", "b"))


def test_the_cache_lies_in_the_users_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder().parts[-2:] == ("forecaster", "posteriors")


def test_unfinished_files_of_killed_processes_are_listed(tmp_path):
    (tmp_path / ".new-abc.posterior").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("not ours", encoding="utf-8")
    assert [path.name for path in cache_files(tmp_path)] == [".new-abc.posterior"]
    assert list(cache_files(tmp_path / "missing")) == []
