"""PostgreSQL: the logs of many desks in one database, upgraded by its owner alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager

from sqlalchemy import Connection, Engine

from ledger.errors import Problem
from ledger.store import migrating
from ledger.store.database import Catalog, Wait
from ledger.store.migrating import Found
from ledger.store.place import Place
from ledger.store.postgres import roles, schema, server, wiping, words


class Postgres:
    """A server's database. See :class:`ledger.store.database.Database`."""

    shared = True

    def __init__(self, place: Place, pool: Engine, *, read_only: bool) -> None:
        self.place = place
        self.pool = pool
        self.read_only = read_only

    @classmethod
    def open(cls, place: Place, patience: float, *, read_only: bool) -> Postgres:
        """Return the database at ``place``. Raises :class:`~ledger.errors.Unavailable` without its driver."""
        return cls(place, server.connect(place, patience), read_only=read_only)

    def options(self, *, writing: bool, log_id: int) -> dict[str, str]:
        """See :meth:`Database.options`. A writer holds the lock of its log before it sees anything."""
        return {"ledger_begin": server.begin_writing(log_id) if writing else server.BEGIN_READING}

    def recognise(self, connection: Connection) -> Found:
        """See :meth:`Database.recognise`."""
        return schema.recognise(connection)

    def migrate(self, connection: Connection) -> None:
        """See :meth:`Database.migrate`. What is made belongs to who owns the rest; done already, it asks no right."""
        schema.lock(connection)
        if schema.recognise(connection) is Found.LEDGER and migrating.revision(connection) == migrating.HEAD:
            return
        schema.prepare(connection)
        migrating.migrate(connection, self.place)
        words.catch_up(connection)

    def settle(self) -> None:
        """See :meth:`Database.settle`: nothing."""

    def behind(self, connection: Connection) -> bool:  # noqa: ARG002 - it never is
        """See :meth:`Database.behind`."""
        return False

    def catalog(self, connection: Connection) -> Catalog:
        """See :meth:`Database.catalog`."""
        return schema.catalog(connection)

    def made_catalog(self) -> Catalog:
        """See :meth:`Database.made_catalog`."""
        return schema.made_catalog()

    def flaws(self, connection: Connection) -> Iterator[Problem]:
        """See :meth:`Database.flaws`."""
        return server.flaws(connection)

    def make_roles(self, connection: Connection, log_id: int) -> tuple[str, ...]:
        """See :meth:`Database.make_roles`."""
        return roles.make_roles(connection, log_id)

    def wipe(self) -> str:
        """See :meth:`Database.wipe`."""
        return wiping.wipe(self.pool)

    def listening(self, log_id: int) -> AbstractContextManager[Wait]:
        """See :meth:`Database.listening`: whoever begins to write says so, and the server tells it with the commit."""
        return server.listening(self.pool, log_id)
