"""The Merkle tree over the leaves, kept as tiles: an append adds to the right edge, a proof reads a few rows.

Full tiles stand in ``tiles`` and never change; the partial tile of each level stands in ``edges`` and is
replaced in the transaction of the entries that widen it. Both follow from the leaves; ``audit`` derives
them again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, Integer, bindparam, func, select

from ledger.encoding import sha256
from ledger.errors import Unavailable
from ledger.schema import CHECKPOINTS, EDGES, ENTRIES, TILES
from ledger.store import rows
from ledger.store.failures import VERIFY
from ledger.store.rows import Columns
from ledger.tlog import FULL, HASH_SIZE, Edge, Invalid, Tile, leaf_hash

_AT_ONCE = 1_000
_T, _E, _C = TILES.c, EDGES.c, CHECKPOINTS.c
_TILE = select(_T.hashes).where(
    _T.log_id == bindparam("log"), _T.level == bindparam("level"), _T.number == bindparam("number")
)
_SIZE = select(func.max(ENTRIES.c.index) + 1).where(ENTRIES.c.log_id == bindparam("log")).scalar_subquery()
_PARTIAL = select(_E.hashes).where(
    _E.log_id == bindparam("log"),
    _E.level == bindparam("level"),
    # An edge does not say which tile it is: the one after those that the entries fill.
    bindparam("number", type_=BigInteger) == _SIZE // bindparam("under", type_=BigInteger),
)
_EDGE = select(_E.level, _E.hashes).where(_E.log_id == bindparam("log"))
_ALL = select(_C.size, _C.note).where(_C.log_id == bindparam("log")).order_by(_C.size, _C.sha256)
_FIRST = _ALL.where(_C.size <= bindparam("size"))
# Of one size, the note with the most signatures: the cosigned one.
_NEWEST = (
    _FIRST.order_by(None)
    .order_by(_C.size.desc(), func.length(_C.note).desc(), _C.sha256.desc())
    .limit(bindparam("most", type_=Integer))
)
_LEAVES = select(ENTRIES.c.leaf).where(ENTRIES.c.log_id == bindparam("log")).order_by(ENTRIES.c.index)


class TreeWriter:
    """The right edge of a log's tree, and the tiles that appends have filled since it was last written."""

    def __init__(self, connection: Connection, log_id: int, size: int) -> None:
        """Take up the tree of ``size`` leaves. Raises ``Unavailable`` if what is kept is another tree."""
        self._connection = connection
        self._log_id = log_id
        self._full: list[Columns] = []
        self.edge, self._written = _edge(connection, log_id, size)

    def append(self, leaf: bytes) -> None:
        """Take one more leaf."""
        for tile, hashes in self.edge.append(leaf_hash(leaf)):
            place = {"log_id": self._log_id, "level": tile.level, "number": tile.number}
            self._full.append(place | {"hashes": hashes})

    def write(self) -> None:
        """Write the tiles, and of the edge what changed."""
        rows.insert(self._connection, TILES, self._full)
        self._full = []
        partials = {level: hashes for level, hashes in enumerate(self.edge.partials()) if hashes}
        gone = [{"log_id": self._log_id, "level": level} for level in self._written.keys() - partials.keys()]
        rows.delete(self._connection, EDGES, gone)
        wider = {level: hashes for level, hashes in partials.items() if self._written.get(level) != hashes}
        place = {"log_id": self._log_id}
        rows.upsert(self._connection, EDGES, [place | {"level": level, "hashes": h} for level, h in wider.items()])
        self._written = partials


def _edge(connection: Connection, log_id: int, size: int) -> tuple[Edge, dict[int, bytes]]:
    """Take up the edge of a tree; return it, and what is kept of it by level."""
    kept: dict[int, bytes] = {row[0]: row[1] for row in connection.execute(_EDGE, {"log": log_id})}
    try:
        return Edge(size, [kept.get(level, b"") for level in range(max(kept, default=-1) + 1)]), kept
    except (Invalid, TypeError) as error:
        raise Unavailable(f"tree: its edge is damaged: {error}", next=VERIFY) from error


def read_tile(connection: Connection, log_id: int, tile: Tile) -> bytes:
    """Return the hashes of a tile, however wide it is now. Raises ``Unavailable`` if there are fewer."""
    given: dict[str, Any] = {"log": log_id, "level": tile.level, "number": tile.number}
    hashes = connection.execute(_TILE, given).scalar()
    if hashes is None:
        hashes = connection.execute(_PARTIAL, given | {"under": FULL ** (tile.level + 1)}).scalar()
    wanted = tile.width * HASH_SIZE
    if not isinstance(hashes, bytes) or len(hashes) < wanted:
        raise Unavailable(f"tree: {tile.path} is missing", next=VERIFY)
    return hashes[:wanted]


def checkpoints(connection: Connection, log_id: int, size: int | None) -> Iterator[tuple[int, bytes]]:
    """Yield the size and the note of each checkpoint of a prefix, the oldest first; with None, of whatever is there."""
    for row in connection.execute(_ALL if size is None else _FIRST, {"log": log_id, "size": size}):
        yield _checkpoint(row)


def newest_checkpoints(connection: Connection, log_id: int, size: int, most: int) -> list[tuple[int, bytes]]:
    """Return the size and the note of the newest checkpoints of a prefix, the newest first."""
    given = {"log": log_id, "size": size, "most": most}
    return [_checkpoint(row) for row in connection.execute(_NEWEST, given)]


def _checkpoint(row: Sequence[Any]) -> tuple[int, bytes]:
    size, note = row
    if not isinstance(size, int) or not isinstance(note, bytes):
        raise Unavailable(f"checkpoints: that of size {size} is damaged", next=VERIFY)
    return size, note


def catch_up(connection: Connection) -> None:
    """Put in the tiles of the logs that have none: those of a ledger that is older than the tables."""
    begun = set(connection.execute(select(_E.log_id).union(select(_T.log_id))).scalars())
    for log_id in connection.execute(select(ENTRIES.c.log_id).distinct()).scalars().all():
        if log_id in begun:
            continue
        tree = TreeWriter(connection, log_id, 0)
        options = {"yield_per": _AT_ONCE}
        for leaves in connection.execute(_LEAVES, {"log": log_id}, execution_options=options).scalars().partitions():
            for leaf in leaves:
                # What is no bytes is no leaf, and `audit` says so; it is no reason to keep anybody from the ledger.
                tree.append(leaf if isinstance(leaf, bytes) else str(leaf).encode(errors="replace"))
            tree.write()


def keep_checkpoint(connection: Connection, log_id: int, size: int, note: bytes) -> None:
    """Add a checkpoint of ``size`` leaves; one that is there already stays as it is."""
    place = {"log_id": log_id, "size": size, "sha256": sha256(note)}
    there = select(_C.note).where(*(CHECKPOINTS.c[name] == value for name, value in place.items()))
    if connection.execute(there).first() is None:
        rows.insert(connection, CHECKPOINTS, [place | {"note": note}])
