"""A ledger from its backup, made anew and held against everything that it says of itself.

Leaves, contents and checkpoints are read side by side, line by line. Each leaf has to be canonical, the next one, and
what the rules allow after those before it; each content has to be the one whose hash stands in its leaf, and each
checkpoint has to have the root of the entries before it. Columns, links, names and
registers follow from that and are never read from anywhere. Batches of entries keep the memory constant; the ledger
gets its place only when all of it is right.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from ledger.book.backup import HASH_NAME, MOST_PROBLEMS, checkpoint_fault
from ledger.book.files import copy_file
from ledger.book.lines import Lines
from ledger.encoding import MAX_LEAF, Malformed, decode_content, decode_entry, sha256
from ledger.errors import Problem, Rejected, Unavailable, Unresolvable
from ledger.formats.backup import (
    CHECKPOINTS,
    CONTENTS,
    EVIDENCE,
    LEAVES,
    MANIFEST,
    MAX_LINE,
    NEWER,
    Foreign,
    Manifest,
    Measure,
    read_checkpoint,
    read_content,
    read_manifest,
)
from ledger.model import Content, Entry, Opening, Redaction, Unknown
from ledger.resolver import Fold
from ledger.rules import check, check_contents
from ledger.store import Place, Store, Writer, made_beside
from ledger.times import format_utc
from ledger.tlog import Edge, leaf_hash
from ledger.vocabulary import Part

BATCH = 2_000
"""How many entries one transaction takes: what a writer remembers is forgotten after it."""

_NEXT = "go back to another backup; the files are as they were"


def restore(folder: Path, where: str | Path | Place) -> str:
    """Make the ledger at ``where`` from the backup in a folder, and return its origin.

    Raises :class:`~ledger.errors.Rejected` with up to a hundred problems if the backup is not whole, or if a ledger is
    there already; :class:`~ledger.errors.Unavailable` if there is no finished backup or it cannot be read. Nothing is
    left behind then.
    """
    manifest = _manifest(folder)
    with made_beside(where) as (store, kept):
        checking = _Checking(folder, manifest)
        try:
            checking.entries(store)
            checking.evidence(kept)
        except _Enough:
            pass
        except OSError as error:
            raise _unreadable(Path(error.filename or folder), error) from None
        checking.finish()
    return manifest.origin


def _manifest(folder: Path) -> Manifest:
    try:
        found = {path.name for path in folder.iterdir()}
        if MANIFEST not in found:
            why = "holds an unfinished backup: it has no manifest.json" if LEAVES in found else "holds no backup"
            raise Unavailable(f"{folder}: {why}", next="give the folder of a backup that `claims backup` finished")
        with (folder / MANIFEST).open("rb") as file:
            manifest = read_manifest(file.read(MAX_LINE))
    except Foreign as error:
        why = f"{folder}: holds no backup: {MANIFEST} {error}"
        raise Unavailable(why, next="give the folder of a backup") from None
    except Malformed as error:
        problem = Problem(MANIFEST, str(error))
        raise Rejected(f"{folder}: the backup is damaged", problems=[problem], next=_NEXT) from None
    except OSError as error:
        raise _unreadable(folder, error) from None
    listed = (LEAVES, CONTENTS) if manifest.checkpoints is None else (LEAVES, CONTENTS, CHECKPOINTS)
    missing = [Problem(name, "is missing") for name in listed if name not in found]
    if missing:
        raise Rejected(f"{folder}: the backup is damaged", problems=missing, next=_NEXT)
    return manifest


def _unreadable(path: Path, error: OSError) -> Unavailable:
    why = (error.strerror or str(error)).lower()
    return Unavailable(f"{path}: cannot be read: {why}", next="check the path, and that you may read it")


class _Enough(Exception):
    """A hundred problems are found, and no more are looked for."""


def _redacted(leaves: Path) -> set[tuple[int, str]]:
    """The parts that the entries of a backup redact: their contents come before those entries, and are not there."""
    found = set[tuple[int, str]]()
    with leaves.open("rb") as lines:
        while line := lines.readline(MAX_LEAF + 1):
            if b'"kind":"redaction"' in line:
                with suppress(Malformed):
                    body = decode_entry(line.rstrip(b"\n")).body
                    if isinstance(body, Redaction):
                        found.add((body.target, body.part))
    return found


class _Checking:
    """One pass over a backup. What is wrong is collected; from the first problem on nothing more is appended."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest
        self.problems: list[Problem] = []
        self.unknown = 0  # how many of the problems are kinds that only a newer version knows
        self.leaves = Lines(folder / LEAVES, self._say)
        self.contents = Lines(folder / CONTENTS, self._say)
        self.checkpoints = Lines(folder / CHECKPOINTS, self._say)
        self.next = 0
        self.before: Entry | None = None
        self.origin: str | None = None
        self._content_lines = self._read_contents()
        self._content: tuple[int, str, bytes] | None = None
        self._edge = Edge()
        self._checkpoint_lines = self._read_checkpoints()
        self._checkpoint: tuple[int, bytes] | None = None
        self._last_checkpoint = (0, "")
        self.redacted = _redacted(folder / LEAVES)
        self.ended = False  # whether it is told already that the contents end too early

    def _say(self, problem: Problem) -> None:
        self.problems.append(problem)
        if len(self.problems) == MOST_PROBLEMS:
            raise _Enough

    def finish(self) -> None:
        """Hold what was read against the manifest; raise if anything at all is wrong."""
        if len(self.problems) < MOST_PROBLEMS:
            self._check_manifest()
        if not self.problems:
            return
        if self.unknown == len(self.problems):
            why = f"{self.folder}: the backup is of a newer version, and nothing was restored"
            raise Unresolvable(why, problems=self.problems, next=NEWER)
        more = f"; these are the first {MOST_PROBLEMS} problems" if len(self.problems) >= MOST_PROBLEMS else ""
        why = f"{self.folder}: the backup is damaged, and nothing was restored{more}"
        raise Rejected(why, problems=self.problems, next=_NEXT)

    # Entries with their contents

    def entries(self, store: Store) -> None:
        """Read every leaf, content and checkpoint into the store."""
        lines = iter(self.leaves)
        self._checkpoint = next(self._checkpoint_lines, None)
        self._content = next(self._content_lines, None)
        while True:
            start = self.leaves.number
            gc.collect()  # a writer is a circle, so what it remembers would stay until the collector came by
            with store.writing() as writer:
                fold = Fold(writer, voices=writer.voices, tallies=writer.tallies)
                for line in islice(lines, BATCH):
                    self._take(line, writer, fold)
            if self.leaves.number < start + BATCH:
                break
        if self._content is not None:
            index, word, _ = self._content
            self.contents.say(f"content {word} of entry {index}: {LEAVES} ends before its leaf")
        if self._checkpoint is not None and not self.problems:
            self.checkpoints.say(f"checkpoint of size {self._checkpoint[0]}: {LEAVES} ends before")
        for rest in (self._content_lines, self._checkpoint_lines):
            for _ in rest:
                continue  # to measure it

    def _take(self, line: bytes, writer: Writer, fold: Fold) -> None:
        entry = self._entry(line)
        contents = self._contents_of(entry)
        if entry is None:
            return
        for problem in check_contents(entry, contents):
            self._say_rule(problem)
        if isinstance(entry.body, Unknown):
            self.unknown += 1
            self.leaves.say("kind: is not known to this version", got=entry.word)
        if self.problems:
            return  # what follows would only be told that something before it is missing
        for problem in check(entry, fold):
            self._say_rule(problem)
        if entry.key is not None and (taken := writer.by_key(entry.key)) is not None:
            self.leaves.say(f"key: is taken by entry {taken}", got=entry.key)
        if not self.problems:
            writer.append(entry, contents)
            fold.step(entry)
            self._edge.append(leaf_hash(line))
            self._keep_checkpoints(writer)

    def _keep_checkpoints(self, writer: Writer) -> None:
        """Keep the checkpoints of as many entries as were taken by now."""
        while self._checkpoint is not None and self._checkpoint[0] <= self._edge.size:
            size, note = self._checkpoint
            fault = checkpoint_fault(note, size, self.origin or "", self._edge)
            place = (size, sha256(note))
            if place <= self._last_checkpoint:
                self.checkpoints.say(f"checkpoint of size {size}: stands twice, or after one that it comes before")
            elif fault is not None:
                why, expected, got = fault
                self.checkpoints.say(f"checkpoint of size {size}: {why}", expected, got)
            else:
                writer.keep_checkpoint(size, note)
            self._last_checkpoint = max(place, self._last_checkpoint)
            self._checkpoint = next(self._checkpoint_lines, None)

    def _read_checkpoints(self) -> Iterator[tuple[int, bytes]]:
        for line in self.checkpoints if self.manifest.checkpoints is not None else ():
            try:
                yield read_checkpoint(line)
            except Malformed as error:
                self.checkpoints.say(str(error))

    def _say_rule(self, problem: Problem) -> None:
        self.leaves.say(f"{problem.where}: {problem.why}", problem.expected, problem.got)

    def _entry(self, line: bytes) -> Entry | None:
        """Read a leaf, and hold it against the one before it; None if it cannot be read."""
        expected, self.next = self.next, self.next + 1
        try:
            entry = decode_entry(line)
        except Malformed as error:
            self.leaves.say(str(error))
            return None
        if entry.index != expected:
            self.leaves.say("index: is not the next one", str(expected), str(entry.index))
            self.next = entry.index + 1
        if self.before is not None and entry.recorded < self.before.recorded:
            earlier, now = format_utc(self.before.recorded), format_utc(entry.recorded)
            self.leaves.say("recorded: is before that of the entry before it", f"{earlier} or later", now)
        if isinstance(entry.body, Opening) and self.before is None:
            self.origin = entry.body.origin
        self.before = entry
        return entry

    def _contents_of(self, entry: Entry | None) -> dict[Part, Content]:
        """Take the contents of an entry off their file; all that come before them have no place."""
        index = self.next - 1
        found: dict[Part, Content] = {}
        seen: list[str] = []
        while self._content is not None and self._content[0] < index:
            self._skip_content()
        while self._content is not None and self._content[0] == index:
            if entry is not None:
                self._match(entry, self._content[1], self._content[2], seen, found)
            self._content = next(self._content_lines, None)
        for part in sorted(entry.parts) if entry is not None else ():
            redacted = (index, part) in self.redacted
            if part in seen and redacted:
                self.contents.say(f"content {part} of entry {index}: is there, though an entry redacts it")
            elif part not in seen and not redacted and not self.ended:
                self.ended = self._content is None
                why = f"{CONTENTS} ends before its content {part}"
                self.leaves.say(why if self.ended else f"its content {part} is not in its place in {CONTENTS}")
        return found

    def _match(self, entry: Entry, word: str, data: bytes, seen: list[str], found: dict[Part, Content]) -> None:
        """Hold one content against the leaf of its entry."""
        digests = {part.value: ref.sha256 for part, ref in entry.parts.items()}
        what = f"content {word} of entry {entry.index}"
        if word not in digests:
            self.contents.say(f"{what}: is not in its leaf")
        elif seen and word <= seen[-1]:
            self.contents.say(f"{what}: stands twice, or after one that it comes before")
        elif sha256(data) != digests[word]:
            self.contents.say(f"{what}: differs from its hash", digests[word], sha256(data))
        else:
            try:
                found[Part(word)] = decode_content(Part(word), data)
            except Malformed as error:
                self.contents.say(f"{what}: {error}")
        seen.append(word)

    def _skip_content(self) -> None:
        assert self._content is not None
        index, word, _ = self._content
        self.contents.say(f"content {word} of entry {index}: its leaf is not in its place in {LEAVES}")
        self._content = next(self._content_lines, None)

    def _read_contents(self) -> Iterator[tuple[int, str, bytes]]:
        for line in self.contents:
            try:
                yield read_content(line)
            except Malformed as error:
                self.contents.say(str(error))

    # What goes with them

    def evidence(self, kept: Path) -> None:
        """Copy the evidence files, each held against its name; others in that folder are let be."""
        folder = self.folder / EVIDENCE
        count = 0
        for file in folder.iterdir() if folder.is_dir() else ():
            if HASH_NAME.fullmatch(file.name):
                count += 1
                found = copy_file(file, kept / file.name, only=file.name)
                if found != file.name:
                    self._say(Problem(f"{EVIDENCE}/{file.name}", "differs from its hash", got=found))
        least = self.manifest.evidence
        if count < least:
            self._say(Problem(EVIDENCE, "some files are missing", f"{least} or more", str(count)))

    def _check_manifest(self) -> None:
        told = self.manifest
        files = ((self.leaves, told.leaves), (self.contents, told.contents), (self.checkpoints, told.checkpoints))
        for lines, expected in files:
            if expected is not None:
                self._compare(lines, expected)
        if told.size != told.leaves.lines:
            self.problems.append(Problem(MANIFEST, "size: is not the number of leaves", got=str(told.size)))
        if told.origin != (self.origin or told.origin):
            self.problems.append(Problem(MANIFEST, "origin: is not that of the opening", self.origin, told.origin))

    def _compare(self, lines: Lines, expected: Measure) -> None:
        got = lines.meter.measure
        for name in ("lines", "bytes", "sha256"):
            should, does = str(getattr(expected, name)), str(getattr(got, name))
            if should != does:
                self.problems.append(Problem(lines.path.name, f"{name}: not as the manifest says", should, does))
                return
