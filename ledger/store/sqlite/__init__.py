"""SQLite: one ledger in one file, upgraded when it is opened."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Connection, Engine

from ledger.errors import Problem
from ledger.store import migrating
from ledger.store.database import Catalog, Wait
from ledger.store.migrating import Found
from ledger.store.place import Place, missing, unavailable
from ledger.store.sqlite import engine, words
from ledger.store.sqlite.engine import APPLICATION_ID, IMMEDIATE, Mode

IN_USE = "another program has the ledger open"
_LOOKING_AGAIN = 0.1  # seconds


class Sqlite:
    """A file. See :class:`ledger.store.database.Database`."""

    shared = False

    def __init__(self, place: Place, pool: Engine, *, read_only: bool) -> None:
        self.place = place
        self.pool = pool
        self.read_only = read_only

    @classmethod
    def create(cls, place: Place, patience: float) -> Sqlite:
        """Open the file to make a ledger of it; make the file if need be."""
        path = _path(place)
        there = engine.look(path)
        if there is not None and not engine.may_read(path):
            raise unavailable(place, "permission denied", "choose another path")
        return cls(place, engine.connect(path, Mode.CREATE, patience), read_only=False)

    @classmethod
    def open(cls, place: Place, patience: float, *, read_only: bool) -> Sqlite:
        """Open a file that is there. Raises :class:`~ledger.errors.Unavailable` if it cannot be a ledger."""
        path = _path(place)
        there = engine.look(path)
        if there is None:
            raise missing(place)
        if not engine.may_read(path):
            raise unavailable(place, "permission denied", "ask for the right to read the file")
        if there.st_size == 0:
            raise unavailable(place, "is empty", f"make a ledger of it with {place.command('init')}")
        mode = engine.mode_for(path, read_only=read_only)
        return cls(place, engine.connect(path, mode, patience), read_only=not mode.writes)

    def options(self, *, writing: bool, log_id: int) -> dict[str, str]:  # noqa: ARG002 - a file has one log
        """See :meth:`Database.options`."""
        return IMMEDIATE if writing else {}

    def recognise(self, connection: Connection) -> Found:
        """See :meth:`Database.recognise`."""
        return engine.recognise(connection)

    def migrate(self, connection: Connection) -> None:
        """See :meth:`Database.migrate`. The words of an older ledger are put in too."""
        migrating.migrate(connection, self.place)
        words.catch_up(connection)

    def settle(self) -> None:
        """See :meth:`Database.settle`."""
        engine.use_write_ahead_log(self.pool)

    def behind(self, connection: Connection) -> bool:
        """See :meth:`Database.behind`: what a build without FTS5 recorded."""
        return words.behind(connection) is not None and words.served(connection)

    def catalog(self, connection: Connection) -> Catalog:
        """See :meth:`Database.catalog`."""
        return engine.catalog(connection)

    def made_catalog(self) -> Catalog:
        """See :meth:`Database.made_catalog`."""
        return engine.migrated_catalog()

    def flaws(self, connection: Connection) -> Iterator[Problem]:
        """See :meth:`Database.flaws`."""
        for finding in connection.exec_driver_sql("PRAGMA integrity_check").scalars():
            if finding != "ok":
                yield Problem("file", finding)
        dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").scalars()
        for table in sorted(set(dangling)):
            yield Problem("file", f"table {table}: refers to entries that do not exist")
        owner = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
        if owner != APPLICATION_ID:
            yield Problem("file", "application_id: differs", str(APPLICATION_ID), str(owner))

    def make_roles(self, connection: Connection, log_id: int) -> tuple[str, ...]:  # noqa: ARG002 - who may is the file's
        """See :meth:`Database.make_roles`."""
        return ()

    def wipe(self) -> str:
        """See :meth:`Database.wipe`: the file is written anew (VACUUM), and its log emptied."""
        # Other connections of this process would be readers too.
        self.pool.dispose()
        raw = self.pool.raw_connection()
        try:
            assert raw.driver_connection is not None
            return _wipe(raw.driver_connection)
        finally:
            raw.close()

    @contextmanager
    def listening(self, log_id: int) -> Iterator[Wait]:  # noqa: ARG002 - a file has one log
        """See :meth:`Database.listening`: SQLite counts what other connections commit, and asking it reads no page."""
        raw = self.pool.raw_connection()
        database: Any = raw.driver_connection
        raw.detach()
        with closing(raw):
            known = _version(database)

            def wait(seconds: float) -> bool:
                nonlocal known
                end = monotonic() + seconds
                while (now := _version(database)) == known:
                    left = end - monotonic()
                    if left <= 0:
                        return False
                    sleep(min(left, _LOOKING_AGAIN))
                known = now
                return True

            yield wait


def _version(database: Any) -> int:
    return int(database.execute("PRAGMA data_version").fetchone()[0])


def _path(place: Place) -> Path:
    assert place.path is not None, "a file has a path"
    return place.path


def _wipe(database: Any) -> str:
    try:
        database.execute("VACUUM")
        if database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            return IN_USE
        database.execute("DELETE FROM erasures")
    except sqlite3.OperationalError as error:
        code = error.sqlite_errorcode & 0xFF
        if code == sqlite3.SQLITE_FULL:
            return "there is no room to write the file anew"
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return IN_USE
        raise
    return ""
