"""A backup as lines: one leaf, one content, one checkpoint each, and the manifest that says what the files have to be.

The page docs/formats.md shows the bytes. Nothing here opens a file.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, dataclass
from typing import Any

from ledger.encoding import Malformed, canonical, parse
from ledger.errors import Unavailable

LEAVES, CONTENTS, CHECKPOINTS = "leaves.jsonl", "contents.jsonl", "checkpoints.jsonl"
MANIFEST, EVIDENCE = "manifest.json", "evidence"
FORMAT = 1
MAX_LINE = 1_048_576
"""More bytes than any line of a backup has."""

NEWER = "install a newer version: pip install --upgrade retraction-ledger"

_HASH = re.compile(r"[0-9a-f]{64}")
_KIND = "backup"


class Foreign(Malformed):
    """A manifest of something else than a backup."""


@dataclass(frozen=True, slots=True)
class Measure:
    """How much a file holds, and the SHA-256 of all of it."""

    bytes: int
    lines: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a finished backup says of itself.

    ``evidence`` is how many files there are at least. ``checkpoints`` is None in a backup by a version that had none.
    """

    origin: str
    size: int
    leaves: Measure
    contents: Measure
    evidence: int = 0
    checkpoints: Measure | None = None


class Meter:
    """Measures a file that goes by piece by piece."""

    def __init__(self) -> None:
        self._bytes = self._lines = 0
        self._hash = hashlib.sha256()

    def take(self, data: bytes) -> bytes:
        """Count a piece of the file, and return it."""
        self._bytes += len(data)
        self._lines += data.count(b"\n")
        self._hash.update(data)
        return data

    @property
    def measure(self) -> Measure:
        """What went by so far."""
        return Measure(self._bytes, self._lines, self._hash.hexdigest())


def write_content(index: int, part: str, content: bytes) -> bytes:
    """Write the line of a content, without its end; ``content`` is the canonical bytes of the part."""
    return b'{"content":%b,"index":%d,"part":"%b"}' % (content, index, part.encode())


def read_content(data: bytes) -> tuple[int, str, bytes]:
    """Read the line of a content: the index of its entry, the part, its exact bytes. Raises :class:`Malformed`."""
    line = parse(data)
    if not isinstance(line, dict) or set(line) != {"content", "index", "part"}:
        raise Malformed("is not an object of content, index and part")
    index, part = line["index"], line["part"]
    if type(index) is not int or index < 0 or not isinstance(part, str):
        raise Malformed("has an index that is no number from 0, or a part that is no text")
    return index, part, canonical(line["content"])


def write_checkpoint(size: int, note: bytes) -> bytes:
    """Write the line of a checkpoint, without its end. Raises :class:`Malformed` if no line can hold the note."""
    try:
        line = canonical({"note": note.decode(), "size": size})
    except UnicodeDecodeError:
        raise Malformed("the note is not UTF-8") from None
    if len(line) >= MAX_LINE:
        raise Malformed(f"the note has {len(note):,} bytes, more than a backup takes")
    return line


def read_checkpoint(data: bytes) -> tuple[int, bytes]:
    """Read the line of a checkpoint: of how many entries it is, and its note. Raises :class:`Malformed`."""
    line = parse(data)
    if not isinstance(line, dict) or set(line) != {"note", "size"}:
        raise Malformed("is not an object of note and size")
    size, note = line["size"], line["note"]
    if type(size) is not int or size < 1 or not isinstance(note, str):
        raise Malformed("has a size that is no number from 1, or a note that is no text")
    return size, note.encode()


def write_manifest(manifest: Manifest) -> bytes:
    """Write a manifest, with its line end."""
    files = {LEAVES: manifest.leaves, CONTENTS: manifest.contents, CHECKPOINTS: manifest.checkpoints}
    document = {
        "evidence": manifest.evidence,
        "files": {name: asdict(measure) for name, measure in files.items() if measure is not None},
        "format": FORMAT,
        "kind": _KIND,
        "origin": manifest.origin,
        "size": manifest.size,
    }
    return canonical(document) + b"\n"


def read_manifest(data: bytes) -> Manifest:
    """Read a manifest.

    Raises :class:`Foreign` if it is that of something else, :class:`Malformed` if it is damaged, and
    :class:`~ledger.errors.Unavailable` if it is of a newer format.
    """
    if not data.endswith(b"\n"):
        raise Malformed("is cut off: its line has no end")
    found = parse(data[:-1])
    if not isinstance(found, dict) or found.get("kind") != _KIND:
        raise Foreign("is no manifest of a backup")
    if found.get("format") != FORMAT:
        why = f"{MANIFEST}: is of format {found.get('format')!r}; this version reads format {FORMAT}"
        raise Unavailable(why, next=NEWER)
    if set(found) != {"evidence", "files", "format", "kind", "origin", "size"}:
        raise Malformed("has other fields than a manifest of a backup")
    files = found["files"]
    if not isinstance(files, dict) or set(files) - {CHECKPOINTS} != {CONTENTS, LEAVES}:
        raise Malformed(f"has files that are not {LEAVES}, {CONTENTS} and {CHECKPOINTS}")
    if not isinstance(found["origin"], str):
        raise Malformed("has an origin that is not text")
    return Manifest(
        origin=found["origin"],
        size=_count(found, "size"),
        leaves=_measure(files[LEAVES]),
        contents=_measure(files[CONTENTS]),
        evidence=_count(found, "evidence"),
        checkpoints=_measure(files[CHECKPOINTS]) if CHECKPOINTS in files else None,
    )


def _measure(given: Any) -> Measure:
    if not isinstance(given, dict) or set(given) != {"bytes", "lines", "sha256"}:
        raise Malformed("has a file that is not an object of bytes, lines and sha256")
    digest = given["sha256"]
    if not isinstance(digest, str) or not _HASH.fullmatch(digest):
        raise Malformed("has a sha256 that is not 64 lower-case hex digits")
    return Measure(_count(given, "bytes"), _count(given, "lines"), digest)


def _count(given: dict[str, Any], name: str) -> int:
    value = given[name]
    if type(value) is not int or value < 0:
        raise Malformed(f"has {name} that is not a whole number from 0")
    return value
