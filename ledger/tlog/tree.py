"""The Merkle tree of RFC 6962, section 2.1: hashes, roots, proofs, and the checks of RFC 9162, section 2.1.

A tree of ``size`` leaves splits at the largest power of two below its size, so every part of it on the left is
complete. A complete subtree has a ``level`` (it holds ``2**level`` leaves) and an ``index`` among those of its level;
whoever can name the hashes of those (:class:`Nodes`) can prove everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from hmac import compare_digest
from typing import Protocol

HASH_SIZE = 32
"""The bytes of a hash."""

EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves (RFC 6962, section 2.1)."""


class Invalid(ValueError):
    """A proof, a tile, a note or a checkpoint that does not hold; the message says what it breaks."""


class Nodes(Protocol):
    """The hashes of the complete subtrees of one tree."""

    def node(self, level: int, index: int) -> bytes:
        """Return the root of the ``2**level`` leaves from ``index * 2**level`` on."""


def leaf_hash(entry: bytes) -> bytes:
    """Return ``H(0x00 || entry)``."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return ``H(0x01 || left || right)``."""
    return sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root over these leaf hashes; :data:`EMPTY_ROOT` over none."""
    if not hashes:
        return EMPTY_ROOT
    row = list(hashes)
    while len(row) > 1:
        # The last one without a partner goes up as it is: that gives the same tree as the split from above.
        paired = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
        row = paired + row[len(row) & ~1 :]
    return row[0]


def tree_root(nodes: Nodes, size: int) -> bytes:
    """Return the root of the first ``size`` leaves."""
    return _range_root(nodes, 0, size) if size else EMPTY_ROOT


def _range_root(nodes: Nodes, start: int, stop: int) -> bytes:
    """The root of a part that a split gave: complete, or at the right end of the tree."""
    count = stop - start
    level = count.bit_length() - 1
    if count == 1 << level:
        return nodes.node(level, start >> level)
    middle = start + _split(count)
    return node_hash(_range_root(nodes, start, middle), _range_root(nodes, middle, stop))


def _split(count: int) -> int:
    """The largest power of two below ``count``, which is 2 or more."""
    return 1 << (count - 1).bit_length() - 1


def prove_inclusion(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """Return the inclusion proof of a leaf in the tree of ``size`` leaves (RFC 9162, section 2.1.3.1).

    The hashes go from the leaf to the root. Raises :class:`Invalid` if ``index`` is not below ``size``.
    """
    if not 0 <= index < size:
        raise Invalid(f"index {index} is not in a tree of size {size}")
    path: list[bytes] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append(_range_root(nodes, middle, stop))
            stop = middle
        else:
            path.append(_range_root(nodes, start, middle))
            start = middle
    return path[::-1]


def prove_consistency(nodes: Nodes, old: int, size: int) -> list[bytes]:
    """Return the proof that the tree of ``old`` leaves is a prefix of that of ``size`` (RFC 9162, section 2.1.4.1).

    It is empty from an empty tree, and from a tree to itself. Raises :class:`Invalid` unless ``0 <= old <= size``.
    """
    if not 0 <= old <= size:
        raise Invalid(f"a tree of size {old} is no prefix of one of size {size}")
    if old in (0, size):
        return []
    path: list[bytes] = []
    start, stop = 0, size
    while stop != old:
        middle = start + _split(stop - start)
        if old <= middle:
            path.append(_range_root(nodes, middle, stop))
            stop = middle
        else:
            path.append(_range_root(nodes, start, middle))
            start = middle
    if start:  # else the old tree is complete, and its root is known to whoever checks
        path.append(_range_root(nodes, start, stop))
    return path[::-1]


def check_inclusion(proof: Sequence[bytes], index: int, size: int, leaf: bytes, root: bytes) -> None:
    """Check that the leaf of the hash ``leaf`` stands at ``index`` under ``root`` (RFC 9162, section 2.1.3.2).

    Raises :class:`Invalid`.
    """
    _check_hashes((*proof, leaf, root))
    if not 0 <= index < size:
        raise Invalid(f"index {index} is not in a tree of size {size}")
    at, last, found = index, size - 1, leaf
    for hash_ in proof:
        if last == 0:
            raise Invalid("the proof is too long")
        if at & 1 or at == last:
            found = node_hash(hash_, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, hash_)
        at, last = at >> 1, last >> 1
    if last:
        raise Invalid("the proof is too short")
    if not compare_digest(found, root):
        raise Invalid("the proof leads to another root")


def check_consistency(proof: Sequence[bytes], old: int, size: int, old_root: bytes, root: bytes) -> None:
    """Check that the tree of ``old`` leaves is a prefix of that of ``size`` (RFC 9162, section 2.1.4.2).

    An empty tree is a prefix of every tree, and a tree of itself; the proof of either is empty, and the roots have to
    be the right ones all the same. Raises :class:`Invalid`.
    """
    _check_hashes((*proof, old_root, root))
    if not 0 <= old <= size:
        raise Invalid(f"a tree of size {old} is no prefix of one of size {size}")
    if old in (0, size):
        _check_without_hashes(proof, old, size, old_root, root)
        return
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        raise Invalid("the proof is too short")
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    found_old = found = path[0]
    for hash_ in path[1:]:
        if last == 0:
            raise Invalid("the proof is too long")
        if at & 1 or at == last:
            found_old, found = node_hash(hash_, found_old), node_hash(hash_, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, hash_)
        at, last = at >> 1, last >> 1
    if last:
        raise Invalid("the proof is too short")
    if not compare_digest(found_old, old_root):
        raise Invalid("the proof leads to another root of the old tree")
    if not compare_digest(found, root):
        raise Invalid("the proof leads to another root")


def _check_without_hashes(proof: Sequence[bytes], old: int, size: int, old_root: bytes, root: bytes) -> None:
    if proof:
        raise Invalid("the proof is too long")
    if old == 0 and not compare_digest(old_root, EMPTY_ROOT):
        raise Invalid("the root of the empty tree is another one")
    if old == size and not compare_digest(old_root, root):
        raise Invalid("one size has two roots")


def _check_hashes(hashes: Sequence[bytes]) -> None:
    for each in hashes:
        if len(each) != HASH_SIZE:
            raise Invalid(f"a hash has {len(each)} bytes instead of {HASH_SIZE}")
