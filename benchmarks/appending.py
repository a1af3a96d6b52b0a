"""Entries appended in one transaction: leaves, tree, registers and all, against the bare driver.

The driver gets the very rows that come of it, made beforehand, for the same tables with the same indexes and guards.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.frame import Ground, Row, Timing, Trial, timed
from benchmarks.ledgers import Made, append_all, made_entries, make_ledger
from ledger.store import Store

_MOST = 200_000
Rows = dict[str, list[tuple[Any, ...]]]
_TABLES = ("contents", "links", "entries", "names", "words", "voices", "tallies", "tiles", "edges")
"""In the order that the guards demand."""
_PRAGMAS = ("synchronous = FULL", "foreign_keys = ON", "recursive_triggers = ON")


@contextmanager
def appending(ground: Ground) -> Iterator[Trial]:
    """Append as many entries as the ground has, 200,000 at most."""
    entries = min(ground.entries, _MOST)
    made = list(made_entries(entries))
    rows = _rows_of(make_ledger(ground.folder / f"ledger-{entries}.db", entries))
    fresh = (ground.folder / f"append-{number}.db" for number in count())
    yield Trial(
        {
            "ledger": lambda: _append(next(fresh), made),
            "executemany": lambda: _execute(next(fresh), rows, entries),
        },
        [
            Row(
                name="bulk",
                work=f"{entries:,} entries appended in one transaction: leaves, tree, registers and all",
                against="the driver's `executemany` of the same rows, indexes and guards",
                ours="ledger",
                peer="executemany",
                unit="entries",
            )
        ],
    )


def _append(path: Path, made: Sequence[Made]) -> Timing:
    with _new(path) as store, timed() as clock, store.writing() as writer:
        append_all(writer, made)
    return Timing(len(made), clock.seconds)


def _execute(path: Path, rows: Rows, entries: int) -> Timing:
    with _new(path), closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        with timed() as clock:
            connection.execute("BEGIN IMMEDIATE")
            for statement, values in rows.items():
                connection.executemany(statement, values)
            connection.execute("COMMIT")
    return Timing(entries, clock.seconds)


@contextmanager
def _new(path: Path) -> Iterator[Store]:
    with Store.create(path) as store:
        yield store
    path.unlink()


def _rows_of(path: Path) -> Rows:
    """Return every row of a ledger, by the statement that inserts it."""
    rows: Rows = {}
    with closing(sqlite3.connect(path)) as connection:
        for table in _TABLES:
            found = connection.execute(f"SELECT {'rowid, ' if table == 'words' else ''}* FROM {table}")
            names = ", ".join(f'"{column[0]}"' for column in found.description)
            marks = ", ".join("?" * len(found.description))
            rows[f"INSERT INTO {table} ({names}) VALUES ({marks})"] = found.fetchall()
    return rows
