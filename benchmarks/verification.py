"""The whole ledger verified, against a loop that only reads the leaves and hashes them.

Where the time goes is sampled while it is measured. A second row verifies the leaves against the tiles alone, as who
believes the columns, the contents and the rules might; it is no substitute for the first.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

from benchmarks.frame import Ground, Row, Timing, Trial, timed
from benchmarks.ledgers import make_ledger
from benchmarks.sampling import sampled
from ledger.errors import Problem
from ledger.store import Store, check
from ledger.store.tree_audit import TreeAudit

_LEAVES = 'SELECT "index", leaf FROM entries ORDER BY "index"'
_FLOOR = "a loop that only reads the leaves and hashes them"
_ROWS = (
    Row(
        name="verification",
        work="the whole ledger verified",
        against=_FLOOR,
        ours="check",
        peer="floor",
        unit="entries",
        target=0.5,
        closes=(
            "not to be reached by Python that makes an object of each entry, for the loop takes about a microsecond an"
            " entry; it would take decoding, columns and replay in bulk (`[bulk]`: numpy, polars or DuckDB),"
            " with this check as their oracle"
        ),
    ),
    Row(
        name="verification-tree",
        work="leaves against tiles and root alone",
        against=_FLOOR,
        ours="tree",
        peer="floor",
        unit="entries",
    ),
)
_PARTS = {
    "ledger.encoding.decode_entry": "leaves: decode",
    "ledger.encoding.decode_content": "contents: decode",
    "ledger.encoding.sha256": "contents: hash",
    "ledger.rules.check": "rules: structure",
    "ledger.rules.check_contents": "rules: texts",
    "ledger.names": "rules: names",
    "ledger.resolver.fold.Fold.step": "replay: fold",
    "ledger.resolver.facts": "replay: facts in memory",
    "ledger.examination": "history: the rest",
    "ledger.store.tree_audit": "tree",
    "ledger.store.search": "words",
    "ledger.store.audit._Audit._check_words": "words",
    "ledger.store.audit._Audit._check_search": "words: index",
    "ledger.store.audit._Audit._compare_columns": "columns",
    "ledger.store.writer.row_of": "columns",
    "ledger.store.audit._Audit._check_links": "links",
    "ledger.store.audit._Audit._contents_between": "contents: read",
    "ledger.store.audit._Audit._check_names": "registers",
    "ledger.store.audit._Audit._check_registers": "registers",
    "ledger.store.audit._Audit._check_file": "file: integrity_check",
    "ledger.store.audit._Audit._check_schema": "file: schema",
    "ledger.store.audit._Audit._check_leaves": "leaves: read",
    "ledger.store.audit._Audit._check_row": "the rest",
}
"""What is counted as what. A function that is renamed falls to whatever calls it."""


@contextmanager
def verification(ground: Ground) -> Iterator[Trial]:
    """Verify a ledger of the ground's size."""
    path = make_ledger(ground.folder / f"ledger-{ground.entries}.db", ground.entries)
    counts: Counter[str] = Counter()
    with Store.open(path, read_only=True) as store:
        yield Trial(
            {
                "floor": lambda: _floor(path),
                "check": lambda: _check(store, ground.entries, counts),
                "tree": lambda: _tree(store),
            },
            _ROWS,
            lambda: {part: count / counts.total() for part, count in counts.items()},
        )


def _floor(path: Path) -> Timing:
    done = 0
    with closing(sqlite3.connect(path)) as connection, timed() as clock:
        for _, leaf in connection.execute(_LEAVES):
            sha256(b"\x00" + leaf).digest()
            done += 1
    return Timing(done, clock.seconds)


def _check(store: Store, entries: int, counts: Counter[str]) -> Timing:
    with sampled(_PARTS, counts), timed() as clock:
        problems = check(store)
    assert not problems, problems[:3]
    return Timing(entries, clock.seconds)


def _tree(store: Store) -> Timing:
    problems: list[Problem] = []
    done = 0
    with timed() as clock, store.transaction() as connection:
        audit = TreeAudit(connection, store.log_on(connection), (), problems.append)
        for index, leaf in connection.exec_driver_sql(_LEAVES, execution_options={"yield_per": 1_000}):
            audit.take(index, leaf)
            done += 1
        audit.finish()
    assert not problems, problems[:3]
    return Timing(done, clock.seconds)
