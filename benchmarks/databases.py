"""Where ledgers are made to be measured: a database as its own driver sees it, beside the store that appends to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from shutil import copyfile
from typing import Any, Protocol

from benchmarks.frame import Timing, timed
from benchmarks.ledgers import make_ledger
from ledger.store import Place, Store


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one table: its columns, and the values in their order."""

    table: str
    columns: tuple[str, ...]
    values: Sequence[tuple[Any, ...]]


class Driver(Protocol):
    """A connection of the bare driver, as PEP 249 has it; it begins and ends transactions only when told to."""

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Any:
        """Execute a statement."""

    def executemany(self, statement: str, values: Sequence[Sequence[Any]]) -> Any:
        """Execute a statement once for each row."""


Spot = Path | Place
"""Where a ledger is."""


class Database(Protocol):
    """A kind of database with room for ledgers."""

    @property
    def title(self) -> str:
        """Its name, and how durable its commits are."""

    @property
    def begin(self) -> str:
        """The statement that begins a transaction which writes."""

    def place(self) -> AbstractContextManager[Spot]:
        """Give a place where no entry is; what is put there is gone afterwards."""

    def made(self, entries: int) -> Spot:
        """Make the ledger of so many entries of :mod:`benchmarks.ledgers` if it is not there; it stays."""

    def copied(self, made: Spot) -> AbstractContextManager[Spot]:
        """Give a place with a copy of a ledger, which nobody has open."""

    def driver(self, place: Spot) -> AbstractContextManager[Driver]:
        """Connect to a ledger by the bare driver, as durable as the store is."""

    def rows(self, place: Spot) -> list[Rows]:
        """Return every row of a ledger, by tables in the order that the guards demand."""

    def insert(self, rows: Rows) -> str:
        """Return the statement that inserts such a row."""

    def unguard(self, driver: Driver) -> None:
        """Take away every trigger, and leave the indexes."""


class Sqlite:
    """SQLite: a ledger is a file in a folder."""

    title = "SQLite (synchronous = FULL)"
    begin = "BEGIN IMMEDIATE"
    _pragmas = ("synchronous = FULL", "foreign_keys = ON", "recursive_triggers = ON")
    _tables = ("contents", "links", "entries", "names", "words", "voices", "tallies", "tiles", "edges")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()

    @contextmanager
    def place(self) -> Iterator[Path]:
        """See :meth:`Database.place`."""
        path = self._folder / f"place-{next(self._numbers)}.db"
        assert not path.exists(), "only one Sqlite at a time makes its places in a folder"
        try:
            yield path
        finally:
            _remove(path)

    def made(self, entries: int) -> Path:
        """See :meth:`Database.made`."""
        return make_ledger(self._folder / f"ledger-{entries}.db", entries)

    @contextmanager
    def copied(self, made: Spot) -> Iterator[Path]:
        """See :meth:`Database.copied`."""
        with self.place() as path:
            copyfile(_file(made), path)
            yield path

    @contextmanager
    def driver(self, place: Spot) -> Iterator[sqlite3.Connection]:
        """See :meth:`Database.driver`."""
        with closing(sqlite3.connect(_file(place), isolation_level=None)) as connection:
            for pragma in self._pragmas:
                connection.execute(f"PRAGMA {pragma}")
            yield connection

    def rows(self, place: Spot) -> list[Rows]:
        """See :meth:`Database.rows`."""
        with closing(sqlite3.connect(_file(place))) as connection:
            return [_rows_of(connection, table) for table in self._tables]

    def insert(self, rows: Rows) -> str:
        """See :meth:`Database.insert`."""
        names = ", ".join(f'"{each}"' for each in rows.columns)
        return f"INSERT INTO {rows.table} ({names}) VALUES ({', '.join('?' * len(rows.columns))})"

    def unguard(self, driver: Driver) -> None:
        """See :meth:`Database.unguard`."""
        for (name,) in driver.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            driver.execute(f'DROP TRIGGER "{name}"')


@contextmanager
def new_store(database: Database) -> Iterator[tuple[Store, Spot]]:
    """Give a store on a ledger without entries, and where it is."""
    with database.place() as place, Store.create(place) as store:
        yield store, place


def insert(database: Database, rows: Sequence[Rows], entries: int) -> Timing:
    """Insert the rows of a ledger by the driver, in one transaction, held to the same guards."""
    statements = [(database.insert(each), each.values) for each in rows]
    with new_store(database) as (_, place), database.driver(place) as driver, timed() as clock:
        driver.execute(database.begin)
        for statement, values in statements:
            driver.executemany(statement, values)
        driver.execute("COMMIT")
    return Timing(entries, clock.seconds)


def _file(place: Spot) -> Path:
    path = place if isinstance(place, Path) else place.path
    assert path is not None, "a ledger in SQLite is a file"
    return path


def _rows_of(connection: sqlite3.Connection, table: str) -> Rows:
    found = connection.execute(f"SELECT {'rowid, ' if table == 'words' else ''}* FROM {table}")
    return Rows(table, tuple(column[0] for column in found.description), found.fetchall())


def _remove(path: Path) -> None:
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()
