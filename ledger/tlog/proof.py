"""A proof of inclusion as one file (C2SP tlog-proof): the index, the path, and the checkpoint that it leads to."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ledger.tlog.checkpoint import Checkpoint, open_checkpoint
from ledger.tlog.note import Verifier, decode_base64
from ledger.tlog.tree import HASH_SIZE, Invalid, check_inclusion, leaf_hash

_HEADER = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")
_LONGEST_PATH = 63


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """``path`` goes from the leaf to the root, ``checkpoint`` a signed note as it is, ``extra`` is what goes along."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def format(self) -> str:
        """Return the text of the file."""
        extra = [] if self.extra is None else [f"extra {base64.b64encode(self.extra).decode()}"]
        hashes = [base64.b64encode(each).decode() for each in self.path]
        lines = [_HEADER, *extra, f"index {self.index}", *hashes]
        return "".join(f"{line}\n" for line in lines) + "\n" + self.checkpoint.decode()

    def check(self, entry: bytes, verifiers: Iterable[Verifier]) -> Checkpoint:
        """Check that ``entry`` stands at ``index`` in a log that one of ``verifiers`` signed; return the checkpoint.

        Raises :class:`Invalid`.
        """
        checkpoint = open_checkpoint(self.checkpoint, verifiers)
        check_inclusion(self.path, self.index, checkpoint.size, leaf_hash(entry), checkpoint.root)
        return checkpoint


def parse_proof(text: str) -> InclusionProof:
    """Read the text of a proof; nothing of it is checked. Raises :class:`Invalid`."""
    head, separator, checkpoint = text.partition("\n\n")
    try:
        note = checkpoint.encode()
    except UnicodeEncodeError:
        raise Invalid("the proof is not Unicode") from None
    lines = head.split("\n")
    if not separator or lines.pop(0) != _HEADER:
        raise Invalid(f"the proof does not begin with {_HEADER}, or has no checkpoint")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = decode_base64(lines.pop(0).removeprefix("extra "), "the extra line of the proof")
    match = _INDEX.fullmatch(lines.pop(0)) if lines else None
    if match is None:
        raise Invalid("the proof does not say its index")
    if len(lines) > _LONGEST_PATH:
        raise Invalid(f"the proof has more than {_LONGEST_PATH} hashes")
    path = tuple(decode_base64(line, "a hash of the proof") for line in lines)
    if any(len(each) != HASH_SIZE for each in path):
        raise Invalid(f"the proof has a hash that has not {HASH_SIZE} bytes")
    return InclusionProof(int(match[1]), path, note, extra)
