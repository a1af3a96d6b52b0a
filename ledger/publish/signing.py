"""Signing a checkpoint: never one that does not extend what this key has signed before.

The last checkpoint is kept in two places, beside the key and in the ledger, and a published one in a third. Whoever
restores an older file of the ledger, or another history, meets the one beside the key.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.encoding import sha256
from ledger.errors import LedgerError, Problem, Rejected, Unavailable
from ledger.model import Opening
from ledger.publish.keys import Key, known_verifiers, last_signed
from ledger.store import Reader, Store
from ledger.store.failures import VERIFY
from ledger.tlog import (
    Checkpoint,
    Invalid,
    Nodes,
    Signer,
    Unsigned,
    Verifier,
    leaf_hash,
    open_checkpoint,
    parse_note,
    tree_root,
)


class Forked(Rejected):
    """What is to be signed is not a continuation of what was signed: one of the two histories is not the ledger's."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint and its note. ``fresh`` is False if it was signed before, and nothing has come since."""

    checkpoint: Checkpoint
    note: bytes
    fresh: bool


def origin_of(reader: Reader) -> str:
    """Return the origin that entry 0 gives. Raises :class:`~ledger.errors.Unavailable` if there is no entry."""
    if not reader.size:
        raise Unavailable("ledger: has no entries yet", next="`claims init` opens it")
    body = reader.entry(0).body
    assert isinstance(body, Opening), "entry 0 is the opening"
    return body.origin


def sign(store: Store, key: Key, *more: Signer) -> Signed:
    """Sign the ledger as it stands with ``key`` and ``more``, and keep the checkpoint beside the key and in the ledger.

    Raises :class:`Forked` if the ledger does not continue what the key has signed.
    """
    if store.read_only:
        raise Unavailable(f"ledger: {store.place}: is read-only", next="sign where the ledger can be written to")
    with key.alone():
        with store.reading() as reader:
            origin = origin_of(reader)
            before = check_prefix(reader, key.last(), key.verifiers, f"the checkpoint beside the key ({key.folder})")
            kept = reader.last_checkpoint()
            if kept is not None:
                _check_kept(*kept, key.verifiers, reader)
            _check_leaves(reader, before.size if before else 0)
            checkpoint = Checkpoint(origin, reader.size, reader.root())
        last = key.last()
        signers = (key.signer, *more)
        if last is not None and before == checkpoint and _signed_by(last, signers):
            signed = Signed(checkpoint, last, fresh=False)
        else:
            signed = Signed(checkpoint, checkpoint.sign(*signers), fresh=True)
            key.remember(signed.note)
        with store.writing() as writer:
            writer.keep_checkpoint(checkpoint.size, signed.note)
    return signed


def check_prefix(reader: Reader, note: bytes | None, verifiers: Iterable[Verifier], what: str) -> Checkpoint | None:
    """Check that a signed checkpoint is one of a prefix of this ledger, and return it; None for none.

    Raises :class:`Forked` with both sides if it is of another history or of more entries, or not to be verified.
    """
    if note is None:
        return None
    try:
        before = open_checkpoint(note, verifiers)
    except Unsigned as error:
        raise Unavailable(f"{what}: {error}", next="find out whose it is before anything is signed") from None
    except Invalid as error:
        raise Unavailable(f"{what}: {error}", next="put back a copy of it from the publication") from None
    where = f"{what}, size {before.size}"
    if before.origin != origin_of(reader):
        raise _forked([Problem(where, "is of another log", origin_of(reader), before.origin)], note)
    if before.size > reader.size:
        why = "is of more entries than this ledger has: it was cut off, or is an older copy"
        raise _forked([Problem(where, why, f"{before.size} entries or more", f"{reader.size}")], note)
    root = tree_root(reader.nodes(), before.size)
    if root != before.root:
        why = "has another root than this ledger at that size: one of the two was rewritten"
        raise _forked([Problem(where, why, f"root {before.root.hex()}", f"root {root.hex()}")], note)
    return before


def _forked(problems: list[Problem], note: bytes) -> Forked:
    evidence = [
        Problem("evidence", f"the signed note, SHA-256 {sha256(note)}", got=" | ".join(note.decode().split("\n")))
    ]
    return Forked(
        "nothing was signed: this ledger does not continue what was signed before",
        problems=[*problems, *evidence],
        next="change neither; your backups and what auditors have show which of the two is the true history",
    )


def check_remembered(store: Store, folder: Path) -> list[Problem]:
    """Hold the ledger against the checkpoint beside its key, if there is one; return what is wrong.

    A ledger that is whole in itself may still be an older copy, or another history.
    """
    note, what = last_signed(folder), f"the checkpoint beside the key ({folder})"
    try:
        with store.reading() as reader:
            check_prefix(reader, note, known_verifiers(folder), what)
    except Forked as refusal:
        return list(refusal.problems)
    except LedgerError as error:
        return [Problem("checkpoints", error.message)]
    return []


def _check_kept(size: int, note: bytes, verifiers: tuple[Verifier, ...], reader: Reader) -> None:
    """A checkpoint in the ledger by a key that is not ours does not bind us; by ours, it does."""
    try:
        open_checkpoint(note, verifiers)
    except Invalid:
        return
    check_prefix(reader, note, verifiers, f"the checkpoint of size {size} in the ledger")


def _check_leaves(reader: Reader, start: int) -> None:
    """Sign no tree that is not over these leaves: what is signed stays signed."""
    nodes = reader.nodes()
    for index, leaf, _ in reader.stored(start):
        check_leaf(nodes, index, leaf)


def check_leaf(nodes: Nodes, index: int, leaf: Any) -> None:
    """Raise :class:`~ledger.errors.Unavailable` if a leaf is not the one whose hash is in the tree."""
    if not isinstance(leaf, bytes) or nodes.node(0, index) != leaf_hash(leaf):
        raise Unavailable(f"entry {index}: is not the leaf that its tile was made of", next=VERIFY)


def _signed_by(note: bytes, signers: Iterable[Signer]) -> bool:
    lines = parse_note(note).signatures
    return all(any(signer.verifier.made(line) for line in lines) for signer in signers)


def rotate(store: Store, key: Key, seed: bytes) -> tuple[Signed, Verifier]:
    """Sign one checkpoint with the old key and its successor, then let that take over."""
    with key.alone():
        successor = key.next(seed)
    signed = sign(store, key, successor)
    with key.alone():
        return signed, key.rotate()
