"""Tiles and entry bundles against C2SP tlog-tiles: where they stand, what is in them, how a tree goes on by them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.tlog import (
    EMPTY_ROOT,
    FULL,
    Edge,
    Invalid,
    Tile,
    TileNodes,
    bundle_path,
    decode_bundle,
    encode_bundle,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    tile,
    tiles_between,
    tiles_of,
    tree_root,
)
from tests.unit.test_tlog_tree import Reference, entry

REFERENCE = Reference(entry)
LAST = 66_200
TURNS = (255, 256, 257, 511, 512, 513, 65_279, 65_280, 65_281, 65_535, 65_536, 65_537, 65_791, 65_792, 65_793)
RESUMED = sorted({*range(5), *range(250, 262), *range(507, 516), *TURNS})


@pytest.fixture(scope="module")
def grown() -> Grown:
    return Grown()


class Grown:
    """A tree grown leaf by leaf: when each full tile came, and what the edge was at each size of RESUMED."""

    def __init__(self) -> None:
        self.completed: list[tuple[int, Tile, bytes]] = []
        self.partials: dict[int, list[bytes]] = {}
        self.roots: dict[int, bytes] = {}
        edge = Edge()
        for size in range(LAST + 1):
            if size:
                self.completed += ((size, *each) for each in edge.append(leaf_hash(entry(size - 1))))
            if size in RESUMED or size == LAST:
                self.partials[size], self.roots[size] = edge.partials(), edge.root()

    def read(self, size: int) -> Callable[[Tile], bytes]:
        full = {tile: data for _, tile, data in self.completed}
        return lambda tile: full[tile] if tile.is_full else self.partials[size][tile.level]


# Paths


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(63, 999, 1), "tile/63/999.p/1"),
        (Tile(10, 1000, 255), "tile/10/x001/000.p/255"),
        (Tile(9, 999_999), "tile/9/x999/999"),
        (Tile(59, 1_000_000), "tile/59/x001/x000/000"),
        (Tile(60, 67, 9), "tile/60/067.p/9"),
        (Tile(0, 2**63 // 256), "tile/0/x036/x028/x797/x018/x963/968"),
    ],
)
def test_paths(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert parse(path) == tile
    bundle = "tile/entries/" + path.split("/", 2)[2]
    assert bundle_path(tile.number, tile.width) == bundle
    assert parse(bundle) == (tile.number, tile.width)


def parse(path: str) -> Tile | tuple[int, int]:
    return tile.parse_path(path)


@given(st.integers(0, 63), st.integers(0, 2**63) | st.integers(0, 10_000), st.integers(1, FULL))
def test_every_path_is_read_back(level: int, number: int, width: int) -> None:
    each = Tile(level, number, width)
    assert parse(each.path) == each
    assert parse(bundle_path(number, width)) == (number, width)
    groups = each.path.split("/")[2 : None if width == FULL else -1]
    assert int("".join(group.strip("x")[:3] for group in groups)) == number
    assert [len(group) for group in groups[:-1]] == [4] * (len(groups) - 1)


NO_PATHS = """
tile tile/ tile/0 tile/0/ checkpoint tile/000 /tile/0/000 tile//000 tile/0//000 tile/0/0 tile/0/00 tile/0/0000
tile/0/1234067 tile/0/1 tile/0/-01 tile/0/+01 tile/0/x000/001 tile/0/x000/x001/001 tile/0/x000/000
tile/0/x001/x000 tile/0/x001 tile/0/x01/000 tile/0/001/000 tile/0/001/x000 tile/0/X001/000 tile/0/x0001/000
tile/0/xx01/000 tile/0/x001/00 tile/0/000.p tile/0/000.p/ tile/0/000.p/0 tile/0/000.p/256 tile/0/000.p/257
tile/0/000.p/999 tile/0/000.p/01 tile/0/000.p/001 tile/0/000.p/+1 tile/0/000.p/-1 tile/0/000.p/1000
tile/0/000.P/1 tile/0/000/p/1 tile/0/000p/1 tile/0/000.p/1/1 tile/0/000.p/x01 tile/0/x001.p/1/000
tile/0/000.p/1.p/1 tile/64/000 tile/65/000 tile/70/000 tile/99/000 tile/100/000 tile/00/000 tile/01/000
tile/-1/000 tile/+1/000 tile/1.0/000 tile/x0/000 tile/a/000 tile/Entries/000 tile/entry/000 tile/entries
tile/entries/ tile/entries/0 tile/entries/000/ tile/entries/000.p/0 tile/entries/000.p/256 tile/entries/0/000
tile/data/000 Tile/0/000 tiles/0/000 tile/0/000/ tile/0/000.p/1/ tile/0/../000 tile/../0/000 ../tile/0/000
tile/0/.. tile/0/x../000 tile/0/./000 tile/0/.../000 tile/0/000? tile/0/000# tile/0/%30%30%30 tile/٠/000
tile/0/٠٠٠ tile/0/000.p/١ tile/０/000 tile/0/０００ tile/²/000 tile/0/x٠٠١/000
"""


@pytest.mark.parametrize(
    "path",
    [
        *NO_PATHS.split(),
        "",
        "tile/0/ 00",
        "tile/0/000 ",
        "tile/0/000\n",
        "\ntile/0/000",
        "tile/0/000\x00",
        "tile\\0\\000",
    ],
)
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(Invalid, match="is no path of a tile"):
        parse(path)


def test_a_path_of_any_length_is_refused_and_no_other_failure() -> None:
    """A stranger asks a server for it. (Python itself refuses to read a number of 4,300 digits, with another error.)"""
    for groups in (8, 1_000, 1_433, 1_434, 20_000):
        with pytest.raises(Invalid):
            parse("tile/0/" + "x000/" * groups + "001")
    for groups in (1_434, 20_000):
        with pytest.raises(Invalid):
            parse("tile/0/" + "x001/" * groups + "001")


def test_an_empty_tile_has_no_path() -> None:
    for width in (0, -1, FULL + 1):
        with pytest.raises(AssertionError):
            _ = Tile(0, 0, width).path
        with pytest.raises(AssertionError):
            bundle_path(0, width)


# Which tiles a tree has


def by_definition(size: int) -> list[Tile]:
    """The tiles of a tree: at level L the hashes of every complete run of 256^L leaves, 256 of them to a tile."""
    found: list[Tile] = []
    level = 0
    while size // 256**level:
        hashes = size // 256**level
        found += (Tile(level, number // 256, min(256, hashes - number)) for number in range(0, hashes, 256))
        level += 1
    return found


SOME = sorted({*range(4), *range(254, 259), *range(510, 515), 1000, *TURNS, 70_000})


@pytest.mark.parametrize("size", SOME)
def test_the_tiles_of_a_tree(size: int) -> None:
    tiles = list(tiles_of(size))
    assert tiles == by_definition(size)
    for level in range(9):
        partial = [each.width for each in tiles if each.level == level and not each.is_full]
        assert partial == [width for width in [size // 256**level % 256] if width]
        assert all(1 <= each.width <= 256 for each in tiles)


def test_the_example_of_the_specification() -> None:
    """70,000 leaves: 273 full tiles and one of 112, then one full and one of 17, then one of a single hash."""
    tiles = list(tiles_of(70_000))
    assert [(each.level, each.width) for each in tiles if not each.is_full] == [(0, 112), (1, 17), (2, 1)]
    assert [each.level for each in tiles if each.is_full] == [0] * 273 + [1]
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles_of(0)) == []


@pytest.mark.parametrize("old", SOME)
def test_the_tiles_between_two_sizes(old: int) -> None:
    """Just those that are not there yet with as many hashes; nothing that an older tree has is written once more."""
    had = set(by_definition(old))
    for size in SOME:
        if size >= old:
            assert list(tiles_between(old, size)) == [each for each in by_definition(size) if each not in had]


@given(st.integers(0, 2**63 - 3_000), st.integers(0, 3_000))
def test_the_tiles_between_two_sizes_of_a_large_tree(old: int, more: int) -> None:
    size = old + more
    wanted: list[Tile] = []
    for level in range(9):
        before, now = old // 256**level, size // 256**level
        for number in range(max(0, before // 256 - 2), now // 256 + 2):
            had, has = (min(256, max(0, count - number * 256)) for count in (before, now))
            if has > had:
                wanted.append(Tile(level, number, has))
    assert list(tiles_between(old, size)) == wanted


# Bundles


def test_a_bundle_to_the_byte() -> None:
    data = b"\x00\x03one\x00\x00\x00\x05three" + b"\x01\x00" + b"x" * 256
    entries = [b"one", b"", b"three", b"x" * 256]
    assert encode_bundle(entries) == data
    assert decode_bundle(data, 4) == entries
    assert encode_bundle(iter(entries)) == data
    assert (encode_bundle([]), decode_bundle(b"", 0)) == (b"", [])


def test_the_longest_entry() -> None:
    entries = [b"", b"a" * 65_535, b"", b"b" * 65_535]
    data = encode_bundle(entries)
    assert data[:6] == b"\x00\x00\xff\xffaa"
    assert decode_bundle(data, 4) == entries
    for length in (65_536, 65_537, 131_071):
        with pytest.raises(Invalid, match="a bundle takes at most 65,535"):
            encode_bundle([b"", b"a" * length])


ENTRIES = st.lists(
    st.binary(max_size=12)
    | st.builds(
        lambda length, byte: bytes([byte]) * length, st.sampled_from([0, 255, 256, 65_534, 65_535]), st.integers(0, 255)
    ),
    min_size=1,
    max_size=12,
)


@given(ENTRIES)
def test_bundles_round_trip(entries: list[bytes]) -> None:
    data = encode_bundle(entries)
    assert len(data) == sum(2 + len(each) for each in entries)
    assert decode_bundle(data, len(entries)) == entries
    for width in {0, 1, len(entries) - 1, len(entries) + 1, FULL} - {len(entries)}:
        with pytest.raises(Invalid):
            decode_bundle(data, width)


@given(ENTRIES, st.data())
def test_a_bundle_that_is_cut_or_has_a_rest_is_refused(entries: list[bytes], data: st.DataObject) -> None:
    whole = encode_bundle(entries)
    cut = data.draw(st.integers(0, len(whole) - 1))
    rest = data.draw(st.binary(min_size=1, max_size=4) | st.sampled_from([b"\x00", b"\x00\x00", b"\x00\x01a", b"\n"]))
    for wrong in (whole[:cut], whole + rest):
        with pytest.raises(Invalid):
            decode_bundle(wrong, len(entries))


def test_a_bundle_cut_at_each_byte_is_refused() -> None:
    whole = encode_bundle([b"", b"abc", b"", b"d" * 300, b""])
    for cut in range(len(whole)):
        with pytest.raises(Invalid):
            decode_bundle(whole[:cut], 5)


@settings(max_examples=max(200, settings().max_examples))
@given(st.binary(max_size=40), st.integers(0, 10))
def test_whatever_is_read_as_a_bundle_is_one(data: bytes, width: int) -> None:
    try:
        entries = decode_bundle(data, width)
    except Invalid:
        return
    assert encode_bundle(entries) == data
    assert len(entries) == width


# How a tree goes on


def test_each_full_tile_comes_with_its_last_leaf(grown: Grown) -> None:
    """And in its place, with the hashes that the definition gives it; never one of them twice."""
    wanted = [each for each in tiles_of(LAST) if each.is_full]
    assert sorted(((each.level, each.number) for _, each, _ in grown.completed)) == [
        (each.level, each.number) for each in wanted
    ]
    for size, each, data in grown.completed:
        leaves = 256**each.level
        first = each.number * FULL * leaves
        assert size == first + FULL * leaves
        assert data == b"".join(REFERENCE.mth(at, at + leaves) for at in range(first, size, leaves))


@pytest.mark.parametrize("size", RESUMED)
def test_a_partial_tile_is_never_hashed_upward(grown: Grown, size: int) -> None:
    """A level above has a hash for each full tile below it, and none for the begun one."""
    for level, data in enumerate(grown.partials[size]):
        leaves = 256**level
        last = size // leaves
        first = last - last % FULL
        assert data == b"".join(REFERENCE.mth(at * leaves, (at + 1) * leaves) for at in range(first, last))
    assert size < 256 ** len(grown.partials[size])


@pytest.mark.parametrize("size", RESUMED)
def test_an_edge_taken_up_again_goes_on_as_if_it_had_never_stopped(grown: Grown, size: int) -> None:
    for partials in (grown.partials[size], [*grown.partials[size], b"", b""]):
        edge = Edge(size, partials)
        assert (edge.size, edge.root()) == (size, grown.roots[size])
        assert [each for each in edge.partials() if each] == [each for each in grown.partials[size] if each]
    completed: list[tuple[int, Tile, bytes]] = []
    until = min(each for each in [*RESUMED, LAST] if each > size + 256) if size + 256 < RESUMED[-1] else LAST
    for leaf in range(size, until):
        completed += ((leaf + 1, *each) for each in edge.append(leaf_hash(entry(leaf))))
    assert completed == [each for each in grown.completed if size < each[0] <= until]
    assert completed
    assert (edge.root(), edge.partials()) == (grown.roots[until], grown.partials[until])


@pytest.mark.parametrize("size", RESUMED)
def test_an_edge_refuses_the_partial_tiles_of_another_size(grown: Grown, size: int) -> None:
    for other, partials in grown.partials.items():
        if other != size:
            with pytest.raises(Invalid, match=f"not the partial tiles of a tree of size {size}"):
                Edge(size, partials)
    for other in (size + 256, size + 65_536, size - 256, -size - 1, size + 2**63):
        with pytest.raises(Invalid):
            Edge(other, grown.partials[size])


def wrong_partials(right: list[bytes]) -> Iterator[list[bytes]]:
    hash_ = bytes(32)
    yield [hash_, *right]
    yield [*right, hash_]
    yield [*right, b"", hash_]
    yield [*right, b"\x00"]
    yield [b"", *right]
    for at, data in enumerate(right):
        yield [*right[:at], data + hash_, *right[at + 1 :]]
        yield [*right[:at], data + b"\x00", *right[at + 1 :]]
        yield [*right[:at], hash_ * 256, *right[at + 1 :]]
        yield [*right[:at], hash_ * 256 + data, *right[at + 1 :]]
        if data:
            yield right[:at]
            yield [*right[:at], *right[at + 1 :]]
            yield [*right[:at], b"", *right[at + 1 :]]
            yield [*right[:at], data[:-1], *right[at + 1 :]]
            yield [*right[:at], data[32:], *right[at + 1 :]]


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 65_793])
def test_an_edge_refuses_partial_tiles_of_another_width(grown: Grown, size: int) -> None:
    right = grown.partials[size]
    wrong = list(wrong_partials(right))
    assert len(wrong) > 8
    for partials in wrong:
        with pytest.raises(Invalid):
            Edge(size, partials)


def test_nothing_is_the_edge_of_the_empty_tree() -> None:
    for partials in ([], [b""], [b"", b"", b""]):
        assert Edge(0, partials).root() == EMPTY_ROOT
    for partials in ([bytes(32)], [b"", bytes(32)], [b"\x00"]):
        with pytest.raises(Invalid):
            Edge(0, partials)


# Reading tiles


@pytest.mark.parametrize("size", [1, 255, 256, 257, 512, 513, 65_535, 65_536, 65_537])
def test_a_tile_of_another_length_is_refused(grown: Grown, size: int) -> None:
    """Also the full tile where the partial one is asked for: who falls back to it has to cut it."""
    right = grown.read(size)
    changes: list[Callable[[bytes], bytes]] = [
        lambda data: data[:-1],
        lambda data: data + b"\x00",
        lambda data: data[:-32],
        lambda data: data + bytes(32),
        lambda data: b"",
        lambda data: bytes(FULL * 32) if len(data) < FULL * 32 else data * 2,
    ]
    asked: set[Tile] = set()

    def noted(tile: Tile) -> bytes:
        asked.add(tile)
        return right(tile)

    assert tree_root(TileNodes(noted, size), size) == grown.roots[size]
    for wanted in asked:
        for change in changes:
            nodes = TileNodes(lambda tile, w=wanted, c=change: c(right(tile)) if tile == w else right(tile), size)
            with pytest.raises(Invalid, match=rf"{wanted.path} has \d+ bytes instead of {wanted.width * 32}"):
                tree_root(nodes, size)


@pytest.mark.parametrize("size", [2, 257, 513, 65_537, 65_793])
def test_only_tiles_of_the_tree_are_read(grown: Grown, size: int) -> None:
    """Clients must not fetch partial tiles that no checkpoint requires: each has the width of this size."""
    asked: set[Tile] = set()

    def noted(tile: Tile) -> bytes:
        asked.add(tile)
        return grown.read(size)(tile)

    nodes = TileNodes(noted, size)
    for index in {0, size // 2, size - 1, max(0, size - 257)}:
        assert prove_inclusion(nodes, index, size) == REFERENCE.inclusion(index, size)
    assert asked <= set(by_definition(size))
    assert any(not each.is_full for each in asked)


def test_more_tiles_than_are_kept_are_still_the_right_ones(grown: Grown) -> None:
    """258 tiles of leaves, forwards, backwards and once more; those above, which every proof needs, are read once."""
    size = 65_793
    asked: list[Tile] = []
    right = grown.read(size)

    def noted(tile: Tile) -> bytes:
        asked.append(tile)
        return right(tile)

    nodes = TileNodes(noted, size)
    assert tree_root(nodes, size) == grown.roots[size]
    for index in (*range(0, size, 256), *range(size - 1, 0, -256), 0, 1, size - 1):
        assert nodes.node(0, index) == leaf_hash(entry(index))
    assert tree_root(nodes, size) == grown.roots[size]
    assert prove_inclusion(nodes, 65_000, size) == REFERENCE.inclusion(65_000, size)
    above = [each for each in asked if each.level]
    assert len(above) == len(set(above)) == 3


def test_the_tiles_of_a_larger_tree_prove_a_smaller_one(grown: Grown) -> None:
    """Who has gone on since the checkpoint that somebody asks about can still prove everything of it."""
    nodes = TileNodes(grown.read(65_537), 65_537)
    for size in (1, 2, 100, 255, 256, 257, 4_095, 65_535, 65_536):
        assert tree_root(nodes, size) == REFERENCE.root(size)
        for place in (0, 1, size // 2, size - 1):
            if place < size:
                assert prove_inclusion(nodes, place, size) == REFERENCE.inclusion(place, size)
            assert prove_consistency(nodes, place, size) == REFERENCE.consistency(place, size)
