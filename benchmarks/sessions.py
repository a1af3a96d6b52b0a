"""The peer SQLModel: the same rows as instances of the table classes, by ``add_all``, in one transaction.

The session is flushed and emptied a few thousand rows at a time, table by table as the guards demand; that is faster
than all at once, and takes the less memory. The words have no class, since no ORM maps SQLite's full text index, and go
in by the driver on both sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlmodel import Session

from benchmarks.databases import Database, Rows, new_store
from benchmarks.frame import Timing, timed
from ledger import tables
from ledger.schema import UtcTime
from ledger.times import parse_utc

_AT_ONCE = 2_000
_CLASSES: Mapping[str, type[tables.Row]] = {str(each.__tablename__): each for each in tables.Row.__subclasses__()}


def add_all(database: Database, rows: Sequence[Rows], entries: int, *, ready: bool) -> Timing:
    """Insert the rows; with ``ready``, making the instances is outside the clock."""
    seconds = 0.0
    with (
        new_store(database) as (store, _),
        store.transaction(writing=True) as connection,
        Session(connection) as session,
    ):
        for table in rows:
            if table.table not in _CLASSES:
                with timed() as clock:
                    connection.exec_driver_sql(database.insert(table), list(table.values))
                seconds += clock.seconds
                continue
            for chunk in _chunked(table):
                with timed() as making:
                    instances = [_CLASSES[table.table](**row) for row in chunk]
                with timed() as clock:
                    session.add_all(instances)
                    session.flush()
                    session.expunge_all()
                seconds += clock.seconds + (0 if ready else making.seconds)
        with timed() as clock:
            session.commit()
    return Timing(entries, seconds + clock.seconds)


def _chunked(rows: Rows) -> Iterator[list[dict[str, Any]]]:
    """Cut the rows into some thousands each, with moments where the classes have moments."""
    types = {column.name: column.type for column in tables.Row.metadata.tables[rows.table].columns}
    times = {name for name in rows.columns if isinstance(types[name], UtcTime)}
    for start in range(0, len(rows.values), _AT_ONCE):
        yield [
            {
                name: parse_utc(value) if name in times and isinstance(value, str) else value
                for name, value in zip(rows.columns, values, strict=True)
            }
            for values in rows.values[start : start + _AT_ONCE]
        ]
