"""Tiles and entry bundles (C2SP tlog-tiles), and how a tree grows by them.

A tile holds up to 256 hashes side by side; at level ``L`` its i-th is the root of the ``256**L`` leaves from
``(number * 256 + i) * 256**L`` on. A full tile never changes, and a partial one is never hashed upward. So all that a
tree of any size needs to grow is its :class:`Edge`: the partial tile of each level.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import zip_longest

from ledger.tlog.tree import EMPTY_ROOT, HASH_SIZE, Invalid, node_hash

FULL = 256
"""How many hashes a full tile has, and how many entries a full bundle."""

_HEIGHT = 8
_PAIR = 2 * HASH_SIZE
_TOP = 63
_MAX_ENTRY = 65_535
_CACHED = 128
_PATH = re.compile(r"tile/(entries|0|[1-5]?[0-9]|6[0-3])/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile by its place: ``level`` from 0 to 63, ``number`` within the level, ``width`` from 1 to 256 hashes."""

    level: int
    number: int
    width: int = FULL

    @property
    def path(self) -> str:
        """Where it is published, as ``tile/0/x001/067`` or, with less than 256 hashes, ``tile/0/x001/067.p/5``."""
        return _path(str(self.level), self.number, self.width)

    @property
    def is_full(self) -> bool:
        """Whether it has 256 hashes, and so never changes."""
        return self.width == FULL


def bundle_path(number: int, width: int = FULL) -> str:
    """Return where the bundle of the entries from ``number * 256`` on is published, as ``tile/entries/000.p/3``."""
    return _path("entries", number, width)


def _path(level: str, number: int, width: int) -> str:
    assert 1 <= width <= FULL, "an empty tile is not served"
    partial = "" if width == FULL else f".p/{width}"
    return f"tile/{level}/{format_number(number)}{partial}"


def format_number(number: int) -> str:
    """Write the number of a tile in groups of three digits, all but the last with an x: ``x001/x234/067``."""
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


def parse_path(path: str) -> Tile | tuple[int, int]:
    """Read a path: a :class:`Tile`, or number and width of an entry bundle. Raises :class:`Invalid`."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise Invalid(f"{path!r} is no path of a tile")
    level, groups, partial = match.groups()
    number = int(groups.replace("/", "").replace("x", ""))
    width = FULL if partial is None else int(partial)
    if format_number(number) != groups or (partial is not None and width >= FULL):
        raise Invalid(f"{path!r} is no path of a tile")
    return (number, width) if level == "entries" else Tile(int(level), number, width)


def tile_at(level: int, number: int, size: int) -> Tile:
    """Return a tile as it stands in a tree of ``size`` leaves. It must have a hash at least."""
    width = min(FULL, (size >> _HEIGHT * level) - number * FULL)
    assert width > 0, "an empty tile is not served"
    return Tile(level, number, width)


def tiles_of(size: int) -> Iterator[Tile]:
    """Yield every tile of a tree, level by level, from left to right."""
    return tiles_between(0, size)


def tiles_between(old: int, size: int) -> Iterator[Tile]:
    """Yield the tiles of a tree of ``size`` leaves that one of ``old`` leaves has not got, or has with fewer hashes."""
    for level in range(_TOP + 1):
        before, now = old >> _HEIGHT * level, size >> _HEIGHT * level
        if not now:
            return
        if before == now:
            continue
        for number in range(before // FULL, -(-now // FULL)):
            yield tile_at(level, number, size)


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Write a bundle: each entry after its length as a big-endian uint16. Raises :class:`Invalid` for a long one."""
    pieces = []
    for entry in entries:
        if len(entry) > _MAX_ENTRY:
            raise Invalid(f"an entry has {len(entry):,} bytes; a bundle takes at most {_MAX_ENTRY:,}")
        pieces += [len(entry).to_bytes(2), entry]
    return b"".join(pieces)


def decode_bundle(data: bytes, width: int) -> list[bytes]:
    """Read the ``width`` entries of a bundle. Raises :class:`Invalid` if there are more or fewer, or a rest."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 2])
        entry = data[at + 2 : at + 2 + length]
        if at + 2 > len(data) or len(entry) < length:
            raise Invalid(f"the bundle is cut off in entry {len(entries)} of it")
        entries.append(entry)
        at += 2 + length
    if len(entries) != width:
        raise Invalid(f"the bundle has {len(entries)} entries instead of {width}")
    return entries


def split_hashes(data: bytes) -> list[bytes]:
    """Read the hashes of a tile."""
    return [data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE)]


def differing(tile: Tile, expected: bytes, got: bytes) -> Iterator[str]:
    """Name the entries for which a tile has another hash than it should; those at its end as one."""
    under = FULL**tile.level
    for place, pair in enumerate(zip_longest(split_hashes(expected), split_hashes(got))):
        if pair[0] != pair[1]:
            first = (tile.number * FULL + place) * under
            yield f"entry {first}" if under == 1 else f"entries {first} to {first + under - 1}"


class Edge:
    """The right edge of a tree: the partial tile of each level, from the leaves up.

    It is all that is needed to append, and to know the root, without the past.
    """

    def __init__(self, size: int = 0, partials: Sequence[bytes] = ()) -> None:
        """Take up a tree of ``size`` leaves; ``partials`` are its partial tiles by level, empty where there is none.

        Raises :class:`Invalid` if they are not those of a tree of that size.
        """
        self.size = size
        self._rows = [split_hashes(each) for each in partials]
        while self._rows and not self._rows[-1]:
            self._rows.pop()
        widths = [len(each) for each in partials]
        expected = [(size >> _HEIGHT * level) % FULL for level in range(len(widths))]
        if widths != [HASH_SIZE * width for width in expected] or self._above():
            raise Invalid(f"these are not the partial tiles of a tree of size {size}")

    def _above(self) -> int:
        """The hashes that would stand on levels for which there is no row."""
        return self.size >> _HEIGHT * len(self._rows)

    def append(self, leaf: bytes) -> list[tuple[Tile, bytes]]:
        """Take the hash of one more leaf; return the full tiles that it completes, with their bytes."""
        self.size += 1
        completed: list[tuple[Tile, bytes]] = []
        carried: bytes | None = leaf
        level = 0
        while carried is not None:
            if level == len(self._rows):
                self._rows.append([])
            row = self._rows[level]
            row.append(carried)
            carried = None
            if len(row) == FULL:
                number = (self.size >> _HEIGHT * (level + 1)) - 1
                hashes = b"".join(row)
                completed.append((Tile(level, number), hashes))
                carried = _rows_above(hashes)[-1]
                self._rows[level] = []
                level += 1
        return completed

    def partials(self) -> list[bytes]:
        """Return the bytes of the partial tile of each level, empty where there is none."""
        return [b"".join(row) for row in self._rows]

    def root(self) -> bytes:
        """Return the root of the tree."""
        peaks: list[bytes] = []
        for row in reversed(self._rows):
            above, at = _rows_above(b"".join(row)), 0
            for height in reversed(range(_HEIGHT)):
                if len(row) >> height & 1:
                    place = (at >> height) * HASH_SIZE
                    peaks.append(above[height][place : place + HASH_SIZE])
                    at += 1 << height
        if not peaks:
            return EMPTY_ROOT
        root = peaks.pop()
        while peaks:
            root = node_hash(peaks.pop(), root)
        return root


def _rows_above(hashes: bytes) -> list[bytes]:
    """The hashes of a tile, then those of the complete pairs of each row before; the last is the root of a full one."""
    rows = [hashes]
    for _ in range(_HEIGHT):
        below = rows[-1]
        whole = len(below) - len(below) % _PAIR
        # Side by side in the tile, two hashes are what `node_hash` would put side by side.
        pairs = [sha256(b"\x01" + below[i : i + _PAIR]).digest() for i in range(0, whole, _PAIR)]
        rows.append(b"".join(pairs))
    return rows


class TileNodes:
    """The nodes of a tree of ``size`` leaves, from its tiles; ``read`` gives the bytes of a tile.

    What is read is believed: who does not trust the tiles checks the proof that is made of them.
    """

    def __init__(self, read: Callable[[Tile], bytes], size: int) -> None:
        self.size = size
        self._read = read
        self._rows: dict[tuple[int, int], list[bytes]] = {}  # by level and number

    def node(self, level: int, index: int) -> bytes:
        """See :class:`~ledger.tlog.tree.Nodes`. Raises :class:`Invalid` for a tile that has not its width."""
        tile_level, height = divmod(level, _HEIGHT)
        number, place = divmod(index << height, FULL)
        rows = self._rows.get((tile_level, number)) or self._load(tile_level, number)
        at = (place >> height) * HASH_SIZE
        node = rows[height][at : at + HASH_SIZE]
        assert node, "a complete subtree of the tree is asked for"
        return node

    def tile(self, tile: Tile) -> bytes:
        """Return the bytes of a tile of the tree. Raises :class:`Invalid` for one that has not its width."""
        rows = self._rows.get((tile.level, tile.number)) or self._load(tile.level, tile.number)
        return rows[0][: tile.width * HASH_SIZE]

    def _load(self, level: int, number: int) -> list[bytes]:
        tile = tile_at(level, number, self.size)
        data = self._read(tile)
        if len(data) != tile.width * HASH_SIZE:
            raise Invalid(f"{tile.path} has {len(data)} bytes instead of {tile.width * HASH_SIZE}")
        if len(self._rows) >= _CACHED:
            # The ones above level 0 are few, and every proof needs them.
            self._rows = {each: kept for each, kept in self._rows.items() if each[0]}
        rows = self._rows[level, number] = _rows_above(data)
        return rows
