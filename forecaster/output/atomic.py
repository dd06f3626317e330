"""Replace files whole, so that a reader finds the old file or the new one, never half of one."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


_SAID = {
    errno.ENOENT: ("its folder does not exist", "make the folder first, or name another one"),
    errno.ENOTDIR: ("its folder is a file", "name another folder"),
    errno.EISDIR: ("it is a folder", "name a file in it"),
    errno.EACCES: ("writing there is not allowed", "choose a folder you may write to"),
    errno.EPERM: ("writing there is not allowed", "choose a folder you may write to"),
    errno.EROFS: ("the disk is read-only", "choose another folder"),
    errno.ENOSPC: ("the disk is full", "free some space, or choose another disk"),
    errno.EDQUOT: ("the disk quota is used up", "free some space, or choose another disk"),
    errno.ENAMETOOLONG: ("its name is too long", "choose a shorter name"),
}


@frozen
class Written:
    """What stands in a file.

    Attributes
    ----------
    sha256 : of its bytes, in hexadecimal
    n_bytes : its size

    """

    sha256: str
    n_bytes: int


if TYPE_CHECKING:
    Chunks = Callable[[list[Written]], Iterable[str]]


def replace_files(contents: Sequence[tuple[Path, Chunks]]) -> None:
    """Write files beside their targets, then move all of them into place.

    Parameters
    ----------
    contents
        (target, function that returns the text in pieces, given what was written for the
        targets before it)

    Raises
    ------
    InputError
        If a target cannot be written; every target is then as it was, and nothing is left beside.

    """
    temporary: list[tuple[Path, Path]] = []
    written: list[Written] = []
    target = contents[0][0]
    try:
        for named, chunks in contents:
            target = named
            final = Path(os.path.realpath(named))  # a link keeps pointing at its file
            if os.path.isdir(final):  # noqa: PTH112 - unlike Path.is_dir it never raises
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            beside = final.with_name(f".{final.name[:100]}.{os.getpid()}.tmp")
            temporary.append((beside, final))
            written.append(_write(beside, chunks(written), mode=_mode(final)))
        for beside, final in temporary:
            beside.replace(final)
    except OSError as error:
        raise unwritable(str(target), error) from error
    finally:
        for beside, _ in temporary:
            with suppress(OSError):  # gone already, or the failure that is being reported
                beside.unlink()


def is_special(target: Path) -> bool:
    """Say whether a target is a pipe or a device, which cannot be replaced but only written to."""
    try:
        mode = target.stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def unwritable(target: str, error: OSError) -> InputError:
    """Return the error that says why a target cannot be written."""
    reason, fix = _SAID.get(error.errno or 0, (error.strerror or "unknown", "choose another file"))
    return InputError(problem=f"'{target}' cannot be written: {reason}", where=target, fix=fix)


def _mode(final: Path) -> int | None:
    """Return the permissions of the file that will be replaced, or None where there is none."""
    try:
        return stat.S_IMODE(final.stat().st_mode)
    except FileNotFoundError:
        return None


def _write(path: Path, chunks: Iterable[str], *, mode: int | None) -> Written:
    """Write a new file through to the disk."""
    import hashlib

    digest = hashlib.sha256()
    n_bytes = 0
    path.unlink(missing_ok=True)  # left by a process of the same number that was killed
    with path.open("xb") as file:
        for chunk in chunks:
            payload = chunk.encode("utf-8")
            digest.update(payload)
            n_bytes += file.write(payload)
        file.flush()
        os.fsync(file.fileno())
    if mode is not None:
        path.chmod(mode)
    return Written(digest.hexdigest(), n_bytes)
