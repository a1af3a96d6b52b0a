"""What a database may answer instead of an answer, in words, each with what to do next.

SQLite's failures are told apart by their code, PostgreSQL's by their SQLSTATE. Nothing of SQLAlchemy or of a driver
leaves this package: every edge of it runs inside :func:`told`.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from ledger.errors import Contended, Lost, Unavailable
from ledger.store.place import Place, unavailable

VERIFY = "run `claims verify`; if it names damage, go back to a copy of the ledger"
_LATER = "try again in a moment; if it stays so, find the program that has the ledger open"
_WRITABLE = (
    "make the file and its folder writable, or copy the ledger to where you may write; reading it works as it is"
)
_LOCKED = ("is locked: another program is writing to it", _LATER)
_RIGHTS = "connect as a role that has the right, or ask the owner of the database for it (`claims init --roles`)"
_POOLER = "let it pool sessions (PgBouncer: pool_mode = session), or connect to the server itself"
_SERVER = "look after the server, then do it again; the ledger is as it was before"

_SQLITE = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
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
_SQLITE_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}

# By SQLSTATE, or by its class of two characters.
_POSTGRES = {
    "25006": ("the server takes no writes: it is a standby, or set to read only", "give the URL of the primary"),
    "28": ("the server does not let you in", "check the user and the password in the URL, and pg_hba.conf"),
    "3D000": ("there is no such database", "check the name, or make it: createdb NAME"),
    "40": ("another writer came between, so nothing was written", _LATER),
    "42501": ("you may not do that there", _RIGHTS),
    "26000": ("a connection pooler stands between us that pools transactions", _POOLER),
    "42P05": ("a connection pooler stands between us that pools transactions", _POOLER),
    "53100": ("the server's disk is full, so nothing was written", "free some space there and do it again"),
    "53200": ("the server is out of memory", _SERVER),
    "53300": ("the server has too many connections", _LATER),
    "54": ("the server cannot take it: a limit is reached", _SERVER),
    "55P03": _LOCKED,
    "57014": ("the server gave it up: its time was over", _LATER),
    "58": ("the server's disk failed", _SERVER),
    "XX001": ("is damaged", "go back to a copy of the ledger"),
    "XX002": ("is damaged: an index is", "REINDEX it, run `claims verify`, and look after the disk"),
}
_CONTENDED = {"40", "53300", "55P03"}
_GUARDED = {"23", "P0001", "44000"}
_GONE = {"08", "57P", "25P03", "25P04"}
# What the server says to who cannot come in has no code, and is in English or in the server's own language. The first
# that fits is right: many of these lines name a database, a user and a role besides.
_REFUSED = "check host and port in the URL, and that the server runs and listens there"
_PASSING = {_LATER, _REFUSED}  # a server that is restarted refuses for a moment
_REFUSALS = (
    ("password", "check the password in the URL; PGPASSWORD or ~/.pgpass keep it out of it"),
    ("pg_hba.conf", "let this machine in: a line in the server's pg_hba.conf"),
    ("too many", _LATER),
    ("connection slots", _LATER),
    ("starting up", _LATER),
    ("shutting down", _LATER),
    ("recovery", _LATER),
    ("not yet accepting connections", _LATER),
    ("not currently accepting connections", "ask who looks after the server to let connections to it in again"),
    ("permission denied", "ask the owner of the database for the right: GRANT CONNECT ON DATABASE NAME TO USER"),
    ("not permitted to log in", "connect as a role that may log in, and is in this one"),
    ("database", "check the name of the database, or make it: createdb NAME"),
    ("role", "check the name of the user in the URL"),
    ("resolve host", "check the name of the host in the URL"),
    ("translate host name", "check the name of the host in the URL"),
    ("refused", _REFUSED),
    ("No such file", "check the folder of the socket in the URL, and that the server runs and listens there"),
)
_NAMED = re.compile(r'"[^"]*"')
_UNREACHED = "check the URL: postgresql://USER@HOST:PORT/DATABASE"


@contextmanager
def told(place: Place) -> Iterator[None]:
    """Turn every failure of the database inside the block into :class:`Unavailable`."""
    try:
        yield
    except NoConnectionFree as error:
        raise unavailable(place, "is read by too many at once", _LATER) from error
    except DBAPIError as error:
        raise _translated(place, error.orig) from error
    except sqlite3.Error as error:
        raise _translated(place, error) from error
    except Exception as error:
        # Of the other driver, which need not be installed; what it tells late is not SQLAlchemy's to wrap.
        if type(error).__module__.partition(".")[0] != "psycopg":
            raise
        raise _translated(place, error) from error


def read_only(place: Place) -> Unavailable:
    """Say that the ledger at ``place`` cannot be written to."""
    if place.path is None:
        return unavailable(place, "was opened to be read, so nothing was written", "open it to record")
    return unavailable(place, *_SQLITE[sqlite3.SQLITE_READONLY])


def _translated(place: Place, error: BaseException | None) -> Unavailable:
    if error is not None and hasattr(error, "sqlstate"):
        return _of_postgres(place, error, error.sqlstate)
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in _SQLITE:
        why, step = _SQLITE[code]
        return (Contended if code in _SQLITE_BUSY else Unavailable)(f"ledger: {place}: {why}", next=step)
    if code == sqlite3.SQLITE_CONSTRAINT:
        return unavailable(place, f"its guards refused the write ({error})", VERIFY)
    return unavailable(place, f"does not answer as a ledger does ({error})", VERIFY)


def _of_postgres(place: Place, error: BaseException, state: str | None) -> Unavailable:
    said = (str(error).splitlines() or [""])[0].strip()
    if state is None:
        return _unreached(place, error)
    if _GONE & {state, state[:2], state[:3]}:
        return Lost(f"ledger: {place}: the server broke off ({said})", next=_LATER)
    for code in (state, state[:2]):
        if code in _POSTGRES:
            why, step = _POSTGRES[code]
            more = f" ({said})" if code not in ("40", "55P03") else ""
            return (Contended if code in _CONTENDED else Unavailable)(f"ledger: {place}: {why}{more}", next=step)
    if state in _GUARDED or state[:2] in _GUARDED:
        return unavailable(place, f"its guards refused the write ({said})", VERIFY)
    return unavailable(place, f"does not answer as a ledger does ({said})", VERIFY)


def _unreached(place: Place, error: BaseException) -> Unavailable:
    """Nothing came back from the server, or it let nobody in."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    # libpq tells of each address it tried; what the last one answered is the reason.
    fatal = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
    why = fatal[-1] if fatal else lines[0].removeprefix("connection failed: ") if lines else "no reason given"
    said = _NAMED.sub("", why)
    for word, step in _REFUSALS:
        if word in said:
            refused = f"ledger: {place}: cannot be reached: {why}"
            return (Contended if step in _PASSING else Unavailable)(refused, next=step)
    if "connection" in why and not fatal and "closed" in str(error):
        return Lost(f"ledger: {place}: the server broke off", next=_LATER)
    return Lost(f"ledger: {place}: cannot be reached: {why}", next=_UNREACHED)
