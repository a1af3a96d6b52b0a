"""The store: one ledger in one file, opened to be read and appended to."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from sqlalchemy import Connection, Engine, func, select

from ledger.errors import LedgerError, Outdated, Rejected
from ledger.store import engine, erasing, failures, search, tree
from ledger.store.engine import IMMEDIATE, PATIENCE, Found, Mode, locate, look
from ledger.store.failures import command, told, unavailable
from ledger.store.reader import NO_LOG, Reader
from ledger.store.registers import ENTRIES
from ledger.store.writer import Writer


class Store:
    """One ledger in one SQLite file.

    ``path`` is where it is, ``read_only`` whether it cannot be written to, be it because that was
    asked for or because the file or its folder does not allow it.
    """

    def __init__(self, path: Path, pool: Engine, *, read_only: bool) -> None:
        self.path = path
        self.pool = pool
        self.read_only = read_only
        self._log_id = NO_LOG
        # A store that nobody closed is closed when it is forgotten, so that no connection is left to the collector.
        weakref.finalize(self, pool.dispose)

    @classmethod
    def create(cls, where: str | Path, *, patience: float = PATIENCE) -> Store:
        """Make a ledger without entries at ``where``, a path or a URL ``sqlite:///path``.

        A ledger that has no entries yet (the last ``init`` was interrupted) is taken as it is; two
        that make one at once both succeed, and the entry 0 of only one of them is taken. Raises
        :class:`Rejected` if something is there already, :class:`Unavailable` if it cannot be made.
        """
        path = locate(where)
        there = look(path)
        if there is not None and not engine.may_read(path):
            raise unavailable(path, "permission denied", "choose another path")
        store = cls(path, engine.connect(path, Mode.CREATE, patience), read_only=False)
        with _or_closed(store), told(path):
            store._refuse_what_is_there()
            engine.use_write_ahead_log(store.pool)
            with store.transaction(writing=True) as connection:
                engine.migrate(connection, path)
                search.catch_up(connection)
        return store

    @classmethod
    def open(cls, where: str | Path, *, read_only: bool = False, patience: float = PATIENCE) -> Store:
        """Open the ledger at ``where``, a path or a URL ``sqlite:///path``.

        An older schema is upgraded. ``patience`` is in seconds: how long to wait for another writer.
        Raises :class:`Unavailable` with the next step in ``next`` where that cannot be done.
        """
        path = locate(where)
        there = look(path)
        if there is None:
            raise engine.missing(path)
        if not engine.may_read(path):
            raise unavailable(path, "permission denied", "ask for the right to read the file")
        if there.st_size == 0:
            raise unavailable(path, "is empty", f"make a ledger of it with {command('init', path)}")
        mode = engine.mode_for(path, read_only=read_only)
        store = cls(path, engine.connect(path, mode, patience), read_only=not mode.writes)
        with _or_closed(store), told(path):
            store._accept()
        return store

    def close(self) -> None:
        """Let go of the file."""
        self.pool.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def reading(self, size: int | None = None) -> Iterator[Reader]:
        """Give one consistent snapshot of the ledger, or of its first ``size`` entries.

        Raises :class:`Misused` if there are fewer, :class:`Unavailable` for what the database fails in.
        """
        with told(self.path), self.transaction() as connection:
            yield Reader(connection, self.log_on(connection), size)

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """Give the one writer; what it appended is there after the block, all of it or nothing.

        Raises :class:`Unavailable` if another writer stays, or the ledger cannot be written to.
        """
        if self.read_only:
            raise failures.read_only(self.path)
        with told(self.path), self.transaction(writing=True) as connection:
            writer = Writer(connection, self.log_on(connection))
            yield writer
            writer.finish()

    def wipe(self) -> str:
        """Overwrite what redactions have taken away; return why that has to wait, the empty text if it is done."""
        if self.read_only:
            raise failures.read_only(self.path)
        return erasing.wipe(self)

    @contextmanager
    def transaction(self, *, writing: bool = False) -> Iterator[Connection]:
        """Give a bare connection for one transaction; its failures are not translated.

        Leaving by any exception rolls back, as a crash does at any point before the commit; and so
        does reading, since a damaged file may refuse to commit even nothing.
        """
        with self.pool.connect() as connection:
            if writing:
                connection = connection.execution_options(**IMMEDIATE)
            with connection.begin() as transaction:
                yield connection
                if not writing:
                    transaction.rollback()

    def log_on(self, connection: Connection) -> int:
        """Return the id of the one log in the file, NO_LOG if there is no entry yet."""
        if self._log_id == NO_LOG:
            log_id = ENTRIES.c.log_id
            first = connection.execute(select(func.min(log_id))).scalar()
            if first != connection.execute(select(func.max(log_id))).scalar():
                raise unavailable(
                    self.path,
                    "holds the entries of more than one log",
                    "go back to a copy of the ledger; this version keeps one log in a file",
                )
            if first is None:
                return NO_LOG
            self._log_id = first
        return self._log_id

    def _refuse_what_is_there(self) -> None:
        with self.transaction() as connection:
            found = engine.recognise(connection)
            begun = found is Found.LEDGER and self.log_on(connection) != NO_LOG
            if found is Found.LEDGER:
                self._accept_revision(engine.revision(connection))
        if found is Found.FOREIGN:
            why = "another program's database is here"
            raise Rejected(f"ledger: {self.path}: {why}", next="choose another path")
        if begun:
            raise Rejected(
                f"ledger: {self.path}: there is a ledger here already",
                next=f"{command('board', self.path)} shows it; or choose another path",
            )

    def _accept(self) -> None:
        with self.transaction() as connection:
            found = engine.recognise(connection)
            at = engine.revision(connection) if found is Found.LEDGER else None
            behind = search.behind(connection) is not None and search.served(connection)
        if found is not Found.LEDGER:
            raise self._no_ledger(found)
        if (self._accept_revision(at) or behind) and not self.read_only:
            with self.transaction(writing=True) as connection:
                engine.migrate(connection, self.path)
                search.catch_up(connection)
                tree.catch_up(connection)
            at = engine.HEAD
        if at != engine.HEAD:
            raise Outdated(
                f"ledger: {self.path}: has the older schema {at} and is read-only",
                next="open it once where it can be written to",
            )
        if not self.read_only:
            engine.use_write_ahead_log(self.pool)
        with self.transaction() as connection:
            self.log_on(connection)

    def _accept_revision(self, at: str | None) -> bool:
        """Whether the schema is an older one; refuses a newer one and none at all."""
        if at is None:
            why = "does not say which schema it has"
            raise unavailable(self.path, why, "go back to a copy of the ledger")
        if at > engine.HEAD:
            raise unavailable(
                self.path,
                f"has schema {at}, which is newer than this version's {engine.HEAD}",
                "install a newer version: pip install --upgrade retraction-ledger",
            )
        return at < engine.HEAD

    def _no_ledger(self, found: Found) -> LedgerError:
        if found is Found.VACANT:
            why, init = "is a database with no ledger in it", command("init", self.path)
            return unavailable(self.path, why, f"make a ledger of it with {init}")
        why = "is another program's database"
        return unavailable(self.path, why, "check the path; nothing in the file was changed")


@contextmanager
def _or_closed(store: Store) -> Iterator[None]:
    try:
        yield
    except BaseException:
        store.close()
        raise
