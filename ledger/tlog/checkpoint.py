"""Checkpoints (C2SP tlog-checkpoint): what a log signs of itself, its origin, its size and its root."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ledger.tlog.note import Note, Signer, Verifier, decode_base64, format_note, open_note, parse_note
from ledger.tlog.tree import HASH_SIZE, Invalid

_SIZE = re.compile(r"0|[1-9][0-9]*")
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The tree of the log ``origin`` at ``size`` leaves. ``extensions`` are further lines, which we write none of."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text that is signed."""
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), root, *self.extensions))

    def sign(self, *signers: Signer) -> bytes:
        """Return the note of this checkpoint, signed by each.

        Raises :class:`Invalid` unless whoever reads it reads this checkpoint: nothing else is ever signed.
        """
        if parse_checkpoint(self.text) != self:
            raise Invalid("the checkpoint would be read as another one")
        return format_note(Note(self.text, tuple(signer.sign(self.text) for signer in signers)))


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint. Raises :class:`Invalid`."""
    if not text.endswith("\n"):
        raise Invalid("the checkpoint does not end in a newline")
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 3 or not all(lines):
        raise Invalid("the checkpoint has not three lines: origin, size, root")
    origin, size, encoded, *extensions = lines
    if not _SIZE.fullmatch(size) or len(size) > 19 or int(size) > _LARGEST:
        raise Invalid(f"the checkpoint has a size that is none: {size[:40]!r}")
    root = decode_base64(encoded, "the root of the checkpoint")
    if len(root) != HASH_SIZE:
        raise Invalid(f"the checkpoint has a root of {len(root)} bytes instead of {HASH_SIZE}")
    return Checkpoint(origin, int(size), root, tuple(extensions))


def read_checkpoint(data: bytes) -> Checkpoint:
    """Read the note of a checkpoint without verifying it. Raises :class:`Invalid`."""
    return parse_checkpoint(parse_note(data).text)


def open_checkpoint(data: bytes, verifiers: Iterable[Verifier]) -> Checkpoint:
    """Read the note of a checkpoint and verify that a log of that origin signed it.

    A key of another name than the origin is another log's. Raises :class:`~ledger.tlog.note.Unsigned` if none of
    ``verifiers`` signed it, :class:`Invalid` if anything else about it is wrong.
    """
    note, signed = open_note(data, verifiers)
    checkpoint = parse_checkpoint(note.text)
    if all(verifier.name != checkpoint.origin for verifier in signed):
        raise Invalid(f"the checkpoint of {checkpoint.origin} is signed in the name of {signed[0].name}")
    return checkpoint
