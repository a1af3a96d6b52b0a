"""Any tree: what is proved holds, and nothing that is changed about it does."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from ledger.tlog import (
    EMPTY_ROOT,
    Checkpoint,
    Edge,
    InclusionProof,
    Invalid,
    Signer,
    Tile,
    TileNodes,
    check_consistency,
    check_inclusion,
    leaf_hash,
    parse_note,
    parse_proof,
    prove_consistency,
    prove_inclusion,
    root_of,
    tiles_between,
    tree_root,
)
from tests.unit.test_tlog_tree import Reference, consistent, included, takes

REFERENCE = Reference(lambda index: b"claim %d" % index)
SIGNER = Signer("desk.example/log", bytes(32))
LARGEST = 70_000


def leaf(index: int) -> bytes:
    return leaf_hash(REFERENCE.entry(index))


class Forest:
    """The tiles of all sizes up to LARGEST: a partial one is the beginning of a full one of the largest."""

    def __init__(self) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}
        edge = Edge()
        for index in range(LARGEST):
            self.tiles.update(((tile.level, tile.number), data) for tile, data in edge.append(leaf(index)))
        for level, data in enumerate(edge.partials()):
            self.tiles[level, LARGEST // 256 ** (level + 1)] = data

    def read(self, tile: Tile) -> bytes:
        return self.tiles[tile.level, tile.number][: tile.width * 32]


FOREST: list[Forest] = []


def nodes(size: int) -> TileNodes:
    if not FOREST:
        FOREST.append(Forest())
    return TileNodes(FOREST[0].read, size)


# Small ones, any, and those around a turn of the tiles.
SIZES = st.integers(1, 40) | st.integers(1, LARGEST) | st.sampled_from([255, 256, 257, 511, 512, 4_095, 65_535, 65_536])
PLACES = SIZES.flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1)))
BYTES = st.integers(1, 255)


@given(PLACES)
def test_what_is_proved_to_be_in_a_tree_holds(place: tuple[int, int]) -> None:
    size, index = place
    proof = prove_inclusion(nodes(size), index, size)
    assert proof == REFERENCE.inclusion(index, size)
    root = tree_root(nodes(size), size)
    assert root == REFERENCE.root(size)
    check_inclusion(proof, index, size, leaf(index), root)


@given(PLACES)
def test_what_is_proved_to_go_on_from_a_tree_holds(place: tuple[int, int]) -> None:
    size, old = place
    proof = prove_consistency(nodes(size), old, size)
    assert proof == REFERENCE.consistency(old, size)
    check_consistency(proof, old, size, REFERENCE.root(old), REFERENCE.root(size))


@given(PLACES, st.data())
def test_no_byte_of_a_proof_of_inclusion_can_be_changed(place: tuple[int, int], data: st.DataObject) -> None:
    size, index = place
    pieces = [*REFERENCE.inclusion(index, size), leaf(index), REFERENCE.root(size)]
    which, at, change = data.draw(st.tuples(st.integers(0, len(pieces) - 1), st.integers(0, 31), BYTES))
    pieces[which] = changed(pieces[which], at, change)
    *proof, one, root = pieces
    assert not takes(check_inclusion, proof, index, size, one, root)


@given(PLACES, st.data())
def test_no_byte_of_a_proof_of_consistency_can_be_changed(place: tuple[int, int], data: st.DataObject) -> None:
    """Of the root of a new tree that is compared with the empty one nothing is known; the rest of it is."""
    size, old = place
    pieces = [REFERENCE.root(size), REFERENCE.root(old), *REFERENCE.consistency(old, size)]
    which, at, change = data.draw(st.tuples(st.integers(0 if old else 1, len(pieces) - 1), st.integers(0, 31), BYTES))
    pieces[which] = changed(pieces[which], at, change)
    root, old_root, *proof = pieces
    assert not takes(check_consistency, proof, old, size, old_root, root)


def changed(hash_: bytes, at: int, change: int) -> bytes:
    return hash_[:at] + bytes([hash_[at] ^ change]) + hash_[at + 1 :]


NUMBERS = st.integers(-300, LARGEST + 300) | st.integers(-(2**70), 2**70)


@given(PLACES, NUMBERS, st.integers(0, 7), BYTES)
def test_another_index_is_refused(place: tuple[int, int], any_index: int, at: int, change: int) -> None:
    size, index = place
    proof = REFERENCE.inclusion(index, size)
    for other in {any_index, index ^ change << 8 * at, ~index, index + size, index - size} - {index}:
        assert not takes(check_inclusion, proof, other, size, leaf(index), REFERENCE.root(size))


@given(PLACES, NUMBERS, st.integers(0, 7), BYTES)
@example((3, 0), 4, 0, 1)
def test_another_size_is_refused_where_the_definition_refuses_it(
    place: tuple[int, int], any_size: int, at: int, change: int
) -> None:
    """With a size of the same steps a proof is the same: it is the checkpoint that binds a root to its size."""
    size, index = place
    proof, root = REFERENCE.inclusion(index, size), REFERENCE.root(size)
    path, old_root = REFERENCE.consistency(index, size), REFERENCE.root(index)
    for other in {any_size, size ^ change << 8 * at, size * 2, size // 2, index, index + 1, -size}:
        arguments = (proof, index, other, leaf(index), root)
        assert takes(check_inclusion, *arguments) == included(*arguments)
        for earlier, later in ((index, other), (other, size), (other, other)):
            both = (path, earlier, later, old_root, root)
            assert takes(check_consistency, *both) == consistent(*both)


@given(st.integers(1, 20), st.data())
def test_whatever_is_handed_in_as_a_proof(size: int, data: st.DataObject) -> None:
    """Hashes of the tree and others, in any order: taken just where the definition takes it."""
    index, old = data.draw(st.integers(0, size)), data.draw(st.integers(0, size))
    known = sorted({each for at in range(size) for each in REFERENCE.inclusion(at, size)} | {EMPTY_ROOT, bytes(32)})
    known += [REFERENCE.root(size), REFERENCE.root(old), leaf(0)]
    proof = data.draw(st.lists(st.sampled_from(known) | st.binary(min_size=31, max_size=33), max_size=6))
    arguments = (proof, index, size, leaf(index), REFERENCE.root(size))
    assert takes(check_inclusion, *arguments) == included(*arguments)
    both = (proof, old, size, REFERENCE.root(old), REFERENCE.root(size))
    assert takes(check_consistency, *both) == consistent(*both)


@given(st.lists(st.binary(max_size=4), max_size=600), st.integers(0, 600))
def test_a_tree_grows_as_its_leaves_say(entries: list[bytes], stop: int) -> None:
    """In one go or in two, taken up again from its partial tiles; what is published between them is what it lacks."""
    hashes = [leaf_hash(each) for each in entries]
    stop = min(stop, len(hashes))
    shelf: dict[Tile, bytes] = {}
    whole, first = Edge(), Edge()
    for each in hashes:
        shelf.update(whole.append(each))
    for each in hashes[:stop]:
        first.append(each)
    second = Edge(stop, first.partials())
    fresh = {tile: data for each in hashes[stop:] for tile, data in second.append(each)}
    assert (second.root(), second.partials()) == (whole.root(), whole.partials())
    assert whole.root() == root_of(hashes) == Reference(entries.__getitem__).root(len(hashes))
    last = {
        Tile(level, len(hashes) // 256 ** (level + 1), len(data) // 32): data
        for level, data in enumerate(second.partials())
        if data
    }
    between = list(tiles_between(stop, len(hashes)))
    assert {tile for tile in between if tile.is_full} == set(fresh)
    assert {tile for tile in between if not tile.is_full} <= set(last)
    assert tree_root(TileNodes((shelf | last).__getitem__, len(hashes)), len(hashes)) == whole.root()


@given(PLACES, st.none() | st.binary(max_size=20), st.data())
def test_no_byte_of_a_proof_file_can_be_changed(
    place: tuple[int, int], extra: bytes | None, data: st.DataObject
) -> None:
    """Only of the extra data, which nobody has signed, may one be another."""
    size, index = place
    note = Checkpoint(SIGNER.verifier.name, size, REFERENCE.root(size)).sign(SIGNER)
    text = InclusionProof(index, tuple(REFERENCE.inclusion(index, size)), note, extra).format().encode()
    parse_proof(text.decode()).check(REFERENCE.entry(index), [SIGNER.verifier])
    at, change = data.draw(st.tuples(st.integers(0, len(text) - 1), BYTES))
    try:
        proof = parse_proof((text[:at] + bytes([text[at] ^ change]) + text[at + 1 :]).decode())
        proof.check(REFERENCE.entry(index), [SIGNER.verifier])
    except (Invalid, UnicodeDecodeError):
        return
    assert (proof.index, proof.checkpoint) == (index, note)
    assert proof.extra != extra


@given(
    st.binary(max_size=200)
    | st.lists(st.sampled_from([b"\n", b"\n\n", "— a ".encode(), b"AAAAAAAA", b"x"])).map(b"".join)
)
def test_whatever_is_read_as_a_note_is_one(data: bytes) -> None:
    try:
        note = parse_note(data)
    except Invalid:
        return
    assert note.text.endswith("\n")
    assert data.startswith(note.text.encode() + b"\n" + "— ".encode())
    assert data.count("— ".encode()) >= len(note.signatures) >= 1
