"""Entries appended in one transaction: leaves, tree, registers and all; against the bare driver and two libraries.

The driver gets the very rows that come of it, made beforehand, for the same tables with the same indexes and guards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks import events, sessions
from benchmarks.databases import Database, Sqlite, insert, new_store
from benchmarks.frame import Ground, Row, Timing, Trial, timed
from benchmarks.ledgers import Made, append_all, made_entries
from benchmarks.sampling import sampled

_MOST, _FEW = 200_000, 50_000
PARTS = {
    "ledger.store.writer.Writer.append": "append: the rest",
    "ledger.encoding.encode_entry": "leaves: encode",
    "ledger.encoding.encode_content": "contents: encode",
    "ledger.encoding.sha256": "contents: hash",
    "ledger.store.tree": "tree",
    "ledger.tlog": "tree",
    "ledger.names": "names",
    "ledger.text": "names",
    "ledger.resolver.fold.Fold.step": "registers: fold",
    "ledger.store.registers.Register.write": "registers: write",
    "ledger.store.search": "words",
    "ledger.store.writer.Writer.flush": "rows: insert",
}
"""What is counted as what. A function that is renamed falls to whatever calls it."""


@contextmanager
def appending(ground: Ground) -> Iterator[Trial]:
    """Append as many entries as the ground has, 200,000 at most, to a new ledger in SQLite."""
    database, entries = Sqlite(ground.folder), min(ground.entries, _MOST)
    few = min(entries, _FEW)
    made = list(made_entries(entries))
    rows, fewer = database.rows(database.made(entries)), database.rows(database.made(few))
    told = events.told_of(made)
    saved = events.events_of(told)
    batch = events.best_batch(ground.folder, saved)
    counts: Counter[str] = Counter()
    yield Trial(
        {
            "ledger": lambda: append(database, made, counts),
            "executemany": lambda: insert(database, rows, entries),
            "eventsourcing": lambda: events.save(ground.folder, saved, batch),
            "eventsourcing, from aggregates": lambda: events.trigger_and_save(ground.folder, told, batch),
            "add_all": lambda: sessions.add_all(database, fewer, few, ready=False),
            "add_all of instances": lambda: sessions.add_all(database, fewer, few, ready=True),
        },
        _rows(entries, few, batch),
        lambda: {part: count / counts.total() for part, count in counts.items()},
    )


def append(database: Database, made: Sequence[Made], counts: Counter[str]) -> Timing:
    """Append entries to a new ledger, all in one transaction."""
    with new_store(database) as (store, _), sampled(PARTS, counts), timed() as clock, store.writing() as writer:
        append_all(writer, made)
    return Timing(len(made), clock.seconds)


def _rows(entries: int, few: int, batch: int) -> list[Row]:
    work = f"{entries:,} entries appended in one transaction: leaves, tree, registers and all"

    def row(name: str, against: str, peer: str, target: float | None = None, closes: str = "") -> Row:
        return Row(name, work, against, "ledger", peer, "entries", target, closes)

    saves = f"`eventsourcing` saving as many events, {batch:,} at once (its best batch), synchronous = FULL"
    all_of = f"SQLModel `add_all` of the same rows ({few:,} entries of them)"
    return [
        row("bulk", "the driver's `executemany` of the same rows, indexes and guards", "executemany", 0.4, _DRIVER),
        row("bulk-eventsourcing", f"{saves}, the events made beforehand", "eventsourcing", 2, _EVENTS),
        row("bulk-eventsourcing-made", f"{saves}, aggregates making the events", "eventsourcing, from aggregates"),
        row("bulk-add-all", f"{all_of}, making the instances", "add_all", 4, _DRIVER),
        row("bulk-add-all-ready", f"{all_of}, the instances made beforehand", "add_all of instances"),
    ]


_DRIVER = "encoding, names and registers made in bulk rather than an entry at a time"
_EVENTS = (
    "not to be reached with these tables: an event is one row with one index, an entry is six rows with the tree, the"
    " links, the registers and the search index, and even the driver alone is no faster at inserting those"
)
