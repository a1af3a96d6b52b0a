"""How a ledger's file is found, opened and recognised."""

from __future__ import annotations

import os
import sqlite3
from enum import Enum
from functools import cache
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from sqlalchemy import Connection, Engine, QueuePool, StaticPool, create_engine, event

from ledger.errors import LedgerError, Misused
from ledger.store.migrating import Found, migrate
from ledger.store.place import Place, unavailable

APPLICATION_ID = 0x434C4D53
"""What SQLite's header says of whose file it is: ``CLMS``. The first migration writes it."""

IMMEDIATE = {"ledger_begin": "BEGIN IMMEDIATE"}
"""Execution options of a connection that writes: a plain BEGIN would fail when it turns into a write."""

_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",  # only so do the deletions of a REPLACE fire triggers
    "PRAGMA trusted_schema = OFF",
    "PRAGMA secure_delete = ON",  # what a redaction takes away is overwritten
    "PRAGMA cell_size_check = ON",
)


class Mode(Enum):
    """How the file is opened: the parameters of SQLite's URI, and whether writes are let through.

    LOOK keeps the right to tidy up: whoever opens with ``mode=ro`` leaves the two files of the
    write-ahead log behind, where they may keep the ledger's owner from writing.
    """

    CREATE = ("mode=rwc", True)
    WRITE = ("mode=rw", True)
    LOOK = ("mode=rw", False)
    READ = ("mode=ro", False)
    FROZEN = ("mode=ro&immutable=1", False)

    def __init__(self, parameters: str, writes: bool) -> None:
        self.parameters = parameters
        self.writes = writes


def look(path: Path) -> os.stat_result | None:
    """Return what the file system says of ``path``, None if nothing is there but its folder is.

    Raises :class:`Unavailable` where there can be no ledger: no folder, a folder, a device, no right.
    """
    try:
        info = path.stat()
    except FileNotFoundError:
        _look_for_folder(path)
        return None
    except ValueError:
        raise Misused(f"ledger: {str(path)!r}: is no path", next="give the path of a file") from None
    except OSError as error:
        raise _unreachable(path, error) from error
    if S_ISDIR(info.st_mode):
        raise unavailable(path, "is a folder", "give the path of a file in it")
    if not S_ISREG(info.st_mode):
        raise unavailable(path, "is no ordinary file", "give the path of a ledger")
    return info


def mode_for(path: Path, *, read_only: bool) -> Mode:
    """Choose how to open an existing ledger, by the rights that we have.

    A write makes files beside the ledger, so the folder has to be writable too. Where it is not
    and nobody has the ledger open, the file alone is the whole of it and does not change.
    """
    if _may(path, os.W_OK) and _may(path.resolve().parent, os.W_OK):
        return Mode.LOOK if read_only else Mode.WRITE
    return Mode.READ if _in_use(path) else Mode.FROZEN


def may_read(path: Path) -> bool:
    """Whether the file may be read."""
    return _may(path, os.R_OK)


def connect(path: Path, mode: Mode, patience: float) -> Engine:
    """Return an engine on the file at ``path``; nothing is opened yet.

    A transaction begins with a plain ``BEGIN``, unless the connection has the options IMMEDIATE.
    """
    address = f"{path.resolve().as_uri()}?{mode.parameters}"

    def connection() -> sqlite3.Connection:
        made = sqlite3.connect(address, uri=True, timeout=patience, isolation_level=None, check_same_thread=False)
        try:
            for pragma in _PRAGMAS:
                made.execute(pragma)
            if not mode.writes:
                made.execute("PRAGMA query_only = ON")
        except sqlite3.Error:
            made.close()
            raise
        return made

    engine = create_engine("sqlite://", creator=connection, poolclass=QueuePool)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    # The driver leaves transactions to us (isolation_level None), so that BEGIN comes when we say.
    connection.exec_driver_sql(connection.get_execution_options().get("ledger_begin", "BEGIN"))


def recognise(connection: Connection) -> Found:
    """Tell a ledger from a database with nothing in it and from that of another program."""
    owner = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    tables = set(connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars())
    if owner == APPLICATION_ID and "alembic_version" in tables:
        return Found.LEDGER
    return Found.FOREIGN if tables or owner not in (0, APPLICATION_ID) else Found.VACANT


def use_write_ahead_log(engine: Engine) -> None:
    """Let readers and the writer go on side by side; the file remembers it."""
    raw = engine.raw_connection()
    try:
        assert raw.driver_connection is not None
        raw.driver_connection.execute("PRAGMA journal_mode = WAL")
    finally:
        raw.close()


def catalog(connection: Connection) -> dict[tuple[str, str], str]:
    """Return the SQL of every table, index, trigger and view, by kind and name."""
    rows = connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master")
    return {
        (kind, name): sql
        for kind, name, sql in rows
        # Indexes without SQL belong to a table's own constraints, and statistics to ANALYZE.
        if sql is not None and not name.startswith("sqlite_stat")
    }


@cache
def migrated_catalog() -> dict[tuple[str, str], str]:
    """Return the catalog as the migrations make it."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        migrate(connection, Place(Path("memory")))
        made = catalog(connection)
    engine.dispose()
    return made


def _in_use(path: Path) -> bool:
    """Whether another program has the file open, or writes stand in the log beside it."""
    real = path.resolve()
    log, shared = (real.with_name(real.name + end) for end in ("-wal", "-shm"))
    return shared.exists() or (log.exists() and log.stat().st_size > 0)


def _may(path: Path, right: int) -> bool:
    return os.access(path, right, effective_ids=os.access in os.supports_effective_ids)


def _look_for_folder(path: Path) -> None:
    try:
        exists = path.parent.is_dir()
    except OSError as error:
        raise _unreachable(path, error) from error
    if not exists:
        raise unavailable(path, f"the folder {path.parent} does not exist", "make the folder, or check the path")


def _unreachable(path: Path, error: OSError) -> LedgerError:
    if isinstance(error, PermissionError):
        return unavailable(path, "permission denied", "ask for the right to read the file")
    if isinstance(error, NotADirectoryError):
        return unavailable(path, "its folder is a file", "check the path")
    return unavailable(path, (error.strerror or str(error)).lower(), "check the path")
