"""The store: one log in a database, opened to be read and appended to."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from sqlalchemy import Connection, Engine, func, select

from ledger.errors import LedgerError, Misused, Outdated, Rejected
from ledger.schema import ENTRIES
from ledger.store import erasing, failures, migrating, tree
from ledger.store.database import PATIENCE, Database, Wait
from ledger.store.failures import told
from ledger.store.migrating import Found, revision
from ledger.store.place import Place, locate, missing, unavailable
from ledger.store.reader import NO_LOG, Reader
from ledger.store.sqlite import Sqlite
from ledger.store.writer import Writer, log_id_of

_SHOWN_LOGS = 10


class Store:
    """One log: that of a file, or one of those on a server.

    ``place`` is where it is, ``read_only`` whether it cannot be written to, be it because that was
    asked for or because the file or its folder does not allow it.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.place = database.place
        self._log_id = NO_LOG
        self._wanted = NO_LOG if self.place.log is None else log_id_of(self.place.log)
        # A store that nobody closed is closed when it is forgotten, so that no connection is left to the collector.
        weakref.finalize(self, database.pool.dispose)

    @property
    def pool(self) -> Engine:
        """The connections to the database."""
        return self.database.pool

    @property
    def read_only(self) -> bool:
        """Whether it cannot be written to."""
        return self.database.read_only

    @classmethod
    def create(
        cls,
        where: str | Path | Place,
        *,
        log: str | None = None,
        files: Path | None = None,
        patience: float = PATIENCE,
    ) -> Store:
        """Make a log without entries at ``where``, a path, a URL ``sqlite:///path`` or ``postgresql://…``.

        ``log`` is the origin of the log, which a server has to be told. A log that has no entries yet (the last
        ``init`` was interrupted) is taken as it is; two that make one at once both succeed, and the entry 0 of only one
        of them is taken. Raises :class:`Rejected` if something is there already, :class:`Unavailable` if it cannot be
        made.
        """
        place = locate(where, log=log, files=files)
        with told(place):
            store = cls(_create(place, patience))
        with _or_closed(store), told(place):
            store._refuse_what_is_there()
            store.database.settle()
            with store.transaction(writing=True) as connection:
                store.database.migrate(connection)
        return store

    @classmethod
    def open(
        cls,
        where: str | Path | Place,
        *,
        log: str | None = None,
        read_only: bool = False,
        files: Path | None = None,
        patience: float = PATIENCE,
    ) -> Store:
        """Open the log at ``where``, a path, a URL ``sqlite:///path`` or ``postgresql://…``.

        ``log`` is the origin of the log; it may be left out where there is one alone. ``files`` is the folder of the
        evidence files of a log on a server. The schema of an older file is upgraded, that of a server is not.
        ``patience`` is in seconds: how long to wait for another writer. Raises :class:`Unavailable` with the next
        step in ``next`` where it cannot be opened.
        """
        place = locate(where, log=log, files=files)
        with told(place):
            store = cls(_open(place, patience, read_only=read_only))
        with _or_closed(store), told(place):
            store._accept()
        return store

    @classmethod
    def migrate(cls, where: str | Path | Place, *, patience: float = PATIENCE) -> tuple[str | None, str]:
        """Bring the schema at ``where`` to the current revision, or make it; return the revision before and after.

        Raises :class:`Unavailable` where that cannot be done; nothing is changed then.
        """
        place = locate(where)
        with told(place):
            store = cls(_open(place, patience, read_only=False))
        with _or_closed(store), told(place):
            with store.transaction() as connection:
                found = store.database.recognise(connection)
                before = revision(connection) if found is Found.LEDGER else None
            if found is Found.FOREIGN:
                raise store._no_ledger(found)
            if found is Found.LEDGER:
                store._accept_revision(before)
            with store.transaction(writing=True) as connection:
                store._upgrade(connection)
            store.close()
        return before, migrating.HEAD

    def make_roles(self) -> tuple[str, ...]:
        """Make the roles of the database and of this log, and return their names.

        Raises :class:`Misused` for a file, :class:`Unavailable` without the right to make roles.
        """
        if not self.database.shared:
            why = "is a file, and who may do what is up to its folder"
            raise Misused(f"roles: {self.place}: {why}", next="leave --roles out")
        with told(self.place), self.transaction(writing=True) as connection:
            return self.database.make_roles(connection, self.log_on(connection))

    def close(self) -> None:
        """Let go of the database."""
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
        with told(self.place), self.transaction() as connection:
            yield Reader(connection, self.log_on(connection), size)

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """Give the one writer; what it appended is there after the block, all of it or nothing.

        Raises :class:`Unavailable` if another writer stays, or the ledger cannot be written to: ``Contended`` if the
        same again may succeed, ``Lost`` if it may even have been written.
        """
        if self.read_only:
            raise failures.read_only(self.place)
        with told(self.place), self.transaction(writing=True) as connection:
            writer = Writer(connection, self.log_on(connection))
            yield writer
            writer.finish()

    @contextmanager
    def listening(self) -> Iterator[Wait]:
        """Give what waits until something may have been appended, by whatever process. Ask for the size after it.

        Raises :class:`Unavailable` where the database is gone, also while it waits.
        """
        with told(self.place):
            with self.transaction() as connection:
                log_id = self.log_on(connection)
            with self.database.listening(log_id) as wait:
                yield wait

    def erasing(self) -> list[int]:
        """Return the redactions whose words may still be on the disk."""
        with told(self.place), self.transaction() as connection:
            return erasing.pending(connection, self.log_on(connection))

    def wipe(self) -> str:
        """Overwrite what redactions have taken away; return why that has to wait, the empty text if it is done."""
        if self.read_only:
            raise failures.read_only(self.place)
        with told(self.place):
            with self.transaction() as connection:
                if not erasing.pending(connection, self.log_on(connection)):
                    return ""
            return self.database.wipe()

    @contextmanager
    def transaction(self, *, writing: bool = False) -> Iterator[Connection]:
        """Give a bare connection for one transaction; its failures are not translated.

        Leaving by any exception rolls back, as a crash does at any point before the commit; and so
        does reading, since a damaged file may refuse to commit even nothing.
        """
        connection = self._begun(writing=writing)
        with connection:
            transaction = connection.get_transaction()
            assert transaction is not None, "it has begun"
            with transaction:
                yield connection
                if not writing:
                    transaction.rollback()

    def _begun(self, *, writing: bool) -> Connection:
        """Return a connection with a transaction; one that broke while nobody used it is replaced by a new one."""
        log_id = self._wanted if self._log_id == NO_LOG else self._log_id
        options = self.database.options(writing=writing, log_id=log_id)
        connection = self.pool.connect().execution_options(**options)
        try:
            connection.begin()
        except BaseException:
            broken = connection.invalidated
            connection.close()
            if not broken:
                raise
            self.pool.dispose()  # what broke one has broken them all
            connection = self.pool.connect().execution_options(**options)
            connection.begin()
        return connection

    def log_on(self, connection: Connection) -> int:
        """Return the id of the log, NO_LOG if there is none yet and none was named."""
        if self._log_id == NO_LOG:
            self._log_id = self._find_log(connection)
        return self._wanted if self._log_id == NO_LOG else self._log_id

    def _find_log(self, connection: Connection) -> int:
        if self.database.shared and self._wanted != NO_LOG:
            return self._wanted
        log_id = ENTRIES.c.log_id
        first = connection.execute(select(func.min(log_id))).scalar()
        if first is None:
            return NO_LOG
        if first != connection.execute(select(func.max(log_id))).scalar():
            if self.database.shared:
                raise self._which(connection)
            raise unavailable(
                self.place,
                "holds the entries of more than one log",
                "go back to a copy of the ledger; this version keeps one log in a file",
            )
        return int(first)

    def _which(self, connection: Connection) -> LedgerError:
        named = ", ".join(origins_on(connection)[:_SHOWN_LOGS])
        return Misused(f"ledger: {self.place}: has more than one log: {named}", next="name one with --log ORIGIN")

    def _refuse_what_is_there(self) -> None:
        with self.transaction() as connection:
            found = self.database.recognise(connection)
            if found is Found.LEDGER:
                self._refuse_older(revision(connection))
                begun = (log := self.log_on(connection)) != NO_LOG and Reader(connection, log).size > 0
            else:
                begun = False
        if found is Found.FOREIGN and not self._file:
            raise self._no_ledger(found)
        if found is Found.FOREIGN:
            why = "another program's database is here"
            raise Rejected(f"ledger: {self.place}: {why}", next="choose another path")
        if begun:
            raise Rejected(
                f"ledger: {self.place}: there is a ledger here already",
                next=f"{self.place.command('board')} shows it; or choose another {'path' if self._file else 'origin'}",
            )

    @property
    def _file(self) -> bool:
        return self.place.path is not None

    def _accept(self) -> None:
        with self.transaction() as connection:
            found = self.database.recognise(connection)
            at = revision(connection) if found is Found.LEDGER else None
            behind = found is Found.LEDGER and self.database.behind(connection)
        if found is not Found.LEDGER:
            raise self._no_ledger(found)
        older = self._refuse_older(at)
        if (older or behind) and not self.read_only:
            with self.transaction(writing=True) as connection:
                self._upgrade(connection)
            at = migrating.HEAD
        if at != migrating.HEAD:
            raise Outdated(
                f"ledger: {self.place}: has the older schema {at} and is read-only",
                next="open it once where it can be written to",
            )
        if not self.read_only:
            self.database.settle()
        with self.transaction() as connection:
            log_id = self.log_on(connection)
        if NO_LOG not in (log_id, self._wanted) and log_id != self._wanted:
            raise unavailable(self.place, f"is not the log {self.place.log}", "leave --log out, or check the path")

    def require_log(self) -> None:
        """Raise ``Unavailable``, with the logs that are there, if the one that was asked for is not."""
        with told(self.place), self.transaction() as connection:
            log_id = self.log_on(connection)
            if self.database.shared and (log_id == NO_LOG or Reader(connection, log_id).size == 0):
                raise self._no_log(connection)

    def _no_log(self, connection: Connection) -> LedgerError:
        there = ", ".join(origins_on(connection)[:_SHOWN_LOGS])
        named = "no log" if self.place.log is None else f"no log {self.place.log}"
        why = f"there is {named} here; there are: {there or 'none that you may see'}"
        first = "check --log" if there else "ask the owner of the database for the role of your log"
        return unavailable(self.place, why, f"{first}, or make it with {self.place.command('init')}")

    def _upgrade(self, connection: Connection) -> None:
        self.database.migrate(connection)
        tree.catch_up(connection)

    def _accept_revision(self, at: str | None) -> bool:
        """Whether the schema is an older one; refuses a newer one and none at all."""
        if at is None:
            why = "does not say which schema it has"
            raise unavailable(self.place, why, "go back to a copy of the ledger")
        if at > migrating.HEAD:
            raise unavailable(
                self.place,
                f"has schema {at}, which is newer than this version's {migrating.HEAD}",
                "install a newer version: pip install --upgrade retraction-ledger",
            )
        return at < migrating.HEAD

    def _refuse_older(self, at: str | None) -> bool:
        """Whether the schema is an older one that opening may upgrade: many use a server, so there nobody does."""
        older = self._accept_revision(at)
        if self.database.shared and older:
            raise Outdated(
                f"ledger: {self.place}: has the older schema {at}",
                next=f"upgrade it as its owner, with a backup at hand: {self.place.command('migrate')}",
            )
        return older

    def _no_ledger(self, found: Found) -> LedgerError:
        if found is Found.VACANT:
            if not self._file:
                return missing(self.place)
            why, init = "is a database with no ledger in it", self.place.command("init")
            return unavailable(self.place, why, f"make a ledger of it with {init}")
        why = "is another program's database"
        return unavailable(self.place, why, "check the path; nothing in the file was changed" if self._file else _OWN)


_OWN = "check its name; a ledger wants a database of its own: createdb NAME"


def origins_on(connection: Connection) -> list[str]:
    """Return the origins of all logs that may be seen, in the order of their ids."""
    found: list[str] = []
    log_id = ENTRIES.c.log_id
    after = connection.execute(select(func.min(log_id))).scalar()
    while after is not None:
        found.append(_origin(Reader(connection, after, 1)))
        after = connection.execute(select(func.min(log_id)).where(log_id > after)).scalar()
    return found


def _origin(reader: Reader) -> str:
    return str(getattr(reader.entry(0).body, "origin", "?"))


def _create(place: Place, patience: float) -> Database:
    if place.path is not None:
        return Sqlite.create(place, patience)
    from ledger.store.postgres import Postgres

    return Postgres.open(place, patience, read_only=False)


def _open(place: Place, patience: float, *, read_only: bool) -> Database:
    if place.path is not None:
        return Sqlite.open(place, patience, read_only=read_only)
    from ledger.store.postgres import Postgres

    return Postgres.open(place, patience, read_only=read_only)


@contextmanager
def _or_closed(store: Store) -> Iterator[None]:
    try:
        yield
    except BaseException:
        store.close()
        raise
