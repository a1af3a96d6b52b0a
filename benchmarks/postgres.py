"""PostgreSQL to measure on: a server of our own whose commits wait for the disk, and a database for each ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from benchmarks.databases import Driver, Rows, Spot
from benchmarks.ledgers import ORIGIN, append_in_batches, made_entries
from ledger.store import Place, Store, locate
from tests.servers import Server, database_in, running

_TABLES = ("contents", "links", "entries", "names", "words", "voices", "tallies", "tiles", "edges")


class Postgres:
    """PostgreSQL: a ledger is a database on a server."""

    begin = "BEGIN"

    def __init__(self, server: Server) -> None:
        self._server = server
        self._empty = server.fresh_database()
        Store.migrate(self._empty)
        number = server.version()
        self.title = f"PostgreSQL {number // 10_000}.{number % 10_000} (synchronous_commit = on)"

    @contextmanager
    def place(self) -> Iterator[Place]:
        """See :meth:`Database.place`."""
        with self._like(self._empty) as url:
            yield locate(url, log=ORIGIN)

    def made(self, entries: int) -> Place:
        """See :meth:`Database.made`; it stays as long as the server."""
        place = locate(self._server.fresh_database(template=database_in(self._empty)), log=ORIGIN)
        with Store.create(place) as store:
            append_in_batches(store, made_entries(entries))
        with self.driver(place) as driver:
            driver.execute("VACUUM ANALYZE")  # as the server does in a while by itself
        return place

    @contextmanager
    def copied(self, made: Spot) -> Iterator[Place]:
        """See :meth:`Database.copied`."""
        with self._like(_url(made)) as url:
            yield locate(url, log=ORIGIN)

    @contextmanager
    def driver(self, place: Spot) -> Iterator[psycopg.Cursor[Any]]:
        """See :meth:`Database.driver`."""
        with psycopg.connect(_url(place), autocommit=True) as connection, connection.cursor() as cursor:
            yield cursor

    def rows(self, place: Spot) -> list[Rows]:
        """See :meth:`Database.rows`."""
        with self.driver(place) as driver:
            return [_rows_of(driver, table) for table in _TABLES]

    def insert(self, rows: Rows) -> str:
        """See :meth:`Database.insert`."""
        return f"INSERT INTO {rows.table} ({_named(rows)}) VALUES ({', '.join(['%s'] * len(rows.columns))})"

    def copy(self, place: Spot, tables: Sequence[Rows]) -> None:
        """Copy rows into a ledger, in one transaction."""
        with psycopg.connect(_url(place)) as connection, connection.cursor() as cursor:
            for rows in tables:
                with cursor.copy(f"COPY {rows.table} ({_named(rows)}) FROM STDIN".encode()) as copy:
                    for values in rows.values:
                        copy.write_row(values)

    def unguard(self, driver: Driver) -> None:
        """See :meth:`Database.unguard`."""
        found = driver.execute("SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
        for name, table in found.fetchall():
            driver.execute(f'DROP TRIGGER "{name}" ON {table}')

    @contextmanager
    def _like(self, url: str) -> Iterator[str]:
        made = self._server.fresh_database(template=database_in(url))
        try:
            yield made
        finally:
            self._server.drop(made)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Give a server that is as durable as it comes; gone after the block."""
    with running(durable=True) as server:
        yield Postgres(server)


def _url(place: Spot) -> str:
    assert isinstance(place, Place) and place.url is not None, "a ledger in PostgreSQL has an address"
    return place.url


def _rows_of(driver: Driver, table: str) -> Rows:
    found = driver.execute(f"SELECT * FROM {table}")
    return Rows(table, tuple(column.name for column in found.description), found.fetchall())


def _named(rows: Rows) -> str:
    return ", ".join(f'"{each}"' for each in rows.columns)
