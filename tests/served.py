"""Logs on a server: what a raw connection sees and does there, as whom, and what `check` says of it afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import psycopg

from ledger.model import Entry, Opening
from ledger.store import Place, Store, check, locate, log_id_of
from ledger.tlog import Verifier
from tests.servers import Server, database_in
from tests.stored import PEOPLE, SEARCHED, TABLES

ORIGIN = "example.org/desk"
OTHER = "example.org/other"
SIGNED = 260
"""How many entries of a signed log are under its checkpoint."""
GRANTED = ("claims_owner", "claims_reader", "claims_writer", "claims_redactor", "claims_host")
"""The roles of any ledger on the server."""


def role_of(origin: str) -> str:
    """The role that sees the log of that origin."""
    return f"claims_log_{log_id_of(origin):016x}"


def at(url: str, log: str | None = ORIGIN) -> Place:
    """The place of a log in a database."""
    return locate(url, log=log)


def of_log(entries: Sequence[Entry], origin: str) -> list[Entry]:
    """The same entries, in a log of another origin."""
    opening = entries[0].body
    assert isinstance(opening, Opening)
    return [replace(entries[0], body=replace(opening, origin=origin)), *entries[1:]]


@contextmanager
def raw(url: str, *settings: str) -> Iterator[psycopg.Connection]:
    """A connection of one's own to the database, with whatever settings one likes."""
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in settings:
            connection.execute(f"SET {setting}".encode())
        yield connection


def run(url: str, *statements: str, settings: Sequence[str] = ()) -> None:
    """Run statements in one transaction."""
    with raw(url, *settings) as connection, connection.transaction():
        for statement in statements:
            connection.execute(statement.encode())


def ask(url: str, question: str) -> list[tuple[Any, ...]]:
    """The rows that answer a question."""
    with raw(url) as connection:
        return connection.execute(question.encode()).fetchall()


def dump(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, as the superuser sees it."""
    with raw(url) as connection:
        return {
            table: sorted(rows(connection, table), key=repr)
            for table in (*TABLES, *SEARCHED, *PEOPLE, "alembic_version")
        }


def rows(connection: psycopg.Connection, table: str) -> list[tuple[Any, ...]]:
    """Every row of a table that this connection sees."""
    return connection.execute(f"SELECT * FROM claims.{table}".encode()).fetchall()


def told(url: str, verifiers: Sequence[Verifier] = (), log: str = ORIGIN) -> list[str]:
    """What `check` says of a log."""
    with Store.open(at(url, log), read_only=True) as store:
        return [str(problem) for problem in check(store, verifiers)]


def login(server: Server, url: str, *roles: str, options: Any = "LOGIN") -> str:
    """Make somebody who is in these roles; return the address of the database with their name in it."""
    name = server.make_role(options=options)
    with raw(url) as connection:
        for role in roles:
            connection.execute(f"GRANT {role} TO {name}".encode())
    return server.url(database_in(url), user=name)


@contextmanager
def roles_forgotten(server: Server, *origins: str) -> Iterator[None]:
    """Take the roles of ledgers from the server again, with all the rights that they were given."""
    try:
        yield
    finally:
        names = [*GRANTED, *(role_of(origin) for origin in origins)]
        with raw(server.superuser_url) as connection:
            there = [row[0] for row in connection.execute("SELECT rolname FROM pg_roles").fetchall()]
            owned = connection.execute("SELECT datname FROM pg_database WHERE datallowconn").fetchall()
        for (database,) in owned:
            for name in set(names) & set(there):
                run(
                    server.url(quote(database, "")),
                    f"REASSIGN OWNED BY {name} TO CURRENT_USER",
                    f"DROP OWNED BY {name}",
                )
        for name in set(names) & set(there):
            server.drop_role(name)
