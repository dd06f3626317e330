"""Keep what was fitted between runs, one file each, safe for concurrent processes.

A file is a line of JSON (shapes, report, checksum) followed by the arrays' bytes. A reader that
finds anything else than what was written treats the file as absent and says so.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import asdict, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.inference.report import FitReport
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from forecaster.inference.posterior import Posterior

FORMAT = "forecaster-posterior-2"
SUFFIX = ".posterior"
FINISHED_SUFFIX = ".forecast"
DRIVERS_SUFFIX = ".drivers"
"""Of a forecast that only has to be shown; what is fitted has the other."""
_POSTERIOR_ARRAYS = ("theta", "theta_index", "effects", "state", "kept")


@frozen
class Stored:
    """What a file holds.

    Attributes
    ----------
    arrays : floats or whole numbers, by name
    report : of the fit
    said : plain values beside them, such as JSON knows
    """

    arrays: Mapping[str, NDArray[Any]]
    report: FitReport
    said: Mapping[str, Any] = field(default_factory=dict)


def cache_folder() -> Path:
    """Return the user's cache folder for posteriors; it may not exist yet."""
    from platformdirs import user_cache_path  # the folder is asked for once a run

    return user_cache_path("forecaster", appauthor=False) / "posteriors"


class ArrayCache:
    """Arrays with their reports, by key, in a folder.

    Parameters
    ----------
    folder : Path
    announce : takes one sentence when a file is damaged or cannot be written
    suffix : of the files
    """

    def __init__(
        self, folder: Path, announce: Callable[[str], None], *, suffix: str = SUFFIX
    ) -> None:
        self._folder = folder
        self._announce = announce
        self._suffix = suffix

    def load(self, key: str) -> Stored | None:
        """Return what is stored under the key, or None when there is nothing to be trusted."""
        path = self.path(key)
        try:
            payload = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None  # where the folder is none, `store` says so
        except OSError as error:
            self._announce(f"the cache file {path} cannot be read ({error.strerror}); fitting anew")
            return None
        try:
            return _decode(payload)
        except (ValueError, KeyError, TypeError) as error:
            self._announce(f"the cache file {path} is damaged ({error}); it is rebuilt")
            return None

    def store(self, key: str, stored: Stored) -> None:
        """Store arrays and report; a full or read-only disk costs the cache, not the forecast."""
        import tempfile  # which loads the random numbers of the standard library

        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=".new-", suffix=self._suffix)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_encode(stored))
                # one rename: another process sees the old file or the new one, never a part
                Path(name).replace(self.path(key))
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(name).unlink()
                raise
        except OSError as error:
            reason = error.strerror or error
            self._announce(
                f"the fit was not kept in the cache {self._folder} ({reason}): until that folder "
                "can be written, every run fits anew"
            )

    def path(self, key: str) -> Path:
        """Return the file of a key, whether or not it exists."""
        return self._folder / f"{key}{self._suffix}"


def cache_files(folder: Path) -> Iterator[Path]:
    """Yield the cache's files, unfinished ones of killed processes included."""
    if folder.is_dir():
        suffixes = (SUFFIX, FINISHED_SUFFIX, DRIVERS_SUFFIX)
        yield from sorted(path for path in folder.iterdir() if path.name.endswith(suffixes))


def cache_key(*parts: object) -> str:
    """Return a key over arrays, numbers and texts, in their order."""
    digest = hashlib.sha256(FORMAT.encode())
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype}{part.shape}".encode())
            digest.update(np.ascontiguousarray(part).tobytes())
        else:
            digest.update(f"{type(part).__name__}:{part!r};".encode())
    return digest.hexdigest()[:40]


def _encode(stored: Stored) -> bytes:
    """Return a line of JSON, the arrays' bytes, and what is said beside them as JSON."""
    arrays = {
        name: np.ascontiguousarray(array, dtype="<i8" if array.dtype.kind == "i" else "<f8")
        for name, array in stored.arrays.items()
    }
    said = json.dumps(stored.said).encode() if stored.said else b""
    body = b"".join([*(array.tobytes() for array in arrays.values()), said])
    head = {
        "format": FORMAT,
        "arrays": {name: (array.dtype.str, array.shape) for name, array in arrays.items()},
        "report": asdict(stored.report),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    # not sorted: the arrays' order is that of their bytes
    return json.dumps(head).encode() + b"\n" + body


def _decode(payload: bytes) -> Stored:
    """Return what `_encode` wrote.

    Raises
    ------
    ValueError, KeyError, TypeError
        If the bytes are anything else.
    """
    line, _, body = payload.partition(b"\n")
    head = json.loads(line)
    if head["format"] != FORMAT:
        raise ValueError("its format is another one")
    if hashlib.sha256(body).hexdigest() != head["sha256"]:
        raise ValueError("its checksum does not match")
    arrays: dict[str, NDArray[Any]] = {}
    start = 0
    for name, (dtype, shape) in head["arrays"].items():
        if dtype not in ("<i8", "<f8"):
            raise ValueError(f"an array has the type {dtype!r}")
        size = int(np.prod(shape)) * 8
        # copied, so that it lies in memory as a fresh array does: vector loops that meet other
        # alignments round some last digits differently
        arrays[name] = np.frombuffer(body[start : start + size], dtype=dtype).reshape(shape).copy()
        arrays[name].flags.writeable = False
        start += size
    stored: dict[str, Any] = head["report"]
    for name in ("failures", "escalations"):
        stored[name] = tuple(stored[name])
    said = json.loads(body[start:]) if start < len(body) else {}
    return Stored(arrays, FitReport(**stored), said)


class PosteriorCache:
    """Posteriors of single series by key; arguments as for `ArrayCache`."""

    def __init__(self, folder: Path, announce: Callable[[str], None]) -> None:
        self._cache = ArrayCache(folder, announce)

    def path(self, key: str) -> Path:
        """Return the file of a key, whether or not it exists."""
        return self._cache.path(key)

    def load(self, key: str) -> Posterior | None:
        """Return the posterior stored under the key, or None."""
        found = self._cache.load(key)
        if found is None or set(found.arrays) != set(_POSTERIOR_ARRAYS):
            return None
        from forecaster.inference.posterior import Posterior

        return Posterior(**found.arrays, report=found.report)

    def store(self, key: str, posterior: Posterior) -> None:
        """Store the posterior."""
        arrays = {name: getattr(posterior, name) for name in _POSTERIOR_ARRAYS}
        self._cache.store(key, Stored(arrays, posterior.report))
