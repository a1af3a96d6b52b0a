"""Rows into tables by the driver, in the fewest statements: many at once in SQLite, arrays in PostgreSQL.

The statements are made once a table and dialect. Only moments need a conversion that the drivers do not know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import BigInteger, Boolean, Connection, Integer, LargeBinary, Table, Text
from sqlalchemy.engine import url
from sqlalchemy.types import TypeEngine

from ledger.schema import UtcTime
from ledger.times import format_utc

Columns = dict[str, Any]
"""A row, by the names of its columns."""

Values = tuple[Any, ...]
"""A row, by the order of its columns."""

_ARRAYS: tuple[tuple[type, str], ...] = (
    (BigInteger, "bigint[]"),
    (Boolean, "boolean[]"),
    (Integer, "integer[]"),
    (LargeBinary, "bytea[]"),
    (UtcTime, "timestamptz[]"),
    (Text, "text[]"),
)


@dataclass(frozen=True, slots=True)
class _Shape:
    """The statements of one table in one dialect; ``converted`` are the columns that hold moments.

    ``of_one`` has the shorter way to put in a single row, by the statement for many.
    """

    columns: tuple[str, ...]
    keys: tuple[str, ...]
    insert: str
    upsert: str
    delete: str
    of_one: Mapping[str, str]
    converted: tuple[tuple[str, Callable[[Any], Any]], ...]


def insert(connection: Connection, table: Table, rows: Sequence[Columns]) -> None:
    """Insert rows, each with every column of the table."""
    if rows:
        shape = _shape(table, connection.dialect.name)
        _run(connection, shape.insert, shape.columns, shape, _values(shape.columns, rows))


def insert_values(connection: Connection, table: Table, values: Sequence[Values]) -> None:
    """As :func:`insert`, of rows that are values in the order of the table's columns."""
    if values:
        shape = _shape(table, connection.dialect.name)
        _run(connection, shape.insert, shape.columns, shape, values)


def upsert(connection: Connection, table: Table, rows: Sequence[Columns]) -> None:
    """Insert rows, or replace those of the same primary key."""
    if rows:
        shape = _shape(table, connection.dialect.name)
        _run(connection, shape.upsert, shape.columns, shape, _values(shape.columns, rows))


def delete(connection: Connection, table: Table, keys: Sequence[Columns]) -> None:
    """Delete the rows of these primary keys."""
    if keys:
        shape = _shape(table, connection.dialect.name)
        _run(connection, shape.delete, shape.keys, shape, _values(shape.keys, keys))


def _values(columns: tuple[str, ...], rows: Sequence[Columns]) -> Sequence[Values]:
    return list(map(itemgetter(*columns), rows))


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """Send what is written inside the block without waiting for each answer; failures come at its end."""
    if connection.dialect.name == "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    try:
        with driver.pipeline():
            yield
    except Exception as error:
        if driver.closed:
            connection.invalidate(error)
        raise


def _run(
    connection: Connection, statement: str, columns: tuple[str, ...], shape: _Shape, values: Sequence[Values]
) -> None:
    for name, convert in shape.converted:
        if name in columns:
            at = columns.index(name)
            values = [(*each[:at], convert(each[at]), *each[at + 1 :]) for each in values]
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(statement, list(values))
    elif len(values) == 1 and statement in shape.of_one:
        connection.exec_driver_sql(shape.of_one[statement], tuple(values[0]))
    else:
        connection.exec_driver_sql(statement, tuple(map(list, zip(*values, strict=True))))


@cache
def _shape(table: Table, dialect: str) -> _Shape:
    columns = tuple(column.name for column in table.c)
    keys = tuple(column.name for column in table.primary_key.columns)
    quoted = [f'"{name}"' for name in columns]
    names, place = ", ".join(quoted), ", ".join(f'"{name}"' for name in keys)
    rest = ", ".join(f'"{name}" = excluded."{name}"' for name in columns if name not in keys)
    replaced = f" ON CONFLICT ({place}) DO UPDATE SET {rest}"
    of_one: dict[str, str] = {}
    if dialect == "sqlite":
        inserted = f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join("?" * len(columns))})'
        gone = f'DELETE FROM "{table.name}" WHERE ' + " AND ".join(f'"{name}" = ?' for name in keys)
    else:
        inserted = f'INSERT INTO "{table.name}" ({names}) SELECT * FROM unnest({_arrays(table, columns)})'
        one = f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join(["%s"] * len(columns))})'
        of_one = {inserted: one, inserted + replaced: one + replaced}
        gone = (
            f'DELETE FROM "{table.name}" WHERE ({place}) IN (SELECT * FROM unnest({_arrays(table, keys)}) AS gone'
            f"({', '.join(f'k{number}' for number in range(len(keys)))}))"
        )
    return _Shape(columns, keys, inserted, inserted + replaced, gone, of_one, _conversions(table, dialect))


def _arrays(table: Table, columns: Sequence[str]) -> str:
    return ", ".join(f"%s::{_array_of(table.c[name].type)}" for name in columns)


def _array_of(kind: TypeEngine[Any]) -> str:
    return next(array for each, array in _ARRAYS if isinstance(kind, each))


def _conversions(table: Table, dialect: str) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    return tuple(
        (column.name, _as_kept(column.type, dialect)) for column in table.c if isinstance(column.type, UtcTime)
    )


def _as_kept(kind: UtcTime, dialect: str) -> Callable[[Any], Any]:
    if dialect == "sqlite":
        return lambda moment: None if moment is None else format_utc(moment)
    named = url.make_url(f"{dialect}://").get_dialect()()
    return lambda moment: kind.process_bind_param(moment, named)
