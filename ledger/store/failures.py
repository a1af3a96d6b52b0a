"""What a database may answer instead of an answer, in words, each with what to do next.

SQLite's failures are told apart by their code. Nothing of SQLAlchemy or of the driver leaves this
package: every edge of it runs inside :func:`told`.
"""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from ledger.errors import Unavailable

VERIFY = "run `claims verify`; if it names damage, go back to a copy of the ledger"
_LATER = "try again in a moment; if it stays so, find the program that has the ledger open"
_WRITABLE = (
    "make the file and its folder writable, or copy the ledger to where you may write; reading it works as it is"
)

_ANSWERS = {
    sqlite3.SQLITE_BUSY: ("is locked: another program is writing to it", _LATER),
    sqlite3.SQLITE_LOCKED: ("is locked: another program is writing to it", _LATER),
    sqlite3.SQLITE_PROTOCOL: ("is locked: too many programs opened it at once", _LATER),
    sqlite3.SQLITE_READONLY: ("is read-only, so nothing was written", _WRITABLE),
    sqlite3.SQLITE_FULL: (
        "the disk is full, so nothing was written",
        "free some space and do it again; the ledger is as it was before",
    ),
    sqlite3.SQLITE_IOERR: (
        "the disk failed to read or write it, so nothing was written",
        "look after the disk, then do it again",
    ),
    sqlite3.SQLITE_CORRUPT: ("is damaged", "go back to a copy of the ledger"),
    sqlite3.SQLITE_CANTOPEN: (
        "cannot be opened",
        "check that you may read the file and write to its folder",
    ),
    sqlite3.SQLITE_PERM: ("may not be opened by you", "ask for the right to read the file"),
    sqlite3.SQLITE_AUTH: ("may not be opened by you", "ask for the right to read the file"),
    sqlite3.SQLITE_NOTADB: (
        "is no database, so no ledger",
        "check the path; `claims init` makes a new ledger at a free one",
    ),
    sqlite3.SQLITE_NOMEM: ("there is not enough memory to read it", "close other programs"),
}


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn every failure of the database inside the block into :class:`Unavailable`."""
    try:
        yield
    except NoConnectionFree as error:
        raise unavailable(path, "is read by too many at once", _LATER) from error
    except DBAPIError as error:
        raise _translated(path, error.orig) from error
    except sqlite3.Error as error:
        raise _translated(path, error) from error


def unavailable(path: Path, why: str, next: str) -> Unavailable:
    """Build the one line that says why the ledger at ``path`` cannot be used, and the next step."""
    return Unavailable(f"ledger: {path}: {why}", next=next)


def command(verb: str, path: Path) -> str:
    """Return the command line that does ``verb`` to the ledger at ``path``."""
    where = "" if str(path) == "claims.db" else f" --ledger {shlex.quote(str(path))}"
    return f"`claims {verb}{where}`"


def read_only(path: Path) -> Unavailable:
    """Say that the ledger at ``path`` cannot be written to."""
    return unavailable(path, *_ANSWERS[sqlite3.SQLITE_READONLY])


def _translated(path: Path, error: BaseException | None) -> Unavailable:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in _ANSWERS:
        return unavailable(path, *_ANSWERS[code])
    if code == sqlite3.SQLITE_CONSTRAINT:
        return unavailable(path, f"its guards refused the write ({error})", VERIFY)
    return unavailable(path, f"does not answer as a ledger does ({error})", VERIFY)
