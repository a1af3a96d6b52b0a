"""What the resolver reads: a prefix of the ledger behind three questions.

Whether the answers come from memory or from a database is the caller's affair; nothing here knows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Protocol

from ledger.model import Entry, references


class Facts(Protocol):
    """A prefix of the ledger. Indexes beyond it do not exist."""

    def entry(self, index: int) -> Entry:
        """Return the entry of that index. Raises ``KeyError`` if the prefix has none."""

    def refs(self, role: str, index: int) -> Sequence[int]:
        """Return the indexes of the entries that refer to ``index`` in that role, ascending.

        Roles are those of :func:`ledger.model.references`.
        """

    def of_kind(self, word: str) -> Sequence[int]:
        """Return the indexes of the entries of that kind, ascending."""

    def load(self, indexes: Iterable[int], refs: Iterable[tuple[str, int]]) -> None:
        """Take note that these entries and references will be asked for next. Changes no answer."""


class Memory:
    """Facts held in memory. The entries need not be contiguous, only ascending."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries: dict[int, Entry] = {}
        self._refs: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
        self._kinds: defaultdict[str, list[int]] = defaultdict(list)
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """Take one more entry."""
        self._entries[entry.index] = entry
        self._kinds[entry.word].append(entry.index)
        for role, index in references(entry.body):
            self._refs[role, index].append(entry.index)

    def entry(self, index: int) -> Entry:
        """See :meth:`Facts.entry`."""
        return self._entries[index]

    def refs(self, role: str, index: int) -> Sequence[int]:
        """See :meth:`Facts.refs`."""
        return self._refs.get((role, index), ())

    def of_kind(self, word: str) -> Sequence[int]:
        """See :meth:`Facts.of_kind`."""
        return self._kinds.get(word, ())

    def load(self, indexes: Iterable[int], refs: Iterable[tuple[str, int]]) -> None:
        """See :meth:`Facts.load`; everything is here already."""

    def all(self) -> Iterable[Entry]:
        """Return every entry, ascending."""
        return self._entries.values()

    def words(self) -> list[str]:
        """Return the kinds of entry that there are."""
        return sorted(self._kinds)


class First:
    """The first ``size`` entries of other facts."""

    def __init__(self, facts: Facts, size: int) -> None:
        self.facts = facts
        self.size = size

    def entry(self, index: int) -> Entry:
        """See :meth:`Facts.entry`."""
        if index >= self.size:
            raise KeyError(index)
        return self.facts.entry(index)

    def refs(self, role: str, index: int) -> Sequence[int]:
        """See :meth:`Facts.refs`."""
        return self._first(self.facts.refs(role, index))

    def of_kind(self, word: str) -> Sequence[int]:
        """See :meth:`Facts.of_kind`."""
        return self._first(self.facts.of_kind(word))

    def load(self, indexes: Iterable[int], refs: Iterable[tuple[str, int]]) -> None:
        """See :meth:`Facts.load`."""
        self.facts.load([index for index in indexes if index < self.size], refs)

    def _first(self, indexes: Sequence[int]) -> Sequence[int]:
        if not indexes or indexes[-1] < self.size:
            return indexes
        return indexes[: bisect_left(indexes, self.size)]
