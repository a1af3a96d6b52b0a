"""The tree that is kept, held against the one that the leaves make; and the checkpoints against both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count, zip_longest
from typing import Any

from sqlalchemy import Connection, Select, Table, select, type_coerce
from sqlalchemy.types import NullType

from ledger.encoding import sha256
from ledger.errors import Problem
from ledger.schema import CHECKPOINTS, EDGES, TILES
from ledger.store.writer import log_id_of
from ledger.tlog import (
    FULL,
    HASH_SIZE,
    Checkpoint,
    Edge,
    Invalid,
    Tile,
    Verifier,
    leaf_hash,
    open_checkpoint,
    read_checkpoint,
    root_of,
)
from ledger.tlog.tile import split_hashes

_LEVELS = range(8)
_OTHER, _LACKING, _SURPLUS = "other", "lacking", "surplus"


class TreeAudit:
    """Takes the leaves in order, grows their tree, and compares.

    One cause is told once: differences side by side are one finding, and a hash that follows from the tile below it
    is none of its own. Where an entry is missing, the hash that is kept of it stands in for it.
    """

    def __init__(
        self, connection: Connection, log_id: int, verifiers: Sequence[Verifier], say: Callable[[Problem], None]
    ) -> None:
        self._connection = connection
        self._log_id = log_id
        self._say = say
        self._edge = Edge()
        self._counts: dict[int, int] = {}  # how many full tiles each level has
        self._kept: dict[int, set[int]] = {level: set() for level in _LEVELS}  # the numbers of those in the database
        self._unbroken: dict[int, int] = {}  # how many of those there are without a gap
        self._partials: dict[int, object] = {}
        self._runs: dict[int, tuple[str, int, int, Tile, Tile]] = {}  # differences that may go on, by level
        self._checkpoints: dict[int, list[Checkpoint]] = {}
        self._load_places()
        for size, digest, note in connection.execute(self._raw(CHECKPOINTS, "size", "sha256", "note")):
            self._load_checkpoint(size, digest, note, verifiers)

    def take(self, index: object, leaf: object) -> None:
        """Take the leaf of one more entry, whatever it is; one out of its place is the caller's to tell."""
        if not isinstance(index, int) or index < self._edge.size:
            return
        while self._edge.size < index:
            stand_in = self._kept_hash(self._edge.size)
            if stand_in is None:
                return
            self._grow(stand_in)
        self._grow(leaf_hash(leaf if isinstance(leaf, bytes) else str(leaf).encode(errors="replace")))

    def finish(self) -> None:
        """Compare what is left: the edge, hashes without leaves, checkpoints of more than there is."""
        partials = dict(enumerate(self._edge.partials()))
        for level in _LEVELS:
            self._finish_level(level, partials.get(level, b""))
        for level in sorted(self._runs):
            self._tell_run(level)
        for signed in sorted(self._checkpoints):
            why = f"is of more entries than the ledger has, {self._edge.size}: it was cut off, or is an older copy"
            self._tell(f"checkpoint of size {signed}", why)

    # What is kept

    def _raw(self, table: Table, *names: str) -> Select[*tuple[Any, ...]]:
        columns = [type_coerce(table.c[name], NullType()) for name in names]
        return select(*columns).where(table.c.log_id == self._log_id)

    def _load_places(self) -> None:
        for level, number in self._connection.execute(self._raw(TILES, "level", "number")):
            if level in _LEVELS and isinstance(number, int) and number >= 0:
                self._kept[level].add(number)
            else:
                self._tell(f"tile/{level}/{number}", "is the place of no tile")
        for level, numbers in self._kept.items():
            self._unbroken[level] = next(number for number in count() if number not in numbers)
        for level, hashes in self._connection.execute(self._raw(EDGES, "level", "hashes")):
            if level in _LEVELS:
                self._partials[level] = hashes
            else:
                self._tell(f"edge of level {level}", "is the place of no tile")

    def _kept_tile(self, level: int, number: int) -> object:
        if number in self._kept[level]:
            place = (TILES.c.level == level, TILES.c.number == number)
            return self._connection.execute(self._raw(TILES, "hashes").where(*place)).scalar()
        return self._partials.get(level) if number == self._edge_number(level) else None

    def _edge_number(self, level: int) -> int:
        """Which tile the partial one of a level is: the one after all full ones."""
        return max(self._unbroken[level], self._counts.get(level, 0))

    def _kept_hash(self, index: int) -> bytes | None:
        tile = self._kept_tile(0, index // FULL)
        at = index % FULL * HASH_SIZE
        found = tile[at : at + HASH_SIZE] if isinstance(tile, bytes) else b""
        return found if len(found) == HASH_SIZE else None

    # How it compares

    def _grow(self, hash_: bytes) -> None:
        for tile, hashes in self._edge.append(hash_):
            self._counts[tile.level] = tile.number + 1
            self._compare(tile.level, tile.number, hashes, self._kept_tile(tile.level, tile.number))
        for checkpoint in self._checkpoints.pop(self._edge.size, ()):
            if checkpoint.root != self._edge.root():
                why = "is of another history than these entries make"
                where = f"checkpoint of size {checkpoint.size}"
                self._tell(where, why, self._edge.root().hex(), checkpoint.root.hex())

    def _finish_level(self, level: int, partial: bytes) -> None:
        first = self._counts.get(level, 0)
        surplus = {number for number in self._kept[level] if number >= first}
        for number in sorted(surplus.union(range(first, self._edge_number(level) + 1))):
            expected = partial if number == first else b""
            self._compare(level, number, expected, self._kept_tile(level, number))

    def _compare(self, level: int, number: int, expected: bytes, got: object) -> None:
        if got == expected or (not expected and not got):
            return
        under = FULL**level
        if not got or not isinstance(got, bytes):
            tile = Tile(level, number, len(expected) // HASH_SIZE or 1)
            where = _entries(number * FULL * under, (number * FULL + tile.width) * under)
            self._tell(where, f"{tile.path}: " + ("is not bytes" if got else "is missing"))
            return
        tile = Tile(level, number, min(max(-(-len(got) // HASH_SIZE), 1), FULL))
        for place, (should, does) in enumerate(zip_longest(split_hashes(expected), split_hashes(got))):
            position = number * FULL + place
            if should != does and not self._is_told(level, position, does):
                kind = _LACKING if does is None else _SURPLUS if should is None else _OTHER
                self._run(level, kind, position, tile)

    def _is_told(self, level: int, position: int, hash_: bytes | None) -> bool:
        """Whether a hash is as the tile that is kept below it makes it, so that the difference is that tile's."""
        below = self._kept_tile(level - 1, position) if level else None
        if hash_ is None:
            return level > 0 and not below
        return isinstance(below, bytes) and root_of(split_hashes(below)) == hash_

    def _run(self, level: int, kind: str, position: int, tile: Tile) -> None:
        run = self._runs.get(level)
        if run is not None and run[0] == kind and run[2] + 1 == position:
            self._runs[level] = (kind, run[1], position, run[3], tile)
            return
        self._tell_run(level)
        self._runs[level] = (kind, position, position, tile, tile)

    def _tell_run(self, level: int) -> None:
        run = self._runs.pop(level, None)
        if run is None:
            return
        kind, first, last, begin, end = run
        under = FULL**level
        start, stop = first * under, (last + 1) * under
        if kind == _SURPLUS:
            start = max(start, self._edge.size)
        has, of = ("has", begin.path) if begin == end else ("have", f"{begin.path} to {end.path}")
        hashes = "another hash" if first == last else "other hashes"
        leaves = "its leaf" if stop - start == 1 else "their leaves"
        its = "its hash" if stop - start == 1 else "their hash" if first == last else "their hashes"
        why = {
            _OTHER: f"{has} {hashes} than {leaves}",
            _LACKING: f"{'lacks' if begin == end else 'lack'} {its}",
            _SURPLUS: f"{has} {its}, but the ledger ends before",
        }[kind]
        self._tell(_entries(start, stop), f"{of}: {why}")

    # Checkpoints

    def _load_checkpoint(self, size: object, digest: object, note: object, verifiers: Sequence[Verifier]) -> None:
        where = f"checkpoint of size {size}"
        if not isinstance(note, bytes):
            self._tell(where, "column note: is not bytes")
            return
        if sha256(note) != digest:
            self._tell(where, "column sha256: is not that of the note", sha256(note), str(digest))
        try:
            checkpoint = read_checkpoint(note)
            if any(each.name == checkpoint.origin for each in verifiers):
                open_checkpoint(note, verifiers)
        except Invalid as error:
            self._tell(where, str(error))
            return
        if log_id_of(checkpoint.origin) != self._log_id:
            self._tell(where, "is of another log", got=checkpoint.origin)
            return
        if checkpoint.size != size:
            self._tell(where, "column size: differs from its note", str(checkpoint.size), str(size))
        if checkpoint.size > 0:
            self._checkpoints.setdefault(checkpoint.size, []).append(checkpoint)

    def _tell(self, where: str, why: str, expected: str | None = None, got: str | None = None) -> None:
        self._say(Problem(where, why, expected, got))


def _entries(start: int, stop: int) -> str:
    return f"entry {start}" if stop - start == 1 else f"entries {start} to {stop - 1}"
