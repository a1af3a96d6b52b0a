"""The audit of a published history: everything again from its bytes, by the key alone, without the newsroom's database.

Every leaf is hashed and its tree grown; every tile, the root and an old checkpoint are held against it. Every leaf and
every content is read again, and the whole history replayed under the rules. Which contents may be missing follows from
the leaves themselves. All findings are told (up to a hundred), each with the entry that it concerns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from ledger.book.snapshot import Snapshot
from ledger.book.views import BoardRow
from ledger.disclosure import Disclosure
from ledger.encoding import MAX_LEAF, Malformed
from ledger.errors import Problem, Unavailable
from ledger.examination import Examination
from ledger.formats.backup import MAX_LINE, read_content
from ledger.model import Content, Opening
from ledger.publish.derived import Derived
from ledger.publish.history import Point, out_of_time, point_of, read_history
from ledger.publish.layout import CHECKPOINT, UNFINISHED, bundles, contents_path, width_of
from ledger.publish.source import Source, TooLong
from ledger.times import zone_named
from ledger.tlog import (
    EMPTY_ROOT,
    FULL,
    HASH_SIZE,
    Checkpoint,
    Edge,
    Invalid,
    Tile,
    Unsigned,
    Verifier,
    bundle_path,
    decode_bundle,
    differing,
    leaf_hash,
    open_checkpoint,
    open_note,
    read_checkpoint,
)
from ledger.tlog.policy import Policy
from ledger.tlog.witness import cosignature_times
from ledger.vocabulary import Part, Visibility

MOST_FINDINGS = 100
_MOST_NOTE = 1 << 20
_MOST_BUNDLE = FULL * (MAX_LEAF + 2)
_MOST_CONTENTS = 64 << 20


@dataclass(frozen=True)
class Gone:
    """A part that was redacted: of which entry, by which, and under which order, None if that is withheld itself."""

    index: int
    part: Part
    by: int
    order: str | None


@dataclass
class Audited:
    """What an audit found. ``findings`` are what is wrong, ``unchecked`` what could not be found out.

    ``redacted`` are the parts that are gone under an order; ``internal`` and ``held`` count those withheld for being
    internal, or of held claims; ``rows`` is the board. ``witnesses`` are those of the policy that cosigned the
    checkpoint, with their times; ``points`` are the checkpoints that the entries were held against.
    """

    checkpoint: Checkpoint
    signers: tuple[Verifier, ...] = ()
    since: Checkpoint | None = None
    witnesses: dict[Verifier, int] = field(default_factory=dict)
    points: list[Point] = field(default_factory=list)
    findings: list[Problem] = field(default_factory=list)
    unchecked: list[Problem] = field(default_factory=list)
    tiles: int = 0
    contents: int = 0
    internal: int = 0
    held: int = 0
    redacted: list[Gone] = field(default_factory=list)
    rows: list[BoardRow] = field(default_factory=list)
    zone: ZoneInfo | None = None

    @property
    def ok(self) -> bool:
        """Whether everything was verified, and nothing found."""
        return not self.findings and not self.unchecked

    @property
    def cut_short(self) -> bool:
        """Whether so much was found that no more was looked for."""
        return len(self.findings) >= MOST_FINDINGS


class _Enough(Exception):
    """A hundred findings are told, and no more are looked for."""


def audit(
    source: Source, verifiers: Sequence[Verifier], since: bytes | None = None, policy: Policy | None = None
) -> Audited:
    """Audit what ``source`` serves; ``since`` is the note of an older checkpoint that has to be of a prefix.

    With a policy, a quorum of its witnesses has to have cosigned the checkpoint, and what they cosigned says when the
    entries can have been recorded. Its logs are not used: who calls says which keys are trusted.

    Raises :class:`~ledger.errors.Unavailable` if there is no checkpoint, or a file cannot be had.
    """
    try:
        note = source.get(CHECKPOINT, _MOST_NOTE)
        if note is None:
            raise Unavailable(
                "audit: there is no checkpoint, so nothing is published here", next="check the path or address"
            )
        found = Audited(read_checkpoint(note))
    except (Invalid, TooLong) as error:
        found = Audited(Checkpoint("", 0, EMPTY_ROOT))
        found.findings.append(Problem("checkpoint", str(error)))
        return found
    auditing = _Audit(source, found, note, policy)
    try:
        if auditing.signed("checkpoint", note, verifiers) is None:
            return found  # who signed nothing may claim any size
        auditing.witnessed(verifiers)
        auditing.since(since, verifiers)
        auditing.entries()
        auditing.times()
        auditing.derive()
    except _Enough:
        pass
    return found


class _Audit:
    def __init__(self, source: Source, found: Audited, note: bytes, policy: Policy | None) -> None:
        self.policy = policy
        self.source = source
        self.found = found
        self.note = note
        self.size = found.checkpoint.size
        self.edge = Edge()
        self.points: list[Point] = []
        self.waiting: dict[int, list[Point]] = {}  # the published checkpoints of sizes that the tree is to reach yet
        self.history = Examination(self._told)
        self.contents: dict[int, dict[Part, Content]] = {}
        self.broken = False  # whether the hash of some leaf is not to be had
        self.lacking: set[int] = set()  # the bundles that have no contents at all
        self.unread: set[int] = set()  # the bundles whose contents could not be read, which is told

    def _told(self, problem: Problem) -> None:
        self.found.findings.append(problem)
        if len(self.found.findings) >= MOST_FINDINGS:
            raise _Enough

    def _say(self, where: str, why: str, expected: str | None = None, got: str | None = None) -> None:
        self._told(Problem(where, why, expected, got))

    # Who signed it

    def signed(self, where: str, note: bytes, verifiers: Sequence[Verifier]) -> Checkpoint | None:
        """Verify a checkpoint; None if it is none, or nobody's whom we know."""
        try:
            checkpoint, signers = open_checkpoint(note, verifiers), signers_of(note, verifiers)
        except Unsigned as error:
            self._say(where, str(error), expected=", ".join(f"{each.name} ({each.key_id.hex()})" for each in verifiers))
            return None
        except Invalid as error:
            self._say(where, str(error))
            return None
        if where == CHECKPOINT:
            self.found.signers = signers
        return checkpoint

    def witnessed(self, verifiers: Sequence[Verifier]) -> None:
        """Demand the quorum, and read the checkpoints that are published of earlier sizes, to meet them again."""
        if self.policy is not None:
            try:
                point = point_of(CHECKPOINT, self.note, verifiers, self.policy)
                found = cosignature_times(self.note, list(self.policy.witnesses.values()))
            except Invalid as error:
                self._say(CHECKPOINT, str(error))
            else:
                self.found.witnesses, self.points = found, [point]
                lacks = self.policy.missing(found)
                if lacks:
                    self._say(CHECKPOINT, f"lacks a quorum of witnesses: {lacks}")
        for each in read_history(self.source, self.size, verifiers, self.policy, self._told):
            if each.checkpoint.origin == self.found.checkpoint.origin:
                self.points.append(each)
                if each.checkpoint != self.found.checkpoint:
                    self.waiting.setdefault(each.checkpoint.size, []).append(each)
            else:
                self._say(each.where, "is of another log", self.found.checkpoint.origin, each.checkpoint.origin)

    def times(self) -> None:
        """Hold the times of the entries against those at which witnesses saw them."""
        self.found.points = self.points
        for problem in out_of_time(self.history.entries.all(), self.points):
            self._told(problem)

    def since(self, note: bytes | None, verifiers: Sequence[Verifier]) -> None:
        """Take note of an older checkpoint, to meet it again at its size."""
        if note is None:
            return
        old = self.signed("the old checkpoint", note, verifiers)
        if old is None:
            return
        if old.origin != self.found.checkpoint.origin:
            self._say("the old checkpoint", "is of another log", self.found.checkpoint.origin, old.origin)
        elif old.size > self.size:
            why = "is of more entries than are published: the end was cut off, or this is an older copy"
            self._say("the old checkpoint", why, f"{old.size} entries or more", str(self.size))
        else:
            self.found.since = old
            with suppress(Invalid):  # whatever stands in the name of a witness, the log signed it
                self.points.append(point_of("the old checkpoint", note, verifiers, self.policy))

    # The entries and their tree

    def entries(self) -> None:
        """Read every bundle with its contents, and grow the tree."""
        self._meet_since()
        for number in bundles(0, self.size):
            self._bundle(number)
        for level, expected in enumerate(self.edge.partials()):
            if expected and not self.broken:
                number = self.size >> 8 * (level + 1)
                self._compare(Tile(level, number, len(expected) // HASH_SIZE), expected)
        if self.broken and self.found.since is not None and self.edge.size < self.found.since.size:
            self.found.since = None
            why = "could not be met: the tree was lost before its size"
            self.found.unchecked.append(Problem("the old checkpoint", why))
        root = self.edge.root()
        if not self.broken and root != self.found.checkpoint.root:
            why = "has another root than the published entries make"
            self._say("checkpoint", why, root.hex(), self.found.checkpoint.root.hex())

    def _bundle(self, number: int) -> None:
        first, width = number * FULL, width_of(number, self.size)
        leaves = self._leaves(number, width)
        contents = self._contents(number)
        if leaves is None:
            self._skip(Tile(0, number, width))
            return
        for index, leaf in enumerate(leaves, first):
            self._grow(leaf_hash(leaf))
            _entry, found = self.history.take(index, leaf, contents.get(index, {}))
            if found:
                self.contents[index] = found
                self.found.contents += len(found)

    def _leaves(self, number: int, width: int) -> list[bytes] | None:
        where = _span(number * FULL, width)
        path, full = bundle_path(number, width), bundle_path(number)
        try:
            data = self.source.get(path, _MOST_BUNDLE)
            whole = None if data is not None or width == FULL else self.source.get(full, _MOST_BUNDLE)
            if data is None and whole is None:
                self._say(where, f"{path}: is missing")
                return None
            return decode_bundle(data, width) if data is not None else decode_bundle(whole or b"", FULL)[:width]
        except (Invalid, TooLong) as error:
            self._say(where, f"{path}: {error}")
            return None

    def _skip(self, tile: Tile) -> None:
        """Go on behind a bundle that cannot be read, by the hashes of its tile."""
        first = tile.number * FULL
        self.history.skip(range(first, first + tile.width))
        hashes = self._tile(tile)
        if hashes is None or len(hashes) != tile.width * HASH_SIZE:
            self.broken = True
            return
        for at in range(0, len(hashes), HASH_SIZE):
            self._grow(hashes[at : at + HASH_SIZE])

    def _grow(self, hash_: bytes) -> None:
        if self.broken:
            return
        for tile, expected in self.edge.append(hash_):
            self._compare(tile, expected)
        self._meet_since()

    def _meet_since(self) -> None:
        for each in [] if self.broken else self.waiting.pop(self.edge.size, []):
            if each.checkpoint.root != (root := self.edge.root()):
                self.points.remove(each)
                why = f"has another root than these entries make at size {self.edge.size}: the history was rewritten"
                self._say(each.where, why, each.checkpoint.root.hex(), root.hex())
        old = self.found.since
        if old is None or self.edge.size != old.size or self.broken:
            return
        root = self.edge.root()
        if root != old.root:
            self.found.since = None
            self.points = [each for each in self.points if each.where != "the old checkpoint"]
            why = f"has another root than these entries make at size {old.size}: the history was rewritten. "
            why += "Keep the old checkpoint and this publication: the two are the proof"
            self._say("the old checkpoint", why, old.root.hex(), root.hex())

    def _compare(self, tile: Tile, expected: bytes) -> None:
        got = self._tile(tile)
        self.found.tiles += 1
        if got is not None and got != expected:
            for where in differing(tile, expected, got):
                self._say(where, f"{tile.path}: has another hash than the bytes of the entries make")

    def _tile(self, tile: Tile) -> bytes | None:
        most = FULL * HASH_SIZE
        where = _span(tile.number * FULL * 256**tile.level, min(tile.width * 256**tile.level, self.size))
        try:
            data = self.source.get(tile.path, most)
            if data is None and not tile.is_full:
                data = self.source.get(Tile(tile.level, tile.number).path, most)
                data = None if data is None else data[: tile.width * HASH_SIZE]
        except TooLong as error:
            self._say(where, f"{tile.path}: {error}")
            return None
        if data is None:
            self._say(where, f"{tile.path}: is missing")
        return data

    # Contents

    def _contents(self, number: int) -> dict[int, dict[str, bytes]]:
        """The contents of a bundle; those of entries behind the checkpoint are of a publication under way."""
        path = contents_path(number)
        found: dict[int, dict[str, bytes]] = {}
        try:
            data = self.source.get(path, _MOST_CONTENTS)
        except TooLong as error:
            self._say(_span(number * FULL, width_of(number, self.size)), f"{path}: {error}")
            self.unread.add(number)
            return found
        if data is None:
            self.lacking.add(number)
        for position, line in enumerate((data or b"").split(b"\n"), 1):
            if not line:
                continue
            try:
                if len(line) > MAX_LINE:
                    raise Malformed(f"has more than {MAX_LINE:,} bytes")
                index, part, content = read_content(line)
            except Malformed as error:
                self._say(f"{path} line {position}", str(error))
                continue
            if index // FULL != number:
                self._say(f"entry {index}", f"content {part}: stands in {path}, where it does not belong")
            elif part in found.setdefault(index, {}):
                self._say(f"entry {index}", f"content {part}: stands twice in {path}")
            else:
                found[index][part] = content
        return found

    # What follows

    def derive(self) -> None:
        """Say what may not be missing, and what the history comes to."""
        history, found = self.history, self.found
        for entry in history.unknown[:MOST_FINDINGS]:
            why = f"kind {entry.word}: is not known to this version, so the states behind it are not derived"
            found.unchecked.append(Problem(f"entry {entry.index}", why))
        if len(history.unknown) > MOST_FINDINGS:
            why = f"{len(history.unknown)} are of kinds that this version does not know; the first are named above"
            found.unchecked.append(Problem("entries", why))
        if history.unjudged:
            why = f"{history.unjudged} of them build on one of these, and were not held to the rules"
            found.unchecked.append(Problem("entries", why))
        if not history.whole:
            self._unjudged_absences()
            return
        self._judge_absences(Disclosure(history.fold.acts))
        opening = history.entries.entry(0).body if self.size else None
        if not isinstance(opening, Opening):
            self._say("checkpoint", "is of a ledger without entries, which is never signed")
            return
        if opening.origin != found.checkpoint.origin:
            self._say("checkpoint", "has another origin than entry 0", opening.origin, found.checkpoint.origin)
        found.zone = zone_named(opening.zone)
        derived = Derived(history.entries, self.contents, self.size)
        found.rows = Snapshot(derived, None, found.zone).board(None, ())

    def _judge_absences(self, disclosure: Disclosure) -> None:
        unexplained: list[tuple[int, Part]] = []
        redacted, absent = self.history.redacted, set(self.history.absent)
        self._judge_redactions(redacted, absent)
        for index, part in sorted(absent - redacted.keys()):
            entry = self.history.entries.entry(index)
            if entry.parts[part].visibility is Visibility.INTERNAL:
                self.found.internal += 1
            elif part in disclosure.withheld(entry):
                self.found.held += 1
            else:
                unexplained.append((index, part))
        if unexplained and self._is_published_anew():
            why = "something was published while it was read, and contents went with that: audit it again"
            self.found.unchecked.append(Problem("contents", why))
            return
        for index, part in unexplained:
            path = contents_path(index // FULL)
            if index // FULL not in self.lacking | self.unread:
                why = f"content {part}: is missing from {path}, and nothing in the log withholds it"
                self._say(f"entry {index}", why)
        lost = Counter(index // FULL for index, _ in unexplained)
        for number in sorted(lost.keys() & self.lacking):
            why = f"{contents_path(number)}: is missing, and nothing in the log withholds what belongs there"
            expected = f"{lost[number]} content" + ("" if lost[number] == 1 else "s")
            self._say(_span(number * FULL, width_of(number, self.size)), why, expected)

    def _is_published_anew(self) -> bool:
        """Whether there is another checkpoint by now."""
        try:
            return self.source.get(CHECKPOINT, _MOST_NOTE) != self.note
        except TooLong:
            return True

    def _judge_redactions(self, redacted: Mapping[tuple[int, Part], int], absent: set[tuple[int, Part]]) -> None:
        for (index, part), by in sorted(redacted.items()):
            if (index, part) in absent:
                order = self.contents.get(by, {}).get(Part.NOTE)
                self.found.redacted.append(Gone(index, part, by, None if order is None else str(order.value)))
                continue
            problem = Problem(f"entry {index}", f"content {part}: is there, though entry {by} redacts it")
            # The new checkpoint comes before what it makes obsolete goes.
            under_way = self.source.get(UNFINISHED, _MOST_NOTE) is not None
            if under_way:
                self.found.unchecked.append(problem)
            else:
                self._told(problem)

    def _unjudged_absences(self) -> None:
        if self.history.absent:
            why = (
                f"{len(self.history.absent)} are missing; whether they may be follows only from a history that is whole"
            )
            self.found.unchecked.append(Problem("contents", why))


def signers_of(note: bytes, verifiers: Sequence[Verifier]) -> tuple[Verifier, ...]:
    """Return those of ``verifiers`` that signed a note. Raises :class:`~ledger.tlog.Invalid` as ``open_note`` does."""
    return open_note(note, verifiers)[1]


def _span(first: int, count: int) -> str:
    return f"entry {first}" if count == 1 else f"entries {first} to {first + count - 1}"
