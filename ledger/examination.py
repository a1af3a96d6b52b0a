"""A history examined from its bytes: every leaf, content and rule again, each finding with the entry that it concerns.

Nothing is believed but what the bytes say, and nothing stops at the first finding. Where an entry cannot be read or
breaks a rule, those that build on it cannot be judged; they are counted instead of blamed. Which tree the leaves make
is not looked at here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ledger.encoding import Malformed, decode_content, decode_entry, sha256
from ledger.errors import Problem
from ledger.model import Content, Entry, Group, Redaction, Retract, Same, Source, Statement, Unknown, references
from ledger.names import NamesInMemory, check_names, name_of
from ledger.resolver import Fold, Memory
from ledger.rules import check, check_contents
from ledger.text import shown
from ledger.times import format_utc
from ledger.vocabulary import Part

Contents = dict[Part, Content]


class Examination:
    """One pass over a history; ``say`` takes each finding.

    ``fold`` and ``entries`` are what follows from the entries that keep the rules. ``absent`` are the parts, by entry,
    that a leaf names and that were not given: whether they may be is the caller's to say. ``redacted`` are the parts
    that were redacted, each with the entry that did it; ``maybe_redacted`` are those of redactions that were not held
    to the rules, which excuse what is missing all the same. ``unknown`` are the entries of kinds that this version does
    not know, ``unjudged`` counts those that were not held to the rules because of an entry before them.
    """

    def __init__(self, say: Callable[[Problem], None]) -> None:
        self._say = say
        self.entries = Memory()
        self.fold = Fold(self.entries)
        self.absent: list[tuple[int, Part]] = []
        self.redacted: dict[tuple[int, Part], int] = {}
        self.maybe_redacted: set[tuple[int, Part]] = set()
        self.unknown: list[Entry] = []
        self.unjudged = 0
        self.names = NamesInMemory()
        self._keys: dict[str, int] = {}
        self._next = 0
        self._sound = True  # whether every entry so far could be read and keeps the rules, and none is missing
        self._acts_lost = False  # whether one that could not be taken may have changed who may do what
        self._before: Entry | None = None

    @property
    def whole(self) -> bool:
        """Whether every entry so far could be read, follows the rules and is known: only then do states follow."""
        return self._sound and not self.unknown

    def take(self, index: int, leaf: bytes, given: Mapping[str, object]) -> tuple[Entry | None, Contents]:
        """Examine the entry that stands at ``index``, with the bytes of its contents by part.

        Return it, None if it cannot be read, and those of its contents that are right. An index that is not the next
        one is the caller's to tell.
        """
        where = f"entry {index}"
        if index != self._next:
            self._lose(None)
        if isinstance(index, int):
            self._next = index + 1
        try:
            entry = decode_entry(leaf)
        except (Malformed, TypeError, AttributeError) as error:
            self._tell(where, f"leaf: {error}")
            self._lose(None)
            return None, {}
        contents = self._contents(where, entry, given)
        if entry.index != index:
            self._tell(where, "leaf: is that of another entry", got=f"the leaf of entry {entry.index}")
            self._lose(None)
            return entry, contents
        self._check_clock(where, entry)
        self._check_rules(where, entry, contents)
        self.names.add(name_of(entry, contents))
        self._before = entry
        return entry, contents

    def skip(self, indexes: range) -> None:
        """Go on behind entries that cannot be read; that they cannot is the caller's to tell."""
        if indexes:
            self._next = indexes.stop
            self._lose(None)

    def _tell(self, where: str, why: str, expected: str | None = None, got: str | None = None) -> None:
        self._say(Problem(where, why, expected, got))

    def _lose(self, entry: Entry | None) -> None:
        """Go on without an entry; None is one that nobody knows."""
        self._sound = False
        self._acts_lost |= entry is None or _is_act(entry)

    def _check_clock(self, where: str, entry: Entry) -> None:
        if self._before is not None and entry.recorded < self._before.recorded:
            before, got = format_utc(self._before.recorded), format_utc(entry.recorded)
            self._tell(where, "recorded: is before that of the entry before it", f"{before} or later", got)

    def _check_rules(self, where: str, entry: Entry, contents: Contents) -> None:
        if isinstance(entry.body, Unknown):
            self.unknown.append(entry)
            return
        problems = self._broken_rules(entry, contents)
        if problems is None:
            self.unjudged += 1
            self._lose(entry)
            problems = []
            if isinstance(entry.body, Redaction):
                self.maybe_redacted.add((entry.body.target, entry.body.part))
        elif problems:
            self._lose(entry)
        else:
            self.entries.add(entry)
            self.fold.step(entry)
            if isinstance(entry.body, Redaction):
                self.redacted[entry.body.target, entry.body.part] = entry.index
        for problem in (*problems, *self._taken_key(entry), *check_contents(entry, contents)):
            self._tell(where, f"{problem.where}: {problem.why}", problem.expected, problem.got)

    def _taken_key(self, entry: Entry) -> Iterator[Problem]:
        if entry.key is not None:
            first = self._keys.setdefault(entry.key, entry.index)
            if first != entry.index:
                yield Problem("key", f"is taken by entry {first}", got=shown(entry.key))

    def _broken_rules(self, entry: Entry, contents: Contents) -> list[Problem] | None:
        """What keeps an entry from following those before it; None if that cannot be said."""
        if self.unknown or any(self._is_lost(index) for index in _built_on(entry)):
            return None
        try:
            problems = check(entry, self.fold)
            if problems and self._acts_lost and _depends_on_acts(entry):
                return None
            return problems or check_names(entry, contents, self.entries, self.names)
        except (LookupError, AssertionError):
            assert not self._sound, "what follows entries that keep the rules can be judged"
            return None

    def _is_lost(self, index: int) -> bool:
        """Whether an entry came before, and is none that keeps the rules."""
        try:
            return index < self._next - 1 and self.entries.entry(index) is None
        except KeyError:
            return True

    def _contents(self, where: str, entry: Entry, given: Mapping[str, object]) -> Contents:
        found: Contents = {}
        digests = {part.value: ref.sha256 for part, ref in entry.parts.items()}
        for word in sorted(digests.keys() | given.keys(), key=str):
            data = given.get(word)
            if word not in digests:
                self._tell(where, f"content {word}: is not in its leaf")
            elif data is None:
                self.absent.append((entry.index, Part(word)))
            elif not isinstance(data, bytes):
                self._tell(where, f"content {word}: is not bytes")
            elif sha256(data) != digests[word]:
                self._tell(where, f"content {word}: differs from its hash", digests[word], sha256(data))
            else:
                try:
                    found[Part(word)] = decode_content(Part(word), data)
                except Malformed as error:
                    self._tell(where, f"content {word}: {error}")
        return found


def _is_act(entry: Entry) -> bool:
    """Whether it changes what stands, who speaks for whom or what is folded: without it, others are judged wrongly."""
    return isinstance(entry.body, Group | Retract | Same) or (
        isinstance(entry.body, Source) and (entry.body.amends is not None or entry.body.group is not None)
    )


def _depends_on_acts(entry: Entry) -> bool:
    return _is_act(entry) or (isinstance(entry.body, Statement) and entry.body.to is not None)


def _built_on(entry: Entry) -> Iterator[int]:
    yield from (index for _, index in references(entry.body))
    if entry.recorder is not None:
        yield entry.recorder
