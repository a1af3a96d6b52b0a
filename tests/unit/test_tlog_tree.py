"""The Merkle tree against RFC 6962, section 2.1, written down a second time and as simply as it stands there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from hashlib import sha256
from itertools import product

import pytest

from ledger.tlog import (
    EMPTY_ROOT,
    Edge,
    Invalid,
    Tile,
    TileNodes,
    check_consistency,
    check_inclusion,
    leaf_hash,
    node_hash,
    prove_consistency,
    prove_inclusion,
    root_of,
    tree_root,
)

Hashes = Sequence[bytes]

SMALL = range(131)
AROUND = (255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537)
ONES = (0xFFF, 0x7FFF, 0xFFFF, 0x1FFFE, 0x1FFFF)
GARBAGE = sha256(b"garbage").digest()


def entry(index: int) -> bytes:
    return b"entry %d" % index


def split(count: int) -> int:
    """The largest power of two smaller than ``count``, by trying."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


class Reference:
    """MTH, PATH and SUBPROOF of RFC 6962, section 2.1; ``D[start:stop]`` is a range of one list of entries."""

    def __init__(self, entry: Callable[[int], bytes]) -> None:
        self.entry = entry
        self.mth = cache(self._mth)

    def _mth(self, start: int, stop: int) -> bytes:
        count = stop - start
        if count == 0:
            return sha256(b"").digest()
        if count == 1:
            return sha256(b"\x00" + self.entry(start)).digest()
        middle = start + split(count)
        return sha256(b"\x01" + self.mth(start, middle) + self.mth(middle, stop)).digest()

    def path(self, index: int, start: int, stop: int) -> list[bytes]:
        count = stop - start
        if count == 1:
            return []
        middle = start + split(count)
        if index < split(count):
            return [*self.path(index, start, middle), self.mth(middle, stop)]
        return [*self.path(index - split(count), middle, stop), self.mth(start, middle)]

    def subproof(self, old: int, start: int, stop: int, known: bool) -> list[bytes]:
        count = stop - start
        if old == count:
            return [] if known else [self.mth(start, stop)]
        middle = start + split(count)
        if old <= split(count):
            return [*self.subproof(old, start, middle, known), self.mth(middle, stop)]
        return [*self.subproof(old - split(count), middle, stop, False), self.mth(start, middle)]

    def inclusion(self, index: int, size: int) -> list[bytes]:
        return self.path(index, 0, size)

    def consistency(self, old: int, size: int) -> list[bytes]:
        """PROOF(m, D[n]) is defined for 0 < m < n; from nothing, and to itself, there is nothing to prove."""
        return self.subproof(old, 0, size, True) if 0 < old < size else []

    def root(self, size: int) -> bytes:
        return self.mth(0, size)


def rebuilt(index: int, size: int, leaf: bytes, proof: Hashes) -> bytes | None:
    """The root to which PATH, read backwards, leads; None where it has not the length that it has to have."""
    if size == 1:
        return None if proof else leaf
    if not proof:
        return None
    inner = (
        rebuilt(index, split(size), leaf, proof[:-1])
        if index < split(size)
        else rebuilt(index - split(size), size - split(size), leaf, proof[:-1])
    )
    if inner is None:
        return None
    pair = inner + proof[-1] if index < split(size) else proof[-1] + inner
    return sha256(b"\x01" + pair).digest()


def included(proof: Hashes, index: int, size: int, leaf: bytes, root: bytes) -> bool:
    return 0 <= index < size and rebuilt(index, size, leaf, proof) == root


def rebuilt_both(old: int, size: int, known: bytes | None, proof: Hashes) -> tuple[bytes, bytes] | None:
    """Both roots to which SUBPROOF, read backwards, leads; ``known`` is the old root where it is not in the proof."""
    if old == size:
        if known is not None:
            return None if proof else (known, known)
        return (proof[0], proof[0]) if len(proof) == 1 else None
    if not proof:
        return None
    last = proof[-1]
    left = split(size)
    inner = rebuilt_both(old, left, known, proof[:-1]) if old <= left else None
    if inner is not None:
        return inner[0], sha256(b"\x01" + inner[1] + last).digest()
    inner = rebuilt_both(old - left, size - left, None, proof[:-1]) if old > left else None
    if inner is not None:
        return sha256(b"\x01" + last + inner[0]).digest(), sha256(b"\x01" + last + inner[1]).digest()
    return None


def consistent(proof: Hashes, old: int, size: int, old_root: bytes, root: bytes) -> bool:
    if old == 0 <= size:
        return not proof and old_root == sha256(b"").digest() and (size > 0 or root == old_root)
    return 0 < old <= size and rebuilt_both(old, size, old_root, proof) == (old_root, root)


def takes(check: Callable[..., None], *arguments: object) -> bool:
    """Whether a check passes; it may raise nothing but :class:`Invalid`."""
    try:
        check(*arguments)
    except Invalid:
        return False
    return True


def mangled(proof: Hashes, *others: bytes) -> Iterator[list[bytes]]:
    """Every proof that is this one cut, lengthened, doubled, swapped or with another hash in the place of one."""
    strangers = [GARBAGE, bytes(32), b"\xff" * 32, *others]
    for at in range(len(proof)):
        yield list(proof[:at])
        yield list(proof[at + 1 :])
        yield [*proof[:at], *proof[at + 1 :]]
        yield [*proof[: at + 1], *proof[at:]]
        yield from ([*proof[:at], each, *proof[at + 1 :]] for each in strangers)
    for at in range(len(proof) + 1):
        yield from ([*proof[:at], each, *proof[at:]] for each in strangers)
    for at in range(len(proof) - 1):
        yield [*proof[:at], proof[at + 1], proof[at], *proof[at + 2 :]]
    yield list(reversed(proof))
    yield [*proof, *proof]
    yield [GARBAGE] * 64


def odd_lengths(proof: Hashes) -> Iterator[list[bytes]]:
    """Every proof with one hash that has not 32 bytes, and where two of them could be read as one of 64."""
    for at, each in enumerate(proof):
        for other in (each[:31], each + b"\x00", b"\x00" + each, each * 2, b"", each[:20]):
            yield [*proof[:at], other, *proof[at + 1 :]]
    for at in range(len(proof) + 1):
        yield [*proof[:at], b"", *proof[at:]]


def bits(hash_: bytes) -> Iterator[bytes]:
    number = int.from_bytes(hash_)
    for bit in range(len(hash_) * 8):
        yield (number ^ 1 << bit).to_bytes(len(hash_))


REFERENCE = Reference(entry)
SIZES = sorted({*SMALL, *AROUND, *ONES})


class Forest:
    """One tree grown by :class:`Edge` through all SIZES: every full tile, and at each of them root and partials."""

    def __init__(self) -> None:
        self.leaves = [leaf_hash(entry(index)) for index in range(SIZES[-1])]
        self.full: dict[Tile, bytes] = {}
        self.roots: dict[int, bytes] = {}
        self.partials: dict[int, list[bytes]] = {}
        edge = Edge()
        for size in range(SIZES[-1] + 1):
            if size:
                self.full.update(edge.append(self.leaves[size - 1]))
            if size in SIZES:
                self.roots[size], self.partials[size] = edge.root(), edge.partials()

    def read(self, size: int) -> Callable[[Tile], bytes]:
        return lambda tile: self.full[tile] if tile.is_full else self.partials[size][tile.level]

    def nodes(self, size: int) -> TileNodes:
        return TileNodes(self.read(size), size)


@pytest.fixture(scope="module")
def forest() -> Forest:
    return Forest()


def samples(size: int) -> list[int]:
    """Places where something changes: both ends, and around each power of two and of 256, from either end."""
    near = {(1 << bit) + off for bit in range(size.bit_length() + 1) for off in (-1, 0, 1)}
    return sorted(each for each in near | {size - each for each in near} | {0, size} if 0 <= each <= size)


def test_the_two_hashes() -> None:
    """A leaf cannot be passed off as a node, nor a node as a leaf."""
    left, right = bytes(range(32)), bytes(range(32, 64))
    assert leaf_hash(b"abc") == sha256(b"\x00abc").digest()
    assert leaf_hash(b"") == sha256(b"\x00").digest()
    assert node_hash(left, right) == sha256(b"\x01" + left + right).digest()
    assert leaf_hash(left + right) != node_hash(left, right) != node_hash(right, left)
    assert sha256(b"").digest() == EMPTY_ROOT


@pytest.mark.parametrize("size", [*AROUND, *ONES])
def test_roots_of_large_trees(forest: Forest, size: int) -> None:
    root = REFERENCE.root(size)
    assert (forest.roots[size], root_of(forest.leaves[:size]), tree_root(forest.nodes(size), size)) == (root,) * 3


def test_roots_of_all_small_trees(forest: Forest) -> None:
    for size in SMALL:
        root = REFERENCE.root(size)
        assert (forest.roots[size], root_of(forest.leaves[:size]), tree_root(forest.nodes(size), size)) == (root,) * 3


def test_every_inclusion_proof_of_all_small_trees(forest: Forest) -> None:
    for size in SMALL:
        nodes = forest.nodes(size)
        for index in range(size):
            proof = prove_inclusion(nodes, index, size)
            assert proof == REFERENCE.inclusion(index, size)
            check_inclusion(proof, index, size, forest.leaves[index], forest.roots[size])


def test_every_consistency_proof_of_all_small_trees(forest: Forest) -> None:
    for size in SMALL:
        nodes = forest.nodes(size)
        for old in range(size + 1):
            proof = prove_consistency(nodes, old, size)
            assert proof == REFERENCE.consistency(old, size)
            check_consistency(proof, old, size, forest.roots[old], forest.roots[size])


@pytest.mark.parametrize("size", [*AROUND, *ONES])
def test_proofs_of_large_trees(forest: Forest, size: int) -> None:
    nodes, root = forest.nodes(size), REFERENCE.root(size)
    for place in samples(size):
        if place < size:
            proof = prove_inclusion(nodes, place, size)
            assert proof == REFERENCE.inclusion(place, size)
            check_inclusion(proof, place, size, forest.leaves[place], root)
        proof = prove_consistency(nodes, place, size)
        assert proof == REFERENCE.consistency(place, size)
        check_consistency(proof, place, size, REFERENCE.root(place), root)


@pytest.mark.parametrize("size", range(1, 17))
def test_each_bit_of_an_inclusion_proof_counts(size: int) -> None:
    root = REFERENCE.root(size)
    for index in range(size):
        proof, leaf = REFERENCE.inclusion(index, size), leaf_hash(entry(index))
        for at, hash_ in enumerate(proof):
            for other in bits(hash_):
                assert not takes(check_inclusion, [*proof[:at], other, *proof[at + 1 :]], index, size, leaf, root)
        assert not any(takes(check_inclusion, proof, index, size, other, root) for other in bits(leaf))
        assert not any(takes(check_inclusion, proof, index, size, leaf, other) for other in bits(root))


@pytest.mark.parametrize("size", range(1, 17))
def test_each_bit_of_a_consistency_proof_counts(size: int) -> None:
    root = REFERENCE.root(size)
    for old in range(1, size + 1):
        proof, old_root = REFERENCE.consistency(old, size), REFERENCE.root(old)
        for at, hash_ in enumerate(proof):
            for other in bits(hash_):
                assert not takes(check_consistency, [*proof[:at], other, *proof[at + 1 :]], old, size, old_root, root)
        assert not any(takes(check_consistency, proof, old, size, other, root) for other in bits(old_root))
        assert not any(takes(check_consistency, proof, old, size, old_root, other) for other in bits(root))


@pytest.mark.parametrize("size", [*range(1, 40), 63, 64, 65, 127, 128, 129, 255, 257])
def test_a_mangled_inclusion_proof_is_refused(size: int) -> None:
    root = REFERENCE.root(size)
    for index in range(size):
        proof, leaf = REFERENCE.inclusion(index, size), leaf_hash(entry(index))
        assert takes(check_inclusion, proof, index, size, leaf, root)
        for other in mangled(proof, leaf, root):
            assert takes(check_inclusion, other, index, size, leaf, root) == (other == proof), (index, size)
        for other in odd_lengths(proof):
            assert not takes(check_inclusion, other, index, size, leaf, root)
        for wrong in (GARBAGE, leaf_hash(entry(index + 1)), leaf[:31], leaf + b"\x00", b"", root + leaf):
            assert not takes(check_inclusion, proof, index, size, wrong, root)
            assert not takes(check_inclusion, proof, index, size, leaf, wrong)
        assert takes(check_inclusion, proof, index, size, root, leaf) == (leaf == root)


@pytest.mark.parametrize("size", [*range(1, 40), 63, 64, 65, 127, 128, 129, 257])
def test_a_mangled_consistency_proof_is_refused(size: int) -> None:
    root = REFERENCE.root(size)
    for old in range(1, size + 1):
        proof, old_root = REFERENCE.consistency(old, size), REFERENCE.root(old)
        assert takes(check_consistency, proof, old, size, old_root, root)
        for other in mangled(proof, old_root, root):
            assert takes(check_consistency, other, old, size, old_root, root) == (other == proof), (old, size)
        for other in odd_lengths(proof):
            assert not takes(check_consistency, other, old, size, old_root, root)
        for wrong in (GARBAGE, EMPTY_ROOT, old_root[:31], old_root + b"\x00", b"", root + root):
            assert not takes(check_consistency, proof, old, size, wrong, root)
            assert not takes(check_consistency, proof, old, size, old_root, wrong)
        assert takes(check_consistency, proof, old, size, root, old_root) == (old == size)


@pytest.mark.parametrize("size", [*range(1, 35), 64, 65])
def test_another_index_is_refused(size: int) -> None:
    root = REFERENCE.root(size)
    for index in range(size):
        proof, leaf = REFERENCE.inclusion(index, size), leaf_hash(entry(index))
        xored = {index ^ 1 << bit for bit in range(70)}
        beyond = {-1, -index, ~index, index - size, size, size + 1, index + size, 2**63, 2**64 - 1, 2**64 + index}
        for other in (set(range(size)) | xored | beyond | {index - 1, index + 1}) - {index}:
            assert not takes(check_inclusion, proof, other, size, leaf, root), (index, other, size)
        with pytest.raises(Invalid, match="is not in a tree of size"):
            check_inclusion(proof, size, size, leaf, root)


@pytest.mark.parametrize("size", range(1, 35))
def test_another_size_is_refused_where_it_gives_another_shape(size: int) -> None:
    """A root does not say its size: with a size that gives the same steps the same proof holds, by the definition.

    So the size has to come from the signed checkpoint; the reference says which sizes those are.
    """
    root, refused = REFERENCE.root(size), 0
    others = {*range(-2, 2 * size + 3), *(size ^ 1 << bit for bit in range(66)), 2**64 + size, -size} - {size}
    for place in range(size):
        proof, leaf = REFERENCE.inclusion(place, size), leaf_hash(entry(place))
        for other in others:
            wanted = included(proof, place, other, leaf, root)
            assert takes(check_inclusion, proof, place, other, leaf, root) == wanted, (place, size, other)
            refused += not wanted
    for old in range(1, size):
        proof, old_root = REFERENCE.consistency(old, size), REFERENCE.root(old)
        for other in others:
            assert takes(check_consistency, proof, old, other, old_root, root) == consistent(
                proof, old, other, old_root, root
            ), (old, size, other)
            assert takes(check_consistency, proof, other, size, old_root, root) == consistent(
                proof, other, size, old_root, root
            ), (old, size, other)
        for other in (2 * size, size // 2, old, old - 1, 0):  # what a forger would try, always of another shape
            assert not takes(check_consistency, proof, old, other, old_root, root)
    assert refused > len(others) / 2


@pytest.mark.parametrize("size", range(1, 8))
def test_proofs_out_of_the_trees_own_hashes(size: int) -> None:
    """A forger has all the hashes of the tree: whatever is put together from them proves what it proves alone."""
    own = sorted({each for at in range(size) for each in REFERENCE.inclusion(at, size)} | {REFERENCE.root(size)})
    proofs = [list(each) for length in range(4) for each in product(own, repeat=length)]
    root, good = REFERENCE.root(size), 0
    for place in range(size):
        leaf, old_root = leaf_hash(entry(place)), REFERENCE.root(place)
        for proof in proofs:
            held = takes(check_inclusion, proof, place, size, leaf, root)
            assert held == included(proof, place, size, leaf, root) == (proof == REFERENCE.inclusion(place, size))
            assert takes(check_consistency, proof, place, size, old_root, root) == (
                proof == REFERENCE.consistency(place, size)
            )
            good += held
    assert good == size


@pytest.mark.parametrize("size", range(1, 20))
def test_a_root_made_to_fit_a_wrong_proof(size: int) -> None:
    """Length alone speaks against these: a part that is left unchecked (GHSA-672p-m5jq-mrh8) would let them through."""
    root = REFERENCE.root(size)
    for place in range(size):
        proof, leaf = REFERENCE.inclusion(place, size), leaf_hash(entry(place))
        for fitting in (node_hash(root, GARBAGE), node_hash(GARBAGE, root)):
            assert not takes(check_inclusion, [*proof, GARBAGE], place, size, leaf, fitting)
        for less in range(len(proof)):
            inner = [part for part in range(1, size) if rebuilt(place % part, part, leaf, proof[:less])]
            for fitting in {rebuilt(place % part, part, leaf, proof[:less]) for part in inner}:
                assert not takes(check_inclusion, proof[:less], place, size, leaf, fitting)
        for odd in (GARBAGE[:31], GARBAGE + b"\x00", b"", GARBAGE + GARBAGE):
            for at in range(len(proof)):
                other = [*proof[:at], odd, *proof[at + 1 :]]
                assert not takes(check_inclusion, other, place, size, leaf, rebuilt(place, size, leaf, other))
            assert not takes(check_inclusion, proof, place, size, odd, rebuilt(place, size, odd, proof))
    for old in range(1, size):
        proof, old_root = REFERENCE.consistency(old, size), REFERENCE.root(old)
        for fitting in (node_hash(root, GARBAGE), node_hash(GARBAGE, root)):
            for first in (old_root, node_hash(GARBAGE, old_root)):
                assert not takes(check_consistency, [*proof, GARBAGE], old, size, first, fitting)
        for odd in (GARBAGE[:31], GARBAGE + b"\x00", b""):
            others = [(old_root, [*proof[:at], odd, *proof[at + 1 :]]) for at in range(len(proof))]
            for known, other in (*others, (odd, proof)):
                first, second = rebuilt_both(old, size, known, other) or (known, root)
                assert not takes(check_consistency, other, old, size, odd if known == odd else first, second)


def test_the_empty_tree() -> None:
    """Nothing is in it; it is the prefix of every tree, without a hash to say so, and its root is the one it has."""
    assert tree_root(TileNodes({}.__getitem__, 0), 0) == EMPTY_ROOT == root_of([]) == Edge().root()
    for index in (-1, 0, 1):
        assert not takes(check_inclusion, [], index, 0, EMPTY_ROOT, EMPTY_ROOT)
    for size in (0, 1, 2, 3, 256):
        root = REFERENCE.root(size)
        check_consistency([], 0, size, EMPTY_ROOT, root)
        assert not takes(check_consistency, [], 0, size, GARBAGE, root)
        assert not takes(check_consistency, [], 0, size, bytes(32), root)
        for proof in ([EMPTY_ROOT], [root], [GARBAGE, GARBAGE]):
            assert not takes(check_consistency, proof, 0, size, EMPTY_ROOT, root)
        for wrong in (root[:31], root + b"\x00", b""):
            assert not takes(check_consistency, [], 0, size, EMPTY_ROOT, wrong)
    assert not takes(check_consistency, [], 0, 0, EMPTY_ROOT, GARBAGE)
    assert not takes(check_consistency, [], 0, 0, GARBAGE, GARBAGE)
    assert not takes(check_consistency, [], 0, -1, EMPTY_ROOT, EMPTY_ROOT)


def test_equal_sizes() -> None:
    """One size has one root, and the proof of that is empty."""
    for size in (1, 2, 3, 4, 7, 8, 256):
        root = REFERENCE.root(size)
        check_consistency([], size, size, root, root)
        assert not takes(check_consistency, [], size, size, root, GARBAGE)
        assert not takes(check_consistency, [], size, size, GARBAGE, root)
        for proof in ([root], [GARBAGE], [root, root]):
            assert not takes(check_consistency, proof, size, size, root, root)
        for wrong in (root[:31], root + b"\x00", b""):
            assert not takes(check_consistency, [], size, size, wrong, wrong)


def test_a_tree_does_not_shrink() -> None:
    for old, size in ((1, 0), (2, 1), (3, 2), (8, 7), (257, 256), (1, -1), (-1, 1), (-1, -1), (-2, 0)):
        root, old_root = REFERENCE.root(max(size, 0)), REFERENCE.root(max(old, 0))
        for proof in ([], [root], [old_root], [old_root, root], REFERENCE.consistency(max(size, 0), max(old, 0))):
            assert not takes(check_consistency, proof, old, size, old_root, root)
            assert not takes(check_consistency, proof, old, size, root, root)


def test_only_what_is_there_can_be_proved(forest: Forest) -> None:
    nodes = forest.nodes(100)
    for index in (-1, 100, 101, 2**64):
        with pytest.raises(Invalid, match="is not in a tree of size 100"):
            prove_inclusion(nodes, index, 100)
    for old in (-1, 101, 2**64):
        with pytest.raises(Invalid, match="is no prefix of one of size 100"):
            prove_consistency(nodes, old, 100)
    with pytest.raises(Invalid):
        prove_inclusion(nodes, 0, 0)


@pytest.mark.parametrize("size", [255, 0xFFF, 0xFFFF, 0x1FFFF])
def test_each_hash_of_the_partial_tiles_counts_at_sizes_of_many_ones(forest: Forest, size: int) -> None:
    """Elsewhere a forged tile was believed at such sizes (CVE-2026-56865): here the root shows each hash of them."""
    partials = forest.partials[size]
    forged = 0
    for level, data in enumerate(partials):
        for at in range(0, len(data), 32 if size < 300 else 32 * 17):
            other = [*partials]
            other[level] = data[:at] + next(bits(data[at : at + 32])) + data[at + 32 :]
            lying = TileNodes(lambda tile, other=other: forest.full[tile] if tile.is_full else other[tile.level], size)
            assert tree_root(lying, size) != REFERENCE.root(size)
            assert Edge(size, other).root() != REFERENCE.root(size)
            forged += 1
    assert forged >= 15


def test_a_forged_full_tile_proves_nothing(forest: Forest) -> None:
    """The tile of the leaf is forged; then the one above it as well, so that the two agree with each other."""
    size, index = 0x1FFFF, 70_000
    leaf = leaf_hash(b"what was never said")
    low, high = Tile(0, index // 256), Tile(1, index // 65_536, (size >> 8) % 256)
    data = bytearray(forest.full[low])
    data[index % 256 * 32 : index % 256 * 32 + 32] = leaf
    above = bytearray(forest.partials[size][1])
    place = index // 256 % 256
    above[place * 32 : place * 32 + 32] = root_of([bytes(data[i : i + 32]) for i in range(0, len(data), 32)])
    for tiles in ({low: bytes(data)}, {low: bytes(data), high: bytes(above)}):
        nodes = TileNodes(lambda tile, tiles=tiles: tiles.get(tile) or forest.read(size)(tile), size)
        proof = prove_inclusion(nodes, index, size)
        assert not takes(check_inclusion, proof, index, size, leaf, REFERENCE.root(size))
        neighbour = prove_inclusion(nodes, index + 1, size)
        assert not takes(check_inclusion, neighbour, index + 1, size, forest.leaves[index + 1], REFERENCE.root(size))
    assert tree_root(nodes, size) != REFERENCE.root(size)
