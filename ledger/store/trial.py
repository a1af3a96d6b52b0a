"""A private copy of the ledger, to see what would come of something without doing it; and slips of paper beside it."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import event

from ledger.store.copying import copy_log
from ledger.store.failures import told
from ledger.store.store import Store


@contextmanager
def trial(store: Store) -> Iterator[Store]:
    """Give a copy of the ledger as it is now, in a temporary folder; nobody else waits while it is used.

    What is appended to it is gone after the block. Raises :class:`~ledger.errors.Unavailable` if there is no room.
    """
    with tempfile.TemporaryDirectory(prefix="claims-trial-") as folder:
        path = Path(folder) / "trial.db"
        with told(store.place):
            _copy(store, path)
        copied = Store.open(path)
        # It need not outlive a crash.
        event.listen(copied.pool, "connect", _hurry)
        copied.pool.dispose()
        try:
            yield copied
        finally:
            copied.close()


def _copy(store: Store, path: Path) -> None:
    if store.place.path is None:
        with (
            Store.create(path) as copied,
            store.transaction() as source,
            copied.transaction(writing=True) as target,
        ):
            copy_log(source, target, store.log_on(source))
        return
    ours = store.pool.raw_connection()
    theirs = sqlite3.connect(path)
    try:
        assert ours.driver_connection is not None
        ours.driver_connection.backup(theirs, pages=4_096)
    finally:
        theirs.close()
        ours.close()


def _hurry(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")


class Slips:
    """Numbers noted under keys, in a temporary file of its own, since a long import has too many for memory."""

    def __init__(self) -> None:
        # An empty name is SQLite's own for a database on disk that goes with its connection.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("CREATE TABLE slip (key TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID")
        self._database.execute("BEGIN")

    def get(self, key: str) -> int | None:
        """Return the number noted under ``key``, None without one."""
        row = self._database.execute("SELECT number FROM slip WHERE key = ?", (key,)).fetchone()
        return None if row is None else int(row[0])

    def put(self, key: str, number: int) -> None:
        """Note a number under ``key``."""
        self._database.execute("INSERT OR REPLACE INTO slip VALUES (?, ?)", (key, number))

    def close(self) -> None:
        """Throw them away."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
