"""A log from one database into another: the same leaves and contents, and all that was made from them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Table, select

from ledger.schema import CHECKPOINTS, CONTENTS, EDGES, ENTRIES, LINKS, NAMES, TALLIES, TILES, VOICES
from ledger.store import rows, search
from ledger.store.rows import Columns

# In the order that the guards demand: what belongs to an entry before it, what rests on entries after them.
_TABLES = (CONTENTS, LINKS, ENTRIES, NAMES, VOICES, TALLIES, TILES, EDGES, CHECKPOINTS)
_AT_ONCE = 1_000


def copy_log(source: Connection, target: Connection, log_id: int) -> None:
    """Copy a log into a database that has nothing of it yet, inside the transaction of ``target``."""
    for table in _TABLES:
        for batch in _rows_of(source, table, log_id):
            rows.insert(target, table, batch)
    index = search.index_of(target)
    for words in search.unread(source, 0, log_id):
        index.add(target, words)


def _rows_of(source: Connection, table: Table, log_id: int) -> Iterator[list[Columns]]:
    statement = select(table).where(table.c.log_id == log_id).order_by(*table.primary_key.columns)
    found = source.execute(statement, execution_options={"yield_per": _AT_ONCE})
    for part in found.mappings().partitions():
        yield [dict(row) for row in part]
