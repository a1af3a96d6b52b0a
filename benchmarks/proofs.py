"""Proofs of inclusion a second at random indexes, against the tree of ``pymerkle`` in a SQLite file of its own.

Both sides prove the same indexes. ``pymerkle`` keeps the root of each subtree of 128 leaves and more that it has
computed since it was opened, so it gets faster the longer it goes on; a :class:`~ledger.store.Reader` keeps some tiles.
The rows tell how that goes: the first 200 proofs after opening, the first 1,000, and those of a process that has
computed everything once. Opening the files is outside the clock; so is the check that each proof of ours is put to.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from pymerkle import SqliteTree

from benchmarks.frame import Ground, Row, Timing, Trial, timed
from benchmarks.ledgers import make_ledger
from ledger.store import Reader, Store
from ledger.tlog import TileNodes, check_inclusion, leaf_hash, prove_inclusion

_SEED = 20170420
_FEW, _MANY, _MOST = 200, 1_000, 5_000
_BLOCK = 128  # leaves of the smallest subtree that pymerkle keeps
_TILE = (
    "the hashing of the tile of leaves that each index falls into (255 hashes, half of the time of a proof), and the"
    " query for it: more tiles kept in memory, and the query made by the driver instead of SQLAlchemy"
)
_ROWS = (
    Row(
        name="proofs-200",
        work=f"inclusion proofs, the first {_FEW} of a reader",
        against=f"`pymerkle.SqliteTree`, the first {_FEW} since it was opened",
        ours="ledger, 200 a reader",
        peer="pymerkle, first 200",
        unit="proofs",
        target=100,
        closes=_TILE,
    ),
    Row(
        name="proofs-fresh",
        work="inclusion proofs, a new reader for each",
        against=f"`pymerkle.SqliteTree`, the first {_FEW} since it was opened",
        ours="ledger, 1 a reader",
        peer="pymerkle, first 200",
        unit="proofs",
    ),
    Row(
        name="proofs-1000",
        work=f"inclusion proofs, the first {_MANY:,} of a reader",
        against=f"`pymerkle.SqliteTree`, the first {_MANY:,} since it was opened",
        ours="ledger, 1,000 a reader",
        peer="pymerkle, first 1,000",
        unit="proofs",
    ),
    Row(
        name="proofs-warm",
        work="inclusion proofs of a reader that has proved everything once",
        against="`pymerkle.SqliteTree` that has computed every subtree once",
        ours="ledger, warm",
        peer="pymerkle, warm",
        unit="proofs",
    ),
)


@contextmanager
def proofs(ground: Ground) -> Iterator[Trial]:
    """Prove on a ledger, and on a tree of ``pymerkle`` with the same leaves."""
    path = make_ledger(ground.folder / f"ledger-{ground.entries}.db", ground.entries)
    leaves = ground.folder / f"pymerkle-{ground.entries}.db"
    indexes = random.Random(_SEED).choices(range(ground.entries), k=_MOST)
    few, many = (20, 40) if ground.small else (_FEW, _MANY)
    with (
        Store.open(path, read_only=True) as store,
        store.reading() as reader,
        closing(_peer(path, leaves, reader)) as warm,
    ):
        nodes = reader.nodes()
        for index in range(0, ground.entries, _BLOCK):
            warm.prove_inclusion(index + 1)
            prove_inclusion(nodes, index, reader.size)
        yield Trial(
            {
                "ledger, 200 a reader": lambda: _ours(store, indexes, few),
                "ledger, 1,000 a reader": lambda: _ours(store, indexes, many),
                "ledger, 1 a reader": lambda: _ours(store, indexes[:many], 1),
                "ledger, warm": lambda: _prove(reader, nodes, indexes),
                "pymerkle, first 200": lambda: _opened(leaves, indexes[:few]),
                "pymerkle, first 1,000": lambda: _opened(leaves, indexes[:many]),
                "pymerkle, warm": lambda: _theirs(warm, indexes),
            },
            _ROWS,
        )


def _ours(store: Store, indexes: Sequence[int], a_reader: int) -> Timing:
    """Prove with a new reader each so many proofs."""
    seconds = 0.0
    for start in range(0, len(indexes), a_reader):
        with timed() as clock, store.reading() as reader:
            found = _proved(reader.nodes(), indexes[start : start + a_reader])
        seconds += clock.seconds
        with store.reading() as reader:
            _check(reader, found)
    return Timing(len(indexes), seconds)


def _prove(reader: Reader, nodes: TileNodes, indexes: Sequence[int]) -> Timing:
    with timed() as clock:
        found = _proved(nodes, indexes)
    _check(reader, found)
    return Timing(len(indexes), clock.seconds)


def _proved(nodes: TileNodes, indexes: Sequence[int]) -> list[tuple[int, list[bytes]]]:
    return [(index, prove_inclusion(nodes, index, nodes.size)) for index in indexes]


def _check(reader: Reader, found: Sequence[tuple[int, list[bytes]]]) -> None:
    root = reader.root()
    for index, proof in found:
        check_inclusion(proof, index, reader.size, leaf_hash(reader.leaf(index)), root)


def _opened(path: Path, indexes: Sequence[int]) -> Timing:
    with closing(SqliteTree(str(path))) as tree:
        return _theirs(tree, indexes)


def _theirs(tree: SqliteTree, indexes: Sequence[int]) -> Timing:
    with timed() as clock:
        for index in indexes:
            tree.prove_inclusion(index + 1)
    return Timing(len(indexes), clock.seconds)


def _peer(ledger: Path, path: Path, reader: Reader) -> SqliteTree:
    """Open the tree of the other side, made of the same leaves if it is not there; it has the same root."""
    if not path.exists():
        begun = path.with_suffix(".begun")
        begun.unlink(missing_ok=True)
        with closing(sqlite3.connect(ledger)) as source, closing(SqliteTree(str(begun))) as tree:
            leaves = source.execute('SELECT leaf FROM entries ORDER BY "index"')
            tree.append_entries(leaf for (leaf,) in leaves)
        begun.rename(path)
    tree = SqliteTree(str(path))
    assert tree.get_root() == reader.root(), "both trees are over the same leaves"
    return tree
