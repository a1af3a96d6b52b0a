"""What one kind of database does in its own way; everything else in this package is the same for all.

:class:`~ledger.store.sqlite.Sqlite` is a file with one log, :class:`~ledger.store.postgres.Postgres` a server whose
database may hold the logs of many desks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection, Engine

from ledger.errors import Problem
from ledger.store.migrating import Found
from ledger.store.place import Place

PATIENCE = 5.0
"""Seconds that an operation waits for another writer before it gives up."""

Catalog = Mapping[tuple[str, str], str]
"""What the schema consists of: a text for each thing, by its kind and name."""


Wait = Callable[[float], bool]
"""Waits until something may have been appended, at most so many seconds, and says whether it may have been."""


class Database(Protocol):
    """A database that is open."""

    place: Place
    pool: Engine
    read_only: bool

    shared: bool
    """Whether many logs may be in it, and others than the owner of the ledger may look after it."""

    def options(self, *, writing: bool, log_id: int) -> dict[str, str]:
        """Return the execution options with which a connection begins a transaction on a log."""

    def recognise(self, connection: Connection) -> Found:
        """Tell a ledger from a database with nothing in it and from that of another program."""

    def migrate(self, connection: Connection) -> None:
        """Make or upgrade the schema inside a transaction that writes."""

    def settle(self) -> None:
        """Do what has to be done once after opening, where that may be written to."""

    def behind(self, connection: Connection) -> bool:
        """Whether something that follows from the entries has to be put in before anybody records."""

    def catalog(self, connection: Connection) -> Catalog:
        """Return what the schema consists of."""

    def made_catalog(self) -> Catalog:
        """Return what the migrations make."""

    def flaws(self, connection: Connection) -> Iterator[Problem]:
        """Yield what the database itself finds wrong with what it keeps."""

    def make_roles(self, connection: Connection, log_id: int) -> tuple[str, ...]:
        """Make roles with the rights to work on a log, and return their names: none where it has no such thing."""

    def wipe(self) -> str:
        """Overwrite what redactions have deleted; return why that has to wait, the empty text if it is done."""

    def listening(self, log_id: int) -> AbstractContextManager[Wait]:
        """Give what waits for appends to a log by anybody, on a connection of its own."""
