"""Everything that a ledger is, as a folder of plain files (docs/formats.md, "Backup").

The files are written out of sight, in one pass and in constant memory, and held against their hashes on the way. Only
then does the folder change: the manifest goes, each file takes its place, the new manifest comes last. If we crash
before, the folder holds the backup that it held; within, every file is whole and no manifest says that they belong
together, and the next backup sets that right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ledger.book.files import beside, copy_file
from ledger.encoding import MAX_LEAF, Malformed, decode_entry, sha256
from ledger.errors import Problem, Rejected, Unavailable
from ledger.formats.backup import (
    CHECKPOINTS,
    CONTENTS,
    EVIDENCE,
    LEAVES,
    MANIFEST,
    MAX_LINE,
    Manifest,
    Meter,
    read_manifest,
    write_checkpoint,
    write_content,
    write_manifest,
)
from ledger.model import Opening
from ledger.store import Place, Reader, occupied
from ledger.tlog import Edge, Invalid, leaf_hash, read_checkpoint

MOST_PROBLEMS = 100
HASH_NAME = re.compile(r"[0-9a-f]{64}")
_ELSEWHERE = "choose another folder"


def backup(reader: Reader, ledger: Place, folder: Path) -> list[Path]:
    """Write all that ``reader`` has, and the evidence files beside the ledger, into a folder; return the paths.

    Who may read the file of the ledger may read its backup. An earlier backup of this ledger is replaced. Raises
    :class:`~ledger.errors.Rejected`, and leaves the folder as it is, if it holds something else or if the ledger does
    not fit its own hashes; :class:`~ledger.errors.Unavailable` if it cannot be written.
    """
    if not reader.size:
        raise Rejected("backup: the ledger has no entries yet", next="there is nothing to lose: `claims init` opens it")
    mode = ledger.files_mode()
    with _writing_to(folder):
        before = _backup_there(reader, folder)
        paths = [folder / name for name in (LEAVES, CONTENTS, CHECKPOINTS, MANIFEST)]
        copying = _Copying(reader, folder, before)
        with (
            beside(paths[2], mode) as checkpoints,
            beside(paths[1], mode) as contents,
            beside(paths[0], mode) as leaves,
        ):
            copying.run(leaves, contents, checkpoints)
            kept = _copy_evidence(ledger.evidence, folder / EVIDENCE, copying.say)
            copying.refuse_damage()
            paths[3].unlink(missing_ok=True)
        with beside(paths[3], mode) as file:
            file.write(write_manifest(copying.manifest(kept)))
    return [*paths, folder / EVIDENCE] if kept else paths


@contextmanager
def _writing_to(folder: Path) -> Iterator[None]:
    """Make the folder if need be, keep other backups out of it, and clear what a killed one left."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with occupied(folder, "another backup is being written here") as alone:
            for name in (LEAVES, CONTENTS, CHECKPOINTS, MANIFEST) if alone else ():
                for left in list(folder.glob(f".{name}.*")):
                    left.unlink(missing_ok=True)
            yield
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Unavailable(f"{folder}: cannot be written: {why}", next="choose another folder, or make room") from None


def _origin(reader: Reader) -> str:
    body = reader.entry(0).body
    assert isinstance(body, Opening), "entry 0 is the opening"
    return body.origin


def _backup_there(reader: Reader, folder: Path) -> Manifest | None:
    """Return what the folder's manifest says, None if it has none. Refuses whatever is not of this ledger."""
    if (folder / MANIFEST).exists():
        with (folder / MANIFEST).open("rb") as file:
            data = file.read(MAX_LINE)
        try:
            manifest = read_manifest(data)
        except Malformed as error:
            raise Rejected(f"{folder / MANIFEST}: {error}", next=_ELSEWHERE) from None
        if manifest.origin != _origin(reader):
            raise Rejected(f"{folder}: holds the backup of another ledger, {manifest.origin}", next=_ELSEWHERE)
        if manifest.size > reader.size:
            raise _other_history(folder)
        return manifest
    first = b""
    if (folder / LEAVES).exists():
        with (folder / LEAVES).open("rb") as file:
            first = file.readline(MAX_LEAF + 1)
    elif not any((folder / name).exists() for name in (CONTENTS, CHECKPOINTS)):
        return None
    if first != reader.leaf(0) + b"\n":
        raise Rejected(f"{folder}: holds files that are no backup of this ledger", next=_ELSEWHERE)
    return None


def _other_history(folder: Path) -> Rejected:
    return Rejected(
        f"{folder}: holds a backup with entries that this ledger does not have",
        next=f"{_ELSEWHERE}, and find out which of the two is the ledger: `claims restore` takes the one there",
    )


class _Copying:
    """One pass over the ledger. What does not fit is kept for :meth:`refuse_damage`."""

    def __init__(self, reader: Reader, folder: Path, before: Manifest | None) -> None:
        self.reader = reader
        self.folder = folder
        self.before = before
        self.leaves = Meter()
        self.contents = Meter()
        self.checkpoints = Meter()
        self.problems: list[Problem] = []
        self._edge = Edge()
        self._signed = reader.checkpoints(beyond=True)
        self._next = next(self._signed, None)

    def manifest(self, evidence: int) -> Manifest:
        """Return what the manifest says of all that was written."""
        measures = (self.leaves.measure, self.contents.measure)
        return Manifest(_origin(self.reader), self.reader.size, *measures, evidence, self.checkpoints.measure)

    def run(self, leaves: BinaryIO, contents: BinaryIO, checkpoints: BinaryIO) -> None:
        """Write everything. Raises :class:`Rejected` if the backup in the folder is no beginning of it."""
        for position, (index, leaf, parts) in enumerate(self.reader.stored()):
            self._check(position, index, leaf, parts)
            leaves.write(self.leaves.take(leaf + b"\n"))
            for part in sorted(parts):
                contents.write(self.contents.take(write_content(index, part, parts[part]) + b"\n"))
            self._edge.append(leaf_hash(leaf))
            self._write_checkpoints(checkpoints)
            before = self.before
            if before is not None and before.size == position + 1 and before.leaves != self.leaves.measure:
                self.refuse_damage()
                raise _other_history(self.folder)

        while self._next is not None:
            why = f"is of more entries than the ledger has, {self.reader.size}: it was cut off, or is an older copy"
            self.say(Problem(f"checkpoint of size {self._next[0]}", why))
            self._next = next(self._signed, None)

    def _write_checkpoints(self, file: BinaryIO) -> None:
        """Write the checkpoints of as many entries as there are by now."""
        while self._next is not None and self._next[0] <= self._edge.size:
            size, note = self._next
            self._next = next(self._signed, None)
            where = f"checkpoint of size {size}"
            try:
                line = write_checkpoint(size, note)
            except Malformed as error:
                self.say(Problem(where, str(error)))
                continue
            fault = checkpoint_fault(note, size, _origin(self.reader), self._edge)
            if fault is not None:
                self.say(Problem(where, *fault))
            file.write(self.checkpoints.take(line + b"\n"))

    def say(self, problem: Problem) -> None:
        """Keep a problem; at the hundredth, refuse at once."""
        self.problems.append(problem)
        if len(self.problems) == MOST_PROBLEMS:
            self.refuse_damage()

    def refuse_damage(self) -> None:
        """Raise :class:`Rejected` with every problem, if there is one."""
        if self.problems:
            raise Rejected(
                "nothing was backed up, since the ledger is damaged",
                problems=self.problems,
                next=f"run `claims verify`; what {self.folder} held is as it was",
            )

    def _check(self, position: int, index: int, leaf: bytes, parts: dict[str, bytes]) -> None:
        where = f"entry {index}"
        try:
            entry = decode_entry(leaf)
        except Malformed as error:
            self.say(Problem(where, f"leaf: {error}"))
            return
        if not position == index == entry.index:
            self.say(Problem(where, "index: is not the next one", str(position), str(entry.index)))
        digests = {part.value: ref.sha256 for part, ref in entry.parts.items()}
        for part in sorted(digests.keys() | parts.keys()):
            if part not in parts and not self.reader.refs(f"redaction.{part}", index):
                self.say(Problem(where, f"content {part}: is missing"))
            elif part not in parts:
                continue
            elif part not in digests:
                self.say(Problem(where, f"content {part}: is not in its leaf"))
            elif sha256(parts[part]) != digests[part]:
                self.say(Problem(where, f"content {part}: differs from its hash", digests[part], sha256(parts[part])))


def checkpoint_fault(note: bytes, size: int, origin: str, tree: Edge) -> tuple[str, str | None, str | None] | None:
    """Say why a note is no checkpoint of this tree, with what was expected and what it has; None if it is one."""
    try:
        checkpoint = read_checkpoint(note)
    except Invalid as error:
        return str(error), None, None
    if checkpoint.origin != origin:
        return "is of another log", origin, checkpoint.origin
    if checkpoint.size != size:
        return "size: differs from its note", str(checkpoint.size), str(size)
    if (checkpoint.size, checkpoint.root) != (tree.size, tree.root()):
        return "is of another history than these entries make", tree.root().hex(), checkpoint.root.hex()
    return None


def _copy_evidence(source: Path | None, target: Path, say: Callable[[Problem], None]) -> int:
    """Copy the files that the backup has not got yet; return how many it has. Nothing is ever taken out of it."""
    for file in source.iterdir() if source is not None and source.is_dir() else ():
        if not HASH_NAME.fullmatch(file.name) or not file.is_file():
            continue
        there = target / file.name
        if there.exists() and there.stat().st_size == file.stat().st_size:
            continue
        found = copy_file(file, there, only=file.name)
        if found != file.name:
            say(Problem(f"evidence {file.name}", "differs from its hash", got=found))
    if not target.is_dir():
        return 0
    return sum(1 for file in target.iterdir() if HASH_NAME.fullmatch(file.name))
