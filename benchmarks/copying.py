"""Entries appended to PostgreSQL in one transaction, against COPY of the very rows that come of it.

COPY goes into the same tables with the same indexes and guards, table by table as the guards demand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks.appending import append
from benchmarks.databases import Rows, new_store
from benchmarks.frame import Ground, Row, Timing, Trial, timed
from benchmarks.ledgers import made_entries
from benchmarks.postgres import Postgres, postgres

_MOST = 100_000


@contextmanager
def copying(ground: Ground) -> Iterator[Trial]:
    """Append as many entries as the ground has, 100,000 at most, to a new ledger in PostgreSQL."""
    entries = min(ground.entries, _MOST)
    made = list(made_entries(entries))
    counts: Counter[str] = Counter()
    with postgres() as database:
        rows = database.rows(database.made(entries))
        yield Trial(
            {
                "ledger": lambda: append(database, made, counts),
                "copy": lambda: _copy(database, rows, entries),
            },
            [
                Row(
                    name="bulk-postgres",
                    work=f"{entries:,} entries appended in one transaction, {database.title}",
                    against="`COPY` of the same rows, by psycopg, with the same indexes and guards",
                    ours="ledger",
                    peer="copy",
                    unit="entries",
                    target=0.3,
                    closes="COPY in the place of INSERT from arrays, and rows written while the next are encoded",
                )
            ],
            lambda: {part: count / counts.total() for part, count in counts.items()},
        )


def _copy(database: Postgres, rows: Sequence[Rows], entries: int) -> Timing:
    with new_store(database) as (_, place), timed() as clock:
        database.copy(place, rows)
    return Timing(entries, clock.seconds)
