"""Files that appear whole or not at all: each is written beside its place and renamed."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ledger.errors import Unavailable

_PIECE = 1 << 20


@contextmanager
def beside(path: Path, mode: int = 0o644) -> Iterator[BinaryIO]:
    """Give a file to write to; after the block it is at ``path``, after an exception there is nothing of it.

    If we crash at any point, ``path`` is what it was, or all that was written. Raises
    :class:`~ledger.errors.Unavailable` where it cannot be written.
    """
    made = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        made = Path(name)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        made.chmod(mode)
        made.replace(path)
        settle(path.parent)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Unavailable(f"{path}: cannot be written: {why}", next="choose another folder, or make room") from None
    finally:
        if made is not None:
            made.unlink(missing_ok=True)


class Written(NamedTuple):
    """What was written: how many bytes, and their SHA-256 in hex."""

    bytes: int
    sha256: str


def write_file(path: Path, chunks: Iterable[str]) -> Written:
    """Write text as UTF-8 to a file, whole or not at all. Raises :class:`~ledger.errors.Unavailable`."""
    length, digest = 0, hashlib.sha256()
    with beside(path) as file:
        for chunk in chunks:
            piece = chunk.encode("utf-8")
            digest.update(piece)
            length += file.write(piece)
    return Written(length, digest.hexdigest())


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_file(source: Path, target: Path, *, only: str) -> str:
    """Copy a file, whole or not at all, and return its SHA-256 in hex; it is not kept unless that is ``only``."""
    digest = hashlib.sha256()
    mode = source.stat().st_mode & 0o777
    with suppress(_Unwanted), source.open("rb") as given, beside(target, mode) as file:
        while piece := given.read(_PIECE):
            digest.update(piece)
            file.write(piece)
        if digest.hexdigest() != only:
            raise _Unwanted
    return digest.hexdigest()


class _Unwanted(Exception):
    pass


def settle(folder: Path) -> None:
    """Make sure that what was renamed in a folder stays so if the power fails now."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
