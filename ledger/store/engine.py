"""How a ledger's file is found, opened, recognised and brought to the current schema.

Everything that only SQLite knows (pragmas, ``BEGIN IMMEDIATE``, the catalog) stands here, so that
another database means another such module and no change to the reader or the writer.
"""

from __future__ import annotations

import os
import sqlite3
from enum import Enum
from functools import cache
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from threading import Lock

from sqlalchemy import Connection, Engine, QueuePool, StaticPool, create_engine, event

from ledger.errors import LedgerError, Misused
from ledger.store.failures import command, unavailable

HEAD = "0004"
"""The revision of the schema that this version reads and writes; revisions are in order as texts."""

APPLICATION_ID = 0x434C4D53
"""What SQLite's header says of whose file it is: ``CLMS``. The first migration writes it."""

PATIENCE = 5.0
"""Seconds that an operation waits for another writer before it gives up."""

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
_MIGRATING = Lock()  # alembic keeps the running migration in a global


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


class Found(Enum):
    """What a database turned out to be."""

    VACANT = "vacant"
    LEDGER = "ledger"
    FOREIGN = "foreign"


def locate(where: str | Path) -> Path:
    """Return the path that ``where`` names: a path, or a URL ``sqlite:///path``.

    Raises :class:`Misused` for a URL of another database.
    """
    if isinstance(where, Path):
        return where
    scheme, separator, rest = where.partition("://")
    if not separator:
        return Path(where)
    if scheme not in ("sqlite", "sqlite+pysqlite"):
        raise Misused(
            f"ledger: {scheme}: only SQLite is served by this version",
            next="give a path, or a URL such as sqlite:///claims.db",
        )
    if not rest.startswith("/") or rest == "/" or "?" in rest:
        raise Misused(
            f"ledger: {where}: names no file",
            next="give a path, or a URL such as sqlite:///claims.db (four slashes: from the root)",
        )
    return Path(rest[1:])


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


def missing(path: Path) -> LedgerError:
    """Say that no ledger is at ``path``, with the line that makes one."""
    return unavailable(path, "there is no ledger here", f"make one with {command('init', path)}")


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


def revision(connection: Connection) -> str | None:
    """Return the revision of a ledger's schema, None if it does not say exactly one."""
    rows = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    return str(rows[0]) if len(rows) == 1 else None


def use_write_ahead_log(engine: Engine) -> None:
    """Let readers and the writer go on side by side; the file remembers it."""
    raw = engine.raw_connection()
    try:
        assert raw.driver_connection is not None
        raw.driver_connection.execute("PRAGMA journal_mode = WAL")
    finally:
        raw.close()


def migrate(connection: Connection, path: Path) -> None:
    """Bring the schema to HEAD inside the transaction that ``connection`` is in.

    If we crash at any point of it, the file is as it was before.
    """
    assert connection.in_transaction(), "the migration is one transaction"
    from alembic.command import upgrade
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    # A % would be taken for an interpolation.
    config.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        with _MIGRATING:
            upgrade(config, HEAD)
    except CommandError as error:
        why = f"has a schema that this version cannot upgrade ({error})"
        raise unavailable(path, why, "go back to a copy of the ledger") from error


def scripts() -> Path:
    """Return the folder of the migrations: inside an installed package, else beside the package."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "migrations"
    return inside if inside.is_dir() else package.parent / "alembic"


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
        migrate(connection, Path("memory"))
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
